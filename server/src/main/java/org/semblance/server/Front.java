package org.semblance.server;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.server.auth.Gate;
import org.semblance.server.body.SpillFolder;
import org.semblance.server.call.Call;
import org.semblance.server.call.Calls;
import org.semblance.server.call.ListVersions;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.Lifecycle;
import org.semblance.server.http.Phase;
import org.semblance.server.http.Refusals;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.route.Route;
import org.semblance.server.route.Router;
import org.semblance.server.wire.HttpTransport;

/** The side of a server that clients reach: the port, and the calls that come through it. */
record Front(
        ServerConfig config, Gate gate, Metrics metrics, Lifecycle lifecycle, Calls calls, HttpTransport transport) {
    /**
     * Listens. Until {@link #serve}, the front reports the state of the server and refuses every other request.
     *
     * @throws IOException if it cannot listen where it is told to
     */
    static Front open(ServerConfig config, Gate gate, Metrics metrics, Opening opening) throws IOException {
        Lifecycle lifecycle = new Lifecycle();
        metrics.gauge(
                "semblance.ready",
                "1 while requests are answered, a decoder has begun, and the server is not about to stop",
                () -> lifecycle.told() == Phase.READY ? 1 : 0);
        Refusals refusals = new Refusals(metrics);
        Router first = Routes.whileOpening(metrics, lifecycle::told);
        Calls calls = opening.add(Calls.open(config, first, lifecycle, gate, metrics, refusals));
        HttpTransport transport = new HttpTransport(
                config,
                (wire, head, beganNanos) -> new Call(calls, wire, head, beganNanos),
                lifecycle,
                refusals,
                metrics);
        opening.add(() -> transport.close(Duration.ofSeconds(1)));
        return new Front(config, gate, metrics, lifecycle, calls, transport);
    }

    /**
     * Begins to answer, in both dialects.
     *
     * @throws IOException if large uploads cannot be stored where the settings say
     */
    void serve(Backend backend) throws IOException {
        Supplier<@Nullable String> behind = CatalogHealth.of(backend.db(), config);
        List<Route> routes = new ArrayList<>(Routes.all(
                config, backend.db(), backend.records(), backend.exchanges(), gate, metrics, lifecycle::told));
        routes.addAll(Routes.pages(config));
        Router router = new Router(routes, Routes::dialect);
        calls.serve(
                router, versions(backend.db()), backend.workers(), backend.videoWorkers(), SpillFolder.open(config));
        lifecycle.ready(() -> backend.decoders().haveBegun() && behind.get() == null);
    }

    private static ListVersions versions(HashDb db) {
        return new ListVersions() {
            @Override
            public long seen() {
                return db.seq();
            }

            @Override
            public Runnable whenSeen(long version, Runnable task) {
                return db.whenSeen(version, task);
            }
        };
    }

    /** Finishes or cuts off all requests, and closes the port. The workers must still be running. */
    void close(Duration atMost) {
        transport.close(atMost);
        calls.close();
    }
}
