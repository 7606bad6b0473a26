package org.semblance.server.peer;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.follow.PeerSnapshots;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.json.StrictJson;
import org.semblance.server.config.ConfigRefusedException;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.peer.PeerState.Outcome;
import org.semblance.server.tls.Authorities;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The other nodes of the catalog, asked over HTTP what snapshots they have. They answer as {@link SnapshotRoutes} does.
 *
 * <p>Whatever a peer does, it is given up in a bounded time: it has seconds to answer, and a snapshot that comes more slowly than the
 * catalog could be read is not waited for. What is wrong with peers is a line in the log.
 */
public final class Peers implements PeerSnapshots, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Peers.class);
    private static final int OK = 200;
    private static final int NO_KEY = 401;
    private static final int FORBIDDEN = 403;

    /** Of an answer that is no snapshot. */
    private static final int MOST_BYTES = 65_536;

    /** Of what a peer says of a problem. */
    private static final int MOST_CHARS = 200;

    /** A snapshot may have grown so many times since the peer told its length. */
    private static final int GROWN = 2;

    private final List<URI> peers;
    private final @Nullable String key;
    private final Patience patience;
    private final HttpClient client;

    /**
     * How long peers are waited for.
     *
     * @param connecting until a connection is there
     * @param answering until an answer begins; what is no snapshot has come whole by then
     * @param window in which so many bytes of a snapshot must come
     * @param bytesAWindow about as much as reading the catalog would bring in that time
     */
    record Patience(Duration connecting, Duration answering, Duration window, long bytesAWindow) {
        static final Patience STANDARD =
                new Patience(Duration.ofSeconds(3), Duration.ofSeconds(6), Duration.ofSeconds(10), 300_000_000);
    }

    /**
     * Knows peers, and asks none yet.
     *
     * @param key the secret of a key that they take; null to send none
     * @param trust what their certificates are checked with; null for what the JDK trusts
     */
    Peers(List<URI> peers, @Nullable String key, @Nullable SSLContext trust, Patience patience) {
        this.peers = peers;
        this.key = key;
        this.patience = patience;
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(patience.connecting);
        if (trust != null) {
            builder.sslContext(trust);
        }
        this.client = builder.build();
    }

    /**
     * The peers of the settings; null if there are none.
     *
     * @throws ConfigRefusedException if the file of the key or that of the authorities cannot be used
     */
    public static @Nullable Peers of(ServerConfig config) {
        if (config.peers().isEmpty()) {
            return null;
        }
        Path authorities = config.peerCaFile();
        SSLContext trust = null;
        if (authorities != null) {
            try {
                trust = Authorities.context(authorities);
            } catch (IOException | GeneralSecurityException e) {
                throw new ConfigRefusedException(
                        Setting.PEER_CA_FILE,
                        authorities.toString(),
                        "a file of certificates in PEM: " + e.getMessage());
            }
        }
        return new Peers(config.peers(), config.peerKey(), trust, Patience.STANDARD);
    }

    /** Asks all peers at a time. */
    @Override
    public List<Offer> offers(IndexKind kind) {
        for (URI peer : peers) {
            if (key != null && isPlain(peer)) {
                LOG.warn("{}: this node's key and the list go over the network as plain text (expected: https)", peer);
            }
        }
        List<Offer> offers = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (PeerState state : states()) {
            URI peer = state.peer();
            PeerState.Snapshot snapshot = state.snapshots().stream()
                    .filter(one -> one.kind() == kind)
                    .findFirst()
                    .orElse(null);
            String problem = snapshot == null ? state.problem() : snapshot.unreadable();
            if (problem != null) {
                problems.add(peer + ": " + problem);
            } else if (snapshot == null) {
                LOG.info("{}: has no snapshot of {}", peer, kind.units());
            } else {
                long bytes = snapshot.bytes();
                offers.add(new Offer(
                        peer.toString(),
                        snapshot.seq(),
                        snapshot.mark(),
                        bytes,
                        file -> copy(peer, kind, bytes, file)));
            }
        }
        if (!problems.isEmpty()) {
            // In one line, as the log counts those of a kind.
            LOG.warn("no snapshot of {} from {}", kind.units(), String.join("; ", problems));
        }
        return offers;
    }

    /** Asks all peers at a time what they have, and returns within seconds, whatever they do. */
    public List<PeerState> states() {
        Map<URI, CompletableFuture<HttpResponse<String>>> asked = new LinkedHashMap<>();
        long end =
                System.nanoTime() + patience.connecting.plus(patience.answering).toNanos();
        for (URI peer : peers) {
            asked.put(peer, client.sendAsync(request(peer, SnapshotRoutes.PATH), head -> text()));
        }
        List<PeerState> states = new ArrayList<>();
        asked.forEach((peer, answer) -> states.add(state(peer, answer, Duration.ofNanos(end - System.nanoTime()))));
        return states;
    }

    private static PeerState state(URI peer, CompletableFuture<HttpResponse<String>> asked, Duration atMost) {
        try {
            HttpResponse<String> answer = await(asked, atMost);
            int status = answer.statusCode();
            if (status == OK) {
                return PeerState.answered(peer, snapshots(answer.body()));
            }
            return PeerState.failed(
                    peer,
                    status == NO_KEY || status == FORBIDDEN ? Outcome.REFUSED : Outcome.STRANGE,
                    status + detail(answer.body()));
        } catch (TimeoutException e) {
            asked.cancel(true);
            return PeerState.failed(peer, Outcome.AWAY, "no answer in time");
        } catch (IOException e) {
            return PeerState.failed(peer, outcome(e), e.getMessage());
        }
    }

    private static Outcome outcome(IOException failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof SSLHandshakeException || at instanceof SSLPeerUnverifiedException) {
                return Outcome.UNTRUSTED;
            }
            if (at instanceof ConnectException || at instanceof HttpTimeoutException) {
                return Outcome.AWAY;
            }
        }
        return Outcome.STRANGE;
    }

    /** Whether what is said to that peer, and what it says, goes over the network as plain text. */
    public static boolean isPlain(URI peer) {
        return peer.getScheme().equalsIgnoreCase("http") && !isThisMachine(peer.getHost());
    }

    private HttpRequest request(URI peer, String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(peer + path));
        if (key != null) {
            request.header("Authorization", "Bearer " + key);
        }
        return request.build();
    }

    private static BodySubscriber<String> text() {
        return BodySubscribers.limiting(BodySubscribers.ofString(StandardCharsets.UTF_8), MOST_BYTES);
    }

    /**
     * The answer, when it is there.
     *
     * @throws IOException if there will be none, with the reason in a few words
     */
    private static <T> T await(CompletableFuture<T> answer, Duration atMost) throws IOException, TimeoutException {
        try {
            return answer.get(Math.max(0, atMost.toNanos()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            String message = cause.getMessage();
            throw new IOException(
                    message == null || message.isBlank()
                            ? "cannot be reached: " + cause.getClass().getSimpleName()
                            : message,
                    cause);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** The snapshots that an answer tells of, without those of a kind that this release does not know. */
    private static List<PeerState.Snapshot> snapshots(String answer) throws IOException {
        try {
            List<PeerState.Snapshot> snapshots = new ArrayList<>();
            for (JsonNode one : StrictJson.ANSWERS.readTree(answer).path(SnapshotRoutes.SNAPSHOTS)) {
                for (IndexKind kind : IndexKind.values()) {
                    if (one.path(SnapshotRoutes.KIND).asString("").equals(kind.units())) {
                        snapshots.add(new PeerState.Snapshot(
                                kind,
                                one.path(SnapshotRoutes.BYTES).longValue(),
                                one.path(SnapshotRoutes.LIST_VERSION).longValue(),
                                Hash256.parse(
                                        one.path(SnapshotRoutes.JOURNAL_HASH).asString("")),
                                one.path(SnapshotRoutes.FORMAT).asInt(0)));
                    }
                }
            }
            return snapshots;
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IOException("an answer that says nothing of snapshots; is that a node of Semblance?", e);
        }
    }

    private static void requireOk(int status, Supplier<String> body) throws IOException {
        if (status != OK) {
            throw new IOException(status + detail(body.get()));
        }
    }

    /** What a problem says, behind a blank; nothing if it says nothing that can be shown. */
    private static String detail(String body) {
        try {
            String detail = StrictJson.ANSWERS.readTree(body).path("detail").asString("");
            detail = detail.replaceAll("\\p{Cntrl}", " ");
            return detail.isEmpty() ? "" : " " + detail.substring(0, Math.min(detail.length(), MOST_CHARS));
        } catch (JacksonException e) {
            return "";
        }
    }

    private void copy(URI peer, IndexKind kind, long told, Path to) throws IOException {
        try (FileSink file = new FileSink(to)) {
            CompletableFuture<HttpResponse<String>> answer =
                    client.sendAsync(request(peer, SnapshotRoutes.PATH + "/" + kind.units()), head -> {
                        if (head.statusCode() != OK) {
                            return text();
                        }
                        file.expect(
                                head.headers()
                                        .firstValueAsLong("Content-Length")
                                        .orElse(-1),
                                GROWN * told);
                        return file;
                    });
            for (long before = 0; ; before = file.received()) {
                try {
                    HttpResponse<String> whole = await(answer, patience.window);
                    requireOk(whole.statusCode(), whole::body);
                    return;
                } catch (TimeoutException e) {
                    long came = file.received() - before;
                    if (came < patience.bytesAWindow) {
                        answer.cancel(true);
                        throw new IOException(
                                "too slow: " + came + " bytes in " + patience.window.toMillis()
                                        + " ms (expected: at least " + patience.bytesAWindow + ")",
                                e);
                    }
                }
            }
        }
    }

    /** Whether a host is this one by its name, without asking for its address, which may take long. */
    private static boolean isThisMachine(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    }

    /** Ends what is still under way, and waits for nothing. */
    @Override
    public void close() {
        client.shutdownNow();
    }
}
