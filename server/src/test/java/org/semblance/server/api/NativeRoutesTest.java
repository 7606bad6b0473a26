package org.semblance.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.http.Json;
import tools.jackson.databind.JsonNode;

/** The native dialect, on a real server with a real database and real decoders. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NativeRoutesTest {
    private static final BufferedImage PHOTO = Pictures.photo(1, 640, 480);
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    private static String bank(String name) {
        assertThat(server.postJson("/v1/banks", "{\"name\":\"" + name + "\"}").status())
                .isEqualTo(201);
        return "/v1/banks/" + name;
    }

    private static String signals(String hash) {
        return "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\",\"quality\":100}]}";
    }

    @Test
    void findsABankedPhotoInEveryFormItComesBackInAndNoOther() {
        String content = bank("PHOTOS") + "/content";
        Answer added = server.postForm(
                content,
                "file",
                Pictures.jpeg(PHOTO, 0.9),
                Map.of("labels", "flag, logo", "note", "from a test", "source", "analyst", "metadata", "{\"case\":7}"));
        assertThat(added.status()).as(added.text()).isEqualTo(201);
        long id = added.json().get("id").longValue();
        assertThat(added.header("Location")).isEqualTo(content + "/" + id);
        assertThat(added.json()
                        .get("signals")
                        .valueStream()
                        .map(s -> s.get("type").stringValue()))
                .containsExactlyInAnyOrder("pdq", "md5", "sha256");

        Map<String, byte[]> forms = Map.of(
                "half the size", Pictures.jpeg(Pictures.scaled(PHOTO, 0.5), 0.9),
                "quality 30", Pictures.jpeg(PHOTO, 0.3),
                "png", Pictures.png(PHOTO));
        forms.forEach((name, bytes) -> {
            Answer answer = server.post("/v1/match?banks=PHOTOS&reference=upload-17", bytes);
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            JsonNode verdict = answer.json();
            assertThat(verdict.get("verdict").stringValue()).as(name).isEqualTo("match");
            assertThat(verdict.get("reference").stringValue()).isEqualTo("upload-17");
            assertThat(verdict.get("content_type").stringValue()).isEqualTo("image");
            JsonNode match = verdict.get("matches").get(0);
            assertThat(match.get("distance").intValue()).as(name).isBetween(0, 10);
            assertThat(match.propertyNames())
                    .containsExactly(
                            "bank",
                            "content_id",
                            "signal_type",
                            "distance",
                            "threshold",
                            "transform",
                            "labels",
                            "note",
                            "source",
                            "created_at",
                            "confirmations");
            assertThat(match.get("content_id").longValue()).isEqualTo(id);
            assertThat(match.get("threshold").intValue()).isEqualTo(31);
            assertThat(match.get("labels").toString()).isEqualTo("[\"flag\",\"logo\"]");
            assertThat(verdict.get("timing_us").propertyNames())
                    .containsExactly("receive", "queue", "decode", "hash", "lookup", "total");
        });

        JsonNode other = server.post("/v1/match", Pictures.jpeg(Pictures.photo(2, 640, 480), 0.9))
                .json();
        assertThat(other.get("verdict").stringValue()).isEqualTo("no_match");
        assertThat(other.get("matches").isEmpty()).isTrue();
        assertThat(other.has("reason") || other.has("reference")).isFalse();

        JsonNode exact = server.postForm("/v1/match", "anything", Pictures.jpeg(PHOTO, 0.9), Map.of())
                .json();
        assertThat(exact.get("matches").get(0).get("signal_type").stringValue()).isEqualTo("sha256");

        JsonNode shown = server.get(content + "/" + id).json();
        assertThat(shown.get("metadata").toString()).isEqualTo("{\"case\":7}");
        assertThat(shown.get("source").stringValue()).isEqualTo("analyst");
        assertThat(shown.get("status").stringValue()).isEqualTo("enabled");

        Answer withdrawn = server.delete(content + "/" + id);
        assertThat(withdrawn.status()).isEqualTo(200);
        assertThat(server.post("/v1/match?banks=PHOTOS", Pictures.png(PHOTO))
                        .json()
                        .get("verdict")
                        .stringValue())
                .isEqualTo("no_match");
        assertThat(server.get(content + "/" + id).json().get("status").stringValue())
                .isEqualTo("withdrawn");
        assertThat(server.delete(content + "/" + id).status()).isEqualTo(404);
    }

    @Test
    void matchesEachOfAThousandHashesOnceItsRequestIsAnswered() {
        String content = bank("LIVE") + "/content";
        long seed = Long.getLong("semblance.seed", 99L);
        Random random = new Random(seed);
        byte[] hash = new byte[32];
        for (int i = 0; i < 1_000; i++) {
            random.nextBytes(hash);
            String hex = HexFormat.of().formatHex(hash);
            long id = server.postJson(content, signals(hex)).json().get("id").longValue();
            assertThat(server.get("/m/raw_lookup?signal_type=pdq&signal=" + hex).text())
                    .as("add %d, -Dsemblance.seed=%d", i, seed)
                    .isEqualTo("{\"matches\":[" + id + "]}\n");
        }
    }

    @Test
    void suppressesAMatchThatIsNearAllowedContent() {
        byte[] meme = Pictures.jpeg(Pictures.photo(31, 500, 500), 0.8);
        byte[] again = Pictures.jpeg(Pictures.photo(31, 500, 500), 0.6);
        server.post(bank("MEMES") + "/content", meme);
        assertThat(server.postJson("/v1/banks", "{\"name\":\"FINE\",\"kind\":\"allow\",\"distance_threshold\":20}")
                        .json()
                        .get("distance_threshold")
                        .intValue())
                .isEqualTo(20);
        server.post("/v1/banks/FINE/content", meme);
        JsonNode verdict = server.post("/v1/match?banks=MEMES,FINE", again).json();
        assertThat(verdict.get("verdict").stringValue()).isEqualTo("suppressed");
        assertThat(verdict.get("suppressed_by").get(0).get("bank").stringValue())
                .isEqualTo("FINE");
        assertThat(server.postForm("/m/lookup?banks=MEMES,FINE", "photo", again, Map.of())
                        .text())
                .isEqualTo("{\"pdq\":{}}\n");
    }

    @Test
    void answersAVerdictForWhatIsNoPicture() {
        byte[] jpeg = Pictures.jpeg(PHOTO, 0.8);
        assertThat(verdict("text".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isEqualTo("unsupported");
        assertThat(verdict(new byte[0])).isEqualTo("unsupported");
        assertThat(verdict(java.util.Arrays.copyOf(jpeg, 30))).isEqualTo("corrupt");
        assertThat(verdict(Pictures.png(Pictures.flat(300, 300)))).isEqualTo("undecidable");
        assertThat(server.post("/v1/match", Pictures.png(Pictures.flat(300, 300)))
                        .json()
                        .get("reason")
                        .stringValue())
                .contains("quality");
    }

    private static String verdict(byte[] upload) {
        Answer answer = server.post("/v1/match", upload);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json().get("verdict").stringValue();
    }

    @Test
    void banksAFlatPictureByItsDigestsAndSaysSo() {
        String content = bank("FLAT") + "/content";
        byte[] flat = Pictures.png(Pictures.flat(200, 100));
        Answer added = server.post(content, flat);
        assertThat(added.status()).isEqualTo(201);
        assertThat(added.json().get("warnings").get(0).stringValue())
                .startsWith("pdq left out: quality ")
                .contains("expected: at least 50");
        assertThat(added.json().get("signals").size()).isEqualTo(2);
        assertThat(verdict(flat)).isEqualTo("match");
        assertThat(verdict(Pictures.png(Pictures.flat(201, 100)))).isEqualTo("undecidable");
        Answer hash =
                server.postJson(content, "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + HASH + "\",\"quality\":49}]}");
        assertThat(hash.status()).isEqualTo(422);
    }

    @Test
    void refusesToBankWhatDoesNotDecode() {
        String content = bank("BROKEN") + "/content";
        Answer answer = server.post(content, new byte[] {1, 2, 3});
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().get("detail").stringValue()).startsWith("file: unsupported: ");
        assertThat(answer.json().get("field").stringValue()).isEqualTo("file");
        assertThat(server.get(content).json().get("contents").isEmpty()).isTrue();
    }

    @Test
    void hashesWithoutLookingUp() {
        JsonNode hash = server.post("/v1/hash", Pictures.png(PHOTO)).json();
        assertThat(hash.propertyNames()).containsExactly("verdict", "content_type", "format", "signals", "timing_us");
        assertThat(hash.get("format").stringValue()).isEqualTo("png");
        assertThat(hash.get("signals").get(0).get("quality").intValue()).isGreaterThan(80);
        JsonNode turned =
                server.post("/v1/hash?dihedral=true", Pictures.png(PHOTO)).json();
        assertThat(turned.get("signals").get(0).get("dihedral").propertyNames())
                .containsExactlyInAnyOrder("rot90", "rot180", "rot270", "flipx", "flipy", "flipp", "flipm");
        assertThat(turned.get("signals").get(0).get("hash"))
                .isEqualTo(hash.get("signals").get(0).get("hash"));
        JsonNode failed = server.post("/v1/hash", new byte[] {1}).json();
        assertThat(failed.get("verdict").stringValue()).isEqualTo("unsupported");
        assertThat(failed.get("signals").size()).isEqualTo(2);
    }

    @Test
    void matchesAnAnimationByThePolicyThatIsAskedFor() {
        BufferedImage[] known = new BufferedImage[5];
        BufferedImage[] upload = new BufferedImage[5];
        for (int i = 0; i < 5; i++) {
            known[i] = Pictures.photo(70 + i, 320, 240);
            upload[i] = i == 2 ? known[i] : Pictures.photo(80 + i, 320, 240);
        }
        String content = bank("ANIMATED") + "/content";
        JsonNode hashed = server.post("/v1/hash", Pictures.gif(2_000, known)).json();
        JsonNode frames = hashed.get("signals")
                .valueStream()
                .filter(signal -> signal.get("type").stringValue().equals("vpdq"))
                .findFirst()
                .orElseThrow();
        assertThat(Json.read(frames.get("hash").stringValue())).hasSize(5);
        // What it was hashed to is banked as it is.
        Answer added = server.postJson(content, "{\"duration_ms\":10000,\"signals\":[" + frames + "]}");
        assertThat(added.status()).as(added.text()).isEqualTo(201);
        assertThat(added.json().get("video").get("frames").intValue()).isEqualTo(5);

        byte[] half = Pictures.gif(
                2_000,
                java.util.Arrays.stream(known).map(p -> Pictures.scaled(p, 0.8)).toArray(BufferedImage[]::new));
        for (String policy : List.of("", "&video_policy=aligned", "&video_policy=vpdq")) {
            assertThat(policyVerdict(policy, half)).as(policy).isEqualTo("match");
        }
        // A fifth of each is in the other.
        byte[] other = Pictures.gif(2_000, upload);
        String vpdq = "&video_policy=vpdq&query_match_percent=";
        assertThat(policyVerdict("", other)).isEqualTo("no_match");
        assertThat(policyVerdict("&video_policy=vpdq", other)).isEqualTo("no_match");
        assertThat(policyVerdict(vpdq + "10", other)).isEqualTo("match");
        assertThat(policyVerdict(vpdq + "30", other)).isEqualTo("no_match");
        assertThat(policyVerdict(vpdq + "10&bank_match_percent=15.5", other)).isEqualTo("match");
        assertThat(policyVerdict(vpdq + "10&bank_match_percent=30", other)).isEqualTo("no_match");
    }

    private static String policyVerdict(String policy, byte[] upload) {
        Answer answer = server.post("/v1/match?banks=ANIMATED" + policy, upload);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json().get("verdict").stringValue();
    }

    @Test
    void createsListsAndShowsBanks() {
        Answer created = server.postJson(
                "/v1/banks",
                "{\"name\":\"NEW_BANK\",\"enabled_ratio\":0.5,\"description\":\"d\\u00e9\",\"distance_threshold\":8}");
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.header("Location")).isEqualTo("/v1/banks/NEW_BANK");
        JsonNode bank = server.get("/v1/banks/NEW_BANK").json();
        assertThat(bank.propertyNames())
                .containsExactly(
                        "id",
                        "name",
                        "kind",
                        "enabled_ratio",
                        "description",
                        "distance_threshold",
                        "features",
                        "needs_approval");
        assertThat(bank.get("description").stringValue()).isEqualTo("dé");
        assertThat(server.get("/v1/banks")
                        .json()
                        .get("banks")
                        .valueStream()
                        .map(b -> b.get("name").stringValue()))
                .contains("NEW_BANK");
    }

    @Test
    void pagesThroughContents() {
        String content = bank("PAGED") + "/content";
        Random random = new Random(5);
        byte[] hash = new byte[32];
        for (int i = 0; i < 5; i++) {
            random.nextBytes(hash);
            server.postJson(content, signals(HexFormat.of().formatHex(hash)));
        }
        JsonNode first = server.get(content + "?limit=3").json();
        assertThat(first.get("contents").size()).isEqualTo(3);
        JsonNode second = server.get(
                        content + "?limit=3&after=" + first.get("next_after").longValue())
                .json();
        assertThat(second.get("contents").size()).isEqualTo(2);
        assertThat(second.has("next_after")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET    | /v1/banks/NOPE                        |                                    | 404 | bank
            GET    | /v1/banks/NOPE/content                |                                    | 404 | bank
            GET    | /v1/banks/ERRORS/content?limit=0      |                                    | 400 | limit
            GET    | /v1/banks/ERRORS/content?after=x      |                                    | 400 | after
            GET    | /v1/banks/ERRORS/content/99999        |                                    | 404 | id
            DELETE | /v1/banks/NOPE/content/1              |                                    | 404 | bank
            POST   | /v1/match?bank=A                      | x                                  | 400 | query
            POST   | /v1/match?banks=                      | x                                  | 400 | banks
            POST   | /v1/match?banks=ERRORS,NOPE           | x                                  | 400 | banks
            POST   | /v1/match?deadline_ms=soon            | x                                  | 400 | deadline_ms
            POST   | /v1/match?video_policy=best           | x                                  | 400 | video_policy
            POST   | /v1/match?query_match_percent=50      | x                                  | 400 | query_match_percent
            POST   | /v1/match?video_policy=aligned&bank_match_percent=5 | x                    | 400 | bank_match_percent
            POST   | /v1/match?video_policy=vpdq&query_match_percent=101 | x                    | 400 | query_match_percent
            POST   | /v1/match?video_policy=vpdq&bank_match_percent=NaN  | x                    | 400 | bank_match_percent
            POST   | /v1/hash?dihedral=yes                 | x                                  | 400 | dihedral
            POST   | /v1/banks                             | {                                  | 400 |
            POST   | /v1/banks                             | []                                 | 400 | body
            POST   | /v1/banks                             | {}                                 | 400 | name
            POST   | /v1/banks                             | {"name":"lower"}                   | 400 | name
            POST   | /v1/banks                             | {"name":7}                         | 400 | name
            POST   | /v1/banks                             | {"name":"ERRORS"}                  | 409 | name
            POST   | /v1/banks                             | {"name":"X","nmae":1}              | 400 | body
            POST   | /v1/banks                             | {"name":"X","enabled_ratio":2}     | 400 | enabled_ratio
            POST   | /v1/banks                             | {"name":"X","enabled_ratio":"1"}   | 400 | enabled_ratio
            POST   | /v1/banks                             | {"name":"X","kind":"bad"}          | 400 | kind
            POST   | /v1/banks                             | {"name":"X","distance_threshold":257} | 400 | distance_threshold
            POST   | /v1/banks                             | {"name":"X","distance_threshold":1.5} | 400 | distance_threshold
            POST   | /v1/banks/ERRORS/content              | {"signals":[]}                     | 400 | signals
            POST   | /v1/banks/ERRORS/content              | {"signals":{}}                     | 400 | signals
            POST   | /v1/banks/ERRORS/content              | {"signals":[{"type":"pdq","hash":"ab"}]} | 400 | signals
            POST   | /v1/banks/ERRORS/content              | {"signals":[{"type":"tmk","hash":"ab"}]} | 400 | signals
            POST   | /v1/banks/ERRORS/content              | {"signals":[{"type":"md5"}]}       | 400 | signals
            POST   | /v1/banks/ERRORS/content              | {"labels":["a"],"signal":[]}       | 400 | body
            """)
    void namesTheFieldOfAWrongRequest(String method, String path, String body, int status, String field) {
        server.postJson("/v1/banks", "{\"name\":\"ERRORS\"}");
        Answer answer = server.sendJson(method, path, body == null ? "" : body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        JsonNode problem = answer.json();
        assertThat(problem.propertyNames()).contains("type", "title", "status", "detail");
        assertThat(problem.get("status").intValue()).isEqualTo(status);
        if (field != null) {
            assertThat(problem.get("field").stringValue()).isEqualTo(field);
        }
    }

    @Test
    void writesActorAndReasonToTheJournalAndRefusesUnprintableOnes() {
        String bank = bank("ACTORS");
        byte[] body = signals(HASH).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        assertThat(server.send(
                                "POST",
                                bank + "/content",
                                Map.of("Content-Type", "application/json", "X-Actor", "x".repeat(201)),
                                body)
                        .status())
                .isEqualTo(400);
        Answer notUtf8 = server.send(
                "POST",
                bank + "/content",
                Map.of("Content-Type", "application/json", "X-Reason*", "UTF-8''na%EFve"),
                body);
        assertThat(notUtf8.status()).isEqualTo(400);
        assertThat(notUtf8.text()).contains("\"field\":\"X-Reason\"", "na%EFve");
        assertThat(server.send(
                                "POST",
                                bank + "/content",
                                Map.of("Content-Type", "application/json", "X-Actor", "ana", "X-Reason", "order 17"),
                                body)
                        .status())
                .isEqualTo(201);
    }

    @Test
    void knownBytesAreAnsweredWithAllBanksThatHaveThePicture() {
        byte[] file = Pictures.jpeg(Pictures.photo(91, 320, 240), 0.8);
        String first = bank("KNOWN_BYTES") + "/content";
        String second = bank("LIKENESS") + "/content";
        assertThat(server.post(first, file).status()).isEqualTo(201);
        assertThat(server.post(second, Pictures.png(Pictures.photo(91, 320, 240)))
                        .status())
                .isEqualTo(201);
        JsonNode all = server.post("/v1/match", file).json();
        assertThat(all.get("matches")
                        .valueStream()
                        .map(m -> m.get("bank").stringValue() + " "
                                + m.get("signal_type").stringValue()))
                .containsExactly("KNOWN_BYTES sha256", "LIKENESS pdq");
        assertThat(all.get("signals").valueStream().map(s -> s.get("type").stringValue()))
                .contains("pdq");
        assertThat(server.post("/v1/match?stop_at_exact=false", file)
                        .json()
                        .get("matches")
                        .size())
                .isEqualTo(2);
        JsonNode one = server.post("/v1/match?stop_at_exact=true", file).json();
        assertThat(one.get("matches").valueStream().map(m -> m.get("bank").stringValue()))
                .containsExactly("KNOWN_BYTES");
        Answer bad = server.post("/v1/match?stop_at_exact=yes", file);
        assertThat(bad.status()).isEqualTo(400);
        assertThat(bad.json().get("detail").stringValue()).isEqualTo("stop_at_exact: 'yes' (expected: true or false)");
    }

    @Test
    void tellsOperatorsThatItIsAliveAndReady() {
        assertThat(server.get("/healthz").text()).isEqualTo("{\"status\":\"ok\"}");
        JsonNode ready = server.get("/readyz").json();
        assertThat(ready.get("status").stringValue()).isEqualTo("ready");
        assertThat(ready.get("list_version").longValue()).isNotNegative();
    }

    @Test
    void refusesAFormWithoutExactlyOneFile() {
        byte[] photo = Pictures.png(PHOTO);
        assertThat(server.postForm("/v1/match", List.of("a", "b"), photo, Map.of())
                        .status())
                .isEqualTo(400);
        assertThat(server.postForm("/v1/match", List.of(), photo, Map.of("file", "text"))
                        .status())
                .isEqualTo(400);
        assertThat(server.postForm(bank("FORMS") + "/content", "file", photo, Map.of("lables", "typo"))
                        .status())
                .isEqualTo(400);
    }

    @Test
    @EnabledIfSystemProperty(named = "semblance.vectors", matches = ".+")
    void answersEveryPhotoOfTheVectorsWithAMatchOnceItIsBankedAndHalved() throws IOException {
        String content = bank("VECTORS") + "/content";
        Path photos = Path.of(System.getProperty("semblance.vectors", "")).resolve("pdq-jpeg");
        try (Stream<Path> files = Files.list(photos)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".jpg"))
                    .sorted()
                    .limit(10)
                    .toList()) {
                byte[] bytes = Files.readAllBytes(file);
                JsonNode added = server.post(content, bytes).json();
                if (added.has("warnings")) {
                    continue;
                }
                BufferedImage image = javax.imageio.ImageIO.read(file.toFile());
                for (byte[] copy : List.of(
                        Pictures.jpeg(Pictures.scaled(image, 0.5), 0.9),
                        Pictures.jpeg(Pictures.scaled(image, 1), 0.3),
                        Pictures.png(Pictures.scaled(image, 1)))) {
                    JsonNode verdict =
                            server.post("/v1/match?banks=VECTORS", copy).json();
                    assertThat(verdict.get("verdict").stringValue())
                            .as("%s: %s", file.getFileName(), verdict)
                            .isEqualTo("match");
                }
            }
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "semblance.vectors", matches = ".+")
    void answersEveryOddAndBrokenFileWithItsVerdict() throws IOException {
        bank("MODES");
        Path files = Path.of(System.getProperty("semblance.vectors", "")).resolve("pdq-modes");
        Path table = Path.of("../engine/src/test/resources/org/semblance/engine/media/pdq-modes-verdicts.csv");
        int rows = 0;
        for (String row :
                Files.readAllLines(table).subList(1, Files.readAllLines(table).size())) {
            String[] columns = row.split(",", 3);
            byte[] bytes = Files.readAllBytes(files.resolve(columns[0]));
            Answer answer = server.post("/v1/match?banks=MODES", bytes);
            assertThat(answer.status()).as("%s: %s", columns[0], answer.text()).isEqualTo(200);
            // Of a picture with too few rows nothing can be told, though it was hashed.
            String expected = columns[0].startsWith("truncated-half")
                    ? "undecidable"
                    : columns[1].equals("hashed") ? "no_match" : columns[1];
            assertThat(answer.json().get("verdict").stringValue())
                    .as("%s: %s", columns[0], answer.text())
                    .isEqualTo(expected);
            assertThat(server.postForm("/m/lookup", "photo", bytes, Map.of()).status())
                    .as(columns[0])
                    .isIn(200, 400);
            rows++;
        }
        assertThat(rows).isEqualTo(38);
    }
}
