package org.semblance.server.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.fixture.TestTransport;

/** What a node gives of its snapshots. */
@Timeout(180)
class SnapshotRoutesTest {
    /** More than the buffers of a connection hold. */
    private static final int LARGE = 40_000_000;

    @TempDir
    private Path folder;

    private TestServer server;

    @BeforeEach
    void open() {
        server = new TestServer(folder.resolve("data"), settings -> settings.set(Setting.WORKERS, 1));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private Path file(IndexKind kind) {
        return folder.resolve("data").resolve(kind.fileName());
    }

    private static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        new SplittableRandom(bytes).nextBytes(random);
        return random;
    }

    private HttpResponse<InputStream> begin(HttpClient client) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/v1/snapshots/hashes"))
                        .build(),
                BodyHandlers.ofInputStream());
    }

    @Test
    void tellsWhatThereIs() throws Exception {
        assertThat(server.get("/v1/snapshots").text()).isEqualTo("{\"snapshots\":[]}");
        assertThat(server.get("/v1/snapshots/hashes").status()).isEqualTo(404);
        assertThat(server.get("/v1/snapshots/nonsense").text())
                .contains("kind: 'nonsense' (expected: hashes or features)");
        Files.write(
                file(IndexKind.FEATURES), random(10)); // No snapshot: told nobody, and refused by whoever asks for it.
        assertThat(server.get("/v1/snapshots").text()).isEqualTo("{\"snapshots\":[]}");
        server.postJson("/v1/banks", "{\"name\":\"A\"}");
        server.postJson(
                "/v1/banks/A/content",
                "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + "f8f8f0cee0f4a84f".repeat(4) + "\"}]}");
        server.close();
        open();
        Answer told = server.get("/v1/snapshots");
        assertThat(told.json().path("snapshots")).singleElement().satisfies(one -> {
            assertThat(one.path("kind").asString()).isEqualTo("hashes");
            assertThat(one.path("bytes").longValue()).isEqualTo(Files.size(file(IndexKind.HASHES)));
            assertThat(one.path("list_version").longValue()).isEqualTo(2);
            assertThat(one.path("format").intValue()).isEqualTo(SnapshotFormat.VERSION);
            assertThat(one.path("journal_hash").asString())
                    .isEqualTo(server.get("/v1/journal?after=1")
                            .json()
                            .path("entries")
                            .get(0)
                            .path("hash")
                            .asString());
        });
        Answer whole = server.get("/v1/snapshots/hashes");
        assertThat(whole.raw().body()).isEqualTo(Files.readAllBytes(file(IndexKind.HASHES)));
        assertThat(whole.header("Content-Length")).isEqualTo(Long.toString(Files.size(file(IndexKind.HASHES))));
    }

    @Test
    void isSentAsItIsWhateverCodingIsTakenAndWhateverItsLength() throws Exception {
        for (int bytes : new int[] {0, 1, 1 << 19, (1 << 19) + 1, LARGE}) {
            byte[] all = random(bytes);
            Files.write(file(IndexKind.HASHES), all);
            Answer whole = server.send("GET", "/v1/snapshots/hashes", Map.of("Accept-Encoding", "gzip"), new byte[0]);
            assertThat(whole.status()).isEqualTo(200);
            assertThat(whole.raw().headers().map()).doesNotContainKeys("content-encoding", "transfer-encoding");
            assertThat(whole.raw().body()).isEqualTo(all);
            assertThat(server.get("/healthz").status())
                    .as("the connection goes on")
                    .isEqualTo(200);
        }
    }

    @Test
    void oneThatIsReplacedIsReadToItsEndAndOthersAreAnsweredMeanwhile() throws Exception {
        byte[] all = random(LARGE);
        Files.write(file(IndexKind.HASHES), all);
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<InputStream> one = begin(client);
            HttpResponse<InputStream> other = begin(client);
            HttpResponse<InputStream> third = begin(client);
            assertThat(third.statusCode()).isEqualTo(503);
            assertThat(third.headers().firstValue("Retry-After")).isPresent();
            third.body().close();
            Path newer = Files.write(folder.resolve("newer"), random(5));
            Files.move(newer, file(IndexKind.HASHES), StandardCopyOption.REPLACE_EXISTING);
            assertThat(server.postJson("/v1/lookup", "[]").status()).isEqualTo(200);
            assertThat(one.body().readAllBytes()).isEqualTo(all);
            other.body().close(); // Half read.
            TestTransport.until(() -> server.get("/v1/snapshots/hashes").status() == 200);
            assertThat(server.get("/v1/snapshots/hashes").raw().body()).hasSize(5);
        }
    }
}
