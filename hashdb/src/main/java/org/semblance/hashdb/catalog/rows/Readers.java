package org.semblance.hashdb.catalog.rows;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.StorageFailedException;

/**
 * Connections that only read, lent to one thread at a time. In WAL mode they and the writer do not wait for each other,
 * and each loan sees one state of the database from its first statement to its end.
 */
public final class Readers implements AutoCloseable {
    private static final int MAX_CONNECTIONS =
            Math.max(8, 2 * Runtime.getRuntime().availableProcessors());

    private final Path file;
    private final Semaphore permits = new Semaphore(MAX_CONNECTIONS);
    private final ConcurrentLinkedDeque<Reader> idle = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    public Readers(Path file) {
        this.file = file;
    }

    @FunctionalInterface
    public interface Query<T extends @Nullable Object> {
        T run(Reader reader) throws SQLException;
    }

    /**
     * Runs the query. It must not lend another connection, or all of them could come to wait for each other.
     *
     * @throws StorageFailedException if the disk does not give the rows
     */
    public <T extends @Nullable Object> T read(Query<T> query) {
        permits.acquireUninterruptibly();
        try {
            if (closed) {
                throw new IllegalStateException(file + ": closed");
            }
            Reader reader = idle.pollFirst();
            boolean reusable = false;
            try {
                if (reader == null) {
                    reader = new Reader(file);
                }
                T result = query.run(reader);
                reader.connection.commit();
                reusable = true;
                return result;
            } catch (SQLException e) {
                throw StorageFailures.of(file, e);
            } finally {
                if (reader != null) {
                    if (reusable) {
                        idle.addFirst(reader);
                    } else {
                        reader.close();
                    }
                }
            }
        } finally {
            permits.release();
        }
    }

    /** Waits for the loans to end. */
    @Override
    public void close() {
        permits.acquireUninterruptibly(MAX_CONNECTIONS);
        try {
            closed = true;
            for (Reader reader = idle.pollFirst(); reader != null; reader = idle.pollFirst()) {
                reader.close();
            }
        } finally {
            permits.release(MAX_CONNECTIONS);
        }
    }

    /** One connection and the statements it has prepared. */
    public static final class Reader implements AutoCloseable {
        private final Connection connection;
        private final Map<String, PreparedStatement> prepared = new HashMap<>();

        public Reader(Path file) throws SQLException {
            connection = Schema.connect(file);
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA query_only = ON");
            }
            connection.setAutoCommit(false);
        }

        /** The statement of this text, prepared once. A second call for the same text ends the rows of the first. */
        public PreparedStatement prepare(String sql) throws SQLException {
            PreparedStatement statement = prepared.get(sql);
            if (statement == null) {
                statement = connection.prepareStatement(sql);
                prepared.put(sql, statement);
            }
            return statement;
        }

        /** Begins reading: what is committed later is not seen until the loan ends. */
        public void pin() throws SQLException {
            prepare("SELECT 1 FROM bank LIMIT 1").executeQuery().close();
        }

        public Connection connection() {
            return connection;
        }

        @Override
        public void close() {
            Schema.closeQuietly(connection);
        }
    }
}
