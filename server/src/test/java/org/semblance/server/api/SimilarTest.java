package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;

/** Additions say what is banked already, and are refused for it if that is asked. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SimilarTest {
    private static final String A = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String NEAR_A = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9bdd";
    private static final String B = "0d2ccb59a7f6134c5e8b9a0d71f2e6c4358b1d9e0fa7c2463d5b8e917f60a2c4";
    private static final String MD5 = "d35c785545392755e7e4164457657269";

    private final Map<String, String> secrets = new HashMap<>();

    @RegisterExtension
    final ServerExtension server = new ServerExtension(
            data -> {
                KeyRing file = new KeyRing(data);
                secrets.put("all", key(file, "all", Role.ADMIN, Set.of(), false));
                secrets.put("one", key(file, "one", Role.CURATE, Set.of("TWO"), false));
                secrets.put("blind", key(file, "blind", Role.CURATE, Set.of(), true));
            },
            more -> more);

    private static String key(KeyRing file, String name, Role role, Set<String> banks, boolean hides) {
        return file.create(new KeyRing.Draft(name, role, banks, hides, null, null, null), Instant.EPOCH)
                .secret();
    }

    @BeforeEach
    void makeBanks() {
        for (String bank : List.of("ONE", "TWO")) {
            assertThat(post("all", "/v1/banks", "{\"name\":\"" + bank + "\"}").status())
                    .isEqualTo(201);
        }
    }

    private Answer post(String key, String path, String body, String... headers) {
        return send("POST", key, path, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    private Answer send(String method, String key, String path, byte[] body, String... headers) {
        Map<String, String> all =
                new HashMap<>(Map.of("Content-Type", "application/json", "X-API-Key", secrets.get(key)));
        for (int i = 0; i < headers.length; i += 2) {
            all.put(headers[i], headers[i + 1]);
        }
        return server.send(method, path, all, body);
    }

    private static String signals(String... typesAndHashes) {
        List<String> signals = new ArrayList<>();
        for (int i = 0; i < typesAndHashes.length; i += 2) {
            signals.add("{\"type\":\"" + typesAndHashes[i] + "\",\"hash\":\"" + typesAndHashes[i + 1] + "\"}");
        }
        return "{\"signals\":[" + String.join(",", signals) + "]}";
    }

    private static String similar(Answer answer) {
        return answer.json().path("similar").toString();
    }

    @Test
    void tellsWhatIsBankedAlreadyNearestFirstAndRefusesIfAsked() {
        assertThat(similar(post("all", "/v1/banks/ONE/content", signals("pdq", A, "md5", MD5))))
                .isEqualTo("[]");
        Answer near = post("all", "/v1/banks/TWO/content", signals("pdq", NEAR_A));
        assertThat(similar(near))
                .isEqualTo("[{\"bank\":\"ONE\",\"content_id\":1,\"signal_type\":\"pdq\",\"distance\":8}]");
        send("PATCH", "all", "/v1/banks/ONE/content/1", "{\"status\":\"disabled\"}".getBytes(StandardCharsets.UTF_8));
        String both = signals("pdq", NEAR_A, "md5", MD5);
        String expected =
                "[{\"bank\":\"ONE\",\"content_id\":1,\"signal_type\":\"md5\",\"distance\":0,\"status\":\"disabled\"},"
                        + "{\"bank\":\"TWO\",\"content_id\":2,\"signal_type\":\"pdq\",\"distance\":0}]";
        Answer refused = post("all", "/v1/banks/ONE/content?if_known=refuse", both);
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(similar(refused)).isEqualTo(expected);
        assertThat(similar(post("all", "/v1/banks/ONE/content", both))).isEqualTo(expected);

        send("DELETE", "all", "/v1/banks/TWO/content/2", new byte[0]);
        assertThat(similar(post("all", "/v1/banks/TWO/content?if_known=refuse", signals("pdq", B))))
                .isEqualTo("[]");
        assertThat(post("all", "/v1/banks/ONE/content?if_known=perhaps", signals("pdq", B))
                        .text())
                .contains("if_known: 'perhaps' (expected: bank or refuse)");
    }

    @Test
    void tellsOfTheBanksOfTheKeyAloneAndHidesDistances() {
        byte[] photo = Pictures.png(Pictures.photo(1, 200, 150));
        byte[] copy = Pictures.jpeg(Pictures.photo(1, 200, 150), 0.7);
        post("all", "/v1/banks/ONE/content", signals("pdq", A));
        assertThat(send("POST", "all", "/v1/banks/ONE/content", photo, "Content-Type", "image/png")
                        .status())
                .isEqualTo(201);

        assertThat(similar(post("one", "/v1/banks/TWO/content?if_known=refuse", signals("pdq", A))))
                .isEqualTo("[]");
        assertThat(similar(send("POST", "one", "/v1/banks/TWO/content", copy, "Content-Type", "image/jpeg")))
                .isEqualTo("[]");

        Answer blind = post("blind", "/v1/banks/ONE/content", signals("pdq", NEAR_A));
        assertThat(blind.status()).isEqualTo(201);
        assertThat(blind.json().has("similar")).isFalse();
        assertThat(post("blind", "/v1/banks/ONE/content?if_known=refuse", signals("pdq", NEAR_A))
                        .status())
                .isEqualTo(403);
        Answer file =
                send("POST", "blind", "/v1/banks/ONE/content?if_known=refuse", copy, "Content-Type", "image/jpeg");
        assertThat(file.status()).isEqualTo(409);
        assertThat(similar(file)).contains("\"content_id\":2").doesNotContain("distance");
    }

    @Test
    void refusesLinesOfABulkAndSaysTheSameWhenTheyComeAgain() {
        post("all", "/v1/banks/ONE/content", signals("pdq", A));
        String bulk = signals("pdq", NEAR_A) + "\n" + signals("pdq", B) + "\n" + signals("pdq", B, "md5", MD5) + "\n";
        String[] answers = new String[2];
        for (int i = 0; i < 2; i++) {
            Answer answer = post(
                    "all",
                    "/v1/banks/ONE/content?if_known=refuse",
                    bulk,
                    "Content-Type",
                    "application/x-ndjson",
                    "Idempotency-Key",
                    "k");
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            answers[i] = answer.text();
        }
        assertThat(answers[0].lines().map(line -> line.replaceAll(".*\"(status|id)\":(\\d+).*", "$1 $2")))
                .containsExactly("status 409", "id 2", "status 409");
        assertThat(answers[0]).contains("an earlier line has the content");
        assertThat(answers[1]).isEqualTo(answers[0]);
        assertThat(server.send("GET", "/v1/banks/ONE/content", Map.of("X-API-Key", secrets.get("all")), new byte[0])
                        .json()
                        .get("contents"))
                .hasSize(2);

        for (int i = 0; i < 2; i++) {
            Answer one =
                    post("all", "/v1/banks/TWO/content?if_known=refuse", signals("md5", MD5), "Idempotency-Key", "o");
            assertThat(one.status()).as(one.text()).isEqualTo(201);
            assertThat(similar(one)).isEqualTo("[]");
        }
    }

    @Test
    void knowsAVideoByItsFrames() {
        List<String> frames = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            frames.add("\\\"" + A.substring(i) + B.substring(0, i) + ",90," + i + "\\\"");
        }
        String whole = signals("vpdq", "[" + String.join(",", frames) + "]");
        String part = signals("vpdq", "[" + String.join(",", frames.subList(0, 5)) + "]");
        post("all", "/v1/banks/ONE/content", whole);
        assertThat(similar(post("all", "/v1/banks/TWO/content", part)))
                .isEqualTo("[{\"bank\":\"ONE\",\"content_id\":1,\"signal_type\":\"vpdq\",\"distance\":0}]");
    }
}
