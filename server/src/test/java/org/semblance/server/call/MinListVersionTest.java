package org.semblance.server.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;

/** A request that names a version of the list is answered from that version or a newer one, or not at all. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MinListVersionTest {
    private static final String FIELD = "Semblance-Min-List-Version";
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";

    @RegisterExtension
    final ServerExtension server = new ServerExtension();

    @BeforeEach
    void makeBank() {
        assertThat(server.postJson("/v1/banks", "{\"name\":\"B\"}")
                        .json()
                        .path("seq")
                        .asLong())
                .isEqualTo(1);
    }

    private long add(String hash) {
        return server.postJson("/v1/banks/B/content", "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]}")
                .json()
                .path("seq")
                .asLong();
    }

    private Answer lookup(String hash, String query) {
        return server.postJson("/v1/lookup" + query, "[\"" + hash + "\"]");
    }

    private static String post(String path, String fields, String mediaType, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: t\r\n" + fields + "Content-Type: " + mediaType
                + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    @Test
    void waitsForTheChangeAndThenFindsWhatItAdded() throws IOException {
        List<RawClient> waiting = new ArrayList<>();
        String json = "[\"" + HASH + "\"]";
        for (String request : List.of(
                post("/v1/lookup?min_list_version=2", "", "application/json", json),
                post("/v1/lookup", FIELD + ": 2\r\n", "application/json", json),
                post("/v1/lookup", FIELD + ": 2\r\n", "application/x-ndjson", HASH + "\n"),
                "GET /m/raw_lookup?signal_type=pdq&signal=" + HASH + " HTTP/1.1\r\nHost: t\r\n" + FIELD + ": 2\r\n\r\n",
                "GET /v1/banks/B/content HTTP/1.1\r\nHost: t\r\n" + FIELD + ": 2\r\n\r\n")) {
            waiting.add(new RawClient(server.port()).send(request));
        }
        assertThat(add(HASH)).isEqualTo(2);
        for (RawClient client : waiting) {
            RawClient.Answer answer = client.readAny();
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).contains("1");
            client.close();
        }
    }

    @Test
    void answersOverHttp2AsWell() throws Exception {
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            CompletableFuture<HttpResponse<String>> answer = client.sendAsync(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/v1/banks/B/content"))
                            .header(FIELD, "2")
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            add(HASH);
            assertThat(answer.get().version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.get().body()).contains(HASH);
        }
    }

    @Test
    void refusesWhenTheDeadlinePasses() {
        Answer late = lookup(HASH, "?min_list_version=1234&deadline_ms=20");
        assertThat(late.status()).isEqualTo(503);
        assertThat(late.header("Retry-After")).isEqualTo("1");
        assertThat(late.text()).contains("list version 1 (expected: at least 1234)");
        assertThat(lookup(HASH, "?min_list_version=1&deadline_ms=20").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "1.5", "99999999999999999999", ""})
    void saysWhatIsNoVersion(String value) {
        Answer parameter = lookup(HASH, "?min_list_version=" + value);
        assertThat(parameter.status()).isEqualTo(400);
        assertThat(parameter.text()).contains("min_list_version: '" + value + "'");
        Answer field = server.send(
                "POST",
                "/v1/lookup",
                Map.of(FIELD, value, "Content-Type", "application/json"),
                "[]".getBytes(StandardCharsets.UTF_8));
        assertThat(field.status()).isEqualTo(400);
        assertThat(field.text()).contains(FIELD + ": '" + value + "'");
    }

    @Test
    void forgetsClientsThatHaveGone() throws IOException {
        for (int i = 0; i < 50; i++) {
            try (RawClient gone = new RawClient(server.port())) {
                gone.send(post("/v1/lookup?min_list_version=2", "", "application/json", "[]"));
            }
        }
        assertThat(add(HASH)).isEqualTo(2);
        assertThat(lookup(HASH, "?min_list_version=2").json().path("results").size())
                .isEqualTo(1);
    }

    @Test
    void neverAnswersFromAnOlderVersion() throws Exception {
        Random random = new Random(20261130);
        int changes = 150;
        List<Future<?>> readers = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int t = 0; t < 4; t++) {
                long seed = random.nextLong();
                readers.add(threads.submit(() -> {
                    Random own = new Random(seed);
                    for (long asked = 1; asked <= changes + 1; asked += own.nextInt(4)) {
                        Answer answer = lookup(HASH, "?deadline_ms=60000&min_list_version=" + asked);
                        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
                        long version = answer.json().path("list_version").asLong();
                        assertThat(version).isGreaterThanOrEqualTo(asked);
                        asked = version;
                    }
                    return null;
                }));
            }
            for (int i = 0; i < changes; i++) {
                add(new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()).toHex());
            }
            for (Future<?> reader : readers) {
                reader.get();
            }
        }
    }
}
