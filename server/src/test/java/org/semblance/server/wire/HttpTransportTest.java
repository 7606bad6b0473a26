package org.semblance.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.hashdb.HashDb;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.auth.Gate;
import org.semblance.server.body.BodyReader;
import org.semblance.server.body.SpillFolder;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.TestFront;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Errors;
import org.semblance.server.http.Json;
import org.semblance.server.http.Lifecycle;
import org.semblance.server.http.Phase;
import org.semblance.server.http.Refusals;
import org.semblance.server.http.Response;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** The transport with routes made for the test: framing, limits, order, refusals, the end of connections. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HttpTransportTest {
    private static final int MAX_BODY = 200_000;
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static HashDb db;

    @SuppressWarnings("NullAway.Init")
    private static Gate gate;

    private final Metrics metrics = new Metrics();

    private final CountDownLatch blocked = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    @SuppressWarnings("NullAway.Init") // each test starts its own
    private TestFront transport;

    @SuppressWarnings("NullAway.Init")
    private WorkerPool<Worker> workers;

    @BeforeAll
    static void openDatabase() {
        gate = Gate.start(folder, AccessPolicy.OPEN, "127.0.0.1");
        db = HashDb.open(folder.resolve("db"));
    }

    @AfterAll
    static void closeDatabase() {
        gate.close();
        db.close();
    }

    private TestFront start(ServerConfig.Builder settings) throws IOException {
        ServerConfig config = settings.set(Setting.PORT, 0)
                .set(Setting.MAX_BODY_BYTES, (long) MAX_BODY)
                .set(Setting.MAX_VIDEO_BYTES, (long) MAX_BODY)
                .set(Setting.WORKERS, 1)
                .set(Setting.WORK_QUEUE_LIMIT, 2)
                .build();
        workers = new WorkerPool<>(config.workers(), config.workQueueLimit(), () -> {
            ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST);
            return new Worker(hasher, hasher, new ContentMatcher(hasher, db));
        });
        transport = new TestFront(config, routes(), workers, workers, gate, metrics, SpillFolder.open(config));
        return transport;
    }

    private TestFront start() throws IOException {
        return start(settings());
    }

    private static ServerConfig.Builder settings() {
        return ServerConfig.builder(folder).set(Setting.HOST_NAMES, List.of("t", "a", "b", "x", "test"));
    }

    @AfterEach
    void stop() {
        go.countDown();
        if (transport != null) {
            transport.close(Duration.ofSeconds(2));
            workers.close();
            assertThat(transport.budget().used())
                    .as("bytes of bodies still held")
                    .isZero();
        }
    }

    private List<Route> routes() {
        Route.Immediate now = request -> Response.json(200, Json.object().put("q", request.query("q")));
        Route.Immediate number = request -> Response.json(200, Json.object().put("id", request.id("id")));
        Route.Work echo = (request, worker) -> {
            CRC32 crc = new CRC32();
            crc.update(request.body().bytes());
            ObjectNode answer = Json.object()
                    .put("size", request.body().bytes().remaining())
                    .put("crc", crc.getValue())
                    .put("files", request.body().files())
                    .put("field", request.body().fileField());
            ObjectNode fields = answer.putObject("fields");
            new TreeMap<>(request.body().fields()).forEach(fields::put);
            return Response.json(200, answer);
        };
        Route.Work block = (request, worker) -> {
            blocked.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Response.json(200, Json.object().put("blocked", true));
        };
        Route.Work boom = (request, worker) -> {
            throw new IllegalStateException("a secret of the server");
        };
        return List.of(
                new Route(Dialect.NATIVE, "GET", "/now", Set.of("q"), Route.Takes.NOTHING, now),
                new Route(Dialect.NATIVE, "GET", "/number/{id:int}", Set.of(), Route.Takes.NOTHING, number),
                new Route(Dialect.NATIVE, "POST", "/echo", Set.of("deadline_ms"), Route.Takes.UPLOAD, echo),
                new Route(Dialect.NATIVE, "POST", "/block", Set.of(), Route.Takes.UPLOAD, block),
                new Route(Dialect.NATIVE, "GET", "/boom", Set.of(), Route.Takes.NOTHING, boom),
                new Route(Dialect.HMA, "GET", "/m/boom", Set.of(), Route.Takes.NOTHING, boom),
                new Route(Dialect.HMA, "POST", "/m/echo", Set.of(), Route.Takes.UPLOAD, echo));
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n";
    }

    private RawClient connect() throws IOException {
        return new RawClient(transport.port());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + transport.port() + path));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void keepsAConnectionForManyRequests() throws IOException {
        start();
        try (RawClient client = connect()) {
            for (int i = 0; i < 100; i++) {
                RawClient.Answer answer = client.send(get("/now?q=" + i)).read();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.body()).isEqualTo("{\"q\":\"" + i + "\"}");
                assertThat(answer.headers()).containsKey("date").doesNotContainEntry("connection", "close");
            }
        }
    }

    @Test
    void answersPipelinedRequestsInOrderWhetherAWorkerOrTheEventLoopAnswers() throws IOException {
        start();
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            String body = "x".repeat(i);
            all.append("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: " + i + "\r\n\r\n" + body);
            all.append(get("/now?q=" + i));
        }
        try (RawClient client = connect()) {
            client.send(all.toString());
            for (int i = 0; i < 200; i++) {
                assertThat(client.read().body()).contains("\"size\":" + i + ",");
                assertThat(client.read().body()).isEqualTo("{\"q\":\"" + i + "\"}");
            }
        }
    }

    @Test
    void takesThousandsOfTinyMessagesInOneReadWithoutPilingThemOnTheStack() throws Exception {
        start();
        try (RawClient client = connect()) {
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    client.send(get("/now").repeat(3_000));
                    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
                    client.send("1\r\nx\r\n".repeat(30_000) + "0\r\n\r\n");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            for (int i = 0; i < 3_000; i++) {
                assertThat(client.read().status()).isEqualTo(200);
            }
            assertThat(client.read().body()).contains("\"size\":30000,");
            sender.join();
        }
    }

    @Test
    void gathersABodyOfAnySizeUpToTheLimitUnchanged() throws Exception {
        start();
        Random random = new Random(17);
        for (int size : new int[] {0, 1, 65_535, 65_536, 65_537, 131_073, MAX_BODY}) {
            byte[] body = new byte[size];
            random.nextBytes(body);
            CRC32 crc = new CRC32();
            crc.update(body);
            String expected = "\"size\":" + size + ",\"crc\":" + crc.getValue() + ",";
            assertThat(send(request("/echo").POST(HttpRequest.BodyPublishers.ofByteArray(body)))
                            .body())
                    .contains(expected);
            InputStream chunks = new java.io.ByteArrayInputStream(body);
            assertThat(send(request("/echo").POST(HttpRequest.BodyPublishers.ofInputStream(() -> chunks)))
                            .body())
                    .contains(expected);
        }
    }

    @Test
    void refusesADeclaredBodyOverTheLimitBeforeItComesAndClosesCleanly() throws IOException {
        start();
        try (RawClient client = connect()) {
            RawClient.Answer answer = client.send(
                            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: " + (MAX_BODY + 1) + "\r\n\r\n")
                    .read();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.headers())
                    .containsEntry("connection", "close")
                    .containsEntry("content-type", "application/problem+json");
            assertThat(answer.body())
                    .contains(
                            "\"field\":\"Content-Length\"", "\"value\":\"200001\"", "\"expected\":\"at most 200000\"");
            // The client that goes on sending is not reset.
            client.send(new byte[MAX_BODY]);
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void refusesAChunkedBodyOverTheLimitWhenItIsCounted() throws Exception {
        start();
        byte[] body = new byte[5 * MAX_BODY];
        HttpResponse<String> answer = send(request("/echo")
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body))));
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains("more than 200000 bytes");
    }

    @Test
    void invitesTheBodyOfAClientThatAsksFirstAndNotIfItIsTooLarge() throws IOException {
        start();
        try (RawClient client = connect()) {
            client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(100);
            assertThat(client.send("abc").read().body()).contains("\"size\":3,");
            client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 300000\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(413);
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void sendsNoInvitationToAClientOfVersionOneZero() throws IOException {
        start();
        try (RawClient client = connect()) {
            client.send("POST /echo HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
            assertThat(client.read().status()).isEqualTo(200);
        }
    }

    static Stream<Arguments> wrongHeads() {
        return Stream.of(
                Arguments.of(400, "nonsense\r\n\r\n"),
                Arguments.of(400, "GET\r\n\r\n"),
                Arguments.of(400, "GET /now HTTP/1.1\r\n\r\n"),
                Arguments.of(400, "GET /now HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
                Arguments.of(400, "GET /now HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"),
                Arguments.of(400, "GET now HTTP/1.1\r\nHost: a\r\n\r\n"),
                Arguments.of(400, "GET /now?q=%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
                Arguments.of(400, "GET /now HTTP/2.0\r\nHost: a\r\n\r\n"),
                Arguments.of(400, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
                Arguments.of(400, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n"),
                Arguments.of(400, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
                Arguments.of(
                        400,
                        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                Arguments.of(400, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
                Arguments.of(
                        400, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
                Arguments.of(
                        415, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx"),
                Arguments.of(417, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\nContent-Length: 1\r\n\r\nx"),
                Arguments.of(414, "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
                Arguments.of(431, "GET /now HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(40_000) + "\r\n\r\n"),
                Arguments.of(400, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"));
    }

    @ParameterizedTest
    @MethodSource("wrongHeads")
    void refusesWhatIsNoProperRequestAndEndsTheConnection(int status, String bytes) throws IOException {
        start();
        try (RawClient client = connect()) {
            RawClient.Answer answer = client.send(bytes).read();
            assertThat(answer.status()).as(answer.body()).isEqualTo(status);
            assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
            if (answer.headers().containsKey("connection")) {
                assertThat(client.atEnd()).isTrue();
            } else {
                // Refused at a head without a body: the next request is found, and it is not a smuggled one.
                assertThat(client.send(get("/now?q=next")).read().body()).isEqualTo("{\"q\":\"next\"}");
            }
        }
    }

    @Test
    void takesTheAbsoluteFormAndVersionOneZero() throws IOException {
        start();
        try (RawClient client = connect()) {
            assertThat(client.send("GET http://test/now?q=1 HTTP/1.1\r\nHost: test\r\n\r\n")
                            .read()
                            .body())
                    .isEqualTo("{\"q\":\"1\"}");
            assertThat(client.send("GET /now?q=2 HTTP/1.0\r\n\r\n").read().body())
                    .isEqualTo("{\"q\":\"2\"}");
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void theHostOfATargetInAbsoluteFormCountsAndNotTheOneBesideIt() throws IOException {
        start();
        try (RawClient client = connect()) {
            assertThat(client.send("GET http://test?q=a/b HTTP/1.1\r\nHost: stranger\r\n\r\n")
                            .read()
                            .status())
                    .isEqualTo(404); // of the path /
            assertThat(client.send("GET http://test/now?q=1 HTTP/1.1\r\nHost: stranger\r\n\r\n")
                            .read()
                            .body())
                    .isEqualTo("{\"q\":\"1\"}");
            RawClient.Answer refused = client.send("GET http://stranger/now HTTP/1.1\r\nHost: test\r\n\r\n")
                    .read();
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.body()).contains("\"value\":\"stranger\"");
        }
    }

    @Test
    void tellsUnknownPathsMethodsAndParameters() throws Exception {
        start();
        assertThat(send(request("/nope").GET()).statusCode()).isEqualTo(404);
        HttpResponse<String> method = send(request("/now").DELETE());
        assertThat(method.statusCode()).isEqualTo(405);
        assertThat(method.headers().firstValue("Allow")).contains("GET, HEAD, OPTIONS");
        HttpResponse<String> typo = send(request("/now?bnaks=A").GET());
        assertThat(typo.statusCode()).isEqualTo(400);
        assertThat(typo.body()).contains("\"field\":\"query\"", "\"value\":\"bnaks\"", "\"expected\":\"q\"");
        assertThat(send(request("/now?q=1&q=2").GET()).statusCode()).isEqualTo(400);
        assertThat(send(request("/number/12345678901234567890").GET()).body()).contains("" + Long.MAX_VALUE);
    }

    @Test
    void answersRoutingErrorsOfTheOtherDialectAsItsFrameworkDoes() throws Exception {
        start();
        HttpResponse<String> unknown = send(request("/m/nope").GET());
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(unknown.body())
                .isEqualTo("<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
                        + "<p>The requested URL was not found on the server. If you entered the URL manually please"
                        + " check your spelling and try again.</p>\n");
        HttpResponse<String> method = send(request("/m/boom").DELETE());
        assertThat(method.statusCode()).isEqualTo(405);
        assertThat(method.body()).contains("<p>The method is not allowed for the requested URL.</p>");
        assertThat(send(request("/m/boom?unknown=1").GET()).statusCode()).isEqualTo(500);
    }

    @Test
    void answersHeadWithoutABodyAndKeepsTheConnection() throws IOException {
        start();
        try (RawClient client = connect()) {
            RawClient.Answer head =
                    client.send("HEAD /now?q=1 HTTP/1.1\r\nHost: t\r\n\r\n").read(false);
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.headers()).containsEntry("content-length", "9");
            assertThat(client.send(get("/now?q=2")).read().body()).isEqualTo("{\"q\":\"2\"}");
            RawClient.Answer options =
                    client.send("OPTIONS /m/echo HTTP/1.1\r\nHost: t\r\n\r\n").read();
            assertThat(options.status()).isEqualTo(200);
            assertThat(options.headers()).containsEntry("allow", "OPTIONS, POST");
            assertThat(options.body()).isEmpty();
        }
    }

    @Test
    void hidesABugFromTheClientAndLogsItUnderTheIdItTells() throws Exception {
        start();
        Logger logger = (Logger) LoggerFactory.getLogger(Errors.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            for (String path : List.of("/boom", "/m/boom")) {
                HttpResponse<String> answer = send(request(path).GET());
                assertThat(answer.statusCode()).isEqualTo(500);
                assertThat(answer.body()).doesNotContain("secret", "IllegalState", "at org.");
                ILoggingEvent logged = log.list.getLast();
                assertThat(answer.body()).contains(String.valueOf(logged.getArgumentArray()[0]));
                assertThat(logged.getThrowableProxy().getMessage()).isEqualTo("a secret of the server");
            }
        } finally {
            logger.detachAppender(log);
        }
    }

    @Test
    void refusesMoreThanTheQueueHoldsAndSaysWhenToComeBack() throws Exception {
        start();
        CompletableFuture<HttpResponse<String>> running = sendAsync("/block");
        blocked.await();
        try (RawClient first = connect();
                RawClient second = connect();
                RawClient third = connect()) {
            String post = "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\nx";
            first.send(post);
            second.send(post);
            awaitQueued(2);
            RawClient.Answer refused = third.send(post).read();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.headers()).containsEntry("retry-after", "1").doesNotContainKey("connection");
            assertThat(third.send(get("/now?q=1")).read().status()).isEqualTo(200);
            go.countDown();
            assertThat(first.read().status()).isEqualTo(200);
            assertThat(second.read().status()).isEqualTo(200);
            assertThat(third.send(post).read().status()).isEqualTo(200);
        }
        assertThat(running.get().statusCode()).isEqualTo(200);
    }

    private CompletableFuture<HttpResponse<String>> sendAsync(String path) {
        return CLIENT.sendAsync(
                request(path).POST(HttpRequest.BodyPublishers.ofString("x")).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** For what no latch tells: spins, and gives up long before the test's own timeout. */
    private static void until(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as("nanoseconds waited").isLessThan(10_000_000_000L);
            Thread.onSpinWait();
        }
    }

    private void awaitQueued(int tasks) {
        until(() -> workers.queued() >= tasks);
    }

    @Test
    void refusesARequestWhoseDeadlinePassedInTheQueue() throws Exception {
        start();
        CompletableFuture<HttpResponse<String>> running = sendAsync("/block");
        blocked.await();
        CompletableFuture<HttpResponse<String>> late = sendAsync("/echo?deadline_ms=1");
        awaitQueued(1);
        long queued = System.nanoTime();
        until(() -> System.nanoTime() - queued > 2_000_000);
        go.countDown();
        assertThat(running.get().statusCode()).isEqualTo(200);
        assertThat(late.get().statusCode()).isEqualTo(503);
        assertThat(late.get().body()).contains("deadline");
        assertThat(sendAsync("/echo?deadline_ms=0").get().statusCode()).isEqualTo(400);
    }

    @Test
    void boundsTheBytesOfAllBodiesTogether() throws Exception {
        start(settings().set(Setting.MAX_BODY_BYTES_IN_FLIGHT, (long) MAX_BODY));
        try (RawClient holder = connect();
                RawClient other = connect()) {
            holder.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 150000\r\n\r\n");
            holder.send(new byte[149_999]);
            until(() -> transport.budget().used() >= 149_999);
            RawClient.Answer declared = other.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n")
                    .read();
            assertThat(declared.status()).isEqualTo(503);
            assertThat(declared.headers()).containsEntry("retry-after", "1");
            assertThat(holder.send("x").read().body()).contains("\"size\":150000,");
        }
        until(() -> transport.budget().used() == 0);
    }

    @Test
    void cutsOffAClientThatStopsInTheMiddleOfABody() throws IOException {
        start(settings().set(Setting.STALL_TIMEOUT_MS, 50L));
        try (RawClient client = connect()) {
            client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
            RawClient.Answer answer = client.read();
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.body()).contains("3 bytes arrived");
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void cutsOffAClientThatSendsWithoutEndButTooSlowly() throws IOException {
        start(settings().set(Setting.STALL_TIMEOUT_MS, 100L).set(Setting.MIN_BODY_BYTES_PER_SECOND, 1L << 30));
        try (RawClient client = connect()) {
            client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n");
            // Never a pause as long as the stall timeout, but far below the rate.
            int sent = 0;
            long last = 0;
            while (sent < 1_000 && client.nothingCame()) {
                if (System.nanoTime() - last > 5_000_000) {
                    client.send("x");
                    sent++;
                    last = System.nanoTime();
                }
                Thread.onSpinWait();
            }
            assertThat(client.read().status()).isEqualTo(408);
        }
    }

    @Test
    void closesAConnectionThatSendsNoRequestOrNeverEndsItsHead() throws IOException {
        start(settings().set(Setting.IDLE_TIMEOUT_MS, 50L));
        try (RawClient idle = connect();
                RawClient slow = connect()) {
            slow.send("GET /now HTTP/1.1\r\nHost: t\r\nX-");
            assertThat(idle.atEnd()).isTrue();
            assertThat(slow.atEnd()).isTrue();
        }
    }

    @Test
    void freesTheBodyOfAClientThatGoesAway() throws Exception {
        start();
        try (RawClient client = connect()) {
            client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n");
            client.send(new byte[50_000]);
            until(() -> transport.budget().used() > 0);
        }
        until(() -> transport.budget().used() == 0 && transport.connections() == 0);
    }

    @Test
    void turnsAwayConnectionsBeyondTheirNumber() throws IOException {
        start(settings().set(Setting.MAX_CONNECTIONS, 1));
        try (RawClient first = connect()) {
            assertThat(first.send(get("/now?q=1")).read().status()).isEqualTo(200);
            try (RawClient second = connect()) {
                assertThat(second.atEnd()).isTrue();
            }
            assertThat(first.send(get("/now?q=2")).read().status()).isEqualTo(200);
        }
    }

    @Test
    void refusesWhileItFinishesWhatIsUnderWayAndThenClosesThePortAndWhatIsIdle() throws Exception {
        start();
        CompletableFuture<HttpResponse<String>> running = sendAsync("/block");
        blocked.await();
        try (RawClient idle = connect();
                RawClient late = connect()) {
            assertThat(idle.send(get("/now?q=1")).read().status()).isEqualTo(200);
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> transport.close(Duration.ofSeconds(20)));
            TestTransport.until(() -> transport.phase() == Phase.STOPPING);
            RawClient.Answer refused = late.send("POST /block HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                    .read();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.headers()).containsEntry("connection", "close").containsEntry("retry-after", "1");
            try (RawClient probe = connect()) {
                assertThat(probe.send(get("/now?q=1")).read().headers()).containsEntry("connection", "close");
                assertThat(probe.atEnd()).isTrue();
            }
            assertThat(stopped).isNotDone();
            go.countDown();
            HttpResponse<String> answer = running.get();
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Connection")).contains("close");
            assertThat(idle.atEnd()).isTrue();
            assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
            stopped.get();
        }
    }

    @Test
    void answersOnWhileItDrainsAndEndsEachConnectionWithItsAnswer() throws IOException {
        start();
        try (RawClient client = connect()) {
            assertThat(client.send(get("/now?q=1")).read().headers()).doesNotContainKey("connection");
            transport.drain();
            RawClient.Answer last = client.send(get("/now?q=2")).read();
            assertThat(last.status()).isEqualTo(200);
            assertThat(last.headers()).containsEntry("connection", "close");
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void saysWhichAddressItCannotListenOn() throws IOException {
        start();
        ServerConfig taken = settings()
                .set(Setting.PORT, transport.port())
                .set(Setting.UPLOAD_FOLDER, folder.resolve("other"))
                .build();
        assertThatThrownBy(() -> new HttpTransport(
                        taken,
                        (wire, head, beganNanos) -> {
                            throw new IllegalStateException("no request can come");
                        },
                        new Lifecycle(),
                        new Refusals(metrics),
                        metrics))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("127.0.0.1:" + transport.port());
    }

    // Forms

    private static String form(String boundary, String... parts) {
        StringBuilder body = new StringBuilder();
        for (String part : parts) {
            body.append("--").append(boundary).append("\r\n").append(part).append("\r\n");
        }
        return body.append("--").append(boundary).append("--\r\n").toString();
    }

    private static String part(String disposition, String content) {
        return "Content-Disposition: form-data; " + disposition + "\r\n\r\n" + content;
    }

    private HttpResponse<String> post(String contentType, String body) throws IOException, InterruptedException {
        return send(request("/echo")
                .header("Content-Type", contentType)
                .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.ISO_8859_1)));
    }

    @Test
    void readsTheFileAndTheFieldsOfAForm() throws Exception {
        start();
        HttpResponse<String> answer = post(
                "multipart/form-data; boundary=\"=_b\"",
                form(
                        "=_b",
                        part("name=\"note\"", "caf\u00c3\u00a9"),
                        part("name=\"photo\"; filename=\"a\\\"b.jpg\"\r\nContent-Type: image/jpeg", "\r\n--=_\r\nx"),
                        part("name=\"note\"", "second")));
        assertThat(answer.body())
                .contains("\"size\":9,", "\"files\":1,\"field\":\"photo\",\"fields\":{\"note\":\"café\"}");
    }

    @Test
    void passesAnyBytesThroughAForm() throws Exception {
        start();
        Random random = new Random(23);
        for (int size : new int[] {0, 1, 1_000, 65_536, 150_000}) {
            byte[] bytes = new byte[size];
            random.nextBytes(bytes);
            for (int i = 0; i < size; i += 7) {
                bytes[i] = (byte) "\r\n--".charAt(random.nextInt(4)); // many near-boundaries, across every chunk's edge
            }
            CRC32 crc = new CRC32();
            crc.update(bytes);
            String body =
                    form("bbb", part("name=\"video\"; filename=\"\"", new String(bytes, StandardCharsets.ISO_8859_1)));
            assertThat(post("multipart/form-data; boundary=bbb", body).body())
                    .contains("\"size\":" + size + ",\"crc\":" + crc.getValue() + ",\"files\":1");
        }
    }

    @Test
    void countsFurtherFilesWithoutKeepingThem() throws Exception {
        start();
        String body = form(
                "b",
                part("name=\"photo\"; filename=\"1\"", "abc"),
                part("name=\"photo\"; filename=\"2\"", "x".repeat(100_000)));
        assertThat(post("multipart/form-data; boundary=b", body).body()).contains("\"size\":3,", "\"files\":2");
    }

    @Test
    void refusesBrokenForms() throws Exception {
        start();
        assertThat(post("multipart/form-data", "x").statusCode()).isEqualTo(400);
        assertThat(post("multipart/form-data; boundary=", "x").statusCode()).isEqualTo(400);
        assertThat(post("multipart/form-data; boundary=b", "no boundary " + "x".repeat(50_000))
                        .statusCode())
                .isEqualTo(400);
        assertThat(post("multipart/form-data; boundary=b", "--b\r\nX: " + "x".repeat(50_000))
                        .statusCode())
                .isEqualTo(400);
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            many.append("--b\r\n").append(part("name=\"f" + i + "\"", "x")).append("\r\n");
        }
        assertThat(post("multipart/form-data; boundary=b", many + "--b--\r\n").statusCode())
                .isEqualTo(400);
        String cut = form("b", part("name=\"photo\"; filename=\"1\"", "abc"));
        assertThat(post("multipart/form-data; boundary=b", cut.substring(0, cut.length() - 9))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void boundsTheFileAndTheFieldsOfAForm() throws Exception {
        start();
        String large = form("b", part("name=\"photo\"; filename=\"1\"", "x".repeat(MAX_BODY + 1)));
        assertThat(post("multipart/form-data; boundary=b", large).statusCode()).isEqualTo(413);
        String fields = form("b", part("name=\"note\"", "x".repeat(BodyReader.MAX_FORM_BYTES)));
        assertThat(post("multipart/form-data; boundary=b", fields).statusCode()).isEqualTo(413);
    }

    @Test
    void survivesRandomBytesOnManyConnections() throws IOException {
        start();
        long seed = Long.getLong("semblance.seed", 4711L);
        Random random = new Random(seed);
        byte[] valid = ("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n5\r\n--b\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < 300; i++) {
            byte[] bytes = valid.clone();
            for (int k = random.nextInt(6); k >= 0; k--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try (RawClient client = connect()) {
                client.send(bytes);
            }
        }
        try (RawClient client = connect()) {
            assertThat(client.send(get("/now?q=alive")).read().status())
                    .as("-Dsemblance.seed=%d, %s", seed, HexFormat.of().formatHex(valid))
                    .isEqualTo(200);
        }
        until(() -> transport.budget().used() == 0 && transport.connections() <= 1);
    }
}
