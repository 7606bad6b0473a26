package org.semblance.server.recent;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.MotionJpeg;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.http.Json;
import tools.jackson.databind.JsonNode;

/** A content that is banked names the uploads of before that show it: no more, no fewer, and to whom may know. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EarlierUploadsTest {
    private static final Hash256 HASH =
            Hash256.parse("f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static void bank(TestServer server, String name, String more) {
        Answer answer = server.postJson("/v1/banks", "{\"name\":\"" + name + "\"" + more + "}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    }

    private static String signals(Hash256 hash) {
        return "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]}";
    }

    private static JsonNode earlier(TestServer server, String bank, Hash256 hash) {
        Answer answer = server.postJson("/v1/banks/" + bank + "/content", signals(hash));
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return answer.json().path("earlier");
    }

    private static List<String> references(JsonNode earlier) {
        return earlier.path("references")
                .valueStream()
                .map(one -> one.get("reference").stringValue())
                .toList();
    }

    private static void look(TestServer server, Hash256 hash, String id) {
        assertThat(server.postJson("/v1/lookup", "[{\"hash\":\"" + hash + "\",\"id\":" + id + "}]")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void namesPhotosThatWereUploadedBefore() {
        BufferedImage photo = Pictures.photo(5, 400, 300);
        try (TestServer server = new TestServer(folder)) {
            bank(server, "B", "");
            Instant before = Instant.now().minusMillis(1);
            server.post("/v1/match?reference=post-1", Pictures.jpeg(photo, 0.9));
            server.post("/v1/match?reference=other", Pictures.jpeg(Pictures.photo(6, 400, 300), 0.9));
            server.post("/v1/match?reference=post-2", Pictures.jpeg(Pictures.scaled(photo, 0.5), 0.5));
            server.post("/v1/match", Pictures.jpeg(photo, 0.7));
            server.post("/v1/match?reference=flat", Pictures.png(Pictures.flat(300, 300)));
            server.postForm("/m/lookup", "photo", Pictures.jpeg(photo, 0.8), Map.of());

            JsonNode earlier = server.post("/v1/banks/B/content", Pictures.png(photo))
                    .json()
                    .get("earlier");
            assertThat(earlier.get("count").intValue()).isEqualTo(4);
            assertThat(references(earlier)).containsExactly("post-2", "post-1");
            assertThat(earlier.has("more")).isFalse();
            JsonNode newest = earlier.get("references").get(0);
            assertThat(newest.get("distance").intValue()).isBetween(0, 31);
            assertThat(Instant.parse(newest.get("at").stringValue())).isBetween(before, Instant.now());
            assertThat(newest.has("key")).isFalse();
        }
    }

    @Test
    void namesHashesThatCameWithAReference() {
        SplittableRandom random = new SplittableRandom(7);
        try (TestServer server = new TestServer(folder)) {
            bank(server, "B", "");
            bank(server, "NARROW", ",\"distance_threshold\":4");
            bank(server, "ALLOWED", ",\"kind\":\"allow\"");
            bank(server, "OFF", ",\"enabled_ratio\":0");
            look(server, HASH, "\"exact\"");
            look(server, at(10, random), "10");
            look(server, at(31, random), "\"at 31\"");
            look(server, at(32, random), "\"beyond\"");
            server.postJson("/v1/lookup", "[\"" + HASH + "\"]");
            String line = "{\"hash\":\"" + HASH + "\",\"id\":\"of a line\"}\n";
            server.send(
                    "POST",
                    "/v1/lookup",
                    Map.of("Content-Type", "application/x-ndjson"),
                    line.getBytes(StandardCharsets.UTF_8));

            assertThat(references(earlier(server, "B", HASH))).containsExactly("of a line", "at 31", "10", "exact");
            assertThat(references(earlier(server, "NARROW", HASH))).containsExactly("of a line", "exact");
            assertThat(earlier(server, "ALLOWED", HASH).isMissingNode()).isTrue();
            assertThat(earlier(server, "OFF", HASH).isMissingNode()).isTrue();
            assertThat(earlier(server, "B", at(128, random)).toString()).isEqualTo("{\"count\":0,\"references\":[]}");
        }
    }

    private static Hash256 at(int distance, SplittableRandom random) {
        int[] bits = random.ints(0, Hash256.BITS).distinct().limit(distance).toArray();
        return HASH.flip(bits);
    }

    @Test
    void leavesOutWhatAllowedContentExplains() {
        SplittableRandom random = new SplittableRandom(8);
        Hash256 harmless = at(30, random);
        try (TestServer server = new TestServer(folder)) {
            bank(server, "B", "");
            bank(server, "ALLOWED", ",\"kind\":\"allow\",\"distance_threshold\":8");
            earlier(server, "ALLOWED", harmless);
            look(server, HASH, "\"bad\"");
            look(server, harmless, "\"harmless\"");
            assertThat(references(earlier(server, "B", HASH))).containsExactly("bad");
        }
    }

    @Test
    void remembersOverARestartAndForgetsWhenToldTo() {
        try (TestServer server = new TestServer(folder)) {
            bank(server, "B", "");
            look(server, HASH, "\"before\"");
        }
        try (TestServer server = new TestServer(folder)) {
            TestTransport.until(() -> server.get("/metrics").text().contains("\nsemblance_recent_loading 0"));
            assertThat(server.get("/metrics").text()).contains("\nsemblance_recent_hashes 1");
            assertThat(references(earlier(server, "B", HASH))).containsExactly("before");
        }
        assertThat(folder.resolve("recent.uploads")).exists();
        try (TestServer server = new TestServer(folder, settings -> settings.set(Setting.RECENT_UPLOADS, 0L))) {
            assertThat(Files.exists(folder.resolve("recent.uploads"))).isFalse();
            look(server, HASH, "\"unseen\"");
            assertThat(earlier(server, "B", HASH).isMissingNode()).isTrue();
        }
    }

    @Test
    void looksBackForSomeLinesAndNotForALongList() {
        try (TestServer server = new TestServer(folder)) {
            bank(server, "B", "");
            look(server, HASH, "\"mine\"");
            List<JsonNode> few = bulk(server, 2);
            assertThat(references(few.get(0).get("earlier"))).containsExactly("mine");
            assertThat(few.get(1).get("earlier").get("count").intValue()).isZero();
            List<JsonNode> many = bulk(server, 1_001);
            assertThat(many)
                    .hasSize(1_001)
                    .allSatisfy(
                            line -> assertThat(line.get("earlier").toString()).isEqualTo("{\"skipped\":true}"));
        }
    }

    private static List<JsonNode> bulk(TestServer server, int lines) {
        SplittableRandom random = new SplittableRandom(9);
        StringBuilder body = new StringBuilder(signals(HASH) + "\n");
        for (int i = 1; i < lines; i++) {
            body.append(signals(
                            new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong())))
                    .append('\n');
        }
        Answer answer = server.send(
                "POST",
                "/v1/banks/B/content",
                Map.of("Content-Type", "application/x-ndjson"),
                body.toString().getBytes(StandardCharsets.UTF_8));
        return answer.text().lines().map(Json::read).toList();
    }

    @Test
    void namesVideosThatShowABankedOneOrItsStill() {
        List<BufferedImage> scenes = new ArrayList<>();
        for (int scene = 0; scene < 4; scene++) {
            BufferedImage picture = Pictures.photo(20 + scene, 320, 240);
            for (int frame = 0; frame < 10; frame++) {
                scenes.add(picture);
            }
        }
        List<BufferedImage> onlyOne = new ArrayList<>(scenes.subList(0, 10));
        for (int scene = 0; scene < 3; scene++) {
            BufferedImage other = Pictures.photo(40 + scene, 320, 240);
            for (int frame = 0; frame < 10; frame++) {
                onlyOne.add(other);
            }
        }
        try (TestServer server = new TestServer(folder)) {
            bank(server, "B", "");
            server.post("/v1/match?reference=clip", MotionJpeg.avi(scenes.subList(10, 40), 5, 0.8));
            server.post("/v1/match?reference=one-scene", MotionJpeg.avi(onlyOne, 5, 0.8));
            server.post("/v1/match?reference=still", Pictures.jpeg(scenes.getFirst(), 0.8));
            JsonNode ofVideo = server.post("/v1/banks/B/content", MotionJpeg.avi(scenes, 5, 0.9))
                    .json()
                    .get("earlier");
            assertThat(references(ofVideo)).containsExactly("still", "clip");
            assertThat(ofVideo.get("references").get(1).get("hashes_near").intValue())
                    .isEqualTo(3);
            JsonNode ofStill = server.post("/v1/banks/B/content", Pictures.png(scenes.getFirst()))
                    .json()
                    .get("earlier");
            assertThat(references(ofStill)).containsExactly("still", "one-scene");
        }
    }

    private String key(String name, Role role, Set<String> banks, boolean hideDistance) {
        return new KeyRing(folder)
                .create(new KeyRing.Draft(name, role, banks, hideDistance, null, null, null), Instant.now())
                .secret();
    }

    @Test
    void tellsOfUploadsWhoseKeysSeeTheBankAlone() {
        String admin = key("admin", Role.ADMIN, Set.of(), false);
        String curatesA = key("curates-a", Role.CURATE, Set.of("A"), false);
        String blind = key("blind", Role.CURATE, Set.of("A"), true);
        String sendsA = key("sends-a", Role.MATCH, Set.of("A"), false);
        String sendsB = key("sends-b", Role.MATCH, Set.of("B"), false);
        String sendsAll = key("sends-all", Role.MATCH, Set.of(), false);
        try (TestServer server = new TestServer(folder)) {
            for (String bank : List.of("A", "B")) {
                assertThat(send(server, admin, "/v1/banks", "{\"name\":\"" + bank + "\"}")
                                .status())
                        .isEqualTo(201);
            }
            for (Map.Entry<String, String> sender :
                    Map.of("of-a", sendsA, "of-b", sendsB, "of-all", sendsAll).entrySet()) {
                send(
                        server,
                        sender.getValue(),
                        "/v1/lookup",
                        "[{\"hash\":\"" + HASH + "\",\"id\":\"" + sender.getKey() + "\"}]");
            }
            JsonNode toA = send(server, curatesA, "/v1/banks/A/content", signals(HASH))
                    .json()
                    .get("earlier");
            assertThat(toA.get("count").intValue()).isEqualTo(2);
            assertThat(references(toA)).containsExactlyInAnyOrder("of-a", "of-all");
            toA.get("references").forEach(one -> {
                // Its scope is more than the caller may know of.
                boolean ofAll = one.get("reference").stringValue().equals("of-all");
                assertThat(one.path("key").asString("")).isEqualTo(ofAll ? "" : "sends-a");
                assertThat(one.get("distance").intValue()).isZero();
            });
            JsonNode toBlind = send(server, blind, "/v1/banks/A/content", signals(HASH))
                    .json()
                    .get("earlier");
            assertThat(references(toBlind)).hasSize(2);
            assertThat(toBlind.toString()).doesNotContain("distance");
            JsonNode toAdmin = send(server, admin, "/v1/banks/B/content", signals(HASH))
                    .json()
                    .get("earlier");
            assertThat(references(toAdmin)).containsExactlyInAnyOrder("of-b", "of-all");
            assertThat(toAdmin.get("references")
                            .valueStream()
                            .map(one -> one.get("key").stringValue()))
                    .containsExactlyInAnyOrder("sends-b", "sends-all");
        }
    }

    private static Answer send(TestServer server, String secret, String path, String json) {
        return server.send(
                "POST",
                path,
                Map.of("Content-Type", "application/json", "X-API-Key", secret),
                json.getBytes(StandardCharsets.UTF_8));
    }
}
