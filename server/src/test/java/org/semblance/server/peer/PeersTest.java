package org.semblance.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.follow.PeerSnapshots;

/** What a node makes of peers that are away, slow, wrong or hostile: nothing, in a bounded time. */
@Timeout(180)
class PeersTest {
    private static final String MARK = "ab".repeat(32);
    /** With a machine that is busy with other tests. */
    private static final Peers.Patience PATIENT =
            new Peers.Patience(Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(20), 1);

    private static final Peers.Patience HURRIED =
            new Peers.Patience(Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofMillis(400), 10_000);

    @TempDir
    private Path folder;

    private static Peers peers(@Nullable String key, URI... urls) {
        return new Peers(List.of(urls), key, null, PATIENT);
    }

    private static List<PeerSnapshots.Offer> offers(FakePeer peer) {
        try (Peers peers = peers(null, peer.url())) {
            return peers.offers(IndexKind.HASHES);
        }
    }

    private static FakePeer answering(int status, String body) throws IOException {
        return new FakePeer((path, out) -> FakePeer.json(out, status, body));
    }

    /** Copies the snapshot that a peer describes as of 1,000 bytes. */
    private Path copy(FakePeer.Answering snapshot, Peers.Patience patience) throws IOException {
        try (FakePeer peer = FakePeer.describing(1_000, MARK, snapshot);
                Peers peers = new Peers(List.of(peer.url()), "secret", null, patience)) {
            PeerSnapshots.Offer offer = peers.offers(IndexKind.HASHES).getFirst();
            assertThat(offer.mark().toHex()).isEqualTo(MARK);
            assertThat(offer.seq()).isEqualTo(2);
            assertThat(offer.bytes()).isEqualTo(1_000);
            Path file = Files.createTempDirectory(folder, "copy").resolve("file");
            offer.copying().to(file);
            assertThat(peer.asked())
                    .contains("GET /v1/snapshots/hashes HTTP/1.1", "Authorization: Bearer secret")
                    .doesNotContain("Accept-Encoding: gzip");
            return file;
        }
    }

    @Test
    void copiesABodyByteForByte() throws IOException {
        byte[] body = new byte[1_500]; // It has grown since.
        body[7] = 7;
        Path file = copy(
                (path, out) -> {
                    FakePeer.head(out, 200, "Content-Length: " + body.length);
                    out.write(body);
                },
                PATIENT);
        assertThat(Files.readAllBytes(file)).isEqualTo(body);
    }

    @Test
    void asksAllAndTakesWhatTheyHave() throws IOException {
        try (FakePeer none = answering(200, "{\"snapshots\":[]}");
                FakePeer one = FakePeer.describing(5, MARK, (path, out) -> {});
                Peers peers = peers(null, none.url(), one.url())) {
            assertThat(peers.offers(IndexKind.HASHES))
                    .singleElement()
                    .satisfies(offer ->
                            assertThat(offer.peer()).isEqualTo(one.url().toString()));
            assertThat(peers.offers(IndexKind.FEATURES)).isEmpty();
            assertThat(one.asked()).noneMatch(line -> line.startsWith("Authorization"));
        }
    }

    @Test
    void takesNothingFromAnswersThatAreNoneOfANode() throws IOException {
        for (String body : List.of(
                "",
                "<html>",
                "[]",
                "{}",
                "{\"snapshots\":7}",
                "{\"snapshots\":[{\"kind\":\"hashes\"}]}",
                "{\"snapshots\":[{\"kind\":\"hashes\",\"journal_hash\":7}]}",
                "{\"snapshots\":[{\"kind\":\"hashes\",\"bytes\":\"many\",\"list_version\":1,\"journal_hash\":\"xy\"}]}",
                "x".repeat(100_000))) {
            try (FakePeer peer = answering(200, body)) {
                assertThat(offers(peer)).as(body).isEmpty();
            }
        }
        for (int status : List.of(204, 302, 401, 403, 404, 500, 503)) {
            try (FakePeer peer = answering(status, status == 204 ? "" : "{\"detail\":\"why\"}")) {
                assertThat(offers(peer)).as("%s", status).isEmpty();
            }
        }
        try (FakePeer hangsUp = new FakePeer((path, out) -> {})) {
            assertThat(offers(hangsUp)).isEmpty();
        }
    }

