package org.semblance.hashdb.catalog.sql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.rows.Dialect;
import org.semblance.hashdb.catalog.rows.Readers.Reader;
import org.semblance.hashdb.catalog.rows.RowInsert;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.catalog.rows.WriterSession;

/** Writes the catalog of a file to a catalog that nodes share, row by row, with the same ids, numbers and hashes. */
final class CatalogImport {
    private static final int BATCH = 1_000;

    /** Tables whose ids the database goes on with by itself. */
    private static final List<String> NUMBERED = List.of("source", "label");

    private CatalogImport() {}

    /**
     * Writes all of it in one transaction, which no node changes anything beside.
     *
     * @param from a reader of the file
     * @throws CatalogRefusedException if the shared catalog has changes already; nothing is written then
     */
    static void write(Reader from, Dialect shared) throws SQLException {
        Connection out = shared.connectWriter();
        boolean done = false;
        try {
            Rows.Preparer db = sql -> out.prepareStatement(shared.sql(sql));
            WriterSession session = shared.session(out, db);
            Dialect.Head before = session.begin(null);
            if (before.seq() != 0) {
                throw new CatalogRefusedException(
                        shared + ": has " + before.seq() + " changes (expected: an empty catalog)", null);
            }
            for (CatalogExport.Table table : CatalogExport.TABLES) {
                CatalogExport.copy(from, out, table, BATCH);
            }
            fillTexts(from, session, shared);
            for (String table : NUMBERED) {
                shared.continueIds(db, table);
            }
            session.commit(before, head(from), List.of());
            done = true;
        } finally {
            if (!done) {
                Schema.closeQuietly(out);
            } else {
                out.close();
            }
        }
    }

    private static void fillTexts(Reader from, WriterSession session, Dialect shared) throws SQLException {
        RowInsert insert = session.insertText();
        try (ResultSet row = from.prepare(
                        "SELECT id, note, metadata FROM content WHERE note IS NOT NULL OR metadata IS NOT NULL")
                .executeQuery()) {
            int pending = 0;
            while (row.next()) {
                shared.setText(insert, row.getLong(1), row.getString(2), row.getString(3));
                insert.add();
                if (++pending == BATCH) {
                    session.run(List.of(insert));
                    pending = 0;
                }
            }
            session.run(List.of(insert));
        }
    }

    private static Dialect.Head head(Reader from) throws SQLException {
        long nextContentId = 1 + Rows.number(from.prepare("SELECT coalesce(max(id), 0) FROM content"));
        try (ResultSet row = from.prepare("SELECT seq, hash, at FROM journal ORDER BY seq DESC LIMIT 1")
                .executeQuery()) {
            if (!row.next()) {
                throw new CatalogRefusedException("the backup has no changes", null);
            }
            return new Dialect.Head(
                    row.getLong(1),
                    HexFormat.of().formatHex(Rows.bytes(row, 2)),
                    nextContentId,
                    Instant.ofEpochMilli(row.getLong(3)));
        }
    }
}
