package org.semblance.hashdb.offheap;

import java.io.IOException;
import java.nio.file.Path;

/** A snapshot that cannot be used; the index must be rebuilt from what it was derived from. */
public abstract sealed class SnapshotException extends IOException {
    private SnapshotException(Path file, String problem) {
        super(file + ": " + problem);
    }

    /** The file is not what was written: not a snapshot, cut short, or with a byte that changed. */
    public static final class Corrupt extends SnapshotException {
        Corrupt(Path file, String problem) {
            super(file, problem);
        }
    }

    /** The file is of a version that is no longer read. */
    public static final class TooOld extends SnapshotException {
        TooOld(Path file, int version) {
            super(
                    file,
                    "index snapshot of version " + version + " (expected: " + SnapshotFormat.VERSION
                            + "; written by an older release)");
        }
    }

    /** The file is of a version that this release does not know. */
    public static final class TooNew extends SnapshotException {
        TooNew(Path file, int version) {
            super(
                    file,
                    "index snapshot of version " + version + " (expected: " + SnapshotFormat.VERSION
                            + "; written by a newer release)");
        }
    }
}
