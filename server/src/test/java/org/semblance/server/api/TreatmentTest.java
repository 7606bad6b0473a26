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
import tools.jackson.databind.JsonNode;

/** What a content or its bank says of how it is treated, and what an answer tells of it. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TreatmentTest {
    private static final byte[] PHOTO = Pictures.png(Pictures.photo(7, 300, 300));

    @RegisterExtension
    final ServerExtension server = new ServerExtension();

    @BeforeEach
    void createBank() {
        ok(
                201,
                server.postJson(
                        "/v1/banks",
                        "{\"name\":\"A\",\"handling\":\"remove at once\",\"legal_basis\":\"2021/784 Art. 5\"}"));
    }

    private static JsonNode ok(int status, Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        return answer.json();
    }

    private long add(Map<String, String> fields) {
        return ok(201, server.postForm("/v1/banks/A/content", "file", PHOTO, fields))
                .get("id")
                .longValue();
    }

    private JsonNode match() {
        return ok(200, server.post("/v1/match", PHOTO)).get("matches").get(0);
    }

    private Answer patchBy(String actor, String path, String json) {
        return server.send(
                "PATCH",
                path,
                Map.of("Content-Type", "application/json", "X-Actor", actor),
                json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void tellsWhatACallerNeedsToAct() {
        long id = add(Map.of("source", "list-7", "note", "case 17"));
        JsonNode match = match();
        assertThat(match.get("handling").stringValue()).isEqualTo("remove at once");
        assertThat(match.get("legal_basis").stringValue()).isEqualTo("2021/784 Art. 5");
        assertThat(match.get("source").stringValue()).isEqualTo("list-7");
        assertThat(match.get("created_at").stringValue()).endsWith("Z");
        assertThat(match.get("confirmations").intValue()).isEqualTo(1);
        assertThat(match.has("exact_only")).isFalse();
        ok(
                200,
                server.sendJson(
                        "PATCH", "/v1/banks/A/content/" + id, "{\"handling\":\"ask first\",\"source\":\"list-8\"}"));
        assertThat(match().get("handling").stringValue()).isEqualTo("ask first");
        assertThat(match().get("source").stringValue()).isEqualTo("list-8");
        ok(200, server.sendJson("PATCH", "/v1/banks/A", "{\"handling\":null}"));
        ok(200, server.sendJson("PATCH", "/v1/banks/A/content/" + id, "{\"handling\":null}"));
        assertThat(match().has("handling")).isFalse();
    }

    @Test
    void saysThatOnlyTheVeryBytesAreFound() {
        String md5 = ok(200, server.post("/v1/hash", PHOTO))
                .get("signals")
                .valueStream()
                .filter(signal -> signal.get("type").stringValue().equals("md5"))
                .findFirst()
                .orElseThrow()
                .get("hash")
                .stringValue();
        ok(201, server.postJson("/v1/banks/A/content", "{\"signals\":[{\"type\":\"md5\",\"hash\":\"" + md5 + "\"}]}"));
        assertThat(match().get("exact_only").booleanValue()).isTrue();
    }

    @Test
    void countsASecondPersonWhoConfirms() {
        long id = add(Map.of());
        String path = "/v1/banks/A/content/" + id;
        JsonNode content = ok(200, server.get(path));
        assertThat(content.get("created_by").stringValue()).isEqualTo("anonymous");
        Answer own = server.sendJson("PATCH", path, "{\"confirmed\":true}");
        assertThat(own.status()).isEqualTo(400);
        assertThat(own.json().get("field").stringValue()).isEqualTo("confirmed");
        assertThat(own.text()).contains("a second person");
        assertThat(ok(200, patchBy("ann", path, "{\"confirmed\":true}"))
                        .get("confirmed_by")
                        .stringValue())
                .isEqualTo("ann");
        assertThat(match().get("confirmations").intValue()).isEqualTo(2);
        assertThat(ok(200, patchBy("bob", path, "{\"confirmed\":false}")).has("confirmed_by"))
                .isFalse();
        assertThat(match().get("confirmations").intValue()).isEqualTo(1);
    }

    @Test
    void listsAContentInQuarantineAndDecidesNothingByIt() {
        long id = add(Map.of());
        String path = "/v1/banks/A/content/" + id;
        JsonNode changed =
                ok(200, server.sendJson("PATCH", path, "{\"quarantine\":{\"reason\":\"a meme\",\"exact\":true}}"));
        assertThat(changed.get("quarantine").get("reason").stringValue()).isEqualTo("a meme");
        JsonNode answer = ok(200, server.post("/v1/match", PHOTO));
        assertThat(answer.get("verdict").stringValue()).isEqualTo("no_match");
        assertThat(answer.get("matches")).isEmpty();
        JsonNode quarantined = answer.get("quarantined").get(0);
        assertThat(quarantined.get("content_id").longValue()).isEqualTo(id);
        assertThat(quarantined.get("quarantine").get("reason").stringValue()).isEqualTo("a meme");
        Answer without = server.sendJson("PATCH", path, "{\"quarantine\":{\"exact\":true}}");
        assertThat(without.status()).isEqualTo(400);
        assertThat(without.json().get("field").stringValue()).isEqualTo("quarantine.reason");
        ok(200, server.sendJson("PATCH", path, "{\"quarantine\":null}"));
        assertThat(match().get("content_id").longValue()).isEqualTo(id);
    }

    @Test
    void refusesAThresholdThatIsNone() {
        long id = add(Map.of("distance_threshold", "40", "handling", "call"));
        assertThat(match().get("handling").stringValue()).isEqualTo("call");
        JsonNode content = ok(200, server.get("/v1/banks/A/content/" + id));
        assertThat(content.get("distance_threshold").intValue()).isEqualTo(40);
        Answer far = server.sendJson("PATCH", "/v1/banks/A/content/" + id, "{\"distance_threshold\":257}");
        assertThat(far.status()).isEqualTo(400);
        assertThat(far.text()).contains("distance_threshold: 257 (expected: 0 to 256)");
        Answer form = server.postForm("/v1/banks/A/content", "file", PHOTO, Map.of("distance_threshold", "near"));
        assertThat(form.status()).isEqualTo(400);
        assertThat(form.json().get("field").stringValue()).isEqualTo("distance_threshold");
    }
}
