package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Banks and their contents are changed, by one or by many, and the journal tells of it. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CurationTest {
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    private static String bank(String name) {
        Answer answer = server.postJson("/v1/banks", "{\"name\":\"" + name + "\"}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return "/v1/banks/" + name;
    }

    private static String signals(String hash) {
        return "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]}";
    }

    private static long added(String content, String json) {
        Answer answer = server.postJson(content, json);
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return answer.json().get("id").longValue();
    }

    private static Answer patch(String path, String json) {
        return server.sendJson("PATCH", path, json);
    }

    private static JsonNode patched(String path, String json) {
        Answer answer = patch(path, json);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<Long> hits(String bank) {
        return server.postJson("/v1/lookup?banks=" + bank, "[\"" + HASH + "\"]")
                .json()
                .get("results")
                .valueStream()
                .flatMap(result -> result.get("matches").valueStream())
                .map(match -> match.get("content_id").longValue())
                .toList();
    }

    @Test
    void changesABank() {
        String bank = bank("CHANGED");
        added(bank + "/content", signals(HASH.replace("f8f8f0ce", "f8f8f0c1")));
        assertThat(hits("CHANGED")).hasSize(1);
        JsonNode narrow = patched(bank, "{\"distance_threshold\":0,\"description\":\"strict\"}");
        assertThat(narrow.get("distance_threshold").intValue()).isZero();
        assertThat(narrow.get("description").stringValue()).isEqualTo("strict");
        assertThat(narrow.get("enabled_ratio").doubleValue()).isEqualTo(1);
        assertThat(hits("CHANGED")).isEmpty();
        assertThat(patched(bank, "{\"distance_threshold\":null}")
                        .get("distance_threshold")
                        .intValue())
                .isEqualTo(31);
        assertThat(hits("CHANGED")).hasSize(1);
        assertThat(patched(bank, "{\"description\":null}").get("description").stringValue())
                .isEmpty();
        JsonNode renamed = patched(bank, "{\"name\":\"RENAMED\",\"enabled_ratio\":0.25}");
        assertThat(renamed.get("name").stringValue()).isEqualTo("RENAMED");
        assertThat(server.get("/v1/banks/RENAMED").json().get("enabled_ratio").doubleValue())
                .isEqualTo(0.25);
        assertThat(server.get(bank).status()).isEqualTo(404);
        assertThat(hits("RENAMED")).hasSize(1);
    }

    @Test
    void deletesABankWithWhatIsInIt() {
        String bank = bank("DELETED");
        added(bank + "/content", signals(HASH));
        added(bank + "/content", signals(HASH));
        JsonNode answer = server.delete(bank).json();
        assertThat(answer.get("status").stringValue()).isEqualTo("deleted");
        assertThat(answer.get("withdrawn").intValue()).isEqualTo(2);
        assertThat(server.get(bank).status()).isEqualTo(404);
        assertThat(server.delete(bank).status()).isEqualTo(404);
        assertThat(server.get("/v1/banks").text()).doesNotContain("DELETED");
        bank("DELETED");
        assertThat(hits("DELETED")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "md5, D41D8CD98F00B204E9800998ECF8427E",
        "sha1, da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "sha256, e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    })
    void banksNoDigestOfTheEmptyFile(String type, String digest) {
        String name = "EMPTY_" + type.toUpperCase(java.util.Locale.ROOT);
        String content = bank(name) + "/content";
        String signals = "{\"signals\":[{\"type\":\"" + type + "\",\"hash\":\"" + digest + "\"}]}";
        Answer one = server.postJson(content, signals);
        assertThat(one.status()).isEqualTo(400);
        assertThat(one.json().get("field").stringValue()).isEqualTo("signals");
        assertThat(one.text()).contains(type + ": the digest of the empty file");
        Answer bulk =
                server.send("POST", content, Map.of("Content-Type", "application/x-ndjson"), bytes(signals + "\n"));
        assertThat(bulk.text()).contains("the digest of the empty file").doesNotContain("\"id\"");
        if (type.equals("md5")) {
            Answer hma = server.postJson("/c/bank/" + name + "/signal", "{\"video_md5\":\"" + digest + "\"}");
            assertThat(hma.status()).isEqualTo(400);
        }
        assertThat(server.get(content).json().get("contents")).isEmpty();
    }

    @Test
    void changesAContent() {
        String content = bank("PATCHED") + "/content";
        String path = content + "/"
                + added(
                        content,
                        "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + HASH
                                + "\"}],\"labels\":[\"a\"],\"note\":\"n\",\"metadata\":{\"k\":1}}");
        assertThat(patched(path, "{\"status\":\"disabled\"}").get("status").stringValue())
                .isEqualTo("disabled");
        assertThat(hits("PATCHED")).isEmpty();
        assertThat(patched(path, "{\"status\":\"disabled\",\"disabled_until\":\"9999-01-01T00:00:00Z\"}")
                        .get("disabled_until")
                        .stringValue())
                .isEqualTo("9999-01-01T00:00:00Z");
        assertThat(hits("PATCHED")).isEmpty();
        patched(path, "{\"status\":\"disabled\",\"disabled_until\":\"2020-01-01T01:00:00+01:00\"}");
        assertThat(hits("PATCHED")).hasSize(1); // its time has come
        JsonNode enabled = patched(path, "{\"status\":\"enabled\",\"labels\":[\"c\",\"b\"],\"metadata\":{\"k\":2}}");
        assertThat(enabled.has("disabled_until")).isFalse();
        assertThat(enabled.get("labels").toString()).isEqualTo("[\"b\",\"c\"]");
        assertThat(enabled.get("note").stringValue()).isEqualTo("n");
        assertThat(enabled.get("metadata").toString()).isEqualTo("{\"k\":2}");
        assertThat(enabled.get("seq").longValue()).isPositive();
        JsonNode bare = patched(path, "{\"labels\":null,\"note\":null,\"metadata\":null}");
        assertThat(bare.get("labels")).isEmpty();
        assertThat(bare.has("note") || bare.has("metadata")).isFalse();
        assertThat(server.get(path).json().get("created_at")).isEqualTo(bare.get("created_at"));
    }

    /** Metadata of a form is parsed on its own, and once was stored so deep that no answer could show it. */
    @Test
    void metadataIsStoredOnlyAsDeepAsItCanBeShown() {
        String path = "/v1/banks/DEEP";
        server.postJson("/v1/banks", "{\"name\":\"DEEP\"}");
        for (int depth : List.of(64, 65)) {
            String metadata = "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
            Answer answer = server.postForm(
                    path + "/content",
                    "file",
                    Pictures.png(Pictures.photo(depth, 64, 64)),
                    Map.of("metadata", metadata));
            if (depth == 64) {
                assertThat(answer.status()).as(answer.text()).isEqualTo(201);
                assertThat(server.get(path + "/content/" + answer.json().get("id"))
                                .text())
                        .contains(metadata);
            } else {
                assertThat(answer.status()).as(answer.text()).isEqualTo(400);
                assertThat(answer.text()).contains("metadata: not valid JSON");
            }
        }
    }

    /** The double nearest to some numbers is another one, and some have none at all. */
    @Test
    void keepsTheNumbersOfMetadata() {
        bank("NUMBERS");
        String metadata = "{\"a\":0.1000000000000000055511151231257827,\"b\":[1E+400,12345678901234567890]}";
        Answer added = server.postJson(
                "/v1/banks/NUMBERS/content",
                "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + "3c".repeat(32) + "\"}],\"metadata\":" + metadata
                        + "}");
        String content = "/content/" + added.json().get("id").longValue();
        assertThat(server.get("/v1/banks/NUMBERS" + content).text()).contains("\"metadata\":" + metadata + ",");
        assertThat(server.get("/c/bank/NUMBERS" + content).text()).contains("\"json\":" + metadata + "}");
        Answer ratio = server.postJson("/v1/banks", "{\"name\":\"HUGE\",\"enabled_ratio\":1e400}");
        assertThat(ratio.status()).isEqualTo(400);
        assertThat(ratio.json().get("field").stringValue()).isEqualTo("enabled_ratio");
    }

    @Test
    void listsByLabelStatusAndTime() {
        String content = bank("FILTERED") + "/content";
        String labelled = signals(HASH).replace("]}", "],\"labels\":[\"x\"]}");
        long first = added(content, labelled);
        long second = added(content, signals(HASH));
        long third = added(content, labelled);
        patched(content + "/" + second, "{\"status\":\"disabled\"}");
        server.delete(content + "/" + third);
        assertThat(listed(content + "?label=x")).containsExactly(first);
        assertThat(listed(content + "?label=y")).isEmpty();
        assertThat(listed(content + "?status=enabled")).containsExactly(first);
        assertThat(listed(content + "?status=disabled")).containsExactly(second);
        assertThat(listed(content + "?status=withdrawn&label=x")).containsExactly(third);
        String at = server.get(content + "/" + first).json().get("created_at").stringValue();
        assertThat(listed(content + "?created_from=" + at)).containsExactly(first, second);
        assertThat(listed(content + "?created_before=" + at)).isEmpty();
        assertThat(listed(content + "?created_before="
                        + Instant.now().plusSeconds(60).toString() + "&limit=1"))
                .containsExactly(first);
    }

    private static List<Long> listed(String path) {
        Answer answer = server.get(path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json()
                .get("contents")
                .valueStream()
                .map(content -> content.get("id").longValue())
                .toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PATCH  | /v1/banks/NOPE                     | {"description":"d"}                      | 404 | bank
            PATCH  | /v1/banks/ERRORS                   | {}                                       | 400 | body
            PATCH  | /v1/banks/ERRORS                   | []                                       | 400 | body
            PATCH  | /v1/banks/ERRORS                   | {"kind":"allow"}                         | 400 | body
            PATCH  | /v1/banks/ERRORS                   | {"name":"lower"}                         | 400 | name
            PATCH  | /v1/banks/ERRORS                   | {"name":"TAKEN"}                         | 409 | name
            PATCH  | /v1/banks/ERRORS                   | {"enabled_ratio":-1}                     | 400 | enabled_ratio
            PATCH  | /v1/banks/ERRORS                   | {"distance_threshold":257}               | 400 | distance_threshold
            PATCH  | /v1/banks/ERRORS                   | {"distance_threshold":-2147483648}       | 400 | distance_threshold
            PATCH  | /v1/banks/ERRORS                   | {"description":7}                        | 400 | description
            DELETE | /v1/banks/NOPE                     |                                          | 404 | bank
            PATCH  | /v1/banks/ERRORS/content/999999    | {"note":"n"}                             | 404 | id
            PATCH  | /v1/banks/NOPE/content/1           | {"note":"n"}                             | 404 | bank
            PATCH  | /v1/banks/ERRORS/content/{id}      | {}                                       | 400 | body
            PATCH  | /v1/banks/ERRORS/content/{id}      | {"signals":[]}                           | 400 | body
            PATCH  | /v1/banks/ERRORS/content/{id}      | {"status":"withdrawn"}                   | 400 | status
            PATCH  | /v1/banks/ERRORS/content/{id}      | {"status":"off"}                         | 400 | status
            PATCH  | /v1/banks/ERRORS/content/{id}      | {"disabled_until":"2027-01-01T00:00:00Z"} | 400 | disabled_until
            PATCH  | /v1/banks/ERRORS/content/{id}      | {"status":"disabled","disabled_until":"tomorrow"} | 400 | disabled_until
            PATCH  | /v1/banks/ERRORS/content/{id}      | {"status":"disabled","disabled_until":"+999999999-01-01T00:00:00Z"} | 400 | disabled_until
            PATCH  | /v1/banks/ERRORS/content/{id}      | {"labels":"a"}                           | 400 | labels
            PATCH  | /v1/banks/ERRORS/content/{id}      | {"labels":[""]}                          | 400 | labels
            PATCH  | /v1/banks/ERRORS/content/{id}      | {"metadata":[]}                          | 400 | metadata
            GET    | /v1/banks/ERRORS/content?status=on |                                          | 400 | status
            GET    | /v1/banks/ERRORS/content?created_from=now |                                   | 400 | created_from
            GET    | /v1/banks/ERRORS/content?created_before=2027 |                                | 400 | created_before
            GET    | /v1/journal?after=-1               |                                          | 400 | after
            GET    | /v1/journal?limit=1001             |                                          | 400 | limit
            """)
    void namesTheFieldOfAWrongRequest(String method, String path, String body, int status, String field) {
        server.postJson("/v1/banks", "{\"name\":\"TAKEN\"}");
        if (server.postJson("/v1/banks", "{\"name\":\"ERRORS\"}").status() == 201) {
            added("/v1/banks/ERRORS/content", signals(HASH));
        }
        long id = listed("/v1/banks/ERRORS/content").getFirst();
        long before = server.get("/readyz").json().get("list_version").longValue();
        Answer answer = server.sendJson(method, path.replace("{id}", Long.toString(id)), body == null ? "" : body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().get("field").stringValue()).isEqualTo(field);
        assertThat(server.get("/readyz").json().get("list_version").longValue()).isEqualTo(before);
    }

    private static List<JsonNode> bulk(String content, String lines) {
        Answer answer = server.send("POST", content, Map.of("Content-Type", "application/x-ndjson"), bytes(lines));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/x-ndjson");
        return answer.text().lines().map(Json::read).toList();
    }

    @Test
    void banksWhatIsGoodOfManyLines() {
        String content = bank("BULK") + "/content";
        List<JsonNode> answers = bulk(
                content,
                signals(HASH)
                                .replace(
                                        "]}",
                                        "],\"labels\":[\"x\"],\"note\":\"n\",\"source\":\"s\",\"metadata\":{\"a\":1}}")
                        + "\n\n" + signals("zz") + "\r\n" // line 3
                        + "{\n"
                        + "{\"signals\":[]}\n"
                        + signals(HASH).replace("]}", "],\"note\":\"" + "n".repeat(256) + "\"}") + "\n"
                        + signals(HASH).replace("\"}", "\",\"quality\":20}") + "\n"
                        + "{\"signals\":[{\"type\":\"md5\",\"hash\":\"" + "ab".repeat(16) + "\"}]}");
        assertThat(answers)
                .extracting(answer -> answer.get("line").intValue() + " "
                        + (answer.has("id")
                                ? "banked"
                                : answer.get("status").intValue() + " "
                                        + answer.path("field").asString("-")))
                .containsExactly(
                        "1 banked",
                        "3 400 signals",
                        "4 400 -",
                        "5 400 signals",
                        "6 400 note",
                        "7 422 signals",
                        "8 banked");
        long first = answers.getFirst().get("id").longValue();
        assertThat(answers.getLast().get("id").longValue()).isEqualTo(first + 1);
        assertThat(listed(content)).containsExactly(first, first + 1);
        JsonNode shown = server.get(content + "/" + first).json();
        assertThat(shown.get("labels").toString()).isEqualTo("[\"x\"]");
        assertThat(shown.get("metadata").toString()).isEqualTo("{\"a\":1}");
        assertThat(shown.get("source").stringValue()).isEqualTo("s");
        assertThat(hits("BULK")).containsExactly(first);
    }

    @Test
    void banksThousandsOfLinesInTheirOrder() {
        String content = bank("THOUSANDS") + "/content";
        StringBuilder lines = new StringBuilder();
        int count = 2_500;
        for (int i = 0; i < count; i++) {
            lines.append(signals(String.format("%064x", i * 0x9e3779b97f4a7c15L)))
                    .append(i % 100 == 7 ? "x\n" : "\n");
        }
        List<JsonNode> answers = bulk(content, lines.toString());
        assertThat(answers).hasSize(count);
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            assertThat(answers.get(i).get("line").intValue()).isEqualTo(i + 1);
            assertThat(answers.get(i).has("id")).isEqualTo(i % 100 != 7);
            if (answers.get(i).has("id")) {
                ids.add(answers.get(i).get("id").longValue());
            }
        }
        List<Long> all = new ArrayList<>(listed(content + "?limit=1000"));
        while (all.size() < ids.size()) {
            all.addAll(listed(content + "?limit=1000&after=" + all.getLast()));
        }
        assertThat(all).isEqualTo(ids);
        assertThat(answers.stream()
                        .filter(answer -> answer.has("seq"))
                        .map(answer -> answer.get("seq").longValue())
                        .distinct())
                .hasSize(3);
    }

    @Test
    void refusesABulkOfTooManyLinesBeforeItBanksAny() {
        String content = bank("TOO_MANY") + "/content";
        Answer answer = server.send(
                "POST", content, Map.of("Content-Type", "application/x-ndjson"), bytes("{}\n".repeat(100_001)));
        assertThat(answer.status()).isEqualTo(413);
        assertThat(bulk(content, "\n \n")).isEmpty();
        assertThat(listed(content)).isEmpty();
    }

    @Test
    void banksAVideoByItsFrames() {
        String content = bank("FRAMES") + "/content";
        String other = HASH.replace('f', '0');
        String frames =
                "[\"" + HASH + ",90,0.0\",\"" + HASH + ",90,1.0\",\"" + other + ",80,2.5\",\"" + HASH + ",10,3.0\"]";
        String asArray = "{\"signals\":[{\"type\":\"vpdq\",\"hash\":" + frames + "}],\"duration_ms\":4000}";
        String asText = "{\"signals\":[{\"type\":\"vpdq\",\"hash\":\"" + frames.replace("\"", "\\\"") + "\"}]}";
        List<JsonNode> answers = bulk(content, asArray + "\n" + asText);
        assertThat(answers).allMatch(answer -> answer.has("id"));
        List<JsonNode> contents =
                server.get(content).json().get("contents").valueStream().toList();
        assertThat(contents)
                .extracting(c -> c.get("video").toString())
                .containsExactly("{\"duration_ms\":4000,\"frames\":2}", "{\"duration_ms\":3000,\"frames\":2}");
        assertThat(hits("FRAMES")).hasSize(2);
        assertThat(server.postJson(content, asArray)
                        .json()
                        .get("video")
                        .get("frames")
                        .intValue())
                .isEqualTo(2);
        for (String wrong : List.of(
                asArray.replace("4000", "2999"),
                asArray.replace("4000", "86400001"),
                asArray.replace(",90,0.0", ",101,0.0"),
                asArray.replace(",90,0.0", ",90,1e300"),
                asArray.replace(frames, "7"),
                asArray.replace(frames, "[]"),
                asArray.replace(",90", ",10").replace(",80", ",10"),
                signals(HASH).replace("]}", "],\"duration_ms\":7}"))) {
            Answer answer = server.postJson(content, wrong);
            assertThat(answer.status()).as(wrong + answer.text()).isIn(400, 422);
        }
        assertThat(listed(content)).hasSize(3);
    }

    @Test
    void journalCanBeVerifiedByWhoeverFollowsIt() throws NoSuchAlgorithmException {
        String bank = bank("CHAINED");
        Map<String, String> headers = new HashMap<>(Map.of("Content-Type", "application/json"));
        headers.putAll(Map.of("X-Actor", "ana", "X-Reason", "order 17"));
        server.send("POST", bank + "/content", headers, bytes(signals(HASH)));
        patched(bank, "{\"description\":\"\\u00e9\\\"quoted\\\"\"}");
        String previous = "0".repeat(64);
        long seq = 0;
        JsonNode page;
        List<String> kinds = new ArrayList<>();
        do {
            page = server.get("/v1/journal?limit=2&after=" + seq).json();
            for (JsonNode row : page.get("entries")) {
                assertThat(row.get("seq").longValue()).isEqualTo(seq + 1);
                assertThat(row.get("prev_hash").stringValue()).isEqualTo(previous);
                assertThat(row.get("hash").stringValue()).isEqualTo(computed(row));
                Json.read(row.get("payload").stringValue());
                kinds.add(row.get("kind").stringValue());
                previous = row.get("hash").stringValue();
                seq = row.get("seq").longValue();
            }
            assertThat(page.get("entries").size()).isLessThanOrEqualTo(2);
        } while (page.has("next_after"));
        assertThat(seq).isEqualTo(page.get("list_version").longValue());
        assertThat(kinds.subList(kinds.size() - 3, kinds.size()))
                .containsExactly("create_bank", "add_contents", "update_bank");
        JsonNode row = server.get("/v1/journal?after=" + (seq - 2))
                .json()
                .get("entries")
                .get(0);
        assertThat(row.get("actor").stringValue()).isEqualTo("ana");
        assertThat(row.get("reason").stringValue()).isEqualTo("order 17");
        assertThat(server.get("/v1/journal?after=" + seq).json().get("entries")).isEmpty();
    }

    /** By the rule as it is documented, not by the code that wrote it. */
    private static String computed(JsonNode row) throws NoSuchAlgorithmException {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        sha.update(HexFormat.of().parseHex(row.get("prev_hash").stringValue()));
        sha.update(ByteBuffer.allocate(16)
                .putLong(row.get("seq").longValue())
                .putLong(row.get("at_ms").longValue())
                .array());
        for (String field : List.of("actor", "reason", "kind", "payload")) {
            byte[] text = bytes(row.get(field).stringValue());
            sha.update(ByteBuffer.allocate(4).putInt(text.length).array());
            sha.update(text);
        }
        return HexFormat.of().formatHex(sha.digest());
    }

    @Test
    void makesAChangeOnceUnderItsIdempotencyKey() {
        Map<String, String> key = Map.of("Idempotency-Key", "create-1");
        String json = "application/json";
        byte[] create = bytes("{\"name\":\"ONCE\",\"description\":\"first\"}");
        Answer made = send("POST", "/v1/banks", key, json, create);
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        patched("/v1/banks/ONCE", "{\"description\":\"changed\"}");
        assertSame(send("POST", "/v1/banks", key, json, create), made);
        Answer reused = send("POST", "/v1/banks", key, json, bytes("{\"name\":\"TWICE\"}"));
        assertRefused("Idempotency-Key", 422, reused);
        assertThat(server.get("/v1/banks/TWICE").status()).isEqualTo(404);
        assertThat(send("POST", "/v1/banks", Map.of("Idempotency-Key", "create-2"), json, create)
                        .status())
                .isEqualTo(409);
        assertRefused("Idempotency-Key", 400, send("POST", "/v1/banks", Map.of("Idempotency-Key", " "), json, create));

        String content = "/v1/banks/ONCE/content";
        byte[] photo = Pictures.png(Pictures.photo(11, 200, 150));
        Map<String, String> uploaded = Map.of("Idempotency-Key", "upload-1");
        Answer banked = send("POST", content, uploaded, "image/png", photo);
        assertThat(banked.status()).isEqualTo(201);
        assertSame(send("POST", content, uploaded, "image/png", photo), banked);
        assertRefused("Idempotency-Key", 422, send("POST", content, uploaded, json, bytes(signals(HASH))));
        Map<String, String> ofForm = Map.of("Idempotency-Key", "form-1");
        TestServer.Form form = TestServer.form(List.of("file"), photo, Map.of("note", "n"));
        TestServer.Form other = TestServer.form(List.of("file"), photo, Map.of("note", "m"));
        Answer sent = send("POST", content, ofForm, form.contentType(), form.body());
        byte[] rebounded = new String(form.body(), StandardCharsets.ISO_8859_1)
                .replace("a-boundary", "another-one")
                .getBytes(StandardCharsets.ISO_8859_1);
        String type = form.contentType().replace("a-boundary", "another-one");
        assertSame(send("POST", content, ofForm, type, rebounded), sent);
        assertRefused("Idempotency-Key", 422, send("POST", content, ofForm, other.contentType(), other.body()));
        assertThat(listed(content)).hasSize(2);
    }

    private static void assertSame(Answer again, Answer first) {
        assertThat(again.status()).isEqualTo(first.status());
        assertThat(again.text()).isEqualTo(first.text());
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
    }

    @Test
    void goesOnWithABulkThatCameAgain() {
        String content = bank("AGAIN") + "/content";
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 1_500; i++) {
            lines.append(signals(String.format("%064x", i * 0x9e3779b97f4a7c15L)))
                    .append('\n');
        }
        lines.append("{}\n");
        Map<String, String> key = Map.of("Idempotency-Key", "bulk-1");
        String ndjson = "application/x-ndjson";
        Answer first = send("POST", content, key, ndjson, bytes(lines.toString()));
        assertSame(send("POST", content, key, ndjson, bytes(lines.toString())), first);
        assertRefused("Idempotency-Key", 422, send("POST", content, key, ndjson, bytes(lines + "{}\n")));
        assertThat(listed(content + "?limit=1000")).hasSize(1_000);
        assertThat(first.text().lines().filter(line -> line.contains("\"id\"")).count())
                .isEqualTo(1_500);
        long last = Json.read(first.text().lines().skip(1_499).findFirst().orElseThrow())
                .get("id")
                .longValue();
        assertThat(listed(content + "?after=" + last)).isEmpty();
    }

    @Test
    void banksEachLineOnceHoweverOftenABulkIsCutOff() {
        String content = bank("CUT_OFF") + "/content";
        StringBuilder lines = new StringBuilder();
        int count = 6_000;
        for (int i = 0; i < count; i++) {
            lines.append(signals(String.format("%064x", i * 0x9e3779b97f4a7c15L)))
                    .append('\n');
        }
        Map<String, String> key = Map.of("Idempotency-Key", "cut-off");
        List<Long> ids = new ArrayList<>();
        for (int ms = 5; ids.size() < count; ms *= 2) {
            Answer answer =
                    send("POST", content + "?deadline_ms=" + ms, key, "application/x-ndjson", bytes(lines.toString()));
            assertThat(answer.status()).isIn(200, 503);
            if (answer.status() == 200) {
                List<JsonNode> answers = answer.text().lines().map(Json::read).toList();
                assertThat(answers).hasSize(count);
                List<Long> now = answers.stream()
                        .takeWhile(line -> line.has("id"))
                        .map(line -> line.get("id").longValue())
                        .toList();
                int both = Math.min(now.size(), ids.size());
                assertThat(now.subList(0, both)).isEqualTo(ids.subList(0, both));
                assertThat(answers.subList(now.size(), count))
                        .allMatch(line -> line.get("status").intValue() == 503);
                ids = now.size() > ids.size() ? now : ids;
            }
        }
        List<Long> all = new ArrayList<>(listed(content + "?limit=1000"));
        for (List<Long> page = all; !page.isEmpty(); all.addAll(page)) {
            page = listed(content + "?limit=1000&after=" + all.getLast());
        }
        assertThat(all).isEqualTo(ids);
    }

    @Test
    void isNotChangedByWhatAWebPageCanSend() {
        String bank = bank("PAGES");
        byte[] json = bytes(signals(HASH));
        byte[] photo = Pictures.png(Pictures.photo(9, 200, 150));
        TestServer.Form form = TestServer.form(List.of("file"), photo, Map.of());
        for (Map<String, String> browser : List.of(
                Map.of("Origin", "https://evil.example"),
                Map.of("Origin", "null"),
                Map.of("Sec-Fetch-Site", "cross-site"),
                Map.of("Sec-Fetch-Site", "same-site"))) {
            String field = browser.keySet().iterator().next();
            assertRefused(field, send("POST", bank + "/content", browser, "image/png", photo));
            assertRefused(field, send("POST", bank + "/content", browser, form.contentType(), form.body()));
            assertRefused(field, send("POST", bank + "/content", browser, "application/json", json));
            assertRefused(field, send("DELETE", bank, browser, "text/plain", new byte[0]));
            assertRefused(field, send("POST", "/v1/banks", browser, "application/json", bytes("{\"name\":\"Y\"}")));
            assertThat(send("POST", "/c/bank/PAGES/content", browser, form.contentType(), form.body())
                            .status())
                    .isEqualTo(403);
            // It asks for nothing but an answer, which no page is let to read.
            assertThat(send("POST", "/v1/match", browser, "image/png", photo).status())
                    .isEqualTo(200);
            assertThat(send("GET", bank, browser, "text/plain", new byte[0]).status())
                    .isEqualTo(200);
        }
        for (String type : List.of("text/plain", "application/x-www-form-urlencoded", "application/octet-stream")) {
            assertRefused("Content-Type", 415, send("POST", "/v1/banks", Map.of(), type, bytes("{\"name\":\"Y\"}")));
            assertRefused("Content-Type", 415, send("PATCH", bank, Map.of(), type, bytes("{\"name\":\"Y\"}")));
        }
        assertThat(server.send("POST", "/v1/banks", Map.of(), bytes("{\"name\":\"Y\"}"))
                        .json()
                        .get("detail")
                        .stringValue())
                .isEqualTo("Content-Type: missing (expected: application/json)");
        assertThat(listed(bank + "/content")).isEmpty();
        assertThat(server.get("/v1/banks/Y").status()).isEqualTo(404);
        assertThat(send("POST", bank + "/content", Map.of("Sec-Fetch-Site", "none"), "image/png", photo)
                        .status())
                .isEqualTo(201);
    }

    @Test
    void aKeyMaySendChangesFromAPage() {
        Path data = folder.resolve("keyed");
        String secret = new KeyRing(data)
                .create(
                        new KeyRing.Draft("panel", Role.ADMIN, java.util.Set.of(), false, null, null, null),
                        Instant.now())
                .secret();
        try (TestServer own = new TestServer(data)) {
            Map<String, String> headers =
                    Map.of("Origin", "https://panel.example", "X-API-Key", secret, "Content-Type", "application/json");
            assertThat(own.send("POST", "/v1/banks", headers, bytes("{\"name\":\"Y\"}"))
                            .status())
                    .isEqualTo(201);
        }
    }

    private static Answer send(String method, String path, Map<String, String> browser, String type, byte[] body) {
        Map<String, String> headers = new HashMap<>(browser);
        headers.put("Content-Type", type);
        return server.send(method, path, headers, body);
    }

    private static void assertRefused(String field, Answer answer) {
        assertRefused(field, 403, answer);
    }

    private static void assertRefused(String field, int status, Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.json().get("field").stringValue()).isEqualTo(field);
    }
}
