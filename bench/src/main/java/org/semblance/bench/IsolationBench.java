package org.semblance.bench;

import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
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

/**
 * What it costs to decode in worker processes: a JPEG of 1 megapixel from bytes to its PDQ hash, by them and in this process
 * by turns, so that both see the same machine.
 *
 * <p>{@code IsolationBench ROUNDS SECONDS [THREADS]}: in each round both are measured for so long with one thread, for the
 * times, and with so many (one for each processor, unless it is said), for the rate. What counts are the medians over the
 * rounds. Fails with exit status 1 if the workers take more than 1 ms longer in the median, or have less than 90 % of the
 * rate.
 */
public final class IsolationBench {
    private static final double MOST_MORE_MS = 1;
    private static final double LEAST_RATE = 0.9;
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final PrintStream out = System.out;
    private final ByteBuffer photo = ImageBenchmark.photo(1_000, 1_000);

    /** Where the decoding happens. */
    private enum Where {
        HERE,
        WORKERS
    }

    /** Milliseconds. */
    private record Times(double p50, double p99) {}

    /** Of all rounds. */
    private record Samples(List<Times> times, List<Double> rates) {
        Samples() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        double medianMs() {
            return median(times.stream().map(Times::p50).toList());
        }
    }

    /** Measures, prints and judges. */
    public static void main(String[] args) throws Exception {
        Usage.require(args, 2, "ROUNDS SECONDS [THREADS]");
        int threads = args.length > 2
                ? Integer.parseInt(args[2])
                : Runtime.getRuntime().availableProcessors();
        boolean good = new IsolationBench().run(Integer.parseInt(args[0]), Integer.parseInt(args[1]), threads);
        System.exit(good ? 0 : 1);
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
                    long[] one = measure(where, workers, 1, nanos);
                    Times taken = new Times(LoadRun.percentile(one, 0.5), LoadRun.percentile(one, 0.99));
                    double rate = measure(where, workers, threads, nanos).length / (double) seconds;
                    Samples samples = where == Where.HERE ? here : there;
                    samples.times.add(taken);
                    samples.rates.add(rate);
                    out.printf(
                            Locale.ROOT,
                            "round %d, %-7s  1 thread: p50 %.3f ms, p99 %.3f ms; %d threads: %.1f/s%n",
                            round,
                            where.name().toLowerCase(Locale.ROOT),
                            taken.p50,
                            taken.p99,
                            threads,
                            rate);
                }
            }
        }
        double more = there.medianMs() - here.medianMs();
        double share = median(there.rates) / median(here.rates);
        boolean good = more <= MOST_MORE_MS && share >= LEAST_RATE;
        out.printf(
                Locale.ROOT,
                "JPEG of 1 megapixel, %d kB: workers take %+.3f ms in the median (at most %.1f), and have %.1f %% of the"
                        + " rate (at least %.0f): %s%n",
                photo.remaining() / 1_000,
                more,
                MOST_MORE_MS,
                100 * share,
                100 * LEAST_RATE,
                good ? "good" : "too much");
        return good;
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** The nanoseconds of each hash, sorted. */
    private long[] measure(Where where, DecodeWorkers workers, int threads, long nanos) throws InterruptedException {
        long[][] taken = new long[threads][];
        Thread[] all = new Thread[threads];
        long end = System.nanoTime() + nanos;
        for (int i = 0; i < threads; i++) {
            int number = i;
            all[i] = Thread.ofPlatform().start(() -> {
                try (ContentHasher hasher = where == Where.HERE
                        ? new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST)
                        : workers.hasher(DecodePath.FAST)) {
                    taken[number] = hashUntil(end, hasher);
                }
            });
        }
        for (Thread thread : all) {
            thread.join();
        }
        return Arrays.stream(taken).flatMapToLong(Arrays::stream).sorted().toArray();
    }

    private long[] hashUntil(long end, ContentHasher hasher) {
        long[] taken = new long[4_096];
        int count = 0;
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
            if (count == taken.length) {
                taken = Arrays.copyOf(taken, 2 * count);
            }
            taken[count++] = System.nanoTime() - start;
        }
        return Arrays.copyOf(taken, count);
    }
}
