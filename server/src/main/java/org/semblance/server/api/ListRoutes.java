package org.semblance.server.api;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.exchange.HashListReader;
import org.semblance.hashdb.exchange.WrongColumnException;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Response;
import org.semblance.server.json.ReportJson;
import org.semblance.server.list.ListBanking;
import org.semblance.server.list.ListExport;
import org.semblance.server.list.ListFormat;
import org.semblance.server.list.ListImport;
import org.semblance.server.list.ListOptions;
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
    private static final String COLUMNS = "columns";
    private static final String LABEL = "label";
    private static final String IF_KNOWN = "if_known";

    /** The type of an answer to be kept: one that ends early is cut off, while a stream of answers says why in its last line. */
    private static final String NDJSON = Ndjson.MEDIA_TYPE + "; charset=utf-8";

    /** What a list may come as; its own form is told by its first line. */
    private static final List<String> TAKEN = List.of(
            CSV,
            "text/plain",
            "text/tab-separated-values",
            Ndjson.MEDIA_TYPE,
            "application/octet-stream",
            "multipart/form-data");

    private final HashDb db;
    private final EarlierUploads earlier;
    private final BankingGuard guard;
    private final boolean features;

    /** @param features whether local features are banked */
    ListRoutes(HashDb db, EarlierUploads earlier, BankingGuard guard, boolean features) {
        this.features = features;
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
                        Set.of(
                                "type",
                                "dry_run",
                                "after",
                                COLUMNS,
                                LABEL,
                                "source",
                                "note",
                                IF_KNOWN,
                                NativeRoutes.FORCE,
                                "deadline_ms"),
                        Route.Takes.LIST,
                        Role.CURATE,
                        (Route.Work) (request, worker) -> take(request)),
                new Route(
                        Dialect.NATIVE,
                        "GET",
                        "/v1/banks/{bank}/export",
                        Set.of(
                                Route.Stream.FORMAT,
                                LABEL,
                                "source",
                                "created_from",
                                "created_before",
                                MatchRoutes.FEATURES),
                        Route.Takes.NOTHING,
                        Role.CURATE,
                        new Route.Stream(
                                CSV + "; charset=utf-8; header=present",
                                Map.of(ListFormat.NDJSON.wireName(), NDJSON),
                                this::give)));
    }

    private Response take(Request request) {
        ScopedDb visible = new ScopedDb(db, request.caller());
        Bank bank = BankRoutes.bank(request, visible);
        if (!TAKEN.contains(request.mediaType())) {
            String type = request.mediaType();
            throw HttpError.field(415, "Content-Type", type.isEmpty() ? null : type, String.join(", ", TAKEN));
        }
        ListOptions options = options(request);
        request.body().file(); // A form has to have one.
        ByteBuffer list = request.body().bytes();
        requireNotTooMany(list);
        Origin origin = origin(request);
        ListBanking sink = new ListBanking(
                visible,
                bank,
                options,
                contents -> guard.check(bank, contents, request.caller().banks(), earlier, options.force()),
                features,
                entriesRead -> origin,
                requestKey(request, bank));
        Deadline deadline = request.deadline();
        try {
            ListImport.Summary summary = new ListImport(options, bank.kind(), sink, ListImport.ENTRIES_AT_ONCE)
                    .run(
                            new ByteBufferBackedInputStream(list.duplicate()),
                            request.query("after", 0, 0, Ndjson.MAX_LINES),
                            deadline::passed,
                            bytesRead -> {});
            ObjectNode answer = json(request, bank, options, summary);
            if (!sink.proposals().isEmpty()) {
                ArrayNode proposals = answer.putArray("proposals");
                sink.proposals().forEach(proposals::add);
            }
            return Response.json(200, answer.put("list_version", visible.seq()));
        } catch (WrongColumnException e) {
            throw HttpError.of(400, COLUMNS, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw HttpError.of(400, "body", "body: not a hash list: " + e.getMessage());
        }
    }

    /** The request's own name, with all that decides what is banked of the list. */
    private static @Nullable RequestKey requestKey(Request request, Bank bank) {
        StringBuilder target = new StringBuilder("POST /v1/banks/" + bank.id() + "/import");
        for (String parameter : List.of("type", "after", COLUMNS, LABEL, "source", "note", IF_KNOWN)) {
            String value = request.query(parameter);
            if (value != null) {
                target.append('\n').append(parameter).append('=').append(value);
            }
        }
        return NativeRoutes.requestKey(request, target.toString());
    }

    private static ListOptions options(Request request) {
        String columns = request.query(COLUMNS);
        String labels = request.query(LABEL);
        String ifKnown = request.query(IF_KNOWN);
        try {
            return new ListOptions(
                    type(request),
                    columns == null ? Map.of() : ListOptions.columns(columns),
                    labels == null ? List.of() : split(labels),
                    request.query("note"),
                    request.query("source"),
                    ifKnown == null
                            ? ListOptions.IfKnown.BANK
                            : ListOptions.IfKnown.of(ifKnown)
                                    .orElseThrow(() -> HttpError.field(400, IF_KNOWN, ifKnown, "bank or skip")),
                    request.flag("dry_run", false),
                    NativeRoutes.forces(request));
        } catch (IllegalArgumentException e) {
            throw HttpError.of(400, COLUMNS, String.valueOf(e.getMessage()));
        }
    }

    private static List<String> split(String labels) {
        return Arrays.stream(labels.split(","))
                .map(String::strip)
                .filter(label -> !label.isEmpty())
                .toList();
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

    private static ObjectNode json(Request request, Bank bank, ListOptions options, ListImport.Summary summary) {
        ObjectNode answer = Json.object()
                .put("bank", bank.name())
                .put("dry_run", options.dryRun())
                .put("complete", summary.complete())
                .put("entries", summary.entries())
                .put("imported", summary.imported())
                .put("held", summary.held())
                .put("known", summary.known())
                .put("unusable", summary.unusable());
        if (!summary.complete()) {
            answer.put(
                    "reason",
                    summary.failure() == null
                            ? "time ran out"
                            : String.valueOf(summary.failure().getMessage()));
        }
        ObjectNode leftOut = answer.putObject("left_out");
        summary.leftOut()
                .forEach((category, count) -> leftOut.put(category.name().toLowerCase(Locale.ROOT), count));
        ArrayNode columns = answer.putArray("columns");
        summary.columns()
                .forEach(
                        column -> columns.addObject().put("name", column.name()).put("as", column.as()));
        ArrayNode ignored = answer.putArray("ignored_columns");
        summary.ignoredColumns().forEach(ignored::add);
        ArrayNode errors = answer.putArray("errors");
        summary.errors()
                .forEach(bad -> errors.addObject().put("line", bad.line()).put("detail", bad.reason()));
        if (!summary.warnings().isEmpty()) {
            ArrayNode warnings = answer.putArray("warnings");
            summary.warnings()
                    .forEach(remark ->
                            warnings.addObject().put("line", remark.line()).put("detail", remark.text()));
        }
        if (options.dryRun()) {
            ArrayNode preview = answer.putArray("preview");
            summary.preview().forEach(one -> preview.add(preview(request, one)));
        }
        return answer;
    }

    private static ObjectNode preview(Request request, ListImport.Previewed previewed) {
        ContentDraft content = previewed.entry().content();
        ObjectNode node = Json.object().put("line", previewed.entry().line());
        node.set("signals", ReportJson.signals(content.signals()));
        NativeRoutes.hide(request, node);
        ReportJson.putVideo(
                node, content.video() == null ? null : content.video().summary());
        ReportJson.putLabels(node, content.labels());
        NativeRoutes.putText(node, "note", content.note());
        NativeRoutes.putText(node, "source", content.source());
        return node.put("known", previewed.known());
    }

    private LineAnswerer give(Request request) {
        request.caller().requiresDistance();
        ScopedDb visible = new ScopedDb(db, request.caller());
        String format = request.query(Route.Stream.FORMAT);
        ListExport export = new ListExport(
                visible,
                BankRoutes.bank(request, visible),
                new ListExport.Wanted(
                        format == null
                                ? ListFormat.CSV
                                : ListFormat.of(format)
                                        .orElseThrow(() ->
                                                HttpError.field(400, Route.Stream.FORMAT, format, "csv or ndjson")),
                        request.query(LABEL),
                        request.query("source"),
                        request.time("created_from"),
                        request.time("created_before"),
                        request.flag(MatchRoutes.FEATURES, true)));
        return (lines, deadline, out) -> export.next(out, LineAnswerer.MOST_UNSENT_BYTES);
    }
}
