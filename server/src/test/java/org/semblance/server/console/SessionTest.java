package org.semblance.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.json.StrictJson;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.Setting;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.RawClient.Answer;
import org.semblance.server.fixture.RawHttp2Client;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestTransport;
import tools.jackson.databind.JsonNode;

/** Who is signed in may do what the key may, and no page of another site can use that. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SessionTest {
    private static final String ADMIN = "admin";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(SessionTest::makeKeys, settings -> settings);

    private static String admin = "";
    private static String curator = "";
    private static String doomed = "";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private static String key(Path data, String name, Role role, Set<String> banks) {
        return new KeyRing(data)
                .create(new KeyRing.Draft(name, role, banks, false, null, null, null), Instant.now())
                .secret();
    }

    private static void makeKeys(Path data) {
        admin = key(data, ADMIN, Role.ADMIN, Set.of());
        curator = key(data, "curator", Role.CURATE, Set.of("MINE"));
        doomed = key(data, "doomed", Role.CURATE, Set.of());
    }

    /** What a page of the console sends. */
    private static String own(int port) {
        return "Host: 127.0.0.1:" + port + "\r\nOrigin: http://127.0.0.1:" + port
                + "\r\nSec-Fetch-Site: same-origin\r\nX-Semblance-Console: 1\r\n";
    }

    private static String own() {
        return own(server.port());
    }

    private static Answer send(int port, String what, String fields, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (RawClient client = new RawClient(port)) {
            client.send(what + " HTTP/1.1\r\n" + fields + "Content-Type: application/json\r\nContent-Length: "
                    + bytes.length + "\r\n\r\n");
            return client.send(bytes).read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Answer send(String what, String fields, String body) {
        return send(server.port(), what, fields, body);
    }

    private static Answer signIn(String fields, String secret, String name) {
        return send(
                "POST /v1/session", fields, StrictJson.COMPACT.writeValueAsString(Map.of("key", secret, "name", name)));
    }

    /** The header field with the cookie of a new session. */
    private static String cookie(String secret, String name) {
        Answer answer = signIn(own(), secret, name);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return "Cookie: other=1; " + field(answer, "set-cookie").split(";", 2)[0] + "\r\n";
    }

    private static JsonNode json(Answer answer) {
        return StrictJson.ANSWERS.readTree(answer.body());
    }

    private static String field(Answer answer, String name) {
        return String.valueOf(answer.headers().get(name));
    }

    // Signing in and out

    @Test
    void signsInTellsWhoAndSignsOut() {
        Answer answer = signIn(own(), curator, "Ada Lovelace");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        JsonNode person = json(answer);
        assertThat(person.get("key").stringValue()).isEqualTo("curator");
        assertThat(person.get("role").stringValue()).isEqualTo("curate");
        assertThat(person.get("banks").toString()).isEqualTo("[\"MINE\"]");
        assertThat(person.get("hide_distance").booleanValue()).isFalse();
        assertThat(person.get("name").stringValue()).isEqualTo("Ada Lovelace");
        assertThat(Instant.parse(person.get("expires_at").stringValue()))
                .isAfter(Instant.now().plusSeconds(7 * 3_600));
        String set = field(answer, "set-cookie");
        assertThat(set)
                .startsWith("semblance-127-0-0-1-" + server.port() + "=smb_")
                .contains("; Path=/;", "; HttpOnly", "; SameSite=Strict")
                .doesNotContain("Secure", "Domain", curator);
        String cookie = "Cookie: " + set.split(";", 2)[0] + "\r\n";
        Answer told = send("GET /v1/session", own() + cookie, "");
        assertThat(json(told)).isEqualTo(person);
        assertThat(field(told, "cache-control")).isEqualTo("no-store");
        assertThat(send("GET /v1/banks", own() + cookie, "").status()).isEqualTo(200);
        Answer out = send("DELETE /v1/session", own() + cookie, "");
        assertThat(out.status()).isEqualTo(204);
        assertThat(field(out, "set-cookie")).contains("=; ", "Max-Age=0");
        assertThat(send("GET /v1/session", own() + cookie, "").status()).isEqualTo(401);
        assertThat(send("GET /v1/banks", own() + cookie, "").status()).isEqualTo(401);
    }

    @Test
    void theCookieIsBoundToItsHostWhereThereIsTls() {
        Answer answer = signIn(
                "Host: media.example\r\nOrigin: https://media.example\r\nX-Semblance-Console: 1\r\n", admin, "Ada");
        assertThat(field(answer, "set-cookie"))
                .startsWith("__Host-semblance=smb_")
                .contains("; Path=/;", "; Secure", "; HttpOnly", "; SameSite=Strict")
                .doesNotContain("Domain");
    }

    @Test
    void noKeyCrossesTheNetworkInTheClear() {
        Answer answer =
                signIn("Host: 192.0.2.7\r\nOrigin: http://192.0.2.7\r\nX-Semblance-Console: 1\r\n", admin, "Ada");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).contains("in the clear");
    }

    @Test
    void saysWhichFieldIsWrong() {
        assertThat(json(send("POST /v1/session", own(), "{\"key\":\"" + admin + "\"}"))
                        .get("field")
                        .stringValue())
                .isEqualTo("name");
        for (String name : new String[] {"", "  ", "a\nb", "x".repeat(101)}) {
            Answer refused = signIn(own(), admin, name);
            assertThat(refused.status()).isEqualTo(400);
            assertThat(json(refused).get("field").stringValue()).isEqualTo("name");
        }
        Answer refused = signIn(own(), "smb_nonsense", "Ada");
        assertThat(refused.status()).isEqualTo(401);
        assertThat(json(refused).get("field").stringValue()).isEqualTo("key");
    }

    /** On a server of its own, since every other test of this class comes from the same address. */
    @Test
    void afterFiveWrongKeysInAMinuteNoneIsTaken() {
        Path data = folder.resolve("db");
        String secret = key(data, "a", Role.ADMIN, Set.of());
        try (TestServer other = new TestServer(data)) {
            String good = "{\"key\":\"" + secret + "\",\"name\":\"Ada\"}";
            String bad = "{\"key\":\"smb_wrong\",\"name\":\"Ada\"}";
            for (int i = 0; i < 5; i++) {
                assertThat(send(other.port(), "POST /v1/session", own(other.port()), bad)
                                .status())
                        .isEqualTo(401);
            }
            Answer refused = send(other.port(), "POST /v1/session", own(other.port()), good);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(Integer.parseInt(field(refused, "retry-after"))).isBetween(1, 60);
        }
    }

    @Test
    void revokingTheKeyEndsTheSession() {
        String cookie = cookie(doomed, "Ada");
        assertThat(send("GET /v1/banks", own() + cookie, "").status()).isEqualTo(200);
        new KeyRing(server.data()).revoke("doomed", Instant.now());
        TestTransport.until(() -> send("GET /v1/banks", own() + cookie, "").status() == 401);
        assertThat(send("GET /v1/session", own() + cookie, "").status()).isEqualTo(401);
    }

    // What a session may do

    @Test
    void mayDoWhatItsKeyMay() {
        String cookie = cookie(curator, "Ada");
        assertThat(send("POST /v1/banks", own() + cookie, "{\"name\":\"MINE\"}").status())
                .isEqualTo(403);
        String adminCookie = cookie(admin, "Root");
        assertThat(send("POST /v1/banks", own() + adminCookie, "{\"name\":\"MINE\"}")
                        .status())
                .isEqualTo(201);
        assertThat(send("POST /v1/banks", own() + adminCookie, "{\"name\":\"HIDDEN_ONE\"}")
                        .status())
                .isEqualTo(201);
        Answer banks = send("GET /v1/banks", own() + cookie, "");
        assertThat(banks.body()).contains("MINE").doesNotContain("HIDDEN_ONE");
        assertThat(field(banks, "cache-control")).isEqualTo("no-store");
        // Whether it comes in pieces, or says what is wrong.
        for (String path :
                new String[] {"/v1/banks/MINE/export", "/v1/banks/NONE/export", "/v1/banks/NONE", "/v1/banks?x"}) {
            Answer answer = send("GET " + path, own() + cookie, "");
            assertThat(field(answer, "cache-control")).as(path).isEqualTo("no-store");
        }
    }

    @Test
    void http2MayBringEachCookieInAFieldOfItsOwn() throws IOException {
        String[] cookies =
                cookie(curator, "Ada").strip().replace("Cookie: ", "").split("; ");
        assertThat(cookies).hasSize(2);
        try (RawHttp2Client client = new RawHttp2Client(server.port())) {
            client.send(
                    RawHttp2Client.HEADERS,
                    RawHttp2Client.END_HEADERS | RawHttp2Client.END_STREAM,
                    1,
                    RawHttp2Client.block(
                            ":method",
                            "GET",
                            ":scheme",
                            "http",
                            ":path",
                            "/v1/session",
                            ":authority",
                            "127.0.0.1:" + server.port(),
                            "sec-fetch-site",
                            "same-origin",
                            "cookie",
                            cookies[0],
                            "cookie",
                            cookies[1]));
            RawHttp2Client.Answer answer = client.answer(1);
            assertThat(answer.status).as(answer.text()).isEqualTo(200);
            assertThat(answer.text()).contains("\"name\":\"Ada\"");
        }
    }

    @Test
    void theJournalHasThePersonWhateverThePageSays() {
        String cookie = cookie(admin, "Zoë");
        String fields = own() + cookie + "X-Actor: Mallory\r\nX-Actor*: UTF-8''Mallory\r\nX-Reason: because\r\n";
        assertThat(send("POST /v1/banks", fields, "{\"name\":\"OF_ZOE\"}").status())
                .isEqualTo(201);
        JsonNode entries = json(send("GET /v1/journal", own() + cookie, "")).get("entries");
        assertThat(entries.get(entries.size() - 1).get("actor").stringValue()).isEqualTo("admin/Zoë");
    }

    @Test
    void aKeyInAHeaderCountsAndNotTheCookieBesideIt() {
        String cookie = cookie(admin, "Ada");
        String fields = own() + cookie + "X-API-Key: " + curator + "\r\n";
        assertThat(send("POST /v1/verify", fields, "").status()).isEqualTo(403);
        assertThat(send("POST /v1/banks", fields.replace("X-Semblance-Console: 1\r\n", ""), "{\"name\":\"NO\"}")
                        .status())
                .isEqualTo(403);
    }

    // Pages of others

    @Test
    void aPageOfAnotherSiteCannotUseTheSession() {
        String cookie = cookie(admin, "Ada");
        String host = "Host: 127.0.0.1:" + server.port() + "\r\n";
        String bank = "{\"name\":\"FORGED\"}";
        // A form, a fetch and a picture of another site, and of another port of this machine.
        for (String fields : new String[] {
            "Origin: http://evil.example\r\nSec-Fetch-Site: cross-site\r\n",
            "Origin: http://127.0.0.1:1\r\nSec-Fetch-Site: same-site\r\nX-Semblance-Console: 1\r\n",
            "Origin: null\r\nSec-Fetch-Site: cross-site\r\n",
            "Origin: http://evil.example\r\n",
            "Origin: http://evil.example\r\nX-Semblance-Console: 1\r\n",
            "Sec-Fetch-Site: none\r\nX-Semblance-Console: 1\r\n",
            ""
        }) {
            assertThat(send("POST /v1/banks", host + fields + cookie, bank).status())
                    .as(fields)
                    .isEqualTo(401);
            assertThat(send("GET /v1/banks", host + fields + cookie, "").status())
                    .as(fields)
                    .isEqualTo(401);
            assertThat(send("GET /v1/session", host + fields + cookie, "").status())
                    .as(fields)
                    .isEqualTo(401);
        }
        // A browser that sends no Sec-Fetch-Site reads with the console's own field.
        assertThat(send("GET /v1/banks", host + "X-Semblance-Console: 1\r\n" + cookie, "")
                        .status())
                .isEqualTo(200);
        // A change needs what only a script of this server's own pages can send.
        for (String fields : new String[] {
            "X-Semblance-Console: 1\r\n",
            "Sec-Fetch-Site: same-origin\r\nX-Semblance-Console: 1\r\n",
            "Origin: http://127.0.0.1:" + server.port() + "\r\nSec-Fetch-Site: same-origin\r\n",
            "Origin: http://evil.example\r\nSec-Fetch-Site: same-origin\r\nX-Semblance-Console: 1\r\n"
        }) {
            assertThat(send("POST /v1/banks", host + fields + cookie, bank).status())
                    .as(fields)
                    .isEqualTo(403);
        }
        assertThat(send("GET /v1/banks", own() + cookie, "").body()).doesNotContain("FORGED");
    }

    @Test
    void aPageOfAnotherSiteSignsNobodyIn() {
        String host = "Host: 127.0.0.1:" + server.port() + "\r\n";
        for (String fields : new String[] {
            "Origin: http://evil.example\r\nSec-Fetch-Site: cross-site\r\nX-Semblance-Console: 1\r\n",
            "Origin: http://127.0.0.1:" + server.port() + "\r\n",
            ""
        }) {
            assertThat(signIn(host + fields, admin, "Ada").status()).as(fields).isEqualTo(403);
        }
    }

    // Without keys

    @Test
    void withoutKeysTheConsoleOfThisMachineMayChangeAndNoOtherPage() {
        try (TestServer open = new TestServer(folder.resolve("open"))) {
            int port = open.port();
            Answer session = send(port, "GET /v1/session", own(port), "");
            assertThat(json(session).get("open").booleanValue()).isTrue();
            assertThat(send(port, "POST /v1/banks", own(port), "{\"name\":\"A\"}")
                            .status())
                    .isEqualTo(201);
            String local = own(port).replace("127.0.0.1", "localhost");
            assertThat(send(port, "POST /v1/banks", local, "{\"name\":\"B\"}").status())
                    .isEqualTo(201);
            // "test" is among the names by which this server may be asked, but some name server says what it means.
            String rebound = own(port).replace("127.0.0.1", "test");
            assertThat(send(port, "POST /v1/banks", rebound, "{\"name\":\"C\"}").status())
                    .isEqualTo(403);
            assertThat(send(port, "POST /v1/banks", own(port).replace("127.0.0.1", "evil.example"), "{\"name\":\"C\"}")
                            .status())
                    .isEqualTo(403);
            assertThat(send(port, "GET /v1/banks", own(port).replace("127.0.0.1", "evil.example"), "")
                            .status())
                    .isEqualTo(403);
            String strange = own(port).replace("Origin: http://127.0.0.1", "Origin: http://evil.example");
            assertThat(send(port, "POST /v1/banks", strange, "{\"name\":\"C\"}").status())
                    .isEqualTo(403);
            String form = own(port).replace("X-Semblance-Console: 1\r\n", "");
            assertThat(send(port, "POST /v1/banks", form, "{\"name\":\"C\"}").status())
                    .isEqualTo(403);
            assertThat(send(port, "GET /v1/banks", own(port), "").body()).doesNotContain("\"C\"");
        }
    }

    @Test
    void switchedOffThereIsNoConsoleAndNoSession() {
        try (TestServer off = new TestServer(folder.resolve("off"), settings -> settings.set(Setting.CONSOLE, false))) {
            int port = off.port();
            assertThat(send(port, "GET /console", own(port), "").status()).isEqualTo(404);
            assertThat(send(port, "GET /v1/session", own(port), "").status()).isEqualTo(404);
            assertThat(send(port, "POST /v1/banks", own(port), "{\"name\":\"A\"}")
                            .status())
                    .isEqualTo(403);
        }
    }

    // The page

    @Test
    void thePageMayDoNothingButItsOwn() {
        Answer page = send("GET /console", own(), "");
        assertThat(page.status()).isEqualTo(200);
        assertThat(field(page, "content-security-policy"))
                .contains(
                        "default-src 'none'",
                        "script-src 'self' 'sha256-",
                        "style-src 'self';",
                        "frame-ancestors 'none'",
                        "base-uri 'none'",
                        "require-trusted-types-for 'script'")
                .doesNotContain("unsafe", "http:", "https:", "data:", "*");
        assertThat(page.headers())
                .containsEntry("cross-origin-opener-policy", "same-origin")
                .containsEntry("cross-origin-resource-policy", "same-origin")
                .containsEntry("referrer-policy", "no-referrer")
                .containsEntry("x-content-type-options", "nosniff")
                .containsEntry("cache-control", "no-cache");
        assertThat(field(page, "permissions-policy")).contains("camera=()", "microphone=()", "geolocation=()");
        String tag = field(page, "etag");
        Answer again = send("GET /console", own() + "If-None-Match: " + tag + "\r\n", "");
        assertThat(again.status()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
    }

    @Test
    void theTagOfThePageIsComparedWeakly() {
        Answer page = send("GET /console", own(), "");
        Answer compressed = send("GET /console", own() + "Accept-Encoding: gzip\r\n", "");
        assertThat(page.headers()).doesNotContainKey("content-encoding");
        assertThat(field(compressed, "content-encoding")).isEqualTo("gzip");
        // One tag for both, and so a weak one.
        String tag = field(page, "etag");
        assertThat(tag).startsWith("W/\"").isEqualTo(field(compressed, "etag"));
        for (String held : new String[] {tag, tag.substring(2), "\"other\", " + tag, "*"}) {
            assertThat(send("GET /console", own() + "If-None-Match: " + held + "\r\n", "")
                            .status())
                    .as(held)
                    .isEqualTo(304);
        }
        assertThat(send("GET /console", own() + "If-None-Match: \"other\"\r\n", "")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void itsFilesAreKeptForGoodUnderTheirVersion() {
        String page = send("GET /console", own(), "").body();
        String style = page.replaceAll("(?s).*href=\"(/console/[^\"]+style.css)\".*", "$1");
        Answer file = send("GET " + style, own(), "");
        assertThat(file.status()).isEqualTo(200);
        assertThat(field(file, "cache-control")).contains("immutable");
        assertThat(field(file, "content-type")).startsWith("text/css");
        Answer signedIn = send("GET " + style, own() + cookie(curator, "Ada"), "");
        assertThat(field(signedIn, "cache-control")).isEqualTo(field(file, "cache-control"));
        for (String other : new String[] {
            style.replaceAll("/console/[^/]+", "/console/0"),
            style.replace("style.css", "..%2f..%2flogback.xml"),
            style.replace("style.css", "index.html"),
            style.replace("style.css", "lib/none.js")
        }) {
            assertThat(send("GET " + other, own(), "").status()).as(other).isEqualTo(404);
        }
    }
}
