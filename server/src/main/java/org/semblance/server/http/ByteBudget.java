package org.semblance.server.http;

import java.util.concurrent.atomic.AtomicLong;

/** How many bytes all bodies together may hold. */
final class ByteBudget {
    private final long limit;
    private final AtomicLong used = new AtomicLong();

    ByteBudget(long limit) {
        this.limit = limit;
    }

    /** Takes that many bytes, all or none. */
    boolean take(long bytes) {
        if (used.addAndGet(bytes) <= limit) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    void giveBack(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Whether that many could be taken now. */
    boolean hasRoomFor(long bytes) {
        return used.get() + bytes <= limit;
    }

    /** Bytes that are taken. */
    long used() {
        return used.get();
    }
}
