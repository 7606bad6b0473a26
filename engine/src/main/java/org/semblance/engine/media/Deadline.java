package org.semblance.engine.media;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * The moment after which an answer is of no use. It is looked at between the steps of a content (digests, header,
 * decode, hash, and each tile of a tiled picture); a native decode that has begun cannot be interrupted, and is bounded
 * by {@link MediaLimits} alone.
 */
public final class Deadline {
    /** Never passes. */
    public static final Deadline NONE = new Deadline(0, false, () -> false, () -> false);

    private final long nanoTime;
    private final boolean set;
    private final BooleanSupplier cancelled;
    private final BooleanSupplier hurried;

    private Deadline(long nanoTime, boolean set, BooleanSupplier cancelled, BooleanSupplier hurried) {
        this.nanoTime = nanoTime;
        this.set = set;
        this.cancelled = cancelled;
        this.hurried = hurried;
    }

    /** Passes after that time. */
    public static Deadline after(Duration duration) {
        return after(duration, () -> false);
    }

    /**
     * Passes after that time, or as soon as nobody waits for the answer any more.
     *
     * @param cancelled tells whether nobody waits, to whatever thread asks; stays true once it is true
     */
    public static Deadline after(Duration duration, BooleanSupplier cancelled) {
        return new Deadline(System.nanoTime() + duration.toNanos(), true, cancelled, () -> false);
    }

    /**
     * This deadline, of which each {@link #share} also passes as soon as others need what is being used.
     *
     * @param hurried tells whether others wait, to whatever thread asks
     */
    public Deadline hurriedBy(BooleanSupplier hurried) {
        return new Deadline(nanoTime, set, cancelled, hurried);
    }

    /**
     * Passes when a share of the time that is left from now on has gone by, so that the rest remains for what comes after.
     *
     * @param share 0..1
     */
    public Deadline share(double share) {
        long now = System.nanoTime();
        BooleanSupplier either = () -> cancelled.getAsBoolean() || hurried.getAsBoolean();
        return set ? new Deadline(now + (long) (share * (nanoTime - now)), true, either, hurried) : this;
    }

    /** Passes with this one, or that long from now if that is sooner. */
    public Deadline within(Duration duration) {
        Deadline sooner = new Deadline(System.nanoTime() + duration.toNanos(), true, cancelled, hurried);
        return set && nanoTime - sooner.nanoTime <= 0 ? this : sooner;
    }

    /** The time until it passes, negative afterwards; {@link Long#MAX_VALUE} if it never does. */
    public long nanosLeft() {
        return set ? nanoTime - System.nanoTime() : Long.MAX_VALUE;
    }

    public boolean passed() {
        return set && (System.nanoTime() - nanoTime >= 0 || cancelled.getAsBoolean());
    }

    /**
     * Returns if there is time left.
     *
     * @throws DeadlinePassedException if not; the step is the one that was not begun
     */
    public void check(String step) {
        if (passed()) {
            throw new DeadlinePassedException(step);
        }
    }
}
