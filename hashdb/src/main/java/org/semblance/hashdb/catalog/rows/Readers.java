package org.semblance.hashdb.catalog.rows;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.StorageFailedException;

/**
 * Connections that only read, lent to one thread at a time. They and the writer do not wait for each other, and each loan sees one
 * state of the database from its first statement to its end.
 */
public final class Readers implements AutoCloseable {
    private static final int MAX_CONNECTIONS =
            Math.max(8, 2 * Runtime.getRuntime().availableProcessors());

    /** After a database could not be reached, who asks within that time is told so at once: lookups wait for no connection. */
    private static final long AWAY_NANOS = 500_000_000;

    private final Dialect dialect;
    private final Semaphore permits = new Semaphore(MAX_CONNECTIONS);
    private final ConcurrentLinkedDeque<Reader> idle = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;
    private volatile @Nullable Away away;

    /** A failure to connect, and when it was. */
    private record Away(SQLException why, long at) {}

    public Readers(Dialect dialect) {
        this.dialect = dialect;
    }

    @FunctionalInterface
    public interface Query<T extends @Nullable Object> {
        T run(Reader reader) throws SQLException;
    }

    /**
     * Runs the query. It must not lend another connection, or all of them could come to wait for each other.
     *
     * @throws StorageFailedException if the database does not give the rows
     */
    public <T extends @Nullable Object> T read(Query<T> query) {
        permits.acquireUninterruptibly();
        try {
            if (closed) {
                throw new IllegalStateException(dialect + ": closed");
            }
            Reader reader = null;
            boolean reusable = false;
            try {
                reader = take();
                T result = query.run(reader);
                reader.connection.commit();
                reusable = true;
                return result;
            } catch (SQLException e) {
                throw dialect.failure(e);
            } finally {
                if (reader != null) {
                    if (reusable) {
                        reader.idleSince = System.nanoTime();
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

    private Reader take() throws SQLException {
        for (Reader reader = idle.pollFirst(); reader != null; reader = idle.pollFirst()) {
            long now = System.nanoTime();
            if (dialect.isUsable(reader.connection, now - reader.idleSince, now - reader.openedAt)) {
                return reader;
            }
            reader.close();
        }
        Away last = away;
        if (last != null && System.nanoTime() - last.at < AWAY_NANOS) {
            throw new SQLException(last.why.getMessage(), last.why.getSQLState(), last.why);
        }
        try {
            Reader reader = new Reader(dialect);
            away = null;
            return reader;
        } catch (SQLException e) {
            if (dialect.isLost(e)) {
                away = new Away(e, System.nanoTime());
            }
            throw e;
        }
    }

    /** Says that the database can be reached, so that the next one asks it again. */
    public void reachable() {
        away = null;
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
        private final Dialect dialect;
        private final Connection connection;
        private final Map<String, PreparedStatement> prepared = new HashMap<>();
        private final long openedAt = System.nanoTime();
        private long idleSince;

        public Reader(Dialect dialect) throws SQLException {
            this.dialect = dialect;
            this.connection = dialect.connectReader();
        }

        /** The statement of this text, prepared once. A second call for the same text ends the rows of the first. */
        public PreparedStatement prepare(String sql) throws SQLException {
            PreparedStatement statement = prepared.get(sql);
            if (statement == null) {
                statement = connection.prepareStatement(dialect.sql(sql));
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

        public Dialect dialect() {
            return dialect;
        }

        @Override
        public void close() {
            Schema.closeQuietly(connection);
        }
    }
}
