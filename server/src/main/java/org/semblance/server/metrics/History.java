package org.semblance.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The figures of the last hour, in steps of five seconds, so that whoever looks does not begin with an empty plot. A thread of its own
 * reads the meters that {@code /metrics} has; no request waits for it, and it keeps one number a step of each series.
 */
public final class History implements AutoCloseable {
    /** Between two readings. */
    public static final long STEP_MS = 5_000;

    private static final int STEPS = 720;

    /** Labels are route patterns and fixed words, so that there are never so many. */
    private static final int MOST_SERIES = 2_000;

    private static final double[] QUANTILES = {0.5, 0.99, 0.999};
    private static final Logger LOG = LoggerFactory.getLogger(History.class);

    private static final List<Source> SOURCES = List.of(
            new Source("requests_per_second", "1/s", "semblance.requests", Kind.RATE, History::statusClass),
            new Source("verdicts_per_second", "1/s", "semblance.requests", Kind.RATE, History::verdict),
            new Source("latency_ms", "ms", "semblance.request", Kind.QUANTILES, tag("route", "route")),
            new Source("stage_ms", "ms", "semblance.stage", Kind.MEAN, tag("stage", "stage")),
            new Source("queue_depth", "requests", "semblance.queue.depth", Kind.VALUE, pool("images")),
            new Source("queue_depth", "requests", "semblance.video.queue.depth", Kind.VALUE, pool("videos")),
            new Source("queue_limit", "requests", "semblance.queue.limit", Kind.VALUE, pool("images")),
            new Source("queue_limit", "requests", "semblance.video.queue.limit", Kind.VALUE, pool("videos")),
            new Source("refusals_per_second", "1/s", "semblance.refusals", Kind.RATE, tag("reason", "cause")),
            new Source("workers_busy", "workers", "semblance.workers.busy", Kind.VALUE, pool("images")),
            new Source("workers_busy", "workers", "semblance.video.workers.busy", Kind.VALUE, pool("videos")),
            new Source("decoders_busy", "processes", "semblance.decoders.busy", Kind.VALUE, tag("lane", "pool")),
            new Source(
                    "decoders_ended_per_minute",
                    "1/min",
                    "semblance.decoders.ended",
                    Kind.RATE_A_MINUTE,
                    tag("cause", "cause")),
            value("hashes", "hashes", "semblance.hashes"),
            value("features", "features", "semblance.features"),
            value("index_bytes", "bytes", "semblance.index.memory.bytes"),
            new Source("lag_changes", "changes", "semblance.lag.changes", Kind.VALUE, only("of", "index")),
            value("follow_lag_changes", "changes", "semblance.follow.lag.changes"),
            value("follow_lag_seconds", "s", "semblance.follow.lag.seconds"),
            new Source("commit_ms", "ms", "semblance.commit", Kind.QUANTILES, History::none),
            value("disk_free_bytes", "bytes", "semblance.storage.free.bytes"),
            new Source("catalog_bytes", "bytes", "semblance.storage.bytes", Kind.VALUE, only("file", "catalog")),
            new Source("heap_bytes", "bytes", "jvm.memory.used", Kind.VALUE, only("area", "heap")),
            value("resident_bytes", "bytes", "process.resident.memory.bytes"),
            new Source("gc_ms_per_second", "ms/s", "jvm.gc.pause", Kind.TIME_RATE, History::none),
            value("cpu_share", "share", "process.cpu.usage"),
            value("open_files", "files", "process.files.open"),
            value("connections", "connections", "semblance.connections"),
            value("body_bytes", "bytes", "semblance.body.bytes"),
            new Source("warnings_per_minute", "1/min", "logback.events", Kind.RATE_A_MINUTE, History::warning),
            value("list_version", "changes", "semblance.list.version"));

    private final MeterRegistry registry;
    private final InstantSource clock;
    private final LongSupplier nanoClock;
    private final long[] atMs = new long[STEPS];
    private final Map<Key, double[]> series = new LinkedHashMap<>();

    /** What each count came to at the reading before. */
    private final Map<Key, double[]> before = new HashMap<>();

    private long readings;
    private long lastNanos;
    private @Nullable ScheduledExecutorService thread;
    private boolean closed;

