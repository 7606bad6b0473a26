package org.semblance.server.http;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.metrics.RequestTrace.Stage;

/**
 * {@code POST /v1/lookup}: many PDQ hashes in one request, for callers that hash themselves. A body of lines is answered while
 * it comes, as long as it goes on; any other one when it is there.
 */
final class LookupRoutes {
    /** Largest body that is looked up whole. */
    static final int MAX_BYTES = 16_000_000;

    /** Hashes looked up together, between two looks at the clock. */
    static final int LOOKUP_BATCH = 2_048;

    private static final String OCTETS = "application/octet-stream";

    private final HashDb db;

    LookupRoutes(HashDb db) {
        this.db = db;
    }

    List<Route> routes() {
        return List.of(new Route(
                Dialect.NATIVE,
                "POST",
                "/v1/lookup",
                Set.of("banks", "deadline_ms"),
                Route.Takes.HASHES,
                Role.MATCH,
                new Route.ByLine((request, worker) -> whole(request), this::lines)));
    }

    private LineAnswerer lines(Request request) {
        request.caller().requiresDistance();
        ScopedDb visible = new ScopedDb(db, request.caller());
        return new LookupLines(visible, NativeRoutes.wantedBanks(request, visible), request);
    }

    private Response whole(Request request) {
        request.caller().requiresDistance();
        ScopedDb visible = new ScopedDb(db, request.caller());
        Set<String> banks = NativeRoutes.wantedBanks(request, visible);
        List<LookupQuery> queries = queries(request);
        boolean lines = request.accepts(Ndjson.MEDIA_TYPE);
        LookupAnswer answer = new LookupAnswer(lines ? LookupAnswer.Form.LINES : LookupAnswer.Form.JSON);
        // Before the lookups, so that what it promises has been seen.
        answer.version(visible.seq());
        answer.begin(queries.size());
        Deadline deadline = request.deadline();
        long nanos = 0;
        for (int from = 0; from < queries.size(); from += LOOKUP_BATCH) {
            deadline.check("lookup");
            List<LookupQuery> batch = queries.subList(from, Math.min(queries.size(), from + LOOKUP_BATCH));
            long start = System.nanoTime();
            Iterator<List<Match>> found =
                    visible.lookup(LookupQuery.hashes(batch)).iterator();
            nanos += System.nanoTime() - start;
            batch.forEach(query -> answer.add(query, found, banks));
        }
        request.trace().took(Stage.LOOKUP, nanos);
        request.trace().verdict(answer.best());
        Response response = answer.response();
        request.answersHashes(queries.size());
        return response;
    }

    private static List<LookupQuery> queries(Request request) {
        ByteBuffer body = request.body().bytes();
        return switch (request.mediaType()) {
            case "application/json" -> LookupQuery.ofJson(Json.read(body));
            case OCTETS -> LookupQuery.ofOctets(body);
            default ->
                throw HttpError.field(
                        415,
                        "Content-Type",
                        request.mediaType(),
                        "application/json, " + Ndjson.MEDIA_TYPE + " or " + OCTETS);
        };
    }
}
