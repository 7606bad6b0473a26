package org.semblance.server.api;

import java.util.List;
import java.util.stream.Stream;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.auth.Gate;
import org.semblance.server.http.Dialect;
import org.semblance.server.matchlog.MatchLogRoutes;
import org.semblance.server.matchlog.StatsRoutes;
import org.semblance.server.matchlog.VerdictLog;
import org.semblance.server.route.OpenApi;
import org.semblance.server.route.Route;

/** The native dialect: every route of {@code /v1}, and its description. */
public final class NativeApi {
    private NativeApi() {}

    /** @param features whether local features are banked and looked up */
    public static List<Route> routes(HashDb db, MatchLog log, Gate gate, VerdictLog verdicts, boolean features) {
        return Stream.of(
                        new MatchRoutes(db, verdicts, features).routes(),
                        new LookupRoutes(db, verdicts, features).routes(),
                        List.of(new CompareRoute(db).route()),
                        new BankRoutes(db, log).routes(),
                        new ContentRoutes(db, log, features).routes(),
                        new ListRoutes(db).routes(),
                        new MatchLogRoutes(log, db).routes(),
                        new StatsRoutes(log, db).routes(),
                        new AuditRoutes(db, log, gate).routes(),
                        List.of(OpenApi.route(Dialect.NATIVE, "/openapi.json", OpenApi.document())))
                .flatMap(List::stream)
                .toList();
    }
}