    /** How a meter becomes a number a step. */
    private enum Kind {
        VALUE,
        RATE,
        RATE_A_MINUTE,
        /** Milliseconds of a timer in a second. */
        TIME_RATE,
        /** Milliseconds of a timer each time. */
        MEAN,
        QUANTILES
    }

    /**
     * Where a series comes from.
     *
     * @param labels those of the series, by the tags of a meter; null if the meter is not of the series. Meters with equal labels are
     *     added up
     */
    private record Source(
            String name,
            String unit,
            String meter,
            Kind kind,
            Function<Meter.Id, @Nullable Map<String, String>> labels) {}

    private record Key(String name, String unit, Map<String, String> labels) {}

    /**
     * One line of a plot.
     *
     * @param values one a reading; not a number where there was none
     */
    public record Series(String name, String unit, Map<String, String> labels, double[] values) {}

    /**
     * All that is kept.
     *
     * @param atMs when each reading was taken, in milliseconds since 1970, the oldest first
     */
    public record Snapshot(long[] atMs, List<Series> series) {}

    History(MeterRegistry registry, InstantSource clock, LongSupplier nanoClock) {
        this.registry = registry;
        this.clock = clock;
        this.nanoClock = nanoClock;
    }

    /** Begins to read. */
    synchronized void start() {
        ScheduledExecutorService follower = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("history").factory());
        thread = follower;
        follower.scheduleAtFixedRate(this::readOrWarn, 0, STEP_MS, TimeUnit.MILLISECONDS);
    }

    private void readOrWarn() {
        try {
            read();
        } catch (RuntimeException e) {
            LOG.warn("the figures of this moment could not be read", e); // The next ones may be.
        }
    }

    /** Takes the next reading. */
    synchronized void read() {
        if (closed) {
            return;
        }
        long nanos = nanoClock.getAsLong();
        double seconds = (nanos - lastNanos) / 1e9;
        int slot = (int) (readings % STEPS);
        atMs[slot] = clock.millis();
        series.values().forEach(values -> values[slot] = Double.NaN);
        for (Source source : SOURCES) {
            Map<Map<String, String>, List<Meter>> groups = new LinkedHashMap<>();
            for (Meter meter : registry.find(source.meter).meters()) {
                Map<String, String> labels = source.labels.apply(meter.getId());
                if (labels != null) {
                    groups.computeIfAbsent(labels, unused -> new ArrayList<>()).add(meter);
                }
            }
            groups.forEach((labels, meters) -> read(source, labels, meters, seconds, slot));
        }
        lastNanos = nanos;
        readings++;
    }

    private void read(Source source, Map<String, String> labels, List<Meter> meters, double seconds, int slot) {
        Key key = new Key(source.name, source.unit, labels);
        switch (source.kind) {
            case VALUE -> put(key, slot, total(meters)[0]);
            case RATE -> putChange(key, meters, slot, change -> change[0] / seconds);
            case RATE_A_MINUTE -> putChange(key, meters, slot, change -> 60 * change[0] / seconds);
            case TIME_RATE -> putChange(key, meters, slot, change -> change[1] / seconds);
            case MEAN -> putChange(key, meters, slot, change -> change[0] == 0 ? Double.NaN : change[1] / change[0]);
            case QUANTILES -> {
                if (meters.getFirst() instanceof Timer timer) {
                    putQuantiles(key, timer, slot);
                }
            }
        }
    }

    /** The sum of values or counts, and of milliseconds. */
    private static double[] total(List<Meter> meters) {
        double[] total = new double[2];
        for (Meter meter : meters) {
            switch (meter) {
                case Gauge gauge -> total[0] += gauge.value();
                case Counter counter -> total[0] += counter.count();
                case FunctionCounter counter -> total[0] += counter.count();
                case Timer timer -> {
                    total[0] += timer.count();
                    total[1] += timer.totalTime(TimeUnit.MILLISECONDS);
                }
                case FunctionTimer timer -> {
                    total[0] += timer.count();
                    total[1] += timer.totalTime(TimeUnit.MILLISECONDS);
                }
                default -> {}
            }
        }
        return total;
    }

    private void putChange(Key key, List<Meter> meters, int slot, Function<double[], Double> value) {
        double[] now = total(meters);
        double[] change = change(key, now);
        if (change != null) {
            put(key, slot, value.apply(change));
        }
    }

    /** How much each number grew since the reading before. What was not there then began at 0; the first reading has no change. */
    private double @Nullable [] change(Key key, double[] now) {
        double[] then = before.put(key, now);
        if (readings == 0) {
            return null;
        }
        double[] change = new double[now.length];
        for (int i = 0; i < now.length; i++) {
            change[i] = Math.max(0, now[i] - (then == null ? 0 : then[i]));
        }
        return change;
    }

    private void putQuantiles(Key key, Timer timer, int slot) {
        CountAtBucket[] buckets = timer.takeSnapshot().histogramCounts();
        double[] counts = new double[buckets.length + 1];
        for (int i = 0; i < buckets.length; i++) {
            counts[i] = buckets[i].count();
        }
        counts[buckets.length] = timer.count();
        double[] change = change(key, counts);
        if (change == null || change[buckets.length] == 0) {
            return;
        }
        for (double quantile : QUANTILES) {
            Map<String, String> labels = new LinkedHashMap<>(key.labels);
            labels.put("quantile", Double.toString(quantile));
            put(new Key(key.name, key.unit, Map.copyOf(labels)), slot, quantile(buckets, change, quantile));
        }
    }

    /** Within a bucket as if times were spread evenly; beyond the last one its bound. */
    private static double quantile(CountAtBucket[] buckets, double[] change, double quantile) {
        double rank = quantile * change[buckets.length];
        double low = 0;
        double below = 0;
        for (int i = 0; i < buckets.length; i++) {
            double high = buckets[i].bucket(TimeUnit.MILLISECONDS);
            if (change[i] >= rank) {
                return low + (high - low) * (change[i] == below ? 1 : (rank - below) / (change[i] - below));
            }
            low = high;
            below = change[i];
        }
        return low;
    }

    private void put(Key key, int slot, double value) {
        double[] values = series.get(key);
        if (values == null) {
            if (series.size() == MOST_SERIES) {
                return;
            }
            values = new double[STEPS];
            Arrays.fill(values, Double.NaN);
            series.put(key, values);
        }
        values[slot] = value;
    }

    /** All readings that are kept, without series that have no value any more. */
    public synchronized Snapshot snapshot() {
        int count = (int) Math.min(readings, STEPS);
        int first = (int) ((readings - count) % STEPS);
        long[] at = new long[count];
        for (int i = 0; i < count; i++) {
            at[i] = atMs[(first + i) % STEPS];
        }
        List<Series> all = new ArrayList<>();
        series.forEach((key, ring) -> {
            double[] values = new double[count];
            for (int i = 0; i < count; i++) {
                values[i] = ring[(first + i) % STEPS];
            }
            if (Arrays.stream(values).anyMatch(Double::isFinite)) {
                all.add(new Series(key.name, key.unit, key.labels, values));
            }
        });
        return new Snapshot(at, all);
    }

    // Which meters a series is of

    private static Source value(String name, String unit, String meter) {
        return new Source(name, unit, meter, Kind.VALUE, History::none);
    }

    private static Map<String, String> none(Meter.Id id) {
        return Map.of();
    }

    private static Function<Meter.Id, @Nullable Map<String, String>> pool(String pool) {
        return id -> Map.of("pool", pool);
    }

    private static Function<Meter.Id, @Nullable Map<String, String>> tag(String tag, String label) {
        return id -> {
            String value = id.getTag(tag);
            return value == null ? null : Map.of(label, value);
        };
    }

    private static Function<Meter.Id, @Nullable Map<String, String>> only(String tag, String value) {
        return id -> value.equals(id.getTag(tag)) ? Map.of() : null;
    }

    private static @Nullable Map<String, String> statusClass(Meter.Id id) {
        String status = id.getTag("status");
        return status == null || status.isEmpty() ? null : Map.of("status", status.charAt(0) + "xx");
    }

    private static @Nullable Map<String, String> verdict(Meter.Id id) {
        String verdict = id.getTag("verdict");
        return verdict == null || verdict.equals("none") ? null : Map.of("verdict", verdict);
    }

    private static @Nullable Map<String, String> warning(Meter.Id id) {
        String level = id.getTag("level");
        return "warn".equals(level) || "error".equals(level) ? Map.of() : null;
    }

    /** Ends the readings. When this returns none is under way, so that what is measured may close. */
    @Override
    public synchronized void close() {
        closed = true;
        if (thread != null) {
            thread.shutdownNow();
        }
    }
}
