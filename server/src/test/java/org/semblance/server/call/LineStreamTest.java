package org.semblance.server.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.semblance.server.fixture.TestTransport.until;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.matchlog.ChangeFeed;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.hashdb.matchlog.MatchLogSettings;
import org.semblance.server.api.LookupRoutes;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.RawHttp2Client;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.flood.FloodControl;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.recent.UploadMemory;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.LineAnswerer;
import org.semblance.server.route.Route;
import tools.jackson.databind.JsonNode;

/** Lookups whose lines are answered while they come, over both versions of HTTP. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LineStreamTest {
    private static final long SEED = Long.getLong("semblance.seed", 31L);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init") // each test starts its own
    private TestTransport server;

    @SuppressWarnings("NullAway.Init")
    private MatchLog log;

    private final Random random = new Random(SEED);
    private final Hash256 banked = hash();
    private int copies = 1;
    private final CountDownLatch blocked = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    private void start() {
        start(settings -> settings);
    }

    private void start(UnaryOperator<ServerConfig.Builder> settings) {
        Route.Work block = (request, worker) -> {
            blocked.countDown();
            await(go);
            return Response.json(200, Json.object());
        };
        log = MatchLog.open(
                folder, MatchLogSettings.DEFAULT, VerdictRecorder.VERDICTS, ChangeFeed.NONE, InstantSource.system());
        server = new TestTransport(
                folder,
                db -> {
                    bank(db);
                    List<Route> routes = new ArrayList<>(new LookupRoutes(
                                    db, new VerdictRecorder(log, UploadMemory.NONE, FloodControl.off(db)), true)
                            .routes());
                    routes.add(new Route(
                            Dialect.NATIVE, "GET", "/block", Set.of(), Route.Takes.NOTHING, Role.MATCH, block));
                    routes.add(get("/endless", request -> (lines, deadline, out) -> {
                        out.writeBytes("more\n".getBytes(StandardCharsets.UTF_8));
                        return false;
                    }));
                    routes.add(get("/whole", request -> new WholeAnswer()));
                    return routes;
                },
                settings);
    }

    private static Route get(String path, Route.Opening opening) {
        return new Route(
                Dialect.NATIVE,
                "GET",
                path,
                Set.of(),
                Route.Takes.NOTHING,
                Role.MATCH,
                new Route.Stream("text/csv", opening));
    }

    private static final class WholeAnswer implements LineAnswerer {
        @Override
        public MemorySegment whole() {
            return MemorySegment.ofArray("whole".getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public boolean answer(ByteBuffer lines, Deadline deadline, ByteArrayOutputStream out) {
            throw new AssertionError("the answer is there already");
        }
    }

    private void bank(HashDb db) {
        Origin origin = new Origin("test", "");
        db.apply(new Change.CreateBank("KNOWN"), origin);
        ContentDraft draft = new ContentDraft(List.of(new Signal(SignalType.PDQ, banked.toHex(), 100)));
        db.apply(new Change.AddContents("KNOWN", Collections.nCopies(copies, draft)), origin);
    }

    @AfterEach
    void stop() {
        go.countDown();
        if (server != null) {
            server.close();
            log.close();
        }
    }

    private Hash256 hash() {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private enum Version {
        HTTP_1_1,
        HTTP_2
    }

    /** A request whose body is written while its answer is read, which few HTTP clients can do with HTTP/1.1. */
    private interface Conversation extends AutoCloseable {
        default Conversation say(String text) throws IOException {
            return say(text.getBytes(StandardCharsets.UTF_8));
        }

        /** Waits while the server takes no more. */
        Conversation say(byte[] bytes) throws IOException;

        /** There is no more. */
        void end() throws IOException;

        /** The body of the answer, as it comes. */
        InputStream answer() throws IOException;

        /** A field of its head, once that has come. */
        String header(String name);

        /** The next line of it, or null. */
        @Nullable
        String hear() throws IOException;

        /** Likewise, where there has to be one. */
        default String hearMore() throws IOException {
            String line = hear();
            if (line == null) {
                throw new EOFException("the answer ended");
            }
            return line;
        }

        @Override
        void close() throws IOException;
    }

    private Conversation talk(Version version, String... fields) throws IOException {
        return version == Version.HTTP_2 ? new OverHttp2(fields) : new OverHttp1(fields);
    }

    private final class OverHttp1 implements Conversation {
        private final RawClient client = server.connect();
        private RawClient.@Nullable Answer head;
        private @Nullable BufferedReader in;

        OverHttp1(String... fields) throws IOException {
            StringBuilder request = new StringBuilder("POST /v1/lookup HTTP/1.1\r\nHost: t\r\nContent-Type:"
                    + " application/x-ndjson\r\nTransfer-Encoding: chunked\r\n");
            for (int i = 0; i < fields.length; i += 2) {
                request.append(fields[i]).append(": ").append(fields[i + 1]).append("\r\n");
            }
            client.send(request.append("\r\n").toString());
        }

        @Override
        public Conversation say(byte[] bytes) throws IOException {
            ByteArrayOutputStream chunk = new ByteArrayOutputStream(bytes.length + 16);
            chunk.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            chunk.writeBytes(bytes);
            chunk.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
            client.send(chunk.toByteArray());
            return this;
        }

        @Override
        public void end() throws IOException {
            client.send("0\r\n\r\n");
        }

        @Override
        public InputStream answer() throws IOException {
            head = client.read(false);
            assertThat(head.status()).isEqualTo(200);
            return client.chunks();
        }

        @Override
        public String header(String name) {
            return head == null ? "" : head.headers().getOrDefault(name, "");
        }

        @Override
        public @Nullable String hear() throws IOException {
            if (in == null) {
                in = new BufferedReader(new InputStreamReader(answer(), StandardCharsets.UTF_8));
            }
            return in.readLine();
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    /** On stream 1; one thread may write while another reads. */
    private final class OverHttp2 implements Conversation {
        private final RawHttp2Client client = new RawHttp2Client(server.port());
        private @Nullable BufferedReader in;

        OverHttp2(String... fields) throws IOException {
            List<String> all = new ArrayList<>(List.of("content-type", "application/x-ndjson"));
            for (String field : fields) {
                all.add(all.size() % 2 == 0 ? field.toLowerCase(Locale.ROOT) : field);
            }
            client.request(1, false, "POST", "/v1/lookup", all.toArray(String[]::new));
        }

        @Override
        public Conversation say(byte[] bytes) throws IOException {
            for (int sent = client.send(1, bytes, 0); sent < bytes.length; ) {
                LockSupport.parkNanos(500_000); // until the reading thread has seen that the windows are open again
                sent = client.send(1, bytes, sent);
            }
            return this;
        }

        @Override
        public void end() throws IOException {
            client.send(RawHttp2Client.DATA, RawHttp2Client.END_STREAM, 1, new byte[0]);
        }

        @Override
        public InputStream answer() {
            return client.body(1);
        }

        @Override
        public String header(String name) {
            return client.soFar(1).headers.getOrDefault(name, "");
        }

        @Override
        public @Nullable String hear() throws IOException {
            if (in == null) {
                in = new BufferedReader(new InputStreamReader(answer(), StandardCharsets.UTF_8));
            }
            return in.readLine();
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    private static String verdict(@Nullable String line) {
        if (line == null) {
            return "the end";
        }
        JsonNode node = Json.read(line);
        return node.has("verdict")
                ? node.get("query").longValue() + " " + node.get("verdict").stringValue()
                : node.path("query").asString("-") + " " + node.get("status").intValue();
    }

    @ParameterizedTest
    @EnumSource
    void answersEachLineBeforeTheNextIsThere(Version version) throws Exception {
        start();
        try (Conversation talk = talk(version)) {
            for (int i = 0; i < 300; i++) {
                boolean known = i % 3 == 0;
                String line = (known ? banked : hash()).toHex();
                talk.say(i % 2 == 0 ? line + "\n" : "{\"hash\":\"" + line + "\",\"id\":" + i + "}\r\n\n");
                String heard = talk.hearMore();
                assertThat(verdict(heard)).isEqualTo(i + (known ? " match" : " no_match"));
                assertThat(Json.read(heard).path("id").asInt(-1)).isEqualTo(i % 2 == 0 ? -1 : i);
            }
            assertThat(talk.header("content-type")).isEqualTo("application/x-ndjson");
            // Half a line is none until it ends, or the body does.
            talk.say(banked.toHex().substring(0, 30)).say(banked.toHex().substring(30));
            talk.end();
            assertThat(verdict(talk.hear())).isEqualTo("300 match");
            assertThat(talk.hear()).isNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void answersMoreLinesThanAnyWholeBodyMayHave(Version version) throws Exception {
        start();
        int lines = 150_000;
        String miss = "0\n".repeat(999);
        String all = miss + banked.toHex() + "\n";
        AtomicLong most = new AtomicLong();
        try (Conversation talk = talk(version)) {
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < lines; i += 1_000) {
                        talk.say(all);
                        most.accumulateAndGet(server.transport().budget().used(), Math::max);
                    }
                    talk.end();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            for (int i = 0; i < lines; i++) {
                String heard = talk.hearMore();
                if (i % 1_000 == 999) {
                    assertThat(verdict(heard)).isEqualTo(i + " match");
                } else if (i % 997 == 0) {
                    assertThat(verdict(heard)).isEqualTo(i + " 400");
                }
            }
            assertThat(talk.hear()).isNull();
            sender.join();
        }
        assertThat(most.get()).isLessThan(1_000_000);
    }

    @Test
    void readsNoMoreThanItCanAnswer() throws Exception {
        start();
        byte[] chunk = ("10000\r\n" + (hash().toHex() + "\n").repeat(1_009).substring(0, 65_535) + "\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        int chunks = 400; // 26 MB, more than the buffers of both sockets, of which the client's are small
        AtomicLong sent = new AtomicLong();
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(65_536);
            socket.setSendBufferSize(65_536);
            socket.connect(new InetSocketAddress("127.0.0.1", server.port()));
            socket.setSoTimeout(30_000);
            OutputStream out = socket.getOutputStream();
            out.write(("POST /v1/lookup HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-ndjson\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < chunks; i++) {
                        out.write(chunk);
                        sent.incrementAndGet();
                    }
                    out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            // Nobody reads, so that the sender comes to a halt.
            long last = -1;
            long since = System.nanoTime();
            while (System.nanoTime() - since < 1_000_000_000L) {
                if (sent.get() != last) {
                    last = sent.get();
                    since = System.nanoTime();
                }
                LockSupport.parkNanos(1_000_000);
            }
            assertThat(last).isLessThan(chunks * 3 / 4);
            assertThat(server.transport().budget().used()).isLessThan(1_000_000);
            // And goes on as soon as somebody does.
            byte[] buffer = new byte[1 << 16];
            long lines = 0;
            int end = 0;
            while (end < 5) { // "0\r\n\r\n" behind the last chunk
                int read = socket.getInputStream().read(buffer);
                assertThat(read).isPositive();
                for (int i = 0; i < read; i++) {
                    lines += buffer[i] == '}' && i + 1 < read && buffer[i + 1] == '\n' ? 1 : 0;
                    byte expected = (byte) "0\r\n\r\n".charAt(end);
                    end = buffer[i] == expected ? end + 1 : buffer[i] == '0' ? 1 : 0;
                    if (end == 5) {
                        break;
                    }
                }
            }
            sender.join();
            assertThat(lines).isGreaterThan(1_000L * chunks);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void takesAWholeBodyOfAClientThatReadsOnlyThen(boolean coded) throws Exception {
        start();
        int lines = 60_000;
        byte[] body = (banked.toHex() + "\n").repeat(lines).getBytes(StandardCharsets.US_ASCII); // 3.9 MB
        if (coded) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(body);
            }
            body = out.toByteArray();
        }
        try (RawClient client = server.connect()) {
            client.send("POST /v1/lookup HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-ndjson\r\nContent-Length: "
                    + body.length + (coded ? "\r\nContent-Encoding: gzip" : "") + "\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.read(false).status()).isEqualTo(100);
            client.send(body); // 10 MB of answers wait for it
            String answer = client.readChunked().body();
            assertThat(answer.lines().count()).isEqualTo(lines);
            assertThat(verdict(answer.lines().skip(lines - 1).findFirst().orElseThrow()))
                    .isEqualTo((lines - 1) + " match");
            // The connection stays.
            assertThat(client.send("GET /nope HTTP/1.1\r\nHost: t\r\n\r\n")
                            .read()
                            .status())
                    .isEqualTo(404);
        }
    }

    /** Lines that are looked up together can have more hits than memory has room for. */
    @Test
    void sendsALongAnswerPieceByPiece() throws Exception {
        copies = 2_000;
        start();
        AtomicLong most = new AtomicLong();
        try (Conversation talk = talk(Version.HTTP_1_1)) {
            talk.say((banked.toHex() + "\n").repeat(100));
            talk.end();
            for (int i = 0; i < 100; i++) {
                String heard = talk.hearMore();
                assertThat(verdict(heard)).isEqualTo(i + " match");
                assertThat(Json.read(heard).get("matches").size()).isEqualTo(copies);
                most.accumulateAndGet(server.transport().budget().used(), Math::max);
            }
            assertThat(talk.hear()).isNull();
        }
        assertThat(most.get()).isLessThan(1_000_000);
    }

    @Test
    void aBadLineTakesNoOtherWithIt() throws Exception {
        start();
        try (Conversation talk = talk(Version.HTTP_1_1)) {
            talk.say("zz\n{\"hash\":7}\n\n  \n" + "x".repeat(1_000_000) + "\n{\n" + banked.toHex() + "\n"
                    + "y".repeat(LineAnswerer.LONGEST_LINE) + "\n");
            assertThat(verdict(talk.hear())).isEqualTo("0 400");
            assertThat(verdict(talk.hear())).isEqualTo("1 400");
            String tooLong = talk.hear();
            assertThat(verdict(tooLong)).isEqualTo("2 413");
            assertThat(tooLong).hasSizeLessThan(400).contains("\"field\":\"line\"");
            assertThat(verdict(talk.hear())).isEqualTo("3 400");
            assertThat(verdict(talk.hear())).isEqualTo("4 match");
            assertThat(verdict(talk.hear())).isEqualTo("5 400");
        }
    }

    @Test
    void refusesWhatItWillNotAnswerBeforeItAnswersALine() throws Exception {
        start();
        try (RawClient client = server.connect()) {
            RawClient.Answer answer =
                    client.send(post("?banks=NOPE", 65) + banked.toHex() + "\n").read();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body()).contains("\"field\":\"banks\"");
            assertThat(client.send(post("?banks=KNOWN", 65) + banked.toHex() + "\n")
                            .readChunked()
                            .body())
                    .contains("\"verdict\":\"match\"");
            RawClient.Answer none = client.send(post("", 0)).readChunked();
            assertThat(none.status()).isEqualTo(200);
            assertThat(none.body()).isEmpty();
        }
        try (RawClient old = server.connect()) {
            RawClient.Answer answer = old.send(post("", 65).replace("HTTP/1.1", "HTTP/1.0") + banked.toHex() + "\n")
                    .readToEnd();
            assertThat(answer.headers()).containsEntry("connection", "close").doesNotContainKey("transfer-encoding");
            assertThat(verdict(answer.body())).isEqualTo("0 match");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Accept-Encoding: gzip\r\n"})
    void answersHeadWithTheHeadAlone(String field) throws Exception {
        start();
        try (RawClient client = server.connect()) {
            String rest = " HTTP/1.1\r\nHost: t\r\n" + field + "\r\n";
            for (int i = 0; i < 3; i++) {
                RawClient.Answer endless = client.send("HEAD /endless" + rest + "HEAD /whole" + rest)
                        .read(false);
                assertThat(endless.status()).isEqualTo(200);
                assertThat(endless.headers())
                        .containsEntry("content-type", "text/csv")
                        .doesNotContainKeys("content-length", "transfer-encoding", "connection");
                assertThat(client.read(false).headers()).containsEntry("content-length", "5");
            }
            assertThat(client.send("GET /whole" + rest).read().body()).isEqualTo("whole");
        }
        try (RawHttp2Client client = new RawHttp2Client(server.port())) {
            RawHttp2Client.Answer endless =
                    client.request(1, true, "HEAD", "/endless").answer(1);
            assertThat(endless.headers).containsEntry("content-type", "text/csv");
            assertThat(endless.body.size()).isZero();
            RawHttp2Client.Answer whole =
                    client.request(3, true, "HEAD", "/whole").answer(3);
            assertThat(whole.headers).containsEntry("content-length", "5");
            assertThat(whole.body.size()).isZero();
            assertThat(client.get(5, "/whole").answer(5).text()).isEqualTo("whole");
        }
    }

    private static String post(String query, int length) {
        return "POST /v1/lookup" + query
                + " HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-ndjson\r\nContent-Length: " + length
                + "\r\n\r\n";
    }

    /** A reader would wait for more than that: of a compressed stream it never knows that there is none yet. */
    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the answer ended");
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @EnumSource
    void compressesPieceByPieceInBothDirections(Version version) throws Exception {
        start();
        ByteArrayOutputStream coded = new ByteArrayOutputStream();
        GZIPOutputStream gzip = new GZIPOutputStream(coded, 512, true);
        try (Conversation talk = talk(version, "Content-Encoding", "gzip", "Accept-Encoding", "gzip")) {
            InputStream in = null;
            for (int i = 0; i < 50; i++) {
                gzip.write((banked.toHex() + "\n").getBytes(StandardCharsets.US_ASCII));
                gzip.flush();
                talk.say(coded.toByteArray());
                coded.reset();
                if (in == null) {
                    in = new GZIPInputStream(talk.answer());
                    assertThat(talk.header("content-encoding")).isEqualTo("gzip");
                }
                assertThat(verdict(line(in))).isEqualTo(i + " match");
            }
            gzip.close();
            talk.say(coded.toByteArray());
            talk.end();
            assertThat(in == null ? 0 : in.read()).isNegative();
        }
        // What breaks on the way is told by the last line.
        try (Conversation talk = talk(version, "Content-Encoding", "gzip")) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (GZIPOutputStream broken = new GZIPOutputStream(out, 512, true)) {
                broken.write((banked.toHex() + "\n").getBytes(StandardCharsets.US_ASCII));
                broken.flush();
                talk.say(out.toByteArray());
            }
            assertThat(verdict(talk.hear())).isEqualTo("0 match");
            talk.say(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
            assertThat(talk.hear()).contains("\"status\":400", "broken gzip").doesNotContain("query");
            assertThat(talk.hear()).isNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void endsWhenNothingComesForATime(Version version) throws Exception {
        start(settings -> settings.set(Setting.IDLE_TIMEOUT_MS, 800L));
        try (Conversation talk = talk(version)) {
            assertThat(verdict(talk.say(banked.toHex() + "\n").hear())).isEqualTo("0 match");
            long start = System.nanoTime();
            while (System.nanoTime() - start < 1_600_000_000L) {
                talk.say("\n"); // a sign of life
                Thread.sleep(30);
            }
            assertThat(verdict(talk.say(banked.toHex() + "\n").hear())).isEqualTo("1 match");
            assertThat(talk.hear())
                    .contains("\"status\":408", "no bytes arrived")
                    .doesNotContain("query");
            assertThat(talk.hear()).isNull();
        }
    }

    @Test
    void cutsOffAClientThatTakesNoAnswers() throws Exception {
        start(settings -> settings.set(Setting.IDLE_TIMEOUT_MS, 300L));
        byte[] chunk = ("10000\r\n" + "0\n".repeat(32_768) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            OutputStream out = socket.getOutputStream();
            out.write(("POST /v1/lookup HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-ndjson\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            try {
                for (int i = 0; i < 10_000; i++) {
                    out.write(chunk);
                }
                throw new AssertionError("it took everything");
            } catch (IOException e) {
                // The server has ended the connection.
            }
        }
        until(() -> server.transport().connections() == 0
                && server.transport().budget().used() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void forgetsAClientThatGoesAway(Version version) throws Exception {
        start();
        try (Conversation talk = talk(version)) {
            assertThat(verdict(talk.say(banked.toHex() + "\n").hear())).isEqualTo("0 match");
            assertThat(server.transport().budget().used()).isPositive();
        }
        until(() -> server.transport().connections() == 0
                && server.transport().budget().used() == 0);
    }

    @Test
    void endsWithTheKeyItCameWith() throws Exception {
        KeyRing keys = new KeyRing(folder);
        String secret = keys.create(
                        new KeyRing.Draft("feed", Role.MATCH, Set.of(), false, null, null, null), Instant.now())
                .secret();
        start(settings -> settings.set(Setting.ACCESS, AccessPolicy.KEYS));
        try (Conversation talk = talk(Version.HTTP_1_1, "X-API-Key", secret)) {
            assertThat(verdict(talk.say(banked.toHex() + "\n").hear())).isEqualTo("0 match");
            keys.revoke("feed", Instant.now());
            String heard = "";
            for (int i = 0; i < 2_000 && !heard.contains("\"status\":401"); i++) {
                heard = talk.say(banked.toHex() + "\n").hearMore();
                Thread.sleep(10);
            }
            assertThat(heard).contains("\"status\":401", "no longer valid").doesNotContain("query");
            assertThat(talk.hear()).isNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void endsInOrderWhenTheServerStops(Version version) throws Exception {
        start();
        try (Conversation talk = talk(version)) {
            assertThat(verdict(talk.say(banked.toHex() + "\n").hear())).isEqualTo("0 match");
            CompletableFuture<Void> stopped =
                    CompletableFuture.runAsync(() -> server.transport().close(Duration.ofSeconds(10)));
            assertThat(talk.hear()).contains("\"status\":503", "the server is stopping");
            assertThat(talk.hear()).isNull();
            stopped.get();
        }
    }

    @Test
    void waitsForAWorkerOnceItHasBegunAndNotBefore() throws Exception {
        start();
        try (Conversation talk = talk(Version.HTTP_1_1, "Accept", "*/*");
                HttpClient client = HttpClient.newHttpClient()) {
            assertThat(verdict(talk.say(banked.toHex() + "\n").hear())).isEqualTo("0 match");
            List<CompletableFuture<HttpResponse<String>>> others = new ArrayList<>();
            for (int i = 0; i < 9; i++) { // one for the worker, and the queue
                others.add(client.sendAsync(
                        HttpRequest.newBuilder(uri("/block")).GET().build(), HttpResponse.BodyHandlers.ofString()));
                if (i == 0) {
                    blocked.await();
                }
            }
            until(() -> server.queued() == 8);
            talk.say(banked.toHex() + "\n");
            try (RawClient late = server.connect()) {
                assertThat(late.send(post("", 65) + banked.toHex() + "\n")
                                .read()
                                .status())
                        .isEqualTo(503);
            }
            go.countDown();
            assertThat(verdict(talk.hear())).isEqualTo("1 match");
            for (CompletableFuture<HttpResponse<String>> other : others) {
                assertThat(other.get().statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void tellsALineThatThereWasNoTimeForIt() throws Exception {
        start();
        CompletableFuture<String> late = CompletableFuture.supplyAsync(() -> {
            await(blocked);
            try (RawClient client = server.connect()) {
                return client.send(post("?deadline_ms=50", 68) + banked.toHex() + "\nzz\n")
                        .readChunked()
                        .body();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        try (RawClient blocking = server.connect()) {
            blocking.send("GET /block HTTP/1.1\r\nHost: t\r\n\r\n");
            until(() -> server.queued() == 1);
            long queued = System.nanoTime();
            until(() -> System.nanoTime() - queued > 100_000_000);
            go.countDown();
            blocking.read();
        }
        assertThat(late.get().lines().map(LineStreamTest::verdict)).containsExactly("0 503", "1 400");
    }
}
