package org.semblance.server.hma;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/** What HMA 1.1.7 was seen to answer, to the byte; and the places where it is wrong and this is right. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HmaRoutesTest {
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String NEAR = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b21";
    private static final String MD5 = "d35c785545392755e7e4164457657269";
    private static final BufferedImage PHOTO = Pictures.photo(3, 400, 300);

    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    @BeforeAll
    static void start() {
        bank("FIXED");
    }

    private static void bank(String name) {
        assertThat(server.postJson("/c/banks", "{\"name\":\"" + name + "\"}").status())
                .isEqualTo(201);
    }

    private static long id(Answer added) {
        assertThat(added.status()).as(added.text()).isEqualTo(200);
        return added.json().get("id").longValue();
    }

    @Test
    void tellsThatItIsAlive() {
        for (String path : List.of("/status", "/status/live")) {
            Answer status = server.get(path);
            assertThat(status.text()).isEqualTo("I-AM-ALIVE");
            assertThat(status.header("Content-Type")).isEqualTo("text/html; charset=utf-8");
        }
    }

    @Test
    void hashesAPhotoAndAVideoByTheFieldOfTheForm() {
        Answer photo = server.postForm("/h/hash", "photo", Pictures.png(PHOTO), Map.of());
        assertThat(photo.text()).matches("\\{\"pdq\":\"[0-9a-f]{64}\"}\n");
        assertThat(photo.header("Content-Type")).isEqualTo("application/json");
        Answer video = server.postForm("/h/hash?types=video_md5", "video", bytes("any bytes"), Map.of());
        assertThat(video.text()).isEqualTo("{\"video_md5\":\"687691af71f43898860405c98fa03d10\"}\n");
        Answer flat = server.postForm("/h/hash", "photo", Pictures.png(Pictures.flat(100, 100)), Map.of());
        assertThat(flat.text()).isEqualTo("{\"pdq\":\"\"}\n");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void refusesWhatItCannotHashAsHmaDoesAndABrokenPhotoWithout500() {
        byte[] file = bytes("no photo");
        assertThat(server.post("/h/hash", file).text())
                .isEqualTo("{\"message\":\"Missing multipart/form-data file upload\"}\n");
        assertThat(server.postForm("/h/hash", List.of("photo", "photo"), file, Map.of())
                        .text())
                .isEqualTo("{\"message\":\"Only one file allowed per request\"}\n");
        assertThat(server.postForm("/h/hash", "file", file, Map.of()).text())
                .isEqualTo("{\"message\":\"no such content_type: 'file'\"}\n");
        assertThat(server.postForm("/h/hash?types=video_md5", "photo", file, Map.of())
                        .text())
                .isEqualTo("{\"message\":\"signal type 'video_md5' doesn't exist or is disabled\"}\n");
        assertThat(server.postForm("/h/hash?types=,", "photo", file, Map.of()).text())
                .isEqualTo("{\"message\":\"empty signal type selection\"}\n");
        Answer broken = server.postForm("/h/hash", "photo", file, Map.of());
        assertThat(broken.status()).isEqualTo(400);
        assertThat(broken.json().get("message").stringValue()).startsWith("cannot hash this photo: unsupported: ");
        assertThat(server.postForm("/m/lookup", "photo", file, Map.of()).status())
                .isEqualTo(400);
    }

    @Test
    void looksUpASignalByBankWithItsDistanceAsText() {
        bank("SIGNALS_A");
        bank("SIGNALS_B");
        Answer added = server.postJson("/c/bank/SIGNALS_A/signal", "{\"pdq\":\"" + HASH + "\",\"note\":\"n\"}");
        long a = id(added);
        assertThat(added.text()).isEqualTo("{\"id\":" + a + ",\"signals\":{\"pdq\":\"" + HASH + "\"}}\n");
        long b = id(server.postJson("/c/bank/SIGNALS_B/signal", "{\"pdq\":\"" + NEAR + "\"}"));
        String lookup = "/m/lookup?signal_type=pdq&signal=" + HASH;
        assertThat(server.get(lookup + "&banks=SIGNALS_A,SIGNALS_B").text())
                .isEqualTo("{\"SIGNALS_A\":[{\"bank_content_id\":" + a + ",\"distance\":\"0\"}],"
                        + "\"SIGNALS_B\":[{\"bank_content_id\":" + b + ",\"distance\":\"2\"}]}\n");
        assertThat(server.get(lookup + "&banks=NOPE").text()).isEqualTo("{}\n");
        String raw = "/m/raw_lookup?signal_type=pdq&banks=SIGNALS_B&signal=" + HASH;
        assertThat(server.get(raw).text()).isEqualTo("{\"matches\":[" + b + "]}\n");
        assertThat(server.get(raw + "&include_distance=YES").text())
                .isEqualTo("{\"matches\":[{\"bank_content_id\":" + b + ",\"distance\":\"2\"}]}\n");
        assertThat(server.get("/m/lookup?signal_type=pdq&signal=" + "5".repeat(64))
                        .text())
                .isEqualTo("{}\n");
    }

    @Test
    void looksUpAVideoByItsBytes() {
        bank("VIDEOS");
        Answer added =
                server.postJson("/c/bank/VIDEOS/signal", "{\"video_md5\":\" " + MD5.toUpperCase(Locale.ROOT) + " \"}");
        long id = id(added);
        assertThat(added.text()).contains("\"video_md5\":\"" + MD5 + "\"");
        assertThat(server.get("/m/lookup?signal_type=video_md5&signal=" + MD5).text())
                .isEqualTo("{\"VIDEOS\":[{\"bank_content_id\":" + id + ",\"distance\":\"-\"}]}\n");
        long file = id(server.postForm("/c/bank/VIDEOS/content", "video", bytes("a video"), Map.of()));
        assertThat(server.postForm("/m/lookup", "video", bytes("a video"), Map.of())
                        .text())
                .isEqualTo("{\"video_md5\":{\"VIDEOS\":[{\"bank_content_id\":" + file + ",\"distance\":\"0\"}]}}\n");
        assertThat(server.postForm("/m/lookup", "video", bytes("another"), Map.of())
                        .text())
                .isEqualTo("{\"video_md5\":{}}\n");
    }

    @Test
    void findsAPhotoInEveryFormAndAKnownFlatOneByItsBytes() {
        bank("HMA_PHOTOS");
        Answer added = server.postForm("/c/bank/HMA_PHOTOS/content", "photo", Pictures.jpeg(PHOTO, 0.9), Map.of());
        long id = id(added);
        assertThat(added.text()).matches("\\{\"id\":" + id + ",\"signals\":\\{\"pdq\":\"[0-9a-f]{64}\"}}\n");
        JsonNode found = server.postForm(
                        "/m/lookup?banks=HMA_PHOTOS",
                        "photo",
                        Pictures.jpeg(Pictures.scaled(PHOTO, 0.5), 0.5),
                        Map.of())
                .json();
        assertThat(found.get("pdq")
                        .get("HMA_PHOTOS")
                        .get(0)
                        .get("bank_content_id")
                        .longValue())
                .isEqualTo(id);
        assertThat(server.get("/c/bank/HMA_PHOTOS/content/" + id + "?include_signals=true")
                        .json()
                        .get("signals")
                        .propertyNames())
                .containsExactly("pdq");

        byte[] flat = Pictures.png(Pictures.flat(64, 65));
        Answer refused = server.postForm("/c/bank/HMA_PHOTOS/content", "photo", flat, Map.of());
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.text()).startsWith("{\"message\":\"Invalid pdq signal: ");
        assertThat(server.postForm("/m/lookup", "photo", flat, Map.of()).text()).isEqualTo("{\"pdq\":{}}\n");
        long known = server.post("/v1/banks/HMA_PHOTOS/content", flat)
                .json()
                .get("id")
                .longValue();
        assertThat(server.postForm("/m/lookup", "photo", flat, Map.of()).text())
                .isEqualTo("{\"pdq\":{\"HMA_PHOTOS\":[{\"bank_content_id\":" + known + ",\"distance\":\"0\"}]}}\n");
    }

    @Test
    void tossesTheSeededCoinForEachBank() {
        assertThat(server.postJson("/c/banks", "{\"name\":\"COIN\",\"enabled_ratio\":\"0.48\"}")
                        .text())
                .isEqualTo("{\"matching_enabled_ratio\":0.48,\"name\":\"COIN\"}\n");
        String hash = "0123456789abcdef".repeat(4);
        id(server.postJson("/c/bank/COIN/signal", "{\"pdq\":\"" + hash + "\"}"));
        String lookup = "/m/lookup?signal_type=pdq&signal=" + hash;
        for (String seed : List.of("1", "0", "42")) {
            assertThat(server.get(lookup + "&seed=" + seed).json().has("COIN")).isTrue();
        }
        assertThat(server.get(lookup + "&seed=abc").text()).isEqualTo("{}\n");
        assertThat(server.get(lookup + "&seed=abc&bypass_coinflip=true").json().has("COIN"))
                .isTrue();
        assertThat(server.get("/m/raw_lookup?signal_type=pdq&signal=" + hash)
                        .json()
                        .get("matches")
                        .size())
                .isEqualTo(1);
        server.sendJson("PUT", "/c/bank/COIN", "{\"enabled\":false}");
        assertThat(server.get(lookup + "&bypass_coinflip=true").text()).isEqualTo("{}\n");
    }

    @Test
    void changesBanksWithHmasOwnOrderOfRatioAndEnabled() {
        assertThat(server.postJson("/c/banks", "{\"name\":\"IGNORED\",\"enabled\":false}")
                        .text())
                .isEqualTo("{\"matching_enabled_ratio\":1.0,\"name\":\"IGNORED\"}\n");
        assertThat(server.postJson("/c/banks", "{\"name\":\"OFF\",\"enabled\":false,\"enabled_ratio\":null}")
                        .text())
                .isEqualTo("{\"matching_enabled_ratio\":0.0,\"name\":\"OFF\"}\n");
        assertThat(server.sendJson("PUT", "/c/bank/OFF", "{\"enabled\":true}").text())
                .isEqualTo("{\"matching_enabled_ratio\":1,\"name\":\"OFF\"}\n");
        assertThat(server.sendJson("PUT", "/c/bank/OFF", "{\"name\":\"RENAMED\",\"enabled_ratio\":0.5}")
                        .text())
                .isEqualTo("{\"matching_enabled_ratio\":0.5,\"name\":\"RENAMED\"}\n");
        assertThat(server.get("/c/bank/RENAMED").text())
                .isEqualTo("{\"matching_enabled_ratio\":0.5,\"name\":\"RENAMED\"}\n");
        assertThat(server.get("/c/banks").text())
                .contains("{\"matching_enabled_ratio\":0.5,\"name\":\"RENAMED\"}")
                .doesNotContain("\"OFF\"");
        for (int i = 0; i < 2; i++) {
            assertThat(server.delete("/c/bank/RENAMED").text()).isEqualTo("{\"message\":\"Done\"}\n");
        }
        assertThat(server.get("/c/bank/RENAMED").text()).isEqualTo("{\"message\":\"bank 'RENAMED' not found\"}\n");
    }

    @Test
    void keepsMetadataAndNoteAndShowsThemWhenAsked() {
        bank("NOTES");
        Answer added = server.postForm(
                "/c/bank/NOTES/content",
                "photo",
                Pictures.png(PHOTO),
                Map.of(
                        "note",
                        "h\u00e9llo",
                        "metadata",
                        "{\"content_id\":\"x1\",\"content_uri\":\"u\",\"json\":{\"a\":1},\"collab\":{\"X\":[]}}"));
        long id = id(added);
        String path = "/c/bank/NOTES/content/" + id;
        assertThat(server.get(path).text())
                .isEqualTo(
                        "{\"bank\":{\"matching_enabled_ratio\":1.0,\"name\":\"NOTES\"},\"disable_until_ts\":1,\"id\":"
                                + id
                                + ",\"metadata\":{\"collab\":null,\"content_id\":\"x1\",\"content_uri\":\"u\",\"json\":"
                                + "{\"a\":1}},\"note\":\"h\\u00e9llo\",\"original_media_uri\":null}\n");
        assertThat(server.get(path + "?include_metadata=false").json().has("metadata"))
                .isFalse();
        assertThat(server.sendJson("PUT", path, "{\"note\":\"\"}").text())
                .isEqualTo("{\"bank\":{\"matching_enabled_ratio\":1.0,\"name\":\"NOTES\"},\"collab_metadata\":{},"
                        + "\"disable_until_ts\":1,\"id\":" + id + ",\"note\":null,\"original_media_uri\":null,"
                        + "\"user_metadata\":{\"content_id\":\"x1\",\"content_uri\":\"u\",\"json\":{\"a\":1}}}\n");
        assertThat(server.postForm(
                                "/c/bank/NOTES/content", "photo", Pictures.png(PHOTO), Map.of("metadata", "{\"zz\":1}"))
                        .text())
                .startsWith("{\"message\":\"Invalid metadata: 1 validation error for BankedContentMetadata");
        assertThat(server.postForm("/c/bank/NOTES/content", "photo", Pictures.png(PHOTO), Map.of("metadata", "[]"))
                        .text())
                .isEqualTo("{\"message\":\"metadata should be a json object\"}\n");
        assertThat(server.postForm("/c/bank/NOTES/content", "photo", Pictures.png(PHOTO), Map.of("metadata", "{"))
                        .text())
                .isEqualTo("{\"message\":\"metadata form field must be valid JSON\"}\n");
        assertThat(server.postForm(
                                "/c/bank/NOTES/content", "photo", Pictures.png(PHOTO), Map.of("note", "x".repeat(256)))
                        .text())
                .isEqualTo("{\"message\":\"note must be at most 255 characters\"}\n");
    }

    @Test
    void switchesAContentOffAndOnAtOnce() {
        bank("SWITCH");
        String hash = "89abcdef01234567".repeat(4);
        long id = id(server.postJson("/c/bank/SWITCH/signal", "{\"pdq\":\"" + hash + "\"}"));
        String path = "/c/bank/SWITCH/content/" + id;
        String lookup = "/m/lookup?signal_type=pdq&signal=" + hash;
        assertThat(server.sendJson("PUT", path, "{\"disable_until_ts\":\"0\"}")
                        .json()
                        .get("disable_until_ts")
                        .longValue())
                .isZero();
        assertThat(server.get(lookup).text()).isEqualTo("{}\n");
        assertThat(server.get("/m/raw_lookup?signal_type=pdq&signal=" + hash).text())
                .isEqualTo("{\"matches\":[]}\n");
        server.sendJson("PUT", path, "{\"disable_until_ts\":1}");
        assertThat(server.get(lookup).json().has("SWITCH")).isTrue();
        long nextYear = Instant.now().getEpochSecond() + 365 * 24 * 3600;
        server.sendJson("PUT", path, "{\"disable_until_ts\":" + nextYear + "}");
        assertThat(server.get(path).json().get("disable_until_ts").longValue()).isEqualTo(nextYear);
        assertThat(server.get(lookup).text()).isEqualTo("{}\n");
        server.sendJson("PUT", path, "{\"disable_until_ts\":1000}");
        assertThat(server.get(lookup).json().has("SWITCH")).isTrue();
        assertThat(server.delete(path).text()).isEqualTo("{\"deleted\":1}\n");
        assertThat(server.delete(path).text()).isEqualTo("{\"deleted\":0}\n");
        assertThat(server.get(lookup).text()).isEqualTo("{}\n");
    }

    @Test
    void showsAndTakesOutContentsOfTheNamedBankOnly() {
        bank("MINE");
        bank("THEIRS");
        long id = id(server.postJson("/c/bank/THEIRS/signal", "{\"video_md5\":\"" + "ab".repeat(16) + "\"}"));
        assertThat(server.get("/c/bank/MINE/content/" + id).text())
                .isEqualTo("{\"message\":\"content '" + id + "' not found\"}\n");
        assertThat(server.delete("/c/bank/MINE/content/" + id).text()).isEqualTo("{\"deleted\":0}\n");
        assertThat(server.get("/c/bank/THEIRS/content/" + id + "?include_signals=True")
                        .json()
                        .get("signals")
                        .propertyNames())
                .containsExactly("video_md5");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            GET  | /h/hash?url=http://x               |   | 403 | {"message":"Hashing is disabled, missing role"}
            GET  | /m/lookup?url=http://x             |   | 403 | {"message":"Hashing is disabled, missing role"}
            POST | /c/bank/FIXED/content?url=http://x | {} | 403 | {"message":"Hashing is disabled, missing role"}
            POST | /c/bank/FIXED/content              | {} | 400 | {"message":"Neither `url` nor multipart file upload was received"}
            GET  | /m/lookup                          |   | 400 | {"message":"Either url or both signal and signal_type are required"}
            GET  | /m/lookup?signal=x&signal_type=nope |  | 400 | {"message":"No such SignalType 'nope'"}
            GET  | /m/lookup?signal=x&signal_type=pdq |   | 400 | {"message":"invalid signal: invalid PDQ hash"}
            GET  | /m/raw_lookup?signal=F8F8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22&signal_type=pdq | | 400 | {"message":"invalid signal: invalid PDQ hash"}
            POST | /c/banks                           | {"name":"lower"} | 400 | {"message":"Bank names must be UPPER_WITH_UNDERSCORE"}
            POST | /c/banks                           | {"name":"FIXED"} | 403 | {"message":"Bank already exists"}
            GET  | /c/bank/NOPE                       |   | 404 | {"message":"bank 'NOPE' not found"}
            PUT  | /c/bank/NOPE                       | {} | 404 | {"message":"Bank not found"}
            PUT  | /c/bank/FIXED                      | {"name":"9"} | 400 | {"message":"Bank names must be UPPER_WITH_UNDERSCORE"}
            POST | /c/bank/NOPE/signal                | {} | 404 | {"message":"bank 'NOPE' not found"}
            POST | /c/bank/FIXED/signal               | {} | 400 | {"message":"No signals given"}
            POST | /c/bank/FIXED/signal               | [] | 400 | {"message":"No signals given"}
            POST | /c/bank/FIXED/signal               | {"nope":"x"} | 400 | {"message":"No such signal type nope"}
            POST | /c/bank/FIXED/signal               | {"pdq":"x"} | 400 | {"message":"Invalid pdq signal: invalid PDQ hash"}
            POST | /c/bank/FIXED/signal               | {"pdq":"x","note":7} | 400 | {"message":"Invalid pdq signal: invalid PDQ hash"}
            POST | /c/bank/FIXED/signal               | {"note":7} | 400 | {"message":"note should be a string"}
            POST | /c/bank/FIXED/signal               | { | 400 | {"message":"The browser (or proxy) sent a request that this server could not understand."}
            GET  | /c/bank/FIXED/content/999          |   | 404 | {"message":"content '999' not found"}
            PUT  | /c/bank/FIXED/content/999          | {} | 404 | {"message":"content '999' not found"}
            """)
    void refusesInHmasWords(String method, String path, String body, int status, String text) {
        Answer answer = server.sendJson(method, path, body == null ? "" : body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text()).isEqualTo(text + "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "-1, disable_until_ts must be a non-negative integer",
        "9999999999, disable_until_ts must be less than 5 years in the future",
        "\"x\", Invalid int: 'x'",
        "null, Invalid int: ''",
    })
    void refusesATimeThatIsNone(String value, String message) {
        long id = id(server.postJson("/c/bank/FIXED/signal", "{\"pdq\":\"" + HASH + "\"}"));
        Answer answer = server.sendJson("PUT", "/c/bank/FIXED/content/" + id, "{\"disable_until_ts\":" + value + "}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("message").stringValue()).isEqualTo(message);
        server.delete("/c/bank/FIXED/content/" + id);
    }

    @Test
    void refusesABodyOfAnotherType() {
        assertThat(server.post("/c/bank/FIXED/signal", bytes("{}")).status()).isEqualTo(415);
        assertThat(server.post("/c/bank/FIXED/signal", bytes("{}")).text())
                .isEqualTo("{\"message\":\"Did not attempt to load JSON data because the request Content-Type was not"
                        + " 'application/json'.\"}\n");
    }

    @Test
    void refusesWhatTheModelsDoNotTakeAsPydanticDoes() {
        Answer missing = server.get("/m/raw_lookup?signal_type=pdq");
        assertThat(missing.status()).isEqualTo(422);
        assertThat(missing.text())
                .isEqualTo("[{\"type\":\"missing\",\"loc\":[\"signal\"],\"msg\":\"Field required\",\"input\":"
                        + "{\"signal_type\":\"pdq\"},\"url\":\"https://errors.pydantic.dev/2.10/v/missing\"}]");
        assertThat(server.get("/h/hash").text()).contains("\"loc\":[\"url\"]");
        for (String path :
                List.of("/m/raw_lookup?signal=x&signal_type=pdq&include_distance=zzz", "/m/lookup?bypass_coinflip=")) {
            Answer flag = server.get(path);
            assertThat(flag.status()).isEqualTo(422);
            assertThat(flag.text()).startsWith("[{\"type\":\"bool_parsing\",\"loc\":[");
        }
        assertThat(server.post("/c/banks", bytes("{}")).text())
                .isEqualTo("[{\"type\":\"model_type\",\"loc\":[],\"msg\":\"Input should be a valid dictionary or"
                        + " instance of BankCreateRequest\",\"input\":null,\"ctx\":{\"class_name\":\"BankCreateRequest\"},"
                        + "\"url\":\"https://errors.pydantic.dev/2.10/v/model_type\"}]");
        assertThat(server.postJson("/c/banks", "{\"enabled\":\"maybe\"}").json().size())
                .isEqualTo(2);
        assertThat(server.sendJson("PUT", "/c/bank/FIXED", "{\"enabled_ratio\":[]}")
                        .text())
                .contains("\"type\":\"float_type\"");
    }

    @Test
    void answersPathsThatItHasNotWithThePageOfTheFramework() {
        for (String path : List.of("/m/lookup/", "/c/bank/FIXED/content/abc", "/m/lookup_threshold", "/ui/")) {
            Answer answer = server.get(path);
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.text()).startsWith("<!doctype html>");
        }
        assertThat(server.delete("/m/lookup").status()).isEqualTo(405);
    }
}
