package org.semblance.hashdb.catalog.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.audit.Audit;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.catalog.sql.Catalog.Outcome;
import org.semblance.hashdb.catalog.sql.Catalog.Submission;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

class CatalogTest {
    private static final Origin ANYONE = new Origin("test", "");
    private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

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

    private List<Outcome> commit(Change... changes) {
        List<Submission> proposals = new ArrayList<>();
        for (Change change : changes) {
            proposals.add(new Submission(change, ANYONE));
        }
        return catalog.commit(proposals, NOW);
    }

    private static Change.AddContents add(int contents) {
        List<ContentDraft> drafts = new ArrayList<>();
        for (int i = 0; i < contents; i++) {
            Hash256 hash = new Hash256(i, i, i, i);
            drafts.add(new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex()))));
        }
        return new Change.AddContents("A", drafts);
    }

    private static void assertCommitted(Outcome outcome, long seq) {
        assertThat(outcome).isInstanceOf(Outcome.Committed.class);
        assertThat(((Outcome.Committed) outcome).applied().seq()).isEqualTo(seq);
    }

    private static RuntimeException why(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused) outcome).why();
    }

    @Test
    void commitsTheAcceptedOfAGroupAndRefusesTheOthers() {
        List<Outcome> outcomes =
                commit(new Change.CreateBank("A"), new Change.CreateBank("A"), new Change.DeleteBank("X"), add(1));
        assertCommitted(outcomes.get(0), 1);
        assertThat(why(outcomes.get(1))).hasMessage("bank 'A' already exists");
        assertThat(why(outcomes.get(2))).hasMessage("bank 'X' not found");
        assertCommitted(outcomes.get(3), 2);
        assertThat(catalog.seq()).isEqualTo(2);
        assertThat(catalog.journal(0, 10)).hasSize(2);
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
        commit(new Change.CreateBank("A"));
        catalog.limitPages(60);
        List<Outcome> outcomes = commit(add(1), add(20_000), add(2));
        assertCommitted(outcomes.get(0), 2);
        // Each is tried again on a connection without the limit, so the large one passes as well.
        assertCommitted(outcomes.get(1), 3);
        assertCommitted(outcomes.get(2), 4);
        assertThat(catalog.journal(0, 10)).extracting(JournalEntry::seq).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void aFullDiskIsToldAndLeavesNothingBehind() throws SQLException {
        commit(new Change.CreateBank("A"));
        catalog.limitPages(60);
        RuntimeException failure = why(commit(add(20_000)).getFirst());
        assertThat(failure)
                .isInstanceOf(StorageFailedException.class)
                .hasMessage(folder.resolve("catalog.db") + ": the disk is full");
        assertThat(((StorageFailedException) failure).diskFull()).isTrue();
        assertThat(catalog.seq()).isEqualTo(1);
        assertThat(catalog.records(new long[] {1, 2, 3})).isEmpty();
        List<Outcome> outcomes = commit(add(3));
        assertCommitted(outcomes.getFirst(), 2);
        assertThat(catalog.records(new long[] {1, 2, 3, 4})).hasSize(3);
        try (Audit audit = catalog.beginAudit()) {
            assertThat(audit.run(new Nothing(), (contentId, live, hash) -> {}, new Nothing())
                            .problems())
                    .isEmpty();
        }
    }

    @Test
    void followsFromAnyChangeToTheSameState() {
        commit(new Change.CreateBank("A"), add(3), new Change.CreateBank("B"));
        commit(new Change.WithdrawContent("A", 2), add(2), new Change.UpdateBank("B", BankFields.NONE.withName("C")));
        for (long after = 0; after <= 6; after++) {
            List<Long> live = new ArrayList<>();
            List<Long> gone = new ArrayList<>();
            Catalog.State state = catalog.follow(
                    after, null, (contentId, isLive, hash) -> (isLive ? live : gone).add(contentId), null);
            assertThat(state.seq()).isEqualTo(6);
            assertThat(state.banks()).extracting("name").containsExactly("A", "C");
            if (after < 2) {
                assertThat(live).containsExactly(1L, 3L, 4L, 5L);
                assertThat(gone).containsExactly(2L);
            } else if (after < 4) {
                assertThat(live).containsExactly(4L, 5L);
                assertThat(gone).containsExactly(2L);
            } else if (after == 4) {
                assertThat(live).containsExactly(4L, 5L);
            } else {
                assertThat(live).isEmpty();
                assertThat(gone).isEmpty();
            }
        }
    }

    @Test
    void aBankThatWasDeletedAndRestoredIsThereHoweverMuchIsFollowedAtOnce() {
        commit(new Change.CreateBank("A"), add(3));
        commit(new Change.DeleteBank("A"));
        commit(new Change.Undo(3));
        for (long after = 0; after <= 3; after++) {
            Set<Long> hashes = new TreeSet<>();
            Set<Long> contents = new TreeSet<>();
            catalog.follow(
                    after,
                    new Nothing() {
                        @Override
                        public void content(ContentRecord content) {
                            contents.add(content.id());
                        }

                        @Override
                        public void withdrawn(long contentId) {
                            contents.remove(contentId);
                        }
                    },
                    (contentId, isLive, hash) -> {
                        if (isLive) {
                            hashes.add(contentId);
                        } else {
                            hashes.remove(contentId);
                        }
                    },
                    null);
            assertThat(contents).as("after %s", after).containsExactly(1L, 2L, 3L);
            assertThat(hashes).as("after %s", after).containsExactly(1L, 2L, 3L);
        }
    }

    private static class Nothing implements ContentSink, PictureSink {
        @Override
        public void pictures(long contentId, List<BankedPicture> pictures) {}

        @Override
        public void content(ContentRecord content) {}

        @Override
        public void withdrawn(long contentId) {}

        @Override
        public void frames(long contentId, byte[] stored) {}

        @Override
        public void digest(long contentId, boolean live, SignalType type, byte[] value) {}
    }
}
