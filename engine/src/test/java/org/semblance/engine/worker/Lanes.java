package org.semblance.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.HashReport;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;

/** Worker processes that obey {@link HookedWorker}'s orders, and what tests ask of them. */
final class Lanes {
    static final MediaLimits LIMITS = new MediaLimits(20_000_000, 20_000_000);
    static final Duration LONG = Duration.ofSeconds(60);
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private Lanes() {}

    static WorkerSettings settings(int workers, boolean sandbox, long mostContents, Class<?> main) {
        WorkerSettings images = WorkerSettings.images(workers, LIMITS);
        return new WorkerSettings(
                "test",
                workers,
                LIMITS,
                sandbox,
                3,
                images.heapBytes(),
                images.memoryBytes(),
                mostContents,
                images.mostAge(),
                images.mostGrowthBytes(),
                PATIENCE,
                LONG,
                main);
    }

    static WorkerSettings settings(int workers, boolean sandbox, long mostContents) {
        return settings(workers, sandbox, mostContents, HookedWorker.class);
    }

    static HashReport ask(ContentHasher hasher, ByteBuffer content) {
        return hasher.hash(content, Deadline.after(LONG));
    }

    /** What an order came to. */
    static String hook(ContentHasher hasher, String order) {
        HashReport report = ask(hasher, HookedWorker.order(order));
        return report.failure() == Verdict.UNSUPPORTED ? report.reason() : report.failure() + ": " + report.reason();
    }

    static String hook(DecodeWorkers workers, String order) {
        return hook(workers.hasher(DecodePath.FAST), order);
    }

    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    /** Whether so many and the spare are there, and all without a content. */
    static boolean isComplete(DecodeWorkers workers, int count) {
        DecodeWorkers.Counts counts = workers.counts();
        return counts.idle() == count && counts.spare() == 1;
    }

    static long ended(DecodeWorkers workers, Ending cause) {
        return workers.counts().ended().getOrDefault(cause, 0L);
    }

    static void kill(String signal, long pid) {
        try {
            new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
