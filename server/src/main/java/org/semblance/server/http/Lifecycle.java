package org.semblance.server.http;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** How far the server is, from the moment when its port is open. Safe for any thread. */
public final class Lifecycle {
    private volatile Phase phase = Phase.STARTING;
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile BooleanSupplier canDecode = () -> true;

    /** What the server does with requests now. */
    public Phase phase() {
        return phase;
    }

    /** The phase as probes are told it: requests are answered before there is a decoder, but uploads would have to wait. */
    public Phase told() {
        Phase now = phase;
        return now == Phase.READY && !canDecode.getAsBoolean() ? Phase.STARTING : now;
    }

    /** Whether it has come to that phase, or to a later one. */
    public boolean hasReached(Phase reached) {
        return phase.compareTo(reached) >= 0;
    }

    /**
     * Requests are answered from now on.
     *
     * @param canDecode whether a decoder has begun
     */
    public void ready(BooleanSupplier canDecode) {
        this.canDecode = canDecode;
        phase = Phase.READY;
    }

    /** A request has begun. */
    public void begun() {
        underWay.incrementAndGet();
    }

    /** A request has its answer, or its client is gone. */
    public void ended() {
        underWay.decrementAndGet();
    }

    /** Requests that have begun and not ended. */
    public int underWay() {
        return underWay.get();
    }

    /** The server goes on to that phase. */
    public void enter(Phase next) {
        phase = next;
    }
}
