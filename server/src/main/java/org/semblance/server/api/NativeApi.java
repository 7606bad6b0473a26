package org.semblance.server.api;

import java.util.List;
import java.util.stream.Stream;
import org.semblance.hashdb.HashDb;
import org.semblance.server.auth.Gate;
import org.semblance.server.flood.FloodControl;
import org.semblance.server.http.Dialect;
import org.semblance.server.recent.EarlierUploads;
import org.semblance.server.recent.Forecast;
import org.semblance.server.recent.UploadMemory;
import org.semblance.server.route.OpenApi;
import org.semblance.server.route.Route;

/** The native dialect: every route of {@code /v1}, and its description. */
public final class NativeApi {
    private NativeApi() {}

    /**
     * The routes.
     *
     * @param uploads remembers what is looked up
     * @param flood counts what matches
     * @param earlier finds what shows a content that is banked
     * @param features whether local features are banked and looked up
     */
    public static List<Route> routes(
            HashDb db, Gate gate, UploadMemory uploads, FloodControl flood, EarlierUploads earlier, boolean features) {
        return Stream.of(
                        new MatchRoutes(db, uploads, flood, features).routes(),
                        new LookupRoutes(db, uploads, flood, features).routes(),
                        List.of(new CompareRoute(db).route()),
                        new BankRoutes(db).routes(),
                        new ContentRoutes(db, gate, flood, earlier, features).routes(),
                        new ListRoutes(db).routes(),
                        new AuditRoutes(db, gate).routes(),
                        List.of(
                                new ForecastRoute(db, new Forecast(db, gate, uploads)).route(),
                                OpenApi.route(Dialect.NATIVE, "/openapi.json", OpenApi.document())))
                .flatMap(List::stream)
                .toList();
    }
}
