package org.semblance.hashdb.catalog.rows;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.rows.Dialect.Head;

/** Changes a catalog in a file of SQLite, each row by a statement of its own: nothing is between it and the file. */
final class SqliteWriter implements WriterSession {
    /** The note, and the values in the metadata. As the schema's migration has it. */
    private static final String INSERT_TEXT =
            "INSERT INTO content_text (rowid, text) SELECT id, coalesce(note, '') || char(10)"
                    + " || coalesce((SELECT group_concat(t.atom, char(10)) FROM json_tree(metadata) t"
                    + " WHERE t.atom IS NOT NULL), '') FROM content WHERE id = ? AND (note IS NOT NULL OR metadata IS NOT NULL)";

    private final Connection connection;
    private final Rows.Preparer db;

    SqliteWriter(Connection connection, Rows.Preparer db) {
        this.connection = connection;
        this.db = db;
    }

    /**
     * Takes the lock for writing at once: a transaction that has read before it writes is not waited for, but fails if a reader
     * holds that lock for the moment in which it checks the log's index.
     */
    @Override
    public Head begin(@Nullable Head known) throws SQLException {
        db.prepare("BEGIN IMMEDIATE").execute();
        return known == null ? read() : known;
    }

    private Head read() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            long nextContentId;
            try (ResultSet row = statement.executeQuery("SELECT coalesce(max(id), 0) + 1 FROM content")) {
                nextContentId = row.getLong(1);
            }
            try (ResultSet row = statement.executeQuery("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")) {
                return row.next()
                        ? new Head(row.getLong(1), HexFormat.of().formatHex(Rows.bytes(row, 2)), nextContentId, null)
                        : new Head(0, JournalEntry.GENESIS, nextContentId, null);
            }
        }
    }

    @Override
    public RowInsert insert(String table, List<String> columns) throws SQLException {
        return new PreparedInsert(db.prepare("INSERT INTO " + table + " (" + String.join(", ", columns) + ") VALUES ("
                + "?, ".repeat(columns.size() - 1) + "?)"));
    }

    @Override
    public RowInsert insertText() throws SQLException {
        return new PreparedInsert(db.prepare(INSERT_TEXT));
    }

    @Override
    public void start(Collection<RowInsert> inserts) throws SQLException {
        run(inserts);
    }

    @Override
    public void run(Collection<RowInsert> inserts) throws SQLException {
        for (RowInsert insert : inserts) {
            ((PreparedInsert) insert).run();
        }
    }

    @Override
    public void commit(Head before, Head reached, Collection<RowInsert> inserts) throws SQLException {
        run(inserts);
        db.prepare("COMMIT").execute();
    }

    @Override
    public void close() {
        // Nothing goes on.
    }
}
