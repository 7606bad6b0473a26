package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.http.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A key of one bank is answered as by a database that has never had the others: verdicts, explanations, comparisons, forecasts, what
 * is held, earlier uploads, and the past. The same is done to both databases, and each answer compared.
 */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScopedAnswersTest {
    private static final long SEED = Long.getLong("semblance.seed", System.nanoTime());

    /** What differs from one run to the next, or counts over all banks. */
    private static final List<String> OF_A_RUN = List.of(
            "verdict_id",
            "timing_us",
            "list_version",
            "seq",
            "created_at",
            "updated_at",
            "at",
            "ring",
            "at_ms",
            "hash_ms");

    @TempDir
    private Path folder;

    private final SplittableRandom random = new SplittableRandom(SEED);

    private static final class Site implements AutoCloseable {
        private final String root;
        private final String own;
        private final TestServer server;
        private final boolean whole;

        Site(Path data, boolean whole) {
            this.whole = whole;
            root = key(data, "root", Set.of());
            own = key(data, "own", Set.of("MINE", "FINE"));
            server = new TestServer(data);
        }

        private static String key(Path data, String name, Set<String> banks) {
            return new KeyRing(data)
                    .create(new KeyRing.Draft(name, Role.ADMIN, banks, false, null, null, null), Instant.now())
                    .secret();
        }

        Answer send(String secret, String method, String path, String type, byte[] body) {
            return server.send(method, path, Map.of("Authorization", "Bearer " + secret, "Content-Type", type), body);
        }

        JsonNode json(String secret, String method, String path, String body) {
            Answer answer = send(secret, method, path, "application/json", body.getBytes(StandardCharsets.UTF_8));
            assertThat(answer.status()).as(answer.text()).isBetween(200, 299);
            return answer.json();
        }

        String comparable(Answer answer) {
            if (answer.text().isEmpty()) {
                return Integer.toString(answer.status());
            }
            JsonNode node = Json.read(java.nio.ByteBuffer.wrap(answer.text().getBytes(StandardCharsets.UTF_8)));
            strip(node);
            return answer.status() + " " + node;
        }

        private static void strip(JsonNode node) {
            if (node instanceof ObjectNode object) {
                object.remove(OF_A_RUN);
            }
            node.forEach(Site::strip);
        }

        @Override
        public void close() {
            server.close();
        }
    }

    private Hash256 near(Hash256 hash, int bits) {
        return hash.flip(random.ints(0, 256).distinct().limit(bits).toArray());
    }

    private static String signals(Hash256 hash) {
        return "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash.toHex() + "\"}]}";
    }

    @Test
    void tellsNothingOfBanksThatAKeyDoesNotSee() {
        Hash256 known = Hash256.parse("f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22");
        List<Hash256> hidden = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            hidden.add(near(known, random.nextInt(45)));
        }
        List<Hash256> asked = new ArrayList<>(List.of(known, near(known, 20), near(known, 40), near(known, 128)));
        byte[] photo = Pictures.png(Pictures.photo(11, 300, 300));
        try (Site whole = new Site(folder.resolve("whole"), true);
                Site alone = new Site(folder.resolve("alone"), false)) {
            List<String> answers = new ArrayList<>();
            for (Site site : List.of(whole, alone)) {
                answers.add(String.join("\n", walk(site, known, hidden, asked, photo)));
            }
            assertThat(answers.getFirst())
                    .as("replay with -Dsemblance.seed=" + SEED)
                    .isEqualTo(answers.getLast());
            assertThat(answers.getFirst()).contains("beyond_threshold", "\"forecast\"", "\"match\"");
        }
    }

    /** Contents of the banks that both have come first, so that their ids are the same. */
    private static List<String> walk(
            Site site, Hash256 known, List<Hash256> hidden, List<Hash256> asked, byte[] photo) {
        site.json(site.root, "POST", "/v1/banks", "{\"name\":\"MINE\"}");
        site.json(site.root, "POST", "/v1/banks", "{\"name\":\"FINE\",\"kind\":\"allow\"}");
        long id = site.json(site.root, "POST", "/v1/banks/MINE/content", signals(known))
                .get("id")
                .longValue();
        if (site.whole) {
            site.json(site.root, "POST", "/v1/banks", "{\"name\":\"THEIRS\",\"distance_threshold\":60}");
            site.json(site.root, "POST", "/v1/banks", "{\"name\":\"OTHER\",\"kind\":\"allow\"}");
            for (Hash256 hash : hidden) {
                site.json(site.root, "POST", "/v1/banks/THEIRS/content", signals(hash));
            }
            site.send(site.root, "POST", "/v1/banks/OTHER/content", "application/octet-stream", photo);
            site.send(site.root, "POST", "/v1/banks/THEIRS/content?force=true", "application/octet-stream", photo);
            site.json(site.root, "PATCH", "/v1/banks/OTHER", "{\"enabled_ratio\":0}");
        }
        List<String> answers = new ArrayList<>();
        for (Hash256 hash : asked) {
            String body = "[{\"hash\":\"" + hash.toHex() + "\",\"id\":\""
                    + hash.toHex().substring(0, 8) + "\"}]";
            for (String query : List.of("", "?explain=true&details=true", "?banks=MINE&explain=true")) {
                answers.add(call(site, "POST", "/v1/lookup" + query, body));
            }
            answers.add(call(
                    site,
                    "POST",
                    "/v1/compare",
                    "{\"of\":[{\"hash\":\"" + hash.toHex() + "\"},{\"bank\":\"MINE\",\"content_id\":" + id + "}]}"));
            answers.add(call(
                    site, "GET", "/m/raw_lookup?include_distance=true&signal_type=pdq&signal=" + hash.toHex(), ""));
        }
        answers.add(site.comparable(
                site.send(site.own, "POST", "/v1/match?explain=true", "application/octet-stream", photo)));
        answers.add("{\"forecast\":" + call(site, "GET", "/v1/banks/MINE/forecast?distance=80", "") + "}");
        answers.add(call(site, "GET", "/v1/banks/MINE/forecast?distance=80&content_id=" + id, ""));
        for (String path : List.of(
                "/v1/banks",
                "/v1/banks/THEIRS",
                "/v1/banks/THEIRS/forecast",
                "/v1/banks/MINE/content",
                "/v1/banks/THEIRS/content",
                "/v1/stats?by=bank&step=day",
                "/v1/stats?by=content&step=day",
                "/v1/stats?by=verdict&step=day")) {
            answers.add(path + " " + strippedOfHours(call(site, "GET", path, "")));
        }
        // What is banked now is held by what the key may see alone, and names earlier uploads.
        JsonNode added = site.json(site.own, "POST", "/v1/banks/MINE/content", signals(asked.get(1)));
        answers.add("held " + added.path("held") + " earlier "
                + added.path("earlier").path("count"));
        answers.add(call(site, "POST", "/v1/lookup?as_of=3&details=true", "[\"" + known.toHex() + "\"]"));
        return answers;
    }

    private static String call(Site site, String method, String path, String body) {
        return site.comparable(
                site.send(site.own, method, path, "application/json", body.getBytes(StandardCharsets.UTF_8)));
    }

    private static String strippedOfHours(String answer) {
        return answer.replaceAll("\"(from|to|hour|day|start)\":\"[^\"]*\"", "");
    }
}
