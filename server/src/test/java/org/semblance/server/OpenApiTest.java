package org.semblance.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.document.Lease;
import org.semblance.hashdb.exchange.ExchangeRegistry;
import org.semblance.hashdb.matchlog.ChangeFeed;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.hashdb.matchlog.MatchLogSettings;
import org.semblance.server.auth.AccessPolicy;
import org.semblance.server.auth.Gate;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.fixture.FileHost;
import org.semblance.server.fixture.LeakWatch;
import org.semblance.server.fixture.MotionJpeg;
import org.semblance.server.fixture.OpenApiContract;
import org.semblance.server.fixture.OpenApiContract.Operation;
import org.semblance.server.fixture.Pictures;
import org.semblance.server.fixture.ServerExtension;
import org.semblance.server.fixture.TestServer;
import org.semblance.server.fixture.TestServer.Answer;
import org.semblance.server.fixture.TestTransport;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Phase;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.recent.UploadMemory;
import org.semblance.server.record.BankingGuard;
import org.semblance.server.record.Records;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.OpenApi;
import org.semblance.server.route.Route;
import tools.jackson.databind.JsonNode;

/** The served description says what the routes do, all of it, and nothing else. */
@ExtendWith(LeakWatch.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OpenApiTest {
    private static final OpenApiContract CONTRACT = OpenApiContract.INSTANCE;
    private static final String HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    private static final Pattern NAME = Pattern.compile("\\{([a-z]+)(:int)?}");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    private static final FileHost host = new FileHost();

    @RegisterExtension
    static final ServerExtension server =
            new ServerExtension(settings -> settings.set(Setting.FETCH_HOSTS, List.of(host.name())));

    private static List<Route> routes = List.of();

    @BeforeAll
    static void start() {
        Path other = folder.resolve("routes");
        try (HashDb db = HashDb.open(other);
                Gate gate = Gate.start(other, AccessPolicy.KEYS, "127.0.0.1");
                MatchLog log = MatchLog.open(
                        other,
                        MatchLogSettings.DEFAULT,
                        VerdictRecorder.VERDICTS,
                        ChangeFeed.NONE,
                        InstantSource.system());
                Metrics metrics = new Metrics()) {
            Exchanges exchanges = new Exchanges(
                    db,
                    ExchangeRegistry.open(other),
                    other,
                    Duration.ofHours(1),
                    BankingGuard.standard(db),
                    name -> Lease.OWN);
            routes = Routes.all(
                    ServerConfig.builder(other).build(),
                    db,
                    new Records(log, UploadMemory.NONE, null, BankingGuard.standard(db)),
                    exchanges,
                    gate,
                    metrics,
                    () -> Phase.READY);
            exchanges.close();
        }
    }

    @AfterAll
    static void stop() {
        host.close();
    }

    private static String path(Route route) {
        return route.pattern().replace(":int}", "}");
    }

    private static Operation operation(Route route) {
        return CONTRACT.operations()
                .filter(operation -> operation.name().equals(route.method() + " " + path(route)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(route.method() + " " + route.pattern() + " is not described"));
    }

    // The document

    @Test
    void isOpenApi31() {
        ParseOptions options = new ParseOptions();
        options.setResolve(true);
        SwaggerParseResult parsed = new OpenAPIV3Parser()
                .readContents(new String(OpenApi.document(), StandardCharsets.UTF_8), null, options);
        assertThat(parsed.getMessages()).isEmpty();
        assertThat(parsed.getOpenAPI().getOpenapi()).startsWith("3.1.");
        assertThat(parsed.getOpenAPI().getPaths()).hasSameSizeAs(CONTRACT.document.get("paths"));
    }

    @Test
    void refersToWhatIsThereAndNamesNothingInVain() {
        Set<String> referred = new HashSet<>();
        collect(CONTRACT.document, "$ref", referred);
        Set<String> named = new HashSet<>();
        for (String kind : List.of("parameters", "responses", "schemas")) {
            CONTRACT.document
                    .at("/components/" + kind)
                    .propertyNames()
                    .forEach(name -> named.add("#/components/" + kind + "/" + name));
        }
        assertThat(referred).isEqualTo(named);
        List<String> ids = CONTRACT.operations()
                .map(o -> o.node().get("operationId").stringValue())
                .toList();
        assertThat(ids).doesNotHaveDuplicates();
    }

    private static void collect(JsonNode node, String field, Set<String> values) {
        if (node.path(field).isString()) {
            values.add(node.get(field).stringValue());
        }
        node.forEach(child -> collect(child, field, values));
    }

    @Test
    void isServedToAnybodyUnderBothPaths() {
        for (String path : List.of("/openapi.json", "/openapi/openapi.json")) {
            Answer answer = server.get(path);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Content-Type")).isEqualTo("application/json");
            JsonNode document = answer.json();
            assertThat(document.get("paths")).isEqualTo(CONTRACT.document.get("paths"));
            assertThat(document.get("components")).isEqualTo(CONTRACT.document.get("components"));
        }
    }

    @Test
    void hasTheTitleOfHmaUnderItsPath() {
        assertThat(title("/openapi.json")).isEqualTo("Semblance");
        assertThat(title("/openapi/openapi.json")).isEqualTo("Open Media Match API");
    }

    private String title(String path) {
        return server.get(path).json().get("info").get("title").stringValue();
    }

    // The routes

    @Test
    void describesEachRouteAndNoOther() {
        assertThat(CONTRACT.operations().map(Operation::name))
                .containsExactlyInAnyOrderElementsOf(
                        routes.stream().map(r -> r.method() + " " + path(r)).toList());
    }

    @Test
    void namesTheParametersThatEachRouteTakes() {
        for (Route route : routes) {
            Operation operation = operation(route);
            assertThat(parameters(operation, "query")).as(operation.name()).isEqualTo(route.parameters());
            Set<String> names = NAME.matcher(route.pattern())
                    .results()
                    .map(name -> name.group(1))
                    .collect(Collectors.toSet());
            assertThat(parameters(operation, "path")).as(operation.name()).isEqualTo(names);
        }
    }

    private static Set<String> parameters(Operation operation, String in) {
        Set<String> names = new HashSet<>();
        for (JsonNode node : operation.node().path("parameters")) {
            JsonNode parameter = CONTRACT.resolve(node);
            if (parameter.get("in").stringValue().equals(in)) {
                names.add(parameter.get("name").stringValue());
            }
        }
        return names;
    }

    @Test
    void tellsWhoMayCallEachRouteAndWhetherItTakesABody() {
        for (Route route : routes) {
            JsonNode node = operation(route).node();
            String name = operation(route).name();
            assertThat(node.path("x-role").asString("nobody in particular"))
                    .as(name)
                    .isEqualTo(
                            route.role() == null
                                    ? "nobody in particular"
                                    : route.role().wireName());
            assertThat(node.has("security")).as(name).isEqualTo(route.role() == null);
            assertThat(node.has("requestBody")).as(name).isEqualTo(route.takes() != Route.Takes.NOTHING);
            boolean native1 = route.dialect() == Dialect.NATIVE;
            assertThat(node.at("/responses/400/$ref").stringValue())
                    .as(name)
                    .isEqualTo("#/components/responses/" + (native1 ? "BadRequest" : "HmaBadRequest"));
        }
    }

    // The bodies

    /** A field that is not known is refused with the names of those that are. */
    @ParameterizedTest
    @CsvSource({
        "POST, /v1/banks, NewBank",
        "PATCH, /v1/banks/B, BankPatch",
        "POST, /v1/banks/B/content, NewContent",
        "PATCH, /v1/banks/B/content/@, ContentPatch",
        "POST, /v1/lookup, Hashes",
        "POST, /v1/matches/0190163d-8694-739b-aea5-966c26f8ad91/review, NewReview",
    })
    void namesTheFieldsThatEachBodyMayHave(String method, String path, String schema) {
        server.postJson("/v1/banks", "{\"name\":\"B\"}");
        Answer banked = server.postJson("/v1/banks/B/content", signal());
        Answer refused = server.sendJson(
                method, path.replace("@", banked.json().get("id").toString()), "{\"zz\":1}");
        assertThat(refused.status()).as(refused.text()).isEqualTo(400);
        assertThat(fields(refused)).isEqualTo(properties(schema));
    }

    @Test
    void namesTheFieldsOfAFormASignalAndALine() {
        server.postJson("/v1/banks", "{\"name\":\"B\"}");
        Answer form = server.postForm("/v1/banks/B/content", "any", new byte[9], Map.of("zz", "1"));
        assertThat(fields(form)).isEqualTo(properties("ContentForm"));
        Answer signal = server.postJson("/v1/banks/B/content", "{\"signals\":[{\"zz\":1}]}");
        assertThat(fields(signal)).isEqualTo(properties("NewSignal"));
        Answer line = server.send(
                "POST",
                "/v1/lookup",
                Map.of("Content-Type", Ndjson.MEDIA_TYPE),
                "{\"zz\":1}".getBytes(StandardCharsets.UTF_8));
        assertThat(expected(line.json().get("expected"))).isEqualTo(properties("LookupQuery"));
    }

    private static Set<String> fields(Answer refused) {
        return expected(refused.json().get("expected"));
    }

    private static Set<String> expected(JsonNode expected) {
        return Arrays.stream(expected.stringValue().replace("fields ", "").split(", "))
                .collect(Collectors.toSet());
    }

    private static Set<String> properties(String schema) {
        return Set.copyOf(CONTRACT.document
                .at("/components/schemas/" + schema + "/properties")
                .propertyNames());
    }

    private static String signal() {
        return "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + HASH + "\"}]}";
    }

    // The answers: TestServer has each of them judged

    private static final Map<String, String> SECOND = Map.of("X-Actor", "second");

    private final Set<String> seen = new TreeSet<>();

    private Answer call(String method, String path, Map<String, String> headers, byte[] body) {
        Answer answer = server.send(method, path, headers, body);
        assertThat(answer.status()).as(answer.text()).isLessThan(400);
        seen.add(CONTRACT.operation(method, path).orElseThrow().name() + " " + answer.status());
        return answer;
    }

    private Answer get(String path) {
        return call("GET", path, Map.of(), new byte[0]);
    }

    private Answer delete(String path) {
        return call("DELETE", path, Map.of(), new byte[0]);
    }

    private Answer json(String method, String path, String body) {
        return call(method, path, Map.of("Content-Type", "application/json"), body.getBytes(StandardCharsets.UTF_8));
    }

    private Answer form(String path, String field, byte[] file) {
        return form(path, field, file, Map.of());
    }

    private Answer form(String path, String field, byte[] file, Map<String, String> fields) {
        TestServer.Form form = TestServer.form(List.of(field), file, fields);
        return call("POST", path, Map.of("Content-Type", form.contentType()), form.body());
    }

    @Test
    void everyOperationAnswersAsDescribed(@TempDir Path folder) throws IOException {
        Files.write(server.data().resolve("index.snapshot"), new byte[] {1}); // None is saved before a server stops.
        byte[] photo = Pictures.png(Pictures.photo(5, 300, 200));
        byte[] video = MotionJpeg.avi(
                Stream.of(Pictures.photo(6, 160, 120), Pictures.photo(7, 160, 120), Pictures.photo(8, 160, 120))
                        .flatMap(picture -> Stream.generate(() -> picture).limit(12))
                        .toList(),
                5,
                0.9);
        TestTransport.until( // A server is ready when it can decode, which takes a moment after it has begun to answer.
                () -> server.send("GET", "/readyz", Map.of(), new byte[0]).status() == 200);
        for (String path : List.of(
                "/",
                "/status",
                "/status/live",
                "/site-map",
                "/healthz",
                "/readyz",
                "/metrics",
                "/openapi.json",
                "/openapi/openapi.json",
                "/v1/keys",
                "/v1/ops/history",
                "/v1/ops/benchmarks",
                "/v1/snapshots",
                "/v1/snapshots/hashes",
                "/c/signal_type",
                "/c/signal_type/index",
                "/c/content_type",
                "/m/index/status",
                "/c/exchanges/apis",
                "/c/exchanges/api/ncmec",
                "/c/exchanges/api/ncmec/schema",
                "/c/exchanges/api/sample/schema")) {
            get(path);
        }
        everyNativeOperation(photo, video);
        everyHmaOperation(photo, video);
        everyOperationOnKeys(folder);
        List<String> described = new ArrayList<>();
        CONTRACT.operations()
                .filter(operation -> !operation.path().equals("/v1/session")) // SessionTest's
                .forEach(operation -> operation.node().get("responses").propertyNames().stream()
                        .filter(Predicate.not("default"::equals))
                        .filter(status -> Integer.parseInt(status) < 400)
                        .forEach(status -> described.add(operation.name() + " " + status)));
        assertThat(seen).containsExactlyInAnyOrderElementsOf(described);
    }

    /** On a server of its own, which asks for a key from then on. */
    private void everyOperationOnKeys(Path folder) {
        try (TestServer other = new TestServer(folder)) {
            Answer made = other.postJson("/v1/keys", "{\"name\":\"root\",\"role\":\"admin\"}");
            seen.add("POST /v1/keys " + made.status());
            Answer revoked = other.send(
                    "DELETE",
                    "/v1/keys/root",
                    Map.of("X-API-Key", made.json().get("secret").stringValue()),
                    new byte[0]);
            seen.add("DELETE /v1/keys/{name} " + revoked.status());
        }
    }

    private void everyNativeOperation(byte[] photo, byte[] video) {
        Map<String, String> octets = Map.of("Content-Type", "application/octet-stream");
        Map<String, String> lines = Map.of("Content-Type", Ndjson.MEDIA_TYPE);
        call("POST", "/v1/verify", Map.of(), new byte[0]);
        json("POST", "/v1/banks", "{\"name\":\"KNOWN\",\"description\":\"d\",\"distance_threshold\":null}");
        call(
                "POST",
                "/v1/banks/KNOWN/import?dry_run=true",
                Map.of("Content-Type", "text/csv"),
                ("pdq,x\n" + HASH + ",\nzz,\n").getBytes(StandardCharsets.UTF_8));
        get("/v1/banks/KNOWN/export");
        get("/v1/banks/KNOWN/forecast?distance=3");
        json("POST", "/v1/banks", "{\"name\":\"FINE\",\"kind\":\"allow\"}");
        get("/v1/banks");
        get("/v1/banks/KNOWN");
        json("PATCH", "/v1/banks/KNOWN", "{\"description\":null,\"distance_threshold\":30}");
        String all = "/v1/banks/KNOWN/content";
        long id = call("POST", all, octets, photo).json().get("id").longValue();
        form(all, "file", video);
        call("POST", all, octets, Pictures.png(Pictures.flat(90, 91)));
        json("POST", all, signal().replace("}]}", ",\"quality\":100}],\"labels\":[\"l\"],\"metadata\":{\"a\":[1]}}"));
        call("POST", all, lines, (signal() + "\nno json\n").getBytes(StandardCharsets.UTF_8));
        json("PATCH", all + "/" + id, "{\"status\":\"disabled\",\"disabled_until\":\"2999-01-01T00:00:00Z\"}");
        json("PATCH", all + "/" + id, "{\"status\":\"enabled\",\"note\":\"n\"}");
        get(all);
        get(all + "?limit=1&status=enabled");
        get(all + "/" + id);
        json(
                "PATCH",
                all + "/" + id,
                "{\"quarantine\":{\"reason\":\"r\"},\"distance_threshold\":40,\"handling\":\"h\"}");
        call("POST", "/v1/match?explain=true", octets, photo);
        call("POST", "/v1/match?explain=true", octets, video);
        json("PATCH", all + "/" + id, "{\"quarantine\":null,\"distance_threshold\":null,\"handling\":null}");
        json("POST", "/v1/lookup?explain=true&as_of=1", "[\"" + HASH + "\"]");
        form("/v1/compare", "file", photo, Map.of("bank", "KNOWN", "content_id", Long.toString(id)));
        json(
                "POST",
                "/v1/compare",
                "{\"of\":[{\"hash\":\"" + HASH + "\"},{\"bank\":\"KNOWN\",\"content_id\":" + id + "}]}");
        Answer match = call("POST", "/v1/match?reference=mine&deadline_ms=60000", octets, photo);
        assertThat(match.json().get("verdict").stringValue()).isEqualTo("match");
        call("POST", "/v1/match?video_policy=vpdq&query_match_percent=50&bank_match_percent=0", octets, video);
        Answer found = form("/v1/match", "file", video);
        assertThat(found.json().get("matches").size()).as(found.text()).isPositive();
        call("POST", "/v1/match", octets, "no picture".getBytes(StandardCharsets.UTF_8));
        call("POST", "/v1/hash?dihedral=true", octets, photo);
        call("POST", "/v1/hash", octets, video);
        call("POST", "/v1/hash", octets, Arrays.copyOf(photo, 60));
        json("POST", "/v1/lookup?banks=KNOWN", "[\"" + HASH + "\"]");
        json("POST", "/v1/banks/FINE/content", signal());
        call(
                "POST",
                "/v1/lookup",
                lines,
                ("{\"hash\":\"" + HASH + "\",\"id\":7}\nzz\n").getBytes(StandardCharsets.UTF_8));
        call("POST", "/v1/match", octets, photo);
        String verdict = match.json().get("verdict_id").stringValue();
        json("POST", "/v1/matches/" + verdict + "/review", "{\"review\":\"confirmed\",\"reason\":\"seen\"}");
        get("/v1/matches");
        get("/v1/matches?limit=1&order=oldest");
        get("/v1/matches/stream?after=0&limit=2");
        for (String by : List.of("bank", "content", "label", "verdict", "key")) {
            get("/v1/stats?by=" + by);
        }
        get("/v1/report");
        get("/v1/report?format=csv");
        get("/v1/journal?limit=3");
        get("/v1/journal?after=3");
        long withdrawn = delete(all + "/" + id).json().get("seq").longValue();
        call("POST", "/v1/journal/" + withdrawn + "/undo", Map.of(), new byte[0]);
        get("/v1/journal?order=desc&content_id=" + id);
        get(all + "?order=desc&q=some&limit=1");
        get("/v1/banks?counts=true");
        get("/v1/banks/KNOWN/duplicates?distance=3");
        everyProposal(octets, photo);
        delete(all + "/" + id);
        delete("/v1/banks/KNOWN");
        delete("/v1/banks/FINE");
    }

    private void everyProposal(Map<String, String> octets, byte[] photo) {
        json("POST", "/v1/banks", "{\"name\":\"TWO\",\"needs_approval\":true}");
        Answer added = call("POST", "/v1/banks/TWO/content", octets, photo);
        String one = "/v1/banks/TWO/content/" + added.json().get("id");
        get(one);
        call("POST", "/v1/proposals/" + added.json().get("proposal") + "/approve", SECOND, new byte[0]);
        json("PATCH", "/v1/banks/TWO", "{\"description\":\"d\"}");
        json("PATCH", one, "{\"note\":\"n\"}");
        Answer undone = call("POST", "/v1/journal/" + added.json().get("seq") + "/undo", Map.of(), new byte[0]);
        call("POST", "/v1/proposals/" + undone.json().get("proposal") + "/reject", Map.of(), new byte[0]);
        delete(one);
        get("/v1/proposals");
        get("/v1/proposals?status=open&bank=TWO&limit=1");
        Answer deleted = delete("/v1/banks/TWO");
        call("POST", "/v1/proposals/" + deleted.json().get("proposal") + "/approve", SECOND, new byte[0]);
    }

    private void everyHmaOperation(byte[] photo, byte[] video) {
        form("/h/hash", "photo", photo);
        form("/h/hash?types=vpdq,video_md5", "video", video);
        get("/h/hash?url=" + URLEncoder.encode(host.has("/photo", "image/jpeg", photo), StandardCharsets.UTF_8));
        get("/m/lookup?url=" + URLEncoder.encode("http://" + host.name() + "/photo", StandardCharsets.UTF_8));
        json("POST", "/c/banks", "{\"name\":\"HMA\"}");
        get("/c/banks");
        get("/c/bank/HMA");
        json("PUT", "/c/bank/HMA", "{\"enabled\":true}");
        String content = "/c/bank/HMA/content";
        form(content, "photo", photo);
        form(content, "video", video);
        long id = json("POST", "/c/bank/HMA/signal", "{\"pdq\":\"" + HASH + "\",\"note\":\"n\"}")
                .json()
                .get("id")
                .longValue();
        get(content + "/" + id + "?include_signals=true");
        json("PUT", content + "/" + id, "{\"disable_until_ts\":1}");
        get("/m/lookup?signal_type=pdq&signal=" + HASH);
        get("/m/raw_lookup?signal_type=pdq&signal=" + HASH);
        get("/m/raw_lookup?include_distance=true&signal_type=pdq&signal=" + HASH);
        form("/m/lookup", "photo", photo);
        form("/m/lookup", "video", video);
        get("/m/index/status");
        String frame = "\"[\\\"" + HASH + ",100,0.0\\\"]\"";
        json(
                "POST",
                "/m/compare",
                "{\"pdq\":[\"" + HASH + "\",\"" + HASH + "\"],\"vpdq\":[" + frame + "," + frame + "]}");
        delete(content + "/" + id);
        json("PUT", "/c/signal_type/pdq", "{\"enabled_ratio\":1}");
        json("POST", "/c/exchanges/api/ncmec", "{\"credential_json\":{\"user\":\"u\",\"password\":\"p\"}}");
        json("POST", "/c/exchanges", "{\"bank\":\"FEED\",\"api\":\"sample\",\"api_json\":{}}");
        get("/c/exchanges");
        get("/c/exchange/FEED");
        json("PUT", "/c/exchange/FEED", "{\"enabled\":false}");
        get("/c/exchange/FEED/status");
        delete("/c/exchange/FEED");
        delete("/c/bank/HMA");
    }
}
