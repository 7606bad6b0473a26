package org.semblance.hashdb.catalog;

/**
 * The disk or the database did not take or give what was asked: it is full, cannot be reached, or reading or writing failed. Of a
 * change that ends so nothing was stored, unless the message says that it is not known; the database stays usable and the change
 * may be tried again.
 */
public final class StorageFailedException extends RuntimeException {
    private final Kind kind;

    /** What would help. */
    public enum Kind {
        /** Room on the disk. */
        FULL,
        /** Time: the database cannot be reached, or another one holds it. */
        AWAY,
        /** Someone who looks after it. */
        FAILED
    }

    /** @param diskFull whether room on the disk would help */
    public StorageFailedException(String message, boolean diskFull, Throwable cause) {
        this(message, diskFull ? Kind.FULL : Kind.FAILED, cause);
    }

    public StorageFailedException(String message, Kind kind, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** Whether room on the disk would help. */
    public boolean diskFull() {
        return kind == Kind.FULL;
    }

    /** Whether time would help. */
    public boolean isAway() {
        return kind == Kind.AWAY;
    }
}
