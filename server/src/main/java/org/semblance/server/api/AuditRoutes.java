package org.semblance.server.api;

import java.util.List;
import java.util.Set;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.json.ReportJson;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/journal} and {@code /v1/verify}: what was changed by whom, and whether all of it is there. */
final class AuditRoutes {
    private static final int MAX_PAGE = 1_000;
    private static final int DEFAULT_PAGE = 100;

    /** Rows of the journal that are read together. */
    private static final int JOURNAL_ROWS = 100;

    /** An answer ends after the rows with which it has so many characters; a row has at most some 150,000. */
    private static final long MAX_JOURNAL_CHARS = 4_000_000;

    /** The parameter that asks for some rows alone, of which as many are looked through for one answer. */
    private static final String REASON_CONTAINS = "reason_contains";

    private static final int MOST_LOOKED_THROUGH = 20_000;

    private final HashDb db;
    private final MatchLog log;

    AuditRoutes(HashDb db, MatchLog log) {
        this.db = db;
        this.log = log;
    }

    List<Route> routes() {
        return List.of(
                NativeRoutes.work(
                        Role.ADMIN,
                        "GET",
                        "/v1/journal",
                        Set.of("after", "limit", REASON_CONTAINS),
                        (request, worker) -> journal(request)),
                new VerifyRoute(db, log).route());
    }

    /**
     * Rows of the journal with all that their hashes are made of, so that whoever follows it can compute them anew ({@link
     * JournalEntry} has the rule): {@code payload} is the text that was hashed, not an object that could be written in
     * another way.
     */
    private Response journal(Request request) {
        ScopedDb visible = new ScopedDb(db, request.caller());
        long after = request.query("after", 0, 0, Long.MAX_VALUE);
        int limit = (int) request.query("limit", DEFAULT_PAGE, 1, MAX_PAGE);
        ObjectNode answer = Json.object();
        ArrayNode entries = answer.putArray("entries");
        long last = after;
        long chars = 0;
        long seen = 0;
        String part = request.query(REASON_CONTAINS);
        boolean more = true;
        while (more && entries.size() < limit && chars < MAX_JOURNAL_CHARS && seen < MOST_LOOKED_THROUGH) {
            int rows = Math.min(JOURNAL_ROWS, limit - entries.size());
            List<JournalEntry> some = visible.journal(last, rows);
            more = some.size() == rows;
            seen += some.size();
            for (JournalEntry entry : some) {
                if (part == null || entry.reason().contains(part)) {
                    entries.add(ReportJson.journalEntry(entry));
                    chars += entry.payload().length() + entry.reason().length();
                }
                last = entry.seq();
            }
        }
        if (more) {
            answer.put("next_after", last);
        }
        return Response.json(200, answer.put("list_version", visible.seq()));
    }
}
