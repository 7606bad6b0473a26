package org.semblance.server.matchlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.http.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A key of some banks sees of log, stream, figures, reviews and withdrawals what it would see of a database that has never had the
 * other banks: the same is done to both, and each answer compared.
 */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MatchLogScopeTest {
    private static final long SEED = Long.getLong("semblance.seed", System.nanoTime());
    private static final int CONTENTS = 6;

    @TempDir
    private Path folder;

    /** A server, with the ids of its contents as those of the other server. */
    private static final class Site implements AutoCloseable {
        final TestServer server;
        final String root;
        final String own;
        final String others;
        final boolean whole;

        /** From the id of a content of the banks that both have to one that both understand. */
        final Map<Long, Integer> contents = new HashMap<>();

        final List<Long> ids = new ArrayList<>();

        Site(Path data, boolean whole) {
            this.whole = whole;
            root = key(data, "root", Set.of());
            own = key(data, "own", Set.of("MINE", "FINE"));
            others = key(data, "others", Set.of("THEIRS"));
            server = new TestServer(data);
        }

        private static String key(Path data, String name, Set<String> banks) {
            return new KeyRing(data)
                    .create(new KeyRing.Draft(name, Role.ADMIN, banks, false, null, null, null), Instant.now())
                    .secret();
        }

        Answer call(String secret, String method, String path, String json) {
            return server.send(
                    method,
                    path,
                    Map.of("Authorization", "Bearer " + secret, "Content-Type", "application/json"),
                    json.getBytes(StandardCharsets.UTF_8));
        }

        JsonNode ok(String secret, String method, String path, String json) {
            Answer answer = call(secret, method, path, json);
            assertThat(answer.status()).as(answer.text()).isBetween(200, 299);
            return answer.json();
        }

        void bank(String name, String kind, List<Hash256> hashes) {
            ok(root, "POST", "/v1/banks", "{\"name\":\"" + name + "\",\"kind\":\"" + kind + "\"}");
            for (Hash256 hash : hashes) {
                long id = ok(
                                root,
                                "POST",
                                "/v1/banks/" + name + "/content",
                                "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash.toHex() + "\"}],\"labels\":[\"of "
                                        + name + "\"]}")
                        .get("id")
                        .longValue();
                if (!name.equals("THEIRS") && !name.equals("ALLOWED")) {
                    contents.put(id, ids.size());
                    ids.add(id);
                }
            }
        }

        /** An answer without what has to differ: ids of rows, verdicts and contents, and times. */
        String comparable(JsonNode node) {
            JsonNode copy = node.deepCopy();
            strip(copy);
            return copy.toString();
        }

        private void strip(JsonNode node) {
            if (node instanceof ObjectNode object) {
                object.remove(List.of(
                        "id", "at", "verdict_id", "list_version", "next_before", "next_after", "seq", "from", "to"));
                if (object.has("content_id")) {
                    Integer number = contents.get(object.get("content_id").longValue());
                    assertThat(number).as("content %s is another's", object).isNotNull();
                    object.put("content_id", number);
                }
                if (object.get("content_ids") != null) {
                    assertThat(object.get("content_ids"))
                            .allSatisfy(id -> assertThat(contents).containsKey(id.longValue()));
                    object.remove("content_ids");
                }
            }
            node.forEach(this::strip);
        }

        List<JsonNode> rows(String query) {
            List<JsonNode> rows = new ArrayList<>();
            ok(own, "GET", "/v1/matches" + query, "").get("matches").forEach(rows::add);
            return rows;
        }

        String stream() {
            int rows = rows("?limit=1000").size();
            assertThat(rows).isPositive();
            Answer answer = server.send(
                    "GET",
                    "/v1/matches/stream?after=0&limit=" + rows,
                    Map.of("Authorization", "Bearer " + own),
                    new byte[0]);
            StringBuilder text = new StringBuilder();
            answer.text()
                    .lines()
                    .filter(line -> line.startsWith("data: "))
                    .forEach(line -> text.append(comparable(Json.read(line.substring(6)))));
            return text.toString();
        }

        @Override
        public void close() {
            server.close();
        }
    }

    private static Hash256 near(Hash256 hash, Random random) {
        byte[] bytes = hash.toBytes();
        for (int i = random.nextInt(10); i > 0; i--) {
            int bit = random.nextInt(256);
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
        }
        return Hash256.fromBytes(bytes);
    }

    @Test
    void seesWhatADatabaseWithoutTheOtherBanksWouldShow() {
        Random random = new Random(SEED);
        List<Hash256> hashes = new ArrayList<>();
        for (int i = 0; i < CONTENTS; i++) {
            hashes.add(new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()));
        }
        try (Site both = new Site(folder.resolve("both"), true);
                Site alone = new Site(folder.resolve("alone"), false)) {
            for (Site site : List.of(both, alone)) {
                site.bank("MINE", "match", hashes.subList(0, 4));
                site.bank("FINE", "allow", hashes.subList(3, 4));
                if (site.whole) {
                    site.bank("THEIRS", "match", hashes.subList(2, 6));
                    site.bank("ALLOWED", "allow", hashes.subList(1, 2));
                }
            }
            StringBuilder queries = new StringBuilder();
            for (int i = 0; i < 60; i++) {
                Hash256 hash = near(hashes.get(random.nextInt(CONTENTS)), random);
                queries.append(i == 0 ? "" : ",")
                        .append("{\"hash\":\"")
                        .append(hash.toHex())
                        .append("\",\"id\":")
                        .append(i)
                        .append('}');
            }
            for (Site site : List.of(both, alone)) {
                // By a key that sees all that there is, by one of these banks, and by one of the others.
                site.ok(site.root, "POST", "/v1/lookup", "{\"queries\":[" + queries + "]}");
                site.ok(site.own, "POST", "/v1/lookup", "{\"queries\":[" + queries + "]}");
                if (site.whole) {
                    site.ok(site.others, "POST", "/v1/lookup", "{\"queries\":[" + queries + "]}");
                }
            }
            compare(both, alone);
            review(both, alone);
            compare(both, alone);
            withdraw(both, alone);
            compare(both, alone);
        }
    }

    private static void compare(Site both, Site alone) {
        for (String path : List.of(
                "/v1/matches?limit=1000",
                "/v1/matches?limit=1000&order=oldest",
                "/v1/matches?limit=1000&verdict=match",
                "/v1/matches?limit=1000&verdict=suppressed",
                "/v1/matches?limit=1000&bank=MINE",
                "/v1/matches?limit=1000&bank=FINE",
                "/v1/matches?limit=1000&label=of%20THEIRS",
                "/v1/matches?limit=1000&key=root",
                "/v1/matches?limit=1000&key=others",
                "/v1/matches?limit=1000&reference=7",
                "/v1/stats?by=bank",
                "/v1/stats?by=bank&bank=MINE&step=hour",
                "/v1/stats?by=content",
                "/v1/stats?by=label",
                "/v1/stats?by=verdict",
                "/v1/stats?by=key",
                "/v1/report")) {
            assertThat(both.comparable(both.ok(both.own, "GET", path, "")))
                    .as("%s, replay with -Dsemblance.seed=%s", path, SEED)
                    .isEqualTo(alone.comparable(alone.ok(alone.own, "GET", path, "")));
        }
        for (String path :
                List.of("/v1/matches?bank=THEIRS", "/v1/stats?bank=ALLOWED", "/v1/matches/stream?bank=THEIRS")) {
            Answer refused = both.call(both.own, "GET", path, "");
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.text())
                    .isEqualTo(alone.call(alone.own, "GET", path, "").text());
        }
        assertThat(both.stream()).isEqualTo(alone.stream());
    }

    private static void review(Site both, Site alone) {
        // Verdicts that name contents of other banks alone, and some that name both.
        List<String> hidden = new ArrayList<>();
        List<String> seen = both.rows("?limit=1000").stream()
                .map(row -> row.get("verdict_id").stringValue())
                .toList();
        both.ok(both.root, "GET", "/v1/matches?limit=1000", "").get("matches").forEach(row -> {
            if (!seen.contains(row.get("verdict_id").stringValue())) {
                hidden.add(row.get("verdict_id").stringValue());
            }
        });
        assertThat(hidden).isNotEmpty();
        for (String verdict : hidden) {
            Answer refused =
                    both.call(both.own, "POST", "/v1/matches/" + verdict + "/review", "{\"review\":\"confirmed\"}");
            assertThat(refused.status()).isEqualTo(404);
            assertThat(refused.text())
                    .isEqualTo(alone.call(
                                    alone.own,
                                    "POST",
                                    "/v1/matches/" + verdict + "/review",
                                    "{\"review\":\"confirmed\"}")
                            .text());
        }
        for (Site site : List.of(both, alone)) {
            int number = 0;
            for (JsonNode row : site.rows("?limit=1000&order=oldest")) {
                String word = number++ % 3 == 0 ? "false_match" : "confirmed";
                if (!row.get("outcome").stringValue().equals("suppressed_by")) {
                    site.ok(
                            site.own,
                            "POST",
                            "/v1/matches/" + row.get("verdict_id").stringValue() + "/review",
                            "{\"review\":\"" + word + "\"}");
                }
            }
        }
        // What was said of one bank's contents is nothing that the others' key sees.
        both.ok(both.others, "GET", "/v1/matches?limit=1000", "")
                .get("matches")
                .forEach(row -> assertThat(row.has("review")).isFalse());
    }

    private static void withdraw(Site both, Site alone) {
        List<String> answers = new ArrayList<>();
        for (Site site : List.of(both, alone)) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 3; i++) {
                JsonNode answer = site.ok(site.own, "DELETE", "/v1/banks/MINE/content/" + site.ids.get(i), "");
                text.append(answer.get("matched_references")).append(answer.get("matched_without_reference"));
            }
            text.append(site.ok(site.own, "DELETE", "/v1/banks/FINE", "").get("matched_uploads"));
            answers.add(text.toString());
        }
        assertThat(answers.getFirst()).isEqualTo(answers.getLast());
    }
}
