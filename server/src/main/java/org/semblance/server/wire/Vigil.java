package org.semblance.server.wire;

import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.concurrent.TimeUnit;

/**
 * How an event loop waits: where a single thing is expected soon, the loop looks for it for some microseconds before it sleeps.
 *
 * <p>A client that looks hashes up one by one sends the next request as soon as it has the answer, and a worker has the answer to such
 * a request within microseconds. To put the loop's thread to sleep and to wake the thread again takes longer. Loops that expect
 * several things find the first of them there already, and loops whose requests are uploads sleep as ever.
 */
final class Vigil implements SelectStrategy {
    /** Longer than a client on the same machine takes between an answer and its next request. */
    private static final long LENGTH_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    /** Between two looks: each is a call of the system, and a neighbour on the same core needs the core more. */
    private static final int PAUSES = 20;

    private static final FastThreadLocal<Vigil> OF_THIS_LOOP = new FastThreadLocal<>();

    /** How many things were expected since the loop last looked. */
    private int expected;

    private boolean isKept;
    private long endNanos;

    /** Tells the loop of this thread that something is expected within microseconds. */
    static void expect() {
        Vigil own = OF_THIS_LOOP.getIfExists();
        if (own != null) {
            own.expected++;
        }
    }

    @Override
    public int calculateStrategy(IntSupplier ready, boolean hasTasks) throws Exception {
        if (expected > 0) {
            isKept = expected == 1;
            endNanos = System.nanoTime() + LENGTH_NANOS;
            expected = 0;
        }
        if (hasTasks) {
            return ready.get();
        }
        if (!isKept) {
            OF_THIS_LOOP.set(this);
            return SelectStrategy.SELECT;
        }
        int events = ready.get();
        if (events > 0) {
            return events;
        }
        if (System.nanoTime() - endNanos >= 0) {
            isKept = false;
            return SelectStrategy.SELECT;
        }
        for (int i = 0; i < PAUSES; i++) {
            Thread.onSpinWait();
        }
        return SelectStrategy.CONTINUE;
    }
}
