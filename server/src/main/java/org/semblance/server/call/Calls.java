package org.semblance.server.call;

import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.HostNames;
import org.semblance.server.body.ByteBudget;
import org.semblance.server.body.SpillFolder;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.fetch.FetchFailedException;
import org.semblance.server.fetch.FetchSettings;
import org.semblance.server.fetch.Fetcher;
import org.semblance.server.http.Lifecycle;
import org.semblance.server.http.Refusals;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.route.Router;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;

/**
 * The parts that all calls share.
 *
 * @param budget of the memory of all bodies
 * @param hostNames the names under which the server may be asked without a key
 * @param fetcher fetches the files that requests give the URL of
 * @param serving the routes, and what they need, as of now
 */
public record Calls(
        ServerConfig config,
        Lifecycle lifecycle,
        Gate gate,
        Metrics metrics,
        Refusals refusals,
        ByteBudget budget,
        HostNames hostNames,
        Fetcher fetcher,
        AtomicReference<Serving> serving)
        implements AutoCloseable {
    /**
     * The routes that answer, and what they need. All but the router is null until {@link #serve}.
     *
     * @param workers do all work but that on videos
     * @param uploads takes bodies that are too large for memory
     */
    record Serving(
            Router router,
            @Nullable ListVersions versions,
            @Nullable WorkerPool<Worker> workers,
            @Nullable WorkerPool<Worker> videoWorkers,
            @Nullable SpillFolder uploads) {}

    /**
     * Makes ready for calls.
     *
     * @param first routes until {@link #serve}; its routes must need no worker
     */
    public static Calls open(
            ServerConfig config, Router first, Lifecycle lifecycle, Gate gate, Metrics metrics, Refusals refusals) {
        ByteBudget budget = new ByteBudget(config.maxBodyBytesInFlight());
        metrics.gauge("semblance.body.bytes", "Bytes of bodies that are received or worked on", budget::used);
        Fetcher fetcher = new Fetcher(new FetchSettings(
                config.fetchHosts(), config.fetchTimeoutMs(), config.maxFetches(), config.maxFetchesPerSecond()));
        measure(metrics, fetcher, null, "fetched");
        for (FetchFailedException.Reason reason : FetchFailedException.Reason.values()) {
            measure(metrics, fetcher, reason, reason.name().toLowerCase(Locale.ROOT));
        }
        return new Calls(
                config,
                lifecycle,
                gate,
                metrics,
                refusals,
                budget,
                new HostNames(config.bindAddress(), config.hostNames()),
                fetcher,
                new AtomicReference<>(new Serving(first, null, null, null, null)));
    }

    private static void measure(
            Metrics metrics, Fetcher fetcher, FetchFailedException.@Nullable Reason reason, String outcome) {
        metrics.counter(
                "semblance.fetches",
                "URLs that clients gave to be fetched, by what became of it",
                () -> fetcher.count(reason),
                "outcome",
                outcome);
    }

    /**
     * Answers by these routes from now on.
     *
     * @param versions of the list that the routes ask
     * @param workers do all work but that on videos
     * @param uploads takes bodies that are too large for memory; owned from now on
     */
    public void serve(
            Router router,
            ListVersions versions,
            WorkerPool<Worker> workers,
            WorkerPool<Worker> videoWorkers,
            SpillFolder uploads) {
        metrics.gauge("semblance.queue.depth", "Requests that wait for a worker", workers::queued);
        metrics.gauge("semblance.video.queue.depth", "Videos that wait for a worker", videoWorkers::queued);
        metrics.gauge("semblance.queue.limit", "Most requests that wait for a worker", config::workQueueLimit);
        metrics.gauge("semblance.video.queue.limit", "Most videos that wait for a worker", config::videoQueueLimit);
        metrics.gauge("semblance.workers.busy", "Workers that have a request", workers::busy);
        metrics.gauge("semblance.video.workers.busy", "Workers that have a video", videoWorkers::busy);
        metrics.gauge(
                "semblance.upload.folder.bytes",
                "Bytes of the files of large uploads",
                () -> uploads.budget().used());
        serving.set(new Serving(router, versions, workers, videoWorkers, uploads));
    }

    /** The routes that answer at the moment. */
    public Router router() {
        return serving.get().router;
    }

    ListVersions versions() {
        return Objects.requireNonNull(serving.get().versions);
    }

    WorkerPool<Worker> workers() {
        return Objects.requireNonNull(serving.get().workers);
    }

    WorkerPool<Worker> videoWorkers() {
        return Objects.requireNonNull(serving.get().videoWorkers);
    }

    /** Takes bodies that are too large for memory; only after {@link #serve}. */
    public SpillFolder uploads() {
        return Objects.requireNonNull(serving.get().uploads);
    }

    /** Ends the fetches and removes the uploads. The transport must be closed. */
    @Override
    public void close() {
        refusals.report();
        fetcher.close();
        SpillFolder uploads = serving.get().uploads;
        if (uploads != null) {
            uploads.close();
        }
    }
}
