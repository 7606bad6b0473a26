package org.semblance.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;

/** Keys are made and revoked over HTTP, and by it nobody gains a right. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KeyRoutesTest {
    private static final String END = "2100-01-01T00:00:00Z";

    @TempDir
    Path folder;

    private Path data() {
        return folder.resolve("db");
    }

    private String key(String name, Role role, Set<String> banks, boolean hides, String expires) {
        Instant end = expires.isEmpty() ? null : Instant.parse(expires);
        return new KeyRing(data())
                .create(new KeyRing.Draft(name, role, banks, hides, null, null, end), Instant.now())
                .secret();
    }

    private static Answer send(
            TestServer server, String method, String path, String secret, String json, String... more) {
        Map<String, String> headers = new HashMap<>();
        if (!secret.isEmpty()) {
            headers.put("X-API-Key", secret);
        }
        if (!json.isEmpty()) {
            headers.put("Content-Type", "application/json");
        }
        for (int i = 0; i < more.length; i += 2) {
            headers.put(more[i], more[i + 1]);
        }
        return server.send(method, path, headers, json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aKeyIsInForceAtOnceUntilItIsRevoked() throws IOException {
        String root = key("root", Role.ADMIN, Set.of(), false, "");
        try (TestServer server = new TestServer(data())) {
            Answer made = send(
                    server,
                    "POST",
                    "/v1/keys",
                    root,
                    "{\"name\":\"ann\",\"role\":\"curate\",\"banks\":[\"B\",\"A\"],\"hide_distance\":true,"
                            + "\"rate_per_second\":50.5,\"concurrent\":4,\"expires_at\":\"" + END + "\"}");
            assertThat(made.status()).as(made.text()).isEqualTo(201);
            assertThat(made.header("Cache-Control")).isEqualTo("no-store");
            String secret = made.json().get("secret").stringValue();
            assertThat(made.text())
                    .contains("\"state\":\"active\",\"role\":\"curate\",\"banks\":[\"A\",\"B\"],\"hide_distance\":true,"
                            + "\"rate_per_second\":50.5,\"concurrent\":4")
                    .contains("\"expires_at\":\"" + END + "\"")
                    .doesNotContain("notice");
            assertThat(Files.readString(data().resolve("keys.json")))
                    .contains("\"ann\"")
                    .doesNotContain(secret);
            assertThat(send(server, "GET", "/v1/banks", secret, "").status()).isEqualTo(200);
            assertThat(send(server, "GET", "/v1/keys", root, "").text())
                    .contains("\"name\":\"ann\"")
                    .doesNotContain(secret);

            assertThat(send(server, "POST", "/v1/keys", root, "{\"name\":\"ann\",\"role\":\"match\"}")
                            .status())
                    .isEqualTo(409);
            Answer revoked = send(server, "DELETE", "/v1/keys/ann", root, "");
            assertThat(revoked.json().get("state").stringValue()).isEqualTo("revoked");
            assertThat(send(server, "DELETE", "/v1/keys/ann", root, "").text()).isEqualTo(revoked.text());
            assertThat(send(server, "GET", "/v1/banks", secret, "").status()).isEqualTo(401);
            assertThat(send(server, "DELETE", "/v1/keys/nobody", root, "").status())
                    .isEqualTo(404);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"role\":\"match\"}                                     | name: missing",
                "{\"name\":\"a\"}                                         | role: missing",
                "{\"name\":\"a b\",\"role\":\"match\"}                    | name: 'a b' (expected: 1 to 48",
                "{\"name\":\"a\",\"role\":\"root\"}                       | role: 'root' (expected: match, curate, admin, ops or node)",
                "{\"name\":\"a\",\"role\":\"match\",\"banks\":[]}         | banks: '[]' (expected: at least one name",
                "{\"name\":\"a\",\"role\":\"match\",\"banks\":[\"a\"]}    | bank: 'a' (expected: UPPER_WITH_UNDERSCORE)",
                "{\"name\":\"a\",\"role\":\"match\",\"concurrent\":0}     | concurrent: '0' (expected: 1 to 1000000)",
                "{\"name\":\"a\",\"role\":\"match\",\"rate_per_second\":0} | rate: '0.0' (expected: above 0",
                "{\"name\":\"a\",\"role\":\"match\",\"expires_at\":\"2020-01-01T00:00:00Z\"} | expires_at: '2020-01-01T00:00:00Z' (expected: a time in the future)",
                "{\"name\":\"a\",\"role\":\"match\",\"colour\":1}         | body: 'colour' (expected: fields banks",
            })
    void saysWhatIsWrongWithAKey(String json, String detail) {
        String root = key("root", Role.ADMIN, Set.of(), false, "");
        try (TestServer server = new TestServer(data())) {
            Answer answer = send(server, "POST", "/v1/keys", root, json);
            assertThat(answer.status()).as(answer.text()).isEqualTo(400);
            assertThat(answer.json().get("detail").stringValue()).startsWith(detail);
        }
    }

    @Test
    void nobodyGivesAwayMoreThanItsOwn() {
        String root = key("root", Role.ADMIN, Set.of(), false, "");
        String ofA = key("of-a", Role.ADMIN, Set.of("A"), false, "");
        String blind = key("blind", Role.ADMIN, Set.of(), true, "");
        String brief = key("brief", Role.ADMIN, Set.of(), false, END);
        key("of-b", Role.MATCH, Set.of("B"), false, "");
        key("of-both", Role.MATCH, Set.of("A", "B"), false, "");
        try (TestServer server = new TestServer(data())) {
            for (String banks : List.of("", ",\"banks\":[\"B\"]", ",\"banks\":[\"A\",\"B\"]", ",\"banks\":null")) {
                Answer answer =
                        send(server, "POST", "/v1/keys", ofA, "{\"name\":\"wide\",\"role\":\"match\"" + banks + "}");
                assertThat(answer.status()).as(answer.text()).isEqualTo(403);
            }
            assertThat(send(server, "POST", "/v1/keys", ofA, "{\"name\":\"in-a\",\"role\":\"admin\",\"banks\":[\"A\"]}")
                            .status())
                    .isEqualTo(201);
            for (String other : List.of("root", "of-b", "of-both", "blind")) {
                assertThat(send(server, "DELETE", "/v1/keys/" + other, ofA, "").status())
                        .as(other)
                        .isEqualTo(404);
            }
            assertThat(send(server, "DELETE", "/v1/keys/in-a", ofA, "").status())
                    .isEqualTo(200);

            assertThat(send(server, "POST", "/v1/keys", blind, "{\"name\":\"seeing\",\"role\":\"match\"}")
                            .text())
                    .contains("hide_distance: false (expected: true, as its own)");
            assertThat(send(server, "POST", "/v1/keys", brief, "{\"name\":\"lasting\",\"role\":\"match\"}")
                            .text())
                    .contains("expires_at: later than its own (expected: at most " + END + ")");
            assertThat(send(
                                    server,
                                    "POST",
                                    "/v1/keys",
                                    brief,
                                    "{\"name\":\"as-brief\",\"role\":\"match\",\"expires_at\":\"" + END + "\"}")
                            .status())
                    .isEqualTo(201);
            assertThat(send(server, "GET", "/v1/keys", root, "").text()).doesNotContain("wide", "seeing", "lasting");
        }
    }

    @Test
    void theFirstKeyIsAnAdminsAndMadeOnThisMachine() {
        try (TestServer server = new TestServer(data())) {
            String admin = "{\"name\":\"root\",\"role\":\"admin\"}";
            assertThat(send(server, "POST", "/v1/keys", "", admin, "X-Forwarded-For", "192.0.2.1")
                            .status())
                    .isEqualTo(403);
            assertThat(send(server, "POST", "/v1/keys", "", admin, "Origin", "http://localhost")
                            .status())
                    .isEqualTo(403);
            for (String other : List.of(
                    "{\"name\":\"root\",\"role\":\"match\"}",
                    "{\"name\":\"root\",\"role\":\"admin\",\"banks\":[\"A\"]}",
                    "{\"name\":\"root\",\"role\":\"admin\",\"expires_at\":\"" + END + "\"}",
                    "{\"name\":\"root\",\"role\":\"admin\",\"hide_distance\":true}")) {
                assertThat(send(server, "POST", "/v1/keys", "", other).status()).isEqualTo(400);
            }
            assertThat(send(server, "GET", "/v1/banks", "", "").status()).isEqualTo(200);

            Answer made = send(server, "POST", "/v1/keys", "", admin);
            assertThat(made.status()).as(made.text()).isEqualTo(201);
            assertThat(made.json().get("notice").stringValue()).startsWith("from now on every request needs a key");
            assertThat(send(server, "GET", "/v1/banks", "", "").status()).isEqualTo(401);
            assertThat(send(server, "POST", "/v1/keys", "", "{\"name\":\"b\",\"role\":\"admin\"}")
                            .status())
                    .isEqualTo(401);
            String secret = made.json().get("secret").stringValue();
            assertThat(send(server, "GET", "/v1/banks", secret, "").status()).isEqualTo(200);
        }
    }

    @Test
    void aServerThatIsOpenSaysThatItStaysSo() {
        try (TestServer server = new TestServer(data(), settings -> settings.set(Setting.ACCESS, AccessPolicy.OPEN))) {
            Answer made = send(server, "POST", "/v1/keys", "", "{\"name\":\"a\",\"role\":\"match\"}");
            assertThat(made.json().get("notice").stringValue()).contains("goes on to do so");
            assertThat(send(server, "GET", "/v1/banks", "", "").status()).isEqualTo(200);
            assertThat(send(server, "DELETE", "/v1/keys/a", "", "", "Via", "1.1 proxy")
                            .status())
                    .isEqualTo(403);
            assertThat(send(server, "DELETE", "/v1/keys/a", "", "").status()).isEqualTo(200);
        }
    }
}
