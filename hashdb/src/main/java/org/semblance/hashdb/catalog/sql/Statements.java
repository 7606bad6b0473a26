package org.semblance.hashdb.catalog.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.rows.Dialect;

/** The statements of one connection, each prepared once. For one thread at a time. */
final class Statements {
    /** Rows handed to the database in one batch; bounds what the driver holds on the heap. */
    private static final int BATCH = 10_000;

    private final Connection connection;
    private final Dialect dialect;
    private final Map<String, PreparedStatement> prepared = new HashMap<>();

    Statements(Connection connection, Dialect dialect) {
        this.connection = connection;
        this.dialect = dialect;
    }

    /** The statement of that text. A second call for the same text ends the rows of the first. */
    PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = prepared.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(dialect.sql(sql));
            prepared.put(sql, statement);
        }
        return statement;
    }

    /** Runs a statement with whole numbers for its parameters, and returns how many rows it changed. */
    int update(String sql, long... parameters) throws SQLException {
        PreparedStatement statement = prepare(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setLong(i + 1, parameters[i]);
        }
        return statement.executeUpdate();
    }

    /**
     * Adds a row to the batch of the statement, and runs the batch once it is full.
     *
     * @param pending how many rows it had
     * @return how many rows it has
     */
    static int batched(PreparedStatement statement, int pending) throws SQLException {
        statement.addBatch();
        if (pending + 1 < BATCH) {
            return pending + 1;
        }
        statement.executeBatch();
        return 0;
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
