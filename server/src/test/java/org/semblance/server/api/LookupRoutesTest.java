package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Many hashes in one request, in each form, against a scan of what was banked. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LookupRoutesTest {
    private static final long SEED = Long.getLong("semblance.seed", 2026L);
    private static final Map<String, String> OCTETS = Map.of("Content-Type", "application/octet-stream");
    private static final Map<String, String> LINES = Map.of("Content-Type", "application/x-ndjson");

    /** Of the banked hashes, in the order of their ids. */
    private static final List<Hash256> BANKED = new ArrayList<>();

    private static final List<Hash256> QUERIES = new ArrayList<>();

    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    private static long firstId;

    @BeforeAll
    static void start() {
        bank("KNOWN", "match");
        Random random = new Random(SEED);
        for (int i = 0; i < 60; i++) {
            BANKED.add(i % 5 == 4 ? flipped(BANKED.getLast(), 10, random) : random(random));
        }
        firstId = add("KNOWN", BANKED);
        for (int i = 0; i < 400; i++) {
            Hash256 near = BANKED.get(random.nextInt(BANKED.size()));
            QUERIES.add(i % 3 == 0 ? flipped(near, random.nextInt(40), random) : random(random));
        }
    }

    private static void bank(String name, String kind) {
        Answer answer = server.postJson("/v1/banks", "{\"name\":\"" + name + "\",\"kind\":\"" + kind + "\"}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    }

    /** Banks them in their order and gives the first id. */
    private static long add(String bank, List<Hash256> hashes) {
        String lines = hashes.stream()
                .map(hash -> "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash.toHex() + "\"}]}\n")
                .collect(Collectors.joining());
        Answer answer = server.send("POST", "/v1/banks/" + bank + "/content", LINES, bytes(lines));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return Json.read(answer.text().lines().findFirst().orElseThrow())
                .get("id")
                .longValue();
    }

    private static Hash256 random(Random random) {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    private static Hash256 flipped(Hash256 hash, int bits, Random random) {
        byte[] bytes = hash.toBytes();
        for (int i = 0; i < bits; i++) {
            int bit = random.nextInt(256);
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
        }
        return Hash256.fromBytes(bytes);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] octets(List<Hash256> hashes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        hashes.forEach(hash -> out.writeBytes(hash.toBytes()));
        return out.toByteArray();
    }

    private static String json(List<Hash256> hashes) {
        return hashes.stream().map(hash -> '"' + hash.toHex() + '"').collect(Collectors.joining(",", "[", "]"));
    }

    /** By query, what is within 31 bits of it, with its distance, by a scan. */
    private static Map<Integer, Map<Long, Integer>> expected() {
        Map<Integer, Map<Long, Integer>> expected = new LinkedHashMap<>();
        for (int q = 0; q < QUERIES.size(); q++) {
            Map<Long, Integer> hits = new LinkedHashMap<>();
            for (int i = 0; i < BANKED.size(); i++) {
                int distance = QUERIES.get(q).distance(BANKED.get(i));
                if (distance <= 31) {
                    hits.put(firstId + i, distance);
                }
            }
            if (!hits.isEmpty()) {
                expected.put(q, hits);
            }
        }
        return expected;
    }

    private static Map<Integer, Map<Long, Integer>> found(Iterable<JsonNode> results) {
        Map<Integer, Map<Long, Integer>> found = new LinkedHashMap<>();
        for (JsonNode result : results) {
            Map<Long, Integer> hits = new LinkedHashMap<>();
            int last = 0;
            for (JsonNode match : result.path("matches")) {
                assertThat(match.propertyNames()).containsExactly("bank", "content_id", "distance", "threshold");
                assertThat(match.get("bank").stringValue()).isEqualTo("KNOWN");
                assertThat(match.get("threshold").intValue()).isEqualTo(31);
                int distance = match.get("distance").intValue();
                assertThat(distance).isGreaterThanOrEqualTo(last);
                last = distance;
                hits.put(match.get("content_id").longValue(), distance);
            }
            if (!hits.isEmpty()) {
                found.put(result.get("query").intValue(), hits);
            }
            assertThat(result.get("verdict").stringValue()).isEqualTo(hits.isEmpty() ? "no_match" : "match");
        }
        return found;
    }

    @Test
    void findsInEachFormWhatAScanFinds() {
        String described = "-Dsemblance.seed=" + SEED;
        for (Answer answer : List.of(
                server.postJson("/v1/lookup", json(QUERIES)),
                server.postJson("/v1/lookup?banks=KNOWN", "{\"hashes\":" + json(QUERIES) + "}"),
                server.send("POST", "/v1/lookup", OCTETS, octets(QUERIES)))) {
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            JsonNode body = answer.json();
            assertThat(body.propertyNames()).containsExactly("list_version", "queries", "results");
            assertThat(body.get("queries").intValue()).isEqualTo(QUERIES.size());
            assertThat(body.get("list_version").longValue())
                    .isEqualTo(server.get("/readyz").json().get("list_version").longValue());
            assertThat(found(body.get("results"))).as(described).isEqualTo(expected());
            // Those without a hit are left out.
            assertThat(body.get("results")).hasSize(expected().size());
        }
    }

    @Test
    void answersALineForEachLine() {
        String lines = QUERIES.stream().map(hash -> hash.toHex() + "\n").collect(Collectors.joining());
        for (Answer answer : List.of(
                server.send("POST", "/v1/lookup", LINES, bytes(lines)),
                server.send(
                        "POST",
                        "/v1/lookup",
                        Map.of(
                                "Content-Type",
                                "application/octet-stream",
                                "Accept",
                                "text/plain;q=0.1, application/x-ndjson"),
                        octets(QUERIES)))) {
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(answer.header("Content-Type")).isEqualTo("application/x-ndjson");
            List<JsonNode> results = answer.text().lines().map(Json::read).toList();
            assertThat(results).hasSize(QUERIES.size());
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).get("query").intValue()).isEqualTo(i);
                assertThat(results.get(i).get("list_version").longValue()).isPositive();
            }
            assertThat(found(results)).as("-Dsemblance.seed=%d", SEED).isEqualTo(expected());
        }
    }

    @Test
    void aBadLineTakesNoOtherWithIt() {
        String good = BANKED.getFirst().toHex();
        Answer answer = server.send(
                "POST",
                "/v1/lookup",
                LINES,
                bytes(good + "\r\n\n  \n{\"hash\":\"" + good.toUpperCase(java.util.Locale.ROOT)
                        + "\",\"id\":\"upload-1\"}\n" + "\"" + good
                        + "\"\nzz\n{\"hash\":7}\n{\"id\":1}\n{\n{\"hash\":\""
                        + good + "\",\"id\":8}"));
        assertThat(answer.status()).isEqualTo(200);
        List<JsonNode> lines = answer.text().lines().map(Json::read).toList();
        assertThat(lines)
                .extracting(line -> line.has("verdict")
                        ? line.get("verdict").stringValue()
                        : line.get("status").intValue() + " "
                                + line.path("field").asString("-"))
                .containsExactly("match", "match", "match", "400 hash", "400 hash", "400 hash", "400 -", "match");
        assertThat(lines.get(1).get("id").stringValue()).isEqualTo("upload-1");
        assertThat(lines.get(7).get("id").intValue()).isEqualTo(8);
        assertThat(lines.get(3).get("detail").stringValue()).isEqualTo("hash: 'zz' (expected: 64 hex digits)");
    }

    @Test
    void isSuppressedByAllowedContentAndSeesNoBankThatIsOff() {
        Random random = new Random(SEED + 1);
        Hash256 hash = random(random);
        bank("BAD", "match");
        bank("FINE", "allow");
        long bad = add("BAD", List.of(hash));
        String query = json(List.of(hash, random(random)));
        assertThat(verdicts("/v1/lookup", query)).containsExactly("match");
        long fine = add("FINE", List.of(flipped(hash, 3, random)));
        JsonNode result =
                server.postJson("/v1/lookup", query).json().get("results").get(0);
        assertThat(result.get("verdict").stringValue()).isEqualTo("suppressed");
        assertThat(result.get("matches").get(0).get("content_id").longValue()).isEqualTo(bad);
        assertThat(result.get("suppressed_by").get(0).get("content_id").longValue())
                .isEqualTo(fine);
        assertThat(verdicts("/v1/lookup?banks=BAD", query)).containsExactly("match");
        assertThat(verdicts("/v1/lookup?banks=FINE", query)).isEmpty();
        server.sendJson("PATCH", "/v1/banks/FINE", "{\"enabled_ratio\":0}");
        assertThat(verdicts("/v1/lookup", query)).containsExactly("match");
        server.sendJson("PATCH", "/v1/banks/BAD", "{\"enabled_ratio\":0}");
        assertThat(verdicts("/v1/lookup", query)).isEmpty();
    }

    private static List<String> verdicts(String path, String query) {
        return server.postJson(path, query)
                .json()
                .get("results")
                .valueStream()
                .map(result -> result.get("verdict").stringValue())
                .toList();
    }

    @Test
    void takesNoneAndRefusesTooMany() {
        assertThat(server.send("POST", "/v1/lookup", OCTETS, new byte[0]).json().get("results"))
                .isEmpty();
        assertThat(server.postJson("/v1/lookup", "{\"hashes\":[]}")
                        .json()
                        .get("queries")
                        .intValue())
                .isZero();
        assertThat(server.send("POST", "/v1/lookup", LINES, new byte[0]).text()).isEmpty();
        Answer refused = server.send("POST", "/v1/lookup", OCTETS, new byte[32 * 100_001]);
        assertThat(refused.status()).isEqualTo(413);
        assertThat(refused.json().get("detail").stringValue()).isEqualTo("hashes: '100001' (expected: at most 100000)");
        assertThat(server.send("POST", "/v1/lookup", OCTETS, new byte[16_000_032])
                        .status())
                .isEqualTo(413);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            application/octet-stream          | 0123456789                | 400 | body
            application/json                  | {"hash":"ab"}             | 400 | body
            application/json                  | {}                        | 400 | hashes
            application/json                  | {"hashes":"ab"}           | 400 | hashes
            application/json                  | ["ab"]                    | 400 | hashes[0]
            application/json                  | [7]                       | 400 | hashes
            application/json                  | 7                         | 400 | body
            application/json                  | [                         | 400 |
            application/x-www-form-urlencoded | hashes=ab                 | 415 | Content-Type
            text/plain                        | ab                        | 415 | Content-Type
            """)
    void namesTheFieldOfAWrongRequest(String type, String body, int status, String field) {
        Answer answer = server.send("POST", "/v1/lookup", Map.of("Content-Type", type), bytes(body));
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        if (field != null) {
            assertThat(answer.json().get("field").stringValue()).isEqualTo(field);
        }
    }

    @Test
    void refusesABankThatDoesNotExist() {
        Answer answer = server.postJson("/v1/lookup?banks=KNOWN,NOPE", "[]");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("field").stringValue()).isEqualTo("banks");
    }
}
