package org.semblance.hashdb.catalog;

/**
 * The disk did not take or give what was asked: it is full, or reading or writing failed. Of a change that ends so
 * nothing was stored; the database stays usable and the change may be tried again.
 */
public final class StorageFailedException extends RuntimeException {
    private final boolean diskFull;

    /** @param diskFull whether room on the disk would help */
    public StorageFailedException(String message, boolean diskFull, Throwable cause) {
        super(message, cause);
        this.diskFull = diskFull;
    }

    /** Whether room on the disk would help. */
    public boolean diskFull() {
        return diskFull;
    }
}
