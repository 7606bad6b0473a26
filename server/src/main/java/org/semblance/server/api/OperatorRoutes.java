package org.semblance.server.api;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Json;
import org.semblance.server.http.Phase;
import org.semblance.server.http.Response;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ObjectNode;

/** The routes that report the state of the server, at any time: while the database is being opened, beside a full queue, and while it stops. */
public final class OperatorRoutes {
    private static final int UNAVAILABLE = 503;

    private final Metrics metrics;
    private final Supplier<Phase> phase;
    private final @Nullable HashDb db;
    private final Supplier<@Nullable String> behind;

    /**
     * The routes.
     *
     * @param db null until it is open
     * @param behind tells why the list of this node must not be asked; null if it may be
     */
    public OperatorRoutes(
            Metrics metrics, Supplier<Phase> phase, @Nullable HashDb db, Supplier<@Nullable String> behind) {
        this.behind = behind;
        this.metrics = metrics;
        this.phase = phase;
        this.db = db;
    }

    public List<Route> routes() {
        return List.of(
                // At once, so that a full queue does not hide what fills it.
                Route.get(Dialect.NATIVE, Role.OPS, "/metrics", this::scrape),
                Route.get(
                        Dialect.NATIVE,
                        null,
                        "/healthz",
                        unused -> Response.json(200, Json.object().put("status", "ok"))),
                Route.get(Dialect.NATIVE, null, "/readyz", this::ready));
    }

    /** To a probe without a key it says no more than that. */
    private Response ready(Request request) {
        Phase now = phase.get();
        String why = now.compareTo(Phase.READY) <= 0 ? behind.get() : null;
        if (why != null) {
            ObjectNode answer = Json.object().put("status", "behind");
            if (request.caller().may(Role.OPS)) {
                answer.put("reason", why);
            }
            return Response.json(UNAVAILABLE, answer).with(Map.of("Retry-After", "1"));
        }
        ObjectNode answer = Json.object().put("status", now.wireName());
        if (now != Phase.READY || db == null) {
            return Response.json(UNAVAILABLE, answer).with(Map.of("Retry-After", "1"));
        }
        ScopedDb visible = new ScopedDb(db, request.caller());
        if (request.caller().may(Role.MATCH) || request.caller().may(Role.OPS)) {
            answer.put("list_version", visible.seq());
        }
        visible.size().ifPresent(hashes -> answer.put("hashes", hashes));
        return Response.json(200, answer);
    }

    /** The answer counts over all banks, so a key of some is refused. */
    private Response scrape(Request request) {
        request.caller().requiresAllBanks();
        return new Response(200, Metrics.CONTENT_TYPE, metrics.scrape().getBytes(StandardCharsets.UTF_8), Map.of());
    }
}
