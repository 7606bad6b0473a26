package org.semblance.server.call;

import java.util.concurrent.TimeUnit;
import org.semblance.server.config.ServerConfig;

/** Whether a body comes on as fast as it has to: without a long pause, and not too slowly over all. */
final class Pace {
    private final long patienceMs;
    private final long bytesPerSecond;
    private final long headNanos;
    private long received;
    private long lastByteNanos;

    /** Set while the body waits for our own disk, since when, and how long it has done so in all: not the client's time. */
    private boolean paused;

    private long pausedSinceNanos;
    private long pausedNanos;

    /** @param headNanos the {@link System#nanoTime} at which the head was read */
    Pace(ServerConfig config, long headNanos) {
        this.patienceMs = config.stallTimeoutMs();
        this.bytesPerSecond = config.minBodyBytesPerSecond();
        this.headNanos = headNanos;
        this.lastByteNanos = headNanos;
    }

    void came(int bytes) {
        received += bytes;
        lastByteNanos = System.nanoTime();
    }

    /** Bytes so far, as they came. */
    long received() {
        return received;
    }

    /** When the newest of them came. */
    long lastByteNanos() {
        return lastByteNanos;
    }

    boolean isPaused() {
        return paused;
    }

    void pause() {
        paused = true;
        pausedSinceNanos = System.nanoTime();
    }

    void goOn() {
        paused = false;
        long waited = System.nanoTime() - pausedSinceNanos;
        pausedNanos += waited;
        lastByteNanos += waited;
    }

    /** Milliseconds until the client's time will be over if nothing comes; 0 or less if it is. */
    long leftMs() {
        long now = System.nanoTime();
        long idleMs = TimeUnit.NANOSECONDS.toMillis(now - lastByteNanos);
        long takenMs = TimeUnit.NANOSECONDS.toMillis(now - headNanos - pausedNanos);
        long earnedMs = received * 1_000 / bytesPerSecond;
        return Math.min(patienceMs - idleMs, patienceMs + earnedMs - takenMs);
    }
}
