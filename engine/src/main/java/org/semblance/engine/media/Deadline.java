package org.semblance.engine.media;

import java.time.Duration;

/**
 * The moment after which an answer is of no use. It is looked at between the steps of a content (digests, header,
 * decode, hash, and each tile of a tiled picture); a native decode that has begun cannot be interrupted, and is bounded
 * by {@link MediaLimits} alone.
 */
public final class Deadline {
    /** Never passes. */
    public static final Deadline NONE = new Deadline(0, false);

    private final long nanoTime;
    private final boolean set;

    private Deadline(long nanoTime, boolean set) {
        this.nanoTime = nanoTime;
        this.set = set;
    }

    /** That long from now. */
    public static Deadline after(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos(), true);
    }

    public boolean passed() {
        return set && System.nanoTime() - nanoTime >= 0;
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
