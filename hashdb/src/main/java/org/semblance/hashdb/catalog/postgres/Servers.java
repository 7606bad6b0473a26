package org.semblance.hashdb.catalog.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.StorageFailedException.Kind;
import org.semblance.hashdb.catalog.rows.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connects to the server that takes changes, and to no other: one that follows another, one that was the first before a failover
 * and came back, or a database of another origin is turned away, as what is written there would be lost or would part the list in
 * two. What tells them apart is noted from the first connection on.
 */
final class Servers {
    private static final Logger LOG = LoggerFactory.getLogger(Servers.class);

    /** The oldest version that looks for a client that is gone: {@code client_connection_check_interval}. */
    static final int OLDEST_VERSION = 14;

    private static final int CONNECT_SECONDS = 3;
    private static final int SIGN_IN_SECONDS = 5;

    /** Rows that are fetched together; without this the driver would take all of a table into memory. */
    private static final int FETCHED_ROWS = 10_000;

    private static final String REFUSED = "08004";
    private static final String NOT_ALLOWED = "42501";
    private static final int TIMELINE_DIGITS = 8;
    private static final int HEX = 16;

    /** States in which the connection is of no use any more, or none could be had. */
    private static final Set<String> LOST = Set.of(
            "57P01", "57P02", "57P03", "57P05", // shut down, crashed, starting, or idle for too long
            "25P03", // waited for its client in a transaction
            "25006", // takes no changes: it follows another server now
            "53300"); // no connection is free

    /** States that pass. */
    private static final Set<String> BUSY = Set.of("55P03", "57014", "40001", "40P01");

    private static final String DISK_FULL = "53100";

    private final PostgresAddress address;
    private final @Nullable String password;
    private final @Nullable ServerMark mark;
    private final Driver driver = new Driver();

    /** The host of the last connection; null before the first one. */
    private volatile @Nullable String lastUrl;

    private volatile @Nullable Identity last;

    /** What a connection is for: how long the server may take for an answer. */
    enum Use {
        READ(600),
        WRITE(70),
        LISTEN(10);

        private final int answerSeconds;

        Use(int answerSeconds) {
            this.answerSeconds = answerSeconds;
        }
    }

    /**
     * Which server it is.
     *
     * @param system what initdb gave it, kept by its standbys; null if it does not tell
     * @param timeline larger after each promotion
     */
    record Identity(@Nullable String system, long timeline) {}

    Servers(PostgresAddress address, @Nullable String password) {
        this(address, password, null);
    }

    /** @param mark remembers the server from one process to the next; null if nothing does */
    Servers(PostgresAddress address, @Nullable String password, @Nullable ServerMark mark) {
        this.address = address;
        this.password = password;
        this.mark = mark;
        this.last = mark == null ? null : mark.read();
    }

    @Override
    public String toString() {
        return address.toString();
    }

    /**
     * A connection to the server that takes changes. Each host is asked, the one of the last connection first, until one is the
     * server that is looked for: of two that would take changes, one may have come back after a failover. A node that does not know
     * the server yet asks all.
     *
     * @throws SQLException of the host that answered, if none is
     */
    Connection connect(Use use) throws SQLException {
        List<String> urls = new ArrayList<>(address.urls());
        String known = lastUrl;
        if (known != null) {
            urls.remove(known);
            urls.addFirst(known);
        }
        boolean askAll = last == null;
        SQLException failure = new SQLException("the address has no host", REFUSED);
        Connection found = null;
        for (int i = 0; i < urls.size() && (found == null || askAll); i++) {
            try {
                Connection next = connect(urls.get(i), use);
                if (found != null) {
                    Schema.closeQuietly(found); // The next one is on a later timeline, or it would have been refused.
                }
                found = next;
                lastUrl = urls.get(i);
            } catch (SQLException e) {
                if (i == 0 || REFUSED.equals(e.getSQLState())) {
                    failure = e;
                }
            }
        }
        if (found == null) {
            throw failure;
        }
        return found;
    }

