package org.semblance.server.desk;

import java.util.List;
import java.util.Set;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalFilter;
import org.semblance.hashdb.catalog.JournalRow;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.json.ReportJson;
import org.semblance.server.route.Cursor;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/journal}: what was changed by whom, and undoing it. */
public final class JournalRoutes {
    private static final String ALL = "/v1/journal";

    /** Rows that are read together. */
    private static final int ROWS = 100;

    /** An answer ends after the rows with which it has so many characters; a row has at most some 150,000. */
    private static final long MAX_CHARS = 4_000_000;

    private final HashDb db;

    public JournalRoutes(HashDb db) {
        this.db = db;
    }

    public List<Route> routes() {
        return List.of(
                new Route(
                        Dialect.NATIVE,
                        "GET",
                        ALL,
                        Cursor.with("reason_contains", "actor", "bank", "content_id", "kind", "from", "to"),
                        Route.Takes.NOTHING,
                        Role.CURATE,
                        (Route.Work) (request, worker) -> journal(request)),
                new Route(
                        Dialect.NATIVE,
                        "POST",
                        ALL + "/{seq:int}/undo",
                        Set.of(),
                        Route.Takes.NOTHING,
                        Role.CURATE,
                        (Route.Work) (request, worker) -> undo(request)));
    }

    /**
     * Rows of the journal with all that their hashes are made of, so that whoever follows it can compute them anew ({@link
     * JournalEntry} has the rule): {@code payload} is the text that was hashed, not an object that could be written in
     * another way.
     */
    private Response journal(Request request) {
        ScopedDb visible = new ScopedDb(db, request.caller());
        JournalFilter filter = filter(request);
        Paging wanted = Cursor.of(request);
        ObjectNode answer = Json.object();
        ArrayNode entries = answer.putArray("entries");
        long chars = 0;
        Long next = wanted.cursor();
        boolean more;
        do {
            Page<JournalRow> page = visible.journal(
                    filter, new Paging(next, wanted.newestFirst(), Math.min(ROWS, wanted.limit() - entries.size())));
            for (JournalRow row : page.rows()) {
                entries.add(json(row));
                chars += row.entry().payload().length() + row.entry().reason().length();
            }
            next = page.next();
            more = next != null && page.rows().size() == ROWS && entries.size() < wanted.limit() && chars < MAX_CHARS;
        } while (more);
        Cursor.put(answer, wanted, next);
        return Response.json(200, answer.put("list_version", visible.seq()));
    }

    private static ObjectNode json(JournalRow row) {
        ObjectNode node = ReportJson.journalEntry(row.entry());
        Long undoneBy = row.undoneBy();
        return undoneBy == null ? node : node.put("undone_by", undoneBy);
    }

    private static JournalFilter filter(Request request) {
        String bank = request.query("bank");
        String content = request.query("content_id");
        return new JournalFilter(
                bank == null ? Set.of() : Set.of(bank),
                request.query("actor"),
                content == null ? null : Long.valueOf(Request.parse("content_id", content, 1, Long.MAX_VALUE)),
                request.query("kind"),
                request.query("reason_contains"),
                request.time("from"),
                request.time("to"));
    }

    private Response undo(Request request) {
        long seq = request.id("seq");
        Applied applied = new ScopedDb(db, request.caller()).apply(new Change.Undo(seq), request.origin());
        ObjectNode answer = Json.object();
        if (applied.proposed()) {
            return Response.json(202, ReportJson.putProposal(answer, applied));
        }
        return Response.json(
                200,
                answer.put("undone", seq).put("contents", applied.contents()).put("seq", applied.seq()));
    }
}
