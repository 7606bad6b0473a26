package org.semblance.server.wire;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A timer that is set anew several times a request and hardly ever rings. So it stays in the loop's queue where it is when
 * it is set to a later time, and looks at the clock again when that time comes. For its event loop alone.
 */
public final class Alarm {
    private final EventExecutor loop;
    private final Runnable ring;
    private boolean isSet;
    private long dueNanos;

    /** In the loop's queue, for that time. */
    private @Nullable Future<?> queued;

    private long queuedNanos;

    Alarm(EventExecutor loop, Runnable ring) {
        this.loop = loop;
        this.ring = ring;
    }

    /** Has it ring once, after so long, whatever it was set to before. */
    public void set(long delayMs) {
        isSet = true;
        dueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMs);
        if (queued == null || dueNanos - queuedNanos < 0) {
            dequeue();
            enqueue(TimeUnit.MILLISECONDS.toNanos(delayMs));
        }
    }

    /** Keeps the alarm from ringing. */
    public void clear() {
        isSet = false;
    }

    /** Ends the alarm: nothing of it stays in the loop's queue. */
    void cancel() {
        isSet = false;
        dequeue();
    }

    private void dequeue() {
        Future<?> waiting = queued;
        if (waiting != null) {
            queued = null;
            waiting.cancel(false);
        }
    }

    private void enqueue(long delayNanos) {
        queuedNanos = dueNanos;
        queued = loop.schedule(this::look, delayNanos, TimeUnit.NANOSECONDS);
    }

    private void look() {
        queued = null;
        if (!isSet) {
            return;
        }
        long left = dueNanos - System.nanoTime();
        if (left > 0) {
            enqueue(left);
        } else {
            isSet = false;
            ring.run();
        }
    }
}
