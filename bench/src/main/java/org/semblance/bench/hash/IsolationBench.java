package org.semblance.bench.hash;

import static org.semblance.bench.harness.Report.print;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Clients;
import org.semblance.bench.harness.Counts;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.harness.Times;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.worker.DecodeWorkers;
import org.semblance.engine.worker.WorkerSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * What it costs to decode in worker processes: a JPEG of 1 megapixel from bytes to its PDQ hash, by them and in this process
 * by turns, so that both see the same machine.
 *
 * <p>In each round both are measured with one thread, for the times, and with several, for the rate. What counts are the medians over
 * the rounds.
 */
public final class IsolationBench {
    private static final double MOST_MORE_MS = 1;
    private static final double LEAST_RATE = 0.9;
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final ByteBuffer photo = Photos.clouds(1_000, 1_000);

    /** Where the decoding happens. */
    private enum Where {
        HERE,
        WORKERS
    }

    /** Of all rounds: medians in milliseconds, and hashes a second. */
    private record Samples(List<Double> medians, List<Double> rates) {
        Samples() {
            this(new ArrayList<>(), new ArrayList<>());
        }
    }

    @Command(
            name = "isolation",
            description = {
                "Hashes a JPEG of 1 megapixel in worker processes and in this process, by turns.",
                "Fails if the workers take more than 1 ms longer in the median, or have less than 90 %% of the rate."
            })
    static int measure(
            @Parameters(description = "How often each is measured.") int rounds,
            @Parameters(description = "Length of a measurement.") int seconds,
            @Parameters(arity = "0..1", description = "Threads for the rate (default: one for each processor).")
                    @Nullable
                    Integer threads)
            throws InterruptedException {
        int several = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        return new IsolationBench().run(rounds, seconds, several) ? 0 : 1;
    }

    private boolean run(int rounds, int seconds, int threads) throws InterruptedException {
        Samples here = new Samples();
        Samples there = new Samples();
        long nanos = TimeUnit.SECONDS.toNanos(seconds);
        try (DecodeWorkers workers = new DecodeWorkers(WorkerSettings.images(threads, MediaLimits.DEFAULT))) {
            workers.start(threads);
            for (Where where : Where.values()) {
                measure(where, workers, threads, WARM_UP_NANOS);
            }
            for (int round = 1; round <= rounds; round++) {
                for (Where where : Where.values()) {
                    Times taken = measure(where, workers, 1, nanos);
                    double rate = measure(where, workers, threads, nanos).size() / (double) seconds;
                    Samples samples = where == Where.HERE ? here : there;
                    samples.medians.add(taken.percentile(0.5));
                    samples.rates.add(rate);
                    print(
                            "round %d, %-7s  1 thread: p50 %.3f ms, p99 %.3f ms; %d threads: %.1f/s",
                            round,
                            where.name().toLowerCase(Locale.ROOT),
                            taken.percentile(0.5),
                            taken.percentile(0.99),
                            threads,
                            rate);
                }
            }
        }
        double more = median(there.medians) - median(here.medians);
        double share = median(there.rates) / median(here.rates);
        boolean good = more <= MOST_MORE_MS && share >= LEAST_RATE;
        print(
                "JPEG of 1 megapixel, %d kB: workers take %+.3f ms in the median (at most %.1f), and have %.1f %% of the"
                        + " rate (at least %.0f): %s",
                photo.remaining() / 1_000,
                more,
                MOST_MORE_MS,
                100 * share,
                100 * LEAST_RATE,
                good ? "good" : "too much");
        return good;
    }

    private static double median(List<Double> values) {
        return Times.median(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private Times measure(Where where, DecodeWorkers workers, int threads, long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        return Clients.run(Thread.ofPlatform().factory(), threads, new Counts(), (number, times) -> {
            try (ContentHasher hasher = where == Where.HERE
                    ? new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST)
                    : workers.hasher(DecodePath.FAST)) {
                hashUntil(end, hasher, times);
            }
        });
    }

    private void hashUntil(long end, ContentHasher hasher, Times times) {
        for (long start = System.nanoTime(); start < end; start = System.nanoTime()) {
            Deadline deadline = Deadline.after(DEADLINE);
            HashReport report = hasher.hash(new HashRequest(
                    MediaSource.of(photo.duplicate()),
                    List.of(),
                    HashRequest.ONCE_A_SECOND,
                    HashRequest.Variants.NONE,
                    null,
                    deadline,
                    deadline,
                    start));
            if (report.failure() != null) {
                throw new IllegalStateException(report.reason());
            }
            times.addSince(start);
        }
    }
}
