package org.semblance.server.api;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.exchange.HashListReader;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Response;
import org.semblance.server.list.ListExport;
import org.semblance.server.list.ListImport;
import org.semblance.server.recent.EarlierUploads;
import org.semblance.server.record.BankingGuard;
import org.semblance.server.route.LineAnswerer;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.util.ByteBufferBackedInputStream;

/** Hash lists of a bank: {@code POST /v1/banks/{bank}/import} and {@code GET /v1/banks/{bank}/export}. */
final class ListRoutes {
    private static final String CSV = "text/csv";

    /** What a list may come as; its own form is told by its first line. */
    private static final List<String> TEXT =
            List.of(CSV, "text/plain", "text/tab-separated-values", "application/octet-stream", "multipart/form-data");

    private final HashDb db;
    private final EarlierUploads earlier;
    private final BankingGuard guard;

    ListRoutes(HashDb db, EarlierUploads earlier, BankingGuard guard) {
        this.db = db;
        this.earlier = earlier;
        this.guard = guard;
    }

    List<Route> routes() {
        return List.of(
                new Route(
                        Dialect.NATIVE,
                        "POST",
                        "/v1/banks/{bank}/import",
                        Set.of("type", "dry_run", "after", NativeRoutes.FORCE, "deadline_ms"),
                        Route.Takes.LIST,
                        Role.CURATE,
                        (Route.Work) (request, worker) -> take(request)),
                new Route(
                        Dialect.NATIVE,
                        "GET",
                        "/v1/banks/{bank}/export",
                        Set.of(),
                        Route.Takes.NOTHING,
                        Role.CURATE,
                        new Route.Stream(CSV + "; charset=utf-8; header=present", this::give)));
    }

    private Response take(Request request) {
        ScopedDb visible = new ScopedDb(db, request.caller());
        Bank bank = BankRoutes.bank(request, visible);
        if (!TEXT.contains(request.mediaType())) {
            String type = request.mediaType();
            throw HttpError.field(
                    415,
                    "Content-Type",
                    type.isEmpty() ? null : type,
                    String.join(", ", TEXT) + " (NDJSON goes to /v1/banks/" + bank.name() + "/content)");
        }
        boolean dryRun = request.flag("dry_run", false);
        request.body().file(); // A form has to have one.
        ByteBuffer list = request.body().bytes();
        requireNotTooMany(list);
        Origin origin = origin(request);
        RequestKey key = NativeRoutes.requestKey(
                request,
                "POST /v1/banks/" + bank.id() + "/import?type=" + request.query("type") + "&after="
                        + request.query("after"));
        boolean force = NativeRoutes.forces(request);
        ListImport.Sink sink = (contents, part) -> {
            List<ContentDraft> checked =
                    guard.check(bank, contents, request.caller().banks(), earlier, force);
            if (!dryRun) {
                visible.apply(
                        new Change.AddContents(bank.name(), checked), origin, key == null ? null : key.part(part));
            }
            return checked.stream()
                    .filter(content -> content.treatment().isQuarantined())
                    .count();
        };
        Deadline deadline = request.deadline();
        try {
            ListImport.Summary summary = new ListImport(type(request), bank.kind(), sink)
                    .run(
                            new ByteBufferBackedInputStream(list.duplicate()),
                            request.query("after", 0, 0, Ndjson.MAX_LINES),
                            deadline::passed);
            return Response.json(200, json(bank, dryRun, summary, visible.seq()));
        } catch (IOException e) {
            throw HttpError.of(400, "body", "body: not a hash list: " + e.getMessage());
        }
    }

    private static SignalType type(Request request) {
        String type = request.query("type");
        try {
            return type == null ? SignalType.PDQ : HashListReader.type(type);
        } catch (IllegalArgumentException e) {
            throw HttpError.field(400, "type", type, "pdq, md5, sha1 or sha256");
        }
    }

    /** As many lines as a bulk may have, and one for a header. */
    private static void requireNotTooMany(ByteBuffer list) {
        int lines = 0;
        byte before = 0;
        for (int i = list.position(); i < list.limit(); i++) {
            byte b = list.get(i);
            lines += b == '\r' || (b == '\n' && before != '\r') ? 1 : 0;
            before = b;
        }
        if (lines > Ndjson.MAX_LINES + 1) {
            throw HttpError.field(413, "body", lines + " lines", "at most " + Ndjson.MAX_LINES + "; cut the list");
        }
    }

    private static Origin origin(Request request) {
        Origin origin = request.origin();
        return origin.reason().isEmpty() ? new Origin(origin.actor(), "import of a list") : origin;
    }

    private static ObjectNode json(Bank bank, boolean dryRun, ListImport.Summary summary, long seq) {
        ObjectNode answer = Json.object()
                .put("bank", bank.name())
                .put("dry_run", dryRun)
                .put("complete", summary.reason() == null)
                .put("entries", summary.entries())
                .put("imported", summary.imported())
                .put("held", summary.held())
                .put("unusable", summary.unusable());
        NativeRoutes.putText(answer, "reason", summary.reason());
        ObjectNode leftOut = answer.putObject("left_out");
        summary.leftOut()
                .forEach((category, count) -> leftOut.put(category.name().toLowerCase(Locale.ROOT), count));
        ArrayNode ignored = answer.putArray("ignored_columns");
        summary.ignoredColumns().forEach(ignored::add);
        ArrayNode errors = answer.putArray("errors");
        summary.errors()
                .forEach(bad -> errors.addObject().put("line", bad.line()).put("detail", bad.reason()));
        return answer.put("list_version", seq);
    }

    private LineAnswerer give(Request request) {
        request.caller().requiresDistance();
        ScopedDb visible = new ScopedDb(db, request.caller());
        ListExport export = new ListExport(visible, BankRoutes.bank(request, visible));
        return (lines, deadline, out) -> export.next(out, LineAnswerer.MOST_UNSENT_BYTES);
    }
}
