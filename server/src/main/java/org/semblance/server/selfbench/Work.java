package org.semblance.server.selfbench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** A kind of work, and what was measured of it so far. One that fails is left out from then on, and keeps its figures. */
final class Work {
    /** One round in so many counts for a rate. */
    private static final int BEST_SHARE = 4;

    private final String name;
    private final String what;
    private final int pieces;
    private final Call call;
    private final @Nullable Double recall;
    private final Histogram nanos = new Histogram(TimeUnit.HOURS.toNanos(1), 3);
    private final List<Double> rates = new ArrayList<>();
    private @Nullable String failure;

    /** Does the work once. */
    interface Call {
        void run() throws IOException, InterruptedException;
    }

    /** @param pieces how many of what is counted a call does */
    Work(String name, String what, int pieces, @Nullable Double recall, Call call) {
        this.name = name;
        this.what = what;
        this.pieces = pieces;
        this.recall = recall;
        this.call = call;
    }

    /** Calls for so long, at least once, unless it has failed before. */
    void round(long roundMs, boolean isMeasured) throws InterruptedException {
        if (failure != null) {
            return;
        }
        long start = System.nanoTime();
        long end = start + TimeUnit.MILLISECONDS.toNanos(roundMs);
        long now = start;
        long calls = 0;
        do {
            try {
                call.run();
            } catch (IOException | RuntimeException e) {
                failure = SelfBench.reason(e);
                return;
            }
            long then = now;
            now = System.nanoTime();
            calls++;
            if (isMeasured) {
                nanos.recordValue(Math.min(now - then, nanos.getHighestTrackableValue()));
            }
        } while (now < end);
        if (isMeasured) {
            rates.add(calls * pieces / ((now - start) / 1e9));
        }
    }

    /** What it is, and why it was given up; empty if it was not. */
    Optional<String> failure() {
        String why = failure;
        return why == null ? Optional.empty() : Optional.of(what + ": " + why);
    }

    /** Of all rounds that were measured; empty if there was none. */
    Optional<Figure> figure() {
        if (rates.isEmpty()) {
            return Optional.empty();
        }
        double[] sorted = rates.stream().mapToDouble(r -> r).sorted().toArray();
        int best = sorted.length - Math.ceilDiv(sorted.length, BEST_SHARE);
        return Optional.of(new Figure(
                name,
                what,
                median(sorted, best, sorted.length),
                median(sorted, 0, sorted.length),
                percentile(50),
                percentile(99),
                percentile(99.9),
                recall));
    }

    private static double median(double[] sorted, int first, int end) {
        return (sorted[(first + end - 1) / 2] + sorted[(first + end) / 2]) / 2;
    }

    private double percentile(double percent) {
        return nanos.getValueAtPercentile(percent) / 1e3;
    }
}
