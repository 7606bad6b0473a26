package org.semblance.hashdb.catalog.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.audit.Audit;
import org.semblance.hashdb.catalog.rows.Dialect;
import org.semblance.hashdb.catalog.rows.Readers.Reader;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.catalog.rows.SqliteDialect;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.file.DurableFile;
import org.semblance.hashdb.hash.SignalType;

/** A copy of a catalog in another file, which another process may have open. */
public final class CatalogCopy {
    private static final List<String> BESIDE = List.of("-wal", "-shm", "-journal");

    private CatalogCopy() {}

    /**
     * Copies a catalog in one consistent state, with every change that was acknowledged before; changes go on meanwhile.
     *
     * @param target a file that is not there yet
     * @throws CatalogRefusedException if the catalog lacks changes that were acknowledged
     * @throws IOException if the target exists or cannot be written
     */
    public static void make(Path catalog, Path target) throws IOException {
        try (AcknowledgedHead head = new AcknowledgedHead(catalog)) {
            head.check(catalog);
        }
        if (Files.exists(target)) {
            throw new IOException(target + ": is there already (expected: a new file)");
        }
        Path building = DurableFile.aside(target);
        Files.deleteIfExists(building);
        try (Connection connection = Schema.connect(catalog);
                PreparedStatement vacuum = connection.prepareStatement("VACUUM INTO ?")) {
            vacuum.setString(1, building.toAbsolutePath().toString());
            vacuum.execute();
            DurableFile.publish(building, target);
        } catch (SQLException e) {
            throw new IOException(target + ": " + e.getMessage(), e);
        } finally {
            Files.deleteIfExists(building);
        }
    }

    /**
     * Writes a catalog that nodes share to a file of SQLite, in one consistent state, with the same ids, numbers and hashes.
     *
     * @param target a file that is not there yet
     * @throws IOException if the target exists or cannot be written, or the catalog cannot be read
     */
    public static void makeOfShared(Dialect shared, Path target) throws IOException {
        try (Reader reader = new Reader(shared)) {
            CatalogExport.write(reader, target);
        } catch (SQLException e) {
            throw new IOException(target + ": " + shared.failure(e).getMessage(), e);
        }
    }

    /**
     * Writes the catalog of a file, which is brought to the schema of this release first, to one that nodes share and that has no
     * changes yet, with the same ids, numbers and hashes.
     *
     * @throws CatalogRefusedException if the shared catalog has changes, or the file is no catalog
     * @throws IOException if either cannot be read or written; nothing is in the shared catalog then
     */
    public static void fillShared(Path file, Dialect shared) throws IOException {
        Schema.prepare(file);
        try (Reader reader = new Reader(new SqliteDialect(file))) {
            CatalogImport.write(reader, shared);
        } catch (SQLException e) {
            throw new IOException(file + ": " + shared.failure(e).getMessage(), e);
        }
    }

    /**
     * Proves each row of a copy from its journal, and brings the copy to the schema of this release first.
     *
     * @return the number of the newest change
     * @throws CatalogRefusedException if the copy is not sound, naming some of what is wrong
     */
    public static long prove(Path copy) throws IOException {
        Schema.prepare(copy);
        Audit.Report report;
        try (Audit audit = new Audit(new SqliteDialect(copy))) {
            report = audit.run(NOBODY, (contentId, live, hash) -> {}, NO_PICTURES);
        }
        for (String suffix : BESIDE) {
            Files.deleteIfExists(copy.resolveSibling(copy.getFileName() + suffix));
        }
        if (!report.problems().isEmpty()) {
            throw new CatalogRefusedException(
                    "the backup is not sound: "
                            + String.join(
                                    "; ",
                                    report.problems()
                                            .subList(
                                                    0,
                                                    Math.min(
                                                            5, report.problems().size()))),
                    null);
        }
        return report.journalRows();
    }

    private static final ContentSink NOBODY = new ContentSink() {
        @Override
        public void content(ContentRecord content) {
            // The audit itself compares the row with the journal.
        }

        @Override
        public void withdrawn(long contentId) {
            // As above.
        }

        @Override
        public void frames(long contentId, byte[] frames) {
            // As above.
        }

        @Override
        public void digest(long contentId, boolean live, SignalType type, byte[] value) {
            // As above.
        }
    };

    private static final PictureSink NO_PICTURES = new PictureSink() {
        @Override
        public void pictures(long contentId, List<BankedPicture> pictures) {
            // The audit itself compares the rows with the journal.
        }

        @Override
        public void withdrawn(long contentId) {
            // As above.
        }
    };
}
