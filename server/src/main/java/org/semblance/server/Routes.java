package org.semblance.server;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.semblance.hashdb.HashDb;
import org.semblance.server.api.NativeApi;
import org.semblance.server.api.OperatorRoutes;
import org.semblance.server.auth.Gate;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.console.ConsoleRoutes;
import org.semblance.server.console.SessionRoutes;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.flood.FloodControl;
import org.semblance.server.hma.HmaApi;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Phase;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.ops.KeyRoutes;
import org.semblance.server.ops.OpsRoutes;
import org.semblance.server.peer.SnapshotRoutes;
import org.semblance.server.recent.EarlierUploads;
import org.semblance.server.record.Records;
import org.semblance.server.record.VerdictRecorder;
import org.semblance.server.route.Route;
import org.semblance.server.route.Router;

/** The routes of a server. */
final class Routes {
    private Routes() {}

    /** The routes that report the state of the server while the database is opened; every other path is refused. */
    static Router whileOpening(Metrics metrics, Supplier<Phase> phase) {
        return new Router(
                new OperatorRoutes(metrics, phase, null, () -> null).routes(),
                Routes::dialect,
                () -> HttpError.busy("the database is being opened"));
    }

    /** The dialect of a path, whether a route exists for it or not. */
    static Dialect dialect(String path) {
        return HmaApi.has(path) ? Dialect.HMA : Dialect.NATIVE;
    }

    /** Every route of both dialects, and those of the console's sessions. */
    static List<Route> all(
            ServerConfig config,
            HashDb db,
            Records records,
            Exchanges exchanges,
            Gate gate,
            Metrics metrics,
            Supplier<Phase> phase) {
        FloodControl flood = FloodControl.of(config, db, metrics);
        EarlierUploads earlier = new EarlierUploads(db, gate, records.uploads(), records.webhook());
        VerdictRecorder verdicts = new VerdictRecorder(records.log(), records.uploads(), flood);
        List<Route> routes =
                new ArrayList<>(NativeApi.routes(db, records, gate, verdicts, flood, earlier, config.features()));
        routes.addAll(new OperatorRoutes(metrics, phase, db, CatalogHealth.of(db, config)).routes());
        routes.addAll(new KeyRoutes(gate).routes());
        routes.addAll(new SnapshotRoutes(config.dataFolder()).routes());
        routes.addAll(new OpsRoutes(metrics.history(), config.dataFolder()).routes());
        routes.addAll(new HmaApi(db, verdicts, earlier, records.guard(), exchanges, config).routes());
        if (config.console()) {
            routes.addAll(new SessionRoutes(gate).routes());
        }
        return routes;
    }

    /** The pages of the console, if it is switched on; they are no part of the API. */
    static List<Route> pages(ServerConfig config) {
        return config.console() ? new ConsoleRoutes().routes() : List.of();
    }
}
