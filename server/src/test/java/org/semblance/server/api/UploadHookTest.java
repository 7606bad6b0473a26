package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestTransport;

/** The programs of docs/upload-hook.md do what the document says, against a server that is busy at first. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UploadHookTest {
    private static final Path DOCUMENT = Path.of("../docs/upload-hook.md");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @RegisterExtension
    final ServerExtension server = new ServerExtension();

    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger cut = new AtomicInteger();
    private HttpServer front;
    private HttpClient client;
    private String secret;

    /** A language of the document: its heading, the file that its block becomes, and what runs that. */
    enum Language {
        CURL("curl", "hook.sh", "sh"),
        PYTHON("Python", "hook.py", "python3"),
        NODE("Node", "hook.js", "node"),
        JAVA(
                "Java",
                "UploadHook.java",
                Path.of(System.getProperty("java.home"), "bin", "java").toString());

        final String heading;
        final String file;
        final String program;

        Language(String heading, String file, String program) {
            this.heading = heading;
            this.file = file;
            this.program = program;
        }

        String needed() {
            return this == CURL ? "curl" : program;
        }
    }

    @BeforeEach
    void start() throws Exception {
        client = HttpClient.newHttpClient();
        server.postJson("/v1/banks", "{\"name\":\"PROPAGANDA\"}");
        server.postJson("/v1/banks", "{\"name\":\"OTHER\"}");
        byte[] photo = Pictures.png(Pictures.photo(11, 400, 300));
        assertThat(server.post("/v1/banks/PROPAGANDA/content", photo).status()).isEqualTo(201);
        Files.write(folder.resolve("copy.jpg"), Pictures.jpeg(Pictures.photo(11, 400, 300), 0.7));
        Files.write(folder.resolve("other.jpg"), Pictures.jpeg(Pictures.photo(12, 400, 300), 0.7));
        secret = new KeyRing(server.data())
                .create(new KeyRing.Draft("uploads", Role.MATCH, Set.of(), false, null, null, null), Instant.now())
                .secret();
        TestTransport.until(() -> server.get("/v1/banks").status() == 401); // the server has seen that there is a key
        front = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        front.createContext("/", this::answer);
        front.start();
    }

    @AfterEach
    void stop() {
        front.stop(0);
        client.close();
    }

    /** Refuses the first requests, as many as it was told to; the server answers the others. */
    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        requests.incrementAndGet();
        if (cut.getAndDecrement() > 0) {
            exchange.close(); // without an answer
            return;
        }
        if (refused.getAndDecrement() > 0) {
            exchange.getResponseHeaders().set("Retry-After", "1");
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
            return;
        }
        HttpRequest.Builder onward = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.port() + exchange.getRequestURI()))
                .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
        for (String name : List.of("Authorization", "Content-Type")) {
            String value = exchange.getRequestHeaders().getFirst(name);
            if (value != null) {
                onward.header(name, value);
            }
        }
        try {
            HttpResponse<byte[]> answer = client.send(onward.build(), HttpResponse.BodyHandlers.ofByteArray());
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
            exchange.getResponseBody().write(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            exchange.close();
        }
    }

    /** The block of code below that heading. */
    private static String block(String heading) throws IOException {
        Matcher block = Pattern.compile("\n## " + heading + "\n[^`]*```\\w+\n(.*?)\n```\n", Pattern.DOTALL)
                .matcher(Files.readString(DOCUMENT));
        assertThat(block.find()).as("a block of code below ## " + heading).isTrue();
        return block.group(1) + "\n";
    }

    private static boolean isThere(String program) {
        try {
            Process process = new ProcessBuilder(program, "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** What the program of that language prints for the file; its exit code before it, if it is not 0. */
    private String run(Language language, String upload, String key) throws IOException, InterruptedException {
        Path program = Files.writeString(folder.resolve(language.file), block(language.heading));
        List<String> command = new ArrayList<>(List.of(language.program, program.toString(), upload));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment()
                .put("SEMBLANCE_URL", "http://127.0.0.1:" + front.getAddress().getPort());
        builder.environment().put("SEMBLANCE_KEY", key);
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.waitFor();
        return (code == 0 ? "" : "exit " + code + " ") + printed.strip();
    }

    @ParameterizedTest
    @EnumSource
    void printsTheVerdictAndTheBanksThoughTheServerIsBusyAtFirst(Language language) throws Exception {
        assumeTrue(isThere(language.needed()), language.needed() + " is not installed");
        refused.set(2);
        assertThat(run(language, "copy.jpg", secret))
                .as(Files.readString(folder.resolve("err")))
                .isEqualTo("match PROPAGANDA");
        assertThat(requests).hasValue(3);
        assertThat(run(language, "other.jpg", secret)).isEqualTo("no_match");
    }

    @ParameterizedTest
    @EnumSource
    void doesNotSendAgainWhatIsWrongAndSaysSo(Language language) throws Exception {
        assumeTrue(isThere(language.needed()), language.needed() + " is not installed");
        assertThat(run(language, "copy.jpg", "wrong")).doesNotContain("match");
        assertThat(requests).hasValue(1);
        assertThat(Files.readString(folder.resolve("err"))).contains("401");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CURL")
    void sendsAgainWhatWasCutOff(Language language) throws Exception {
        assumeTrue(isThere(language.needed()), language.needed() + " is not installed");
        cut.set(1);
        assertThat(run(language, "copy.jpg", secret))
                .as(Files.readString(folder.resolve("err")))
                .isEqualTo("match PROPAGANDA");
        assertThat(requests).hasValue(2);
    }
}
