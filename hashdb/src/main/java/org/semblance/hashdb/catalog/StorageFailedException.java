package org.semblance.hashdb.catalog;

import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * The disk did not take or give what was asked: it is full, or reading or writing failed. Of a change that ends so
 * nothing was stored; the database stays usable and the change may be tried again.
 */
public final class StorageFailedException extends RuntimeException {
    private final boolean diskFull;

    StorageFailedException(Path file, SQLException cause) {
        super(file + ": " + describe(cause), cause);
        diskFull = code(cause) == SQLiteErrorCode.SQLITE_FULL;
    }

    /** Whether room on the disk would help. */
    public boolean diskFull() {
        return diskFull;
    }

    private static SQLiteErrorCode code(SQLException e) {
        return e instanceof SQLiteException sqlite ? sqlite.getResultCode() : SQLiteErrorCode.UNKNOWN_ERROR;
    }

    private static String describe(SQLException e) {
        return switch (code(e)) {
            case SQLITE_FULL -> "the disk is full";
            case SQLITE_CORRUPT, SQLITE_CORRUPT_INDEX, SQLITE_CORRUPT_SEQUENCE, SQLITE_CORRUPT_VTAB ->
                "the file is damaged (" + e.getMessage() + ")";
            default -> String.valueOf(e.getMessage());
        };
    }
}
