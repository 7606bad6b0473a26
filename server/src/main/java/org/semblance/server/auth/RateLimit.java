package org.semblance.server.auth;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket, kept as one number: the time at which it would be full again. It is the generic cell rate algorithm of
 * ITU-T I.371 in its virtual scheduling form, which admits exactly what a bucket does that holds {@code burst} tokens and
 * gains {@code rate} a second, and needs neither a timer nor a lock.
 */
public final class RateLimit {
    private static final double NANOS = 1e9;

    /** Nanoseconds on the caller's clock. */
    private final AtomicLong fullAt;

    /** A full bucket. */
    public RateLimit(long nowNanos) {
        fullAt = new AtomicLong(nowNanos);
    }

    /**
     * Takes a token.
     *
     * @param ratePerSecond tokens gained a second; the bucket holds a second's worth, and at least one
     * @return 0 if one was there, or else the nanoseconds until there is one
     */
    public long take(double ratePerSecond, long nowNanos) {
        long intervalNanos = Math.max(1, (long) (NANOS / ratePerSecond));
        long burstNanos = (long) (Math.max(1, Math.floor(ratePerSecond)) * intervalNanos);
        while (true) {
            long full = fullAt.get();
            long next = (full - nowNanos > 0 ? full : nowNanos) + intervalNanos;
            long excess = next - nowNanos - burstNanos;
            if (excess > 0) {
                return excess;
            }
            if (fullAt.compareAndSet(full, next)) {
                return 0;
            }
        }
    }
}
