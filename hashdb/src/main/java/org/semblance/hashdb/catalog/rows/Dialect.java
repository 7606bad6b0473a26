package org.semblance.hashdb.catalog.rows;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.StorageFailedException;

/**
 * Where a catalog is stored, and what the databases do not say in the same words. Every statement is written once, as SQLite
 * runs it; {@link #sql} gives it to a database that has another word for something. Its text says in messages where the catalog is, never with a
 * password.
 */
public interface Dialect {
    /**
     * The newest change, as whoever makes the next one finds it.
     *
     * @param hash of its row of the journal, 64 hex digits
     * @param nextContentId the id of the next content
     * @param at the time of the database; null if the time of this process counts
     */
    record Head(
            long seq,
            String hash,
            long nextContentId,
            @Nullable Instant at) {}

    /** Whether other processes may change the catalog while this one has it open. */
    boolean isShared();

    /** The statement as this database runs it. */
    String sql(String text);

    /** A connection that changes nothing, without autocommit: each transaction sees one state of the catalog. */
    Connection connectReader() throws SQLException;

    /** A connection for whoever changes the catalog. */
    Connection connectWriter() throws SQLException;

    /**
     * Whether a connection can be lent again.
     *
     * @param idleNanos since it was given back
     * @param ageNanos since it was opened
     */
    boolean isUsable(Connection idle, long idleNanos, long ageNanos);

    /**
     * The transactions of a connection.
     *
     * @param writer a connection of {@link #connectWriter}
     * @param db prepares statements on it, when the rows that wait to be inserted are in
     */
    WriterSession session(Connection writer, Rows.Preparer db);

    /** What text search is asked for a text that stands in a content's note or metadata, in any case. */
    String phrase(String text);

    /** The parameter of a statement that takes ids as one table. */
    String ids(long[] ids);

    /** The parameter of a statement that takes texts as one table. */
    String texts(Collection<String> texts);

    /** Sets the values of a row of {@link WriterSession#insertText}. The content of that id is stored before. */
    void setText(RowInsert insert, long contentId, @Nullable String note, @Nullable String metadata)
            throws SQLException;

    /** Has the next row of a table that numbers its rows by itself follow those that were inserted with their ids. */
    void continueIds(Rows.Preparer db, String table) throws SQLException;

    /** Says in words what the database says in codes. */
    StorageFailedException failure(SQLException e);

    /** Whether the connection is gone, or the database cannot be reached at all. */
    boolean isLost(SQLException e);

    /** What the database itself finds wrong with how it stores the catalog. */
    List<String> faults(Connection reader, int atMost) throws SQLException;
}
