package org.semblance.server.desk;

import java.util.Set;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.Page;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.route.Cursor;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /v1/banks/{bank}/duplicates}: groups of contents that are copies of each other, for one review a group. */
public final class DuplicatesRoute {
    private static final int DEFAULT_DISTANCE = HashDb.DEFAULT_DISTANCE_THRESHOLD;

    /** Beyond it unrelated pictures come together. */
    private static final int MAX_DISTANCE = 64;

    private final HashDb db;

    public DuplicatesRoute(HashDb db) {
        this.db = db;
    }

    public Route route() {
        return new Route(
                Dialect.NATIVE,
                "GET",
                "/v1/banks/{bank}/duplicates",
                Set.of("distance", "after", "limit"),
                Route.Takes.NOTHING,
                Role.CURATE,
                (Route.Work) (request, worker) -> list(request));
    }

    private Response list(Request request) {
        request.caller().requiresDistance();
        ScopedDb visible = new ScopedDb(db, request.caller());
        String name = request.name("bank");
        Bank bank = visible.bank(name)
                .orElseThrow(() -> HttpError.field(404, "bank", name, "the name of an existing bank"));
        int distance = (int) request.query("distance", DEFAULT_DISTANCE, 0, MAX_DISTANCE);
        long after = request.query("after", 0, 0, Long.MAX_VALUE);
        int limit = (int) request.query("limit", Cursor.DEFAULT_PAGE, 1, Cursor.MAX_PAGE);
        Page<Duplicates.Group> page =
                new Duplicates(visible, bank, distance, request.deadline()::passed).groups(after, limit);
        ObjectNode answer = Json.object().put("distance", distance);
        ArrayNode groups = answer.putArray("groups");
        for (Duplicates.Group group : page.rows()) {
            ObjectNode node = groups.addObject();
            ArrayNode contents = node.putArray("contents");
            group.members()
                    .forEach((id, bits) -> contents.addObject().put("id", id).put("distance", bits));
            if (group.isCut()) {
                node.put("more", true);
            }
        }
        if (page.next() != null) {
            answer.put("next_after", page.next());
        }
        return Response.json(200, answer);
    }
}
