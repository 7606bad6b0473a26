package org.semblance.hashdb.catalog.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.semblance.hashdb.catalog.sql.CatalogTest.add;
import static org.semblance.hashdb.catalog.sql.CatalogTest.assertCommitted;
import static org.semblance.hashdb.catalog.sql.CatalogTest.commit;
import static org.semblance.hashdb.catalog.sql.CatalogTest.why;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.audit.Audit;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.catalog.sql.Catalog.Outcome;

/** What only a file of SQLite can be: of an older release, or too large for its disk. */
class CatalogFileTest {
    @TempDir
    private Path folder;

    private Catalog catalog;

    @BeforeEach
    void open() {
        catalog = Catalog.open(folder.resolve("catalog.db"));
    }

    @AfterEach
    void close() {
        catalog.close();
    }

    /** @param inHeader whether the file has its version in its header, or as those of the first releases in a table */
    @ParameterizedTest
    @CsvSource({"0, true", "1, true", "1, false", "2, false", "3, false", "3, true", "4, true"})
    void anOlderFileBecomesWhatANewOneIs(int version, boolean inHeader) throws SQLException, IOException {
        Path old = folder.resolve("old.db");
        try (Connection connection = Schema.connect(old);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA application_id = " + Schema.APPLICATION_ID);
            for (String migration : Schema.MIGRATIONS.subList(0, version)) {
                statement.executeUpdate(Schema.script(migration));
            }
            if (inHeader) {
                statement.execute("PRAGMA user_version = " + version);
            } else {
                statement.execute("CREATE TABLE flyway_schema_history (version VARCHAR(50), success BOOLEAN NOT NULL)");
                for (int applied = 1; applied <= version; applied++) {
                    statement.execute("INSERT INTO flyway_schema_history VALUES ('" + applied + "', 1)");
                }
            }
        }
        Catalog.open(old).close();
        assertThat(objects(old)).isEqualTo(objects(folder.resolve("catalog.db")));
    }

    @Test
    void aFileThatCannotBeMigratedStaysAsItWas() throws SQLException {
        Path old = folder.resolve("old.db");
        try (Connection connection = Schema.connect(old);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA application_id = " + Schema.APPLICATION_ID);
            statement.execute("CREATE TABLE picture (content_id INTEGER)");
            statement.execute("PRAGMA user_version = 0");
        }
        assertThatExceptionOfType(CatalogRefusedException.class)
                .isThrownBy(() -> Catalog.open(old).close())
                .withMessageContaining("cannot be brought to this release's schema");
        try (Connection connection = Schema.connect(old);
                Statement statement = connection.createStatement();
                ResultSet names = statement.executeQuery("SELECT group_concat(name) FROM sqlite_schema")) {
            assertThat(names.getString(1)).isEqualTo("picture");
            assertThat(Schema.pragma(statement, "user_version")).isZero();
        }
    }

    /** What a catalog consists of, and its version. */
    private static Map<String, String> objects(Path file) throws SQLException {
        Map<String, String> objects = new TreeMap<>();
        try (Connection connection = Schema.connect(file);
                Statement statement = connection.createStatement()) {
            objects.put("version", Integer.toString(Schema.pragma(statement, "user_version")));
            try (ResultSet row = statement.executeQuery("SELECT name, sql FROM sqlite_schema"
                    + " WHERE name NOT LIKE 'flyway%' AND tbl_name NOT LIKE 'flyway%' AND sql IS NOT NULL")) {
                while (row.next()) {
                    objects.put(row.getString(1), row.getString(2));
                }
            }
        }
        assertThat(objects)
                .containsEntry("version", Integer.toString(Schema.VERSION))
                .hasSizeGreaterThan(5);
        return objects;
    }

    @Test
    void aChangeTooLargeForTheDiskTakesNoOtherWithIt() throws SQLException {
        commit(catalog, new Change.CreateBank("A"));
        catalog.limitPages(60);
        List<Outcome> outcomes = commit(catalog, add(1), add(20_000), add(2));
        assertCommitted(outcomes.get(0), 2);
        // Each is tried again on a connection without the limit, so the large one passes as well.
        assertCommitted(outcomes.get(1), 3);
        assertCommitted(outcomes.get(2), 4);
        assertThat(catalog.journal(0, 10)).extracting(JournalEntry::seq).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void aFullDiskIsToldAndLeavesNothingBehind() throws SQLException {
        commit(catalog, new Change.CreateBank("A"));
        catalog.limitPages(60);
        RuntimeException failure = why(commit(catalog, add(20_000)).getFirst());
        assertThat(failure)
                .isInstanceOf(StorageFailedException.class)
                .hasMessage(folder.resolve("catalog.db") + ": the disk is full");
        assertThat(((StorageFailedException) failure).diskFull()).isTrue();
        assertThat(catalog.seq()).isEqualTo(1);
        assertThat(catalog.records(new long[] {1, 2, 3})).isEmpty();
        List<Outcome> outcomes = commit(catalog, add(3));
        assertCommitted(outcomes.getFirst(), 2);
        assertThat(catalog.records(new long[] {1, 2, 3, 4})).hasSize(3);
        try (Audit audit = catalog.beginAudit()) {
            assertThat(audit.run(new CatalogTest.Nothing(), (contentId, live, hash) -> {}, new CatalogTest.Nothing())
                            .problems())
                    .isEmpty();
        }
    }
}
