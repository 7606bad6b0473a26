package org.semblance.hashdb.catalog.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.rows.Dialect;
import org.semblance.hashdb.catalog.rows.Dialect.Head;
import org.semblance.hashdb.catalog.rows.RowInsert;
import org.semblance.hashdb.catalog.rows.WriterSession;

/**
 * The statements of the connection that changes the catalog, each prepared once. Rows that are only added wait, so that those of many
 * changes go in together: a round trip a row would be most of the time where the database is elsewhere. They are in the catalog before
 * any other statement runs. For one thread at a time.
 */
final class Statements {
    /** Rows that wait at most; bounds what the driver holds on the heap. */
    private static final int ROWS = 10_000;

    private static final int BYTES = 8 << 20;
    private static final String TEXT = "content_text";

    /** The tables of rows that wait, in an order in which none comes before one that it refers to. */
    private static final List<String> ORDER =
            List.of("content", "signal", "content_label", "video", "picture", TEXT, "journal", "request_key");

    private final Connection connection;
    private final Dialect dialect;
    private final WriterSession session;
    private final Map<String, PreparedStatement> prepared = new HashMap<>();

    private final Map<String, RowInsert> inserts = new TreeMap<>(Comparator.comparingInt(ORDER::indexOf));

    private int waitingRows;
    private int waitingBytes;

    Statements(Connection connection, Dialect dialect) {
        this.connection = connection;
        this.dialect = dialect;
        this.session = dialect.session(connection, this::prepare);
    }

    /** The statement of that text. A second call for the same text ends the rows of the first. */
    PreparedStatement prepare(String sql) throws SQLException {
        flush();
        PreparedStatement statement = prepared.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(dialect.sql(sql));
            prepared.put(sql, statement);
        }
        return statement;
    }

    /**
     * Inserts rows of a table, each of which is given to {@link #add}.
     *
     * @param table one of {@link #ORDER}
     * @param columns always the same ones
     */
    RowInsert insert(String table, String... columns) throws SQLException {
        RowInsert insert = inserts.get(table);
        if (insert == null) {
            insert = session.insert(table, List.of(columns));
            inserts.put(table, insert);
        }
        return insert;
    }

    /** Inserts what text search finds contents by. */
    RowInsert insertText() throws SQLException {
        RowInsert insert = inserts.get(TEXT);
        if (insert == null) {
            insert = session.insertText();
            inserts.put(TEXT, insert);
        }
        return insert;
    }

    /**
     * Adds a row of the values that are set.
     *
     * @param bytes about how many they are, if they are many
     */
    void add(RowInsert insert, int bytes) throws SQLException {
        insert.add();
        waitingRows++;
        waitingBytes += bytes;
        if (waitingRows >= ROWS || waitingBytes >= BYTES) {
            noneWaits();
            session.start(inserts.values());
        }
    }

    void add(RowInsert insert) throws SQLException {
        add(insert, 0);
    }

    /** Inserts the rows that wait, and waits for those that are being inserted. */
    void flush() throws SQLException {
        noneWaits();
        session.run(inserts.values());
    }

    private void noneWaits() {
        waitingRows = 0;
        waitingBytes = 0;
    }

    /** See {@link WriterSession#begin}. */
    Head begin(@Nullable Head known) throws SQLException {
        return session.begin(known);
    }

    /** Inserts the rows that wait, and commits. See {@link WriterSession#commit}. */
    void commit(Head before, Head reached) throws SQLException {
        noneWaits();
        session.commit(before, reached, inserts.values());
    }

    /** Ends what goes on; the connection is closed after this. */
    void close() {
        session.close();
    }

    /** Runs a statement with whole numbers for its parameters, and returns how many rows it changed. */
    int update(String sql, long... parameters) throws SQLException {
        PreparedStatement statement = prepare(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setLong(i + 1, parameters[i]);
        }
        return statement.executeUpdate();
    }

    /** Whether something is so, as the schema has it: 0 or 1. */
    static void setFlag(PreparedStatement statement, int index, boolean value) throws SQLException {
        statement.setInt(index, value ? 1 : 0);
    }

    static void setInteger(PreparedStatement statement, int index, @Nullable Integer value) throws SQLException {
        if (value == null) {
            statement.setNull(index, Types.INTEGER);
        } else {
            statement.setInt(index, value);
        }
    }

    static void setLong(PreparedStatement statement, int index, @Nullable Long value) throws SQLException {
        if (value == null) {
            statement.setNull(index, Types.BIGINT);
        } else {
            statement.setLong(index, value);
        }
    }
}
