package org.semblance.server.api;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.auth.Role;
import org.semblance.server.auth.ScopedDb;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Json;
import org.semblance.server.http.Ndjson;
import org.semblance.server.http.Response;
import org.semblance.server.metrics.RequestTrace.Stage;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;

/**
 * {@code POST /v1/lookup}: many PDQ hashes or local features in one request, for callers that hash themselves. A body of lines is answered while
 * it comes, as long as it goes on; any other one when it is there.
 */
public final class LookupRoutes {
    /** Hashes looked up together, between two looks at the clock. */
    static final int LOOKUP_BATCH = 2_048;

    /** Explanations in one answer that is not a stream: each may be a walk over all hashes. */
    private static final int MOST_EXPLAINED = 100;

    /** A body of a few hashes is no longer. */
    private static final int SHORT_BYTES = 1_024;

    private static final String OCTETS = "application/octet-stream";

    private final HashDb db;
    private final VerdictRecorder verdicts;
    private final boolean features;

    /** @param features whether local features are looked up */
    public LookupRoutes(HashDb db, VerdictRecorder verdicts, boolean features) {
        this.db = db;
        this.verdicts = verdicts;
        this.features = features;
    }

    public List<Route> routes() {
        return List.of(new Route(
                Dialect.NATIVE,
                "POST",
                "/v1/lookup",
                Set.of(
                        "banks",
                        NativeRoutes.REFERENCE,
                        NativeRoutes.LIKELY,
                        LookupScope.DETAILS,
                        NativeRoutes.EXPLAIN,
                        NativeRoutes.AS_OF,
                        Request.MIN_LIST_VERSION,
                        "deadline_ms"),
                Route.Takes.HASHES,
                Role.MATCH,
                new Route.ByLine(
                        Route.quick(
                                request -> isMiss(request) ? whole(request) : null,
                                (request, worker) -> whole(request)),
                        request -> new LookupLines(scope(request), request))));
    }

    private LookupScope scope(Request request) {
        return new LookupScope(db, verdicts, features, request);
    }

    /** Whether the request asks for a few hashes that certainly find nothing, and not why. */
    private boolean isMiss(Request request) {
        if (request.body().bytes().remaining() > SHORT_BYTES
                || request.query(NativeRoutes.EXPLAIN) != null
                || request.query(NativeRoutes.AS_OF) != null) {
            return false;
        }
        List<LookupQuery> queries = queries(request);
        List<Hash256> hashes = LookupQuery.hashes(queries);
        return hashes.size() == queries.size() && new ScopedDb(db, request.caller()).surelyMisses(hashes);
    }

    private Response whole(Request request) {
        LookupScope scope = scope(request);
        List<LookupQuery> queries = queries(request);
        if (scope.explains() && queries.size() > MOST_EXPLAINED) {
            throw HttpError.field(
                    400, NativeRoutes.EXPLAIN, queries.size() + " queries", "at most " + MOST_EXPLAINED + " queries");
        }
        boolean lines = request.accepts(Ndjson.MEDIA_TYPE);
        LookupAnswer answer = new LookupAnswer(scope, lines ? LookupAnswer.Form.LINES : LookupAnswer.Form.JSON);
        // Before the lookups, so that what it promises has been seen.
        answer.version(scope.seq());
        answer.begin(queries.size());
        Deadline deadline = request.deadline();
        long nanos = 0;
        for (int from = 0; from < queries.size(); from += LOOKUP_BATCH) {
            deadline.check("lookup");
            List<LookupQuery> batch = queries.subList(from, Math.min(queries.size(), from + LOOKUP_BATCH));
            long start = System.nanoTime();
            Iterator<Judgement> found = scope.lookup(batch);
            nanos += System.nanoTime() - start;
            for (LookupQuery query : batch) {
                if (query.features() != null) {
                    deadline.check("lookup");
                }
                start = System.nanoTime();
                Judgement judgement = scope.judge(query, found, deadline);
                nanos += System.nanoTime() - start;
                answer.add(query, judgement, scope.explain(query, judgement, deadline));
            }
        }
        request.trace().took(Stage.LOOKUP, nanos);
        request.trace().verdict(answer.best());
        Response response = answer.response();
        scope.verdicts().told();
        request.answersHashes((int) answer.weight());
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
