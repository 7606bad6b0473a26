package org.semblance.hashdb.catalog.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.semblance.hashdb.catalog.rows.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for word that another node has changed the catalog. Word may be lost, when the connection is, so whoever waits looks at the
 * journal after a while all the same. For one thread, which another may stop.
 */
public final class ChangeListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeListener.class);

    private final Servers servers;
    private final IntSupplier own;
    private volatile @Nullable Connection connection;
    private volatile @Nullable Thread waiting;
    private volatile boolean stopped;

    /** @param own the number of the server's process that makes the changes of this node, whose word is none */
    ChangeListener(Servers servers, IntSupplier own) {
        this.servers = servers;
        this.own = own;
    }

    /** Returns when there is word, after that time at the latest, or when it is stopped. */
    public void await(Duration atMost) {
        waiting = Thread.currentThread();
        try {
            Connection current = connection;
            if (current == null) {
                current = servers.connect(Servers.Use.LISTEN);
                connection = current;
                if (stopped) {
                    return;
                }
                try (Statement statement = current.createStatement()) {
                    statement.execute("LISTEN " + PostgresDialect.CHANNEL);
                }
                return; // What came before is looked for at once.
            }
            awaitWord(current.unwrap(PGConnection.class), System.nanoTime() + atMost.toNanos());
        } catch (SQLException e) {
            LOG.debug("{}: no word of changes", servers, e);
            close();
            if (!stopped) {
                LockSupport.parkNanos(atMost.toNanos());
            }
        }
    }

    private void awaitWord(PGConnection from, long deadline) throws SQLException {
        for (long left = deadline - System.nanoTime(); left > 0; left = deadline - System.nanoTime()) {
            int millis = Math.toIntExact(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
            PGNotification[] words = from.getNotifications(millis);
            if (words == null || Arrays.stream(words).anyMatch(word -> word.getPID() != own.getAsInt())) {
                return;
            }
        }
    }

    /** Has the thread that waits return at once; any thread. */
    public void stop() {
        stopped = true;
        LockSupport.unpark(waiting);
        Connection current = connection;
        if (current != null) {
            try {
                // Unlike closing it, this does not wait for the thread that reads from it.
                current.abort(Runnable::run);
            } catch (SQLException e) {
                LOG.debug("{}: word of changes cannot be ended", servers, e);
            }
        }
    }

    @Override
    public void close() {
        Connection current = connection;
        connection = null;
        if (current != null) {
            Schema.closeQuietly(current);
        }
    }
}