    private Connection connect(String url, Use use) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", address.user() == null ? System.getProperty("user.name", "") : address.user());
        if (password != null) {
            properties.setProperty("password", password);
        }
        properties.setProperty("ApplicationName", "semblance");
        properties.setProperty("connectTimeout", Integer.toString(CONNECT_SECONDS));
        properties.setProperty("loginTimeout", Integer.toString(SIGN_IN_SECONDS));
        properties.setProperty("socketTimeout", Integer.toString(use.answerSeconds));
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("defaultRowFetchSize", Integer.toString(FETCHED_ROWS));
        properties.setProperty("reWriteBatchedInserts", "true");
        // A plan for any range of ids would be one for an average range, of thousands; and to compile a plan takes
        // longer than to run it
        // here.
        properties.setProperty("options", "-c plan_cache_mode=force_custom_plan -c jit=off");
        Connection connection = driver.connect(url, properties);
        if (connection == null) {
            throw new SQLException("the driver does not know the address", REFUSED);
        }
        boolean done = false;
        try {
            check(connection);
            done = true;
            return connection;
        } finally {
            if (!done) {
                Schema.closeQuietly(connection);
            }
        }
    }

    private void check(Connection connection) throws SQLException {
        Identity now;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_is_in_recovery(),"
                        + " current_setting('server_version_num')::int / 10000, current_setting('server_encoding'),"
                        + " CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_walfile_name(pg_current_wal_lsn()) END")) {
            row.next();
            if (row.getBoolean(1)) {
                throw new SQLException("the server follows another one and takes no changes", REFUSED);
            }
            if (row.getInt(2) < OLDEST_VERSION) {
                throw new SQLException(
                        "PostgreSQL " + row.getInt(2) + " (expected: " + OLDEST_VERSION + " or newer)", REFUSED);
            }
            if (!"UTF8".equals(row.getString(3))) {
                throw new SQLException(
                        "the database has the encoding " + row.getString(3) + " (expected: UTF8)", REFUSED);
            }
            String file = row.getString(4);
            now = new Identity(
                    system(connection), file == null ? 0 : Long.parseLong(file.substring(0, TIMELINE_DIGITS), HEX));
        }
        note(now);
    }

    private static @Nullable String system(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT system_identifier FROM pg_control_system()")) {
            return row.next() ? row.getString(1) : null;
        } catch (SQLException e) {
            if (NOT_ALLOWED.equals(e.getSQLState())) {
                return null;
            }
            throw e;
        }
    }

    private synchronized void note(Identity now) throws SQLException {
        Identity before = last;
        if (before != null && before.system != null && now.system != null && !before.system.equals(now.system)) {
            throw new SQLException(
                    "the server is another one: its system identifier is " + now.system + " (expected: " + before.system
                            + (mark == null ? "" : "; if the catalog was moved there, delete " + mark) + ")",
                    REFUSED);
        }
        if (before != null && now.timeline < before.timeline) {
            throw new SQLException(
                    "the server was the first one before a failover: it is on timeline " + now.timeline + " (expected: "
                            + before.timeline + " or later)",
                    REFUSED);
        }
        if (before != null && now.timeline > before.timeline) {
            LOG.warn("{}: another server took over: timeline {} after {}", address, now.timeline, before.timeline);
        }
        last = now;
        if (mark != null && !now.equals(before)) {
            mark.write(now);
        }
    }

    /** Whether the connection is of no use any more, or none could be had. */
    static boolean isLost(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("08") || state.startsWith("28") || LOST.contains(state));
    }

    /**
     * What the server says of a failure, in one line; the driver gives each detail a line of its own. Details of a value that the
     * server refused are left out, because they quote the row and messages are logged.
     */
    static String said(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        boolean quotes = state.startsWith("22") || state.startsWith("23");
        return String.valueOf(e.getMessage())
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .limit(quotes ? 1 : Long.MAX_VALUE)
                .collect(Collectors.joining("; "));
    }

    StorageFailedException failure(SQLException e) {
        String state = e.getSQLState();
        if (DISK_FULL.equals(state)) {
            return new StorageFailedException(address + ": the disk is full", Kind.FULL, e);
        }
        if (isLost(e)) {
            return new StorageFailedException(address + ": PostgreSQL cannot be reached: " + said(e), Kind.AWAY, e);
        }
        if (state != null && BUSY.contains(state)) {
            return new StorageFailedException(
                    address + ": another node holds the catalog, or it is busy: " + said(e), Kind.AWAY, e);
        }
        return new StorageFailedException(address + ": " + said(e), Kind.FAILED, e);
    }
}
