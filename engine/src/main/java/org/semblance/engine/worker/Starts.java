package org.semblance.engine.worker;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How the last starts of worker processes went, and so when there may be another. It is not for two threads at once.
 *
 * <p>Starts that go on side by side are a round, and a round in which none succeeds counts as one failure. After it there is one at
 * a time until one succeeds, with a pause before each that gets longer. A process that somebody else has ended while it began says
 * nothing of the next: the pause stays short, and there is hope.
 */
final class Starts {
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** Where all are killed, as where memory runs out again and again, starting must not keep the processor busy. */
    private static final long LONGEST_PAUSE_AFTER_KILL_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** So many failures in a row are no accident, and whoever waits for a worker need not wait on. */
    private static final int HOPELESS = 3;

    private final LongSupplier clock;
    private int round;
    private int failures;
    private int kills;
    private long noneBefore;
    private @Nullable String lastFailure;

    /** @param clock nanoseconds, as {@link System#nanoTime} */
    Starts(LongSupplier clock) {
        this.clock = clock;
        this.noneBefore = clock.getAsLong();
    }

    /** The round of a start that begins now. */
    int round() {
        return round;
    }

    /** How many of the missing workers may be started now, with so many starts under way. */
    int allowed(int missing, int underWay) {
        return failures == 0 ? missing : Math.min(missing, 1 - underWay);
    }

    /** How long there should be no start; not positive if there may be one now. */
    long pauseNanos() {
        return noneBefore - clock.getAsLong();
    }

    /** One succeeded. Returns whether those before did not. */
    boolean succeeded() {
        boolean failed = failures > 0;
        reset();
        return failed;
    }

    /** One of that round failed for a reason of its own. Returns whether it is the first since one succeeded. */
    boolean failed(String why, int ofRound) {
        if (ofRound != round) {
            return false;
        }
        pause(failures, LONGEST_PAUSE_NANOS);
        lastFailure = why;
        failures++;
        return failures == 1;
    }

    /** One of that round was ended from outside. */
    void killed(int ofRound) {
        if (ofRound == round) {
            pause(kills, LONGEST_PAUSE_AFTER_KILL_NANOS);
            kills++;
        }
    }

    private void pause(int before, long longest) {
        round++;
        noneBefore = clock.getAsLong() + Math.min(FIRST_PAUSE_NANOS << Math.min(before, 10), longest);
    }

    /** A worker that had started is gone. What has kept another from starting beside it need not do so any longer. */
    void workerIsGone() {
        reset();
    }

    private void reset() {
        failures = 0;
        kills = 0;
        lastFailure = null;
        noneBefore = clock.getAsLong();
    }

    /** Why whoever waits for a worker waits in vain; null if there is hope. */
    @Nullable
    String despair() {
        return failures >= HOPELESS ? lastFailure : null;
    }
}
