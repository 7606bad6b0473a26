package org.semblance.server.hma;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.http.Json;

/**
 * Every call that ROOST Coop makes to HMA, with the head that its HTTP client sends, over one connection. Its default base
 * URL ends in a slash and its paths begin with one, so each path here begins with two.
 */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CoopCallsTest {
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String BANK = "COOP_ORG1_MY_BANK";

    @RegisterExtension
    final ServerExtension server = new ServerExtension();

    @SuppressWarnings("NullAway.Init")
    private RawClient client;

    @BeforeEach
    void start() throws IOException {
        client = new RawClient(server.port());
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
    }

    private RawClient.Answer call(String method, String path, String contentType, byte[] body) throws IOException {
        String head = method + " /" + path + " HTTP/1.1\r\nhost: 127.0.0.1:" + server.port()
                + "\r\nconnection: keep-alive\r\n"
                + (contentType.isEmpty() ? "" : "content-type: " + contentType + "\r\n")
                + "accept: */*\r\naccept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\n"
                + (method.equals("GET") ? "" : "content-length: " + body.length + "\r\n")
                + "\r\n";
        return client.send(head).send(body).read();
    }

    private RawClient.Answer get(String path) throws IOException {
        return call("GET", path, "", new byte[0]);
    }

    private RawClient.Answer delete(String path) throws IOException {
        return call("DELETE", path, "", new byte[0]);
    }

    private RawClient.Answer json(String method, String path, String body) throws IOException {
        return call(method, path, "application/json", body.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertAnswer(RawClient.Answer answer, int status, String body) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body()).isEqualTo(body);
        assertThat(answer.headers()).containsEntry("content-type", "application/json");
    }

    @Test
    void makesChangesListsAndDeletesABank() throws IOException {
        assertAnswer(get("/c/bank/" + BANK), 404, "{\"message\":\"bank '" + BANK + "' not found\"}\n");
        // Coop sends the ratio as text.
        assertAnswer(
                json("POST", "/c/banks", "{\"name\":\"" + BANK + "\",\"enabled_ratio\":\"1\"}"),
                201,
                "{\"matching_enabled_ratio\":1.0,\"name\":\"" + BANK + "\"}\n");
        assertAnswer(
                json("POST", "/c/banks", "{\"name\":\"" + BANK + "\",\"enabled_ratio\":\"1\"}"),
                403,
                "{\"message\":\"Bank already exists\"}\n");
        // With a content type, and without a body.
        assertAnswer(
                call("GET", "/c/bank/" + BANK, "application/json", new byte[0]),
                200,
                "{\"matching_enabled_ratio\":1.0,\"name\":\"" + BANK + "\"}\n");
        assertAnswer(get("/c/banks"), 200, "[{\"matching_enabled_ratio\":1.0,\"name\":\"" + BANK + "\"}]\n");
        assertAnswer(
                json("PUT", "/c/bank/" + BANK, "{\"enabled_ratio\":0.5}"),
                200,
                "{\"matching_enabled_ratio\":0.5,\"name\":\"" + BANK + "\"}\n");
        assertAnswer(delete("/c/bank/" + BANK), 200, "{\"message\":\"Done\"}\n");
        assertAnswer(get("/c/bank/" + BANK), 404, "{\"message\":\"bank '" + BANK + "' not found\"}\n");
    }

    @Test
    void banksAFileAndLooksItsSignalUp() throws IOException {
        json("POST", "/c/banks", "{\"name\":\"" + BANK + "\",\"enabled_ratio\":\"1\"}");
        byte[] photo = Pictures.png(Pictures.photo(31, 200, 200));
        // What Coop has of metadata goes into fields of the form, two of which HMA does not read.
        TestServer.Form form = TestServer.form(
                List.of("photo"),
                photo,
                Map.of("content_id", "type1:item1", "content_uri", "https://cdn.example.org/a", "note", "Reported"));
        RawClient.Answer added = call("POST", "/c/bank/" + BANK + "/content", form.contentType(), form.body());
        assertThat(added.status()).as(added.body()).isEqualTo(200);
        assertThat(added.body()).matches("\\{\"id\":1,\"signals\":\\{\"pdq\":\"[0-9a-f]{64}\"}}\n");
        String hash = Json.read(added.body()).get("signals").get("pdq").stringValue();
        assertAnswer(
                get("/m/lookup?signal_type=pdq&signal=" + hash),
                200,
                "{\"" + BANK + "\":[{\"bank_content_id\":1,\"distance\":\"0\"}]}\n");
        assertAnswer(get("/m/lookup?signal_type=pdq&signal=" + HASH), 200, "{}\n");
        assertAnswer(
                get("/m/lookup?signal_type=md5&signal=" + HASH), 400, "{\"message\":\"No such SignalType 'md5'\"}\n");
    }

    /** No host is named, which Coop tells its user as a failure. */
    @Test
    void refusesWhatItWouldHaveToFetch() throws IOException {
        json("POST", "/c/banks", "{\"name\":\"" + BANK + "\",\"enabled_ratio\":\"1\"}");
        String url = "url=https%3A%2F%2Fcdn.example.org%2Fa.jpg%3Fsig%3D1";
        String refusal = "{\"message\":\"Hashing is disabled, missing role\"}\n";
        assertAnswer(get("/h/hash?" + url), 403, refusal);
        assertAnswer(get("/m/lookup?" + url + "&content_type=photo"), 403, refusal);
        assertAnswer(
                json(
                        "POST",
                        "/c/bank/" + BANK + "/content?" + url,
                        "{\"metadata\":{\"content_id\":\"a\"},\"note\":\"n\"}"),
                403,
                refusal);
        assertAnswer(call("POST", "/c/bank/" + BANK + "/content?" + url, "", new byte[0]), 403, refusal);
    }

    @Test
    void makesAnExchangeAndFollowsIt() throws IOException {
        assertAnswer(
                get("/c/exchanges/apis"),
                200,
                "[\"sample\",\"fb_threatexchange\",\"ncmec\",\"stop_ncii\",\"tat\",\"local_file\"]\n");
        assertAnswer(
                get("/c/exchanges/api/fb_threatexchange"),
                200,
                "{\"has_set_authentification\":false,\"supports_authentification\":true}\n");
        RawClient.Answer schema = get("/c/exchanges/api/fb_threatexchange/schema");
        assertThat(schema.status()).isEqualTo(200);
        assertThat(Json.read(schema.body()).at("/config_schema/fields/0").propertyNames())
                .containsExactlyInAnyOrder("name", "type", "required", "default", "help", "choices");
        assertAnswer(
                json("POST", "/c/exchanges/api/ncmec", "{\"credential_json\":{\"user\":\"u\",\"password\":\"p\"}}"),
                200,
                "{\"has_set_authentification\":true,\"supports_authentification\":true}\n");
        assertAnswer(
                json(
                        "POST",
                        "/c/exchanges",
                        "{\"bank\":\"" + BANK
                                + "\",\"api\":\"fb_threatexchange\",\"api_json\":{\"privacy_group\":123}}"),
                201,
                "{\"message\":\"Created successfully\"}\n");
        assertAnswer(
                json("PUT", "/c/bank/" + BANK, "{\"enabled_ratio\":0.5}"),
                200,
                "{\"matching_enabled_ratio\":0.5,\"name\":\"" + BANK + "\"}\n");
        assertAnswer(
                get("/c/exchange/" + BANK),
                200,
                "{\n  \"privacy_group\": 123,\n  \"name\": \"" + BANK
                        + "\",\n  \"api\": \"fb_threatexchange\",\n  \"enabled\": true\n}");
        RawClient.Answer status = get("/c/exchange/" + BANK + "/status");
        assertThat(Json.read(status.body()).propertyNames())
                .contains(
                        "checkpoint_ts",
                        "fetched_items",
                        "last_fetch_complete_ts",
                        "last_fetch_succeeded",
                        "running_fetch_start_ts",
                        "up_to_date");
        assertAnswer(delete("/c/exchange/" + BANK), 200, "{\"message\":\"Exchange deleted\"}\n");
        assertAnswer(get("/c/exchange/" + BANK), 404, "{\"message\":\"Exchange '" + BANK + "' not found\"}\n");
        assertAnswer(get("/c/bank/" + BANK), 404, "{\"message\":\"bank '" + BANK + "' not found\"}\n");
    }
}
