package org.semblance.server.api;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.BankingDraft;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.exchange.HashListEntry;
import org.semblance.hashdb.exchange.ListCategory;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.flood.FloodControl;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Response;
import org.semblance.server.json.ReportJson;
import org.semblance.server.list.Addition;
import org.semblance.server.list.ContentJson;
import org.semblance.server.list.Similar;
import org.semblance.server.matchlog.Reinstatement;
import org.semblance.server.matchlog.ScopedMatchLog;
import org.semblance.server.recent.Earlier;
import org.semblance.server.recent.EarlierUploads;
import org.semblance.server.record.BankingGuard;
import org.semblance.server.route.Cursor;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.semblance.server.work.Worker;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/banks/{bank}/content}: what is in a bank. */
final class ContentRoutes {
    private static final String ALL = "/v1/banks/{bank}/content";
    private static final String ONE = ALL + "/{id:int}";
    private static final Pattern HASH = Pattern.compile("[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}");

    private static final Set<String> PATCHABLE = Set.of(
            "status",
            "disabled_until",
            "confirmed",
            "labels",
            "note",
            "source",
            "metadata",
            "distance_threshold",
            "handling",
            "quarantine");

    private final HashDb db;
    private final MatchLog log;
    private final Gate gate;
    private final FloodControl flood;
    private final EarlierUploads earlier;
    private final BankingGuard guard;
    private final boolean features;

    /**
     * Routes that ask and change that database.
     *
     * @param log knows what matched
     * @param gate knows which keys a caller may be told of
     * @param flood counts what matches
     * @param earlier finds what shows a content that is banked
     * @param guard holds back what must not be banked silently
     * @param features whether local features are banked with a file
     */
    ContentRoutes(
            HashDb db,
            MatchLog log,
            Gate gate,
            FloodControl flood,
            EarlierUploads earlier,
            BankingGuard guard,
            boolean features) {
        this.db = db;
        this.log = log;
        this.gate = gate;
        this.flood = flood;
        this.earlier = earlier;
        this.guard = guard;
        this.features = features;
    }

    List<Route> routes() {
        Set<String> none = Set.of();
        return List.of(
                new Route(
                        Dialect.NATIVE,
                        "POST",
                        ALL,
                        Set.of(MatchRoutes.FEATURES, Similar.IF_KNOWN, NativeRoutes.FORCE, "deadline_ms"),
                        Route.Takes.BANKED_UPLOAD,
                        Role.CURATE,
                        (Route.Work) this::add),
                NativeRoutes.work(
                        Role.CURATE,
                        "GET",
                        ALL,
                        Cursor.with(
                                "q",
                                "label",
                                "source",
                                "actor",
                                "hash",
                                "status",
                                "exact_only",
                                "quarantined",
                                "created_from",
                                "created_before"),
                        (request, worker) -> list(request)),
                NativeRoutes.work(Role.CURATE, "GET", ONE, none, (request, worker) -> show(request)),
                NativeRoutes.work(Role.CURATE, "PATCH", ONE, none, (request, worker) -> update(request)),
                NativeRoutes.work(Role.CURATE, "DELETE", ONE, none, (request, worker) -> withdraw(request)));
    }

    private ScopedDb db(Request request) {
        return new ScopedDb(db, request.caller());
    }

    /** By a file, raw or in a form; by signals in a JSON object; or many by such objects, one a line. */
    private Response add(Request request, Worker worker) {
        ScopedDb visible = db(request);
        Bank bank = BankRoutes.bank(request, visible);
        return switch (request.mediaType()) {
            case Ndjson.MEDIA_TYPE ->
                new BulkAdd(request, visible, bank, gate, earlier, guard, takesFeatures(request, bank)).run();
            case "application/json" ->
                added(
                        request,
                        bank,
                        ContentJson.fitting(bank, ContentJson.read(1, request.json()), takesFeatures(request, bank)),
                        new Similar(request, visible, bank, true, false));
            default -> {
                BankingDraft draft = Draft.ofFile(request, worker, takesFeatures(request, bank));
                yield added(
                        request,
                        bank,
                        new HashListEntry.Usable(1, draft.content(), ListCategory.UNSTATED, null, draft.warnings()),
                        new Similar(request, visible, bank, false, false));
            }
        };
    }

