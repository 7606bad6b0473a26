package org.semblance.server.http;

import java.util.function.BooleanSupplier;

/** How far the server is, from the moment when its port is open. Safe for any thread. */
public final class Lifecycle {
    private volatile Phase phase = Phase.STARTING;
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

    /** Whether each answer is to be the last on its connection. */
    public boolean isEnding() {
        Phase now = phase;
        return now == Phase.DRAINING || now == Phase.STOPPING;
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

    /** The server will stop: it goes on to {@link Phase#DRAINING} or {@link Phase#STOPPING}. */
    public void end(Phase next) {
        phase = next;
    }
}
