package org.semblance.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.route.Route;

/** Compressed bodies, both ways, over real sockets. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ContentCodingTest {
    private static final int MAX_BODY = 3_000_000;
    private static final int MAX_VIDEO = 40_000_000;
    private static final int SPILL = 1_000_000;
    private static final long SEED = Long.getLong("semblance.seed", 1_952L);
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static TestTransport server;

    private final Random random = new Random(SEED);

    @BeforeAll
    static void start() {
        Route.Work echo = (request, worker) -> {
            CRC32 crc = new CRC32();
            crc.update(request.body().bytes());
            return Response.json(
                    200,
                    Json.object()
                            .put("size", request.body().upload().size())
                            .put("crc", crc.getValue())
                            .put("field", request.body().fileField())
                            .put("note", request.body().fields().get("note")));
        };
        Route.Work text = (request, worker) -> new Response(
                200,
                String.valueOf(request.query("type")),
                text((int) request.query("bytes", 0, 0, 1_000_000)).getBytes(StandardCharsets.UTF_8),
                java.util.Map.of());
        Route.Work json = (request, worker) ->
                Response.json(200, Json.object().put("size", request.json().size()));
        server = new TestTransport(
                folder,
                List.of(
                        new Route(Dialect.NATIVE, "POST", "/echo", Set.of(), Route.Takes.UPLOAD, echo),
                        new Route(Dialect.NATIVE, "POST", "/json", Set.of(), Route.Takes.JSON, json),
                        new Route(Dialect.NATIVE, "GET", "/text", Set.of("bytes", "type"), Route.Takes.NOTHING, text)),
                settings -> settings.set(Setting.MAX_BODY_BYTES, (long) MAX_BODY)
                        .set(Setting.MAX_VIDEO_BYTES, (long) MAX_VIDEO)
                        .set(Setting.SPILL_BYTES, (long) SPILL));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String text(int bytes) {
        return "{\"a\":1}\n".repeat(bytes / 8 + 1).substring(0, bytes);
    }

    private static byte[] gzip(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            try (OutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(part);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
        return out.toByteArray();
    }

    private static byte[] deflate(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream deflate = new DeflaterOutputStream(out)) {
            deflate.write(body);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return out.toByteArray();
    }

    /** Partly random, partly repeated. */
    private byte[] body(int size) {
        byte[] body = new byte[size];
        for (int at = 0; at < size; ) {
            byte[] run = new byte[1 + random.nextInt(5_000)];
            if (random.nextBoolean()) {
                random.nextBytes(run);
            }
            int length = Math.min(run.length, size - at);
            System.arraycopy(run, 0, body, at, length);
            at += length;
        }
        if (size > 0) {
            body[0] = 'x'; // of no format
        }
        return body;
    }

    private static String expected(byte[] body) {
        CRC32 crc = new CRC32();
        crc.update(body);
        return "{\"size\":" + body.length + ",\"crc\":" + crc.getValue() + ",";
    }

    private static byte[] concat(String head, byte[] body) {
        byte[] bytes = head.getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = Arrays.copyOf(bytes, bytes.length + body.length);
        System.arraycopy(body, 0, all, bytes.length, body.length);
        return all;
    }

    private static RawClient.Answer post(String path, String coding, byte[] body) throws IOException {
        try (RawClient client = server.connect()) {
            return client.send(concat(head(path, coding, body.length), body)).read();
        }
    }

    private static String head(String path, String coding, int length) {
        return "POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Encoding: " + coding
                + "\r\nContent-Length: " + length + "\r\n\r\n";
    }

    @Test
    void decodesABodyOfAnySizeHoweverItIsCut() throws IOException {
        for (int size : new int[] {0, 1, 1_000, 65_535, 65_536, 65_537, 131_072, SPILL, SPILL + 1, MAX_BODY}) {
            byte[] body = body(size);
            byte[] coded = gzip(body);
            try (RawClient client = server.connect()) {
                client.send(
                        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Encoding: GZIP\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (int at = 0; at < coded.length; ) {
                    int length = Math.min(coded.length - at, 1 + random.nextInt(size < 100_000 ? 37 : 200_000));
                    client.send(Integer.toHexString(length) + "\r\n");
                    client.send(Arrays.copyOfRange(coded, at, at + length)).send("\r\n");
                    at += length;
                }
                assertThat(client.send("0\r\n\r\n").read().body())
                        .as("-Dsemblance.seed=%d, %d bytes", SEED, size)
                        .startsWith(expected(body));
                // The connection goes on behind it.
                assertThat(client.send(concat(head("/echo", "deflate", deflate(body).length), deflate(body)))
                                .read()
                                .body())
                        .startsWith(expected(body));
            }
        }
    }

    @Test
    void readsEveryPartThatAHeadOfGzipCanHaveAndMembersOneAfterTheOther() throws IOException {
        byte[] first = body(1_000);
        byte[] second = body(70_000);
        byte[] plain = gzip(first);
        // Flags: check of the head, extra field, name, comment.
        ByteArrayOutputStream full = new ByteArrayOutputStream();
        full.write(plain, 0, 3);
        full.write(2 | 4 | 8 | 16);
        full.write(plain, 4, 6);
        full.writeBytes(new byte[] {3, 0, 'a', 'b', 'c'});
        full.writeBytes("name\0comment\0".getBytes(StandardCharsets.ISO_8859_1));
        CRC32 check = new CRC32();
        check.update(full.toByteArray());
        full.write((int) check.getValue());
        full.write((int) check.getValue() >> 8);
        full.write(plain, 10, plain.length - 10);
        full.writeBytes(gzip(second, new byte[0]));
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        byte[] coded = full.toByteArray();
        assertThat(post("/echo", "x-gzip", coded).body()).startsWith(expected(both));
        try (RawClient client = server.connect()) {
            client.send(head("/echo", "gzip", coded.length));
            for (int i = 0; i < 60; i++) {
                client.send(new byte[] {coded[i]}); // cut everywhere in the head
            }
            assertThat(client.send(Arrays.copyOfRange(coded, 60, coded.length))
                            .read()
                            .body())
                    .startsWith(expected(both));
        }
    }

    @Test
    void decodesAFormAndJson() throws IOException {
        byte[] file = body(200_000);
        TestServer.Form form = TestServer.form(List.of("photo"), file, java.util.Map.of("note", "hello"));
        byte[] coded = gzip(form.body());
        try (RawClient client = server.connect()) {
            RawClient.Answer answer = client.send(concat(
                            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: " + form.contentType()
                                    + "\r\nContent-Encoding: gzip\r\nContent-Length: " + coded.length + "\r\n\r\n",
                            coded))
                    .read();
            assertThat(answer.body()).startsWith(expected(file)).contains("\"field\":\"photo\",\"note\":\"hello\"");
        }
        byte[] json = ("[" + "7,".repeat(100_000) + "7]").getBytes(StandardCharsets.UTF_8);
        assertThat(post("/json", "gzip", gzip(json)).body()).isEqualTo("{\"size\":100001}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "gzip, gzip", "gzip, br", "compress", "x"})
    void namesTheCodingsItTakesWhenItIsGivenAnother(String coding) throws IOException {
        RawClient.Answer answer = post("/echo", coding, new byte[3]);
        assertThat(answer.status()).isEqualTo(415);
        assertThat(answer.headers()).containsEntry("accept-encoding", "gzip, deflate");
        assertThat(answer.body())
                .contains(
                        "\"field\":\"Content-Encoding\"",
                        "\"value\":\"" + coding + "\"",
                        "\"expected\":\"one of gzip, deflate, identity\"");
        assertThat(post("/echo", "Identity", new byte[3]).status()).isEqualTo(200);
    }

    @Test
    void refusesABodyThatIsNotWhatItSays() throws IOException {
        byte[] coded = gzip(body(100_000));
        byte[] wrongCheck = coded.clone();
        wrongCheck[coded.length - 8] ^= 1;
        byte[] wrongLength = coded.clone();
        wrongLength[coded.length - 1] ^= 1;
        byte[] wrongData = coded.clone();
        Arrays.fill(wrongData, 20, 60, (byte) 0xff);
        byte[] wrongFlags = coded.clone();
        wrongFlags[3] = (byte) 0x80;
        byte[] followed = Arrays.copyOf(coded, coded.length + 1);
        followed[coded.length] = 'x';
        for (byte[] broken : List.of(
                "no gzip at all".getBytes(StandardCharsets.UTF_8),
                Arrays.copyOf(coded, 5),
                Arrays.copyOf(coded, coded.length / 2),
                Arrays.copyOf(coded, coded.length - 1),
                wrongCheck,
                wrongLength,
                wrongData,
                wrongFlags,
                followed)) {
            RawClient.Answer answer = post("/echo", "gzip", broken);
            assertThat(answer.status()).as(answer.body()).isEqualTo(400);
            assertThat(answer.body()).contains("\"field\":\"body\"", "broken gzip: ");
        }
        byte[] zlib = deflate(body(1_000));
        assertThat(post("/echo", "deflate", Arrays.copyOf(zlib, zlib.length - 1))
                        .status())
                .isEqualTo(400);
        assertThat(post("/echo", "deflate", Arrays.copyOf(zlib, zlib.length + 1))
                        .status())
                .isEqualTo(400);
        assertThat(post("/echo", "deflate", coded).status()).isEqualTo(400);
        Deflater withDictionary = new Deflater();
        withDictionary.setDictionary(new byte[] {1, 2, 3});
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream deflate = new DeflaterOutputStream(out, withDictionary)) {
            deflate.write(body(1_000));
        } finally {
            withDictionary.end();
        }
        assertThat(post("/echo", "deflate", out.toByteArray()).body()).contains("needs a dictionary");
    }

    @Test
    void countsWhatABombDecodesTo() throws IOException {
        // 100 MB in 100 kB: of nothing, of what says that it is a video, and of JSON.
        byte[] zeros = gzip(new byte[100_000_000]);
        byte[] video = new byte[100_000_000];
        System.arraycopy("\0\0\0\u0018ftypisom".getBytes(StandardCharsets.ISO_8859_1), 0, video, 0, 12);
        byte[] movie = gzip(video);
        assertThat(zeros.length).isLessThan(MAX_BODY / 10);
        long before = transportBytes();
        RawClient.Answer answer = post("/echo", "gzip", zeros);
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.body()).contains("more than 3000000");
        RawClient.Answer spilled = post("/echo", "gzip", movie);
        assertThat(spilled.status()).isEqualTo(413);
        assertThat(spilled.body()).contains("more than 40000000");
        assertThat(post("/json", "gzip", zeros).status()).isEqualTo(413);
        TestTransport.until(() -> transportBytes() == before);
    }

    private static long transportBytes() {
        return server.transport().budget().used()
                + server.transport().uploads().budget().used();
    }

    @Test
    void endsABodyOfEndlessNothing() throws IOException {
        byte[] empty = gzip(new byte[0]);
        int copies = 4 * MAX_VIDEO / empty.length;
        try (RawClient client = server.connect()) {
            client.send("POST /json HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n");
            ByteArrayOutputStream chunk = new ByteArrayOutputStream();
            for (int i = 0; i < 5_000; i++) {
                chunk.writeBytes(empty);
            }
            byte[] framed = concat(Integer.toHexString(chunk.size()) + "\r\n", chunk.toByteArray());
            int sent = 0;
            while (sent < copies && client.nothingCame()) {
                client.send(framed).send("\r\n");
                sent += 5_000;
            }
            RawClient.Answer answer = client.read();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body()).contains("before decoding");
        }
    }

    @Test
    void letsOthersHaveTheirTurnWhileABodyIsDecoded() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        byte[] video = new byte[MAX_VIDEO];
        System.arraycopy("\0\0\0\u0018ftypisom".getBytes(StandardCharsets.ISO_8859_1), 0, video, 0, 12);
        byte[] coded = gzip(video);
        CompletableFuture<RawClient.Answer> large = CompletableFuture.supplyAsync(() -> {
            try {
                go.await();
                return post("/echo", "gzip", coded);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        try (RawClient client = server.connect()) {
            go.countDown();
            for (int i = 0; i < 50; i++) {
                assertThat(client.send("GET /text?bytes=10&type=text/plain HTTP/1.1\r\nHost: t\r\n\r\n")
                                .read()
                                .status())
                        .isEqualTo(200);
            }
        }
        assertThat(large.get().body()).startsWith(expected(video));
    }

    // Answers

    private static HttpResponse<byte[]> get(int bytes, String type, String... accepted)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port()
                + "/text?bytes=" + bytes + "&type=" + URLEncoder.encode(type, StandardCharsets.UTF_8)));
        for (String one : accepted) {
            request.header("Accept-Encoding", one);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gzip                        | true
            GZIP                        | true
            deflate, gzip;q=1.0, *;q=0.5| true
            br, zstd , gzip ; q=0.001   | true
            *                           | true
            identity;q=0.5, gzip;q=0.5  | true
            identity;q=0, *;q=0.1       | true
            gzip;q=0                    | false
            gzip;q=0.000, *             | false
            *;q=0                       | false
            gzip;q=none                 | false
            identity, gzip;q=0.5        | false
            identity                    | false
            br                          | false
            ''                          | false
            """)
    void compressesAnAnswerForWhoeverTakesGzip(String accepted, boolean compressed) throws Exception {
        HttpResponse<byte[]> answer = get(100_000, "application/json", accepted);
        assertThat(answer.headers().firstValue("Vary")).contains("Accept-Encoding");
        assertThat(answer.headers().firstValue("Content-Encoding").isPresent()).isEqualTo(compressed);
        byte[] body = answer.body();
        if (compressed) {
            assertThat(body.length).isLessThan(10_000);
            body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
        }
        assertThat(new String(body, StandardCharsets.UTF_8)).isEqualTo(text(100_000));
    }

    @Test
    void compressesLongTextAlone() throws Exception {
        for (String text : List.of("text/plain; charset=utf-8", "application/problem+json", "application/x-ndjson")) {
            assertThat(get(ContentCoding.LEAST_BYTES, text, "gzip").headers().firstValue("Content-Encoding"))
                    .as(text)
                    .contains("gzip");
            assertThat(get(ContentCoding.LEAST_BYTES - 1, text, "gzip")
                            .headers()
                            .firstValue("Content-Encoding"))
                    .isEmpty();
            assertThat(get(ContentCoding.LEAST_BYTES, text).headers().firstValue("Content-Encoding"))
                    .isEmpty();
        }
        for (String media : List.of("image/jpeg", "video/mp4", "application/octet-stream")) {
            HttpResponse<byte[]> answer = get(100_000, media, "gzip");
            assertThat(answer.headers().firstValue("Content-Encoding"))
                    .as(media)
                    .isEmpty();
            assertThat(answer.headers().firstValue("Vary")).isEmpty();
        }
        assertThat(get(5_000, "text/plain", "br", "gzip").headers().firstValue("Content-Encoding"))
                .contains("gzip");
    }

    @Test
    void tellsTheLengthOfTheCodedAnswerToHeadToo() throws IOException {
        String target = " /text?bytes=5000&type=text/plain HTTP/1.1\r\nHost: t\r\nAccept-Encoding: gzip\r\n\r\n";
        try (RawClient client = server.connect()) {
            RawClient.Answer head = client.send("HEAD" + target).read(false);
            RawClient.Answer get = client.send("GET" + target).read();
            assertThat(head.headers().get("content-length"))
                    .isEqualTo(get.headers().get("content-length"));
            assertThat(head.headers()).containsEntry("content-encoding", "gzip");
        }
    }
}
