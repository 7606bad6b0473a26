package org.semblance.hashdb.catalog.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.rows.RowInsert;

/**
 * Rows of one table that wait, as columns: each is one parameter of a statement. Columns that are NULL in every row are left out of
 * it, as most are of contents with nothing but a hash.
 */
final class ArrayInsert implements RowInsert {
    /** Choices of columns that have statements of their own; further ones take all columns. */
    private static final int CHOICES = 4;

    private final String table;
    private final List<Column> columns;
    private final Set<List<Column>> chosen = new HashSet<>();
    private int rows;

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

    /** A column with its values. */
    private static final class Column {
        private final String name;
        private List<@Nullable Object> values = new ArrayList<>();
        private Kind kind = Kind.LONG;
        private @Nullable Object value;
        private boolean filled;

        Column(String name) {
            this.name = name;
        }

        void add() {
            values.add(value);
            filled |= value != null;
        }

        Filled take() {
            Filled taken = new Filled(name, kind, values);
            values = new ArrayList<>();
            filled = false;
            return taken;
        }
    }

    /** Some values of a column. */
    private record Filled(String name, Kind kind, List<@Nullable Object> values) {
        Filled empty() {
            return new Filled(name, kind, List.of());
        }
    }

    ArrayInsert(String table, List<String> columns) {
        this.table = table;
        this.columns = columns.stream().map(Column::new).toList();
    }

    private void set(int number, Kind kind, @Nullable Object value) {
        Column column = columns.get(number - 1);
        column.kind = kind;
        column.value = value;
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
        columns.forEach(Column::add);
        rows++;
    }

    boolean isEmpty() {
        return rows == 0;
    }

    /** Takes the rows that wait. */
    Part take() {
        List<Column> filled = columns.stream().filter(column -> column.filled).toList();
        if (chosen.size() < CHOICES) {
            chosen.add(filled);
        }
        List<Filled> of = new ArrayList<>();
        for (Column column : columns) {
            boolean left = !column.filled && chosen.contains(filled);
            Filled values = column.take();
            if (!left) {
                of.add(values);
            }
        }
        rows = 0;
        return new Part(table, of);
    }

    /** The part of a statement that inserts rows of a table, and these. */
    record Part(String table, List<Filled> columns) {
        /** Its words, with a parameter a column. */
        String sql() {
            StringJoiner names = new StringJoiner(", ", "INSERT INTO " + table + " (", ")");
            StringJoiner arrays = new StringJoiner(", ", " SELECT * FROM unnest(", ")");
            for (Filled column : columns) {
                names.add(column.name);
                arrays.add("CAST(? AS " + column.kind.type + "[])");
            }
            return names.toString() + arrays;
        }

        /** The same without rows. */
        Part empty() {
            return new Part(table, columns.stream().map(Filled::empty).toList());
        }

        /** Sets its parameters, from that number on, and returns the number after them. */
        int bind(Connection connection, PreparedStatement statement, int first) throws SQLException {
            int number = first;
            for (Filled column : columns) {
                Object[] array = column.kind.array(column.values.size());
                statement.setArray(number++, connection.createArrayOf(column.kind.type, column.values.toArray(array)));
            }
            return number;
        }
    }
}
