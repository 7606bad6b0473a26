package org.semblance.server.api;

import java.time.Instant;
import java.util.List;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.Key;
import org.semblance.server.auth.Role;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/verify} and {@code /v1/keys}: whether all is as it was stored, and who may ask. */
final class AuditRoutes {
    private final HashDb db;
    private final MatchLog log;
    private final Gate gate;

    AuditRoutes(HashDb db, MatchLog log, Gate gate) {
        this.db = db;
        this.log = log;
        this.gate = gate;
    }

    List<Route> routes() {
        return List.of(new VerifyRoute(db, log).route(), Route.get(Dialect.NATIVE, Role.OPS, "/v1/keys", this::keys));
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
}
