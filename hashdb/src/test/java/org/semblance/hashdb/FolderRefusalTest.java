package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.Origin;

/** Each way in which a folder is no database of ours has its own answer, and the folder stays as it was. */
class FolderRefusalTest {
    private static final Origin OPS = new Origin("ops", "");

    @TempDir
    private Path folder;

    private Path catalog() {
        return folder.resolve("catalog.db");
    }

    private void fill() {
        try (HashDb db = HashDb.open(folder)) {
            db.apply(new Change.CreateBank("A"), OPS);
            db.apply(new Change.CreateBank("B"), OPS);
        }
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + catalog());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void refused(String reason) {
        assertThatThrownBy(() -> HashDb.open(folder).close())
                .isInstanceOf(DatabaseRefusedException.class)
                .hasMessageStartingWith(folder + ": ")
                .hasMessageContaining(reason);
    }

    @Test
    void createsAFolderThatIsNotThere() {
        Path deeper = folder.resolve("a/b");
        try (HashDb db = HashDb.open(deeper)) {
            assertThat(db.seq()).isZero();
            assertThat(db.banks()).isEmpty();
            assertThat(db.verify().clean()).isTrue();
        }
        HashDb.open(deeper).close();
    }

    @Test
    void beginsAgainAfterAKillWhileCreating() throws IOException {
        Files.writeString(folder.resolve("catalog.db.new"), "half a file");
        fill();
        assertThat(folder.resolve("catalog.db.new")).doesNotExist();
    }

    @Test
    void isOpenOnceOnly() {
        try (HashDb db = HashDb.open(folder)) {
            refused("is in use by process " + ProcessHandle.current().pid());
            db.apply(new Change.CreateBank("A"), OPS);
        }
        HashDb.open(folder).close();
    }

    @Test
    void isNoFile() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");
        assertThatThrownBy(() -> HashDb.open(file))
                .isInstanceOf(DatabaseRefusedException.class)
                .hasMessage(file + ": is a file (expected: a folder)");
    }

    @Test
    void holdsNothingElse() throws IOException {
        Files.writeString(folder.resolve("holiday.jpg"), "x");
        refused("holds holiday.jpg but no catalog.db");
        assertThat(catalog()).doesNotExist();
    }

    @Test
    void aFolderOfANodeIsNotOpenedAlone() {
        DatabaseFolder.prepareNode(folder);
        refused("is of a node whose catalog is elsewhere (expected: that catalog, as --catalog or in the settings)");
    }

    @Test
    void holdsACatalogThatIsNoText() throws IOException {
        String text = "this is no database. ".repeat(500);
        Files.writeString(catalog(), text);
        refused("catalog.db is not an SQLite database, or its header is damaged");
        assertThat(catalog()).hasContent(text);
    }

    @Test
    void holdsACatalogWithASoundHeader() throws IOException {
        fill();
        try (RandomAccessFile file = new RandomAccessFile(catalog().toFile(), "rw")) {
            file.seek(3);
            file.write('X');
        }
        refused("catalog.db is not an SQLite database, or its header is damaged");
    }

    @Test
    void holdsACatalogThatIsNotEmpty() throws IOException {
        fill();
        Files.write(catalog(), new byte[0]);
        refused("catalog.db is empty");
    }

    @Test
    void holdsACatalogOfOurs() throws SQLException {
        sql("CREATE TABLE other (x)");
        refused("catalog.db is an SQLite database, but not a Semblance catalog");
    }

    @Test
    void holdsACatalogOfThisReleaseOrOlder() throws SQLException {
        fill();
        sql("PRAGMA user_version = 999");
        refused("catalog.db has schema version 999, written by a newer release (this one knows up to version 8)");
    }

    @Test
    void holdsACatalogWhoseNewestChangesAreTrue() throws SQLException {
        fill();
        sql("UPDATE journal SET payload = replace(payload, '\"B\"', '\"C\"') WHERE seq = 2");
        refused("catalog.db: journal row 2 was altered (its hash does not fit)");
    }

    @Test
    void holdsACatalogWhoseChainHolds() throws SQLException {
        fill();
        sql("UPDATE journal SET hash = prev_hash WHERE seq = 1");
        refused("catalog.db: journal row 1 was altered (its hash does not fit)");
    }

    @Test
    void holdsACatalogWhosePagesAreSound() throws IOException {
        fill();
        try (RandomAccessFile file = new RandomAccessFile(catalog().toFile(), "rw")) {
            for (long page = 4096; page < file.length(); page += 4096) {
                file.seek(page);
                file.write(new byte[64]);
            }
        }
        refused("catalog.db");
    }

    @Test
    void letsGoOfTheFolderWhenItIsRefused() throws IOException {
        fill();
        byte[] sound = Files.readAllBytes(catalog());
        Files.write(catalog(), new byte[0]);
        refused("is empty");
        Files.write(catalog(), sound);
        try (HashDb db = HashDb.open(folder)) {
            assertThat(db.banks()).extracting("name").isEqualTo(List.of("A", "B"));
        }
    }
}
