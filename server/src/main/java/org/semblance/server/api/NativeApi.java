package org.semblance.server.api;

import java.util.List;
import java.util.stream.Stream;
import org.semblance.hashdb.HashDb;
import org.semblance.server.auth.Gate;
import org.semblance.server.http.Dialect;
import org.semblance.server.route.OpenApi;
import org.semblance.server.route.Route;

/** The native dialect: every route of {@code /v1}, and its description. */
public final class NativeApi {
    private NativeApi() {}

    /** @param features whether local features are banked and looked up */
    public static List<Route> routes(HashDb db, Gate gate, boolean features) {
        return Stream.of(
                        new MatchRoutes(db, features).routes(),
                        new LookupRoutes(db, features).routes(),
                        List.of(new CompareRoute(db).route()),
                        new BankRoutes(db).routes(),
                        new ContentRoutes(db, features).routes(),
                        new ListRoutes(db).routes(),
                        new AuditRoutes(db, gate).routes(),
                        List.of(OpenApi.route(Dialect.NATIVE, "/openapi.json", OpenApi.document())))
                .flatMap(List::stream)
                .toList();
    }
}
