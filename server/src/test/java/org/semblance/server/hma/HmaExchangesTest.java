package org.semblance.server.hma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.exchange.ExchangesRefusedException;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestCalls;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import tools.jackson.databind.JsonNode;

/** HMA's exchanges: what their routes answer, and what a fetch does to their bank. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HmaExchangesTest {
    private static final String EXAMPLE = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String ONE = "0123456789abcdef".repeat(4);
    private static final String TWO = "fedcba9876543210".repeat(4);
    private static final String MD5 = "d35c785545392755e7e4164457657269";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @RegisterExtension
    static final ServerExtension server = new ServerExtension();

    private static Path file(TestCalls of, String name) {
        return (of == server ? server.data() : folder.resolve("other"))
                .resolve("exchange-files")
                .resolve(name);
    }

    /** In one step, as whoever delivers a list should. */
    private static void deliver(Path file, String text) throws IOException {
        Path aside = file.resolveSibling(file.getFileName() + ".part");
        Files.writeString(aside, text);
        Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static JsonNode statusWhen(TestCalls of, String exchange, Predicate<JsonNode> reached) {
        while (true) {
            Answer status = of.get("/c/exchange/" + exchange + "/status");
            assertThat(status.status()).as(status.text()).isEqualTo(200);
            if (reached.test(status.json())) {
                return status.json();
            }
        }
    }

    private static boolean upToDate(JsonNode status) {
        return status.get("up_to_date").booleanValue();
    }

    private static List<Long> found(TestCalls of, String bank, String type, String signal) {
        JsonNode matches = of.get("/m/lookup?signal_type=" + type + "&banks=" + bank + "&signal=" + signal)
                .json()
                .path(bank);
        List<Long> ids = new ArrayList<>();
        matches.forEach(match -> ids.add(match.get("bank_content_id").longValue()));
        return ids;
    }

    private static Answer create(TestCalls of, String bank, String api, String config) {
        return of.postJson(
                "/c/exchanges", "{\"bank\":\"" + bank + "\",\"api\":\"" + api + "\",\"api_json\":" + config + "}");
    }

    // The APIs

    @Test
    void listsTheApisAndTheirSchemas() {
        assertThat(server.get("/c/exchanges/apis").text())
                .isEqualTo("[\"sample\",\"fb_threatexchange\",\"ncmec\",\"stop_ncii\",\"tat\",\"local_file\"]\n");
        JsonNode sample = server.get("/c/exchanges/api/sample/schema").json();
        assertThat(sample.get("config_schema").get("fields").size()).isZero();
        assertThat(sample.get("credentials_schema").isNull()).isTrue();
        assertThat(server.get("/c/exchanges/api/fb_threatexchange/schema").text())
                .isEqualTo("{\"config_schema\":{\"fields\":[{\"choices\":null,\"default\":null,\"help\":"
                        + "\"ThreatPrivacyGroup ID for this collaboration\",\"name\":\"privacy_group\",\"required\":"
                        + "true,\"type\":\"number\"}]},\"credentials_schema\":{\"fields\":[{\"choices\":null,"
                        + "\"default\":null,\"help\":\"app token, as in app-id|secret\",\"name\":\"api_token\","
                        + "\"required\":true,\"type\":\"string\"}]}}\n");
        JsonNode ncmec = server.get("/c/exchanges/api/ncmec/schema").json();
        assertThat(ncmec.get("config_schema").get("fields").get(0).get("type").stringValue())
                .isEqualTo("enum");
        assertThat(ncmec.get("config_schema").get("fields").get(1).get("type").stringValue())
                .isEqualTo("set_of_number");
        assertThat(ncmec.get("credentials_schema").get("fields").size()).isEqualTo(2);
        Answer none = server.get("/c/exchanges/api/nope/schema");
        assertThat(none.status()).isEqualTo(404);
        assertThat(none.text()).isEqualTo("{\"message\":\"Exchange API 'nope' not found\"}\n");
    }

    @Test
    void keepsCredentialsAndNeverGivesThemBack() throws Exception {
        String path = "/c/exchanges/api/fb_threatexchange";
        String unset = "{\"has_set_authentification\":false,\"supports_authentification\":true}\n";
        String set = "{\"has_set_authentification\":true,\"supports_authentification\":true}\n";
        assertThat(server.get("/c/exchanges/api/sample").text())
                .isEqualTo("{\"has_set_authentification\":false,\"supports_authentification\":false}\n");
        assertThat(server.get(path).text()).isEqualTo(unset);
        Answer given = server.postJson(path, "{\"credential_json\":{\"api_token\":\"12345|secret0\"}}");
        assertThat(given.status()).isEqualTo(200);
        assertThat(given.text()).isEqualTo(set);
        assertThat(server.get(path).text()).isEqualTo(set);
        // A key that is absent changes nothing.
        assertThat(server.postJson(path, "{}").text()).isEqualTo(set);
        Path registry = server.data().resolve("exchanges.json");
        assertThat(Files.readString(registry)).contains("12345|secret0");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(registry)))
                .isEqualTo("rw-------");
        for (String read : List.of(path, path + "/schema", "/c/exchanges", "/c/exchanges/apis")) {
            assertThat(server.get(read).text()).doesNotContain("secret0");
        }
        assertThat(server.postJson(path, "{\"credential_json\":{}}").text()).isEqualTo(unset);
        assertThat(Files.readString(registry)).doesNotContain("secret0");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            fb_threatexchange | []                                         | this endpoint expects a json object payload
            fb_threatexchange | {"credential_json":"hush"}                 | Field `credential_json` must be object
            fb_threatexchange | {"credential_json":{"token":"hush"}}       | Failed to parse `credential_json` - unknown field "token"
            fb_threatexchange | {"credential_json":{"api_token":["hush"]}} | Failed to parse `credential_json` - wrong value for field "api_token" (expected: a string)
            ncmec             | {"credential_json":{"user":"hush"}}        | Failed to parse `credential_json` - missing value for field "password"
            sample            | {"credential_json":{"user":"hush"}}        | Failed to parse `credential_json` - exchange API 'sample' takes no credentials
            nope              | {}                                         | no such Exchange API 'nope'
            """)
    void refusesCredentialsThatAreNoneWithoutRepeatingThem(String api, String body, String message) {
        String quiet = body.replace("`", "");
        Answer answer = server.postJson("/c/exchanges/api/" + api, quiet);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("message").stringValue())
                .isEqualTo(message)
                .doesNotContain("hush");
    }

    // The exchanges

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            {}                                                   | bank is required
            {"bank":"lower","api":"sample"}                      | Field `bank` must match /^[A-Z0-9_]+$/
            {"bank":7,"api":"sample"}                            | Field `bank` must match /^[A-Z0-9_]+$/
            {"bank":"X","api":"sample","api_json":[]}            | Field `api_json` must be object
            {"bank":"X"}                                         | Field `api_type` is required
            {"bank":"X","api":"zz"}                              | No such exchange type 'zz'
            {"bank":"9X","api":"sample"}                         | Bank names must be UPPER_WITH_UNDERSCORE
            {"bank":"X","api":"fb_threatexchange"}               | Failed to parse `api_json` - missing value for field "privacy_group"
            {"bank":"X","api":"fb_threatexchange","api_json":{"privacy_group":"x"}} | Failed to parse `api_json` - wrong value for field "privacy_group" (expected: a whole number)
            {"bank":"X","api":"sample","api_json":{"enabled":7}} | Failed to parse `api_json` - wrong value for field "enabled" (expected: true or false)
            {"bank":"X","api":"local_file","api_json":{"filename":"../catalog.db"}} | Failed to parse `api_json` - wrong value for field "filename" (expected: a file below the server's folder for exchanges)
            {"bank":"X","api":"local_file","api_json":{"filename":"/etc/passwd"}}   | Failed to parse `api_json` - wrong value for field "filename" (expected: a file below the server's folder for exchanges)
            {"bank":"X","api":"local_file","api_json":{"filename":"a/../../b"}}     | Failed to parse `api_json` - wrong value for field "filename" (expected: a file below the server's folder for exchanges)
            {"bank":"X","api":"local_file","api_json":{"filename":"."}}             | Failed to parse `api_json` - wrong value for field "filename" (expected: a file below the server's folder for exchanges)
            {"bank":"X","api":"local_file","api_json":{"filename":"a\\u0000b"}}     | Failed to parse `api_json` - wrong value for field "filename" (expected: a file below the server's folder for exchanges)
            {"bank":"X","api":"ncmec","api_json":{"environment":"https://evil"}}    | Failed to parse `api_json` - wrong value for field "environment" (expected: https://report.cybertip.org/hashsharing, https://report.cybertip.org/exploitative-hashsharing, https://lesp.ncmec.org/csam-hashsharing, https://hashsharing.ncmec.org/npo, https://hashsharing.ncmec.org/exploitative, https://hashsharing.ncmec.org/generative-ai-csam, https://hashsharing.ncmec.org/generative-ai-exploitative, https://exttest.cybertip.org/hashsharing, https://exttest.cybertip.org/exploitative-hashsharing, https://betalesp.ncmec.org/csam-hashsharing, https://hashsharing-test.ncmec.org/npo, https://hashsharing-test.ncmec.org/exploitative, https://hashsharing-test.ncmec.org/generative-ai-csam, https://hashsharing-test.ncmec.org/generative-ai-exploitative)
            """)
    void refusesAnExchangeThatIsNoneAndMakesNoBank(String body, String message) {
        Answer answer = server.postJson("/c/exchanges", body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().get("message").stringValue()).isEqualTo(message);
        assertThat(server.get("/c/bank/X").status()).isEqualTo(404);
        assertThat(server.get("/c/exchange/X").status()).isEqualTo(404);
    }

    @Test
    void showsWhatItIsConfiguredWithAndThatItCannotFetchYet() {
        assertThat(create(server, "TX_A", "fb_threatexchange", "{\"privacy_group\":123,\"more\":true}")
                        .text())
                .isEqualTo("{\"message\":\"Created successfully\"}\n");
        assertThat(server.get("/c/bank/TX_A").status()).isEqualTo(200);
        Answer shown = server.get("/c/exchange/TX_A");
        assertThat(shown.header("Content-Type")).isEqualTo("application/json");
        assertThat(shown.text())
                .isEqualTo("{\n  \"privacy_group\": 123,\n  \"name\": \"TX_A\",\n  \"api\": \"fb_threatexchange\",\n"
                        + "  \"enabled\": true\n}");
        create(
                server,
                "NCMEC_A",
                "ncmec",
                "{\"environment\":\"https://hashsharing.ncmec.org/npo\",\"only_esp_ids\":[3,1,3]}");
        assertThat(server.get("/c/exchange/NCMEC_A").text())
                .isEqualTo("{\n  \"environment\": \"https://hashsharing.ncmec.org/npo\",\n  \"name\": \"NCMEC_A\",\n"
                        + "  \"api\": \"ncmec\",\n  \"enabled\": true,\n  \"only_esp_ids\": [\n    3,\n    1\n  ]\n}");
        assertThat(server.get("/c/exchange/TX_A/status").text())
                .isEqualTo("{\"checkpoint_ts\":null,\"fetched_items\":0,\"last_fetch_complete_ts\":null,"
                        + "\"last_fetch_succeeded\":null,\"message\":\"this release does not fetch from"
                        + " fb_threatexchange\",\"running_fetch_start_ts\":null,\"up_to_date\":false}\n");
        JsonNode names = server.get("/c/exchanges").json();
        assertThat(names.toString()).contains("\"TX_A\"", "\"NCMEC_A\"");

        Answer off = server.sendJson("PUT", "/c/exchange/TX_A", "{\"enabled\":\"off\"}");
        assertThat(off.json().get("enabled").booleanValue()).isFalse();
        assertThat(server.get("/c/exchange/TX_A").text()).isEqualTo(off.text());
        assertThat(server.sendJson("PUT", "/c/exchange/TX_A", "{}").text()).isEqualTo(off.text());
        Answer wrong = server.sendJson("PUT", "/c/exchange/TX_A", "{\"enabled\":\"perhaps\"}");
        assertThat(wrong.status()).isEqualTo(422);
        assertThat(wrong.text()).contains("\"type\":\"bool_parsing\",\"loc\":[\"enabled\"]");
        assertThat(server.sendJson("PUT", "/c/exchange/TX_A", "[]").text())
                .contains("\"class_name\":\"ExchangeUpdateRequest\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://report.cybertip.org/hashsharing",
                "https://report.cybertip.org/exploitative-hashsharing",
                "https://lesp.ncmec.org/csam-hashsharing",
                "https://hashsharing.ncmec.org/npo",
                "https://hashsharing.ncmec.org/exploitative",
                "https://hashsharing.ncmec.org/generative-ai-csam",
                "https://hashsharing.ncmec.org/generative-ai-exploitative",
                "https://exttest.cybertip.org/hashsharing",
                "https://exttest.cybertip.org/exploitative-hashsharing",
                "https://betalesp.ncmec.org/csam-hashsharing",
                "https://hashsharing-test.ncmec.org/npo",
                "https://hashsharing-test.ncmec.org/exploitative",
                "https://hashsharing-test.ncmec.org/generative-ai-csam",
                "https://hashsharing-test.ncmec.org/generative-ai-exploitative"
            })
    void takesEachEnvironmentOfNcmec(String environment) {
        String name = "N_" + environment.replaceAll("[^a-z]", "_").toUpperCase(java.util.Locale.ROOT);
        Answer made = create(server, name, "ncmec", "{\"environment\":\"" + environment + "\"}");
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(server.get("/c/exchange/" + name).json().get("environment").stringValue())
                .isEqualTo(environment);
    }

    @Test
    void takesTheExchangeOfTechAgainstTerrorism() {
        assertThat(create(server, "TAT_A", "tat", "{}").status()).isEqualTo(201);
        Answer set = server.postJson(
                "/c/exchanges/api/tat", "{\"credential_json\":{\"username\":\"u\",\"password\":\"p\"}}");
        assertThat(set.json().get("has_set_authentification").booleanValue()).isTrue();
        assertThat(server.get("/c/exchange/TAT_A/status").json().get("message").stringValue())
                .isEqualTo("this release does not fetch from tat");
    }

    @Test
    void knowsNoExchangeOfAnotherName() {
        for (String path : List.of("/c/exchange/NOPE", "/c/exchange/NOPE/status")) {
            Answer answer = server.get(path);
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.text()).isEqualTo("{\"message\":\"Exchange 'NOPE' not found\"}\n");
        }
        assertThat(server.sendJson("PUT", "/c/exchange/NOPE", "{}").status()).isEqualTo(404);
        Answer deleted = server.delete("/c/exchange/NOPE");
        assertThat(deleted.status()).isEqualTo(200);
        assertThat(deleted.text()).isEqualTo("{\"message\":\"Exchange deleted\"}\n");
    }

    @Test
    void fetchesTheSampleAndDeletesItWithItsBank() {
        assertThat(create(server, "SAMPLE", "sample", "{}").status()).isEqualTo(201);
        JsonNode status = statusWhen(server, "SAMPLE", HmaExchangesTest::upToDate);
        assertThat(status.propertyNames())
                .containsExactly(
                        "checkpoint_ts",
                        "fetched_items",
                        "last_fetch_complete_ts",
                        "last_fetch_succeeded",
                        "running_fetch_start_ts",
                        "up_to_date");
        // HMA has one more, the MD5 of the empty file.
        assertThat(status.get("fetched_items").longValue()).isEqualTo(17);
        assertThat(status.get("last_fetch_succeeded").booleanValue()).isTrue();
        List<Long> ids = found(server, "SAMPLE", "pdq", EXAMPLE);
        assertThat(ids).hasSize(12);
        // The first examples of its signal types, which HMA's own tests look up.
        assertThat(found(server, "SAMPLE", "video_md5", "cab08b36195edb1a1231d2d09fa450e0"))
                .hasSize(1);
        assertThat(found(server, "SAMPLE", "pdq", "62c9789627838f69f23cf98c29e37836d61c87c31c59587c4b49a783f496725c"))
                .hasSize(1);
        JsonNode content =
                server.get("/c/bank/SAMPLE/content/" + ids.getFirst()).json();
        assertThat(content.get("metadata").toString())
                .isEqualTo("{\"collab\":{\"SAMPLE\":[\"('pdq', '" + EXAMPLE
                        + "')\"]},\"content_id\":null,\"content_uri\":null,\"json\":null}");

        for (String taken : List.of("SAMPLE", "TAKEN")) {
            server.postJson("/c/banks", "{\"name\":\"TAKEN\"}");
            Answer again = create(server, taken, "sample", "{}");
            assertThat(again.status()).as(again.text()).isEqualTo(403);
        }
        assertThat(server.delete("/c/exchange/SAMPLE").text()).isEqualTo("{\"message\":\"Exchange deleted\"}\n");
        assertThat(server.get("/c/exchange/SAMPLE").status()).isEqualTo(404);
        assertThat(server.get("/c/bank/SAMPLE").status()).isEqualTo(404);
        assertThat(found(server, "SAMPLE", "pdq", EXAMPLE)).isEmpty();
        assertThat(create(server, "SAMPLE", "sample", "{\"enabled\":false}").status())
                .isEqualTo(201);
    }

    @Test
    void followsAFileAndTouchesOnlyWhatItBankedItself() throws Exception {
        Path list = file(server, "partner/list.txt");
        Files.createDirectories(list.getParent());
        deliver(list, "pdq " + ONE + "\nvideo_md5 " + MD5.toUpperCase(java.util.Locale.ROOT) + "\nno hash\npdq " + ONE);
        create(server, "FILE_A", "local_file", "{\"filename\":\"partner/list.txt\"}");
        JsonNode first = statusWhen(server, "FILE_A", HmaExchangesTest::upToDate);
        assertThat(first.get("fetched_items").longValue()).isEqualTo(2);
        List<Long> one = found(server, "FILE_A", "pdq", ONE);
        assertThat(one).hasSize(1);
        assertThat(found(server, "FILE_A", "video_md5", MD5)).hasSize(1);
        long own = server.postJson("/c/bank/FILE_A/signal", "{\"pdq\":\"" + EXAMPLE + "\"}")
                .json()
                .get("id")
                .longValue();
        server.sendJson("PUT", "/c/bank/FILE_A/content/" + one.getFirst(), "{\"disable_until_ts\":0}");

        deliver(list, "pdq " + TWO + "\npdq " + ONE + "\n");
        // What is withdrawn is withdrawn last.
        statusWhen(
                server,
                "FILE_A",
                unused -> found(server, "FILE_A", "video_md5", MD5).isEmpty());
        assertThat(found(server, "FILE_A", "pdq", TWO)).hasSize(1);
        assertThat(found(server, "FILE_A", "pdq", EXAMPLE)).containsExactly(own);
        // What stays in the list keeps its id, and what a person decided of it.
        assertThat(found(server, "FILE_A", "pdq", ONE)).isEmpty();
        assertThat(server.get("/c/bank/FILE_A/content/" + one.getFirst())
                        .json()
                        .get("disable_until_ts")
                        .longValue())
                .isZero();

        // Nothing is lost with a list that is no list, empty or gone; and the bank may have another name by now.
        server.sendJson("PUT", "/c/bank/FILE_A", "{\"name\":\"FILE_B\"}");
        for (String bad : List.of("", "nothing but this line\n")) {
            deliver(list, bad);
            JsonNode failed = statusWhen(server, "FILE_A", status -> !upToDate(status) && status.has("message"));
            assertThat(failed.get("last_fetch_succeeded").booleanValue()).isFalse();
            assertThat(failed.get("fetched_items").longValue()).isEqualTo(2);
            assertThat(found(server, "FILE_B", "pdq", TWO)).hasSize(1);
            deliver(list, "pdq " + TWO + "\npdq " + ONE + "\n");
            statusWhen(server, "FILE_A", HmaExchangesTest::upToDate);
        }
        Files.delete(list);
        JsonNode gone = statusWhen(server, "FILE_A", status -> status.has("message"));
        assertThat(gone.get("message").stringValue()).isEqualTo("there is no such file");
        assertThat(found(server, "FILE_B", "pdq", TWO)).hasSize(1);

        // A disabled exchange does not fetch.
        server.sendJson("PUT", "/c/exchange/FILE_A", "{\"enabled\":false}");
        deliver(list, "pdq " + ONE + "\n");
        create(server, "AFTER", "sample", "{}");
        statusWhen(server, "AFTER", HmaExchangesTest::upToDate);
        assertThat(found(server, "FILE_B", "pdq", TWO)).hasSize(1);
        server.sendJson("PUT", "/c/exchange/FILE_A", "{\"enabled\":true}");
        statusWhen(server, "FILE_A", HmaExchangesTest::upToDate);
        assertThat(found(server, "FILE_B", "pdq", TWO)).isEmpty();
        server.delete("/c/exchange/FILE_A");
        assertThat(server.get("/c/bank/FILE_B").status()).isEqualTo(404);
    }

    @Test
    void banksOfAFileNeitherWhatItCallsHarmlessNorTheEmptyFile() throws Exception {
        deliver(
                file(server, "categories.csv"),
                "type,hash,category\npdq," + ONE + ",POSITIVE_CLASS\npdq," + TWO
                        + ",NEGATIVE_CLASS\nmd5,d41d8cd98f00b204e9800998ecf8427e,POSITIVE_CLASS\n");
        create(server, "CATEGORIES", "local_file", "{\"filename\":\"categories.csv\"}");
        JsonNode status = statusWhen(server, "CATEGORIES", HmaExchangesTest::upToDate);
        assertThat(status.get("fetched_items").longValue()).isEqualTo(1);
        assertThat(found(server, "CATEGORIES", "pdq", ONE)).hasSize(1);
        assertThat(found(server, "CATEGORIES", "pdq", TWO)).isEmpty();
    }

    @Test
    void tellsVideosOfAFileApartByTheirFrames() throws Exception {
        String one = "vpdq [\"" + ONE + ",100,0.0\"]\n";
        String two = "vpdq [\"" + TWO + ",100,0.0\"]\n";
        Path list = file(server, "videos.txt");
        deliver(list, one + two + one);
        create(server, "VIDEOS", "local_file", "{\"filename\":\"videos.txt\"}");
        assertThat(statusWhen(server, "VIDEOS", HmaExchangesTest::upToDate)
                        .get("fetched_items")
                        .longValue())
                .isEqualTo(2);
        List<Long> kept = found(server, "VIDEOS", "pdq", TWO);
        assertThat(kept).hasSize(1);
        deliver(list, two);
        statusWhen(
                server, "VIDEOS", status -> found(server, "VIDEOS", "pdq", ONE).isEmpty());
        assertThat(found(server, "VIDEOS", "pdq", TWO)).isEqualTo(kept);
    }

    @Test
    void followsNoLinkOutOfItsFolder() throws Exception {
        Path secret = folder.resolve("secret.txt");
        Files.writeString(secret, "pdq " + ONE + "\n");
        Files.createSymbolicLink(file(server, "link.txt"), secret);
        create(server, "LINK", "local_file", "{\"filename\":\"link.txt\"}");
        JsonNode status = statusWhen(server, "LINK", s -> s.has("message"));
        assertThat(status.get("message").stringValue())
                .isEqualTo("the file is a link out of the server's folder for exchanges");
        assertThat(found(server, "LINK", "pdq", ONE)).isEmpty();
    }

    @Test
    void goesOnAfterARestartAndRefusesADamagedRegistry() throws Exception {
        Path data = folder.resolve("other");
        Path registry = data.resolve("exchanges.json");
        List<Long> ids;
        try (TestServer before = new TestServer(data)) {
            deliver(file(before, "list.csv"), "hash,type,labels\n" + ONE + ",pdq,alpha beta\n");
            create(before, "LIST", "local_file", "{\"filename\":\"list.csv\"}");
            create(before, "OFF", "sample", "{\"enabled\":false}");
            before.postJson("/c/exchanges/api/ncmec", "{\"credential_json\":{\"user\":\"u\",\"password\":\"pass0\"}}");
            statusWhen(before, "LIST", HmaExchangesTest::upToDate);
            ids = found(before, "LIST", "pdq", ONE);
            assertThat(ids).hasSize(1);
        }
        deliver(
                data.resolve("exchange-files").resolve("list.csv"),
                "hash,type,labels\n" + ONE + ",pdq,alpha beta\n" + TWO + ",pdq,\n");
        try (TestServer after = new TestServer(data)) {
            assertThat(after.get("/c/exchanges").text()).isEqualTo("[\"LIST\",\"OFF\"]\n");
            assertThat(after.get("/c/exchange/OFF").json().get("enabled").booleanValue())
                    .isFalse();
            assertThat(after.get("/c/exchanges/api/ncmec")
                            .json()
                            .get("has_set_authentification")
                            .booleanValue())
                    .isTrue();
            statusWhen(after, "LIST", s -> upToDate(s) && s.get("fetched_items").longValue() == 2);
            assertThat(found(after, "LIST", "pdq", ONE)).isEqualTo(ids);
            assertThat(found(after, "LIST", "pdq", TWO)).hasSize(1);
            assertThat(after.get("/c/exchange/OFF/status")
                            .json()
                            .get("fetched_items")
                            .longValue())
                    .isZero();
        }
        String good = Files.readString(registry);
        for (String damaged : List.of(
                "",
                "{",
                good.substring(0, good.length() / 2),
                good.replace("local_file", "zz"),
                good.replace("\"format\" : 1", "\"format\" : 2"),
                "[]")) {
            Files.writeString(registry, damaged);
            assertThatThrownBy(() -> new TestServer(data).close())
                    .isInstanceOf(ExchangesRefusedException.class)
                    .hasMessageContaining(registry.toString())
                    .hasMessageNotContaining("pass0");
            assertThat(Files.readString(registry)).isEqualTo(damaged);
        }
        Files.write(registry, good.getBytes(StandardCharsets.UTF_8));
        new TestServer(data).close();
    }
}
