package org.semblance.hashdb.catalog.rows;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.json.StrictJson;

/** A catalog in one file of SQLite, which one process has open at a time. */
public final class SqliteDialect implements Dialect {
    /** Pages in the log before a commit copies them to the database file; 4 kB each. */
    private static final int CHECKPOINT_PAGES = 4096;

    /** The log's file is cut back to this after it has grown larger, in bytes. */
    private static final long LOG_SIZE_LIMIT = 64L << 20;

    /** Page cache in kB; a bulk of 50,000 contents touches 5 MB. */
    private static final int CACHE_KB = 16 << 10;

    private final Path file;

    public SqliteDialect(Path file) {
        this.file = file;
    }

    @Override
    public String toString() {
        return file.toString();
    }

    @Override
    public boolean isShared() {
        return false;
    }

    @Override
    public String sql(String text) {
        return text;
    }

    @Override
    public Connection connectReader() throws SQLException {
        Connection connection = Schema.connect(file);
        boolean done = false;
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA query_only = ON");
            connection.setAutoCommit(false);
            done = true;
            return connection;
        } finally {
            if (!done) {
                Schema.closeQuietly(connection);
            }
        }
    }

    @Override
    public Connection connectWriter() throws SQLException {
        Connection connection = Schema.connect(file);
        boolean done = false;
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_autocheckpoint = " + CHECKPOINT_PAGES);
            statement.execute("PRAGMA journal_size_limit = " + LOG_SIZE_LIMIT);
            statement.execute("PRAGMA cache_size = -" + CACHE_KB);
            done = true;
            return connection;
        } finally {
            if (!done) {
                Schema.closeQuietly(connection);
            }
        }
    }

    @Override
    public boolean isUsable(Connection idle, long idleNanos, long ageNanos) {
        return true;
    }

    @Override
    public WriterSession session(Connection writer, Rows.Preparer db) {
        return new SqliteWriter(writer, db);
    }

    /** Quoted, so that the text is one phrase, whatever is in it. */
    @Override
    public String phrase(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }

    @Override
    public String ids(long[] ids) {
        return Arrays.stream(ids).mapToObj(Long::toString).collect(Collectors.joining(",", "[", "]"));
    }

    @Override
    public String texts(Collection<String> texts) {
        return StrictJson.COMPACT.writeValueAsString(texts);
    }

    @Override
    public void setText(RowInsert insert, long contentId, @Nullable String note, @Nullable String metadata)
            throws SQLException {
        insert.setLong(1, contentId);
    }

    @Override
    public void continueIds(Rows.Preparer db, String table) {
        // SQLite takes the largest one.
    }

    @Override
    public StorageFailedException failure(SQLException e) {
        return StorageFailures.of(file, e);
    }

    @Override
    public boolean isLost(SQLException e) {
        return false;
    }

    @Override
    public List<String> faults(Connection reader, int atMost) throws SQLException {
        List<String> faults = new ArrayList<>();
        try (Statement statement = reader.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA integrity_check(" + atMost + ")")) {
            while (row.next()) {
                String line = row.getString(1);
                if (!"ok".equals(line)) {
                    faults.add("SQLite: " + line);
                }
            }
        }
        return faults;
    }
}
