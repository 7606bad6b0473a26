package org.semblance.hashdb.catalog.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.semblance.hashdb.catalog.rows.Readers.Reader;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.file.DurableFile;

/** Writes a catalog that is no file to a file of SQLite, row by row, with the same ids, numbers and hashes. */
final class CatalogExport {
    private static final int BATCH = 10_000;

    /** A table and its columns. */
    record Table(String name, String columns) {
        int width() {
            return columns.split(",").length;
        }
    }

    /** All that a catalog has, in an order in which no row comes before one that it refers to. */
    static final List<Table> TABLES = List.of(
            new Table(
                    "bank",
                    "id, name, kind, enabled_ratio, description, distance_threshold, deleted, features, handling,"
                            + " legal_basis, needs_approval"),
            new Table("source", "id, name"),
            new Table("label", "id, name"),
            new Table(
                    "content",
                    "id, bank_id, status, disabled_until, created_at, source_id, note, metadata, distance_threshold,"
                            + " handling, quarantine, quarantine_exact, confirmed_by, withdrawn_seq, form"),
            new Table("signal", "content_id, position, type, quality, value"),
            new Table("content_label", "content_id, label_id"),
            new Table("video", "content_id, duration_ms, frames"),
            new Table("picture", "content_id, ordinal, ms, data"),
            new Table("journal", "seq, at, actor, reason, kind, payload, prev_hash, hash, bank_id, undoes"),
            new Table("request_key", "key, part, request, at, seq, bank_id, first_id, contents"),
            new Table("proposal", "seq, bank_id, state, decided_seq"));

    private CatalogExport() {}

    /**
     * Writes the state of the catalog that the reader sees.
     *
     * @param target a file that is not there yet
     * @throws IOException if the target exists or cannot be written
     * @throws SQLException if the catalog cannot be read
     */
    static void write(Reader reader, Path target) throws IOException, SQLException {
        if (Files.exists(target)) {
            throw new IOException(target + ": is there already (expected: a new file)");
        }
        Path building = DurableFile.aside(target);
        Files.deleteIfExists(building);
        try {
            Schema.prepare(building);
            try (Connection out = Schema.connect(building);
                    Statement statement = out.createStatement()) {
                statement.execute("PRAGMA journal_mode = DELETE");
                statement.execute("BEGIN IMMEDIATE");
                for (Table table : TABLES) {
                    copy(reader, out, table, BATCH);
                }
                statement.execute(Schema.fillTexts());
                statement.execute("COMMIT");
                statement.execute("PRAGMA journal_mode = WAL");
            }
            DurableFile.publish(building, target);
        } finally {
            for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
                Files.deleteIfExists(building.resolveSibling(building.getFileName() + suffix));
            }
        }
    }

    /** Copies a table, so many rows at a time. */
    static void copy(Reader reader, Connection out, Table table, int batch) throws SQLException {
        int width = table.width();
        try (PreparedStatement insert = out.prepareStatement("INSERT INTO " + table.name + " (" + table.columns
                        + ") VALUES (" + "?, ".repeat(width - 1) + "?)");
                ResultSet row = reader.prepare("SELECT " + table.columns + " FROM " + table.name)
                        .executeQuery()) {
            int pending = 0;
            while (row.next()) {
                for (int column = 1; column <= width; column++) {
                    insert.setObject(column, row.getObject(column));
                }
                insert.addBatch();
                if (++pending == batch) {
                    insert.executeBatch();
                    pending = 0;
                }
            }
            insert.executeBatch();
        }
    }
}
