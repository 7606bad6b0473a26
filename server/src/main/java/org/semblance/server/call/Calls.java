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
 * What all calls share.
 *
 * @param budget what bodies hold in memory
 * @param hostNames the names by which it may be asked without a key
 * @param fetcher brings the files that requests give the URL of
 * @param serving what answers now
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
     * What answers requests.
     *
     * @param workers does all but what is asked of videos; null while there is no route for it
     * @param videoWorkers does that; likewise
     * @param uploads takes what is too large for memory; likewise
     */
    record Serving(
            Router router,
            @Nullable WorkerPool<Worker> workers,
            @Nullable WorkerPool<Worker> videoWorkers,
            @Nullable SpillFolder uploads) {}

    /**
     * Answers by those routes, which need no worker, until {@link #serve}.
     *
     * @param first tells how the server is, and refuses all else for now
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
                new AtomicReference<>(new Serving(first, null, null, null)));
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
     * Answers by those routes from now on.
     *
     * @param workers does all but what is asked of videos
     * @param videoWorkers does that
     * @param uploads takes what is too large for memory; owned from now on
     */
    public void serve(Router router, WorkerPool<Worker> workers, WorkerPool<Worker> videoWorkers, SpillFolder uploads) {
        metrics.gauge("semblance.queue.depth", "Requests that wait for a worker", workers::queued);
        metrics.gauge("semblance.video.queue.depth", "Videos that wait for a worker", videoWorkers::queued);
        metrics.gauge("semblance.workers.busy", "Workers that have a request", workers::busy);
        metrics.gauge("semblance.video.workers.busy", "Workers that have a video", videoWorkers::busy);
        metrics.gauge(
                "semblance.upload.folder.bytes",
                "Bytes of the files of large uploads",
                () -> uploads.budget().used());
        serving.set(new Serving(router, workers, videoWorkers, uploads));
    }

    Router router() {
        return serving.get().router;
    }

    WorkerPool<Worker> workers() {
        return Objects.requireNonNull(serving.get().workers);
    }

    WorkerPool<Worker> videoWorkers() {
        return Objects.requireNonNull(serving.get().videoWorkers);
    }

    /** Where large uploads are; once there are routes that take them. */
    public SpillFolder uploads() {
        return Objects.requireNonNull(serving.get().uploads);
    }

    /** Once no wire brings requests any more. */
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
