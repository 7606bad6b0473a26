package org.semblance.server.http;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** The phase that a server is in, and the requests under way in it. Safe for use by any thread. */
public final class Lifecycle {
    private volatile Phase phase = Phase.STARTING;
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile BooleanSupplier canDecode = () -> true;

    /** What the server does with requests now. */
    public Phase phase() {
        return phase;
    }

    /** The phase as probes are told it. A server without a decoder counts as starting, because uploads would have to wait. */
    public Phase told() {
        Phase now = phase;
        return now == Phase.READY && !canDecode.getAsBoolean() ? Phase.STARTING : now;
    }

    /** Whether the server is in that phase or a later one. */
    public boolean hasReached(Phase reached) {
        return phase.compareTo(reached) >= 0;
    }

    /**
     * Enters {@link Phase#READY}.
     *
     * @param canDecode tells whether a decoder has started
     */
    public void ready(BooleanSupplier canDecode) {
        this.canDecode = canDecode;
        phase = Phase.READY;
    }

    /** Counts a request that has begun. */
    public void begun() {
        underWay.incrementAndGet();
    }

    /** Counts a request that has been answered, or whose client has gone. */
    public void ended() {
        underWay.decrementAndGet();
    }

    /** Requests that have begun and not ended. */
    public int underWay() {
        return underWay.get();
    }

    /** Goes on to that phase. */
    public void enter(Phase next) {
        phase = next;
    }
}
