package org.semblance.server.http;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Digests;
import org.semblance.engine.HashReport;
import org.semblance.engine.MatchReport;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.video.VideoHashes;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.Key;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.json.ReportJson;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.metrics.RequestTrace.Stage;
import org.semblance.server.work.Worker;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The native dialect: {@code /v1} and the routes for operators. */
final class NativeRoutes {
    private static final int MAX_REFERENCE_CHARS = 256;
    private static final int MAX_PAGE = 1_000;
    private static final int DEFAULT_PAGE = 100;

    private static final Set<String> DRAFT_FIELDS = Set.of("labels", "note", "source", "metadata");

    private final HashDb db;
    private final Gate gate;
    private final Metrics metrics;

    NativeRoutes(HashDb db, Gate gate, Metrics metrics) {
        this.db = db;
        this.gate = gate;
        this.metrics = metrics;
    }

    List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        routes.add(upload(Role.MATCH, "/v1/match", Set.of("banks", "reference", "deadline_ms"), this::match));
        routes.add(upload(Role.MATCH, "/v1/hash", Set.of("dihedral", "deadline_ms"), this::hash));
        routes.add(work(Role.CURATE, "GET", "/v1/banks", Set.of(), (request, worker) -> banks(request)));
        routes.add(work(Role.ADMIN, "POST", "/v1/banks", Set.of(), (request, worker) -> createBank(request)));
        routes.add(work(
                Role.CURATE,
                "GET",
                "/v1/banks/{bank}",
                Set.of(),
                (request, worker) -> Response.json(200, ReportJson.bank(bank(request)))));
        routes.add(banking("/v1/banks/{bank}/content", Set.of("deadline_ms"), this::addContent));
        routes.add(work(
                Role.CURATE,
                "GET",
                "/v1/banks/{bank}/content",
                Set.of("after", "limit"),
                (request, worker) -> contents(request)));
        routes.add(work(
                Role.CURATE,
                "GET",
                "/v1/banks/{bank}/content/{id:int}",
                Set.of(),
                (request, worker) -> content(request)));
        routes.add(work(
                Role.CURATE,
                "DELETE",
                "/v1/banks/{bank}/content/{id:int}",
                Set.of(),
                (request, worker) -> withdraw(request)));
        routes.add(immediate(Role.ADMIN, "/v1/keys", this::keys));
        // At once, so that a full queue does not hide what fills it.
        routes.add(immediate(Role.ADMIN, "/metrics", this::scrape));
        routes.add(immediate(
                null, "/healthz", unused -> Response.json(200, Json.object().put("status", "ok"))));
        routes.add(immediate(null, "/readyz", this::ready));
        return routes;
    }

    private static Route upload(Role role, String pattern, Set<String> parameters, Route.Work action) {
        return new Route(Dialect.NATIVE, "POST", pattern, parameters, Route.Takes.UPLOAD, role, action);
    }

    private static Route banking(String pattern, Set<String> parameters, Route.Work action) {
        return new Route(Dialect.NATIVE, "POST", pattern, parameters, Route.Takes.BANKED_UPLOAD, Role.CURATE, action);
    }

    private static Route work(Role role, String method, String pattern, Set<String> parameters, Route.Work action) {
        Route.Takes takes = method.equals("POST") ? Route.Takes.JSON : Route.Takes.NOTHING;
        return new Route(Dialect.NATIVE, method, pattern, parameters, takes, role, action);
    }

    private static Route immediate(@Nullable Role role, String pattern, Route.Immediate action) {
        return new Route(Dialect.NATIVE, "GET", pattern, Set.of(), Route.Takes.NOTHING, role, action);
    }

    /** The database as the caller of that request may see it. */
    private ScopedDb db(Request request) {
        return new ScopedDb(db, request.caller());
    }

    /** To a probe without a key it says no more than that. */
    private Response ready(Request request) {
        ObjectNode answer = Json.object().put("status", "ready");
        ScopedDb visible = db(request);
        if (request.caller().may(Role.MATCH)) {
            answer.put("list_version", visible.seq());
        }
        visible.size().ifPresent(hashes -> answer.put("hashes", hashes));
        return Response.json(200, answer);
    }

    /** It counts over all banks, so a key of some is refused. */
    private Response scrape(Request request) {
        request.caller().requiresAllBanks();
        return new Response(200, Metrics.CONTENT_TYPE, metrics.scrape().getBytes(StandardCharsets.UTF_8), Map.of());
    }

    private Response keys(Request request) {
        Instant now = Instant.now();
        ObjectNode answer = Json.object();
        ArrayNode keys = answer.putArray("keys");
        for (Gate.Usage usage : gate.usage(request.caller())) {
            Key key = usage.key();
            ObjectNode node = keys.addObject()
                    .put("name", key.name())
                    .put("state", key.stateAt(now))
                    .put("role", key.role().wireName());
            if (!key.banks().isEmpty()) {
                ArrayNode banks = node.putArray("banks");
                key.banks().stream().sorted().forEach(banks::add);
            }
            node.put("requests", usage.requests())
                    .put("refused", usage.refused())
                    .put("in_flight", usage.inFlight());
        }
        return Response.json(200, answer);
    }

    private Response match(Request request, Worker worker) {
        String reference = request.query("reference");
        if (reference != null && reference.length() > MAX_REFERENCE_CHARS) {
            throw HttpError.field(400, "reference", reference, "at most " + MAX_REFERENCE_CHARS + " characters");
        }
        MatchReport report = worker.matcher()
                .match(
                        request.body().file(),
                        request.body().digests(),
                        db(request).matchOptions(wantedBanks(request)),
                        request.deadline());
        request.trace().hashed(report.hashed());
        request.trace().took(Stage.LOOKUP, report.lookupUs() * 1_000);
        request.trace().verdict(report.verdict());
        ObjectNode answer = ReportJson.addMatch(Json.object(), report);
        hide(request, answer);
        putText(answer, "reference", reference);
        putTiming(answer, request, report.hashed())
                .put("lookup", report.lookupUs())
                .put("total", request.totalUs());
        return Response.json(200, answer);
    }

    /** The banks that were asked for, each of which must exist: a misspelt name would be a silent miss. */
    private Set<String> wantedBanks(Request request) {
        String value = request.query("banks");
        if (value == null) {
            return Set.of();
        }
        Set<String> names = new LinkedHashSet<>(Arrays.asList(value.split(",", -1)));
        ScopedDb visible = db(request);
        for (String name : names) {
            if (visible.bank(name).isEmpty()) {
                throw HttpError.field(400, "banks", name, "names of banks, separated by commas");
            }
        }
        return names;
    }

    private Response hash(Request request, Worker worker) {
        request.caller().requiresDistance();
        String dihedral = request.query("dihedral");
        if (dihedral != null && !dihedral.equals("true") && !dihedral.equals("false")) {
            throw HttpError.field(400, "dihedral", dihedral, "true or false");
        }
        MediaSource file = request.body().file();
        Digests digests = request.body().digests();
        HashReport report = "true".equals(dihedral)
                ? worker.exact().hashDihedral(file, digests, request.deadline())
                : worker.exact().hash(file, digests, request.deadline());
        request.trace().hashed(report);
        ObjectNode answer = ReportJson.addHash(Json.object(), report);
        putTiming(answer, request, report).put("total", request.totalUs());
        return Response.json(200, answer);
    }

    /** Takes hashes and distances out, if the caller is not to be told. */
    private static void hide(Request request, ObjectNode answer) {
        if (!request.caller().seesDistance()) {
            ReportJson.hideDistances(answer);
        }
    }

    private static void putText(ObjectNode answer, String name, @Nullable String text) {
        if (text != null && !text.isEmpty()) {
            answer.put(name, text);
        }
    }

    private static ObjectNode putTiming(ObjectNode answer, Request request, HashReport report) {
        return answer.putObject("timing_us")
                .put("receive", request.receiveUs())
                .put("queue", request.queueUs())
                .put("decode", report.decodeUs())
                .put("hash", report.hashUs());
    }

    private Response banks(Request request) {
        ObjectNode answer = Json.object();
        ArrayNode banks = answer.putArray("banks");
        db(request).banks().forEach(bank -> banks.add(ReportJson.bank(bank)));
        return Response.json(200, answer);
    }

    private Bank bank(Request request) {
        String name = request.name("bank");
        return db(request).bank(name).orElseThrow(() -> HttpError.field(404, "bank", name, "the name of a bank"));
    }

    private Response createBank(Request request) {
        Fields fields = Fields.of(
                Json.read(request.body().bytes()),
                Set.of("name", "kind", "enabled_ratio", "description", "distance_threshold"));
        String name = fields.text("name");
        if (name == null) {
            throw HttpError.field(400, "name", null, "UPPER_WITH_UNDERSCORE");
        }
        String kind = fields.text("kind");
        Double ratio = fields.number("enabled_ratio");
        String description = fields.text("description");
        ScopedDb visible = db(request);
        Applied applied = visible.apply(
                new Change.CreateBank(
                        name,
                        kind == null ? BankKind.MATCH : kind(kind),
                        ratio == null ? 1.0 : ratio,
                        description == null ? "" : description,
                        fields.integer("distance_threshold")),
                origin(request));
        Bank bank =
                visible.bank(name).orElseThrow(() -> HttpError.field(404, "bank", name, "a bank that still exists"));
        return Response.json(201, ReportJson.bank(bank).put("seq", applied.seq()))
                .with(Map.of("Location", "/v1/banks/" + name));
    }

    private static BankKind kind(String text) {
        for (BankKind kind : BankKind.values()) {
            if (kind.wireName().equals(text)) {
                return kind;
            }
        }
        throw HttpError.field(400, "kind", text, "match or allow");
    }

    /** By a file, raw or in a form, or by signals in a JSON object. */
    private Response addContent(Request request, Worker worker) {
        Bank bank = bank(request);
        List<String> warnings = new ArrayList<>();
        ContentDraft draft = switch (request.mediaType()) {
            case "application/json" -> draftOfSignals(Json.read(request.body().bytes()), warnings);
            default -> draftOfFile(request, worker, warnings);
        };
        Applied applied = db(request).apply(new Change.AddContents(bank.name(), List.of(draft)), origin(request));
        ObjectNode answer = Json.object().put("id", applied.firstContentId()).put("bank", bank.name());
        answer.set("signals", ReportJson.signals(draft.signals()));
        hide(request, answer);
        if (!warnings.isEmpty()) {
            ArrayNode array = answer.putArray("warnings");
            warnings.forEach(array::add);
        }
        answer.put("seq", applied.seq());
        return Response.json(201, answer)
                .with(Map.of("Location", "/v1/banks/" + bank.name() + "/content/" + applied.firstContentId()));
    }

    private static ContentDraft draftOfSignals(JsonNode body, List<String> warnings) {
        Fields fields = Fields.of(body, union(DRAFT_FIELDS, "signals"));
        List<Signal> signals = new ArrayList<>();
        for (Fields signal : fields.objects("signals", Set.of("type", "hash", "quality"))) {
            String type = signal.text("type");
            String hash = signal.text("hash");
            if (type == null || hash == null) {
                throw HttpError.field(400, "signals", null, "type and hash of each signal");
            }
            try {
                signals.add(new Signal(SignalType.parse(type), hash, signal.integer("quality")));
            } catch (IllegalArgumentException e) {
                throw HttpError.of(400, "signals", String.valueOf(e.getMessage()));
            }
        }
        leaveOutLowQuality(signals, warnings);
        if (signals.isEmpty() && !warnings.isEmpty()) {
            throw HttpError.of(422, "signals", "signals: " + warnings.getFirst());
        }
        return new ContentDraft(
                signals, fields.texts("labels"), fields.text("note"), fields.text("source"), fields.json("metadata"));
    }

    /** A file that does not decode would be found by exact copies alone, and hardly anybody means that: refused. */
    private static ContentDraft draftOfFile(Request request, Worker worker, List<String> warnings) {
        for (String field : request.body().fields().keySet()) {
            if (!DRAFT_FIELDS.contains(field)) {
                throw HttpError.field(400, "body", field, "fields file, " + String.join(", ", DRAFT_FIELDS));
            }
        }
        HashReport report =
                worker.exact().hashToBank(request.body().file(), request.body().digests(), request.deadline());
        request.trace().hashed(report);
        if (report.failure() != null) {
            throw HttpError.of(422, "file", "file: " + report.failure().wireName() + ": " + report.reason());
        }
        if (!report.reason().isEmpty()) {
            warnings.add(report.reason());
        }
        List<Signal> signals = new ArrayList<>(report.signals());
        leaveOutLowQuality(signals, warnings);
        VideoHashes video = report.video();
        KnownVideo known = video == null ? null : video.known().orElse(null);
        if (video != null && known == null) {
            warnings.add("vpdq left out: no frame has a quality of at least " + HashAndQuality.MIN_QUALITY
                    + ", so that only exact copies match");
        }
        Map<String, String> fields = request.body().fields();
        String labels = fields.get("labels");
        return new ContentDraft(
                signals,
                labels == null || labels.isBlank() ? List.of() : labels(labels),
                fields.get("note"),
                fields.get("source"),
                fields.get("metadata"),
                known);
    }

    /**
     * A picture without enough detail must not be banked by its PDQ hash, or every blank page would match; its digests
     * still find exact copies.
     */
    private static void leaveOutLowQuality(List<Signal> signals, List<String> warnings) {
        for (Signal signal : signals) {
            if (signal.isTooFlat()) {
                warnings.add("pdq left out: quality " + signal.quality() + " (expected: at least "
                        + HashAndQuality.MIN_QUALITY + "), so that only exact copies match");
            }
        }
        signals.removeIf(Signal::isTooFlat);
    }

    /** Labels of a form: a JSON array, or names separated by commas. */
    private static List<String> labels(String text) {
        if (text.stripLeading().startsWith("[")) {
            return Fields.of(Json.object().set("labels", Json.read(text)), Set.of("labels"))
                    .texts("labels");
        }
        return Arrays.stream(text.split(",")).map(String::strip).toList();
    }

    private static Set<String> union(Set<String> names, String more) {
        Set<String> all = new LinkedHashSet<>(names);
        all.add(more);
        return all;
    }

    private Response contents(Request request) {
        Bank bank = bank(request);
        long after = request.query("after", 0, 0, Long.MAX_VALUE);
        int limit = (int) request.query("limit", DEFAULT_PAGE, 1, MAX_PAGE);
        List<BankContent> page = db(request).contents(bank.name(), after, limit);
        ObjectNode answer = Json.object();
        ArrayNode contents = answer.putArray("contents");
        page.forEach(content -> contents.add(json(request, content)));
        if (page.size() == limit) {
            answer.put("next_after", page.getLast().id());
        }
        return Response.json(200, answer);
    }

    private Response content(Request request) {
        Bank bank = bank(request);
        BankContent content = db(request)
                .content(bank.name(), request.id("id"))
                .orElseThrow(() ->
                        HttpError.field(404, "id", request.name("id"), "the id of a content of bank " + bank.name()));
        return Response.json(200, json(request, content));
    }

    private static ObjectNode json(Request request, BankContent content) {
        ObjectNode node = Json.object()
                .put("id", content.id())
                .put("bank", content.bank())
                .put("status", content.status().wireName());
        if (content.disabledUntil() != null) {
            node.put("disabled_until", content.disabledUntil().toString());
        }
        node.set("signals", ReportJson.signals(content.signals()));
        hide(request, node);
        ReportJson.putLabels(node, content.labels());
        putText(node, "note", content.note());
        putText(node, "source", content.source());
        if (content.metadata() != null) {
            node.set("metadata", Json.read(content.metadata()));
        }
        return node.put("created_at", content.createdAt().toString());
    }

    private Response withdraw(Request request) {
        Applied applied =
                db(request).apply(new Change.WithdrawContent(request.name("bank"), request.id("id")), origin(request));
        return Response.json(
                200,
                Json.object()
                        .put("id", request.id("id"))
                        .put("bank", request.name("bank"))
                        .put("status", "withdrawn")
                        .put("seq", applied.seq()));
    }

    /** Who asks, for the journal; in both dialects. */
    static Origin origin(Request request) {
        String actor = request.header("X-Actor");
        String reason = request.header("X-Reason");
        return new Origin(request.caller().actor(actor), reason == null ? "" : reason);
    }
}