    private boolean takesFeatures(Request request, Bank bank) {
        return features && bank.features() && request.flag(MatchRoutes.FEATURES, true);
    }

    private Response added(Request request, Bank bank, HashListEntry.Usable draft, Similar similar) {
        draft.content().check();
        Similar.Found found = similar.find(List.of(draft.content()));
        ObjectNode refused = found.refused(requestKey(request, bank)).get(0);
        if (refused != null) {
            throw new Similar.Refusal(refused);
        }
        List<ContentDraft> checked = guard.check(
                bank, List.of(draft.content()), request.caller().banks(), earlier, NativeRoutes.forces(request));
        Applied applied = new Addition(db(request), bank, request.origin())
                .apply(checked, Collections.singletonList(draft.state()), requestKey(request, bank));
        found.banked(applied);
        ObjectNode answer = Json.object().put("id", applied.firstContentId()).put("bank", bank.name());
        found.putTo(answer, 0, true);
        answer.set("signals", ReportJson.signals(draft.content().signals()));
        NativeRoutes.hide(request, answer);
        ReportJson.putVideo(
                answer,
                draft.content().video() == null ? null : draft.content().video().summary());
        ReportJson.putFeatures(answer, draft.content().pictures());
        if (!draft.warnings().isEmpty()) {
            ArrayNode array = answer.putArray("warnings");
            draft.warnings().forEach(array::add);
        }
        NativeRoutes.putHeld(answer, checked.getFirst());
        answer.put("seq", applied.seq());
        if (applied.proposed()) {
            ReportJson.putProposal(answer, applied);
        } else {
            Earlier shown = earlier.of(
                    bank, applied.firstContentId(), checked.getFirst(), applied.seq(), request.deadline()::passed);
            if (shown != null) {
                shown.putTo(answer, request.caller(), gate);
            }
        }
        return Response.json(applied.proposed() ? 202 : 201, answer)
                .with(Map.of("Location", "/v1/banks/" + bank.name() + "/content/" + applied.firstContentId()));
    }

    static @Nullable RequestKey requestKey(Request request, Bank bank) {
        return NativeRoutes.requestKey(request, "POST /v1/banks/" + bank.id() + "/content");
    }

    private Response list(Request request) {
        ScopedDb visible = db(request);
        Bank bank = BankRoutes.bank(request, visible);
        Paging paging = Cursor.of(request);
        Page<BankContent> page = visible.contents(bank.name(), filter(request), paging);
        ObjectNode answer = Json.object();
        ArrayNode contents = answer.putArray("contents");
        page.rows().forEach(content -> contents.add(json(request, content)));
        Cursor.put(answer, paging, page.next());
        return Response.json(200, answer);
    }

    private static ContentFilter filter(Request request) {
        String status = request.query("status");
        String text = request.query("q");
        if (text != null
                && (text.codePointCount(0, text.length()) < ContentFilter.SHORTEST_TEXT || text.indexOf(0) >= 0)) {
            throw HttpError.field(
                    400, "q", text, "at least " + ContentFilter.SHORTEST_TEXT + " characters of text without NUL");
        }
        String hash = request.query("hash");
        if (hash != null) {
            request.caller().requiresDistance();
            if (!HASH.matcher(hash).matches()) {
                throw HttpError.field(400, "hash", hash, "32, 40 or 64 hex digits");
            }
        }
        return new ContentFilter(
                request.query("label"),
                status == null ? null : status(status),
                request.time("created_from"),
                request.time("created_before"),
                text,
                request.query("source"),
                request.query("actor"),
                hash == null ? null : hash.toLowerCase(Locale.ROOT),
                request.query("exact_only") == null ? null : Boolean.valueOf(request.flag("exact_only", false)),
                request.query("quarantined") == null ? null : Boolean.valueOf(request.flag("quarantined", false)));
    }

