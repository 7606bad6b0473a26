package org.semblance.hashdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Given;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.RandomFeatures;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/** Changes rows behind the database's back, by SQL, and demands that {@code verify} names them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TamperTest {
    private static final Origin ANALYST = new Origin("analyst", "because");

    private static final SplittableRandom RANDOM = RandomSeed.random();

    private static final List<BankedPicture> PICTURES = List.of(
            new BankedPicture(0, new RandomFeatures(RANDOM, 10, 10).picture(12)),
            new BankedPicture(700, new RandomFeatures(RANDOM, 10, 10).picture(3)));

    /** Filled once; each test changes a copy of its own. */
    private Path sound;

    @TempDir
    private Path folder;

    private final Databases databases = databases();
    private HashDb db;

    @BeforeAll
    void fill(@TempDir Path ofAll) {
        sound = ofAll;
        try (HashDb filled = databases.open(sound)) {
            fill(filled);
        }
    }

    private static void fill(HashDb db) {
        db.apply(new Change.CreateBank("A", BankKind.MATCH, 0.5, "first", 20), ANALYST);
        db.apply(new Change.CreateBank("B"), ANALYST);
        add(db, "A", 1); // seq 3: content 1
        add(db, "B", 10); // seq 4: contents 2 to 11, of which 5 and 9 have features
        add(db, "A", 1); // seq 5: content 12
        db.apply(
                new Change.UpdateContent(
                        "A",
                        1,
                        ContentFields.NONE
                                .withLabels(List.of("x", "y"))
                                .withNote("new note")
                                .withMetadata("{\"a\":2}")),
                ANALYST);
        db.apply(
                new Change.UpdateContent(
                        "A", 1, ContentFields.NONE.withLabels(List.of()).withNote("newer")),
                ANALYST);
        Instant later = Instant.parse("2030-01-01T00:00:00Z");
        db.apply(new Change.UpdateContent("B", 5, ContentStatus.DISABLED, later), ANALYST);
        db.apply(new Change.WithdrawContent("B", 6), ANALYST);
        db.apply(
                new Change.UpdateBank("B", new BankFields("C", 1.0, "second", new Given<>(0), null, null, null)),
                ANALYST);
        db.apply(new Change.CreateBank("D"), ANALYST);
        add(db, "D", 3); // seq 12: contents 13 to 15; each third one has a video, here 15
        db.apply(new Change.DeleteBank("D"), ANALYST);
        db.apply(new Change.CreateBank("LAST"), ANALYST);
        db.apply(new Change.CreateBank("VERY_LAST"), ANALYST);
        assertThat(db.verify().problems()).isEmpty();
    }

    @BeforeEach
    void open() throws IOException {
        databases.copy(sound, folder);
        db = databases.open(folder);
    }

    @AfterEach
    void close() {
        db.close();
    }

    private static void add(HashDb db, String bank, int count) {
        List<ContentDraft> drafts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Signal pdq = new Signal(SignalType.PDQ, RandomSeed.hash(RANDOM).toHex(), RANDOM.nextInt(101));
            Signal sha = new Signal(SignalType.SHA256, RandomSeed.hash(RANDOM).toHex());
            KnownVideo video = i % 3 == 2 ? RandomSeed.video(5, RANDOM) : null;
            List<BankedPicture> pictures = i % 4 == 3 ? PICTURES : List.of();
            Treatment treatment = i % 5 == 1
                    ? new Treatment(40, "remove", new Quarantine("near allowed content", false), null)
                    : Treatment.PLAIN;
            drafts.add(new ContentDraft(
                    List.of(pdq, sha), List.of("label"), "note", "list", "{\"a\":1}", video, pictures, treatment));
        }
        db.apply(new Change.AddContents(bank, drafts), ANALYST);
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = databases.connect(folder);
                Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate(databases.sql(sql)))
                    .as("rows changed by " + sql)
                    .isPositive();
        }
    }

    private void finds(String sql, String... problems) throws SQLException {
        sql(sql);
        assertThat(db.verify().problems()).as(sql).contains(problems);
    }

    private static String altered(int row) {
        return "journal row " + row + ": it was altered (its hash does not fit its fields)";
    }

    @Test
    void findsAnAlteredJournalRow() throws SQLException {
        finds("UPDATE journal SET actor = 'Analyst' WHERE seq = 5", altered(5));
    }

    @Test
    void findsAByteChangedInAPayload() throws SQLException {
        finds("UPDATE journal SET payload = replace(payload, 'newer', 'newEr') WHERE seq = 7", altered(7));
    }

    @Test
    void findsAChangedTimeReasonOrKind() throws SQLException {
        finds("UPDATE journal SET at = at + 1 WHERE seq = 2", altered(2));
        sql("UPDATE journal SET at = at - 1 WHERE seq = 2");
        finds("UPDATE journal SET reason = '' WHERE seq = 9", altered(9));
        sql("UPDATE journal SET reason = 'because' WHERE seq = 9");
        finds("UPDATE journal SET kind = 'update_content' WHERE seq = 9", altered(9));
    }

    @Test
    void findsTextMovedFromOneFieldToTheNext() throws SQLException {
        finds("UPDATE journal SET actor = 'analystb', reason = 'ecause' WHERE seq = 4", altered(4));
    }

    @Test
    void findsAMissingJournalRow() throws SQLException {
        finds("DELETE FROM journal WHERE seq = 4", "journal row 5: row 4 is missing before it");
        finds("DELETE FROM journal WHERE seq = 1", "journal row 2: row 1 is missing before it");
    }

    @Test
    void findsARowWhoseHashWasMadeAgain() throws SQLException {
        JournalEntry entry = db.journal(4, 1).getFirst();
        JournalEntry forged = new JournalEntry(
                entry.seq(),
                entry.at(),
                "mallory",
                entry.reason(),
                entry.kind(),
                entry.payload(),
                entry.prevHash(),
                "");
        finds(
                "UPDATE journal SET actor = 'mallory', hash = x'" + forged.computeHash() + "' WHERE seq = 5",
                "journal row 6: it does not follow the row before");
    }

    @Test
    void findsAnUnreadablePayload() throws SQLException {
        for (String payload : databases.unreadable()) {
            finds(
                    "UPDATE journal SET payload = '" + payload + "' WHERE seq = 6",
                    altered(6),
                    "journal row 6: its payload cannot be read");
        }
        finds("UPDATE journal SET payload = '[]' WHERE seq = 4", altered(4));
    }

    @ParameterizedTest
    @ValueSource(strings = {"hash", "prev_hash", "actor", "payload"})
    void findsAJournalRowThatLacksAField(String column) throws SQLException {
        databases.allowNull(folder, column);
        sql("UPDATE journal SET " + column + " = NULL WHERE seq = 7");
        assertThat(db.verify().problems()).contains("journal row 7: its " + column + " is missing");
    }

    @Test
    void findsAChangedSignal() throws SQLException {
        finds(
                "UPDATE signal SET value = zeroblob(32) WHERE content_id = 1 AND position = 0",
                "journal row 3: its contents 1 were altered (their digest does not fit)",
                "content 1: the index does not hold the hashes that the catalog has");
    }

    @Test
    void findsAChangedQualityTypeOrOrder() throws Exception {
        String problem = "journal row 4: its contents 2 to 11 were altered (their digest does not fit)";
        finds("UPDATE signal SET quality = NULL WHERE content_id = 7 AND position = 0", problem);
        beginAnew();
        finds("UPDATE signal SET type = 1 WHERE content_id = 7 AND position = 1", problem);
        beginAnew();
        finds("UPDATE signal SET position = 2 - position WHERE content_id = 7", problem);
    }

    private void beginAnew() throws IOException {
        db.close();
        folder = Files.createDirectory(folder.resolve("anew"));
        open();
    }

    @Test
    void findsAddedAndRemovedSignals() throws SQLException {
        finds(
                "DELETE FROM signal WHERE content_id = 12 AND position = 1",
                "journal row 5: its contents 12 were altered (their digest does not fit)");
        finds(
                "INSERT INTO signal VALUES (11, 2, 0, NULL, zeroblob(32))",
                "journal row 4: its contents 2 to 11 were altered (their digest does not fit)",
                "content 11: the index does not hold the hashes that the catalog has");
        finds("INSERT INTO signal VALUES (99, 0, 0, NULL, zeroblob(32))", "signals: 1 rows belong to no content");
    }

    @Test
    void findsAChangedVideo() throws Exception {
        String problem = "journal row 4: its contents 2 to 11 were altered (their digest does not fit)";
        finds("UPDATE video SET duration_ms = duration_ms + 1 WHERE content_id = 4", problem);
        beginAnew();
        finds(
                "UPDATE video SET frames = zeroblob(41) WHERE content_id = 4",
                problem,
                "content 4: the index does not hold the hashes that the catalog has");
        beginAnew();
        finds(
                "UPDATE video SET frames = zeroblob(40) WHERE content_id = 4",
                problem,
                "content 4: its video cannot be read: frames: 40 bytes (expected: 41 each)");
        beginAnew();
        finds(
                "DELETE FROM video WHERE content_id = 15",
                "journal row 12: its contents 13 to 15 were altered" + " (their digest does not fit)");
        finds(
                "INSERT INTO video VALUES (2, 100, zeroblob(41))",
                problem,
                "content 2: the index does not hold the hashes that the catalog has");
        finds("INSERT INTO video VALUES (99, 100, zeroblob(41))", "videos: 1 rows belong to no content");
    }

    @Test
    void findsChangedFeatures() throws Exception {
        String problem = "journal row 4: its contents 2 to 11 were altered (their digest does not fit)";
        finds(
                "UPDATE picture SET ms = 701 WHERE content_id = 5 AND ordinal = 1",
                problem,
                "content 5: the index does not hold the features that the catalog has");
        beginAnew();
        finds(
                "UPDATE picture SET data = (SELECT data FROM picture WHERE content_id = 5 AND ordinal = 1)"
                        + " WHERE content_id = 9 AND ordinal = 0",
                problem,
                "content 9: the index does not hold the features that the catalog has");
        beginAnew();
        finds(
                "UPDATE picture SET data = zeroblob(9) WHERE content_id = 9 AND ordinal = 0",
                problem,
                "content 9: its features cannot be read: features of version 0 (expected: 1)");
        beginAnew();
        finds(
                "DELETE FROM picture WHERE content_id = 9 AND ordinal = 0",
                problem,
                "content 9: picture 0 is missing",
                "content 9: the index does not hold the features that the catalog has");
        beginAnew();
        finds("DELETE FROM picture WHERE content_id = 9", problem);
        finds(
                "INSERT INTO picture SELECT 99, 0, ms, data FROM picture WHERE content_id = 5 AND ordinal = 1",
                "pictures: 1 rows belong to no content");
    }

    @Test
    void findsChangedDetailsOfAContentThatWasNeverUpdated() throws Exception {
        String problem = "journal row 4: its contents 2 to 11 were altered (their digest does not fit)";
        finds("UPDATE content SET note = 'Note' WHERE id = 3", problem);
        beginAnew();
        finds("UPDATE content SET metadata = NULL WHERE id = 3", problem);
        beginAnew();
        finds("UPDATE content SET source_id = NULL WHERE id = 3", problem);
        beginAnew();
        finds("DELETE FROM content_label WHERE content_id = 3", problem);
    }

    @Test
    void findsChangedDetailsOfAnUpdatedContent() throws SQLException {
        String problem = "content 1: differs from what the journal made of it";
        finds("UPDATE content SET note = 'note' WHERE id = 1", problem);
        sql("UPDATE content SET note = 'newer' WHERE id = 1");
        finds("UPDATE content SET metadata = '{\"a\":1}' WHERE id = 1", problem);
        sql("UPDATE content SET metadata = '{\"a\":2}' WHERE id = 1");
        finds("INSERT INTO content_label VALUES (1, 1)", problem);
    }

    @Test
    void findsAChangedStatus() throws SQLException {
        finds("UPDATE content SET status = 0 WHERE id = 6", "content 6: differs from what the journal made of it");
        finds("UPDATE content SET status = 1 WHERE id = 2", "content 2: differs from what the journal made of it");
        finds("UPDATE content SET status = 0 WHERE id = 5", "content 5: differs from what the journal made of it");
        finds("UPDATE content SET status = 0 WHERE id = 14", "content 14: differs from what the journal made of it");
        finds(
                "UPDATE content SET disabled_until = 0 WHERE id = 3",
                "content 3: differs from what the journal made of it");
    }

    @Test
    void findsAChangedBankOrTimeOfAContent() throws SQLException {
        finds("UPDATE content SET bank_id = 2 WHERE id = 12", "content 12: differs from what the journal made of it");
        finds("UPDATE content SET created_at = 0 WHERE id = 1", "content 1: differs from what the journal made of it");
    }

    @Test
    void findsAChangedTreatment() throws SQLException {
        for (String field :
                List.of("distance_threshold = 41", "handling = 'keep'", "quarantine = NULL", "quarantine_exact = 1")) {
            finds(
                    "UPDATE content SET " + field + " WHERE id = 3",
                    "journal row 4: its contents 2 to 11 were altered (their digest does not fit)");
        }
        finds(
                "UPDATE content SET confirmed_by = 'x' WHERE id = 3",
                "content 3: differs from what the journal made of it");
    }

    @Test
    void findsAddedAndRemovedContents() throws SQLException {
        finds(
                "INSERT INTO content (id, bank_id, status, created_at) VALUES (99, 1, 0, 0)",
                "content 99: no row of the journal added it");
        finds(
                "DELETE FROM content WHERE id = 9",
                "journal row 4: of its contents 2 to 11 only 9 are there",
                "signals: 2 rows belong to no content",
                "labels: 1 rows belong to no content");
    }

    /** What foreign keys guarantee, where a catalog has them. */
    @Test
    void findsContentsWithoutTheirBankAndSignalsWithoutTheirContent() throws Exception {
        finds("DELETE FROM bank WHERE id = 1", "bank 1: is missing", "contents: 2 rows belong to no bank");
        finds(
                "UPDATE content SET bank_id = 77 WHERE id = 3",
                "content 3: differs from what the journal made of it",
                "contents: 3 rows belong to no bank");
        finds(
                "DELETE FROM content WHERE id IN (8, 9)",
                "journal row 4: of its contents 2 to 11 only 8 are there",
                "signals: 4 rows belong to no content");
    }

    /** A server that starts makes what is derived from rows that belong to nothing, and can still be asked. */
    @Test
    void verifiesACatalogThatWasOpenedWithoutABankAndAContent() throws Exception {
        db.close();
        sql("DELETE FROM bank WHERE id = 1");
        sql("DELETE FROM content WHERE id IN (8, 9)");
        Path before = folder;
        folder = Files.createDirectory(folder.resolve("anew"));
        databases.copy(before, folder);
        db = databases.open(folder);
        assertThat(db.verify().problems())
                .contains(
                        "bank 1: is missing",
                        "contents: 2 rows belong to no bank",
                        "journal row 4: of its contents 2 to 11 only 8 are there",
                        "signals: 4 rows belong to no content");
    }

    @Test
    void findsAChangedBank() throws SQLException {
        finds(
                "UPDATE bank SET distance_threshold = 256 WHERE id = 1",
                "bank 1 (A): differs from what the journal made of it");
        finds("UPDATE bank SET enabled_ratio = 0 WHERE id = 2", "bank 2 (C): differs from what the journal made of it");
        finds("UPDATE bank SET deleted = 0 WHERE id = 3", "bank 3 (D): differs from what the journal made of it");
        finds("UPDATE bank SET features = 0 WHERE id = 4", "bank 4 (LAST): differs from what the journal made of it");
        finds("UPDATE bank SET kind = 1 WHERE id = 4", "bank 4 (LAST): differs from what the journal made of it");
        finds("UPDATE bank SET handling = 'x' WHERE id = 4", "bank 4 (LAST): differs from what the journal made of it");
        finds(
                "UPDATE bank SET legal_basis = 'x' WHERE id = 4",
                "bank 4 (LAST): differs from what the journal made of it");
        finds(
                "INSERT INTO bank (id, name, kind, enabled_ratio, description, deleted) VALUES (9, 'X', 0, 1, '', 0)",
                "bank 9 (X): no row of the journal created it");
        finds("DELETE FROM bank WHERE id = 5", "bank 5: is missing");
    }

    @Test
    void comparesTheIndexWithTheCatalog() throws SQLException {
        sql("UPDATE signal SET type = 0 WHERE content_id = 8 AND position = 1");
        assertThat(db.verify().problems())
                .contains(
                        "content 8: the index does not hold the hashes that the catalog has",
                        "index: " + db.size() + " hashes (catalog: " + (db.size() + 1) + ")");
    }

    /** Recomputes the chain from the words of {@link JournalEntry} alone. */
    @Test
    void chainsRowsAsDocumented() throws IOException, NoSuchAlgorithmException {
        byte[] previous = new byte[32];
        List<JournalEntry> entries = db.journal(0, 100);
        assertThat(entries).hasSize(15);
        for (JournalEntry entry : entries) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.write(previous);
            out.writeLong(entry.seq());
            out.writeLong(entry.at().toEpochMilli());
            for (String text : List.of(entry.actor(), entry.reason(), entry.kind(), entry.payload())) {
                byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                out.writeInt(utf8.length);
                out.write(utf8);
            }
            assertThat(entry.prevHash()).isEqualTo(HexFormat.of().formatHex(previous));
            previous = MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray());
            assertThat(entry.hash()).isEqualTo(HexFormat.of().formatHex(previous));
        }
        assertThat(db.verify().headHash()).isEqualTo(HexFormat.of().formatHex(previous));
    }

    /** Recomputes the digest of a bulk from the words of {@link JournalEntry} alone. */
    @Test
    void digestsContentsAsDocumented() throws IOException, NoSuchAlgorithmException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        for (long id = 2; id <= 11; id++) {
            List<Signal> signals = signalsOf(id);
            out.writeLong(id);
            out.writeInt(signals.size());
            for (Signal signal : signals) {
                out.writeByte(signal.type() == SignalType.PDQ ? 0 : 2);
                Integer quality = signal.quality();
                out.writeByte(quality == null ? 255 : quality);
                out.write(HexFormat.of().parseHex(signal.value()));
            }
            out.writeInt(1);
            for (String text : List.of("label", "note", "list", "{\"a\":1}")) {
                out.writeInt(text.length());
                out.write(text.getBytes(StandardCharsets.UTF_8));
            }
            if (id % 3 == 1) {
                KnownVideo video = db.video(id).orElseThrow();
                out.writeByte(255);
                out.writeInt(video.durationMs());
                out.writeInt(video.frames().size());
                for (FrameSpan frame : video.frames()) {
                    out.writeInt(frame.fromMs());
                    out.writeInt(frame.untilMs());
                    out.writeByte(frame.quality());
                    out.write(frame.hash().toBytes());
                }
            }
            if (id == 5 || id == 9) {
                out.writeByte(254);
                out.writeInt(PICTURES.size());
                for (BankedPicture picture : PICTURES) {
                    byte[] data = picture.features().toBytes();
                    out.writeInt(picture.ms());
                    out.writeInt(data.length);
                    out.write(data);
                }
            }
            if (id % 5 == 3) {
                out.writeByte(253);
                out.writeInt(40);
                for (String text : List.of("remove", "near allowed content")) {
                    out.writeInt(text.length());
                    out.write(text.getBytes(StandardCharsets.UTF_8));
                }
                out.writeByte(0);
            }
        }
        String digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray()));
        assertThat(db.journal(3, 1).getFirst().payload()).contains("\"sha256\":\"" + digest + "\"");
    }

    private List<Signal> signalsOf(long id) {
        List<Signal> signals = new ArrayList<>();
        try (Connection connection = databases.connect(folder);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        databases.sql("SELECT type, hex(value), quality FROM signal WHERE content_id = " + id
                                + " ORDER BY position"))) {
            while (row.next()) {
                SignalType type = row.getInt(1) == 0 ? SignalType.PDQ : SignalType.SHA256;
                signals.add(new Signal(type, row.getString(2), (Integer) row.getObject(3)));
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        return signals;
    }

    Databases databases() {
        return Databases.SQLITE;
    }
}
