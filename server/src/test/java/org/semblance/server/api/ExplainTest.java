package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.json.ReportJson;
import tools.jackson.databind.JsonNode;

/** Explanations say what can be computed anew from the hashes, and a question about the past is answered as it was then. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ExplainTest {
    private static final long SEED = Long.getLong("semblance.seed", System.nanoTime());
    private static final int CONTENTS = 200;
    private static final int QUERIES = 4_000;
    private static final int CHANGES = 500;

    @RegisterExtension
    final ServerExtension server = new ServerExtension();

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<Hash256> hashes = new ArrayList<>();

    private static String replay() {
        return "replay with -Dsemblance.seed=" + SEED;
    }

    /** What is banked, as the test knows it. */
    private record Known(String bank, Hash256 hash, int threshold, String status, boolean quarantined) {}

    private Hash256 anyHash() {
        Hash256 hash = hashes.isEmpty() || random.nextInt(3) == 0
                ? new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong())
                : hashes.get(random.nextInt(hashes.size()))
                        .flip(random.ints(random.nextInt(70), 0, 256).distinct().toArray());
        hashes.add(hash);
        return hash;
    }

    private static JsonNode ok(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isBetween(200, 201);
        return answer.json();
    }

    private JsonNode json(String method, String path, String body) {
        return ok(server.sendJson(method, path, body));
    }

    private static String signals(Hash256 hash) {
        return "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash.toHex() + "\"}]}";
    }

    @Test
    void tellsTheNearestWithDistancesThatRecompute() {
        json("POST", "/v1/banks", "{\"name\":\"A\"}");
        json("POST", "/v1/banks", "{\"name\":\"STRICT\",\"distance_threshold\":10}");
        json("POST", "/v1/banks", "{\"name\":\"OFF\",\"enabled_ratio\":0}");
        Map<Long, Known> known = new HashMap<>();
        for (int i = 0; i < CONTENTS; i++) {
            String bank = List.of("A", "STRICT", "OFF").get(random.nextInt(3));
            Hash256 hash = anyHash();
            long id = json("POST", "/v1/banks/" + bank + "/content", signals(hash))
                    .get("id")
                    .longValue();
            String path = "/v1/banks/" + bank + "/content/" + id;
            int threshold = bank.equals("STRICT") ? 10 : 31;
            boolean quarantined = random.nextInt(10) == 0;
            boolean disabled = random.nextInt(10) == 0;
            if (random.nextInt(5) == 0) {
                threshold = random.nextInt(80);
                json("PATCH", path, "{\"distance_threshold\":" + threshold + "}");
            }
            if (quarantined) {
                json("PATCH", path, "{\"quarantine\":{\"reason\":\"test\"}}");
            }
            if (disabled) {
                json("PATCH", path, "{\"status\":\"disabled\"}");
            }
            known.put(id, new Known(bank, hash, threshold, disabled ? "disabled" : "enabled", quarantined));
        }
        List<Hash256> queries =
                IntStream.range(0, QUERIES).mapToObj(i -> anyHash()).toList();
        String lines = queries.stream().map(Hash256::toHex).collect(Collectors.joining("\n"));
        Answer answer = server.send(
                "POST",
                "/v1/lookup?explain=true&deadline_ms=100000",
                Map.of("Content-Type", "application/x-ndjson"),
                lines.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        List<JsonNode> results =
                answer.text().lines().map(ReportJson.MAPPER::readTree).toList();
        assertThat(results).hasSize(QUERIES);
        Set<String> outcomes = new HashSet<>();
        for (int i = 0; i < QUERIES; i++) {
            JsonNode result = results.get(i);
            JsonNode signal = result.get("explain").get("signals").get(0);
            assertThat(signal.get("hash").stringValue())
                    .isEqualTo(queries.get(i).toHex());
            Set<Long> matched = ids(result, "matches");
            Set<Long> held = ids(result, "quarantined");
            List<Integer> distances = new ArrayList<>();
            for (JsonNode neighbour : signal.get("nearest")) {
                check(neighbour, queries.get(i), known, matched, held);
                outcomes.add(neighbour.get("outcome").stringValue());
                distances.add(neighbour.get("distance").intValue());
            }
            Hash256 query = queries.get(i);
            int nearest = known.values().stream()
                    .mapToInt(content -> content.hash.distance(query))
                    .min()
                    .orElseThrow();
            assertThat(distances).as(replay()).isSorted();
            assertThat(distances.getFirst()).as(replay()).isEqualTo(nearest);
        }
        assertThat(outcomes).contains("match", "beyond_threshold", "disabled", "bank_off", "quarantined");
    }

    private static Set<Long> ids(JsonNode result, String list) {
        return result.path(list)
                .valueStream()
                .map(hit -> hit.get("content_id").longValue())
                .collect(Collectors.toSet());
    }

    private static void check(
            JsonNode neighbour, Hash256 query, Map<Long, Known> known, Set<Long> matched, Set<Long> held) {
        long id = neighbour.get("content_id").longValue();
        Known content = Objects.requireNonNull(known.get(id), replay());
        int distance = content.hash.distance(query);
        assertThat(neighbour.get("distance").intValue()).as(replay()).isEqualTo(distance);
        assertThat(Hash256.parse(neighbour.get("bank_hash").stringValue())).isEqualTo(content.hash);
        assertThat(Hash256.parse(neighbour.get("query_hash").stringValue())).isEqualTo(query);
        List<String> rows = neighbour
                .get("difference")
                .valueStream()
                .map(JsonNode::stringValue)
                .toList();
        for (int bit = 0; bit < 256; bit++) {
            boolean differs = rows.get(bit / 16).charAt(bit % 16) == '1';
            assertThat(differs).as(replay()).isEqualTo(content.hash.bit(bit) != query.bit(bit));
        }
        assertThat(neighbour.get("threshold").intValue()).as(replay()).isEqualTo(content.threshold);
        String expected = distance > content.threshold
                ? "beyond_threshold"
                : content.bank.equals("OFF")
                        ? "bank_off"
                        : content.status.equals("disabled")
                                ? "disabled"
                                : content.quarantined ? "quarantined" : "match";
        assertThat(neighbour.get("outcome").stringValue()).as(replay()).isEqualTo(expected);
        assertThat(matched.contains(id)).as(replay()).isEqualTo(expected.equals("match"));
        assertThat(held.contains(id)).as(replay()).isEqualTo(expected.equals("quarantined"));
    }

    /** A question that was asked when the list had that version. */
    private record Asked(long version, String path, String body, String answer) {}

    @Test
    void answersAboutThePastAsItAnsweredThen() {
        List<String> banks = new ArrayList<>();
        Map<Long, String> contents = new HashMap<>();
        List<Asked> asked = new ArrayList<>();
        for (int i = 0; i < CHANGES; i++) {
            change(i, banks, contents);
            for (int question = 0; question < 2; question++) {
                String bank = banks.isEmpty() || random.nextBoolean() ? null : banks.get(random.nextInt(banks.size()));
                asked.add(ask(bank));
            }
        }
        for (Asked question : asked) {
            String path = question.path + (question.path.contains("?") ? "&" : "?") + "as_of=" + question.version;
            assertThat(server.postJson(path, question.body).text()).as(replay()).isEqualTo(question.answer);
        }
        Answer future = server.postJson("/v1/lookup?as_of=999999", "[\"" + Hash256.ZERO.toHex() + "\"]");
        assertThat(future.status()).isEqualTo(400);
        assertThat(future.json().get("field").stringValue()).isEqualTo("as_of");
    }

    private Asked ask(@Nullable String bank) {
        String body = IntStream.range(0, 3)
                .mapToObj(i -> "\"" + anyHash().toHex() + "\"")
                .collect(Collectors.joining(",", "[", "]"));
        String path = "/v1/lookup?details=true" + (bank == null ? "" : "&banks=" + bank);
        Answer answer = server.postJson(path, body);
        return new Asked(ok(answer).get("list_version").longValue(), path, body, withoutIds(answer.text()));
    }

    /** Each answer of now has an id of its own, and those about the past have none. */
    private static String withoutIds(String answer) {
        return answer.replaceAll(",\"verdict_id\":\"[^\"]*\"", "");
    }

    private void change(int step, List<String> banks, Map<Long, String> contents) {
        int kind = random.nextInt(100);
        if (banks.isEmpty() || kind < 4) {
            String name = "B" + step;
            banks.add(name);
            String allow = random.nextInt(3) == 0 ? ",\"kind\":\"allow\"" : "";
            json("POST", "/v1/banks", "{\"name\":\"" + name + "\"" + allow + "}");
        } else if (kind < 6) {
            String name = banks.remove(random.nextInt(banks.size()));
            ok(server.delete("/v1/banks/" + name));
            contents.values().removeIf(name::equals);
        } else if (kind < 12) {
            int at = random.nextInt(banks.size());
            String name = banks.get(at);
            String renamed = "R" + step;
            json(
                    "PATCH",
                    "/v1/banks/" + name,
                    "{\"name\":\"" + renamed + "\",\"distance_threshold\":" + random.nextInt(60) + ",\"enabled_ratio\":"
                            + random.nextInt(2) + "}");
            banks.set(at, renamed);
            contents.replaceAll((id, bank) -> bank.equals(name) ? renamed : bank);
        } else if (contents.isEmpty() || kind < 50) {
            String bank = banks.get(random.nextInt(banks.size()));
            contents.put(
                    json("POST", "/v1/banks/" + bank + "/content", signals(anyHash()))
                            .get("id")
                            .longValue(),
                    bank);
        } else {
            long id = contents.keySet().stream()
                    .sorted(Comparator.naturalOrder())
                    .skip(random.nextInt(contents.size()))
                    .findFirst()
                    .orElseThrow();
            String path = "/v1/banks/" + contents.get(id) + "/content/" + id;
            if (kind < 65) {
                ok(server.delete(path));
                contents.remove(id);
            } else {
                json(
                        "PATCH",
                        path,
                        List.of(
                                        "{\"status\":\"disabled\"}",
                                        "{\"status\":\"enabled\"}",
                                        "{\"labels\":[\"a\",\"b\"]}",
                                        "{\"distance_threshold\":" + random.nextInt(60) + "}",
                                        "{\"quarantine\":{\"reason\":\"x\"}}",
                                        "{\"quarantine\":null}",
                                        "{\"note\":\"n" + step + "\",\"source\":\"s" + step + "\"}")
                                .get(random.nextInt(7)));
            }
        }
    }

    @Test
    void explainsAFile() {
        json("POST", "/v1/banks", "{\"name\":\"A\"}");
        byte[] banked = Pictures.png(Pictures.photo(1, 300, 300));
        long id = ok(server.postForm("/v1/banks/A/content", "file", banked, Map.of()))
                .get("id")
                .longValue();
        JsonNode same = ok(server.post("/v1/match?explain=true", banked)).get("explain");
        List<String> types = same.get("signals")
                .valueStream()
                .map(signal -> signal.get("type").stringValue())
                .toList();
        assertThat(types).contains("pdq", "md5", "sha256");
        for (JsonNode signal : same.get("signals")) {
            assertThat(signal.get("nearest").get(0).get("content_id").longValue())
                    .isEqualTo(id);
            assertThat(signal.get("nearest").get(0).get("outcome").stringValue())
                    .isEqualTo("match");
        }
        byte[] other = Pictures.png(Pictures.photo(2, 300, 300));
        JsonNode none = ok(server.post("/v1/match?explain=true", other));
        assertThat(none.get("verdict").stringValue()).isEqualTo("no_match");
        JsonNode nearest = none.get("explain")
                .get("signals")
                .valueStream()
                .filter(signal -> signal.get("type").stringValue().equals("pdq"))
                .findFirst()
                .orElseThrow()
                .get("nearest")
                .get(0);
        assertThat(nearest.get("outcome").stringValue()).isEqualTo("beyond_threshold");
        assertThat(nearest.get("distance").intValue()).isGreaterThan(31);
    }

    @Test
    void comparesAFileAHashAndAContent() {
        json("POST", "/v1/banks", "{\"name\":\"A\",\"distance_threshold\":20}");
        byte[] banked = Pictures.png(Pictures.photo(1, 300, 300));
        long id = ok(server.postForm("/v1/banks/A/content", "file", banked, Map.of()))
                .get("id")
                .longValue();
        JsonNode same = ok(
                server.postForm("/v1/compare", "file", banked, Map.of("bank", "A", "content_id", Long.toString(id))));
        assertThat(same.get("match").booleanValue()).isTrue();
        assertThat(same.get("same_bytes").booleanValue()).isTrue();
        assertThat(same.get("threshold").intValue()).isEqualTo(20);
        assertThat(same.get("threshold_of").stringValue()).isEqualTo("bank");
        Hash256 one = anyHash();
        Hash256 other = one.flip(1, 17, 200);
        JsonNode hashes = json(
                "POST",
                "/v1/compare",
                "{\"of\":[{\"hash\":\"" + one.toHex() + "\"},{\"hash\":\"" + other.toHex() + "\"}]}");
        assertThat(hashes.get("distance").intValue()).isEqualTo(3);
        assertThat(hashes.get("match").booleanValue()).isTrue();
        assertThat(hashes.get("difference").get(1).stringValue()).isEqualTo("0100000000000000");
        Answer unknown = server.postJson(
                "/v1/compare", "{\"of\":[{\"hash\":\"" + one.toHex() + "\"},{\"bank\":\"A\",\"content_id\":99}]}");
        assertThat(unknown.status()).isEqualTo(404);
        Answer three = server.postJson("/v1/compare", "{\"of\":[{\"hash\":\"" + one.toHex() + "\"}]}");
        assertThat(three.status()).isEqualTo(400);
        assertThat(three.json().get("field").stringValue()).isEqualTo("of");
    }
}
