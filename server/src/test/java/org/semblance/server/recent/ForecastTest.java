package org.semblance.server.recent;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
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
import org.semblance.server.config.FeatureUse;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/** What is forecast happens: the threshold is changed, the same uploads are sent again, and as many match. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ForecastTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final long seed = Long.getLong("semblance.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    private Hash256 hash() {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    private Hash256 at(Hash256 hash, int distance) {
        return hash.flip(random.ints(0, Hash256.BITS).distinct().limit(distance).toArray());
    }

    private static JsonNode ok(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isBetween(200, 201);
        return answer.json();
    }

    private static JsonNode forecast(TestServer server, String bank, String query) {
        return ok(server.get("/v1/banks/" + bank + "/forecast" + query));
    }

    private static long matching(JsonNode forecast, int distance) {
        return forecast.get("distances").get(distance).get("matching").longValue();
    }

    private static long bank(TestServer server, String bank, Hash256 hash, String more) {
        return ok(server.postJson(
                        "/v1/banks/" + bank + "/content",
                        "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]" + more + "}"))
                .get("id")
                .longValue();
    }

    private static String queries(List<Hash256> uploads, String id) {
        StringBuilder body = new StringBuilder();
        for (Hash256 upload : uploads) {
            body.append(body.isEmpty() ? "[" : ",")
                    .append("{\"hash\":\"")
                    .append(upload)
                    .append("\",\"id\":\"")
                    .append(id)
                    .append("\"}");
        }
        return body.append(']').toString();
    }

    /** How many of the uploads match, of which the server is not to take note again: hashes without an id. */
    private static long matches(TestServer server, String bank, List<Hash256> uploads) {
        String hashes =
                uploads.stream().map(hash -> "\"" + hash + "\"").toList().toString();
        return ok(server.postJson("/v1/lookup?banks=" + bank, hashes))
                .get("results")
                .valueStream()
                .filter(result -> result.get("verdict").stringValue().equals("match"))
                .count();
    }

    private void happensAsForecast(int contents, int uploaded) {
        try (TestServer server = new TestServer(folder)) {
            ok(server.postJson("/v1/banks", "{\"name\":\"B\"}"));
            ok(server.postJson("/v1/banks", "{\"name\":\"OTHER\"}"));
            List<Hash256> banked = new ArrayList<>();
            for (int i = 0; i < contents; i++) {
                banked.add(hash());
                String own = i % 5 == 0 ? ",\"distance_threshold\":" + random.nextInt(70) : "";
                long id = bank(server, "B", banked.getLast(), own);
                if (i % 7 == 6) {
                    ok(server.sendJson("PATCH", "/v1/banks/B/content/" + id, "{\"status\":\"disabled\"}"));
                }
            }
            List<Hash256> uploads = new ArrayList<>();
            for (int i = 0; i < uploaded; i++) {
                Hash256 upload = at(banked.get(random.nextInt(contents)), random.nextInt(80));
                uploads.add(upload);
                if (i % 10 == 0) {
                    bank(server, "OTHER", upload, "");
                }
            }
            ok(server.postJson("/v1/lookup", queries(uploads, "x")));
            JsonNode forecast = forecast(server, "B", "?distance=64");
            assertThat(forecast.get("uploads").longValue()).isEqualTo(uploaded);
            assertThat(forecast.get("distance_threshold").intValue()).isEqualTo(31);
            assertThat(forecast.get("matching").longValue())
                    .isEqualTo(matching(forecast, 31))
                    .isEqualTo(matches(server, "B", uploads));
            assertThat(forecast.has("partial")).isFalse();
            for (int distance : new int[] {0, 7, 30, 31, 32, 40, 64}) {
                ok(server.sendJson("PATCH", "/v1/banks/B", "{\"distance_threshold\":" + distance + "}"));
                assertThat(matching(forecast, distance))
                        .as("distance %s, replay with -Dsemblance.seed=%s", distance, seed)
                        .isEqualTo(matches(server, "B", uploads));
                assertThat(forecast.get("distances").get(distance).get("new").longValue())
                        .isEqualTo(Math.max(0, matching(forecast, distance) - matching(forecast, 31)));
            }
            assertThat(matching(forecast(server, "B", "?distance=64"), 30)).isEqualTo(matching(forecast, 30));
        }
    }

    @Test
    void happensToHashesWhereTheBankIsSmall() {
        happensAsForecast(20, 400);
    }

    @Test
    void happensToHashesWhereTheUploadsAreFew() {
        happensAsForecast(150, 60);
    }

    @Test
    void happensToFiles() {
        BufferedImage photo = Pictures.photo(31, 400, 300);
        List<byte[]> files = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            files.add(Pictures.jpeg(Pictures.scaled(photo, 1 - i / 12.0), 0.9 - i / 10.0));
        }
        files.add(Pictures.jpeg(Pictures.photo(32, 400, 300), 0.8));
        try (TestServer server = new TestServer(folder, settings -> settings.set(Setting.FEATURES, FeatureUse.OFF))) {
            ok(server.postJson("/v1/banks", "{\"name\":\"B\"}"));
            ok(server.post("/v1/banks/B/content", Pictures.png(photo)));
            files.forEach(file -> ok(server.post("/v1/match", file)));
            JsonNode forecast = forecast(server, "B", "");
            assertThat(forecast.get("uploads").intValue()).isEqualTo(9);
            for (int distance = 0; distance <= 20; distance += 2) {
                ok(server.sendJson("PATCH", "/v1/banks/B", "{\"distance_threshold\":" + distance + "}"));
                long matched = files.stream()
                        .filter(file -> ok(server.post("/v1/match", file))
                                .get("verdict")
                                .stringValue()
                                .equals("match"))
                        .count();
                assertThat(matching(forecast, distance))
                        .as("distance %s", distance)
                        .isEqualTo(matched);
            }
        }
    }

    @Test
    void asksForOneContentWhateverItsThreshold() {
        Hash256 one = hash();
        try (TestServer server = new TestServer(folder)) {
            ok(server.postJson("/v1/banks", "{\"name\":\"B\"}"));
            long id = bank(server, "B", one, ",\"distance_threshold\":3");
            bank(server, "B", at(one, 60), "");
            ok(server.postJson("/v1/lookup", queries(List.of(one, at(one, 4), at(one, 12)), "x")));
            JsonNode forecast = forecast(server, "B", "?distance=12&content_id=" + id);
            assertThat(forecast.get("distance_threshold").intValue()).isEqualTo(3);
            assertThat(List.of(matching(forecast, 0), matching(forecast, 4), matching(forecast, 12)))
                    .containsExactly(1L, 2L, 3L);
            assertThat(forecast.get("distances").get(12).get("new").longValue()).isEqualTo(2);
            assertThat(server.get("/v1/banks/B/forecast?content_id=99").status())
                    .isEqualTo(404);
            assertThat(server.get("/v1/banks/B/forecast?distance=257").text())
                    .contains("distance: '257' (expected: a whole number from 0 to 256)");
        }
    }

    @Test
    void countsUploadsOfKeysThatSeeTheBankAndSaysWhenThereAreNone() {
        Hash256 hash = hash();
        KeyRing keys = new KeyRing(folder);
        String admin = secret(keys, "admin", Role.ADMIN, Set.of());
        String curatesA = secret(keys, "curates-a", Role.CURATE, Set.of("A"));
        String sendsB = secret(keys, "sends-b", Role.MATCH, Set.of("B"));
        try (TestServer server = new TestServer(folder)) {
            for (String bank : List.of("A", "B")) {
                ok(send(server, admin, "POST", "/v1/banks", "{\"name\":\"" + bank + "\"}"));
                ok(send(
                        server,
                        admin,
                        "POST",
                        "/v1/banks/" + bank + "/content",
                        "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]}"));
            }
            ok(send(server, sendsB, "POST", "/v1/lookup", queries(List.of(hash), "x")));
            JsonNode ofA = ok(send(server, curatesA, "GET", "/v1/banks/A/forecast?distance=0", ""));
            assertThat(ofA.get("uploads").intValue()).isZero();
            assertThat(matching(ofA, 0)).isZero();
            assertThat(send(server, curatesA, "GET", "/v1/banks/B/forecast", "").status())
                    .isEqualTo(404);
            assertThat(matching(ok(send(server, admin, "GET", "/v1/banks/B/forecast?distance=0", "")), 0))
                    .isOne();
        }
        try (TestServer server = new TestServer(folder, settings -> settings.set(Setting.RECENT_UPLOADS, 0L))) {
            Answer none = send(server, admin, "GET", "/v1/banks/A/forecast", "");
            assertThat(none.status()).isEqualTo(409);
            assertThat(none.text()).contains("recent_uploads: '0' (expected: a server that remembers uploads)");
        }
    }

    private static String secret(KeyRing keys, String name, Role role, Set<String> banks) {
        return keys.create(new KeyRing.Draft(name, role, banks, false, null, null, null), Instant.now())
                .secret();
    }

    private static Answer send(TestServer server, String secret, String method, String path, String json) {
        return server.send(
                method,
                path,
                Map.of("Content-Type", "application/json", "X-API-Key", secret),
                json.getBytes(StandardCharsets.UTF_8));
    }
}
