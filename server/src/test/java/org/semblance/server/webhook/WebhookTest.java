package org.semblance.server.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Earlier uploads are posted to the receiver, signed, until it takes each; a real receiver that answers as it is told. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WebhookTest {
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String SECRET = "a secret of 25 characters";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    /** What the receiver got. */
    private record Post(String id, String signature, String body, int answered) {
        JsonNode json() {
            return Json.read(body);
        }
    }

    private final BlockingQueue<Post> posts = new LinkedBlockingQueue<>();

    /** The answers to come; 200 when there is none. */
    private final ConcurrentLinkedQueue<Integer> answers = new ConcurrentLinkedQueue<>();

    private HttpServer receiver = create(0);

    private static HttpServer create(int port) {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void start() throws IOException {
        Files.writeString(folder.resolve("secret"), SECRET + "\n");
        receiver.createContext("/", this::answer);
        receiver.start();
    }

    @AfterEach
    void stop() {
        receiver.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Integer next = answers.poll();
        int status = next == null ? 200 : next;
        if (status >= 300 && status < 400) {
            exchange.getResponseHeaders().set("Location", "/elsewhere");
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
        posts.add(new Post(
                exchange.getRequestHeaders().getFirst("X-Semblance-Event"),
                exchange.getRequestHeaders().getFirst("X-Semblance-Signature"),
                exchange.getRequestURI() + " " + body,
                status));
    }

    private Post next() throws InterruptedException {
        Post post = posts.poll(30, TimeUnit.SECONDS);
        assertThat(post).as("a post").isNotNull();
        // The path is before the body.
        int space = post.body.indexOf(' ');
        assertThat(post.body.substring(0, space)).isEqualTo("/hook?a=b");
        return new Post(post.id, post.signature, post.body.substring(space + 1), post.answered);
    }

    private ServerConfig.Builder settings(ServerConfig.Builder settings) {
        return settings.set(
                        Setting.WEBHOOK_URL,
                        "http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook?a=b")
                .set(Setting.WEBHOOK_SECRET_FILE, folder.resolve("secret"))
                .set(Setting.WEBHOOK_RETRY_MS, 5L);
    }

    private TestServer server() {
        return new TestServer(folder.resolve("db"), this::settings);
    }

    private static void uploads(TestServer server, String... references) {
        for (String reference : references) {
            server.postJson("/v1/lookup", "[{\"hash\":\"" + HASH + "\",\"id\":\"" + reference + "\"}]");
        }
    }

    private static long bank(TestServer server) {
        server.postJson("/v1/banks", "{\"name\":\"B\"}");
        return server.postJson("/v1/banks/B/content", "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + HASH + "\"}]}")
                .json()
                .get("id")
                .longValue();
    }

    private static void awaitMetric(TestServer server, String line) {
        TestTransport.until(() -> server.get("/metrics").text().contains("\n" + line + "\n"));
    }

    @Test
    void postsEachEarlierUploadOnceWithASignature() throws Exception {
        try (TestServer server = server()) {
            uploads(server, "one", "two");
            long id = bank(server);
            Post two = next();
            Post one = next();
            assertThat(two.json().get("reference").stringValue()).isEqualTo("two");
            assertThat(one.json().get("reference").stringValue()).isEqualTo("one");
            assertThat(one.json().get("kind").stringValue()).isEqualTo("retro_match");
            assertThat(one.json().get("bank").stringValue()).isEqualTo("B");
            assertThat(one.json().get("content_id").longValue()).isEqualTo(id);
            assertThat(one.json().get("distance").intValue()).isZero();
            assertThat(one.json().get("id").stringValue()).isEqualTo(one.id).isNotEqualTo(two.id);
            assertThat(one.signature).isEqualTo(signed(one));
            awaitMetric(server, "semblance_webhook_sent_total 2.0");
            awaitMetric(server, "semblance_webhook_waiting 0.0");
            assertThat(posts).isEmpty();
        }
    }

    private static String signed(Post post) throws GeneralSecurityException {
        String time = post.signature.substring(2, post.signature.indexOf(','));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        byte[] sum = mac.doFinal((time + "." + post.body).getBytes(StandardCharsets.UTF_8));
        return "t=" + time + ",v1=" + HexFormat.of().formatHex(sum);
    }

    @Test
    void postsAgainWhatWasNotTakenWithTheSameIdAndBody() throws Exception {
        answers.addAll(List.of(500, 302, 429, 503));
        try (TestServer server = server()) {
            uploads(server, "one");
            bank(server);
            Post first = next();
            for (int i = 0; i < 4; i++) {
                Post again = next();
                assertThat(again.id).isEqualTo(first.id);
                assertThat(again.body).isEqualTo(first.body);
            }
            awaitMetric(server, "semblance_webhook_sent_total 1.0");
            awaitMetric(server, "semblance_webhook_failures_total 4.0");
            assertThat(posts).isEmpty();
        }
    }

    @Test
    void goesOnBehindAnEventThatIsRefused() throws Exception {
        answers.add(422);
        try (TestServer server = server()) {
            uploads(server, "one", "two");
            bank(server);
            assertThat(next().answered).isEqualTo(422);
            assertThat(List.of(next(), next()))
                    .extracting(post -> post.json().get("reference").stringValue() + " " + post.answered)
                    .containsExactlyInAnyOrder("one 200", "two 200");
        }
    }

    @Test
    void keepsWhatTheReceiverDidNotTakeOverARestart() throws Exception {
        answers.add(410);
        try (TestServer server = server()) {
            uploads(server, "one", "two");
            bank(server);
            assertThat(next().answered).isEqualTo(410);
            awaitMetric(server, "semblance_webhook_gone 1.0");
            assertThat(server.get("/metrics").text()).contains("\nsemblance_webhook_waiting 2.0\n");
        }
        int port = receiver.getAddress().getPort();
        receiver.stop(0);
        try (TestServer server = server()) {
            awaitMetric(server, "semblance_webhook_waiting 2.0");
            TestTransport.until(() -> !server.get("/metrics").text().contains("semblance_webhook_failures_total 0.0"));
            receiver = create(port);
            receiver.createContext("/", this::answer);
            receiver.start();
            assertThat(List.of(next(), next()))
                    .extracting(post -> post.json().get("reference").stringValue())
                    .containsExactly("two", "one");
        }
    }

    @Test
    void tellsOfAnAdditionOverHma() throws Exception {
        try (TestServer server = server()) {
            uploads(server, "one");
            server.postJson("/c/banks", "{\"name\":\"B\"}");
            server.postJson("/c/bank/B/signal", "{\"pdq\":\"" + HASH + "\"}");
            assertThat(next().json().get("reference").stringValue()).isEqualTo("one");
        }
    }

    @Test
    void refusesASecretThatIsNone() throws IOException {
        Files.writeString(folder.resolve("secret"), "short\n");
        assertThatThrownBy(this::server)
                .isInstanceOf(WebhookRefusedException.class)
                .hasMessage("webhook_secret_file: " + folder.resolve("secret")
                        + ": 5 bytes (expected: a text of 16 to 1024 bytes, such as openssl rand -hex 32 makes)");
        assertThatThrownBy(() -> ServerConfig.builder(folder)
                        .set(Setting.WEBHOOK_URL, "http://localhost/")
                        .build())
                .hasMessage("webhook_secret_file: not set (expected: a path, since webhook_url is set)");
        assertThatThrownBy(() -> ServerConfig.builder(folder)
                        .set(Setting.WEBHOOK_URL, "ftp://localhost/")
                        .build())
                .hasMessageStartingWith("webhook_url: \"ftp://localhost/\" (expected: an http or https URL");
    }

    @Test
    void theDocumentsReceiverTellsAGenuinePostFromAnother() throws Exception {
        assumeThat(isThere("python3")).isTrue();
        Matcher block = Pattern.compile("```python\n(.*?)\n```\n", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("../docs/retro.md")));
        assertThat(block.find()).isTrue();
        try (TestServer server = server()) {
            uploads(server, "one");
            bank(server);
            Post post = next();
            String forged = post.body.replace("one", "two");
            Path program = Files.writeString(folder.resolve("receiver.py"), block.group(1) + """

                            import sys
                            secret, signature = sys.argv[1].encode(), sys.argv[2]
                            good, forged = sys.argv[3].encode(), sys.argv[4].encode()
                            print(is_genuine(secret, signature, good),
                                  is_genuine(secret, signature, forged),
                                  is_genuine(b"x" + secret, signature, good),
                                  is_genuine(secret, signature, good, -1))
                            """);
            Process python = new ProcessBuilder(
                            "python3", program.toString(), SECRET, post.signature, post.body, forged)
                    .redirectErrorStream(true)
                    .start();
            String printed = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(printed).isEqualTo("True False False False\n");
        }
    }

    private static boolean isThere(String program) throws InterruptedException {
        try {
            return new ProcessBuilder(program, "--version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
