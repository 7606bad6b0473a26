package org.semblance.hashdb.offheap;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Tells the one writer when no lookup can hold what it has taken out of the index, without ever blocking a lookup.
 *
 * <p>Time is cut into phases. A lookup counts itself in its phase when it enters and out when it leaves; the writer opens
 * phase {@code p + 1} only when the last lookup of {@code p - 1} has left, so at most two phases have lookups and two
 * sets of counters are enough. What was unlinked in phase {@code p} can be held by lookups of {@code p} and {@code p - 1}
 * alone, hence by nobody once phase {@code p + 2} is open. This is the grace period of read-copy-update with the two
 * counters of its sleepable form (McKenney, "Sleepable Read-Copy Update", 2006); the lookup checks the phase again after
 * it has counted itself, so that it cannot be counted in a phase that was closed in between.
 */
public final class Readers {
    /** Counters are spread over cache lines so that lookups on many cores do not wait for one line. */
    private static final int STRIPES = 64;

    private static final int LONGS_A_STRIPE = 16;
    private static final long CLOSED = -1;

    private final int stripes;
    private final AtomicLongArray counts;
    private volatile long phase;

    /** No lookup yet. */
    public Readers() {
        this(STRIPES);
    }

    /** No lookup yet, with so many stripes: a power of two up to 64. */
    public Readers(int stripes) {
        this.stripes = stripes;
        this.counts = new AtomicLongArray(2 * stripes * LONGS_A_STRIPE);
    }

    /**
     * Begins a lookup.
     *
     * @return what {@link #exit} must be given
     * @throws IllegalStateException if the index is closed
     */
    public int enter() {
        int stripe = stripe() & stripes - 1;
        while (true) {
            long now = phase;
            if (now == CLOSED) {
                throw new IllegalStateException("the index is closed");
            }
            int counter = counter(now, stripe);
            counts.getAndIncrement(counter);
            if (phase == now) {
                return counter;
            }
            counts.getAndDecrement(counter);
        }
    }

    /** Ends a lookup. */
    public void exit(int ticket) {
        counts.getAndDecrement(ticket);
    }

    /** A number for the calling thread, below 64: the same for each call, different for most threads. */
    public static int stripe() {
        return (int) ((Thread.currentThread().threadId() * 0x9E3779B97F4A7C15L) >>> 58);
    }

    /** The phase in which something is unlinked now; writer only. */
    public long phase() {
        long now = phase;
        if (now == CLOSED) {
            throw new IllegalStateException("the index is closed");
        }
        return now;
    }

    /** Opens the next phase if no lookup is left in the one before; writer only. */
    public void advance() {
        long now = phase();
        if (isIdle(now + 1)) {
            phase = now + 1;
        }
    }

    /** Whether nobody can hold what was unlinked in that phase. */
    public boolean isOver(long unlinkedIn) {
        return phase >= unlinkedIn + 2;
    }

    /** Turns lookups away from now on and waits until the last one has left. Returns false if it was closed before. */
    public boolean close() {
        if (phase == CLOSED) {
            return false;
        }
        phase = CLOSED;
        while (!isIdle(0) || !isIdle(1)) {
            LockSupport.parkNanos(50_000);
        }
        return true;
    }

    private boolean isIdle(long ofPhase) {
        for (int stripe = 0; stripe < stripes; stripe++) {
            if (counts.get(counter(ofPhase, stripe)) != 0) {
                return false;
            }
        }
        return true;
    }

    private int counter(long phase, int stripe) {
        return ((int) (phase & 1) * stripes + stripe) * LONGS_A_STRIPE;
    }
}
