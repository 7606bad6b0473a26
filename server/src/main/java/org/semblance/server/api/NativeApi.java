package org.semblance.server.api;

import java.util.List;
import java.util.stream.Stream;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.auth.Gate;
import org.semblance.server.desk.DuplicatesRoute;
import org.semblance.server.desk.JournalRoutes;
import org.semblance.server.desk.ProposalRoutes;
import org.semblance.server.flood.FloodControl;
import org.semblance.server.http.Dialect;
import org.semblance.server.matchlog.MatchLogRoutes;
import org.semblance.server.matchlog.StatsRoutes;
import org.semblance.server.recent.EarlierUploads;
import org.semblance.server.recent.Forecast;
import org.semblance.server.record.BankingGuard;
import org.semblance.server.record.Records;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.OpenApi;
import org.semblance.server.route.Route;

/** The native dialect: every route of {@code /v1}, and its description. */
public final class NativeApi {
    private NativeApi() {}

    /**
     * The routes.
     *
     * @param records what is kept beside the database
     * @param gate knows which keys a caller may be told of
     * @param verdicts records each verdict
     * @param flood counts what matches
     * @param earlier finds what shows a content that is banked
     * @param features whether local features are banked and looked up
     */
    public static List<Route> routes(
            HashDb db,
            Records records,
            Gate gate,
            VerdictRecorder verdicts,
            FloodControl flood,
            EarlierUploads earlier,
            boolean features) {
        MatchLog log = records.log();
        BankingGuard guard = records.guard();
        return Stream.of(
                        new MatchRoutes(db, verdicts, features).routes(),
                        new LookupRoutes(db, verdicts, features).routes(),
                        new BankRoutes(db, log).routes(),
                        new ContentRoutes(db, log, gate, flood, earlier, guard, features).routes(),
                        new ListRoutes(db, earlier, guard, features).routes(),
                        new MatchLogRoutes(log, db).routes(),
                        new StatsRoutes(log, db).routes(),
                        new JournalRoutes(db).routes(),
                        new ProposalRoutes(db, gate, earlier).routes(),
                        List.of(
                                new VerifyRoute(db, log).route(),
                                new CompareRoute(db).route(),
                                new DuplicatesRoute(db).route(),
                                new ForecastRoute(db, new Forecast(db, gate, records.uploads())).route(),
                                OpenApi.route(Dialect.NATIVE, "/openapi.json", OpenApi.document())))
                .flatMap(List::stream)
                .toList();
    }
}
