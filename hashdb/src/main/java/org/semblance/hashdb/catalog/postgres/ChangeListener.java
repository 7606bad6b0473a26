package org.semblance.hashdb.catalog.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
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
    private volatile @Nullable Connection connection;
    private volatile @Nullable Thread waiting;
    private volatile boolean stopped;

    ChangeListener(Servers servers) {
        this.servers = servers;
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
            current.unwrap(PGConnection.class).getNotifications(Math.toIntExact(atMost.toMillis()));
        } catch (SQLException e) {
            LOG.debug("{}: no word of changes", servers, e);
            close();
            if (!stopped) {
                LockSupport.parkNanos(atMost.toNanos());
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
