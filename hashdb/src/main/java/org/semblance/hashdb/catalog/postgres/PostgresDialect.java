package org.semblance.hashdb.catalog.postgres;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.rows.Dialect;
import org.semblance.hashdb.catalog.rows.RowInsert;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.catalog.rows.WriterSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A catalog in a database of PostgreSQL, which several nodes have open.
 *
 * <p>A transaction that changes something locks the row {@code head} first, and holds it to the commit. So the changes of all nodes
 * have one order, the rows of the journal follow each other without a gap, and a node that reads them in order misses none. A node
 * that is killed, frozen or cut off while it holds the row must give it back: the server asks for its client twice a second and ends
 * a transaction that waits for one for {@value #IDLE_MS} ms. Where the server does not, {@link FrozenHolders} has it do so.
 */
public final class PostgresDialect implements Dialect {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresDialect.class);

    /** What wakes the nodes when something was changed. */
    static final String CHANNEL = "semblance";

    private static final int IDLE_MS = 3_000;
    private static final int CLIENT_CHECK_MS = 500;
    private static final int LOCK_MS = 10_000;

    /** Longer than any statement of a change takes. */
    private static final int STATEMENT_MS = 60_000;

    private static final long REUSED_UNASKED = TimeUnit.SECONDS.toNanos(1);
    private static final long OLDEST = TimeUnit.MINUTES.toNanos(30);
    private static final int VALIDATION_SECONDS = 2;

    /** What SQLite says, and what it is called here, in this order. */
    private static final String[] WORDS = {
        " CROSS JOIN ",
        " JOIN ",
        " INDEXED BY content_created",
        "",
        Rows.CONTENT_ID,
        "j.content_id",
        Rows.FIRST_ID,
        "j.first_id",
        "json_extract(j.payload, '$.first_id')",
        "j.first_id",
        "json_extract(j.payload, '$.last_id')",
        "j.last_id",
        "content_text MATCH ?",
        "content_text.text LIKE ?",
        "IN (SELECT t.value FROM json_each(?) t)",
        "= ANY(CAST(? AS text[]))",
        "IN (SELECT j.value FROM json_each(?) j)",
        "= ANY(CAST(? AS bigint[]))",
        "json_each(?) j",
        "unnest(CAST(? AS bigint[])) AS j(value)"
    };

    private final Servers servers;
    private final boolean ownTime;

    /** The number of the server's process behind the newest connection that changes something. */
    private volatile int writer;

    private PostgresDialect(Servers servers, boolean ownTime) {
        this.servers = servers;
        this.ownTime = ownTime;
    }

    /**
     * Looks at the database, and makes the tables of a catalog in it if it has none. A node brings older tables up to date as well.
     *
     * @param password null if the database asks for none
     * @param folder of the node, which remembers the server; null for a process that does not go on with the catalog
     * @param ownTime whether changes carry the time of this process, for tests; otherwise they carry the time of the database,
     *     so that it never goes back from one change to the next
     * @throws org.semblance.hashdb.catalog.CatalogRefusedException if it cannot be reached, holds something else, or is of a newer
     *     release
     */
    public static PostgresDialect open(
            PostgresAddress address, @Nullable String password, @Nullable Path folder, boolean ownTime) {
        ServerMark mark = folder == null ? null : new ServerMark(folder);
        PostgresDialect dialect = new PostgresDialect(new Servers(address, password, mark), ownTime);
        PostgresSchema.prepare(dialect.servers, folder != null);
        return dialect;
    }

    /** Wakes whoever waits for changes of other nodes. */
    public ChangeListener listen() {
        return new ChangeListener(servers, () -> writer);
    }

    @Override
    public String toString() {
        return servers.toString();
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public String sql(String text) {
        String sql = text;
        for (int i = 0; i < WORDS.length; i += 2) {
            sql = sql.replace(WORDS[i], WORDS[i + 1]);
        }
        return sql;
    }

    @Override
    public Connection connectReader() throws SQLException {
        Connection connection = servers.connect(Servers.Use.READ);
        boolean done = false;
        try {
            connection.setReadOnly(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
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
        Connection connection = servers.connect(Servers.Use.WRITE);
        boolean done = false;
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET idle_in_transaction_session_timeout = " + IDLE_MS
                    + "; SET lock_timeout = " + LOCK_MS
                    + "; SET statement_timeout = " + STATEMENT_MS
                    // What it runs are rows that are added, and one content or bank at a time: no plan is better than
                    // the other.
                    + "; SET plan_cache_mode = auto");
            lookForClient(statement);
            try (ResultSet row = statement.executeQuery("SHOW synchronous_commit")) {
                row.next();
                if ("off".equals(row.getString(1))) {
                    // What is acknowledged is on disk, whatever the database is content with for others.
                    statement.execute("SET synchronous_commit = on");
                }
            }
            connection.setAutoCommit(false);
            writer = connection.unwrap(PGConnection.class).getBackendPID();
            done = true;
            return connection;
        } finally {
            if (!done) {
                Schema.closeQuietly(connection);
            }
        }
    }

    /** Not every system can tell a server that a client is gone; there a transaction ends when it has waited for too long. */
    private void lookForClient(Statement statement) {
        try {
            statement.execute("SET client_connection_check_interval = " + CLIENT_CHECK_MS);
            // A server that waits for the rest of what a client began to say sends nothing by which it would notice.
            statement.execute(
                    "SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 2");
        } catch (SQLException e) {
            LOG.debug("{}: cannot look for a client that is gone", servers, e);
        }
    }

    @Override
    public boolean isUsable(Connection idle, long idleNanos, long ageNanos) {
        try {
            return ageNanos < OLDEST && (idleNanos < REUSED_UNASKED || idle.isValid(VALIDATION_SECONDS));
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public String texts(Collection<String> texts) {
        return texts.stream()
                .map(text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }

    @Override
    public WriterSession session(Connection writer, Rows.Preparer db) {
        return new PostgresWriter(writer, db, new FrozenHolders(servers), ownTime);
    }

    /** A pattern for the folded text. */
    @Override
    public String phrase(String text) {
        String literal =
                FoldedText.fold(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_");
        return "%" + literal + "%";
    }

    @Override
    public String ids(long[] ids) {
        return Arrays.stream(ids).mapToObj(Long::toString).collect(Collectors.joining(",", "{", "}"));
    }

    @Override
    public void setText(RowInsert insert, long contentId, @Nullable String note, @Nullable String metadata)
            throws SQLException {
        insert.setLong(1, contentId);
        insert.setString(2, FoldedText.of(note, metadata));
    }

    @Override
    public void continueIds(Rows.Preparer db, String table) throws SQLException {
        db.prepare("SELECT setval(pg_get_serial_sequence('" + table + "', 'id'), (SELECT max(id) FROM " + table
                        + ")) FROM " + table + " LIMIT 1")
                .executeQuery()
                .close();
    }

    @Override
    public StorageFailedException failure(SQLException e) {
        return servers.failure(e);
    }

    @Override
    public boolean isLost(SQLException e) {
        return Servers.isLost(e);
    }

    @Override
    public List<String> faults(Connection reader, int atMost) throws SQLException {
        List<String> faults = new ArrayList<>();
        try (Statement statement = reader.createStatement();
                ResultSet row = statement.executeQuery("SELECT h.seq, (SELECT max(seq) FROM journal),"
                        + " h.hash = (SELECT hash FROM journal ORDER BY seq DESC LIMIT 1), h.next_content_id,"
                        + " (SELECT max(id) FROM content) FROM head h WHERE one = 1")) {
            if (!row.next()) {
                faults.add("PostgreSQL: the head of the journal is missing");
            } else if (row.getLong(1) != row.getLong(2) || (row.getLong(2) > 0 && !row.getBoolean(3))) {
                faults.add("PostgreSQL: the head of the journal is at change " + row.getLong(1) + ", its newest row is "
                        + row.getLong(2));
            } else if (row.getLong(4) <= row.getLong(5)) {
                faults.add("PostgreSQL: the next content would be " + row.getLong(4) + ", the newest is "
                        + row.getLong(5));
            }
        }
        return faults;
    }
}
