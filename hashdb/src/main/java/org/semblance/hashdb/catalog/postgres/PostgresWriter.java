package org.semblance.hashdb.catalog.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;
import org.semblance.hashdb.catalog.rows.Dialect.Head;
import org.semblance.hashdb.catalog.rows.RowInsert;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.catalog.rows.WriterSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes a catalog in PostgreSQL with two trips to the server a transaction: one takes the head, and one brings the rows of all
 * tables, moves the head, wakes the other nodes and commits.
 *
 * <p>The rows are the parameters of one statement, arrays of columns. Unlike a {@code COPY} or a batch, such a statement ends when the
 * client freezes in the midst of it: the server takes a known statement whose parameters have not come in whole for a transaction that
 * waits for its client, and ends that soon. A {@code COPY} that waits for its client is not even ended by a timeout of the statement,
 * and no other node could change anything until then. So that the server knows a statement before it gets rows, it is run without any
 * first: within the transaction, or, if it ends the transaction, before the next one begins. Where the driver says something else
 * before the rows, such as that it has forgotten a statement, {@link FrozenHolders} ends the transaction.
 */
final class PostgresWriter implements WriterSession {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresWriter.class);

    private static final String MOVE = "moved AS (UPDATE head SET seq = ?, hash = ?, next_content_id = ?,"
            + " at = greatest(at, ?) WHERE one = ? RETURNING seq)"
            + " SELECT pg_notify('" + PostgresDialect.CHANNEL + "', seq::text) FROM moved";

    /** The number of the row. */
    private static final int HEAD = 1;

    /** No row has this number. */
    private static final int NO_HEAD = 0;

    private final Connection connection;
    private final Rows.Preparer db;
    private final FrozenHolders holders;
    private final boolean ownTime;

    /** The statements that the server knows, by their text. */
    private final Map<String, PreparedStatement> known = new HashMap<>();

    /** The statements that end a transaction and that the next one could do with, without their rows. */
    private final Map<String, List<ArrayInsert.Part>> wanted = new HashMap<>();

    /** Rows that are being inserted; null if none are. */
    private @Nullable FutureTask<@Nullable Void> going;

    PostgresWriter(Connection connection, Rows.Preparer db, FrozenHolders holders, boolean ownTime) {
        this.connection = connection;
        this.db = db;
        this.holders = holders;
        this.ownTime = ownTime;
    }

    @Override
    public Head begin(@Nullable Head before) throws SQLException {
        for (Map.Entry<String, List<ArrayInsert.Part>> ending : wanted.entrySet()) {
            PreparedStatement statement = prepare(ending.getKey());
            bindHead(statement, bind(statement, ending.getValue()), NO_HEAD, new Head(0, "", 0, null));
            statement.execute();
            known.put(ending.getKey(), statement);
        }
        wanted.clear();
        PreparedStatement lock = db.prepare("SELECT seq, hash, next_content_id,"
                + " greatest(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)"
                + " FROM head WHERE one = 1 FOR UPDATE");
        try (ResultSet row = holders.await(lock)) {
            if (!row.next()) {
                throw new SQLException("the head of the journal is missing");
            }
            return new Head(
                    row.getLong(1),
                    HexFormat.of().formatHex(Rows.bytes(row, 2)),
                    row.getLong(3),
                    ownTime ? null : Instant.ofEpochMilli(row.getLong(4)));
        }
    }

    @Override
    public RowInsert insert(String table, List<String> columns) {
        return new ArrayInsert(table, columns);
    }

    @Override
    public RowInsert insertText() {
        return insert("content_text", List.of("rowid", "text"));
    }

    @Override
    public void start(Collection<RowInsert> inserts) throws SQLException {
        await();
        List<ArrayInsert.Part> parts = take(inserts);
        if (!parts.isEmpty()) {
            FutureTask<@Nullable Void> next = new FutureTask<>(() -> insert(parts));
            going = next;
            Thread.ofVirtual().start(next);
        }
    }

    /** Waits for what was started. */
    private void await() throws SQLException {
        FutureTask<@Nullable Void> last = going;
        going = null;
        boolean interrupted = false;
        while (last != null) {
            try {
                last.get();
                last = null;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                throw e.getCause() instanceof SQLException failure ? failure : new SQLException(e.getCause());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run(Collection<RowInsert> inserts) throws SQLException {
        await();
        insert(take(inserts));
    }

    private @Nullable Void insert(List<ArrayInsert.Part> parts) throws SQLException {
        if (parts.isEmpty()) {
            return null;
        }
        String sql = parts.size() == 1 ? parts.getFirst().sql() : with(parts) + " SELECT 1";
        PreparedStatement statement = known.get(sql);
        if (statement == null) {
            statement = prepare(sql);
            bind(statement, empty(parts));
            statement.execute();
            known.put(sql, statement);
        }
        bind(statement, parts);
        statement.execute();
        return null;
    }

    @Override
    public void commit(Head before, Head reached, Collection<RowInsert> inserts) throws SQLException {
        await();
        List<ArrayInsert.Part> parts = take(inserts);
        if (reached.seq() == before.seq()) {
            insert(parts);
            connection.commit();
            return;
        }
        String ending = (parts.isEmpty() ? "WITH " : with(parts) + ", ") + MOVE + ";COMMIT";
        PreparedStatement statement = known.get(ending);
        if (statement != null) {
            bindHead(statement, bind(statement, parts), HEAD, reached);
            statement.execute();
        } else {
            wanted.put(ending, empty(parts));
            insert(parts);
            PreparedStatement move = db.prepare("WITH " + MOVE);
            bindHead(move, 1, HEAD, reached);
            move.executeQuery().close();
        }
        connection.commit(); // Nothing is left to do here for a statement that has done it.
    }

    /** The rows of each table that has some. */
    private static List<ArrayInsert.Part> take(Collection<RowInsert> inserts) {
        List<ArrayInsert.Part> parts = new ArrayList<>();
        for (RowInsert insert : inserts) {
            if (insert instanceof ArrayInsert rows && !rows.isEmpty()) {
                parts.add(rows.take());
            }
        }
        return parts;
    }

    private static List<ArrayInsert.Part> empty(List<ArrayInsert.Part> parts) {
        return parts.stream().map(ArrayInsert.Part::empty).toList();
    }

    @Override
    public void close() {
        try {
            await();
        } catch (SQLException e) {
            LOG.debug("rows that were being inserted are not in", e);
        }
    }

    /** The parts beside each other in one statement, at whose end the server looks whether each row has what it refers to. */
    private static String with(List<ArrayInsert.Part> parts) {
        StringBuilder sql = new StringBuilder();
        for (ArrayInsert.Part part : parts) {
            sql.append(sql.isEmpty() ? "WITH " : ", ")
                    .append("new_")
                    .append(part.table())
                    .append(" AS (")
                    .append(part.sql())
                    .append(')');
        }
        return sql.toString();
    }

    /** A statement that the server keeps from its first run on. */
    private PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.unwrap(PGStatement.class).setPrepareThreshold(1);
        statement.setFetchSize(0);
        return statement;
    }

    /** Sets the parameters of the parts, and returns the number of the one after them. */
    private int bind(PreparedStatement statement, List<ArrayInsert.Part> parts) throws SQLException {
        int number = 1;
        for (ArrayInsert.Part part : parts) {
            number = part.bind(connection, statement, number);
        }
        return number;
    }

    /** Sets the parameters of {@link #MOVE}, from that number on. */
    private static void bindHead(PreparedStatement statement, int first, int one, Head reached) throws SQLException {
        Instant at = reached.at();
        statement.setLong(first, reached.seq());
        statement.setBytes(first + 1, HexFormat.of().parseHex(reached.hash()));
        statement.setLong(first + 2, reached.nextContentId());
        statement.setLong(first + 3, at == null ? 0 : at.toEpochMilli());
        statement.setInt(first + 4, one);
    }
}
