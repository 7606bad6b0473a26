package org.semblance.server.api;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Response;
import org.semblance.server.recent.Forecast;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /v1/banks/{bank}/forecast}: what another threshold would have matched of the recent uploads. */
final class ForecastRoute {
    private static final String DISTANCE = "distance";
    private static final String CONTENT_ID = "content_id";
    private static final int DEFAULT_DISTANCE = 48;

    private final HashDb db;
    private final Forecast forecast;

    ForecastRoute(HashDb db, Forecast forecast) {
        this.db = db;
        this.forecast = forecast;
    }

    Route route() {
        return NativeRoutes.work(
                Role.CURATE,
                "GET",
                "/v1/banks/{bank}/forecast",
                Set.of(DISTANCE, CONTENT_ID, "deadline_ms"),
                (request, worker) -> forecast(request));
    }

    private Response forecast(Request request) {
        request.caller().requiresDistance();
        ScopedDb visible = new ScopedDb(db, request.caller());
        Bank bank = BankRoutes.bank(request, visible);
        BankContent content = content(request, visible, bank);
        int most = (int) request.query(DISTANCE, DEFAULT_DISTANCE, 0, Hash256.BITS);
        Forecast.Counts counts = forecast.of(bank, content, most, request.deadline()::passed);
        if (counts == null) {
            throw HttpError.field(409, "recent_uploads", "0", "a server that remembers uploads");
        }
        ObjectNode answer = Json.object().put("bank", bank.name());
        if (content != null) {
            answer.put(CONTENT_ID, content.id());
        }
        long now = counts.within(counts.threshold());
        answer.put("distance_threshold", counts.threshold())
                .put("uploads", counts.uploads())
                .put("matching", now);
        ArrayNode distances = answer.putArray("distances");
        for (int distance = 0; distance <= most; distance++) {
            long within = counts.within(distance);
            distances
                    .addObject()
                    .put("distance", distance)
                    .put("matching", within)
                    .put("new", Math.max(0, within - now));
        }
        if (counts.partial()) {
            answer.put("partial", true);
        }
        if (counts.loading()) {
            answer.put("recent", "loading");
        }
        return Response.json(200, answer);
    }

    private static @Nullable BankContent content(Request request, ScopedDb visible, Bank bank) {
        String id = request.query(CONTENT_ID);
        if (id == null) {
            return null;
        }
        long number = Request.parse(CONTENT_ID, id, 1, Long.MAX_VALUE);
        return visible.content(bank.name(), number)
                .orElseThrow(() -> HttpError.field(404, CONTENT_ID, id, "the id of a content of bank " + bank.name()));
    }
}
