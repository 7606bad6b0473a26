package org.semblance.hashdb.catalog.rows;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import org.jspecify.annotations.Nullable;

/** By a statement that runs once a row. */
final class PreparedInsert implements RowInsert {
    private final PreparedStatement statement;
    private boolean pending;

    /** @param statement of this insert alone */
    PreparedInsert(PreparedStatement statement) {
        this.statement = statement;
    }

    @Override
    public void setLong(int column, long value) throws SQLException {
        statement.setLong(column, value);
    }

    @Override
    public void setInt(int column, int value) throws SQLException {
        statement.setInt(column, value);
    }

    @Override
    public void setNullable(int column, @Nullable Long value) throws SQLException {
        if (value == null) {
            statement.setNull(column, Types.BIGINT);
        } else {
            statement.setLong(column, value);
        }
    }

    @Override
    public void setNullable(int column, @Nullable Integer value) throws SQLException {
        if (value == null) {
            statement.setNull(column, Types.INTEGER);
        } else {
            statement.setInt(column, value);
        }
    }

    @Override
    public void setString(int column, @Nullable String value) throws SQLException {
        statement.setString(column, value);
    }

    @Override
    public void setBytes(int column, byte[] value) throws SQLException {
        statement.setBytes(column, value);
    }

    @Override
    public void add() throws SQLException {
        statement.addBatch();
        pending = true;
    }

    /** Inserts the rows that were added. */
    void run() throws SQLException {
        if (pending) {
            pending = false;
            statement.executeBatch();
        }
    }
}
