package org.semblance.server.body;

import java.util.concurrent.atomic.AtomicLong;

/** The number of bytes that all bodies together may hold. */
public final class ByteBudget {
    private final long limit;
    private final AtomicLong used = new AtomicLong();

    public ByteBudget(long limit) {
        this.limit = limit;
    }

    /** Takes that many bytes, all or none. */
    public boolean take(long bytes) {
        if (used.addAndGet(bytes) <= limit) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    public void giveBack(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Whether that many could be taken now. */
    public boolean hasRoomFor(long bytes) {
        return used.get() + bytes <= limit;
    }

    /** Bytes that are taken. */
    public long used() {
        return used.get();
    }
}
