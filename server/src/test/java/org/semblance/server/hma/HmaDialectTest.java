package org.semblance.server.hma;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
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
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.MotionJpeg;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/** HMA's core routes, comparisons, types and the signal type vpdq; what {@link HmaRoutesTest} has not. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HmaDialectTest {
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String MD5 = "d35c785545392755e7e4164457657269";
    private static final int FRAMES = 5;

    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    private static void bank(String name) {
        assertThat(server.postJson("/c/banks", "{\"name\":\"" + name + "\"}").status())
                .isEqualTo(201);
    }

    // Core

    @Test
    void sendsTheRootToTheStatusAndListsItsPathsInHmasSpelling() {
        Answer root = server.get("/");
        assertThat(root.status()).isEqualTo(302);
        assertThat(root.header("Location")).isEqualTo("/status");
        Answer map = server.get("/site-map");
        List<String> rules = new ArrayList<>();
        map.json().forEach(rule -> rules.add(rule.stringValue()));
        assertThat(rules)
                .isSorted()
                .doesNotHaveDuplicates()
                .contains(
                        "/",
                        "/c/bank/<bank_name>",
                        "/c/bank/<bank_name>/content/<int:content_id>",
                        "/c/exchange/<string:exchange_name>/status",
                        "/c/exchanges/api/<string:api_name>/schema",
                        "/c/signal_type/<signal_type_name>",
                        "/h/hash",
                        "/m/compare",
                        "/m/lookup",
                        "/site-map",
                        "/status/live")
                .noneMatch(rule -> rule.contains("{") || rule.startsWith("/v1"));
        assertThat(map.text()).endsWith("]\n").doesNotContain(" ");
    }

    @Test
    void answersHeadAndOptionsAsFlaskDoes() {
        assertThat(server.send("HEAD", "/m/index/status", Map.of(), new byte[0]).text())
                .isEmpty();
        Answer options = server.send("OPTIONS", "/m/compare", Map.of(), new byte[0]);
        assertThat(options.status()).isEqualTo(200);
        assertThat(options.header("Allow")).isEqualTo("OPTIONS, POST");
    }

    // Comparisons

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                  | 200 | {}
            {"pdq":["@0","@9"]}                 | 200 | {"pdq":[true,{"distance":9}]}
            {"pdq":["@0","@31"]}                | 200 | {"pdq":[true,{"distance":31}]}
            {"pdq":["@0","@32"]}                | 200 | {"pdq":[false,{"distance":32}]}
            {"video_md5":["@M"," @m "]}         | 200 | {"video_md5":[true,{}]}
            {"video_md5":["@m","00000000000000000000000000000000"]} | 200 | {"video_md5":[false,{}]}
            {"vpdq":["[\\"@0,100,0.0\\"]","[\\"@9,100,5.0\\"]"],"pdq":["@0","@0"]} | 200 | {"pdq":[true,{"distance":0}],"vpdq":[true,{"compared_match_percent":100.0,"query_match_percent":100.0}]}
            {"vpdq":["[\\"@0,100,0.0\\"]","[\\"@0,100,0.0\\", \\"@200,100,1.0\\"]"]} | 200 | {"vpdq":[true,{"compared_match_percent":50.0,"query_match_percent":100.0}]}
            {"vpdq":["[\\"@0,100,0.0\\", \\"@200,100,1.0\\"]","[\\"@0,100,0.0\\"]"]} | 200 | {"vpdq":[false,{"compared_match_percent":100.0,"query_match_percent":50.0}]}
            {"vpdq":["","[]"]}                  | 200 | {"vpdq":[false,{"compared_match_percent":0.0,"query_match_percent":0.0}]}
            []                                  | 400 | {"message":"Request input was not a dict"}
            "x"                                 | 400 | {"message":"Request input was not a dict"}
            {"pdq":"x"}                         | 400 | {"message":"Comparison hashes for pdq was not a list"}
            {"pdq":["@0"]}                      | 400 | {"message":"Comparison hash list length must be exactly 2"}
            {"pdq":["@0","@0","@0"]}            | 400 | {"message":"Comparison hash list length must be exactly 2"}
            {"nope":["@0","@0"]}                | 400 | {"message":"No such SignalType 'nope'"}
            {"pdq":["@0","zz"]}                 | 400 | {"message":"Invalid pdq hash: invalid PDQ hash"}
            {"pdq":["@0",7]}                    | 400 | {"message":"Invalid pdq hash: invalid PDQ hash"}
            {"video_md5":["@m","zz"]}           | 400 | {"message":"Invalid video_md5 hash: invalid Video MD5 hash"}
            {                                   | 400 | {"message":"The browser (or proxy) sent a request that this server could not understand."}
            """)
    void comparesTwoSignals(String body, int status, String text) {
        String filled =
                body.replace("@M", MD5.toUpperCase(java.util.Locale.ROOT)).replace("@m", MD5);
        for (int distance : new int[] {200, 31, 32, 9, 0}) {
            filled = filled.replace("@" + distance, flipped(distance));
        }
        Answer answer = server.postJson("/m/compare", filled);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text()).isEqualTo(text + "\n");
    }

    /** The hash with that many bits flipped. */
    private static String flipped(int bits) {
        int[] positions = new int[bits];
        for (int i = 0; i < bits; i++) {
            positions[i] = i;
        }
        return Hash256.parse(HASH).flip(positions).toHex();
    }

    @Test
    void comparesJsonOnly() {
        assertThat(server.post("/m/compare", "{}".getBytes(StandardCharsets.UTF_8))
                        .status())
                .isEqualTo(415);
        Answer broken = server.postJson("/m/compare", "{\"vpdq\":[\"zz\",\"[]\"]}");
        assertThat(broken.status()).isEqualTo(400);
        assertThat(broken.json().get("message").stringValue()).startsWith("Invalid vpdq hash: ");
    }

    // Types and indexes

    @Test
    void tellsItsTypes() {
        assertThat(server.get("/c/signal_type").text())
                .isEqualTo("[{\"enabled_ratio\":1.0,\"name\":\"pdq\"},{\"enabled_ratio\":1.0,\"name\":\"video_md5\"},"
                        + "{\"enabled_ratio\":1.0,\"name\":\"vpdq\"}]\n");
        assertThat(server.get("/c/content_type").text())
                .isEqualTo("[{\"enabled\":true,\"name\":\"photo\"},{\"enabled\":true,\"name\":\"video\"}]\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            pdq  | {"enabled_ratio":1.0}   | 204 |
            vpdq | {"enabled_ratio":"1"}   | 204 |
            pdq  | {"enabled_ratio":0.5}   | 400 | {"message":"enabled_ratio: 0.5 (expected: 1; a signal type cannot be switched off, a bank can)"}
            pdq  | {"enabled_ratio":"x"}   | 400 | {"message":"Invalid float: 'x'"}
            pdq  | {}                      | 400 | {"message":"enabled_ratio is required"}
            pdq  | []                      | 400 | {"message":"enabled_ratio is required"}
            nope | {"enabled_ratio":1}     | 404 | {"message":"No such signal type 'nope'"}
            """)
    void switchesNoSignalTypeOff(String type, String body, int status, String text) {
        Answer answer = server.sendJson("PUT", "/c/signal_type/" + type, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text()).isEqualTo(text == null ? "" : text + "\n");
        assertThat(server.get("/c/signal_type").text()).contains("{\"enabled_ratio\":1.0,\"name\":\"pdq\"}");
    }

    @Test
    void countsWhatIsMatchableAtOnce(@TempDir Path own) {
        try (TestServer fresh = new TestServer(own.resolve("db"))) {
            assertThat(fresh.get("/m/index/status").text())
                    .isEqualTo("{\"pdq\":{\"built_to\":-1,\"present\":true,\"size\":0},\"video_md5\":{\"built_to\":-1,"
                            + "\"present\":true,\"size\":0},\"vpdq\":{\"built_to\":-1,\"present\":true,\"size\":0}}\n");
            long before = Instant.now().getEpochSecond();
            fresh.postJson("/c/banks", "{\"name\":\"B\"}");
            fresh.postJson("/c/bank/B/signal", "{\"pdq\":\"" + HASH + "\"}");
            fresh.postJson("/c/bank/B/signal", "{\"pdq\":\"" + HASH + "\"}");
            fresh.postJson("/c/bank/B/signal", "{\"video_md5\":\"" + MD5 + "\"}");
            fresh.postJson("/c/bank/B/signal", "{\"vpdq\":\"[\\\"" + HASH + ",100,0.0\\\"]\"}");
            // A photo is known by its bytes as well, which HMA does not count as a video.
            fresh.postForm("/c/bank/B/content", "photo", Pictures.png(Pictures.photo(1, 200, 200)), Map.of());
            fresh.delete("/c/bank/B/content/1");
            JsonNode status = fresh.get("/m/index/status").json();
            assertThat(status.get("pdq").get("size").longValue()).isEqualTo(2);
            assertThat(status.get("video_md5").get("size").longValue()).isEqualTo(1);
            assertThat(status.get("vpdq").get("size").longValue()).isEqualTo(1);
            assertThat(status.get("pdq").get("built_to").longValue())
                    .isBetween(before, Instant.now().getEpochSecond());
            JsonNode index = fresh.get("/c/signal_type/index?signal_type=pdq").json();
            assertThat(index.propertyNames()).containsExactly("pdq");
            assertThat(index.get("pdq").propertyNames())
                    .containsExactly("db_size", "index_built_to", "index_out_of_date", "index_size", "newest_db_item");
            assertThat(index.get("pdq").get("db_size").longValue()).isEqualTo(2);
            assertThat(index.get("pdq").get("index_out_of_date").booleanValue()).isFalse();
            assertThat(fresh.get("/c/signal_type/index").json().size()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @CsvSource({"/m/index/status", "/c/signal_type/index"})
    void knowsNoOtherIndex(String path) {
        Answer answer = server.get(path + "?signal_type=zz");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).isEqualTo("{\"message\":\"No such signal type 'zz'\"}\n");
    }

    // Signals of type vpdq

    private static String random(Random random) {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()).toHex();
    }

    private static String signal(List<String> hashes, int quality) {
        List<String> frames = new ArrayList<>();
        for (String hash : hashes) {
            frames.add("\"" + hash + "," + quality + "," + (double) frames.size() + "\"");
        }
        return "[" + String.join(", ", frames) + "]";
    }

    private static String query(String signal) {
        return java.net.URLEncoder.encode(signal, java.nio.charset.StandardCharsets.UTF_8);
    }

    private static String quoted(String signal) {
        return "\"" + signal.replace("\"", "\\\"") + "\"";
    }

    private static Answer addVpdq(String bank, String signal) {
        return server.postJson("/c/bank/" + bank + "/signal", "{\"vpdq\":" + quoted(signal) + "}");
    }

    @Test
    void banksTheFramesOfASignalAndFindsThemByTheReferencesRule() {
        bank("FILMS");
        Random random = new Random(20_170_425);
        List<String> hashes = new ArrayList<>();
        for (int i = 0; i < FRAMES; i++) {
            hashes.add(random(random));
        }
        String signal = signal(hashes, 100);
        Answer added = addVpdq("FILMS", signal);
        assertThat(added.status()).as(added.text()).isEqualTo(200);
        long id = added.json().get("id").longValue();
        assertThat(added.json().get("signals").get("vpdq").stringValue()).isEqualTo(signal);
        assertThat(server.get("/c/bank/FILMS/content/" + id + "?include_signals=true")
                        .json()
                        .get("signals")
                        .get("vpdq")
                        .stringValue())
                .isEqualTo(signal);

        String lookup = "/m/lookup?signal_type=vpdq&banks=FILMS&signal=";
        String found = "{\"FILMS\":[{\"bank_content_id\":" + id + ",\"distance\":\"%s\"}]}\n";
        assertThat(server.get(lookup + query(signal)).text()).isEqualTo(String.format(found, "100%[100%]"));
        // Three of five frames of the known video are all of the query.
        assertThat(server.get(lookup + query(signal(hashes.subList(0, 3), 100))).text())
                .isEqualTo(String.format(found, "100%[60%]"));
        // Four of the query's five frames suffice, three do not.
        List<String> four = new ArrayList<>(hashes.subList(0, 4));
        four.add(random(random));
        assertThat(server.get(lookup + query(signal(four, 100))).text()).isEqualTo(String.format(found, "80%[80%]"));
        List<String> three = new ArrayList<>(hashes.subList(0, 3));
        three.add(random(random));
        three.add(random(random));
        assertThat(server.get(lookup + query(signal(three, 100))).text()).isEqualTo("{}\n");
        // A frame below quality 50 asks for nothing.
        assertThat(server.get(lookup + query(signal(hashes, 49))).text()).isEqualTo("{}\n");
        assertThat(server.get("/m/raw_lookup?signal_type=vpdq&include_distance=1&banks=FILMS&signal=" + query(signal))
                        .text())
                .isEqualTo("{\"matches\":[{\"bank_content_id\":" + id + ",\"distance\":\"100%[100%]\"}]}\n");
        // A still of it is found as well.
        assertThat(server.get("/m/lookup?signal_type=pdq&banks=FILMS&signal=" + hashes.get(2))
                        .text())
                .isEqualTo(String.format(found, "0"));

        server.sendJson("PUT", "/c/bank/FILMS/content/" + id, "{\"disable_until_ts\":0}");
        assertThat(server.get(lookup + query(signal)).text()).isEqualTo("{}\n");
        server.sendJson("PUT", "/c/bank/FILMS/content/" + id, "{\"disable_until_ts\":1}");
        server.delete("/c/bank/FILMS/content/" + id);
        assertThat(server.get(lookup + query(signal)).text()).isEqualTo("{}\n");
    }

    @Test
    void isNotToldOfAVideoThatAllowedContentExplains() {
        bank("FILMS_BAD");
        assertThat(server.postJson("/v1/banks", "{\"name\":\"FILMS_FINE\",\"kind\":\"allow\"}")
                        .status())
                .isEqualTo(201);
        Random random = new Random(7);
        String signal = signal(List.of(random(random), random(random)), 100);
        addVpdq("FILMS_BAD", signal);
        String lookup = "/m/lookup?signal_type=vpdq&signal=" + query(signal);
        assertThat(server.get(lookup).json().has("FILMS_BAD")).isTrue();
        addVpdq("FILMS_FINE", signal);
        assertThat(server.get(lookup).text()).isEqualTo("{}\n");
    }

    @Test
    void refusesASignalThatIsNoneOrCouldNeverMatch() {
        bank("NO_FILMS");
        for (String empty : List.of("", "[]", signal(List.of(HASH), 49))) {
            Answer answer = addVpdq("NO_FILMS", empty);
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.json().get("message").stringValue())
                    .isEqualTo("Invalid vpdq signal: no frame of quality 50 or more, so it would never match");
        }
        for (String broken : List.of(
                "zz",
                "[7]",
                "[\"" + HASH + ",100\"]",
                "[\"" + HASH + ",101,0.0\"]",
                "[\"" + HASH + ",100,-1\"]",
                "[\"" + HASH + ",100,NaN\"]",
                "[\"" + HASH + ",100,1e9\"]",
                "[\"abc,100,0.0\"]",
                "[\"" + HASH + ",100,0.0\"")) {
            Answer answer = addVpdq("NO_FILMS", broken);
            assertThat(answer.status()).as(broken).isEqualTo(400);
            assertThat(answer.json().get("message").stringValue()).startsWith("Invalid vpdq signal: ");
            if (!broken.contains("1e9")) {
                Answer lookup = server.get("/m/lookup?signal_type=vpdq&signal=" + query(broken));
                assertThat(lookup.status()).as(broken).isEqualTo(400);
                assertThat(lookup.json().get("message").stringValue()).startsWith("invalid signal: ");
            }
        }
        assertThat(server.get("/m/lookup?signal_type=vpdq&signal=" + query("[]"))
                        .text())
                .isEqualTo("{}\n");
        assertThat(server.get("/m/raw_lookup?signal_type=vpdq&signal=").text()).isEqualTo("{\"matches\":[]}\n");
    }

    // Video files

    private static byte[] video(int firstPicture, double quality) {
        List<BufferedImage> frames = new ArrayList<>();
        for (int picture = firstPicture; picture < firstPicture + 8; picture++) {
            BufferedImage shown = Pictures.photo(picture, 160, 120);
            for (int i = 0; i < 5; i++) {
                frames.add(shown);
            }
        }
        return MotionJpeg.avi(frames, 5, quality);
    }

    @Test
    void hashesAVideosFramesWhenAsked() {
        byte[] video = video(100, 0.9);
        assertThat(server.postForm("/h/hash", "video", video, Map.of()).json().propertyNames())
                .containsExactly("video_md5");
        JsonNode both = server.postForm("/h/hash?types=vpdq,video_md5", "video", video, Map.of())
                .json();
        assertThat(both.propertyNames()).containsExactly("video_md5", "vpdq");
        // A frame a second, at the times that vPDQ gives.
        assertThat(both.get("vpdq").stringValue())
                .matches("\\[\"[0-9a-f]{64},\\d+,0\\.0\", \"[0-9a-f]{64},\\d+,1\\.0\", .*,7\\.0\"]");
        Answer broken =
                server.postForm("/h/hash?types=vpdq", "video", "no video".getBytes(StandardCharsets.UTF_8), Map.of());
        assertThat(broken.status()).isEqualTo(400);
        assertThat(broken.json().get("message").stringValue()).startsWith("cannot hash this video: unsupported: ");
        assertThat(server.postForm("/h/hash?types=vpdq", "photo", video, Map.of())
                        .text())
                .isEqualTo("{\"message\":\"signal type 'vpdq' doesn't exist or is disabled\"}\n");
        Answer photo = server.postForm("/h/hash", "photo", video, Map.of());
        assertThat(photo.status()).isEqualTo(400);
        assertThat(photo.json().get("message").stringValue()).startsWith("cannot hash this photo: ");
    }

    @Test
    void findsAReencodedVideoByItsFramesAndTheSameFileByItsBytes() {
        bank("REELS");
        byte[] known = video(200, 0.95);
        Answer added = server.postForm("/c/bank/REELS/content", "video", known, Map.of());
        assertThat(added.json().get("signals").propertyNames()).containsExactly("video_md5");
        long id = added.json().get("id").longValue();
        assertThat(server.get("/c/bank/REELS/content/" + id + "?include_signals=true")
                        .json()
                        .get("signals")
                        .propertyNames())
                .containsExactly("video_md5", "vpdq");
        String found = "{\"REELS\":[{\"bank_content_id\":" + id + ",\"distance\":\"";
        String lookup = "/m/lookup?banks=REELS";
        assertThat(server.postForm(lookup, "video", known, Map.of()).text())
                .isEqualTo("{\"video_md5\":" + found + "0\"}]},\"vpdq\":" + found + "0\"}]}}\n");
        assertThat(server.postForm(lookup + "&types=video_md5,vpdq", "video", known, Map.of())
                        .text())
                .isEqualTo("{\"video_md5\":" + found + "-\"}]},\"vpdq\":" + found + "100%[100%]\"}]}}\n");
        byte[] copy = video(200, 0.6);
        Answer near = server.postForm(lookup, "video", copy, Map.of());
        assertThat(near.text()).startsWith("{\"video_md5\":{},\"vpdq\":" + found);
        assertThat(near.json().get("vpdq").get("REELS").get(0).get("distance").stringValue())
                .matches("\\d+");
        assertThat(server.postForm(lookup + "&types=vpdq", "video", copy, Map.of())
                        .json()
                        .get("vpdq")
                        .get("REELS")
                        .get(0)
                        .get("distance")
                        .stringValue())
                .matches("\\d+%\\[\\d+%]");
        assertThat(server.postForm(lookup + "&types=video_md5", "video", copy, Map.of())
                        .text())
                .isEqualTo("{\"video_md5\":{}}\n");
        assertThat(server.postForm(lookup + "&types=vpdq", "video", copy, Map.of())
                        .text())
                .startsWith("{\"vpdq\":" + found);
        assertThat(server.postForm(lookup, "video", video(900, 0.9), Map.of()).text())
                .isEqualTo("{\"video_md5\":{}}\n");
        assertThat(server.postForm(lookup + "&types=vpdq", "video", video(900, 0.9), Map.of())
                        .text())
                .isEqualTo("{\"vpdq\":{}}\n");
        assertThat(server.postForm("/m/lookup?banks=NOPE", "video", known, Map.of())
                        .text())
                .isEqualTo("{\"video_md5\":{}}\n");
    }

    // The rest of what HMA's own tests assert

    @Test
    void banksManyHashesAndFindsTheLast() {
        bank("TEST_BANK");
        long last = 0;
        for (int i = 0; i < 16; i++) {
            last = server.postJson("/c/bank/TEST_BANK/signal", "{\"pdq\":\"" + flipped(2 * i) + "\"}")
                    .json()
                    .get("id")
                    .longValue();
        }
        String lookup = "/m/lookup?signal_type=pdq&banks=TEST_BANK&signal=";
        assertThat(server.get(lookup + flipped(30)).text())
                .contains("{\"bank_content_id\":" + last + ",\"distance\":\"0\"}");
        assertThat(server.get(lookup + "5".repeat(64)).text()).isEqualTo("{}\n");
    }

    @Test
    void filtersByBanks() {
        for (String name : List.of("FILTER_A", "FILTER_B", "FILTER_C")) {
            bank(name);
            server.postJson("/c/bank/" + name + "/signal", "{\"pdq\":\"" + "ab".repeat(32) + "\"}");
        }
        String raw = "/m/raw_lookup?signal_type=pdq&signal=" + "ab".repeat(32) + "&banks=";
        assertThat(server.get(raw).json().get("matches").size()).isEqualTo(3);
        assertThat(server.get(raw + "FILTER_A").json().get("matches").size()).isEqualTo(1);
        assertThat(server.get(raw + "FILTER_A,FILTER_B").json().get("matches").size())
                .isEqualTo(2);
        assertThat(server.get(raw + "NOPE").json().get("matches").size()).isZero();
        JsonNode two = server.get(raw + "FILTER_A,FILTER_B&include_distance=true")
                .json()
                .get("matches");
        assertThat(two.size()).isEqualTo(2);
        assertThat(two.get(0).propertyNames()).containsExactly("bank_content_id", "distance");
        String lookup = raw.replace("raw_lookup", "lookup");
        assertThat(server.get(lookup).json().propertyNames()).contains("FILTER_A", "FILTER_B", "FILTER_C");
        assertThat(server.get(lookup + "FILTER_A,FILTER_C").json().propertyNames())
                .containsExactly("FILTER_A", "FILTER_C");
        assertThat(server.get(lookup + "NOPE").text()).isEqualTo("{}\n");
    }

    @Test
    void keepsANoteWithASignalAndLeavesAbsentWhatIsNotThere() {
        bank("SMALL");
        long id = server.postJson("/c/bank/SMALL/signal", "{\"pdq\":\"" + HASH + "\",\"note\":\"seen\"}")
                .json()
                .get("id")
                .longValue();
        JsonNode shown = server.get("/c/bank/SMALL/content/" + id).json();
        assertThat(shown.get("note").stringValue()).isEqualTo("seen");
        assertThat(shown.propertyNames())
                .containsExactly("bank", "disable_until_ts", "id", "note", "original_media_uri");
        for (int length : new int[] {255, 256}) {
            assertThat(server.postJson(
                                    "/c/bank/SMALL/signal",
                                    "{\"pdq\":\"" + HASH + "\",\"note\":\"" + "x".repeat(length) + "\"}")
                            .status())
                    .isEqualTo(length == 255 ? 200 : 400);
        }
        assertThat(server.postJson("/c/bank/SMALL/signal", "{\"metadata\":{},\"pdq\":\"" + HASH + "\"}")
                        .text())
                .isEqualTo("{\"message\":\"No such signal type metadata\"}\n");
    }
}
