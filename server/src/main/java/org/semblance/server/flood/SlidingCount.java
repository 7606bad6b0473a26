package org.semblance.server.flood;

/**
 * How often something happened in the last window of time. The window slides by steps of a hundredth or less, so that nothing
 * is counted longer than a hundredth beyond it. Not safe for threads.
 */
final class SlidingCount {
    private static final int STEPS = 128;

    private final int[] counts = new int[STEPS];
    private final long stepNanos;
    private long step;
    private long sum;

    SlidingCount(long windowNanos, long nowNanos) {
        stepNanos = Math.max(1, windowNanos / (STEPS - 1));
        step = Math.floorDiv(nowNanos, stepNanos);
    }

    /** Counts one more; returns how many there are now. */
    long add(long nowNanos) {
        long now = slide(nowNanos);
        counts[index(now)]++;
        return ++sum;
    }

    /** How many there are now. */
    long sum(long nowNanos) {
        slide(nowNanos);
        return sum;
    }

    private long slide(long nowNanos) {
        long now = Math.max(step, Math.floorDiv(nowNanos, stepNanos));
        for (long left = Math.min(now - step, STEPS); left > 0; left--) {
            step = now - left + 1;
            sum -= counts[index(step)];
            counts[index(step)] = 0;
        }
        step = now;
        return now;
    }

    private static int index(long step) {
        return Math.floorMod(step, STEPS);
    }
}