    private static ContentStatus status(String text) {
        for (ContentStatus status : ContentStatus.values()) {
            if (status.wireName().equals(text)) {
                return status;
            }
        }
        throw HttpError.field(400, "status", text, "enabled, disabled, proposed or withdrawn");
    }

    private static BankContent content(Request request, ScopedDb visible, Bank bank) {
        return visible.anyContent(bank.name(), request.id("id"))
                .orElseThrow(() ->
                        HttpError.field(404, "id", request.name("id"), "the id of a content of bank " + bank.name()));
    }

    private Response show(Request request) {
        ScopedDb visible = db(request);
        return Response.json(200, json(request, content(request, visible, BankRoutes.bank(request, visible))));
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
        NativeRoutes.hide(request, node);
        ReportJson.putVideo(node, content.video());
        ReportJson.putLabels(node, content.labels());
        NativeRoutes.putText(node, "note", content.note());
        NativeRoutes.putText(node, "source", content.source());
        if (content.metadata() != null) {
            node.set("metadata", Json.read(content.metadata()));
        }
        Treatment treatment = content.treatment();
        if (treatment.distanceThreshold() != null) {
            node.put("distance_threshold", treatment.distanceThreshold());
        }
        NativeRoutes.putText(node, "handling", treatment.handling());
        ReportJson.putQuarantine(node, treatment);
        NativeRoutes.putText(node, "confirmed_by", treatment.confirmedBy());
        return node.put("created_at", content.createdAt().toString()).put("created_by", content.addedBy());
    }

    /** As a merge patch (RFC 7396): null takes a field away, which ends a quarantine. */
    private Response update(Request request) {
        ScopedDb visible = db(request);
        Bank bank = BankRoutes.bank(request, visible);
        content(request, visible, bank);
        Fields fields = Fields.of(request.json(), PATCHABLE);
        fields.requireSome(PATCHABLE);
        String status = fields.text("status");
        List<String> labels = fields.has("labels") || fields.isNull("labels") ? fields.texts("labels") : null;
        Applied applied = visible.apply(
                new Change.UpdateContent(
                        bank.name(),
                        request.id("id"),
                        status == null ? null : status(status),
                        Request.parseTime("disabled_until", fields.text("disabled_until")),
                        fields.flag("confirmed"),
                        new ContentFields(
                                null,
                                labels,
                                NativeRoutes.given(fields, "note", fields::text),
                                NativeRoutes.given(fields, "source", fields::text),
                                NativeRoutes.given(fields, "metadata", fields::json),
                                NativeRoutes.given(fields, "distance_threshold", fields::integer),
                                NativeRoutes.given(fields, "handling", fields::text),
                                NativeRoutes.given(fields, "quarantine", name -> ContentJson.quarantine(fields)),
                                null)),
                request.origin());
        if (applied.proposed()) {
            return proposed(request, applied);
        }
        if (fields.isNull("quarantine")) {
            flood.forget(request.id("id"));
        }
        return Response.json(200, json(request, content(request, visible, bank)).put("seq", applied.seq()));
    }

    private Response withdraw(Request request) {
        Applied applied =
                db(request).apply(new Change.WithdrawContent(request.name("bank"), request.id("id")), request.origin());
        if (applied.proposed()) {
            return proposed(request, applied);
        }
        ObjectNode answer = Json.object()
                .put("id", request.id("id"))
                .put("bank", request.name("bank"))
                .put("status", "withdrawn")
                .put("seq", applied.seq());
        Reinstatement.putReferences(answer, new ScopedMatchLog(log, db, request.caller()), request.id("id"));
        return Response.json(200, answer);
    }

    private static Response proposed(Request request, Applied applied) {
        ObjectNode answer = Json.object().put("id", request.id("id")).put("bank", request.name("bank"));
        return Response.json(202, ReportJson.putProposal(answer, applied));
    }
}
