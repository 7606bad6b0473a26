package org.semblance.server.api;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.Key;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.json.ReportJson;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/journal} and {@code /v1/keys}: what was changed by whom, and who may ask. */
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
    private final Gate gate;

    AuditRoutes(HashDb db, MatchLog log, Gate gate) {
        this.db = db;
        this.log = log;
        this.gate = gate;
    }

    List<Route> routes() {
        return List.of(
                NativeRoutes.work(
                        Role.ADMIN,
                        "GET",
                        "/v1/journal",
                        Set.of("after", "limit", REASON_CONTAINS),
                        (request, worker) -> journal(request)),
                new VerifyRoute(db, log).route(),
                Route.get(Dialect.NATIVE, Role.OPS, "/v1/keys", this::keys));
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
