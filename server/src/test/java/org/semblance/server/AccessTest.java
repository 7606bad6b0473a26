package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.document.Lease;
import org.semblance.hashdb.exchange.ExchangeRegistry;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.matchlog.ChangeFeed;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.hashdb.matchlog.MatchLogSettings;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.RawClient;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Phase;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.recent.UploadMemory;
import org.semblance.server.record.BankingGuard;
import org.semblance.server.record.Records;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.AnswerClock;
import org.semblance.server.route.OpenApi;
import org.semblance.server.route.Route;
import tools.jackson.databind.JsonNode;

/** Who may do what, by every route there is: a route without an entry in the table fails. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AccessTest {
    private static final String HASH_A = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final String LOOKUP_A = "/m/lookup?signal_type=pdq&signal=" + HASH_A;
    private static final String HASH_B = "0f0f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22a";
    private static final byte[] PHOTO_B = Pictures.png(Pictures.photo(3, 400, 300));
    private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");

    /** Exists, and is in the scope of the keys of A. */
    private static final String A = "BANK_A";
    /** In the scope of the keys of A, but does not exist. */
    private static final String NEW = "BANK_NEW";
    /** Exists, and is another's. */
    private static final String B = "BANK_B";
    /** Does not exist. The length is that of B, so that answers can be compared to the byte. */
    private static final String X = "BANK_X";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(AccessTest::makeKeys, settings -> settings);

    private static final Map<Role, String> ofA = new EnumMap<>(Role.class);
    private static Path dataFolder = Path.of("");
    private static String admin = "";
    private static String revoked = "";
    private static String expired = "";
    private static String blind = "";
    private static String watcher = "";
    private static long idB;
    private long idA;

    /** A request about a bank, or about none. */
    private record Call(String method, String path, Map<String, String> headers, byte[] body) {
        static Call of(String method, String path) {
            return new Call(method, path, Map.of(), new byte[0]);
        }

        static Call json(String method, String path, String json) {
            return new Call(method, path, JSON, json.getBytes(StandardCharsets.UTF_8));
        }

        static Call form(String path, String field, byte[] file) {
            TestServer.Form form = TestServer.form(List.of(field), file, Map.of());
            return new Call("POST", path, Map.of("Content-Type", form.contentType()), form.body());
        }

        Answer by(@Nullable String secret) {
            Map<String, String> all = new HashMap<>(headers);
            if (secret != null) {
                all.put("Authorization", "Bearer " + secret);
            }
            return server.send(method, path, all, body);
        }
    }

    /**
     * What a route must do.
     *
     * @param role the least that may call it, or null for anybody
     * @param call by the name of a bank and the id of a content in it
     * @param makes whether it is about a bank that does not exist yet
     * @param whole whether it tells of all banks, so that a key of some may not call it
     */
    private record Entry(@Nullable Role role, BiFunction<String, Long, Call> call, boolean makes, boolean whole) {}

    /** What else those may ask who watch. */
    private static final Set<String> FOR_OPS_TOO = Set.of(
            "GET /m/index/status", "GET /c/signal_type/index", "GET /c/exchanges", "GET /c/exchange/{exchange}/status");

    private static final Map<String, Entry> TABLE = new LinkedHashMap<>();

    private static void entry(String route, @Nullable Role role, BiFunction<String, Long, Call> call) {
        TABLE.put(route, new Entry(role, call, false, false));
    }

    static {
        String pdq = "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + HASH_A + "\"}]}";
        String found = "signal_type=pdq&signal=" + HASH_B;
        entry("GET /", null, (bank, id) -> Call.of("GET", "/"));
        entry("GET /site-map", null, (bank, id) -> Call.of("GET", "/site-map"));
        entry(
                "POST /m/compare",
                Role.MATCH,
                (bank, id) -> Call.json("POST", "/m/compare", "{\"pdq\":[\"" + HASH_A + "\",\"" + HASH_B + "\"]}"));
        TABLE.put(
                "GET /m/index/status",
                new Entry(Role.MATCH, (bank, id) -> Call.of("GET", "/m/index/status"), false, true));
        entry("GET /c/signal_type", Role.CURATE, (bank, id) -> Call.of("GET", "/c/signal_type"));
        TABLE.put(
                "GET /c/signal_type/index",
                new Entry(Role.CURATE, (bank, id) -> Call.of("GET", "/c/signal_type/index"), false, true));
        entry(
                "PUT /c/signal_type/{type}",
                Role.ADMIN,
                (bank, id) -> Call.json("PUT", "/c/signal_type/pdq", "{\"enabled_ratio\":1}"));
        entry("GET /c/content_type", Role.CURATE, (bank, id) -> Call.of("GET", "/c/content_type"));
        entry("GET /c/exchanges/apis", Role.CURATE, (bank, id) -> Call.of("GET", "/c/exchanges/apis"));
        entry("GET /c/exchanges/api/{api}", Role.CURATE, (bank, id) -> Call.of("GET", "/c/exchanges/api/ncmec"));
        TABLE.put(
                "POST /c/exchanges/api/{api}",
                new Entry(
                        Role.ADMIN,
                        (bank, id) -> Call.json("POST", "/c/exchanges/api/ncmec", "{\"credential_json\":{}}"),
                        false,
                        true));
        entry(
                "GET /c/exchanges/api/{api}/schema",
                Role.CURATE,
                (bank, id) -> Call.of("GET", "/c/exchanges/api/ncmec/schema"));
        entry("GET /c/exchanges", Role.CURATE, (bank, id) -> Call.of("GET", "/c/exchanges"));
        TABLE.put(
                "POST /c/exchanges",
                new Entry(
                        Role.ADMIN,
                        (bank, id) ->
                                Call.json("POST", "/c/exchanges", "{\"bank\":\"" + bank + "\",\"api\":\"stop_ncii\"}"),
                        true,
                        false));
        entry("GET /c/exchange/{exchange}", Role.CURATE, (bank, id) -> Call.of("GET", "/c/exchange/" + bank));
        entry(
                "GET /c/exchange/{exchange}/status",
                Role.CURATE,
                (bank, id) -> Call.of("GET", "/c/exchange/" + bank + "/status"));
        entry(
                "PUT /c/exchange/{exchange}",
                Role.ADMIN,
                (bank, id) -> Call.json("PUT", "/c/exchange/" + bank, "{\"enabled\":false}"));
        entry("DELETE /c/exchange/{exchange}", Role.ADMIN, (bank, id) -> Call.of("DELETE", "/c/exchange/" + bank));
        entry("GET /healthz", null, (bank, id) -> Call.of("GET", "/healthz"));
        entry("GET /openapi.json", null, (bank, id) -> Call.of("GET", "/openapi.json"));
        entry("GET /openapi/openapi.json", null, (bank, id) -> Call.of("GET", "/openapi/openapi.json"));
        entry("GET /readyz", null, (bank, id) -> Call.of("GET", "/readyz"));
        TABLE.put("GET /metrics", new Entry(Role.OPS, (bank, id) -> Call.of("GET", "/metrics"), false, true));
        TABLE.put(
                "GET /v1/ops/history",
                new Entry(Role.OPS, (bank, id) -> Call.of("GET", "/v1/ops/history"), false, true));
        entry("GET /v1/ops/benchmarks", Role.OPS, (bank, id) -> Call.of("GET", "/v1/ops/benchmarks"));
        TABLE.put(
                "GET /v1/snapshots", new Entry(Role.NODE, (bank, id) -> Call.of("GET", "/v1/snapshots"), false, true));
        TABLE.put(
                "GET /v1/snapshots/{kind}",
                new Entry(Role.NODE, (bank, id) -> Call.of("GET", "/v1/snapshots/hashes"), false, true));
        entry("GET /v1/keys", Role.OPS, (bank, id) -> Call.of("GET", "/v1/keys"));
        TABLE.put(
                "POST /v1/keys",
                new Entry(
                        Role.ADMIN,
                        (bank, id) -> Call.json(
                                "POST",
                                "/v1/keys",
                                "{\"name\":\"k" + UUID.randomUUID() + "\",\"role\":\"match\",\"banks\":[\"" + bank
                                        + "\"]}"),
                        true,
                        false));
        entry("DELETE /v1/keys/{name}", Role.ADMIN, (bank, id) -> Call.of("DELETE", "/v1/keys/only-" + bank));
        entry(
                "POST /v1/match",
                Role.MATCH,
                (bank, id) -> new Call("POST", "/v1/match?banks=" + bank, Map.of(), PHOTO_B));
        entry("POST /v1/hash", Role.MATCH, (bank, id) -> new Call("POST", "/v1/hash", Map.of(), PHOTO_B));
        entry(
                "POST /v1/lookup",
                Role.MATCH,
                (bank, id) -> Call.json("POST", "/v1/lookup?banks=" + bank, "{\"hashes\":[\"" + HASH_B + "\"]}"));
        entry(
                "POST /v1/compare",
                Role.CURATE,
                (bank, id) -> Call.json(
                        "POST",
                        "/v1/compare",
                        "{\"of\":[{\"hash\":\"" + HASH_B + "\"},{\"bank\":\"" + bank + "\",\"content_id\":" + id
                                + "}]}"));
        entry("GET /v1/journal", Role.CURATE, (bank, id) -> Call.of("GET", "/v1/journal?bank=" + bank));
        entry(
                "POST /v1/journal/{seq:int}/undo",
                Role.CURATE,
                (bank, id) -> Call.of("POST", "/v1/journal/" + addition(bank) + "/undo"));
        entry("GET /v1/proposals", Role.CURATE, (bank, id) -> Call.of("GET", "/v1/proposals?bank=" + bank));
        for (String decision : List.of("approve", "reject")) {
            entry(
                    "POST /v1/proposals/{proposal:int}/" + decision,
                    Role.CURATE,
                    (bank, id) -> Call.of("POST", "/v1/proposals/" + addition(bank) + "/" + decision));
        }
        TABLE.put("POST /v1/verify", new Entry(Role.ADMIN, (bank, id) -> Call.of("POST", "/v1/verify"), false, true));
        entry("GET /v1/matches", Role.CURATE, (bank, id) -> Call.of("GET", "/v1/matches?bank=" + bank));
        entry(
                "GET /v1/matches/stream",
                Role.CURATE,
                (bank, id) -> Call.of("GET", "/v1/matches/stream?after=0&limit=1&bank=" + bank));
        entry(
                "POST /v1/matches/{verdict}/review",
                Role.CURATE,
                (bank, id) ->
                        Call.json("POST", "/v1/matches/" + verdict(bank) + "/review", "{\"review\":\"confirmed\"}"));
        entry("GET /v1/stats", Role.CURATE, (bank, id) -> Call.of("GET", "/v1/stats?bank=" + bank));
        entry("GET /v1/report", Role.CURATE, (bank, id) -> Call.of("GET", "/v1/report"));
        entry("GET /v1/banks", Role.CURATE, (bank, id) -> Call.of("GET", "/v1/banks"));
        TABLE.put(
                "POST /v1/banks",
                new Entry(
                        Role.ADMIN,
                        (bank, id) -> Call.json("POST", "/v1/banks", "{\"name\":\"" + bank + "\"}"),
                        true,
                        false));
        entry("GET /v1/banks/{bank}", Role.CURATE, (bank, id) -> Call.of("GET", "/v1/banks/" + bank));
        entry(
                "PATCH /v1/banks/{bank}",
                Role.ADMIN,
                (bank, id) -> Call.json("PATCH", "/v1/banks/" + bank, "{\"enabled_ratio\":0.5}"));
        entry("DELETE /v1/banks/{bank}", Role.ADMIN, (bank, id) -> Call.of("DELETE", "/v1/banks/" + bank));
        entry(
                "POST /v1/banks/{bank}/content",
                Role.CURATE,
                (bank, id) -> Call.json("POST", "/v1/banks/" + bank + "/content", pdq));
        entry(
                "POST /v1/banks/{bank}/import",
                Role.CURATE,
                (bank, id) -> new Call(
                        "POST",
                        "/v1/banks/" + bank + "/import",
                        Map.of("Content-Type", "text/csv"),
                        ("pdq\n" + HASH_A + "\n").getBytes(StandardCharsets.UTF_8)));
        entry(
                "GET /v1/banks/{bank}/export",
                Role.CURATE,
                (bank, id) -> Call.of("GET", "/v1/banks/" + bank + "/export"));
        entry(
                "GET /v1/banks/{bank}/duplicates",
                Role.CURATE,
                (bank, id) -> Call.of("GET", "/v1/banks/" + bank + "/duplicates"));
        entry(
                "GET /v1/banks/{bank}/forecast",
                Role.CURATE,
                (bank, id) -> Call.of("GET", "/v1/banks/" + bank + "/forecast"));
        entry(
                "GET /v1/banks/{bank}/content",
                Role.CURATE,
                (bank, id) -> Call.of("GET", "/v1/banks/" + bank + "/content"));
        entry(
                "GET /v1/banks/{bank}/content/{id:int}",
                Role.CURATE,
                (bank, id) -> Call.of("GET", "/v1/banks/" + bank + "/content/" + id));
        entry(
                "PATCH /v1/banks/{bank}/content/{id:int}",
                Role.CURATE,
                (bank, id) -> Call.json("PATCH", "/v1/banks/" + bank + "/content/" + id, "{\"note\":\"changed\"}"));
        entry(
                "DELETE /v1/banks/{bank}/content/{id:int}",
                Role.CURATE,
                (bank, id) -> Call.of("DELETE", "/v1/banks/" + bank + "/content/" + id));
        entry("GET /status", null, (bank, id) -> Call.of("GET", "/status"));
        entry("GET /status/live", null, (bank, id) -> Call.of("GET", "/status/live"));
        entry("GET /h/hash", Role.MATCH, (bank, id) -> Call.of("GET", "/h/hash"));
        entry("POST /h/hash", Role.MATCH, (bank, id) -> Call.form("/h/hash", "photo", PHOTO_B));
        entry(
                "GET /m/raw_lookup",
                Role.MATCH,
                (bank, id) -> Call.of("GET", "/m/raw_lookup?" + found + "&banks=" + bank));
        entry("GET /m/lookup", Role.MATCH, (bank, id) -> Call.of("GET", "/m/lookup?" + found + "&banks=" + bank));
        entry("POST /m/lookup", Role.MATCH, (bank, id) -> Call.form("/m/lookup?banks=" + bank, "photo", PHOTO_B));
        entry("GET /c/banks", Role.CURATE, (bank, id) -> Call.of("GET", "/c/banks"));
        TABLE.put(
                "POST /c/banks",
                new Entry(
                        Role.ADMIN,
                        (bank, id) -> Call.json("POST", "/c/banks", "{\"name\":\"" + bank + "\"}"),
                        true,
                        false));
        entry("GET /c/bank/{bank}", Role.CURATE, (bank, id) -> Call.of("GET", "/c/bank/" + bank));
        entry(
                "PUT /c/bank/{bank}",
                Role.ADMIN,
                (bank, id) -> Call.json("PUT", "/c/bank/" + bank, "{\"enabled_ratio\":0.5}"));
        entry("DELETE /c/bank/{bank}", Role.ADMIN, (bank, id) -> Call.of("DELETE", "/c/bank/" + bank));
        entry(
                "POST /c/bank/{bank}/content",
                Role.CURATE,
                (bank, id) -> Call.form("/c/bank/" + bank + "/content", "photo", PHOTO_B));
        entry(
                "POST /c/bank/{bank}/signal",
                Role.CURATE,
                (bank, id) -> Call.json("POST", "/c/bank/" + bank + "/signal", "{\"pdq\":\"" + HASH_A + "\"}"));
        entry(
                "GET /c/bank/{bank}/content/{id:int}",
                Role.CURATE,
                (bank, id) -> Call.of("GET", "/c/bank/" + bank + "/content/" + id));
        entry(
                "PUT /c/bank/{bank}/content/{id:int}",
                Role.CURATE,
                (bank, id) -> Call.json("PUT", "/c/bank/" + bank + "/content/" + id, "{\"note\":\"changed\"}"));
        entry(
                "DELETE /c/bank/{bank}/content/{id:int}",
                Role.CURATE,
                (bank, id) -> Call.of("DELETE", "/c/bank/" + bank + "/content/" + id));
    }

    /** The number of the change that added a content to that bank; or one that there is not, if there is no such bank. */
    private static long addition(String bank) {
        JsonNode rows = Call.of("GET", "/v1/journal?order=desc&limit=1&kind=add_contents&bank=" + bank)
                .by(admin)
                .json()
                .get("entries");
        return rows.isEmpty() ? 999_999 : rows.get(0).get("seq").longValue();
    }

    /** The id of a verdict that names a content of that bank; or one that there is not, if there is no such bank. */
    private static String verdict(String bank) {
        JsonNode rows = Call.of("GET", "/v1/matches").by(admin).json().get("matches");
        for (JsonNode row : rows) {
            if (row.get("bank").stringValue().equals(bank)) {
                return row.get("verdict_id").stringValue();
            }
        }
        return "0190163d-8694-739b-aea5-966c26f8ad91";
    }

    private static void makeKeys(Path data) {
        dataFolder = data;
        admin = key(data, "root", Role.ADMIN, Set.of(), false, null);
        for (Role role : Role.values()) {
            ofA.put(role, key(data, role.wireName() + "-of-a", role, Set.of(A, NEW), false, null));
        }
        revoked = key(data, "gone", Role.ADMIN, Set.of(), false, null);
        new KeyRing(data).revoke("gone", Instant.now());
        expired = key(data, "old", Role.ADMIN, Set.of(), false, Instant.now().minusSeconds(1));
        blind = key(data, "blind", Role.ADMIN, Set.of(), true, null);
        watcher = key(data, "watcher", Role.OPS, Set.of(), false, null);
        for (String bank : List.of(A, B)) {
            key(data, "only-" + bank, Role.MATCH, Set.of(bank), false, null);
        }
    }

    @BeforeAll
    static void start() throws IOException {
        Files.write(
                dataFolder.resolve(IndexKind.HASHES.fileName()),
                new byte[] {1}); // None is saved before the server stops.
        created(Call.json("POST", "/c/banks", "{\"name\":\"" + B + "\"}").by(admin), 201);
        idB = created(
                Call.json("POST", "/c/bank/" + B + "/signal", "{\"pdq\":\"" + HASH_B + "\"}")
                        .by(admin),
                200);
        created(Call.form("/c/bank/" + B + "/content", "photo", PHOTO_B).by(admin), 200);
        Call.of("GET", "/m/lookup?signal_type=pdq&signal=" + HASH_B).by(admin);
    }

    private static String key(
            Path data, String name, Role role, Set<String> banks, boolean hideDistance, @Nullable Instant expires) {
        return new KeyRing(data)
                .create(new KeyRing.Draft(name, role, banks, hideDistance, null, null, expires), Instant.now())
                .secret();
    }

    private static long created(Answer answer, int status) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        return answer.json().path("id").asLong(0);
    }

    @BeforeEach
    void renewA() {
        Call.of("DELETE", "/c/bank/" + A).by(admin);
        Call.of("DELETE", "/c/exchange/" + NEW).by(admin);
        Call.of("DELETE", "/c/bank/" + NEW).by(admin);
        created(Call.json("POST", "/c/banks", "{\"name\":\"" + A + "\"}").by(admin), 201);
        idA = created(
                Call.json("POST", "/c/bank/" + A + "/signal", "{\"pdq\":\"" + HASH_A + "\"}")
                        .by(admin),
                200);
        Call.of("GET", "/m/lookup?signal_type=pdq&signal=" + HASH_A).by(admin);
    }

    /** The list version and all that is in B, as its owner sees it. */
    private static String stateOfB() {
        return Call.of("GET", "/readyz").by(admin).json().get("list_version")
                + Call.of("GET", "/v1/banks/" + B).by(admin).text()
                + Call.of("GET", "/v1/banks/" + B + "/content").by(admin).text();
    }

    /** Without what differs from call to call. */
    private static String comparable(Answer answer) {
        return answer.status() + " "
                + answer.text()
                        .replaceAll(
                                "(?<=change |proposal )\\d+|\"timing_us\":\\{[^}]*}|\"requests\":\\d+|\"verdict_id\":\"[^\"]*\"|[0-9a-f-]{36}",
                                "");
    }

    static Stream<String> routes() {
        return TABLE.keySet().stream();
    }

    @Test
    void everyRouteHasItsEntry() {
        Path data = folder.resolve("routes");
        try (HashDb db = HashDb.open(data);
                Gate gate = Gate.start(data, AccessPolicy.KEYS, "127.0.0.1");
                MatchLog log = MatchLog.open(
                        data,
                        MatchLogSettings.DEFAULT,
                        VerdictRecorder.VERDICTS,
                        ChangeFeed.NONE,
                        InstantSource.system());
                Metrics metrics = new Metrics()) {
            Exchanges exchanges = new Exchanges(
                    db,
                    ExchangeRegistry.open(data),
                    data,
                    Duration.ofHours(1),
                    BankingGuard.standard(db),
                    name -> Lease.OWN);
            List<Route> routes = Routes.all(
                    ServerConfig.builder(data).build(),
                    db,
                    new Records(log, UploadMemory.NONE, null, BankingGuard.standard(db)),
                    exchanges,
                    gate,
                    metrics,
                    () -> Phase.READY);
            exchanges.close();
            assertThat(routes)
                    .filteredOn(route -> !route.pattern().equals("/v1/session")) // SessionTest's
                    .extracting(route -> route.method() + " " + route.pattern())
                    .containsExactlyInAnyOrderElementsOf(TABLE.keySet());
        }
    }

    @ParameterizedTest
    @MethodSource("routes")
    void needsAGoodKey(String route) {
        Entry entry = entryOf(route);
        Call call = entry.call.apply(entry.makes ? NEW : A, idA);
        String before = stateOfB();
        String[] bad = {null, "smb_nonsense", "", revoked, expired, admin + "x", admin.substring(0, 20)};
        for (String secret : bad) {
            Answer answer = call.by(secret);
            if (entry.role == null) {
                assertThat(answer.status()).isEqualTo(route.equals("GET /") ? 302 : 200);
                assertTellsNot(answer, "hashes", "list_version", "BANK");
            } else {
                assertThat(answer.status()).as(answer.text()).isEqualTo(401);
                assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer realm=\"semblance\"");
                assertShape(route, answer);
            }
        }
        assertThat(stateOfB()).isEqualTo(before);
    }

    /** The description of the API names fields, and is the same for everybody. */
    private static void assertTellsNot(Answer answer, String... words) {
        byte[] body = answer.raw().body();
        if (!Arrays.equals(body, OpenApi.document())
                && !Arrays.equals(body, OpenApi.document("Open Media Match API"))) {
            assertThat(answer.text()).doesNotContain(words);
        }
    }

    /** Problem details, or a message as HMA words it. */
    private static void assertShape(String route, Answer answer) {
        if (Routes.dialect(route.substring(route.indexOf('/'))) == Dialect.HMA) {
            assertThat(answer.text()).matches("\\{\"message\":\"[^\"]+\"}\n");
        } else {
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
            assertThat(answer.json().get("status").intValue()).isEqualTo(answer.status());
        }
    }

    @ParameterizedTest
    @MethodSource("routes")
    void needsItsRoleAndNoMore(String route) {
        Entry entry = entryOf(route);
        String before = stateOfB();
        for (Role role : Role.values()) {
            if (entry.role == null || role.includes(entry.role) || (role == Role.OPS && FOR_OPS_TOO.contains(route))) {
                continue;
            }
            Answer refused = entry.call.apply(entry.makes ? NEW : A, idA).by(ofA.get(role));
            assertThat(refused.status()).as(refused.text()).isEqualTo(403);
            assertShape(route, refused);
        }
        assertThat(stateOfB()).isEqualTo(before);
        String sufficient = ofA.get(entry.role == null ? Role.MATCH : entry.role);
        if (entry.whole) {
            Answer refused = entry.call.apply(A, idA).by(sufficient);
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.text()).doesNotContain(B);
            assertThat(entry.call.apply(A, idA).by(admin).status()).isEqualTo(200);
            return;
        }
        Answer granted = entry.call.apply(entry.makes ? NEW : A, idA).by(sufficient);
        assertThat(granted.status()).as(granted.text()).isIn(statuses(route));
        // Neither the name of another's bank nor how much the whole database holds.
        assertTellsNot(granted, B, "\"hashes\"");
    }

    @ParameterizedTest
    @MethodSource("routes")
    void answersAnothersBankAsOneThatDoesNotExist(String route) {
        Entry entry = entryOf(route);
        String secret = ofA.get(Role.ADMIN);
        String before = stateOfB();
        Answer others = entry.call.apply(B, idB).by(secret);
        Answer missing = entry.call.apply(X, idB).by(secret);
        assertThat(comparable(others).replace(B, X)).isEqualTo(comparable(missing));
        assertThat(stateOfB()).isEqualTo(before);
        if (route.contains("{bank}") && !route.equals("DELETE /c/bank/{bank}")) {
            assertThat(others.status()).isEqualTo(404);
        }
        // The other's content by way of the own bank.
        if (route.contains("{id:int}")) {
            Answer crossed = entry.call.apply(A, idB).by(secret);
            if (route.startsWith("DELETE /c")) {
                assertThat(crossed.text()).isEqualTo("{\"deleted\":0}\n");
            } else {
                assertThat(crossed.status()).isEqualTo(404);
            }
            assertThat(stateOfB()).isEqualTo(before);
        }
    }

    /** What a key of two banks is answered that has the role. */
    private static List<Integer> statuses(String route) {
        return switch (route) {
            // Without its url that is a validation error: it got past the gate.
            case "GET /h/hash" -> List.of(422);
            case "GET /" -> List.of(302);
            case "PUT /c/signal_type/{type}" -> List.of(204);
            // There is such a change, but it waits for nobody.
            case "POST /v1/proposals/{proposal:int}/approve", "POST /v1/proposals/{proposal:int}/reject" ->
                List.of(404);
            // The bank is there, but no exchange.
            case "GET /c/exchange/{exchange}", "GET /c/exchange/{exchange}/status", "PUT /c/exchange/{exchange}" ->
                List.of(404);
            default -> List.of(200, 201);
        };
    }

    private static Entry entryOf(String route) {
        Entry entry = TABLE.get(route);
        if (entry == null) {
            throw new IllegalArgumentException(route);
        }
        return entry;
    }

    @Test
    void matchesInItsOwnBanksWhetherTheyAreNamedOrNot() {
        String match = ofA.get(Role.MATCH);
        Call upload = new Call("POST", "/v1/match", Map.of(), PHOTO_B);
        assertThat(upload.by(admin).json().get("verdict").stringValue()).isEqualTo("match");
        JsonNode answer = upload.by(match).json();
        assertThat(answer.get("verdict").stringValue()).isEqualTo("no_match");
        assertThat(answer.get("matches")).isEmpty();
        assertThat(Call.form("/m/lookup", "photo", PHOTO_B).by(match).text()).isEqualTo("{\"pdq\":{}}\n");
        String found = "?signal_type=pdq&signal=" + HASH_B;
        assertThat(Call.of("GET", "/m/lookup" + found).by(match).text()).isEqualTo("{}\n");
        assertThat(Call.of("GET", "/m/raw_lookup" + found).by(match).text()).isEqualTo("{\"matches\":[]}\n");
        assertThat(Call.of("GET", "/m/lookup?signal_type=pdq&signal=" + HASH_A)
                        .by(match)
                        .text())
                .isEqualTo("{\"" + A + "\":[{\"bank_content_id\":" + idA + ",\"distance\":\"0\"}]}\n");
        String query = "[\"" + HASH_A + "\",\"" + HASH_B + "\"]";
        JsonNode results =
                Call.json("POST", "/v1/lookup", query).by(match).json().get("results");
        assertThat(results).extracting(result -> result.get("query").intValue()).containsExactly(0);
        assertThat(Call.json("POST", "/v1/lookup", query).by(admin).json().get("results"))
                .hasSize(2);
        assertThat(Call.of("GET", "/v1/banks").by(ofA.get(Role.CURATE)).json().get("banks"))
                .extracting(bank -> bank.get("name").stringValue())
                .containsExactly(A);
    }

    @Test
    void isNotSuppressedByABankOutsideItsScope() {
        created(
                Call.json("POST", "/v1/banks", "{\"name\":\"ALLOW_B\",\"kind\":\"allow\"}")
                        .by(admin),
                201);
        try {
            String add = "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + HASH_A + "\"}]}";
            created(Call.json("POST", "/v1/banks/ALLOW_B/content", add).by(admin), 201);
            Call lookup = Call.of("GET", "/m/lookup?signal_type=pdq&signal=" + HASH_A);
            assertThat(lookup.by(admin).text()).isEqualTo("{}\n");
            assertThat(lookup.by(ofA.get(Role.MATCH)).text()).contains(A);
        } finally {
            Call.of("DELETE", "/c/bank/ALLOW_B").by(admin);
        }
    }

    @Test
    void makesAndRenamesBanksWithinItsScopeOnly() {
        String adminOfA = ofA.get(Role.ADMIN);
        for (String name : List.of(B, X)) {
            Answer renamed = Call.json("PUT", "/c/bank/" + A, "{\"name\":\"" + name + "\"}")
                    .by(adminOfA);
            assertThat(renamed.status()).isEqualTo(403);
            assertThat(renamed.text())
                    .isEqualTo("{\"message\":\"key admin-of-a: bank '" + name + "' is not in its scope\"}\n");
            assertThat(Call.json("PATCH", "/v1/banks/" + A, "{\"name\":\"" + name + "\"}")
                            .by(adminOfA)
                            .status())
                    .isEqualTo(403);
        }
        assertThat(Call.json("PUT", "/c/bank/" + A, "{\"name\":\"" + NEW + "\"}")
                        .by(adminOfA)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void tellsNeitherDistancesNorHashesToAKeyThatIsNotToSeeThem() {
        Call upload = new Call("POST", "/v1/match", Map.of(), PHOTO_B);
        JsonNode shown = upload.by(admin).json();
        assertThat(shown.get("matches").get(0).has("distance")).isTrue();
        JsonNode hidden = upload.by(blind).json();
        assertThat(hidden.get("verdict").stringValue()).isEqualTo("match");
        assertThat(hidden.get("matches").get(0).propertyNames())
                .containsExactlyInAnyOrder(
                        "bank", "content_id", "signal_type", "transform", "labels", "created_at", "confirmations");
        assertNoHash(upload.by(blind));

        for (Call call : List.of(
                new Call("POST", "/v1/hash", Map.of(), PHOTO_B),
                Call.form("/h/hash", "photo", PHOTO_B),
                Call.of("GET", "/v1/banks/" + A + "/export"),
                Call.of("GET", "/h/hash?url=x"))) {
            assertThat(call.by(blind).status()).as(call.path).isEqualTo(403);
        }
        assertThat(Call.form("/m/lookup", "photo", PHOTO_B).by(blind).text()).contains("\"distance\":\"-\"");
        assertNoHash(Call.of("GET", "/v1/banks/" + B + "/content").by(blind));
        assertNoHash(Call.of("GET", "/v1/banks/" + B + "/content/" + idB).by(blind));
        assertThat(Call.of("GET", "/c/bank/" + B + "/content/" + idB + "?include_signals=true")
                        .by(blind)
                        .text())
                .contains("\"signals\":{\"pdq\":\"-\"}");
        assertNoHash(Call.form("/c/bank/" + A + "/content", "photo", PHOTO_B).by(blind));
        assertNoHash(new Call("POST", "/v1/banks/" + A + "/content", Map.of(), PHOTO_B).by(blind));
    }

    private static void assertNoHash(Answer answer) {
        assertThat(answer.status()).isIn(200, 201);
        assertThat(answer.text()).doesNotContainPattern("[0-9a-f]{32}").doesNotContain("distance", "threshold");
    }

    @Test
    void findsByFeaturesWhatItsScopeHasAlone() {
        String bank = "FEATURES_B";
        created(Call.json("POST", "/v1/banks", "{\"name\":\"" + bank + "\"}").by(admin), 201);
        try {
            created(new Call("POST", "/v1/banks/" + bank + "/content", Map.of(), PHOTO_B).by(admin), 201);
            JsonNode signals = new Call("POST", "/v1/hash?features=true", Map.of(), PHOTO_B)
                    .by(ofA.get(Role.MATCH))
                    .json()
                    .get("signals");
            String features = signals.get(signals.size() - 1).get("features").stringValue();
            String query = "[{\"features\":\"" + features + "\"}]";
            Call lookup = Call.json("POST", "/v1/lookup", query);
            assertThat(lookup.by(admin).text()).contains("\"verdict\":\"match\"", bank);
            assertThat(lookup.by(ofA.get(Role.MATCH)).json().get("results")).isEmpty();
        } finally {
            Call.of("DELETE", "/c/bank/" + bank).by(admin);
        }
    }

    /**
     * The attack: a hash that is banked some bits away is asked about, then with one bit more changed, and so on. Whether
     * each still matches tells the bits of what is banked.
     */
    @Test
    void answersAKeyThatIsNotToSeeDistancesOnNoHashThatItChooses() {
        String md5 = "d35c785545392755e7e4164457657269";
        String octets = "application/octet-stream";
        for (Call call : List.of(
                Call.json("POST", "/v1/lookup", "[\"" + HASH_A + "\"]"),
                Call.json("POST", "/v1/lookup", "{\"hashes\":[\"" + HASH_A + "\"]}"),
                new Call(
                        "POST",
                        "/v1/lookup",
                        Map.of("Content-Type", octets),
                        HexFormat.of().parseHex(HASH_A)),
                new Call(
                        "POST",
                        "/v1/lookup",
                        Map.of("Content-Type", "application/x-ndjson"),
                        (HASH_A + "\n").getBytes(StandardCharsets.UTF_8)),
                new Call(
                        "POST",
                        "/v1/lookup",
                        Map.of("Content-Type", octets, "Accept", "application/x-ndjson"),
                        HexFormat.of().parseHex(HASH_A)),
                Call.json("POST", "/v1/lookup", "{\"queries\":[{\"features\":\"AQABAAEAAAA=\"}]}"),
                Call.of("GET", LOOKUP_A),
                Call.of("GET", LOOKUP_A + "&bypass_coinflip=true&banks=" + A),
                Call.of("GET", "/m/lookup?signal_type=video_md5&signal=" + md5),
                Call.of("GET", "/m/raw_lookup?signal_type=pdq&signal=" + HASH_A),
                Call.of("GET", "/m/raw_lookup?include_distance=true&signal_type=pdq&signal=" + HASH_A),
                Call.json("POST", "/m/compare", "{\"pdq\":[\"" + HASH_A + "\",\"" + HASH_B + "\"]}"))) {
            Answer refused = call.by(blind);
            assertThat(refused.status()).as(call.path).isEqualTo(403);
            assertThat(refused.text())
                    .contains("nor answered on hashes that it chooses")
                    .doesNotContain(A);
            assertThat(call.by(admin).status()).as(call.path).isEqualTo(200);
        }
    }

    @Test
    void showsNotesToThoseWhoCurateAlone() {
        Path data = folder.resolve("notes");
        String upload = key(data, "upload", Role.MATCH, Set.of(), false, null);
        String blindUpload = key(data, "blind", Role.MATCH, Set.of(), true, null);
        String owner = key(data, "owner", Role.ADMIN, Set.of(), false, null);
        String curate = key(data, "curate", Role.CURATE, Set.of(), false, null);
        TestServer.Form form =
                TestServer.form(List.of("file"), PHOTO_B, Map.of("note", "case 17, J. Doe", "labels", "logo"));
        try (TestServer own = new TestServer(data)) {
            own.send(
                    "POST",
                    "/v1/banks",
                    Map.of("X-API-Key", owner, "Content-Type", "application/json"),
                    "{\"name\":\"N\"}".getBytes(StandardCharsets.UTF_8));
            Map<String, String> type = Map.of("X-API-Key", curate, "Content-Type", form.contentType());
            created(own.send("POST", "/v1/banks/N/content", type, form.body()), 201);
            for (String secret : List.of(upload, blindUpload, curate, owner)) {
                String answer = own.send("POST", "/v1/match", Map.of("X-API-Key", secret), PHOTO_B)
                        .text();
                assertThat(answer).contains("\"verdict\":\"match\"", "\"logo\"");
                if (secret.equals(curate) || secret.equals(owner)) {
                    assertThat(answer).contains("\"note\":\"case 17, J. Doe\"");
                } else {
                    assertThat(answer).doesNotContain("case 17", "note");
                }
            }
        }
    }

    @Test
    void thoseWhoWatchReadStatesAndNothingElse() {
        int allowed = 0;
        String before = stateOfB();
        for (String route : TABLE.keySet()) {
            Entry entry = entryOf(route);
            Answer answer = entry.call.apply(entry.makes ? NEW : A, idA).by(watcher);
            if (entry.role == null || entry.role == Role.OPS || FOR_OPS_TOO.contains(route)) {
                assertThat(answer.status()).as(route).isNotIn(401, 403);
                allowed += entry.role == null ? 0 : 1;
            } else {
                assertThat(answer.status()).as(route).isEqualTo(403);
            }
            assertThat(answer.text()).as(route).doesNotContain(HASH_A, HASH_B);
        }
        assertThat(allowed).isEqualTo(4 + FOR_OPS_TOO.size());
        assertThat(stateOfB()).isEqualTo(before);
        assertThat(Call.of("GET", "/readyz").by(watcher).json().has("list_version"))
                .isTrue();
    }

    /** Of a lookup that is over sooner. */
    @Test
    void answersOnHashesLeaveByAClockWhereThereIsSomethingToHide() {
        String ofSome = ofA.get(Role.MATCH);
        String two = HASH_A + "\n" + HASH_B + "\n";
        for (Call call : List.of(
                Call.json("POST", "/v1/lookup", "[\"" + HASH_A + "\"]"),
                new Call(
                        "POST",
                        "/v1/lookup",
                        Map.of("Content-Type", "application/x-ndjson"),
                        two.getBytes(StandardCharsets.UTF_8)),
                Call.of("GET", LOOKUP_A),
                Call.of("GET", "/m/raw_lookup?signal_type=pdq&signal=" + HASH_B))) {
            long begun = System.nanoTime();
            assertThat(call.by(ofSome).status()).as(call.path).isEqualTo(200);
            assertThat(System.nanoTime() - begun).as(call.path).isGreaterThan(1_000_000);
        }
    }

    @Test
    void theClockOfAnswersTellsTheNumberOfHashesAlone() {
        long begun = Long.MAX_VALUE - 1_000_000; // the clock's origin is arbitrary
        long beat = 1_000_000 + 256 * 50_000;
        for (long took : new long[] {0, 1, beat / 2, beat}) {
            assertThat(AnswerClock.leaveNanos(begun, begun + took, 256) - begun).isEqualTo(beat);
        }
        assertThat(AnswerClock.leaveNanos(begun, begun + beat + 1, 256) - begun).isEqualTo(2 * beat);
    }

    @Test
    void hmasListOfBanksTellsWhichHoldAllowedContent() {
        created(
                Call.json("POST", "/v1/banks", "{\"name\":\"FINE\",\"kind\":\"allow\"}")
                        .by(admin),
                201);
        String fine = "{\"kind\":\"allow\",\"matching_enabled_ratio\":1.0,\"name\":\"FINE\"}";
        assertThat(Call.of("GET", "/c/banks").by(admin).text())
                .contains(fine, "{\"matching_enabled_ratio\":1.0,\"name\":\"" + A + "\"}");
        assertThat(Call.of("GET", "/c/bank/FINE").by(admin).text()).isEqualTo(fine + "\n");
        assertThat(Call.json("PUT", "/c/bank/FINE", "{\"enabled_ratio\":1.0}")
                        .by(admin)
                        .text())
                .isEqualTo(fine + "\n");
        assertThat(Call.of("DELETE", "/v1/banks/FINE").by(admin).status()).isEqualTo(200);
    }

    @Test
    void orderTellsAKeyThatIsNotToSeeDistancesNothing() {
        // The farther one first, so that it has the smaller id.
        Call.of("DELETE", "/c/bank/" + A).by(admin);
        created(Call.json("POST", "/c/banks", "{\"name\":\"" + A + "\"}").by(admin), 201);
        byte[] photo = Pictures.png(Pictures.photo(5, 400, 300));
        String hash =
                Call.form("/h/hash", "photo", photo).by(admin).json().get("pdq").stringValue();
        String far = HexFormat.of().toHexDigits((byte) (Integer.parseInt(hash.substring(0, 2), 16) ^ 0xff))
                + hash.substring(2);
        long idFar = created(
                Call.json("POST", "/c/bank/" + A + "/signal", "{\"pdq\":\"" + far + "\"}")
                        .by(admin),
                200);
        long idNear = created(
                Call.json("POST", "/c/bank/" + A + "/signal", "{\"pdq\":\"" + hash + "\"}")
                        .by(admin),
                200);
        Call upload = new Call("POST", "/v1/match", Map.of(), photo);
        assertThat(ids(upload.by(admin).json().get("matches"), "content_id")).containsExactly(idNear, idFar);
        assertThat(ids(upload.by(blind).json().get("matches"), "content_id")).containsExactly(idFar, idNear);
        Call hma = Call.form("/m/lookup", "photo", photo);
        assertThat(ids(hma.by(admin).json().get("pdq").get(A), "bank_content_id"))
                .containsExactly(idNear, idFar);
        assertThat(ids(hma.by(blind).json().get("pdq").get(A), "bank_content_id"))
                .containsExactly(idFar, idNear);
    }

    private static List<Long> ids(JsonNode hits, String name) {
        return hits.valueStream().map(hit -> hit.get(name).longValue()).toList();
    }

    @Test
    void takesAKeyInEitherFieldAndNoTwo() {
        String path = "/v1/banks";
        assertThat(status(path, Map.of("X-API-Key", admin))).isEqualTo(200);
        assertThat(status(path, Map.of("authorization", "bearer  " + admin))).isEqualTo(200);
        assertThat(status(path, Map.of("X-API-Key", admin, "Authorization", "Bearer " + admin)))
                .isEqualTo(200);
        // A proxy in front may have its own business with the field.
        assertThat(status(path, Map.of("X-API-Key", admin, "Authorization", "Basic dTpw")))
                .isEqualTo(200);
        assertThat(status(path, Map.of("X-API-Key", admin, "Authorization", "Bearer " + blind)))
                .isEqualTo(401);
        assertThat(status(path, Map.of("Authorization", "Basic dTpw"))).isEqualTo(401);
        assertThat(status(path, Map.of("Authorization", admin))).isEqualTo(401);
        assertThat(status(path, Map.of("X-API-Key", "x".repeat(5_000)))).isEqualTo(401);
        assertThat(status(path + "?key=" + admin, Map.of())).isEqualTo(401);
        assertThat(server.send("HEAD", path, Map.of(), new byte[0]).status()).isEqualTo(401);
        assertThat(server.send("HEAD", path, Map.of("X-API-Key", admin), new byte[0])
                        .status())
                .isEqualTo(200);
        assertThat(server.send("OPTIONS", path, Map.of(), new byte[0]).status()).isEqualTo(200);
    }

    private static int status(String path, Map<String, String> headers) {
        return server.send("GET", path, headers, new byte[0]).status();
    }

    @Test
    void refusesBeforeTheBodyHasCome() throws Exception {
        try (RawClient client = new RawClient(server.port())) {
            client.send("POST /v1/match HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
            RawClient.Answer answer = client.read();
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.headers()).containsEntry("connection", "close");
        }
        try (RawClient client = new RawClient(server.port())) {
            client.send("POST /c/bank/" + B + "/content HTTP/1.1\r\nHost: x\r\nX-API-Key: " + ofA.get(Role.MATCH)
                    + "\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(403);
        }
    }

    @Test
    void anIdempotencyKeyIsItsCallersOwn() {
        Map<String, String> headers = new HashMap<>(JSON);
        headers.put("Idempotency-Key", "upload-1");
        String add = "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + HASH_A + "\"}]}";
        Call call = new Call("POST", "/v1/banks/" + A + "/content", headers, bytes(add));
        Answer first = call.by(ofA.get(Role.CURATE));
        assertThat(first.status()).as(first.text()).isEqualTo(201);
        assertThat(call.by(ofA.get(Role.CURATE)).text()).isEqualTo(first.text());
        Answer others = call.by(ofA.get(Role.ADMIN));
        assertThat(others.status()).isEqualTo(201);
        assertThat(others.json().get("id")).isNotEqualTo(first.json().get("id"));
        assertThat(call.by(ofA.get(Role.MATCH)).status()).isEqualTo(403);
    }

    @Test
    void journalNamesTheKey() {
        Path data = folder.resolve("journal");
        String curate = key(data, "ingest", Role.CURATE, Set.of(), false, null);
        String root = key(data, "root", Role.ADMIN, Set.of(), false, null);
        try (TestServer own = new TestServer(data)) {
            Map<String, String> maker = Map.of("X-API-Key", root, "Content-Type", "application/json");
            own.send("POST", "/v1/banks", maker, bytes("{\"name\":\"A\"}"));
            Map<String, String> headers = new HashMap<>(JSON);
            headers.putAll(Map.of("X-API-Key", curate, "X-Actor", "ann", "X-Reason", "seen"));
            own.send("POST", "/c/bank/A/signal", headers, bytes("{\"pdq\":\"" + HASH_A + "\"}"));
        }
        try (HashDb db = HashDb.open(data)) {
            assertThat(db.journal(0, 10))
                    .extracting(JournalEntry::actor, JournalEntry::reason)
                    .containsExactly(tuple("root", ""), tuple("ingest/ann", "seen"));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void takesSoManyRequestsAKeyAndNoMore() throws Exception {
        Path data = folder.resolve("limits");
        KeyRing keys = new KeyRing(data);
        String slow = keys.create(
                        new KeyRing.Draft("slow", Role.MATCH, Set.of(), false, 0.001, null, null), Instant.now())
                .secret();
        String single = keys.create(
                        new KeyRing.Draft("single", Role.MATCH, Set.of(), false, null, 1, null), Instant.now())
                .secret();
        try (TestServer own = new TestServer(data);
                RawClient first = new RawClient(own.port())) {
            Map<String, String> header = Map.of("X-API-Key", slow);
            assertThat(own.send("GET", LOOKUP_A, header, new byte[0]).status()).isEqualTo(200);
            Answer refused = own.send("GET", "/m/lookup", header, new byte[0]);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(900, 1_000);
            assertThat(refused.text()).isEqualTo("{\"message\":\"key slow: more than 0.001 requests a second\"}\n");

            String head = "POST /v1/match HTTP/1.1\r\nHost: x\r\nX-API-Key: " + single;
            first.send(head + "\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
            assertThat(first.read().status()).isEqualTo(100);
            Map<String, String> one = Map.of("X-API-Key", single);
            Answer second = own.send("POST", "/v1/match", one, new byte[] {1});
            assertThat(second.status()).isEqualTo(429);
            assertThat(second.header("Retry-After")).isEqualTo("1");
            assertThat(second.json().get("title").stringValue()).isEqualTo("Too Many Requests");
            first.send("xx");
            assertThat(first.read().status()).isEqualTo(200);
            assertThat(own.send("GET", LOOKUP_A, one, new byte[0]).status()).isEqualTo(200);

            // A client that goes away amid its body gives its place back.
            try (RawClient gone = new RawClient(own.port())) {
                gone.send(head + "\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
                assertThat(gone.read().status()).isEqualTo(100);
            }
            while (own.send("GET", LOOKUP_A, one, new byte[0]).status() != 200) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void obeysKeysThatAreMadeAndRevokedWhileItRuns() throws Exception {
        Path data = folder.resolve("live");
        try (TestServer own = new TestServer(data)) {
            assertThat(own.get("/v1/banks").status()).isEqualTo(200);
            String secret = key(data, "first", Role.ADMIN, Set.of(), false, null);
            while (own.get("/v1/banks").status() != 401) {
                Thread.onSpinWait();
            }
            Map<String, String> header = Map.of("X-API-Key", secret);
            assertThat(own.send("GET", "/v1/banks", header, new byte[0]).status())
                    .isEqualTo(200);
            new KeyRing(data).revoke("first", Instant.now());
            Answer answer = own.send("GET", "/v1/banks", header, new byte[0]);
            while (answer.status() != 401) {
                answer = own.send("GET", "/v1/banks", header, new byte[0]);
            }
            assertThat(answer.json().get("detail").stringValue()).startsWith("key first: revoked on 20");
            // With its last key revoked it is closed, not open.
            assertThat(own.get("/v1/banks").status()).isEqualTo(401);
        }
    }

    private static JsonNode named(List<JsonNode> keys, String name) {
        return keys.stream()
                .filter(key -> key.get("name").stringValue().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void countsTheUseOfEachKeyForAnAdminWhoSeesItsBanks() {
        Call.of("GET", "/v1/banks").by(ofA.get(Role.MATCH));
        List<JsonNode> keys = keysShownTo(admin);
        assertThat(keys)
                .extracting(key -> key.get("name").stringValue())
                .containsExactly(
                        "admin-of-a",
                        "blind",
                        "curate-of-a",
                        "gone",
                        "match-of-a",
                        "node-of-a",
                        "old",
                        "ops-of-a",
                        "root",
                        "watcher");
        assertThat(named(keys, "gone").get("state").stringValue()).isEqualTo("revoked");
        assertThat(named(keys, "old").get("state").stringValue()).isEqualTo("expired");
        assertThat(named(keys, "match-of-a").get("refused").longValue()).isPositive();
        assertThat(named(keys, "root").get("requests").longValue()).isPositive();
        assertThat(named(keys, "root").get("in_flight").longValue()).isEqualTo(1);
        assertThat(keys.toString()).doesNotContain("sha256", "secret");
        assertThat(keysShownTo(ofA.get(Role.ADMIN)))
                .extracting(key -> key.get("name").stringValue())
                .containsExactly("admin-of-a", "curate-of-a", "match-of-a", "node-of-a", "ops-of-a");
    }

    /** Without those that other tests made. */
    private static List<JsonNode> keysShownTo(@Nullable String secret) {
        List<JsonNode> keys = new ArrayList<>();
        Call.of("GET", "/v1/keys").by(secret).json().get("keys").forEach(key -> {
            if (!key.get("name").stringValue().matches("only-.*|k[0-9a-f-]{36}")) {
                keys.add(key);
            }
        });
        return keys;
    }
}
