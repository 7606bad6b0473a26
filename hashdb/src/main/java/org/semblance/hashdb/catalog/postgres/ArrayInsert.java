package org.semblance.hashdb.catalog.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;
import org.semblance.hashdb.catalog.rows.RowInsert;
import org.semblance.hashdb.catalog.rows.Rows;

/**
 * Inserts many rows by one statement, whose parameters are the columns. Unlike a {@code COPY}
 * or a batch, such a statement ends when the client freezes in the midst of it: the server takes a known statement whose parameters have not come
 * in whole for a transaction that waits for its client, and ends that soon. A {@code COPY} that waits for its client is not even ended by a timeout of
 * the statement, and no other node could change anything until then.
 */
final class ArrayInsert implements RowInsert {
    private final Connection connection;
    private final Rows.Preparer db;
    private final String into;
    private final Kind[] kinds;
    private final @Nullable Object[] values;
    private final List<@Nullable Object[]> rows = new ArrayList<>();
    private @Nullable PreparedStatement statement;

    /** What a column is given as. */
    private enum Kind {
        LONG("bigint") {
            @Override
            Object[] array(int length) {
                return new Long[length];
            }
        },
        INT("int") {
            @Override
            Object[] array(int length) {
                return new Integer[length];
            }
        },
        TEXT("text") {
            @Override
            Object[] array(int length) {
                return new String[length];
            }
        },
        BYTES("bytea") {
            @Override
            Object[] array(int length) {
                return new byte[length][];
            }
        };

        private final String type;

        Kind(String type) {
            this.type = type;
        }

        abstract Object[] array(int length);
    }

    ArrayInsert(Connection connection, Rows.Preparer db, String table, List<String> columns) {
        this.connection = connection;
        this.db = db;
        this.into = "INSERT INTO " + table + " (" + String.join(", ", columns) + ") SELECT * FROM unnest(";
        this.kinds = new Kind[columns.size()];
        this.values = new @Nullable Object[columns.size()];
    }

    private void set(int column, Kind kind, @Nullable Object value) {
        kinds[column - 1] = kind;
        values[column - 1] = value;
    }

    @Override
    public void setLong(int column, long value) {
        set(column, Kind.LONG, value);
    }

    @Override
    public void setInt(int column, int value) {
        set(column, Kind.INT, value);
    }

    @Override
    public void setNullable(int column, @Nullable Long value) {
        set(column, Kind.LONG, value);
    }

    @Override
    public void setNullable(int column, @Nullable Integer value) {
        set(column, Kind.INT, value);
    }

    @Override
    public void setString(int column, @Nullable String value) {
        set(column, Kind.TEXT, value);
    }

    @Override
    public void setBytes(int column, byte[] value) {
        set(column, Kind.BYTES, value);
    }

    @Override
    public void add() {
        rows.add(values.clone());
    }

    @Override
    public void run() throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        PreparedStatement insert = statement == null ? prepare() : statement;
        insert(insert, rows);
        rows.clear();
    }

    private void insert(PreparedStatement insert, List<@Nullable Object[]> some) throws SQLException {
        for (int i = 0; i < kinds.length; i++) {
            @Nullable Object[] column = kinds[i].array(some.size());
            for (int j = 0; j < column.length; j++) {
                column[j] = some.get(j)[i];
            }
            insert.setArray(i + 1, connection.createArrayOf(kinds[i].type, column));
        }
        insert.executeUpdate();
    }

    /** Has the server know the statement, so that its rows are the first that is sent to it. */
    private PreparedStatement prepare() throws SQLException {
        PreparedStatement insert = db.prepare(Arrays.stream(kinds)
                .map(kind -> "CAST(? AS " + kind.type + "[])")
                .collect(Collectors.joining(", ", into, ")")));
        insert.unwrap(PGStatement.class).setPrepareThreshold(1);
        insert(insert, List.of());
        statement = insert;
        return insert;
    }
}
