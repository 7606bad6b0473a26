package org.semblance.server.hma;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.body.BodyReader;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestCalls;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/**
 * What else HMA 1.1.7 does, line by line: the finer points that {@link HmaRoutesTest}, {@link HmaDialectTest} and {@link
 * HmaExchangesTest} leave out, and what its own tests assert.
 */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HmaContractTest {
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String MD5 = "d35c785545392755e7e4164457657269";
    private static final String LOOKUP = "/m/lookup?signal_type=pdq&signal=";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    private static void bank(String name) {
        bank(server, name);
    }

    private static void bank(TestCalls of, String name) {
        assertThat(of.postJson("/c/banks", "{\"name\":\"" + name + "\"}").status())
                .isEqualTo(201);
    }

    private static long pdq(TestCalls of, String bank, String hash) {
        Answer added = of.postJson("/c/bank/" + bank + "/signal", "{\"pdq\":\"" + hash + "\"}");
        assertThat(added.status()).as(added.text()).isEqualTo(200);
        return added.json().get("id").longValue();
    }

    private static String random(long seed) {
        Random random = new Random(seed);
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()).toHex();
    }

    /** The hash with its first bits flipped. */
    private static String flipped(String hash, int bits) {
        int[] positions = new int[bits];
        for (int i = 0; i < bits; i++) {
            positions[i] = i;
        }
        return Hash256.parse(hash).flip(positions).toHex();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    // 0. Facts that hold everywhere

    @Test
    void readsABooleanAsPydanticDoes() {
        String raw = "/m/raw_lookup?signal_type=pdq&signal=" + HASH + "&include_distance=";
        for (String truth : List.of("true", "false", "1", "0", "yes", "NO", "On", "off", "T", "f", "Y", "n")) {
            assertThat(server.get(raw + truth).status()).as(truth).isEqualTo(200);
        }
        for (String other : List.of("", "zzz", "2", "truee", "%20true")) {
            Answer answer = server.get(raw + other);
            assertThat(answer.status()).as(other).isEqualTo(422);
            assertThat(answer.text())
                    .startsWith("[{\"type\":\"bool_parsing\",\"loc\":[\"include_distance\"]")
                    .endsWith("]");
        }
    }

    @Test
    void ignoresAParameterItDoesNotKnowAndTakesTheFirstOfTwo() {
        bank("FIRST");
        pdq(server, "FIRST", random(1));
        assertThat(server.get(LOOKUP + random(1) + "&zz=1&banks=FIRST&banks=NOPE")
                        .json()
                        .propertyNames())
                .containsExactly("FIRST");
        assertThat(server.get(LOOKUP + random(1) + "&banks=NOPE&banks=FIRST").text())
                .isEqualTo("{}\n");
    }

    @Test
    void aModelsBodyThatIsNoJsonIsNull() {
        for (String body : List.of("{", "", "[1]", "7")) {
            Answer answer = server.postJson("/c/banks", body);
            assertThat(answer.status()).as(body).isEqualTo(422);
            assertThat(answer.text()).contains("\"type\":\"model_type\"").doesNotEndWith("\n");
        }
    }

    @Test
    void takesASignalThatHmasRequestLineDoesNotHold() {
        List<String> frames = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            frames.add("\"" + random(1_000 + i) + ",100," + (double) i + "\"");
        }
        String signal = "[" + String.join(", ", frames) + "]";
        Answer answer = server.get("/m/lookup?signal_type=vpdq&signal=" + encoded(signal));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("{}\n");
    }

    @Test
    void refusesABodyBeyondItsLimitInJson() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            RawClient.Answer answer = client.send(
                            "POST /m/lookup HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                                    + "Content-Length: 900000000000\r\n\r\n")
                    .read();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.headers()).containsEntry("content-type", "application/json");
            assertThat(answer.body()).startsWith("{\"message\":\"");
        }
        Map<String, String> fields = Map.of("note", "x".repeat(BodyReader.MAX_FORM_BYTES));
        Answer answer = server.postForm("/c/bank/NOPE/content", "photo", new byte[1], fields);
        assertThat(answer.status()).isEqualTo(413);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/ui", "/ui/", "/ui/banks", "/ui/match", "/dev/seed_banks", "/c/nope", "/h", "/static/x"})
    void hasNoPages(String path) {
        assertThat(server.get(path).status()).isEqualTo(404);
    }

    // 1. Core

    @Test
    void aServerWithNothingBankedIsReadyAndMatchesNothing(@TempDir Path own) {
        try (TestServer fresh = new TestServer(own.resolve("db"))) {
            assertThat(fresh.get("/status").text()).isEqualTo("I-AM-ALIVE");
            assertThat(fresh.get("/c/banks").text()).isEqualTo("[]\n");
            assertThat(fresh.get("/c/exchanges").text()).isEqualTo("[]\n");
            assertThat(fresh.get(LOOKUP + HASH).text()).isEqualTo("{}\n");
            assertThat(fresh.get("/m/raw_lookup?signal_type=pdq&signal=" + HASH).text())
                    .isEqualTo("{\"matches\":[]}\n");
            byte[] photo = Pictures.png(Pictures.photo(11, 200, 200));
            assertThat(fresh.postForm("/m/lookup", "photo", photo, Map.of()).text())
                    .isEqualTo("{\"pdq\":{}}\n");
            assertThat(fresh.postForm("/m/lookup", "video", bytes("video"), Map.of())
                            .text())
                    .isEqualTo("{\"video_md5\":{}}\n");
        }
    }

    // 2. Hasher

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:1/x",
                "https://example.org/a.jpg",
                "ftp://example.org/a",
                "//no-scheme",
                "http://example.com:abc",
                "http://user:pass@example.org/",
                "http://[::1]/",
            })
    void fetchesNoUrlWhateverItIs(String url) {
        for (String path : List.of("/h/hash?url=", "/m/lookup?url=", "/m/lookup?signal_type=pdq&url=")) {
            Answer answer = server.get(path + encoded(url));
            assertThat(answer.status()).as(path).isEqualTo(403);
            assertThat(answer.text()).isEqualTo("{\"message\":\"Hashing is disabled, missing role\"}\n");
        }
    }

    @Test
    void wantsExactlyOneFile() {
        TestServer.Form plain = TestServer.form(List.of(), new byte[0], Map.of("photo", "no file"));
        Answer field = server.send("POST", "/h/hash", Map.of("Content-Type", plain.contentType()), plain.body());
        assertThat(field.text()).isEqualTo("{\"message\":\"Missing multipart/form-data file upload\"}\n");
        assertThat(server.postForm("/h/hash", List.of("photo", "video"), new byte[1], Map.of())
                        .text())
                .isEqualTo("{\"message\":\"Only one file allowed per request\"}\n");
    }

    private static String hashOf(BufferedImage picture) {
        Answer answer = server.postForm("/h/hash", "photo", Pictures.png(picture), Map.of());
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json().get("pdq").stringValue();
    }

    private static BufferedImage drawn(BufferedImage picture, BufferedImage on) {
        on.createGraphics().drawImage(picture, 0, 0, null);
        return on;
    }

    /** Where HMA takes a palette's index for its brightness and gives two colours no hash, this goes by what is seen. */
    @Test
    void hashesPalettesAndTwoColoursByWhatIsSeenAndDropsAlpha() {
        BufferedImage photo = Pictures.photo(12, 256, 192);
        byte[] level = new byte[256];
        for (int i = 0; i < 256; i++) {
            level[i] = (byte) (255 - i);
        }
        BufferedImage palette = drawn(
                photo,
                new BufferedImage(
                        256, 192, BufferedImage.TYPE_BYTE_INDEXED, new IndexColorModel(8, 256, level, level, level)));
        assertThat(hashOf(palette))
                .isEqualTo(hashOf(drawn(palette, new BufferedImage(256, 192, BufferedImage.TYPE_INT_RGB))))
                .hasSize(64);
        BufferedImage two = drawn(photo, new BufferedImage(256, 192, BufferedImage.TYPE_BYTE_BINARY));
        assertThat(hashOf(two)).hasSize(64);
        BufferedImage glass = new BufferedImage(256, 192, BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < 192; y++) {
            for (int x = 0; x < 256; x++) {
                glass.setRGB(x, y, 0x80000000 | (photo.getRGB(x, y) & 0xffffff));
            }
        }
        assertThat(hashOf(glass)).isEqualTo(hashOf(photo));
        assertThat(hashOf(Pictures.photo(12, 4, 4))).isEmpty();
    }

    // 3. Matcher

    @Test
    void takesOnlyTheWordTrueForABypassOfAFile() {
        assertThat(server.postJson("/c/banks", "{\"name\":\"RARE\",\"enabled_ratio\":0.0001}")
                        .status())
                .isEqualTo(201);
        byte[] photo = Pictures.png(Pictures.photo(13, 200, 200));
        server.postForm("/c/bank/RARE/content", "photo", photo, Map.of());
        String lookup = "/m/lookup?banks=RARE&seed=abc&signal_type=ignored&bypass_coinflip=";
        for (String other : List.of("1", "True", "", "zzz")) {
            assertThat(server.postForm(lookup + other, "photo", photo, Map.of()).text())
                    .as(other)
                    .isEqualTo("{\"pdq\":{}}\n");
        }
        assertThat(server.postForm(lookup + "true", "photo", photo, Map.of())
                        .json()
                        .get("pdq")
                        .has("RARE"))
                .isTrue();
    }

    @Test
    void takesNamesOfBanksAsTheyStand() {
        bank("EXACT");
        pdq(server, "EXACT", random(2));
        assertThat(server.get(LOOKUP + random(2) + "&banks=EXACT,%20").json().has("EXACT"))
                .isTrue();
        assertThat(server.get(LOOKUP + random(2) + "&banks=%20EXACT").text()).isEqualTo("{}\n");
        assertThat(server.get(LOOKUP + random(2) + "&banks=exact").text()).isEqualTo("{}\n");
        assertThat(server.get(LOOKUP + random(2) + "&banks=").json().has("EXACT"))
                .isTrue();
    }

    @Test
    void findsAContentOnceHoweverManyBanksAndCopiesThereAre() {
        bank("COPIES");
        String hash = random(3);
        List<Long> ids = List.of(pdq(server, "COPIES", hash), pdq(server, "COPIES", hash), pdq(server, "COPIES", hash));
        JsonNode found = server.get("/m/raw_lookup?signal_type=pdq&signal=" + hash)
                .json()
                .get("matches");
        List<Long> matches = new ArrayList<>();
        found.forEach(id -> matches.add(id.longValue()));
        assertThat(matches).containsExactlyInAnyOrderElementsOf(ids);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            /m/raw_lookup?signal=x&signal_type=nope | {"message":"No such SignalType 'nope'"}
            /m/raw_lookup?signal=x&signal_type=PDQ  | {"message":"No such SignalType 'PDQ'"}
            /m/lookup?signal=&signal_type=pdq       | {"message":"Either url or both signal and signal_type are required"}
            /m/lookup?signal=x                      | {"message":"Either url or both signal and signal_type are required"}
            /m/lookup?signal=zz&signal_type=video_md5 | {"message":"invalid signal: invalid Video MD5 hash"}
            """)
    void refusesALookupInHmasWords(String path, String text) {
        Answer answer = server.get(path);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).isEqualTo(text + "\n");
    }

    // 4. Curator

    @Test
    void refusesARatioThatIsNone() {
        for (String ratio : List.of("-3", "1.5", "\"2\"", "1e300", "1e400")) {
            Answer answer = server.postJson("/c/banks", "{\"name\":\"ODD\",\"enabled_ratio\":" + ratio + "}");
            assertThat(answer.status()).as(ratio).isEqualTo(400);
            assertThat(answer.json().get("message").stringValue()).startsWith("enabled_ratio: ");
        }
        for (String ratio : List.of("\"x\"", "[]", "{}")) {
            Answer answer = server.postJson("/c/banks", "{\"name\":\"ODD\",\"enabled_ratio\":" + ratio + "}");
            assertThat(answer.status()).as(ratio).isEqualTo(422);
        }
        assertThat(server.get("/c/bank/ODD").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1STARTS_WITH_DIGIT", "lower", "WITH SPACE", "", "\u00c4", "A-B"})
    void refusesABankNameThatIsNone(String name) {
        Answer answer = server.postJson("/c/banks", "{\"name\":\"" + name + "\"}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).isEqualTo("{\"message\":\"Bank names must be UPPER_WITH_UNDERSCORE\"}\n");
    }

    @Test
    void renamesToNoNameThatIsTaken() {
        bank("TAKEN_A");
        bank("TAKEN_B");
        Answer answer = server.sendJson("PUT", "/c/bank/TAKEN_A", "{\"name\":\"TAKEN_B\"}");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).isEqualTo("{\"message\":\"Bank name already exists\"}\n");
        assertThat(server.sendJson("PUT", "/c/bank/TAKEN_A", "{}").text())
                .isEqualTo("{\"matching_enabled_ratio\":1.0,\"name\":\"TAKEN_A\"}\n");
    }

    @Test
    void banksTheSameFileTwice() {
        bank("TWICE");
        byte[] photo = Pictures.png(Pictures.photo(14, 200, 200));
        long first = server.postForm("/c/bank/TWICE/content", "photo", photo, Map.of())
                .json()
                .get("id")
                .longValue();
        long second = server.postForm("/c/bank/TWICE/content", "photo", photo, Map.of())
                .json()
                .get("id")
                .longValue();
        assertThat(second).isGreaterThan(first);
        assertThat(server.postForm("/m/lookup?banks=TWICE", "photo", photo, Map.of())
                        .json()
                        .get("pdq")
                        .get("TWICE")
                        .size())
                .isEqualTo(2);
    }

    @Test
    void keepsSignalsOfTwoTypesInOneContent() {
        bank("BOTH");
        Answer added = server.postJson(
                "/c/bank/BOTH/signal", "{\"pdq\":\"" + random(4) + "\",\"video_md5\":\"" + MD5 + "\",\"note\":\"n\"}");
        long id = added.json().get("id").longValue();
        assertThat(added.text())
                .isEqualTo("{\"id\":" + id + ",\"signals\":{\"pdq\":\"" + random(4) + "\",\"video_md5\":\"" + MD5
                        + "\"}}\n");
        assertThat(server.get("/c/bank/BOTH/content/" + id + "?include_signals=TRUE")
                        .json()
                        .get("signals")
                        .size())
                .isEqualTo(2);
    }

    @Test
    void takesMetadataUnderBothNamesAndHidesIt() {
        bank("META");
        Answer added = server.postForm(
                "/c/bank/META/content",
                "photo",
                Pictures.png(Pictures.photo(15, 200, 200)),
                Map.of("metadata", "{\"json_data\":{\"a\":[1,null,\"\u00e9\"]}}"));
        String path = "/c/bank/META/content/" + added.json().get("id").longValue();
        assertThat(server.get(path).json().get("metadata").toString())
                .isEqualTo(
                        "{\"collab\":null,\"content_id\":null,\"content_uri\":null,\"json\":{\"a\":[1,null,\"\u00e9\"]}}");
        for (String no : List.of("false", "0", "", "yes")) {
            assertThat(server.get(path + "?include_metadata=" + no).json().has("metadata"))
                    .as(no)
                    .isFalse();
        }
        for (String no : List.of("", "1", "yes")) {
            assertThat(server.get(path + "?include_signals=" + no).json().has("signals"))
                    .as(no)
                    .isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"1.0, 1", "0.9, 0", "\"1\", 1", "\" 0 \", 0", "1000, 1000"})
    void readsATimeAsPythonsInt(String value, long shown) {
        server.postJson("/c/banks", "{\"name\":\"TIMES\"}");
        String path = "/c/bank/TIMES/content/" + pdq(server, "TIMES", random(5));
        assertThat(server.sendJson("PUT", path, "{\"disable_until_ts\":" + value + "}")
                        .json()
                        .get("disable_until_ts")
                        .longValue())
                .isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /c/bank/NOPE/content/1, 404",
        "PUT, /c/bank/NOPE/content/1, 404",
        "DELETE, /c/bank/NOPE/content/1, 404",
        "POST, /c/bank/NOPE/content, 404",
    })
    void knowsNoContentOfABankThatIsNotThere(String method, String path, int status) {
        Answer answer = server.sendJson(method, path, method.equals("GET") ? "" : "{}");
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).isEqualTo("{\"message\":\"bank 'NOPE' not found\"}\n");
    }

    @Test
    void countsANotesCharactersAsPythonDoes() {
        bank("LONG_NOTES");
        String emoji = "\ud83d\udd25";
        for (int length : new int[] {255, 256}) {
            Answer answer = server.postJson(
                    "/c/bank/LONG_NOTES/signal",
                    "{\"pdq\":\"" + random(6) + "\",\"note\":\"" + emoji.repeat(length) + "\"}");
            assertThat(answer.status()).as(answer.text()).isEqualTo(length == 255 ? 200 : 400);
            if (length == 256) {
                assertThat(answer.text()).isEqualTo("{\"message\":\"note must be at most 255 characters\"}\n");
            }
        }
    }

    @Test
    void tellsAnUnknownApiFromAnUnknownSchema() {
        Answer api = server.get("/c/exchanges/api/nope");
        assertThat(api.status()).isEqualTo(400);
        assertThat(api.text()).isEqualTo("{\"message\":\"no such Exchange API 'nope'\"}\n");
        assertThat(server.get("/c/exchanges/api/nope/schema").status()).isEqualTo(404);
    }

    // 6. What matchable means

    /** HMA's index loses a bucket that holds all of its hashes when those are 1, 2, 4, 8 or 16. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 8, 16})
    void findsEveryCopyOfAnOnlyHashAtOnce(int copies, @TempDir Path own) {
        try (TestServer fresh = new TestServer(own.resolve("db"))) {
            bank(fresh, "ONLY");
            for (int i = 1; i <= copies; i++) {
                pdq(fresh, "ONLY", HASH);
                assertThat(fresh.get(LOOKUP + HASH).json().get("ONLY").size()).isEqualTo(i);
            }
            fresh.delete("/c/bank/ONLY/content/1");
            assertThat(fresh.get("/m/raw_lookup?signal_type=pdq&signal=" + HASH)
                            .json()
                            .get("matches")
                            .size())
                    .isEqualTo(copies - 1);
        }
    }

    // 7. Signal types

    @Test
    void matchesUpToADistanceOf31() {
        bank("NEAR");
        String hash = random(7);
        long id = pdq(server, "NEAR", hash);
        for (int distance = 0; distance <= 31; distance++) {
            assertThat(server.get(LOOKUP + flipped(hash, distance)).text())
                    .isEqualTo("{\"NEAR\":[{\"bank_content_id\":" + id + ",\"distance\":\"" + distance + "\"}]}\n");
        }
        assertThat(server.get(LOOKUP + flipped(hash, 32)).text()).isEqualTo("{}\n");
    }

    @Test
    void validatesAPdqHashToTheCharacter() {
        for (String wrong : List.of(
                HASH.toUpperCase(java.util.Locale.ROOT),
                " " + HASH,
                HASH + " ",
                HASH + "\n",
                HASH.substring(1),
                HASH + "0",
                "g" + HASH.substring(1))) {
            Answer answer = server.get(LOOKUP + encoded(wrong));
            assertThat(answer.status()).as(wrong).isEqualTo(400);
            assertThat(answer.text()).isEqualTo("{\"message\":\"invalid signal: invalid PDQ hash\"}\n");
        }
    }

    /** Beyond 99.9 s HMA writes times with three digits and an exponent. */
    @Test
    void readsTheTimesOfALongVideo() {
        bank("LONG_FILMS");
        String signal =
                "[\"" + random(8) + ",100,0.0\", \"" + random(9) + ",100,1e+02\", \"" + random(10) + ",100,1.23e+02\"]";
        Answer added =
                server.postJson("/c/bank/LONG_FILMS/signal", "{\"vpdq\":\"" + signal.replace("\"", "\\\"") + "\"}");
        assertThat(added.status()).as(added.text()).isEqualTo(200);
        assertThat(server.get("/m/lookup?signal_type=vpdq&signal=" + encoded(signal))
                        .json()
                        .get("LONG_FILMS")
                        .get(0)
                        .get("distance")
                        .stringValue())
                .isEqualTo("100%[100%]");
    }

    // 10. What HMA's own tests do

    /** test_banks_add_hash_index and test_add_hashes_and_find_match. */
    @Test
    void banksTwoPicturesAndManyHashesAndFindsEach(@TempDir Path own) {
        try (TestServer fresh = new TestServer(own.resolve("db"))) {
            bank(fresh, "TEST_BANK");
            for (int i = 1; i <= 2; i++) {
                byte[] photo = Pictures.png(Pictures.photo(20 + i, 200, 200));
                JsonNode added = fresh.postForm("/c/bank/TEST_BANK/content", "photo", photo, Map.of())
                        .json();
                assertThat(added.get("id").longValue()).isEqualTo(i);
                String hash = added.get("signals").get("pdq").stringValue();
                assertThat(fresh.get("/m/raw_lookup?signal_type=pdq&signal=" + hash)
                                .text())
                        .isEqualTo("{\"matches\":[" + i + "]}\n");
            }
            for (int i = 3; i <= 16; i++) {
                assertThat(pdq(fresh, "TEST_BANK", random(100 + i))).isEqualTo(i);
            }
            JsonNode status = fresh.get("/m/index/status").json().get("pdq");
            assertThat(status.get("present").booleanValue()).isTrue();
            assertThat(status.get("size").longValue()).isEqualTo(16);
            assertThat(fresh.get(LOOKUP + random(116)).text())
                    .isEqualTo("{\"TEST_BANK\":[{\"bank_content_id\":16,\"distance\":\"0\"}]}\n");
            assertThat(fresh.get(LOOKUP + "5".repeat(64)).text()).isEqualTo("{}\n");
        }
    }

    /** test_raw_lookups and test_lookups: an example of each type, of what the sample exchange fetched. */
    @Test
    void findsAnExampleOfEachType() {
        assertThat(server.postJson("/c/exchanges", "{\"bank\":\"SAMPLE\",\"api\":\"sample\",\"api_json\":{}}")
                        .status())
                .isEqualTo(201);
        while (!server.get("/c/exchange/SAMPLE/status").json().get("up_to_date").booleanValue()) {
            Thread.onSpinWait();
        }
        for (String example :
                List.of("signal_type=pdq&signal=" + HASH, "signal_type=video_md5&signal=" + sampleMd5())) {
            JsonNode plain =
                    server.get("/m/raw_lookup?banks=SAMPLE&" + example).json().get("matches");
            JsonNode told = server.get("/m/raw_lookup?include_distance=true&banks=SAMPLE&" + example)
                    .json()
                    .get("matches");
            assertThat(plain.size()).isPositive().isEqualTo(told.size());
            told.forEach(match -> assertThat(match.propertyNames()).containsExactly("bank_content_id", "distance"));
            JsonNode found = server.get("/m/lookup?banks=SAMPLE&" + example).json();
            assertThat(found.propertyNames()).containsExactly("SAMPLE");
            assertThat(found.get("SAMPLE").get(0).propertyNames()).containsExactly("bank_content_id", "distance");
        }
    }

    private static String sampleMd5() {
        for (long id = 1; id < 10_000; id++) {
            JsonNode signals = server.get("/c/bank/SAMPLE/content/" + id + "?include_signals=true")
                    .json()
                    .path("signals");
            if (signals.has("video_md5")) {
                return signals.get("video_md5").stringValue();
            }
        }
        throw new AssertionError("no video in the sample");
    }
}