    @Test
    void takesNoSnapshotOfAnotherFormat() throws IOException {
        String snapshot =
                "{\"kind\":\"hashes\",\"bytes\":9,\"list_version\":1,\"journal_hash\":\"" + MARK + "\",\"format\":%s}";
        for (int format : List.of(SnapshotFormat.VERSION, SnapshotFormat.VERSION + 1)) {
            try (FakePeer peer = answering(200, "{\"snapshots\":[" + snapshot.formatted(format) + "]}")) {
                assertThat(offers(peer)).hasSize(format == SnapshotFormat.VERSION ? 1 : 0);
            }
        }
    }

    @Test
    void doesNotFollowARedirectWithItsKey() throws IOException {
        try (FakePeer other = answering(200, "{\"snapshots\":[]}");
                FakePeer peer = new FakePeer((path, out) ->
                        FakePeer.head(out, 307, "Content-Length: 0\r\nLocation: " + other.url() + "/v1/snapshots"));
                Peers peers = peers("secret", peer.url())) {
            assertThat(peers.offers(IndexKind.HASHES)).isEmpty();
            assertThat(other.asked()).isEmpty();
        }
    }

    @Test
    void givesUpPeersThatAreAwayOrSilent() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        try (FakePeer silent = new FakePeer((path, out) -> TimeUnit.SECONDS.sleep(60));
                FakePeer slowly = new FakePeer((path, out) -> {
                    FakePeer.head(out, 200, "Content-Length: 1000");
                    trickle(out, 1);
                });
                FakePeer sound = FakePeer.describing(5, MARK, (path, out) -> {});
                Peers peers = new Peers(
                        List.of(
                                URI.create("http://127.0.0.1:" + free),
                                URI.create("http://no-such-host.invalid:1"),
                                silent.url(),
                                slowly.url(),
                                sound.url()),
                        null,
                        null,
                        new Peers.Patience(Duration.ofSeconds(2), Duration.ofSeconds(6), Duration.ofSeconds(1), 1))) {
            long begun = System.nanoTime();
            assertThat(peers.offers(IndexKind.HASHES)).hasSize(1);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
        }
    }

    private static void trickle(OutputStream out, int bytes) throws IOException, InterruptedException {
        for (int i = 0; i < 1_000; i++) {
            out.write(new byte[bytes]);
            out.flush();
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private void assertNotCopied(FakePeer.Answering snapshot, Peers.Patience patience, String why) {
        assertThatThrownBy(() -> copy(snapshot, patience))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(why);
    }

    @Test
    void saysWhyASnapshotDoesNotCome() {
        assertNotCopied(
                (path, out) -> {
                    FakePeer.head(out, 200, "Content-Length: 1000");
                    out.write(new byte[999]);
                },
                PATIENT,
                "fixed content-length: 1000, bytes received: 999");
        assertNotCopied(
                (path, out) -> {
                    FakePeer.head(out, 200, "Transfer-Encoding: chunked");
                    out.write("1\r\nx\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                },
                PATIENT,
                "a body of unknown length (expected: at most 2000)");
        assertNotCopied(
                (path, out) -> FakePeer.head(out, 200, "Content-Length: 9000000000000"),
                PATIENT,
                "9000000000000 bytes (expected: at most 2000)");
        assertNotCopied(
                (path, out) -> FakePeer.json(out, 503, "{\"detail\":\"as many as may be\"}"),
                PATIENT,
                "503 as many as may be");
        assertNotCopied((path, out) -> FakePeer.json(out, 401, "nonsense"), PATIENT, "401");
        assertNotCopied(
                (path, out) -> {
                    FakePeer.head(out, 200, "Content-Length: 1000");
                    out.flush();
                    TimeUnit.SECONDS.sleep(60);
                },
                HURRIED,
                "too slow: 0 bytes in 400 ms (expected: at least 10000)");
        assertNotCopied(
                (path, out) -> {
                    FakePeer.head(out, 200, "Content-Length: 1000");
                    trickle(out, 1);
                },
                HURRIED,
                "too slow: ");
    }
}
