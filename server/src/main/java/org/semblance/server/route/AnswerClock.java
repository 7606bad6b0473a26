package org.semblance.server.route;

import java.util.concurrent.TimeUnit;

/**
 * When an answer may leave that a key of some banks gets on hashes that it chose.
 *
 * <p>A lookup passes over what other banks hold, but the index has to meet it first, which takes a hundredth of a millisecond a
 * hash among hundreds of near contents. Asked about many hashes at once, that would tell. So such answers leave by a clock: at
 * the next multiple of a time that is longer than that, and depends on the number of hashes alone. Nothing waits for it but the
 * answer: no worker is held.
 */
public final class AnswerClock {
    private static final long BEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long HASH_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    /** How many hashes the features of a picture count as: they meet many banked features, whosever those are. */
    public static final int HASHES_A_PICTURE = 200;

    private AnswerClock() {}

    /**
     * The {@link System#nanoTime} at which the answer may leave.
     *
     * @param begunNanos when the lookup began
     * @param nowNanos when it is over
     */
    public static long leaveNanos(long begunNanos, long nowNanos, int hashes) {
        long beat = BEAT_NANOS + hashes * HASH_NANOS;
        long beats = Math.max(1, Math.ceilDiv(nowNanos - begunNanos, beat));
        return begunNanos + beats * beat;
    }
}
