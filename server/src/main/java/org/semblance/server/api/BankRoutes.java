package org.semblance.server.api;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.Given;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Fields;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.json.ReportJson;
import org.semblance.server.matchlog.Reinstatement;
import org.semblance.server.matchlog.ScopedMatchLog;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/banks}: make, list, show, change and delete banks. */
final class BankRoutes {
    private static final Set<String> PATCHABLE = Set.of(
            "name",
            "enabled_ratio",
            "description",
            "distance_threshold",
            MatchRoutes.FEATURES,
            "handling",
            "legal_basis",
            "needs_approval");

    /** The parameter that asks how many contents there are. */
    private static final String COUNTS = "counts";

    private static final Set<String> FIELDS =
            Stream.concat(PATCHABLE.stream(), Stream.of("kind")).collect(Collectors.toUnmodifiableSet());

    private final HashDb db;
    private final MatchLog log;

    BankRoutes(HashDb db, MatchLog log) {
        this.db = db;
        this.log = log;
    }

    List<Route> routes() {
        Set<String> none = Set.of();
        return List.of(
                NativeRoutes.work(Role.CURATE, "GET", "/v1/banks", Set.of(COUNTS), (request, worker) -> banks(request)),
                NativeRoutes.work(Role.ADMIN, "POST", "/v1/banks", none, (request, worker) -> create(request)),
                NativeRoutes.work(
                        Role.CURATE,
                        "GET",
                        "/v1/banks/{bank}",
                        Set.of(COUNTS),
                        (request, worker) -> Response.json(200, json(request, bank(request, db(request))))),
                NativeRoutes.work(Role.ADMIN, "PATCH", "/v1/banks/{bank}", none, (request, worker) -> update(request)),
                NativeRoutes.work(
                        Role.ADMIN, "DELETE", "/v1/banks/{bank}", none, (request, worker) -> delete(request)));
    }

    private ScopedDb db(Request request) {
        return new ScopedDb(db, request.caller());
    }

    /**
     * The bank that the path names.
     *
     * @throws HttpError 404 if the caller sees none of that name
     */
    static Bank bank(Request request, ScopedDb visible) {
        String name = request.name("bank");
        return visible.newestBank(name)
                .orElseThrow(() -> HttpError.field(404, "bank", name, "the name of an existing bank"));
    }

    private Response banks(Request request) {
        ObjectNode answer = Json.object();
        ArrayNode banks = answer.putArray("banks");
        db(request).banks().forEach(bank -> banks.add(json(request, bank)));
        return Response.json(200, answer);
    }

    private ObjectNode json(Request request, Bank bank) {
        ObjectNode node = ReportJson.bank(bank);
        if (request.flag(COUNTS, false)) {
            db(request).counts(bank.name()).ifPresent(counts -> ReportJson.putCounts(node, counts));
        }
        return node;
    }

    private Response create(Request request) {
        Fields fields = Fields.of(request.json(), FIELDS);
        String name = fields.text("name");
        if (name == null) {
            throw HttpError.field(400, "name", null, "UPPER_WITH_UNDERSCORE");
        }
        String kind = fields.text("kind");
        Double ratio = fields.number("enabled_ratio");
        String description = fields.text("description");
        Change.CreateBank wanted = new Change.CreateBank(
                kind == null ? BankKind.MATCH : kind(kind),
                new BankFields(
                        name,
                        ratio == null ? 1.0 : ratio,
                        description == null ? "" : description,
                        new Given<>(fields.integer("distance_threshold")),
                        fields.flag(MatchRoutes.FEATURES),
                        NativeRoutes.given(fields, "handling", fields::text),
                        NativeRoutes.given(fields, "legal_basis", fields::text),
                        fields.flag("needs_approval")));
        Applied applied =
                db(request).apply(wanted, request.origin(), NativeRoutes.requestKey(request, "POST /v1/banks"));
        // As it was made: to a request that comes again the bank may be another by now.
        Bank bank = wanted.fields().appliedTo(new Bank(applied.bankId(), name, wanted.kind(), 1.0, "", null));
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

    /** As a merge patch (RFC 7396): a threshold of null is the default one again. */
    private Response update(Request request) {
        Fields fields = Fields.of(request.json(), PATCHABLE);
        fields.requireSome(PATCHABLE);
        String name = request.name("bank");
        String newName = fields.text("name");
        Applied applied = db(request)
                .apply(
                        new Change.UpdateBank(
                                name,
                                new BankFields(
                                        newName,
                                        fields.number("enabled_ratio"),
                                        description(fields),
                                        NativeRoutes.given(fields, "distance_threshold", fields::integer),
                                        fields.flag(MatchRoutes.FEATURES),
                                        NativeRoutes.given(fields, "handling", fields::text),
                                        NativeRoutes.given(fields, "legal_basis", fields::text),
                                        fields.flag("needs_approval"))),
                        request.origin());
        if (applied.proposed()) {
            return Response.json(202, ReportJson.putProposal(Json.object().put("name", name), applied));
        }
        String current = newName == null ? name : newName;
        Bank bank = db(request)
                .bank(current)
                .orElseThrow(() -> HttpError.field(404, "bank", current, "a bank that still exists"));
        return Response.json(200, ReportJson.bank(bank).put("seq", applied.seq()));
    }

    private static @Nullable String description(Fields fields) {
        return fields.isNull("description") ? "" : fields.text("description");
    }

    private Response delete(Request request) {
        String name = request.name("bank");
        Applied applied = db(request).apply(new Change.DeleteBank(name), request.origin());
        if (applied.proposed()) {
            return Response.json(202, ReportJson.putProposal(Json.object().put("name", name), applied));
        }
        ObjectNode answer = Json.object()
                .put("name", name)
                .put("status", "deleted")
                .put("withdrawn", applied.contents())
                .put("seq", applied.seq());
        Reinstatement.putCount(answer, new ScopedMatchLog(log, db, request.caller()), applied.bankId());
        return Response.json(200, answer);
    }
}
