package org.semblance.hashdb.catalog.rows;

import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Says in words what SQLite says in codes. */
public final class StorageFailures {
    private StorageFailures() {}

    public static StorageFailedException of(Path file, SQLException e) {
        SQLiteErrorCode code = e instanceof SQLiteException sqlite ? sqlite.getResultCode() : null;
        return new StorageFailedException(file + ": " + describe(code, e), code == SQLiteErrorCode.SQLITE_FULL, e);
    }

    private static String describe(@Nullable SQLiteErrorCode code, SQLException e) {
        if (code == SQLiteErrorCode.SQLITE_FULL) {
            return "the disk is full";
        }
        return code != null && code.name().startsWith("SQLITE_CORRUPT")
                ? "the file is damaged (" + e.getMessage() + ")"
                : String.valueOf(e.getMessage());
    }
}
