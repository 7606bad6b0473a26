package org.semblance.server.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.netty.buffer.ByteBuf;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.server.fetch.FetchFailedException.Reason;
import org.semblance.server.tls.TestCertificate;

/**
 * Fetches over real sockets. What a name means is made up, and every connection goes to a host of this test, whatever address
 * it was for, which is kept: nothing leaves this machine.
 */
@SuppressWarnings("NullAway.Init") // JUnit calls open.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FetcherTest {
    private static final byte[] FILE = "the bytes of a file".repeat(1_000).getBytes(StandardCharsets.UTF_8);
    private static final String PUBLIC = "93.184.215.14";

    private HttpServer host;
    private ExecutorService threads;
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final List<InetSocketAddress> dialled = Collections.synchronizedList(new ArrayList<>());
    private final List<HttpExchange> seen = Collections.synchronizedList(new ArrayList<>());

    /** What a name means, one answer after the other; the last one stays. */
    private final Map<String, ArrayDeque<List<String>>> names = new java.util.concurrent.ConcurrentHashMap<>();

    @BeforeEach
    void open() throws IOException {
        host = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        threads = Executors.newCachedThreadPool();
        host.setExecutor(threads);
        host.createContext("/file", exchange -> answer(exchange, 200, Map.of("Content-Type", "Image/PNG; x=y"), FILE));
        host.start();
        name("cdn.example.org", PUBLIC);
    }

    @AfterEach
    void close() {
        host.stop(0);
        threads.shutdownNow();
    }

    private void name(String name, String... answers) {
        ArrayDeque<List<String>> queue = new ArrayDeque<>();
        for (String answer : answers) {
            queue.add(List.of(answer.split(",")));
        }
        names.put(name, queue);
    }

    private List<InetAddress> resolve(String name) throws UnknownHostException {
        asked.add(name);
        ArrayDeque<List<String>> answers = names.get(name);
        if (answers == null) {
            throw new UnknownHostException(name);
        }
        synchronized (answers) {
            List<InetAddress> addresses = new ArrayList<>();
            for (String address : answers.size() > 1 ? answers.poll() : answers.peek()) {
                addresses.add(InetAddress.getByName(address));
            }
            return addresses;
        }
    }

    private void answer(HttpExchange exchange, int status, Map<String, String> headers, byte[] body)
            throws IOException {
        seen.add(exchange);
        headers.forEach(exchange.getResponseHeaders()::set);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private void redirect(String path, String location) {
        host.createContext(path, exchange -> answer(exchange, 302, Map.of("Location", location), new byte[0]));
    }

    private static FetchSettings settings(String... hosts) {
        return new FetchSettings(List.of(hosts), 5_000, 8, 1_000);
    }

    private Fetcher fetcher(String... hosts) {
        return fetcher(settings(hosts), clientTls(null), host.getAddress().getPort());
    }

    private Fetcher fetcher(FetchSettings settings, SslContext tls, int port) {
        return new Fetcher(settings, this::resolve, tls, address -> {
            dialled.add(address);
            return new InetSocketAddress("127.0.0.1", port);
        });
    }

    private static SslContext clientTls(@Nullable TestCertificate trusted) {
        try {
            SslContextBuilder client = SslContextBuilder.forClient();
            return trusted == null
                    ? client.build()
                    : client.trustManager(trusted.certificate()).build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Keeps what comes. */
    private static final class Kept implements FetchSink {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final long limit;
        private String mediaType = "";

        Kept(long limit) {
            this.limit = limit;
        }

        @Override
        public void begin(String type, long length) {
            mediaType = type;
            check(length);
        }

        private void check(long length) {
            if (length > limit) {
                throw new FetchFailedException(Reason.TOO_LARGE, "more than " + limit + " bytes");
            }
        }

        @Override
        public void add(ByteBuf more) {
            byte[] copy = new byte[more.readableBytes()];
            more.readBytes(copy);
            bytes.writeBytes(copy);
            check(bytes.size());
        }

        @Override
        public void end() {}

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void check() {}
    }

    private static CompletableFuture<Kept> begin(Fetcher fetcher, String url, long limit) {
        CompletableFuture<Kept> fetched = new CompletableFuture<>();
        Kept kept = new Kept(limit);
        fetcher.fetch(url, (thread, goOn) -> kept, failure -> {
            if (failure == null) {
                fetched.complete(kept);
            } else {
                fetched.completeExceptionally(failure);
            }
        });
        return fetched;
    }

    private static Kept fetch(Fetcher fetcher, String url) {
        try {
            return begin(fetcher, url, 1_000_000).get();
        } catch (ExecutionException e) {
            throw (RuntimeException) e.getCause();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static FetchFailedException failure(Fetcher fetcher, String url) {
        try {
            fetch(fetcher, url);
        } catch (FetchFailedException e) {
            return e;
        }
        throw new AssertionError("fetched");
    }

    private static Optional<String> header(HttpExchange exchange, String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
    }

    @Test
    void fetchesAFileFromANamedHostByTheAddressThatWasChecked() {
        try (Fetcher fetcher = fetcher("cdn.example.org")) {
            Kept kept = fetch(fetcher, "http://CDN.example.org/file/a.png?sig=1");
            assertThat(kept.bytes.toByteArray()).isEqualTo(FILE);
            assertThat(kept.mediaType).isEqualTo("image/png");
            assertThat(fetcher.count(null)).isEqualTo(1);
        }
        assertThat(asked).containsExactly("cdn.example.org");
        assertThat(dialled).containsExactly(new InetSocketAddress(PUBLIC, 80));
        HttpExchange request = seen.getFirst();
        assertThat(request.getRequestURI()).hasToString("/file/a.png?sig=1");
        assertThat(header(request, "Host")).contains("cdn.example.org");
        assertThat(header(request, "Accept-Encoding")).contains("identity");
        assertThat(request.getRequestHeaders().keySet()).doesNotContain("Cookie", "Authorization", "Referer");
    }

    @Test
    void aNameThatMeansSomethingElseAMomentLaterIsConnectedToWhereItWasChecked() {
        name("cdn.example.org", PUBLIC, "127.0.0.1");
        try (Fetcher fetcher = fetcher("cdn.example.org")) {
            fetch(fetcher, "http://cdn.example.org/file");
            assertThat(asked).hasSize(1);
            assertThat(dialled).containsExactly(new InetSocketAddress(PUBLIC, 80));
            FetchFailedException second = failure(fetcher, "http://cdn.example.org/file");
            assertThat(second.reason()).isEqualTo(Reason.REFUSED);
            assertThat(asked).hasSize(2);
            assertThat(dialled).hasSize(1);
            assertThat(seen).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "127.0.0.1",
                "10.1.2.3",
                "169.254.169.254",
                "::1",
                "fd00:ec2::254",
                "64:ff9b::a9fe:a9fe",
                PUBLIC + ",10.0.0.1"
            })
    void aNameWithAnAddressThatIsNotPublicIsNeverConnectedTo(String addresses) {
        name("cdn.example.org", addresses);
        try (Fetcher fetcher = fetcher("cdn.example.org")) {
            assertThat(failure(fetcher, "http://cdn.example.org/file").reason()).isEqualTo(Reason.REFUSED);
        }
        assertThat(dialled).isEmpty();
    }

    @Test
    void redirectsAreFollowedToNamedHostsAndEachIsChecked() {
        name("media.example.org", "8.8.8.8", "10.0.0.1");
        redirect("/one", "https://unused.example.org/");
        redirect("/hop", "/hop2");
        redirect("/hop2", "http://media.example.org/file");
        try (Fetcher fetcher = fetcher("cdn.example.org", "media.example.org")) {
            assertThat(fetch(fetcher, "http://cdn.example.org/hop").bytes.size())
                    .isEqualTo(FILE.length);
            assertThat(asked).containsExactly("cdn.example.org", "cdn.example.org", "media.example.org");
            assertThat(dialled.getLast()).isEqualTo(new InetSocketAddress("8.8.8.8", 80));
            assertThat(failure(fetcher, "http://cdn.example.org/hop").reason()).isEqualTo(Reason.REFUSED);
            assertThat(failure(fetcher, "http://cdn.example.org/one").reason()).isEqualTo(Reason.REFUSED);
        }
        assertThat(asked).doesNotContain("unused.example.org");
    }

    @Test
    void aRedirectToAnAddressWithinIsRefused() {
        int port = host.getAddress().getPort();
        redirect("/in", "http://127.0.0.1:" + port + "/file");
        redirect("/local", "http://localhost:" + port + "/file");
        redirect("/metadata", "http://169.254.169.254/latest/meta-data/");
        redirect("/file-scheme", "file:///etc/passwd");
        redirect("/credentials", "http://user:secret@cdn.example.org/file");
        try (Fetcher fetcher = fetcher("cdn.example.org")) {
            for (String path : List.of("/in", "/local", "/metadata", "/file-scheme", "/credentials")) {
                assertThat(failure(fetcher, "http://cdn.example.org" + path).reason())
                        .as(path)
                        .isEqualTo(Reason.REFUSED);
            }
        }
        assertThat(dialled).hasSize(5);
        assertThat(seen).noneMatch(request -> request.getRequestURI().getPath().equals("/file"));
    }

    @Test
    void redirectsEndSomewhere() {
        redirect("/loop", "/loop");
        host.createContext("/nowhere", exchange -> answer(exchange, 302, Map.of(), new byte[0]));
        try (Fetcher fetcher = fetcher("cdn.example.org")) {
            assertThat(failure(fetcher, "http://cdn.example.org/loop")).hasMessage("more than 5 redirects");
            assertThat(failure(fetcher, "http://cdn.example.org/nowhere")).hasMessage("its host redirects to nowhere");
        }
    }

    @Test
    void anAnswerThatIsNotTheFileIsAFailure() {
        host.createContext("/missing", exchange -> answer(exchange, 404, Map.of(), FILE));
        host.createContext("/broken", exchange -> answer(exchange, 500, Map.of(), FILE));
        host.createContext("/partial", exchange -> answer(exchange, 206, Map.of(), FILE));
        host.createContext("/gzip", exchange -> answer(exchange, 200, Map.of("Content-Encoding", "gzip"), FILE));
        try (Fetcher fetcher = fetcher("cdn.example.org", "no.example.org")) {
            assertThat(failure(fetcher, "http://cdn.example.org/missing")).hasMessage("its host answered 404");
            assertThat(failure(fetcher, "http://cdn.example.org/broken")).hasMessage("its host answered 500");
            assertThat(failure(fetcher, "http://cdn.example.org/partial")).hasMessage("its host answered 206");
            assertThat(failure(fetcher, "http://cdn.example.org/gzip"))
                    .hasMessage("its host answered in a coding that was not asked for");
            assertThat(failure(fetcher, "http://no.example.org/")).hasMessage("its host has no address");
            assertThat(fetcher.count(Reason.FAILED)).isEqualTo(5);
        }
    }

    @Test
    void aFileIsNoLongerThanItsLimit() {
        host.createContext("/endless", exchange -> {
            exchange.sendResponseHeaders(200, 0); // in chunks
            try (OutputStream out = exchange.getResponseBody()) {
                while (true) {
                    out.write(FILE);
                }
            }
        });
        try (Fetcher fetcher = fetcher("cdn.example.org")) {
            for (String path : List.of("/file", "/endless")) {
                assertThatThrownBy(() -> begin(fetcher, "http://cdn.example.org" + path, FILE.length - 1)
                                .get())
                        .cause()
                        .isInstanceOfSatisfying(
                                FetchFailedException.class,
                                e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE));
            }
        }
    }

    /** Answers the first connection with these bytes and ends it, or leaves it open. */
    private FetchFailedException failureOf(String answer, boolean end, long timeoutMs) throws Exception {
        try (ServerSocket raw = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Thread server = Thread.ofVirtual().start(() -> {
                try (Socket socket = raw.accept()) {
                    socket.getInputStream().read();
                    socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                    socket.getOutputStream().flush();
                    while (!end && socket.getInputStream().read() >= 0) {
                        // Until the other gives up.
                    }
                } catch (IOException e) {
                    // It has.
                }
            });
            FetchSettings settings = new FetchSettings(List.of("cdn.example.org"), timeoutMs, 8, 100);
            try (Fetcher fetcher = fetcher(settings, clientTls(null), raw.getLocalPort())) {
                return failure(fetcher, "http://cdn.example.org/");
            } finally {
                server.join();
            }
        }
    }

    @Test
    void aHostThatBreaksOffHangsOrSpeaksNoHttpIsAFailure() throws Exception {
        assertThat(failureOf("", true, 5_000)).hasMessageMatching("its host (closed|cannot|broke).*");
        assertThat(failureOf("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", true, 5_000))
                .hasMessage("its host cut it off");
        assertThat(failureOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", true, 5_000))
                .hasMessage("its host cut it off");
        assertThat(failureOf("SSH-2.0-OpenSSH_9.2\r\n", true, 5_000)).hasMessageStartingWith("its host");
        assertThat(failureOf("HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(20_000) + "\r\n", true, 5_000))
                .hasMessageStartingWith("its host");
        assertThat(failureOf("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false, 300))
                .hasMessage("it took longer than 300 ms");
        assertThat(failureOf("HTTP/1.1 100 Continue\r\n\r\n", false, 300)).hasMessage("it took longer than 300 ms");
    }

    @Test
    void aFileWithoutALengthEndsWithItsConnection() throws Exception {
        try (ServerSocket raw = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Thread.ofVirtual().start(() -> {
                try (Socket socket = raw.accept()) {
                    socket.getInputStream().read(new byte[4_096]);
                    socket.getOutputStream()
                            .write("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 200 OK\r\n\r\nabc"
                                    .getBytes(StandardCharsets.UTF_8));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            try (Fetcher fetcher = fetcher(settings("cdn.example.org"), clientTls(null), raw.getLocalPort())) {
                Kept kept = fetch(fetcher, "http://cdn.example.org/");
                assertThat(kept.bytes).hasToString("abc");
                assertThat(kept.mediaType).isEmpty();
            }
        }
    }

    @Test
    void tlsProvesTheName() throws Exception {
        TestCertificate certificate = TestCertificate.ofCurve(); // of localhost and 127.0.0.1
        com.sun.net.httpserver.HttpsServer secure =
                com.sun.net.httpserver.HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        secure.setHttpsConfigurator(new com.sun.net.httpserver.HttpsConfigurator(serverTls(certificate)));
        secure.createContext("/file", exchange -> answer(exchange, 200, Map.of(), FILE));
        secure.start();
        name("localhost", "127.0.0.1");
        int port = secure.getAddress().getPort();
        String[] hosts = {"localhost:" + port, "127.0.0.1:" + port, "cdn.example.org"};
        try {
            try (Fetcher fetcher = fetcher(settings(hosts), clientTls(certificate), port)) {
                assertThat(fetch(fetcher, "https://localhost:" + port + "/file")
                                .bytes
                                .size())
                        .isEqualTo(FILE.length);
                assertThat(fetch(fetcher, "https://127.0.0.1:" + port + "/file")
                                .bytes
                                .size())
                        .isEqualTo(FILE.length);
                assertThat(failure(fetcher, "https://cdn.example.org/file"))
                        .hasMessage("its host has no certificate that is trusted for its name, or no TLS");
                assertThat(failure(fetcher, "http://localhost:" + port + "/file")
                                .reason())
                        .isEqualTo(Reason.FAILED);
            }
            try (Fetcher fetcher = fetcher(settings(hosts), clientTls(null), port)) {
                assertThat(failure(fetcher, "https://localhost:" + port + "/file"))
                        .hasMessage("its host has no certificate that is trusted for its name, or no TLS");
            }
            assertThat(seen).hasSize(2);
        } finally {
            secure.stop(0);
        }
    }

    private static SSLContext serverTls(TestCertificate certificate) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "it", certificate.pair().getPrivate(), new char[0], new Certificate[] {certificate.certificate()});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    @Test
    void onlySoManyAreFetchedAtATimeAndSoManyWait() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        host.createContext("/slow", exchange -> {
            arrived.countDown();
            try {
                free.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            answer(exchange, 200, Map.of(), FILE);
        });
        FetchSettings one = new FetchSettings(List.of("cdn.example.org"), 20_000, 1, 100);
        try (Fetcher fetcher = fetcher(one, clientTls(null), host.getAddress().getPort())) {
            List<CompletableFuture<Kept>> all = new ArrayList<>();
            all.add(begin(fetcher, "http://cdn.example.org/slow", 1_000_000));
            arrived.await();
            for (int i = 0; i < 4; i++) {
                all.add(begin(fetcher, "http://cdn.example.org/file", 1_000_000));
            }
            assertThatThrownBy(() -> begin(fetcher, "http://cdn.example.org/file", 1_000_000))
                    .isInstanceOfSatisfying(
                            FetchFailedException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.BUSY));
            assertThat(dialled).hasSize(1);
            free.countDown();
            for (CompletableFuture<Kept> each : all) {
                assertThat(each.get(20, TimeUnit.SECONDS).bytes.size()).isEqualTo(FILE.length);
            }
        }
    }

    @Test
    void aLookupWaitsForTheThreadOfOneThatNobodyWaitsForAnyMore() throws Exception {
        CountDownLatch asking = new CountDownLatch(1);
        CompletableFuture<Void> free = new CompletableFuture<>();
        Resolver slowAtFirst = name -> {
            if (asking.getCount() > 0) {
                asking.countDown();
                free.join();
            }
            return resolve(name);
        };
        FetchSettings one = new FetchSettings(List.of("cdn.example.org"), 20_000, 1, 100);
        try (Fetcher fetcher = new Fetcher(
                one,
                slowAtFirst,
                clientTls(null),
                address -> new InetSocketAddress("127.0.0.1", host.getAddress().getPort()))) {
            CompletableFuture<RuntimeException> ended = new CompletableFuture<>();
            Fetcher.Handle first = fetcher.fetch(
                    "http://cdn.example.org/file", (thread, goOn) -> new Kept(1_000_000), ended::complete);
            asking.await();
            CompletableFuture<Kept> second = begin(fetcher, "http://cdn.example.org/file", 1_000_000);
            first.cancel();
            ended.get(20, TimeUnit.SECONDS);
            free.complete(null);
            assertThat(second.get(20, TimeUnit.SECONDS).bytes.size()).isEqualTo(FILE.length);
        }
    }

    @Test
    void onlySoManyBeginInASecond() {
        FetchSettings slow = new FetchSettings(List.of("cdn.example.org"), 20_000, 8, 2);
        try (Fetcher fetcher = fetcher(slow, clientTls(null), host.getAddress().getPort())) {
            List<Object> outcomes = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                try {
                    outcomes.add(begin(fetcher, "http://cdn.example.org/file", 1_000_000));
                } catch (FetchFailedException e) {
                    outcomes.add(e.reason());
                }
            }
            assertThat(outcomes).contains(Reason.BUSY);
            assertThat(fetcher.count(Reason.BUSY)).isPositive();
        }
    }

    @Test
    void aFetchThatNobodyWaitsForEnds() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                Fetcher fetcher = fetcher(settings("cdn.example.org"), clientTls(null), silent.getLocalPort())) {
            CompletableFuture<RuntimeException> ended = new CompletableFuture<>();
            Fetcher.Handle handle =
                    fetcher.fetch("http://cdn.example.org/", (thread, goOn) -> new Kept(1), ended::complete);
            try (Socket connection = silent.accept()) {
                handle.cancel();
                assertThat(((FetchFailedException) ended.get()).reason()).isEqualTo(Reason.CANCELLED);
                connection.getInputStream().readAllBytes(); // It is closed.
            }
        }
    }

    @Test
    void aServerThatNamesNoHostFetchesNothing() {
        try (Fetcher fetcher = fetcher()) {
            assertThat(fetcher.isOn()).isFalse();
            for (int i = 0; i < 2; i++) {
                assertThat(failure(fetcher, "http://cdn.example.org/file").reason())
                        .isEqualTo(Reason.OFF);
            }
            assertThat(fetcher.count(Reason.OFF)).isEqualTo(2);
        }
        assertThat(asked).isEmpty();
        assertThat(dialled).isEmpty();
    }
}
