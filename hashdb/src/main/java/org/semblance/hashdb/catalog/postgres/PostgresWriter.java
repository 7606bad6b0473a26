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
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;
import org.semblance.hashdb.catalog.rows.Dialect.Head;
import org.semblance.hashdb.catalog.rows.RowInsert;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.catalog.rows.WriterSession;

/**
 * Changes a catalog in PostgreSQL with two trips to the server a transaction: one takes the head, and one brings the rows of all
 * tables, moves the head, wakes the other nodes and commits.
 *
 * <p>The rows are the parameters of one statement, arrays of columns. Unlike a {@code COPY} or a batch, such a statement ends when the
 * client freezes in the midst of it: the server takes a known statement whose parameters have not come in whole for a transaction that
 * waits for its client, and ends that soon. A {@code COPY} that waits for its client is not even ended by a timeout of the statement,
 * and no other node could change anything until then. So that the server knows a statement before it gets rows, it is run without any
 * first: within the transaction, or, if it ends the transaction, before the next one begins.
 */
final class PostgresWriter implements WriterSession {
    private static final String MOVE = "moved AS (UPDATE head SET seq = ?, hash = ?, next_content_id = ?,"
            + " at = greatest(at, ?) WHERE one = ? RETURNING seq)"
            + " SELECT pg_notify('" + PostgresDialect.CHANNEL + "', seq::text) FROM moved";

    /** No row of the head has this number. */
    private static final int NO_HEAD = 0;

    private final Connection connection;
    private final Rows.Preparer db;
    private final boolean ownTime;

    /** The statements that the server knows, by their text. */
    private final Map<String, PreparedStatement> known = new HashMap<>();

    /** The statements that end a transaction and that the next one could do with, without their rows. */
    private final Map<String, List<ArrayInsert.Part>> wanted = new HashMap<>();

    PostgresWriter(Connection connection, Rows.Preparer db, boolean ownTime) {
        this.connection = connection;
        this.db = db;
        this.ownTime = ownTime;
    }

    @Override
    public Head begin(@Nullable Head before) throws SQLException {
        for (Map.Entry<String, List<ArrayInsert.Part>> ending : wanted.entrySet()) {
            PreparedStatement statement = prepare(ending.getKey());
            bindHead(statement, bind(statement, ending.getValue(), true), NO_HEAD, new Head(0, "", 0, null));
            statement.execute();
            known.put(ending.getKey(), statement);
        }
        wanted.clear();
        PreparedStatement lock = db.prepare("SELECT seq, hash, next_content_id,"
                + " greatest(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)"
                + " FROM head WHERE one = 1 FOR UPDATE");
        try (ResultSet row = lock.executeQuery()) {
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
    public void run(Collection<RowInsert> inserts) throws SQLException {
        List<ArrayInsert> waiting = waiting(inserts);
        if (waiting.isEmpty()) {
            return;
        }
        List<ArrayInsert.Part> parts = parts(waiting);
        String sql = parts.size() == 1 ? parts.getFirst().sql() : with(parts) + " SELECT 1";
        PreparedStatement statement = known.get(sql);
        if (statement == null) {
            statement = prepare(sql);
            bind(statement, parts, true);
            statement.execute();
            known.put(sql, statement);
        }
        bind(statement, parts, false);
        statement.execute();
        waiting.forEach(ArrayInsert::clear);
    }

    @Override
    public void commit(Head before, Head reached, Collection<RowInsert> inserts) throws SQLException {
        List<ArrayInsert> waiting = waiting(inserts);
        if (reached.seq() == before.seq()) {
            run(inserts);
            connection.commit();
            return;
        }
        List<ArrayInsert.Part> parts = parts(waiting);
        String moving = (parts.isEmpty() ? "WITH " : with(parts) + ", ") + MOVE;
        String ending = moving + "; COMMIT";
        PreparedStatement statement = known.get(ending);
        if (statement != null) {
            bindHead(statement, bind(statement, parts, false), 1, reached);
            statement.execute();
        } else {
            wanted.put(ending, parts);
            run(inserts);
            PreparedStatement move = db.prepare("WITH " + MOVE);
            bindHead(move, 1, 1, reached);
            move.executeQuery().close();
        }
        connection.commit(); // Nothing is left to do here for a statement that has done it.
        waiting.forEach(ArrayInsert::clear);
    }

    private static List<ArrayInsert> waiting(Collection<RowInsert> inserts) {
        List<ArrayInsert> waiting = new ArrayList<>();
        for (RowInsert insert : inserts) {
            if (insert instanceof ArrayInsert rows && !rows.isEmpty()) {
                waiting.add(rows);
            }
        }
        return waiting;
    }

    private static List<ArrayInsert.Part> parts(List<ArrayInsert> waiting) {
        return waiting.stream().map(ArrayInsert::part).toList();
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
    private int bind(PreparedStatement statement, List<ArrayInsert.Part> parts, boolean none) throws SQLException {
        int number = 1;
        for (ArrayInsert.Part part : parts) {
            number = part.bind(connection, statement, number, none);
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
