package org.semblance.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.handler.ssl.OpenSsl;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.route.Route;
import org.semblance.server.tls.Identity;
import org.semblance.server.tls.Pinned;
import org.semblance.server.tls.TestCertificate;
import org.slf4j.LoggerFactory;

/**
 * TLS over real sockets. With {@code -Dio.netty.handler.ssl.noOpenSsl=true} the JDK's provider is tested, which is used where
 * BoringSSL does not load.
 */
@ExtendWith(LeakWatch.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsTest {
    private static final TestCertificate CERTIFICATE = TestCertificate.ofCurve();
    private static final int HANDSHAKE = 22;
    private static final int ALERT = 21;
    private static final int PROTOCOL_VERSION = 70;
    private static final int SPILL = 100_000;
    private static final int MAX_VIDEO = 10_000_000;
    private static final String GET = "GET /now HTTP/1.1\r\nHost: t\r\n\r\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init") // each test starts its own
    private TestTransport server;

    private final CountDownLatch blocked = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    @BeforeEach
    void listen() {
        log.start();
        logger("org.semblance").addAppender(log);
        logger("io.netty").addAppender(log);
    }

    @AfterEach
    void stop() {
        go.countDown();
        if (server != null) {
            server.close();
        }
        logger("org.semblance").detachAppender(log);
        logger("io.netty").detachAppender(log);
    }

    /** But for what is counted and told every ten seconds, which may be another test's. */
    private List<String> loggedFrom(Level level) {
        return List.copyOf(log.list).stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(level))
                .map(ILoggingEvent::getFormattedMessage)
                .filter(line -> !line.startsWith("refused ") && !line.contains(" more times in "))
                .toList();
    }

    private void start() throws IOException {
        start(CERTIFICATE, settings -> settings);
    }

    private void start(TestCertificate certificate, UnaryOperator<ServerConfig.Builder> settings) throws IOException {
        TlsFiles files = certificate.write(folder);
        server = new TestTransport(
                folder.resolve("data"),
                routes(),
                builder -> settings.apply(builder.tls(files)
                                .set(Setting.MAX_VIDEO_BYTES, (long) MAX_VIDEO)
                                .set(Setting.MAX_BODY_BYTES, 1_000_000L))
                        .set(Setting.SPILL_BYTES, (long) SPILL));
    }

    private List<Route> routes() {
        Route.Immediate now = request -> Response.json(200, Json.object().put("now", true));
        Route.Work echo = (request, worker) -> {
            CRC32 crc = new CRC32();
            crc.update(request.body().bytes());
            return Response.json(
                    200,
                    Json.object()
                            .put("spilled", request.body().upload().size() > SPILL)
                            .put("crc", crc.getValue()));
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
        return List.of(
                new Route(Dialect.NATIVE, "GET", "/now", Set.of(), Route.Takes.NOTHING, now),
                new Route(Dialect.NATIVE, "GET", "/block", Set.of(), Route.Takes.NOTHING, block),
                new Route(Dialect.NATIVE, "POST", "/echo", Set.of(), Route.Takes.UPLOAD, echo));
    }

    private static HttpClient client(SSLContext context, HttpClient.Version version, String protocol) {
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {protocol});
        return HttpClient.newBuilder()
                .version(version)
                .sslContext(context)
                .sslParameters(parameters)
                .build();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + path));
    }

    private SSLSocket connect(SSLContext context) throws IOException {
        return over(context, plain());
    }

    private Socket plain() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private SSLSocket over(SSLContext context, Socket below) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(below, "localhost", server.port(), true);
        socket.startHandshake();
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    /** Until the end, which has to be one in order: a cut connection of TLS is an exception. */
    private static String rest(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** One answer with its body. */
    private static String answer(Socket socket) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        while (!answer.toString(StandardCharsets.ISO_8859_1).endsWith("}")) {
            int next = socket.getInputStream().read();
            assertThat(next).as("after %s", answer).isNotNegative();
            answer.write(next);
        }
        return answer.toString(StandardCharsets.ISO_8859_1);
    }

    private X509Certificate certificateSeen(SSLContext context) throws IOException {
        try (SSLSocket socket = connect(context)) {
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void isBoringSslWhereThatIsShipped() throws IOException {
        start();
        boolean wanted = !Boolean.getBoolean("io.netty.handler.ssl.noOpenSsl");
        assertThat(OpenSsl.isAvailable()).isEqualTo(wanted);
        assertThat(Tls.whyNoBoringSsl() == null).isEqualTo(wanted);
        assertThat(loggedFrom(Level.INFO))
                .anyMatch(line -> line.startsWith(wanted ? "TLS by BoringSSL" : "TLS by the JDK"))
                .anyMatch(line -> line.startsWith("certificate of CN=localhost, EC, until "));
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP_1_1,TLSv1.3,EC,256",
        "HTTP_1_1,TLSv1.2,EC,256",
        "HTTP_2,TLSv1.3,EC,256",
        "HTTP_2,TLSv1.2,EC,384",
        "HTTP_2,TLSv1.3,RSA,2048",
        "HTTP_1_1,TLSv1.2,RSA,3072"
    })
    void speaksEachVersionOfHttpOverEachVersionOfTls(
            HttpClient.Version version, String protocol, String algorithm, int bits) throws Exception {
        TestCertificate certificate = TestCertificate.of(algorithm, bits);
        start(certificate, settings -> settings);
        try (HttpClient client = client(certificate.trust(), version, protocol)) {
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> answer = client.send(request("/now").build(), BodyHandlers.ofString());
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).contains("\"now\":true");
                assertThat(answer.version()).isEqualTo(version);
                SSLSession session = answer.sslSession().orElseThrow();
                assertThat(session.getProtocol()).isEqualTo(protocol);
                // With forward secrecy and authenticated encryption, whichever version it is.
                assertThat(session.getCipherSuite()).matches("TLS_(ECDHE_.*|AES_.*|CHACHA20_.*)(GCM|POLY1305).*");
            }
        }
    }

    @Test
    void takesLargeUploads() throws Exception {
        start();
        byte[] body = new byte[MAX_VIDEO];
        new Random(5_100).nextBytes(body);
        byte[] head = "\0\0\0\u0018ftypisom".getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(head, 0, body, 0, head.length);
        CRC32 crc = new CRC32();
        crc.update(body);
        String expected = "{\"spilled\":true,\"crc\":" + crc.getValue() + "}";
        for (HttpClient.Version version : HttpClient.Version.values()) {
            try (HttpClient client = client(CERTIFICATE.trust(), version, "TLSv1.3")) {
                HttpRequest upload =
                        request("/echo").POST(BodyPublishers.ofByteArray(body)).build();
                HttpResponse<String> answer = client.send(upload, BodyHandlers.ofString());
                assertThat(answer.version()).isEqualTo(version);
                assertThat(answer.body().strip()).isEqualTo(expected);
            }
        }
    }

    @Test
    void refusesTls11() throws IOException {
        start();
        try (Socket socket = plain()) {
            socket.getOutputStream().write(helloOfTls11());
            byte[] alert = socket.getInputStream().readNBytes(7);
            assertThat(alert).hasSize(7);
            assertThat((int) alert[0]).isEqualTo(ALERT);
            assertThat((int) alert[6]).isEqualTo(PROTOCOL_VERSION);
            assertThat(socket.getInputStream().read()).isNegative();
        }
        assertThat(loggedFrom(Level.WARN)).isEmpty();
        assertThat(server.metrics().scrape()).contains("semblance_tls_handshake_failures_total 1.0");
    }

    /** RFC 4346, section 7.4.1.2, with suites that every server of its time had. */
    private static byte[] helloOfTls11() {
        byte[] suites = {(byte) 0xc0, 0x09, (byte) 0xc0, 0x13, 0, 0x2f, 0, 0x35};
        byte[] extensions = {
            0,
            10,
            0,
            4,
            0,
            2,
            0,
            23, // the curve P-256
            0,
            11,
            0,
            2,
            1,
            0 // uncompressed points
        };
        int length = 2 + 32 + 1 + 2 + suites.length + 2 + 2 + extensions.length;
        return ByteBuffer.allocate(9 + length)
                .put((byte) HANDSHAKE)
                .putShort((short) 0x0301)
                .putShort((short) (4 + length))
                .putInt(1 << 24 | length)
                .putShort((short) 0x0302)
                .put(new byte[32])
                .put((byte) 0)
                .putShort((short) suites.length)
                .put(suites)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) extensions.length)
                .put(extensions)
                .array();
    }

    @Test
    void closesWhoeverTakesTooLongForTheHandshake() throws IOException {
        start(CERTIFICATE, settings -> settings.set(Setting.STALL_TIMEOUT_MS, 200L));
        for (int bytes : new int[] {0, 1, 3, 20}) {
            try (Socket socket = plain()) {
                socket.getOutputStream().write(Arrays.copyOf(helloOfTls11(), bytes));
                assertThat(socket.getInputStream().readAllBytes())
                        .as("after %d bytes", bytes)
                        .hasSizeLessThan(100);
            }
        }
        TestTransport.until(() -> server.transport().connections() == 0);
        assertThat(loggedFrom(Level.WARN)).isEmpty();
    }

    @Test
    void tellsWhoeverSpeaksPlainHttp() throws IOException {
        start();
        String wrong = "plain HTTP (expected: TLS, with a URL that begins with https://)";
        try (RawClient client = server.connect()) {
            RawClient.Answer answer = client.send(GET).read();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.headers()).containsEntry("connection", "close");
            assertThat(answer.body()).contains(wrong);
            assertThat(client.atEnd()).isTrue();
        }
        try (RawClient client = server.connect()) {
            RawClient.Answer answer = client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nabc")
                    .read();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body()).contains(wrong);
            assertThat(client.atEnd()).isTrue();
        }
        for (String other : List.of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u0001noise\r\n\r\n", "SSH-2.0-x\r\n")) {
            try (RawClient client = server.connect()) {
                assertThat(client.send(other).read().status()).isEqualTo(400);
                assertThat(client.atEnd()).isTrue();
            }
        }
        assertThat(loggedFrom(Level.WARN)).isEmpty();
    }

    @Test
    void isNotImpressedByWhatIsNoTls() throws IOException {
        start();
        Random random = new Random(20_170_425);
        for (int i = 0; i < 20; i++) {
            byte[] noise = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(noise);
            noise[0] = (byte) (i % 3 == 0 ? ALERT : HANDSHAKE);
            if (i % 2 == 0 && noise.length > 5) {
                noise[1] = 3;
                noise[2] = 1;
                noise[3] = 0;
            }
            try (Socket socket = plain()) {
                socket.getOutputStream().write(noise);
                socket.shutdownOutput();
                assertThat(socket.getInputStream().readAllBytes()).hasSizeLessThan(100);
            } catch (IOException e) {
                assertThat(e).as("reset, of what it had not read").hasMessageContaining("reset");
            }
        }
        // In the midst of a connection.
        for (HttpClient.Version version : HttpClient.Version.values()) {
            try (Socket below = plain();
                    SSLSocket socket = (SSLSocket) CERTIFICATE
                            .trust()
                            .getSocketFactory()
                            .createSocket(below, "localhost", server.port(), true)) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setApplicationProtocols(
                        new String[] {version == HttpClient.Version.HTTP_2 ? "h2" : "http/1.1"});
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                below.getOutputStream().write(new byte[] {23, 3, 3, 0, 3, 1, 2, 3});
                assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SSLException.class);
            }
            TestTransport.until(() -> server.transport().connections() == 0);
        }
        // Left without a word, before the first byte and after the handshake.
        try (Socket silent = plain()) {
            TestTransport.until(() -> server.transport().connections() == 1);
            silent.setSoLinger(true, 0);
        }
        try (Socket below = plain()) {
            over(CERTIFICATE.trust(), below);
            below.setSoLinger(true, 0);
        }
        TestTransport.until(() -> server.transport().connections() == 0);
        assertThat(loggedFrom(Level.WARN)).isEmpty();
        assertThat(certificateSeen(CERTIFICATE.trust())).isEqualTo(CERTIFICATE.certificate());
    }

    @Test
    void endsConnectionsInOrder() throws IOException {
        start();
        for (String end : List.of("GET /now HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", "no HTTP\r\n\r\n")) {
            try (SSLSocket socket = connect(CERTIFICATE.trust())) {
                send(socket, GET);
                assertThat(answer(socket)).startsWith("HTTP/1.1 200 OK");
                send(socket, end);
                assertThat(rest(socket)).startsWith(end.startsWith("GET") ? "HTTP/1.1 200" : "HTTP/1.1 400");
            }
        }
        // A client that ends TLS, and waits for the server to end the connection.
        try (Socket below = plain();
                SSLSocket socket = over(CERTIFICATE.trust(), below)) {
            send(socket, GET);
            assertThat(answer(socket)).startsWith("HTTP/1.1 200 OK");
            socket.shutdownOutput();
            TestTransport.until(() -> server.transport().connections() == 0);
        }
    }

    @Test
    void doesNotGoOnFromTlsToHttp2ByAnUpgrade() throws IOException {
        start();
        try (SSLSocket socket = connect(CERTIFICATE.trust())) {
            send(
                    socket,
                    "GET /now HTTP/1.1\r\nHost: t\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                            + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
            assertThat(answer(socket)).startsWith("HTTP/1.1 200 OK");
        }
    }

    @Test
    void takesUpARenewedCertificateAndKeepsTheOldOneIfTheNewCannotBeUsed() throws Exception {
        start();
        TestCertificate renewed = TestCertificate.of("RSA", 2048);
        TestCertificate broken = TestCertificate.ofCurve();
        Tls tls = Objects.requireNonNull(server.transport().wire().tls());
        try (SSLSocket early = connect(CERTIFICATE.trust())) {
            send(early, GET);
            assertThat(answer(early)).startsWith("HTTP/1.1 200 OK");

            TlsFiles files = renewed.write(folder);
            assertThat(certificateSeen(CERTIFICATE.trust())).isEqualTo(CERTIFICATE.certificate());
            tls.look();
            assertThat(certificateSeen(renewed.trust())).isEqualTo(renewed.certificate());
            assertThat(certificateSeen(Pinned.context(Identity.read(files)))).isEqualTo(renewed.certificate());

            // Half of a renewal, a file that is gone, and one that is no PEM: each is told once.
            byte[] key = Files.readAllBytes(files.key());
            broken.write(folder);
            Files.write(files.key(), key);
            tls.look();
            tls.look();
            Files.delete(files.key());
            tls.look();
            Files.writeString(files.certificate(), "-----BEGIN");
            tls.look();
            tls.look();
            assertThat(loggedFrom(Level.ERROR)).hasSize(3).allMatch(line -> line.contains("stays in use, until "));
            assertThat(certificateSeen(renewed.trust())).isEqualTo(renewed.certificate());

            broken.write(folder);
            tls.look();
            assertThat(certificateSeen(broken.trust())).isEqualTo(broken.certificate());
            assertThat(loggedFrom(Level.WARN)).hasSize(3);

            send(early, GET);
            assertThat(answer(early)).as("of a connection from before").startsWith("HTTP/1.1 200 OK");
        }
        assertThat(server.metrics().scrape())
                .containsPattern("semblance_tls_certificate_expiry_seconds 8[56]\\d\\d\\d\\.0");
    }

    @Test
    void answersWhatIsUnderWayWhenItStops() throws Exception {
        start();
        try (SSLSocket idle = connect(CERTIFICATE.trust());
                SSLSocket busy = connect(CERTIFICATE.trust());
                Socket silent = plain();
                HttpClient client = client(CERTIFICATE.trust(), HttpClient.Version.HTTP_2, "TLSv1.3")) {
            send(idle, GET);
            assertThat(answer(idle)).startsWith("HTTP/1.1 200 OK");
            send(busy, "GET /block HTTP/1.1\r\nHost: t\r\n\r\n");
            blocked.await();
            CompletableFuture<HttpResponse<String>> waiting =
                    client.sendAsync(request("/block").build(), BodyHandlers.ofString());
            TestTransport.until(() -> server.queued() == 1);
            CompletableFuture<Void> closing =
                    CompletableFuture.runAsync(() -> server.transport().close(Duration.ofSeconds(20)));
            go.countDown();
            assertThat(rest(busy)).startsWith("HTTP/1.1 200 OK").endsWith("{\"blocked\":true}");
            assertThat(waiting.get().body()).contains("\"blocked\":true");
            assertThat(rest(idle)).isEmpty();
            assertThat(silent.getInputStream().read()).isNegative();
            closing.get();
        }
    }
}
