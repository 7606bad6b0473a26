package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.json.ReportJson;
import tools.jackson.databind.JsonNode;

/** Each door that banks holds a content back that would accuse the innocent, and says so. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HeldContentTest {
    private static final byte[] MEME = Pictures.png(Pictures.photo(3, 300, 300));
    private static final String FLAT = "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + "0".repeat(60) + "ffff\"}]}";

    @RegisterExtension
    final ServerExtension server = new ServerExtension();

    @BeforeEach
    void createBanks() {
        ok(server.postJson("/v1/banks", "{\"name\":\"BAD\"}"));
        ok(server.postJson("/v1/banks", "{\"name\":\"FINE\",\"kind\":\"allow\"}"));
    }

    private static JsonNode ok(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isBetween(200, 201);
        return answer.json();
    }

    private JsonNode bank(String bank, String query, Map<String, String> headers) {
        return ok(server.send("POST", "/v1/banks/" + bank + "/content" + query, headers, MEME));
    }

    @Test
    void holdsAFileNearAllowedContentUntilSomebodyAnswersForIt() {
        long fine = bank("FINE", "", Map.of()).get("id").longValue();
        JsonNode held = bank("BAD", "", Map.of());
        assertThat(held.get("held").stringValue())
                .startsWith("held: near allowed content " + fine + " of bank FINE (distance 0)");
        assertThat(ok(server.get("/v1/banks/BAD/content/" + held.get("id").longValue()))
                        .get("quarantine")
                        .get("exact")
                        .booleanValue())
                .isFalse();

        Answer silent = server.send("POST", "/v1/banks/BAD/content?force=true", Map.of(), MEME);
        assertThat(silent.status()).isEqualTo(400);
        assertThat(silent.json().get("field").stringValue()).isEqualTo("force");
        JsonNode forced = bank("BAD", "?force=true", Map.of("X-Reason", "seen by two of us"));
        assertThat(forced.has("held")).isFalse();
        assertThat(server.get("/v1/journal?after=4").text()).contains("seen by two of us");
    }

    @Test
    void holdsALineAndAnEntryOfAList() {
        Answer bulk = server.send(
                "POST",
                "/v1/banks/BAD/content",
                Map.of("Content-Type", "application/x-ndjson"),
                (FLAT + "\n").getBytes(StandardCharsets.UTF_8));
        assertThat(ReportJson.MAPPER.readTree(bulk.text()).get("held").stringValue())
                .isEqualTo("held: flat, 16 of 256 bits of its hash are set (expected: about half)");
        JsonNode list = ok(server.send(
                "POST",
                "/v1/banks/BAD/import",
                Map.of("Content-Type", "text/plain"),
                ("0".repeat(59) + "fffff\n").getBytes(StandardCharsets.UTF_8)));
        assertThat(list.get("imported").longValue()).isEqualTo(1);
        assertThat(list.get("held").longValue()).isEqualTo(1);
        JsonNode found = ok(server.postJson("/v1/lookup", "[\"" + "0".repeat(59) + "fffff\"]"))
                .get("results")
                .get(0);
        assertThat(found.get("verdict").stringValue()).isEqualTo("no_match");
        assertThat(found.get("quarantined")).hasSize(2);
    }

    @Test
    void holdsWhatManyRecentUploadsShow() {
        for (int i = 0; i < 30; i++) {
            ok(server.post("/v1/match", MEME));
        }
        assertThat(bank("BAD", "", Map.of()).get("held").stringValue())
                .isEqualTo("held: a hub, near 20 or more of 30 recent uploads");
    }
}
