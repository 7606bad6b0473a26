package org.semblance.hashdb.catalog.rows;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.rows.Dialect.Head;

/** The transactions of one connection that changes the catalog, one after another. For one thread at a time. */
public interface WriterSession extends AutoCloseable {
    /**
     * Begins a transaction that no other writer runs beside, from here to its end.
     *
     * @param known the head as this connection left it; null if it has begun no transaction yet
     */
    Head begin(@Nullable Head known) throws SQLException;

    /**
     * Inserts rows of a table.
     *
     * @param columns in the order of their numbers
     */
    RowInsert insert(String table, List<String> columns) throws SQLException;

    /** Inserts what text search finds contents by, with the values of {@link Dialect#setText}. */
    RowInsert insertText() throws SQLException;

    /**
     * Begins to insert the rows that were added since the last time. It may go on while more rows are added; before anything else
     * is done with the connection, {@link #run} has to return.
     *
     * @param inserts each after those whose rows its own refer to
     */
    void start(Collection<RowInsert> inserts) throws SQLException;

    /**
     * Inserts the rows that were added since the last time. All are in when this returns.
     *
     * @param inserts each after those whose rows its own refer to
     */
    void run(Collection<RowInsert> inserts) throws SQLException;

    /**
     * Inserts the rows that were added, as {@link #run} does, and ends the transaction: all of it is durable when this returns. If
     * this fails where the catalog is shared, the transaction may have been committed all the same.
     *
     * @param before the head as {@link #begin} gave it
     * @param reached the head with the changes of the transaction
     */
    void commit(Head before, Head reached, Collection<RowInsert> inserts) throws SQLException;

    /** Waits for the rows that {@link #start} began to insert. The caller, who opened the connection, closes the connection next. */
    @Override
    void close();
}
