package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.json.StrictJson;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.MotionJpeg;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A bank that left one database as NDJSON answers in another one as it did in its own. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ListRoundTripTest {
    private static final int IMAGES = 1_000;
    private static final int PHOTOS = 20;
    private static final int VIDEOS = 20;
    private static final int CLIPS = 2;
    private static final int PROBES = 2_000;
    private static final int AT_ONCE = 400;

    private final long seed = Long.getLong("semblance.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final List<String> hashes = new ArrayList<>();
    private final List<String> frames = new ArrayList<>();
    private final List<String> digests = new ArrayList<>();
    private final List<BufferedImage> photos = new ArrayList<>();
    private final List<List<BufferedImage>> clips = new ArrayList<>();

    @TempDir
    Path folder;

    @Test
    void whatIsExportedAnswersTheSameInAnEmptyDatabase() throws IOException {
        System.out.println("replay with -Dsemblance.seed=" + seed);
        try (TestServer from = new TestServer(folder.resolve("from"));
                TestServer to = new TestServer(folder.resolve("to"))) {
            fill(from);
            Answer list = from.get("/v1/banks/KNOWN/export?format=ndjson");
            assertThat(list.status()).isEqualTo(200);
            assertThat(list.text().lines()).hasSize(IMAGES + VIDEOS);

            bank(to, "KNOWN");
            Answer imported =
                    send(to, "/v1/banks/KNOWN/import", "application/x-ndjson", list.text(), Map.of("X-Actor", "ann"));
            assertThat(imported.status()).as(imported.text()).isEqualTo(200);
            assertThat(imported.json().get("imported").intValue())
                    .as(imported.text())
                    .isEqualTo(IMAGES + VIDEOS);
            assertThat(imported.json().get("known").intValue()).isZero();
            assertThat(to.get("/v1/banks/KNOWN/export?format=ndjson").text())
                    .as("what was imported is exported as it came")
                    .isEqualTo(list.text());

            List<String> before = probe(from);
            assertThat(before.size()).isGreaterThanOrEqualTo(PROBES);
            Map<String, Integer> verdicts = new TreeMap<>();
            before.forEach(one -> verdicts.merge(one.split(" ", 2)[0], 1, Integer::sum));
            System.out.println(before.size() + " probes: " + verdicts);
            assertThat(verdicts.keySet()).contains("match", "no_match", "quarantined", "orb", "vpdq");

            List<String> after = probe(to);
            for (int i = 0; i < before.size(); i++) {
                assertThat(after.get(i)).as("probe %d of seed %d", i, seed).isEqualTo(before.get(i));
            }

            String without = from.get("/v1/banks/KNOWN/export?format=ndjson&features=false")
                    .text();
            assertThat(without).doesNotContain("\"orb\"").contains("\"vpdq\"");
            JsonNode again = send(
                            to, "/v1/banks/KNOWN/import?dry_run=true", "application/x-ndjson", list.text(), Map.of())
                    .json();
            assertThat(again.get("known").intValue()).isEqualTo(IMAGES + VIDEOS);
        }
    }

    private static void bank(TestServer server, String name) {
        assertThat(server.postJson("/v1/banks", "{\"name\":\"" + name + "\"}").status())
                .isEqualTo(201);
    }

    private static Answer send(TestServer server, String path, String type, String body, Map<String, String> more) {
        Map<String, String> headers = new HashMap<>(more);
        headers.put("Content-Type", type);
        return server.send("POST", path, headers, body.getBytes(StandardCharsets.UTF_8));
    }

    /** Images and videos, of each some by their files, and contents that are gone, so that ids differ. */
    private void fill(TestServer server) {
        bank(server, "KNOWN");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < IMAGES - PHOTOS; i++) {
            lines.append(image(i)).append('\n');
        }
        for (int i = 0; i < VIDEOS - CLIPS; i++) {
            lines.append(video(i)).append('\n');
        }
        Answer added = send(server, "/v1/banks/KNOWN/content", "application/x-ndjson", lines.toString(), Map.of());
        assertThat(added.text().lines()).allMatch(line -> line.contains("\"id\""));
        for (int i = 0; i < PHOTOS; i++) {
            BufferedImage photo = Pictures.photo(random.nextLong(), 320, 240);
            photos.add(photo);
            file(server, Pictures.png(photo), "photo " + i);
        }
        for (int i = 0; i < CLIPS; i++) {
            List<BufferedImage> clip = new ArrayList<>();
            for (int frame = 0; frame < 12; frame++) {
                clip.add(Pictures.photo(random.nextLong(), 160, 120));
            }
            clips.add(clip);
            file(server, MotionJpeg.avi(clip, 1, 0.9), "clip " + i);
        }
        JsonNode gone = server.get("/v1/banks/KNOWN/content?limit=3").json().get("contents");
        gone.forEach(content -> server.delete("/v1/banks/KNOWN/content/" + content.get("id")));
        StringBuilder more = new StringBuilder();
        for (int i = 0; i < gone.size(); i++) {
            more.append(image(IMAGES + i)).append('\n');
        }
        send(server, "/v1/banks/KNOWN/content", "application/x-ndjson", more.toString(), Map.of());
    }

    private static void file(TestServer server, byte[] file, String source) {
        Answer added = server.postForm("/v1/banks/KNOWN/content", "file", file, Map.of("source", source));
        assertThat(added.status()).as(added.text()).isEqualTo(201);
    }

    private String image(int i) {
        String hash = hex(64);
        hashes.add(hash);
        ObjectNode json = content("image " + i);
        json.withArray("signals")
                .addObject()
                .put("type", "pdq")
                .put("hash", hash)
                .put("quality", 50 + i % 51);
        if (i % 3 == 0) {
            String md5 = hex(32);
            digests.add(md5);
            json.withArray("signals").addObject().put("type", "md5").put("hash", md5);
        }
        return json.toString();
    }

    private String video(int i) {
        List<String> signal = new ArrayList<>();
        int frame = 0;
        for (; frame < 20 + i; frame++) {
            String hash = hex(64);
            frames.add(hash);
            signal.add("\"" + hash + ",90," + frame * 1.5 + "\"");
        }
        ObjectNode json = content("video " + i).put("duration_ms", frame * 1_500 + i);
        json.withArray("signals").addObject().put("type", "vpdq").put("hash", "[" + String.join(", ", signal) + "]");
        return json.toString();
    }

    /** Every field that a content can have, now and then. */
    private ObjectNode content(String source) {
        ObjectNode json = StrictJson.COMPACT.createObjectNode().put("source", source);
        if (random.nextInt(4) == 0) {
            json.putArray("labels").add("zwei Wörter, mit Komma").add("b");
        }
        if (random.nextInt(4) == 0) {
            json.put("note", "„Anführung“; and a line\nmore");
        }
        if (random.nextInt(4) == 0) {
            json.putObject("metadata").put("case", random.nextInt()).put("deep", "\"");
        }
        if (random.nextInt(8) == 0) {
            json.put("distance_threshold", random.nextInt(40)).put("handling", "ask a person");
        }
        if (random.nextInt(10) == 0) {
            json.putObject("quarantine").put("reason", "looked at").put("exact", random.nextBoolean());
        }
        if (random.nextInt(10) == 0) {
            json.put("status", "disabled");
            if (random.nextBoolean()) {
                json.put("disabled_until", random.nextBoolean() ? "2020-01-01T00:00:00Z" : "2120-01-01T00:00:00Z");
            }
        }
        return json;
    }

    private String hex(int digits) {
        StringBuilder hex = new StringBuilder();
        while (hex.length() < digits) {
            hex.append(Integer.toHexString(random.nextInt(16)));
        }
        return hex.toString();
    }

    /** What the server answers on probes that the seed decides; each begins with the verdict or how it was found. */
    private List<String> probe(TestServer server) {
        random.setSeed(seed);
        List<ObjectNode> queries = new ArrayList<>();
        for (int i = 0; i < 1_400; i++) {
            queries.add(query("pdq", flipped(hashes.get(random.nextInt(hashes.size())), random.nextInt(44))));
        }
        for (int i = 0; i < 400; i++) {
            queries.add(query("pdq", flipped(frames.get(random.nextInt(frames.size())), random.nextInt(44))));
        }
        for (int i = 0; i < 100; i++) {
            queries.add(query("pdq", hex(64)));
            queries.add(query("md5", i % 4 == 0 ? hex(32) : digests.get(random.nextInt(digests.size()))));
        }
        List<String> answers = new ArrayList<>(lookUp(server, queries));
        List<ObjectNode> edited = new ArrayList<>();
        for (BufferedImage photo : photos) {
            byte[] copy = Pictures.png(cropped(photo));
            answers.add(told("", server.post("/v1/match", copy).json()));
            for (JsonNode signal :
                    server.post("/v1/hash?features=true", copy).json().get("signals")) {
                if (signal.has("features")) {
                    edited.add(StrictJson.COMPACT.createObjectNode().set("features", signal.get("features")));
                }
            }
        }
        answers.addAll(lookUp(server, edited));
        for (List<BufferedImage> clip : clips) {
            for (int i = 0; i < 6; i++) {
                int begin = random.nextInt(4);
                byte[] part = MotionJpeg.avi(clip.subList(begin, begin + 3 + random.nextInt(6)), 1, 0.6);
                answers.add(told("vpdq ", server.post("/v1/match", part).json()));
            }
        }
        return answers;
    }

    private static ObjectNode query(String type, String hash) {
        return StrictJson.COMPACT.createObjectNode().put("type", type).put("hash", hash);
    }

    private static BufferedImage cropped(BufferedImage photo) {
        BufferedImage part = photo.getSubimage(60, 20, 250, 200);
        BufferedImage copy = new BufferedImage(250, 200, BufferedImage.TYPE_INT_RGB);
        copy.createGraphics().drawImage(part, 0, 0, null);
        return copy;
    }

    private String flipped(String hex, int bits) {
        byte[] bytes = Hash256.parse(hex).toBytes();
        for (int i = 0; i < bits; i++) {
            int bit = random.nextInt(Hash256.BITS);
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
        }
        return Hash256.fromBytes(bytes).toHex();
    }

    private static List<String> lookUp(TestServer server, List<ObjectNode> queries) {
        List<String> answers = new ArrayList<>();
        for (int from = 0; from < queries.size(); from += AT_ONCE) {
            List<ObjectNode> some = queries.subList(from, Math.min(queries.size(), from + AT_ONCE));
            ObjectNode body = StrictJson.COMPACT.createObjectNode();
            some.forEach(body.putArray("queries")::add);
            Answer answer = server.postJson("/v1/lookup?details=true", body.toString());
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            String[] told = new String[some.size()];
            for (JsonNode result : answer.json().get("results")) {
                told[result.get("query").intValue()] = told(some.getFirst().has("features") ? "orb " : "", result);
            }
            for (String one : told) {
                answers.add(one == null ? "no_match" : one);
            }
        }
        return answers;
    }

    /** A verdict with all that does not differ between two databases. */
    private static String told(String how, JsonNode answer) {
        ObjectNode told = (ObjectNode) answer.deepCopy();
        told.remove(List.of("timing_us", "verdict_id", "list_version", "query"));
        for (String list : List.of("matches", "likely", "quarantined", "suppressed_by")) {
            told.path(list).forEach(hit -> ((ObjectNode) hit).remove(List.of("content_id", "created_at")));
        }
        String verdict = told.path("matches").isEmpty() && told.has("quarantined")
                ? "quarantined"
                : told.path("verdict").asString("");
        return (how.isEmpty() ? verdict + " " : how) + told;
    }
}
