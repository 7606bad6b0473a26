package org.semblance.server.auth;

import java.util.Locale;

/** A request that its caller may not make, or not now. The message is for the caller's eyes. */
public final class AccessRefusedException extends RuntimeException {
    private final Reason reason;
    private final long retryAfterSeconds;

    /** Why. */
    public enum Reason {
        /** A key is needed and none came. */
        NO_KEY,
        /** What came is no key, or one that is revoked or expired. */
        BAD_KEY,
        /** The key's role or scope does not allow it. */
        FORBIDDEN,
        /** More requests a second than the key may make. */
        RATE,
        /** More requests at a time than the key may make. */
        CONCURRENCY;

        /** Lower case, for the metrics. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private AccessRefusedException(Reason reason, String message, long retryAfterSeconds) {
        // An answer, not a fault: hostile input must not buy a stack trace.
        super(message, null, false, false);
        this.reason = reason;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    AccessRefusedException(Reason reason, String message) {
        this(reason, message, 1);
    }

    static AccessRefusedException forbidden(String message) {
        return new AccessRefusedException(Reason.FORBIDDEN, message, 1);
    }

    static AccessRefusedException tooFast(String message, long retryAfterSeconds) {
        return new AccessRefusedException(Reason.RATE, message, retryAfterSeconds);
    }

    public Reason reason() {
        return reason;
    }

    /** Seconds after which the same request may be tried again; of use with {@code RATE} and {@code CONCURRENCY}. */
    public long retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
