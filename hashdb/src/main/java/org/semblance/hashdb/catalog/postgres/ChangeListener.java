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
 * journal after a while all the same. For one thread.
 */
public final class ChangeListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeListener.class);

    private final Servers servers;
    private @Nullable Connection connection;

    ChangeListener(Servers servers) {
        this.servers = servers;
    }

    /** Returns when there is word, after that time at the latest, or when the thread is interrupted. */
    public void await(Duration atMost) {
        try {
            Connection current = connection;
            if (current == null) {
                current = servers.connect(Servers.Use.LISTEN);
                connection = current;
                try (Statement statement = current.createStatement()) {
                    statement.execute("LISTEN " + PostgresDialect.CHANNEL);
                }
                return; // What came before is looked for at once.
            }
            current.unwrap(PGConnection.class).getNotifications(Math.toIntExact(atMost.toMillis()));
        } catch (SQLException e) {
            LOG.debug("{}: no word of changes", servers, e);
            close();
            LockSupport.parkNanos(atMost.toNanos());
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
