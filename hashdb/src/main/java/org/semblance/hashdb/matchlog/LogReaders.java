package org.semblance.hashdb.matchlog;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/** Connections that only read the log, lent to one thread at a time. A loan sees one state of the file. */
final class LogReaders implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogReaders.class);
    private static final int MAX_CONNECTIONS = 4;

    private final LogFile file;
    private final Semaphore permits = new Semaphore(MAX_CONNECTIONS);
    private final ConcurrentLinkedDeque<Loan> idle = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    LogReaders(LogFile file) {
        this.file = file;
    }

    private record Loan(Connection connection, int generation) {}

    @FunctionalInterface
    interface Query<T extends @Nullable Object> {
        T run(Connection connection) throws SQLException;
    }

    /**
     * Runs the query.
     *
     * @throws org.semblance.hashdb.catalog.StorageFailedException if the disk does not give the rows
     */
    <T extends @Nullable Object> T read(Query<T> query) {
        permits.acquireUninterruptibly();
        try {
            if (closed) {
                throw new IllegalStateException(file.path() + ": closed");
            }
            Loan loan = lend();
            boolean sound = false;
            try {
                T result = query.run(loan.connection);
                loan.connection.commit();
                sound = true;
                return result;
            } finally {
                if (sound) {
                    idle.addFirst(loan);
                } else {
                    close(loan);
                }
            }
        } catch (SQLException e) {
            throw file.failure(e);
        } finally {
            permits.release();
        }
    }

    private Loan lend() throws SQLException {
        int generation = file.generation();
        for (Loan loan = idle.pollFirst(); loan != null; loan = idle.pollFirst()) {
            if (loan.generation == generation) {
                return loan;
            }
            close(loan);
        }
        Connection connection = file.connect(SQLiteConfig.SynchronousMode.NORMAL, false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA query_only = ON");
        }
        connection.setAutoCommit(false);
        return new Loan(connection, generation);
    }

    private static void close(Loan loan) {
        try {
            loan.connection.close();
        } catch (SQLException e) {
            LOG.debug("a connection cannot be closed", e);
        }
    }

    /** Waits for the loans to end. */
    @Override
    public void close() {
        permits.acquireUninterruptibly(MAX_CONNECTIONS);
        closed = true;
        for (Loan loan = idle.pollFirst(); loan != null; loan = idle.pollFirst()) {
            close(loan);
        }
        permits.release(MAX_CONNECTIONS);
    }
}
