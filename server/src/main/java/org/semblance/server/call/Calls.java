package org.semblance.server.call;

import java.util.Locale;
import java.util.Objects;
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

/** What all calls share: the routes they are answered by, the workers, and the budgets and limits that hold for all of them. */
public final class Calls implements AutoCloseable {
    private final ServerConfig config;
    private final Lifecycle lifecycle;
    private final Gate gate;
    private final Metrics metrics;
    private final Refusals refusals;
    private final ByteBudget budget;
    private final HostNames hostNames;
    private final Fetcher fetcher;
    private volatile Serving serving;

    /**
     * What answers requests.
     *
     * @param workers does all but what is asked of videos; null while there is no route for it
     * @param videoWorkers does that; likewise
     * @param uploads takes what is too large for memory; likewise
     */
    private record Serving(
            Router router,
            @Nullable WorkerPool<Worker> workers,
            @Nullable WorkerPool<Worker> videoWorkers,
            @Nullable SpillFolder uploads) {}

    /**
     * Answers by those routes, which need no worker, until {@link #serve}.
     *
     * @param first tells how the server is, and refuses all else for now
     */
    public Calls(
            ServerConfig config, Router first, Lifecycle lifecycle, Gate gate, Metrics metrics, Refusals refusals) {
        this.config = config;
        this.lifecycle = lifecycle;
        this.gate = gate;
        this.metrics = metrics;
        this.refusals = refusals;
        serving = new Serving(first, null, null, null);
        budget = new ByteBudget(config.maxBodyBytesInFlight());
        hostNames = new HostNames(config.bindAddress(), config.hostNames());
        fetcher = new Fetcher(new FetchSettings(
                config.fetchHosts(), config.fetchTimeoutMs(), config.maxFetches(), config.maxFetchesPerSecond()));
        measureFetches(null, "fetched");
        for (FetchFailedException.Reason reason : FetchFailedException.Reason.values()) {
            measureFetches(reason, reason.name().toLowerCase(Locale.ROOT));
        }
        metrics.gauge("semblance.body.bytes", "Bytes of bodies that are received or worked on", budget::used);
    }

    private void measureFetches(FetchFailedException.@Nullable Reason reason, String outcome) {
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
        serving = new Serving(router, workers, videoWorkers, uploads);
    }

    ServerConfig config() {
        return config;
    }

    Router router() {
        return serving.router;
    }

    WorkerPool<Worker> workers() {
        return Objects.requireNonNull(serving.workers);
    }

    WorkerPool<Worker> videoWorkers() {
        return Objects.requireNonNull(serving.videoWorkers);
    }

    Lifecycle lifecycle() {
        return lifecycle;
    }

    Gate gate() {
        return gate;
    }

    Metrics metrics() {
        return metrics;
    }

    /** What bodies hold in memory. */
    public ByteBudget budget() {
        return budget;
    }

    /** Where large uploads are; once there are routes that take them. */
    public SpillFolder uploads() {
        return Objects.requireNonNull(serving.uploads);
    }

    /** The names by which it may be asked without a key. */
    HostNames hostNames() {
        return hostNames;
    }

    /** Brings the files that requests give the URL of. */
    Fetcher fetcher() {
        return fetcher;
    }

    Refusals refusals() {
        return refusals;
    }

    /** Once no wire brings requests any more. */
    @Override
    public void close() {
        refusals.report();
        fetcher.close();
        SpillFolder uploads = serving.uploads;
        if (uploads != null) {
            uploads.close();
        }
    }
}
