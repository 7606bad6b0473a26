package org.semblance.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.engine.media.Deadline;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.RawHttp2Client;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.route.Route;
import org.slf4j.LoggerFactory;

/** HTTP/2 without TLS, over real sockets: by prior knowledge and by an upgrade. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class Http2Test {
    private static final int MAX_BODY = 2_000_000;
    private static final int CALM = 11;
    private static final long STREAM_CLOSED = 5;
    private static final long PROTOCOL_ERROR = 1;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init") // each test starts its own
    private TestTransport server;

    private final CountDownLatch blocked = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);
    private final CountDownLatch cancelled = new CountDownLatch(1);

    private void start() {
        start(settings -> settings);
    }

    private void start(UnaryOperator<ServerConfig.Builder> settings) {
        server = new TestTransport(
                folder,
                routes(),
                builder -> settings.apply(builder.set(Setting.MAX_BODY_BYTES, (long) MAX_BODY)
                        .set(Setting.MAX_VIDEO_BYTES, (long) MAX_BODY)));
    }

    @AfterEach
    void stop() {
        go.countDown();
        if (server != null) {
            server.close();
        }
    }

    private List<Route> routes() {
        Route.Immediate now = request -> Response.json(200, Json.object().put("q", request.query("q")));
        Route.Immediate nothing = request -> new Response(204, "application/json", new byte[0], Map.of());
        Route.Work echo = (request, worker) -> {
            CRC32 crc = new CRC32();
            crc.update(request.body().bytes());
            return Response.json(
                    200,
                    Json.object()
                            .put("size", request.body().upload().size())
                            .put("crc", crc.getValue())
                            .put("note", request.body().fields().get("note")));
        };
        Route.Work text = (request, worker) -> new Response(
                200,
                "text/plain",
                "0123456789\n"
                        .repeat((int) request.query("lines", 1, 0, 1_000_000))
                        .getBytes(StandardCharsets.UTF_8),
                Map.of());
        Route.Work block = (request, worker) -> {
            blocked.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Response.json(200, Json.object().put("blocked", true));
        };
        Route.Work watch = (request, worker) -> {
            Deadline deadline = request.deadline();
            blocked.countDown();
            TestTransport.until(deadline::passed);
            cancelled.countDown();
            return Response.json(200, Json.object());
        };
        return List.of(
                new Route(Dialect.NATIVE, "GET", "/now", Set.of("q"), Route.Takes.NOTHING, now),
                Route.get(Dialect.NATIVE, null, "/nothing", nothing),
                new Route(Dialect.NATIVE, "GET", "/text", Set.of("lines"), Route.Takes.NOTHING, text),
                new Route(Dialect.NATIVE, "GET", "/block", Set.of(), Route.Takes.NOTHING, block),
                new Route(Dialect.NATIVE, "GET", "/watch", Set.of(), Route.Takes.NOTHING, watch),
                new Route(Dialect.NATIVE, "POST", "/echo", Set.of(), Route.Takes.UPLOAD, echo));
    }

    private RawHttp2Client connect() throws IOException {
        return new RawHttp2Client(server.port());
    }

    private static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        if (size > 0) {
            bytes[0] = 'x'; // of no format
        }
        return bytes;
    }

    private static String expected(byte[] body) {
        CRC32 crc = new CRC32();
        crc.update(body);
        return "{\"size\":" + body.length + ",\"crc\":" + crc.getValue() + ",";
    }

    @Test
    void answersWhoeverKnowsThatItSpeaksHttp2() throws IOException {
        start();
        try (RawHttp2Client client = connect()) {
            RawHttp2Client.Answer answer = client.get(1, "/now?q=1").answer(1);
            assertThat(answer.status).isEqualTo(200);
            assertThat(answer.text()).isEqualTo("{\"q\":\"1\"}");
            assertThat(answer.headers)
                    .containsEntry("content-type", "application/json")
                    .containsEntry("content-length", "9")
                    .containsKey("date")
                    .doesNotContainKey("connection");
            int stream = 3;
            for (int size : new int[] {0, 1, 16_384, 65_535, 65_536, 300_000, MAX_BODY}) {
                byte[] body = bytes(size);
                client.request(stream, false, "POST", "/echo").body(stream, body);
                assertThat(client.answer(stream).text()).startsWith(expected(body));
                stream += 2;
            }
            RawHttp2Client.Answer missing = client.get(stream, "/nope").answer(stream);
            assertThat(missing.status).isEqualTo(404);
            assertThat(missing.headers).containsEntry("content-type", "application/problem+json");
        }
    }

    @Test
    void takesThePrefaceInPieces() throws IOException {
        start();
        byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        try (java.net.Socket socket = new java.net.Socket("127.0.0.1", server.port())) {
            socket.setTcpNoDelay(true);
            for (byte one : preface) {
                socket.getOutputStream().write(one);
            }
            RawHttp2Client client = new RawHttp2Client(socket);
            client.send(RawHttp2Client.SETTINGS, 0, 0, new byte[0]);
            assertThat(client.get(1, "/now?q=1").answer(1).status).isEqualTo(200);
        }
        // What begins alike and is none.
        try (RawClient client = server.connect()) {
            assertThat(client.send("PRI * HTTP/1.1\r\nHost: t\r\n\r\n").read().status())
                    .isEqualTo(404);
        }
        try (RawClient client = server.connect()) {
            assertThat(client.send("P")
                            .send("UT /now HTTP/1.1\r\nHost: t\r\n\r\n")
                            .read()
                            .status())
                    .isEqualTo(405);
        }
    }

    @Test
    void answersManyStreamsAtATime() throws IOException {
        start();
        try (RawHttp2Client client = connect()) {
            byte[] body = bytes(1_000);
            for (int i = 0; i < 40; i++) {
                client.request(2 * i + 1, false, "POST", "/echo");
            }
            for (int i = 39; i >= 0; i--) {
                client.send(RawHttp2Client.DATA, 0, 2 * i + 1, Arrays.copyOf(body, 500));
                if (i % 8 == 7) {
                    for (int k = i + 1; k < Math.min(i + 8, 40); k++) {
                        // The queue takes eight.
                        client.send(
                                RawHttp2Client.DATA,
                                RawHttp2Client.END_STREAM,
                                2 * k + 1,
                                Arrays.copyOfRange(body, 500, 1_000));
                    }
                    for (int k = i + 1; k < Math.min(i + 8, 40); k++) {
                        assertThat(client.answer(2 * k + 1).text()).startsWith(expected(body));
                    }
                }
            }
        }
    }

    @Test
    void readsAFormAndCompressesAnAnswer() throws IOException {
        start();
        byte[] file = bytes(100_000);
        TestServer.Form form = TestServer.form(List.of("photo"), file, Map.of("note", "hello"));
        try (RawHttp2Client client = connect()) {
            client.request(
                            1,
                            false,
                            "POST",
                            "/echo",
                            "content-type",
                            form.contentType(),
                            "content-length",
                            Integer.toString(form.body().length))
                    .body(1, form.body());
            assertThat(client.answer(1).text()).startsWith(expected(file)).contains("\"note\":\"hello\"");
            RawHttp2Client.Answer text = client.get(3, "/text?lines=10000", "accept-encoding", "gzip")
                    .answer(3);
            assertThat(text.headers).containsEntry("content-encoding", "gzip").containsEntry("vary", "Accept-Encoding");
            assertThat(new GZIPInputStream(new ByteArrayInputStream(text.body.toByteArray())).readAllBytes())
                    .hasSize(110_000);
        }
    }

    @Test
    void tellsTheLengthToHeadAndInvitesABody() throws IOException {
        start();
        try (RawHttp2Client client = connect()) {
            RawHttp2Client.Answer head =
                    client.request(1, true, "HEAD", "/now?q=1").answer(1);
            assertThat(head.headers).containsEntry("content-length", "9");
            assertThat(head.body.size()).isZero();
            client.request(3, false, "POST", "/echo", "expect", "100-continue");
            while (client.soFar(3).status != 100) {
                client.take(client.read());
            }
            client.body(3, bytes(10));
            assertThat(client.answer(3).text()).startsWith(expected(bytes(10)));
            // Trailers end a body as well.
            client.request(5, false, "POST", "/echo").send(RawHttp2Client.DATA, 0, 5, bytes(10));
            client.send(
                    RawHttp2Client.HEADERS,
                    RawHttp2Client.END_HEADERS | RawHttp2Client.END_STREAM,
                    5,
                    RawHttp2Client.block("x-trailer", "1"));
            assertThat(client.answer(5).text()).startsWith(expected(bytes(10)));
        }
    }

    @Test
    void tellsNoLengthOfAnAnswerThatMayHaveNoContent() throws IOException {
        start();
        try (RawHttp2Client client = connect()) {
            RawHttp2Client.Answer nothing = client.get(1, "/nothing").answer(1);
            assertThat(nothing.status).isEqualTo(204);
            assertThat(nothing.headers).doesNotContainKey("content-length");
        }
    }

    @Test
    void refusesABodyBeforeItComesAndGoesOnWithTheOthers() throws IOException {
        start();
        try (RawHttp2Client client = connect()) {
            client.request(1, false, "POST", "/echo", "content-length", "3000000");
            RawHttp2Client.Answer refused = client.answer(1);
            assertThat(refused.status).isEqualTo(413);
            while (refused.reset < 0) {
                client.take(client.read());
            }
            assertThat(refused.reset).isZero(); // no error
            // What it has sent meanwhile is dropped, and its bytes do not count for ever.
            for (int i = 0; i < 40; i++) {
                int stream = 3 + 2 * i;
                client.request(stream, false, "POST", "/echo");
                byte[] body = bytes(100_000);
                client.body(stream, body);
                assertThat(client.answer(stream).text()).startsWith(expected(body));
            }
            int last = 101;
            client.request(last, false, "POST", "/echo");
            int sent = 0;
            byte[] tooMuch = new byte[MAX_BODY + 500_000];
            while (!client.soFar(last).ended) {
                sent = client.send(last, tooMuch, sent);
                client.take(client.read());
            }
            assertThat(client.soFar(last).status).isEqualTo(413);
            assertThat(client.get(103, "/now?q=1").answer(103).status).isEqualTo(200);
        }
    }

    @Test
    void refusesHeadsThatAreTooLongOrNone() throws IOException {
        start();
        try (RawHttp2Client client = connect()) {
            client.get(1, "/" + "x".repeat(15_000));
            assertThat(client.answer(1).status).isEqualTo(404);
            client.get(3, "/now?q=1", "x-long", "y".repeat(10_000)).answer(3);
            assertThat(client.soFar(3).status).isEqualTo(200);
            client.get(5, "/now?q=1", "host", "another");
            assertThat(client.answer(5).status).isEqualTo(400);
            client.get(7, "/now?q=1", "content-encoding", "br");
            assertThat(client.answer(7).status).isEqualTo(415);
        }
        byte[] block = RawHttp2Client.block(
                ":method", "GET", ":scheme", "http", ":path", "/now", ":authority", "t", "x", "y".repeat(34_000));
        try (RawHttp2Client client = connect()) {
            client.send(RawHttp2Client.HEADERS, RawHttp2Client.END_STREAM, 1, Arrays.copyOf(block, 16_000));
            client.send(RawHttp2Client.CONTINUATION, 0, 1, Arrays.copyOfRange(block, 16_000, 32_000));
            client.send(
                    RawHttp2Client.CONTINUATION,
                    RawHttp2Client.END_HEADERS,
                    1,
                    Arrays.copyOfRange(block, 32_000, block.length));
            assertThat(client.answer(1).status).isEqualTo(431);
        }
    }

    @Test
    void takesNoMoreStreamsThanItSays() throws IOException {
        start();
        try (RawHttp2Client client = connect()) {
            for (int i = 0; i < Http2Connection.MAX_STREAMS; i++) {
                client.request(2 * i + 1, false, "POST", "/echo");
            }
            int over = 2 * Http2Connection.MAX_STREAMS + 1;
            client.request(over, false, "POST", "/echo");
            assertThat(client.answer(over).reset).isEqualTo(7); // refused, so that it can be sent again
            client.send(RawHttp2Client.DATA, RawHttp2Client.END_STREAM, 1, bytes(10));
            assertThat(client.answer(1).status).isEqualTo(200);
        }
    }

    @Test
    void stopsTheWorkOfAStreamThatIsTakenBack() throws Exception {
        start();
        try (RawHttp2Client client = connect()) {
            client.get(1, "/watch");
            blocked.await();
            client.reset(1);
            cancelled.await();
            assertThat(client.get(3, "/now?q=1").answer(3).status).isEqualTo(200);
            // While its body comes: what it held is freed.
            client.request(5, false, "POST", "/echo").send(RawHttp2Client.DATA, 0, 5, bytes(10_000));
            TestTransport.until(() -> server.transport().budget().used() > 0);
            client.reset(5);
            TestTransport.until(() -> server.transport().budget().used() == 0);
        }
    }

    @Test
    void stopsTheWorkOfAClientThatGoesAway() throws Exception {
        start();
        try (RawHttp2Client client = connect()) {
            client.get(1, "/watch");
            blocked.await();
        }
        cancelled.await();
        TestTransport.until(() -> server.transport().connections() == 0);
    }

    @Test
    void cutsOffABodyThatStopsComing() throws IOException {
        start(settings -> settings.set(Setting.STALL_TIMEOUT_MS, 100L));
        try (RawHttp2Client client = connect()) {
            client.request(1, false, "POST", "/echo").send(RawHttp2Client.DATA, 0, 1, bytes(3));
            RawHttp2Client.Answer answer = client.answer(1);
            assertThat(answer.status).isEqualTo(408);
            assertThat(answer.text()).contains("3 bytes arrived");
            assertThat(client.get(3, "/now?q=1").answer(3).status).isEqualTo(200);
        }
    }

    @Test
    void cutsOffAnAnswerThatIsNotTaken() throws IOException {
        start(settings -> settings.set(Setting.IDLE_TIMEOUT_MS, 200L));
        try (RawHttp2Client client = connect()) {
            client.get(1, "/text?lines=100000");
            RawHttp2Client.Answer answer = client.soFar(1);
            while (answer.reset < 0) {
                client.take(client.read()); // and gives back nothing of the window
            }
            assertThat(answer.body.size()).isEqualTo(65_535);
            assertThat(answer.reset).isEqualTo(8);
        }
    }

    @Test
    void closesAConnectionWithoutARequestWhateverElseItSends() throws Exception {
        start(settings -> settings.set(Setting.IDLE_TIMEOUT_MS, 300L));
        try (RawHttp2Client idle = connect();
                RawHttp2Client pinging = connect();
                RawClient half = server.connect()) {
            half.send("PRI * HTTP/2.0\r\n\r\n");
            assertThat(idle.goAway()).isZero();
            idle.awaitEnd();
            for (int type = -1; type != RawHttp2Client.GOAWAY; ) {
                pinging.send(RawHttp2Client.PING, 0, 0, new byte[8]);
                do {
                    type = pinging.take(pinging.read()).type();
                } while (type != RawHttp2Client.PING && type != RawHttp2Client.GOAWAY);
                Thread.sleep(5); // so that it is no flood of them
            }
            pinging.awaitEnd();
            assertThat(half.atEnd()).isTrue();
        }
    }

    @Test
    void endsConnectionsOfFloods() throws Exception {
        start();
        List<String> ended = new ArrayList<>();
        for (String kind : List.of("rapid reset", "ping", "settings", "continuation", "empty data")) {
            try (RawHttp2Client client = connect()) {
                CompletableFuture<Long> code = CompletableFuture.supplyAsync(() -> {
                    try {
                        return client.goAway();
                    } catch (IOException e) {
                        return -1L; // by a reset: the server closed while the flood was still coming
                    }
                });
                try {
                    flood(client, kind, code);
                } catch (SocketException e) {
                    // Likewise.
                }
                assertThat(code.get()).as(kind).isIn((long) CALM, -1L);
                client.awaitEnd();
                ended.add(kind);
            }
        }
        assertThat(ended).hasSize(5);
        try (RawHttp2Client client = connect()) {
            assertThat(client.get(1, "/now?q=1").answer(1).status).isEqualTo(200);
        }
        TestTransport.until(() -> server.transport().connections() == 0);
    }

    private static void flood(RawHttp2Client client, String kind, CompletableFuture<Long> ended) throws IOException {
        byte[] head = RawHttp2Client.block(":method", "POST", ":scheme", "http", ":path", "/echo", ":authority", "t");
        if (kind.equals("continuation")) {
            client.send(RawHttp2Client.HEADERS, 0, 1, head);
        } else if (kind.equals("empty data")) {
            client.send(RawHttp2Client.HEADERS, RawHttp2Client.END_HEADERS, 1, head);
        }
        for (int i = 0; i < 1_000_000 && !ended.isDone(); i++) {
            switch (kind) {
                case "rapid reset" -> {
                    client.send(RawHttp2Client.HEADERS, RawHttp2Client.END_HEADERS, 2 * i + 1, head);
                    client.reset(2 * i + 1);
                }
                case "ping" -> client.send(RawHttp2Client.PING, 0, 0, new byte[8]);
                case "settings" -> client.send(RawHttp2Client.SETTINGS, 0, 0, new byte[0]);
                case "continuation" -> client.send(RawHttp2Client.CONTINUATION, 0, 1, new byte[0]);
                default -> client.send(RawHttp2Client.DATA, 0, 1, new byte[0]);
            }
        }
    }

    /** As many as a client can bring it to, which each cost it a frame or two and us a request (CVE-2025-8671). */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "window of nothing",
                "window too wide",
                "data after the end",
                "head after the end",
                "wrong length",
                "refused body",
                "too many streams",
                "data of a closed stream"
            })
    void endsAConnectionWhoseStreamsItHasToReset(String kind) throws Exception {
        start();
        int most = 20_000;
        try (RawHttp2Client client = connect()) {
            if (kind.equals("data of a closed stream")) {
                // Answered first: while it is open this would be data after the end.
                assertThat(client.get(1, "/now").answer(1).status).isEqualTo(200);
            }
            CompletableFuture<Long> code = CompletableFuture.supplyAsync(() -> {
                try {
                    return client.goAway();
                } catch (IOException e) {
                    return -1L; // by a reset: the server closed while the flood was still coming
                }
            });
            int sent = 0;
            try {
                while (sent < most && !code.isDone()) {
                    provoke(client, kind, 2 * sent + 1);
                    sent++;
                    if (sent % 50 == 0) {
                        client.send(RawHttp2Client.PING, 0, 0, new byte[8]);
                    }
                }
            } catch (SocketException e) {
                // Likewise.
            }
            // Some are an error of the whole connection at once.
            assertThat(code.get()).as(kind).isIn((long) CALM, PROTOCOL_ERROR, STREAM_CLOSED, -1L);
            go.countDown();
            client.awaitEnd();
            int streams = sent;
            long reset = IntStream.range(0, streams)
                    .filter(i -> client.soFar(2 * i + 1).reset >= 0)
                    .count();
            assertThat(reset).as(kind).isLessThanOrEqualTo(Http2Connection.MAX_RESETS + Http2Connection.MAX_STREAMS);
        }
        try (RawHttp2Client client = connect()) {
            assertThat(client.get(1, "/now?q=1").answer(1).status).isEqualTo(200);
        }
        TestTransport.until(() -> server.transport().connections() == 0);
    }

    private static void provoke(RawHttp2Client client, String kind, int stream) throws IOException {
        switch (kind) {
            case "window of nothing" ->
                client.request(stream, false, "POST", "/echo").window(stream, 0);
            case "window too wide" ->
                client.request(stream, false, "POST", "/echo").window(stream, Integer.MAX_VALUE);
            case "data after the end" -> client.get(stream, "/block").send(RawHttp2Client.DATA, 0, stream, new byte[1]);
            case "head after the end" -> client.get(stream, "/block").get(stream, "/block");
            case "wrong length" ->
                client.request(stream, false, "POST", "/echo", "content-length", "5")
                        .send(RawHttp2Client.DATA, RawHttp2Client.END_STREAM, stream, new byte[1]);
            case "refused body" -> client.request(stream, false, "POST", "/nowhere");
            case "too many streams" -> client.get(stream, "/block");
            default -> client.send(RawHttp2Client.DATA, 0, 1, new byte[0]);
        }
    }

    @Test
    void answersOnWhileItDrainsAndEndsEachConnectionWithItsAnswer() throws Exception {
        start();
        try (RawHttp2Client before = connect()) {
            assertThat(before.get(1, "/now?q=1").answer(1).status).isEqualTo(200);
            server.transport().drain();
            assertThat(before.goAway()).isZero();
            before.awaitEnd();
        }
        try (RawHttp2Client late = connect()) {
            assertThat(late.get(1, "/now?q=2").answer(1).status).isEqualTo(200);
            assertThat(late.goAway()).isZero();
            late.awaitEnd();
        }
    }

    @Test
    void finishesItsStreamsWhenItStops() throws Exception {
        start();
        try (RawHttp2Client busy = connect();
                RawHttp2Client idle = connect()) {
            busy.get(1, "/block");
            assertThat(idle.get(1, "/now?q=1").answer(1).status).isEqualTo(200);
            blocked.await();
            CompletableFuture<Void> stopped =
                    CompletableFuture.runAsync(() -> server.transport().close(Duration.ofSeconds(10)));
            assertThat(idle.goAway()).isZero();
            idle.awaitEnd();
            assertThat(busy.goAway()).isZero();
            assertThat(stopped).isNotDone();
            try (RawHttp2Client late = connect()) {
                assertThat(late.get(1, "/block").answer(1).status).isEqualTo(503);
            }
            go.countDown();
            assertThat(busy.answer(1).text()).isEqualTo("{\"blocked\":true}");
            busy.awaitEnd();
            stopped.get();
            assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
        }
    }

    @Test
    void cutsOffWhatIsNotDoneInTimeWhenItStops() throws Exception {
        start();
        try (RawHttp2Client client = connect()) {
            client.get(1, "/block");
            blocked.await();
            server.transport().close(Duration.ofMillis(100));
            client.awaitEnd();
            assertThat(client.soFar(1).status).isZero();
        }
    }

    @Test
    void survivesRandomFrames() throws IOException {
        start();
        long seed = Long.getLong("semblance.seed", 9_113L);
        Random random = new Random(seed);
        ByteArrayOutputStream valid = new ByteArrayOutputStream();
        valid.writeBytes(RawHttp2Client.frame(
                RawHttp2Client.HEADERS,
                RawHttp2Client.END_HEADERS,
                1,
                RawHttp2Client.block(
                        ":method",
                        "POST",
                        ":scheme",
                        "http",
                        ":path",
                        "/echo",
                        ":authority",
                        "t",
                        "content-type",
                        "multipart/form-data; boundary=b",
                        "accept-encoding",
                        "gzip")));
        valid.writeBytes(
                RawHttp2Client.frame(RawHttp2Client.DATA, 0, 1, "--b\r\n\r\nabc".getBytes(StandardCharsets.US_ASCII)));
        valid.writeBytes(RawHttp2Client.frame(RawHttp2Client.WINDOW_UPDATE, 0, 1, new byte[] {0, 0, 1, 0}));
        valid.writeBytes(RawHttp2Client.frame(RawHttp2Client.PING, 0, 0, new byte[8]));
        valid.writeBytes(RawHttp2Client.frame(RawHttp2Client.DATA, RawHttp2Client.END_STREAM, 1, new byte[3]));
        for (int i = 0; i < 400; i++) {
            byte[] bytes = valid.toByteArray();
            for (int k = random.nextInt(8); k >= 0; k--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try (RawHttp2Client client = connect()) {
                client.send(bytes);
                if (random.nextBoolean()) {
                    client.read();
                }
            } catch (IOException e) {
                // It may end at any moment.
            }
        }
        try (RawHttp2Client client = connect()) {
            assertThat(client.get(1, "/now?q=alive").answer(1).status)
                    .as("-Dsemblance.seed=%d", seed)
                    .isEqualTo(200);
        }
        TestTransport.until(() ->
                server.transport().budget().used() == 0 && server.transport().connections() == 0);
    }

    // The upgrade

    private HttpResponse<String> send(HttpClient client, HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
    }

    @Test
    void goesOnToHttp2WithAClientThatAsks() throws Exception {
        start();
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            // A body does not wait for the change, so that its answer comes in HTTP/1.1.
            byte[] body = bytes(200_000);
            HttpResponse<String> first = send(client, to("/echo").POST(HttpRequest.BodyPublishers.ofByteArray(body)));
            assertThat(first.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(first.body()).startsWith(expected(body));
        }
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> get = send(client, to("/now?q=" + i).GET());
                assertThat(get.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(get.body()).isEqualTo("{\"q\":\"" + i + "\"}");
            }
            byte[] body = bytes(MAX_BODY);
            HttpResponse<String> post = send(client, to("/echo").POST(HttpRequest.BodyPublishers.ofByteArray(body)));
            assertThat(post.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(post.body()).startsWith(expected(body));
            HttpResponse<String> large = send(client, to("/text?lines=500000").GET());
            assertThat(large.body()).hasSize(5_500_000);
            HttpResponse<String> refused =
                    send(client, to("/echo").POST(HttpRequest.BodyPublishers.ofByteArray(bytes(MAX_BODY + 1))));
            assertThat(refused.statusCode()).isEqualTo(413);
            assertThat(send(client, to("/now?q=last").GET()).version()).isEqualTo(HttpClient.Version.HTTP_2);
        }
    }

    @Test
    void goesOnToHttp2OnlyWhenItIsAskedProperly() throws IOException {
        start();
        String ask = "GET /now?q=1 HTTP/1.1\r\nHost: t\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n";
        try (RawClient client = server.connect()) {
            for (String not : List.of(
                    ask + "HTTP2-Settings: AAQAAP__\r\nHTTP2-Settings: AAQAAP__\r\n\r\n",
                    ask + "HTTP2-Settings: AAQ\r\n\r\n",
                    ask + "HTTP2-Settings: !!!\r\n\r\n",
                    ask + "\r\n",
                    ask.replace("h2c", "websocket") + "HTTP2-Settings: AAQAAP__\r\n\r\n",
                    ask.replace(", HTTP2-Settings", "") + "HTTP2-Settings: AAQAAP__\r\n\r\n",
                    "POST" + ask.substring(3).replace("/now?q=1", "/echo")
                            + "HTTP2-Settings: AAQAAP__\r\nContent-Length: 3\r\n\r\nabc")) {
                assertThat(client.send(not).read().status()).as(not).isEqualTo(200);
            }
            RawClient.Answer noHost = client.send(ask.replace("Host: t\r\n", "") + "HTTP2-Settings: AAQAAP__\r\n\r\n")
                    .read();
            assertThat(noHost.status()).isEqualTo(400);
        }
        try (java.net.Socket socket = new java.net.Socket("127.0.0.1", server.port())) {
            // Stream 1 may have a window of 5 bytes, the client says.
            socket.getOutputStream()
                    .write((ask + "HTTP2-Settings: AAQAAAAF\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            String text = "";
            while (!text.endsWith("\r\n\r\n")) {
                int one = socket.getInputStream().read();
                assertThat(one).as(text).isNotNegative();
                text += (char) one;
            }
            assertThat(text).startsWith("HTTP/1.1 101 ").containsIgnoringCase("upgrade: h2c");
            RawHttp2Client client = new RawHttp2Client(socket);
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            client.send(RawHttp2Client.SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 5});
            while (client.soFar(1).body.size() < 5) {
                client.take(client.read());
            }
            assertThat(client.soFar(1).text()).isEqualTo("{\"q\":");
            client.window(1, 100);
            assertThat(client.answer(1).text()).isEqualTo("{\"q\":\"1\"}");
            client.get(3, "/now?q=3").window(3, 100);
            assertThat(client.answer(3).text()).isEqualTo("{\"q\":\"3\"}");
        }
    }

    /** Found by HttpFuzz 600 20261127. */
    @Test
    void endsAConnectionThatGoesOnInHttp1AfterItsUpgrade() throws IOException {
        start();
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        Logger ours = (Logger) LoggerFactory.getLogger("org.semblance");
        ours.addAppender(log);
        try (java.net.Socket socket = new java.net.Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(20_000);
            String ask = "GET /now?q=1 HTTP/1.1\r\nHost: t\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAQAAP__\r\n\r\n";
            socket.getOutputStream()
                    .write((ask + "GET /now?q=2 HTTP/1.1\r\nHost: t\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(answer).startsWith("HTTP/1.1 101 ").doesNotContain("\"2\"");
        } finally {
            ours.detachAppender(log);
        }
        assertThat(List.copyOf(log.list).stream()
                        .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                        .map(ILoggingEvent::getFormattedMessage))
                .isEmpty();
    }
}
