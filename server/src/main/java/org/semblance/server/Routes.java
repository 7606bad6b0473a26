package org.semblance.server;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.semblance.hashdb.HashDb;
import org.semblance.server.api.NativeApi;
import org.semblance.server.api.OperatorRoutes;
import org.semblance.server.auth.Gate;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.hma.HmaApi;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Phase;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.route.Route;
import org.semblance.server.route.Router;

/** By which routes a server answers. */
final class Routes {
    private Routes() {}

    /** Those that tell how the server is; all else is refused until the database is open. */
    static Router whileOpening(Metrics metrics, Supplier<Phase> phase) {
        return new Router(
                new OperatorRoutes(metrics, phase, null).routes(),
                Routes::dialect,
                () -> HttpError.busy("the database is being opened"));
    }

    /** The dialect of a path, whether a route exists for it or not. */
    static Dialect dialect(String path) {
        return HmaApi.has(path) ? Dialect.HMA : Dialect.NATIVE;
    }

    /** Those of both dialects. */
    static List<Route> all(
            ServerConfig config, HashDb db, Exchanges exchanges, Gate gate, Metrics metrics, Supplier<Phase> phase) {
        List<Route> routes = new ArrayList<>(NativeApi.routes(db, gate, config.features()));
        routes.addAll(new OperatorRoutes(metrics, phase, db).routes());
        routes.addAll(new HmaApi(db, exchanges, config).routes());
        return routes;
    }
}
