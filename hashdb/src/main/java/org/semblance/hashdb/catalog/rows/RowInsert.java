package org.semblance.hashdb.catalog.rows;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Takes rows of one table, which go in together. A row has all of its values set, by the number of the column from 1 on, and is added;
 * the rows that were added are in the table when {@link WriterSession#run} returns. For one thread at a time.
 */
public interface RowInsert {
    void setLong(int column, long value) throws SQLException;

    void setInt(int column, int value) throws SQLException;

    void setNullable(int column, @Nullable Long value) throws SQLException;

    void setNullable(int column, @Nullable Integer value) throws SQLException;

    void setString(int column, @Nullable String value) throws SQLException;

    void setBytes(int column, byte[] value) throws SQLException;

    /** Adds a row of the values that are set. */
    void add() throws SQLException;
}
