package org.semblance.server.auth;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the failed tries to sign in: five a minute from one address. Remembers the last thousand addresses that failed. May
 * be used by several threads.
 */
public final class SignInLimit {
    private static final int TRIES = 5;
    private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int ADDRESSES = 1_000;

    private final Map<String, Tries> failed = new LinkedHashMap<>();

    private static final class Tries {
        long beganNanos;
        int count;
    }

    /** How many seconds that address has to wait; 0 if it may try now. */
    public synchronized long waitSeconds(String address, long nowNanos) {
        Tries tries = failed.get(address);
        if (tries == null || tries.count < TRIES) {
            return 0;
        }
        long leftNanos = tries.beganNanos + MINUTE_NANOS - nowNanos;
        return leftNanos <= 0 ? 0 : TimeUnit.NANOSECONDS.toSeconds(leftNanos) + 1;
    }

    /** Notes a try that failed. */
    public synchronized void failed(String address, long nowNanos) {
        Tries tries = failed.computeIfAbsent(address, unused -> new Tries());
        if (tries.count == 0 || nowNanos - tries.beganNanos >= MINUTE_NANOS) {
            tries.beganNanos = nowNanos;
            tries.count = 0;
        }
        tries.count++;
        if (failed.size() > ADDRESSES) {
            failed.remove(failed.keySet().iterator().next());
        }
    }
}
