package org.semblance.hashdb.catalog.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the head of the journal from a node that froze while holding the head, for another node that waits.
 *
 * <p>The server itself ends a transaction that waits for its client, but not while a message of the client has come in part, or some
 * messages of several: no timeout of PostgreSQL before 17 holds there. The client's system still answers for the client, so the
 * connection stays as well. A node that waits for the head for longer than any change takes therefore looks whether the server waits
 * for the holder's next word, and has the server end that connection.
 */
final class FrozenHolders {
    private static final Logger LOG = LoggerFactory.getLogger(FrozenHolders.class);
    private static final long FIRST_LOOK_MS = 2_000;
    private static final long LOOK_MS = 500;

    /** How long the server has waited for the holder; about as long as it lets a transaction wait by itself. */
    private static final int FROZEN_MS = 2_500;

    /**
     * Only a holder waits for its client with this lock on the table: nodes that wait for the holder wait for a lock, and readers have
     * another one.
     */
    private static final String END = "WITH frozen AS MATERIALIZED ("
            + "SELECT a.pid, a.client_addr, a.client_port FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid"
            + " WHERE l.locktype = 'relation' AND l.relation = 'head'::regclass AND l.mode = 'RowShareLock' AND l.granted"
            + " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            + " AND a.wait_event = 'ClientRead'"
            + " AND a.state_change < clock_timestamp() - interval '" + FROZEN_MS + " ms')"
            + " SELECT host(client_addr), client_port FROM frozen WHERE pg_terminate_backend(pid)";

    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private final Servers servers;

    FrozenHolders(Servers servers) {
        this.servers = servers;
    }

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("frozen-holders").factory());
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    /** Runs a query that takes the head, and looks after its holder while the query waits. */
    ResultSet await(PreparedStatement lock) throws SQLException {
        ScheduledFuture<?> looks =
                TIMER.scheduleWithFixedDelay(this::end, FIRST_LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
        try {
            return lock.executeQuery();
        } finally {
            looks.cancel(false);
        }
    }

    private void end() {
        try (Connection connection = servers.connect(Servers.Use.READ);
                Statement statement = connection.createStatement();
                ResultSet ended = statement.executeQuery(END)) {
            while (ended.next()) {
                LOG.warn(
                        "{}: the node at {}:{} froze while it held the head of the journal; its connection was ended",
                        servers,
                        ended.getString(1),
                        ended.getInt(2));
            }
        } catch (SQLException e) {
            LOG.debug("{}: cannot look for a node that froze", servers, e);
        }
    }
}
