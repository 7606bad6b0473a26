package org.semblance.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.server.metrics.RequestTrace.Stage;

/**
 * All that is counted of a server. Safe for many threads; counting takes no lock.
 *
 * <p>Labels are route patterns, statuses, verdicts, names of keys and fixed words: nothing that a client sends becomes one, so that
 * nobody can make series without end, and no hash leaves by them.
 */
public final class Metrics implements AutoCloseable {
    /** What {@link #scrape} returns. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /** From a lookup's tens of microseconds to the default deadline of 10 s, three buckets a decade. */
    private static final Duration[] BUCKETS = LongStream.of(
                    50,
                    100,
                    250,
                    500,
                    1_000,
                    2_500,
                    5_000,
                    10_000,
                    25_000,
                    50_000,
                    100_000,
                    250_000,
                    500_000,
                    1_000_000,
                    2_500_000,
                    5_000_000,
                    10_000_000)
            .mapToObj(micros -> Duration.ofNanos(micros * 1_000))
            .toArray(Duration[]::new);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ProcessMetrics process = new ProcessMetrics(registry);
    private final DatabaseMetrics database = new DatabaseMetrics(registry, BUCKETS);
    private final History history = new History(registry, InstantSource.system(), System::nanoTime);
    private final Map<Outcome, Counter> requests = new ConcurrentHashMap<>();
    private final Map<String, Timer> routes = new ConcurrentHashMap<>();
    private final Map<String, Counter> refusals = new ConcurrentHashMap<>();
    private final KeyMetrics keys = new KeyMetrics(registry);
    private final Map<Stage, Timer> stages = new EnumMap<>(Stage.class);

    /** Kept here, since Micrometer lets go of whoever keeps a count. */
    private final List<LongSupplier> counts = new CopyOnWriteArrayList<>();

    private record Outcome(String method, String route, int status, String verdict) {}

    /** Counts nothing yet but what the JVM tells of itself. */
    public Metrics() {
        for (Stage stage : Stage.values()) {
            stages.put(
                    stage,
                    Timer.builder("semblance.stage")
                            .description("Time of a request by what it was spent on")
                            .tag("stage", stage.label())
                            .serviceLevelObjectives(BUCKETS)
                            .register(registry));
        }
    }

    /** Counts what a database does, and is given to it when it is opened. */
    public DatabaseEvents databaseEvents() {
        return database;
    }

    /** Tells how the database is, from now on. */
    public void watch(HashDb db, Path dataFolder) {
        database.watch(db::state, dataFolder);
        if (db.followState().shared()) {
            gauge(
                    "semblance.follow.lag.changes",
                    "Changes of other nodes that this one has not taken in yet, as far as it knows",
                    () -> db.followState().behind());
            gauge(
                    "semblance.follow.lag.seconds",
                    "For how long this node may have been behind the catalog; 0 if it has all",
                    () -> db.followState().lag().toMillis() / 1000.0);
            gauge(
                    "semblance.follow.reachable",
                    "1 if the catalog answered when this node last asked",
                    () -> db.followState().reachable() ? 1 : 0);
        }
    }

    /** A value that is asked for at each scrape; the name has dots and ends with its unit, if it has one. */
    public void gauge(String name, String help, Supplier<Number> value) {
        gauge(name, help, value, new String[0]);
    }

    /** A value of several that share a name; the tags are pairs of a name and one of a few fixed words. */
    public void gauge(String name, String help, Supplier<Number> value, String... tags) {
        Gauge.builder(name, value).description(help).tags(tags).register(registry);
    }

    /** A count that somebody else keeps, and that is asked for at each scrape. */
    public void counter(String name, String help, LongSupplier value, String... tags) {
        counts.add(value);
        FunctionCounter.builder(name, value, LongSupplier::getAsLong)
                .description(help)
                .tags(tags)
                .register(registry);
    }

    /** Times that somebody else keeps: how often something took place, and how long in all. */
    public void timer(String name, String help, LongSupplier count, LongSupplier nanos) {
        counts.add(count);
        counts.add(nanos);
        FunctionTimer.builder(name, count, LongSupplier::getAsLong, unused -> nanos.getAsLong(), TimeUnit.NANOSECONDS)
                .description(help)
                .register(registry);
    }

    /**
     * A request was answered and its answer sent.
     *
     * @param method of the route, or {@code none}
     * @param route the pattern, or {@code none} if there is no route
     * @param totalNanos from its first byte to the end of its answer
     */
    public void answered(String method, String route, int status, RequestTrace trace, long totalNanos) {
        requests.computeIfAbsent(new Outcome(method, route, status, trace.verdictLabel()), this::counter)
                .increment();
        routes.computeIfAbsent(route, this::timer).record(totalNanos, TimeUnit.NANOSECONDS);
        stages.forEach((stage, timer) -> {
            long nanos = trace.nanos(stage);
            if (nanos >= 0) {
                timer.record(nanos, TimeUnit.NANOSECONDS);
            }
        });
    }

    private Counter counter(Outcome outcome) {
        return Counter.builder("semblance.requests")
                .description("Requests that were answered")
                .tag("method", outcome.method)
                .tag("route", outcome.route)
                .tag("status", Integer.toString(outcome.status))
                .tag("verdict", outcome.verdict)
                .register(registry);
    }

    private Timer timer(String route) {
        return Timer.builder("semblance.request")
                .description("Time from the first byte of a request to the end of its answer")
                .tag("route", route)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    /**
     * A worker has worked on a request.
     *
     * @param key the name of the key that the request came with, or null
     */
    public void worked(@Nullable String key, long waitedNanos, long nanos) {
        keys.worked(key, waitedNanos, nanos);
    }

    /** A request or connection was refused for lack of capacity or of a key. */
    public void refused(String reason) {
        refusals.computeIfAbsent(
                        reason,
                        why -> Counter.builder("semblance.refusals")
                                .description("Requests and connections refused for lack of capacity or of a key")
                                .tag("reason", why)
                                .register(registry))
                .increment();
    }

    /** Keeps the figures of the last hour from now on; to be closed before what is measured. */
    public History keepHistory() {
        history.start();
        return history;
    }

    /** The figures of the last hour. */
    public History history() {
        return history;
    }

    /** All of it as Prometheus text. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        history.close();
        process.close();
        registry.close();
    }
}
