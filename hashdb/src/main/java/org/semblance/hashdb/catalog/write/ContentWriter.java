package org.semblance.hashdb.catalog.write;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.ContentDigest;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.catalog.rows.Codes;
import org.semblance.hashdb.catalog.rows.Dialect;
import org.semblance.hashdb.catalog.rows.RowInsert;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.hash.Signal;

/** Writes the rows of contents: their own, and those of their signals, labels, videos, features and texts. */
final class ContentWriter {
    private static final int REMEMBERED_NAMES = 10_000;

    private final Statements statements;
    private final Dialect dialect;
    private final Map<String, Map<String, Long>> names = new HashMap<>();
    private final ContentDigest digest = new ContentDigest();

    ContentWriter(Statements statements, Dialect dialect) {
        this.statements = statements;
        this.dialect = dialect;
    }

    /**
     * Inserts contents whose ids follow each other.
     *
     * @param status enabled or proposed
     * @return their digest, as their row of the journal has it
     */
    String insert(Bank bank, long firstId, List<ContentDraft> drafts, ContentStatus status, Instant at)
            throws SQLException {
        RowInsert insert = statements.insert(
                "content",
                "id",
                "bank_id",
                "status",
                "created_at",
                "source_id",
                "note",
                "metadata",
                "form",
                "distance_threshold",
                "handling",
                "quarantine",
                "quarantine_exact");
        long id = firstId;
        for (ContentDraft draft : drafts) {
            Long source = sourceId(draft.source());
            Treatment treatment = draft.treatment();
            Quarantine quarantine = treatment.quarantine();
            insert.setLong(1, id++);
            insert.setLong(2, bank.id());
            insert.setInt(3, Codes.of(status));
            insert.setLong(4, at.toEpochMilli());
            insert.setNullable(5, source);
            insert.setString(6, draft.note());
            insert.setString(7, draft.metadata());
            insert.setInt(8, form(draft));
            insert.setNullable(9, treatment.distanceThreshold());
            insert.setString(10, treatment.handling());
            insert.setString(11, quarantine == null ? null : quarantine.reason());
            insert.setInt(12, quarantine != null && quarantine.exact() ? 1 : 0);
            statements.add(insert);
        }
        return insertWhatTheyHave(firstId, drafts);
    }

    /** The code of what a content is known by. */
    private static int form(ContentDraft draft) {
        if (draft.video() != null) {
            return 1;
        }
        return isExactOnly(draft) ? 2 : 0;
    }

    /** Whether a content has digests alone, so that only its very bytes are found. */
    static boolean isExactOnly(ContentDraft draft) {
        return draft.video() == null
                && draft.pictures().isEmpty()
                && draft.signals().stream().allMatch(signal -> signal.type().isDigest());
    }

    private static void setTreatment(PreparedStatement statement, int first, Treatment treatment) throws SQLException {
        Quarantine quarantine = treatment.quarantine();
        Statements.setInteger(statement, first, treatment.distanceThreshold());
        statement.setString(first + 1, treatment.handling());
        statement.setString(first + 2, quarantine == null ? null : quarantine.reason());
        Statements.setFlag(statement, first + 3, quarantine != null && quarantine.exact());
    }

    /** Signals, labels, videos, features and texts. Returns the digest of the contents. */
    private String insertWhatTheyHave(long firstId, List<ContentDraft> drafts) throws SQLException {
        RowInsert insertSignal = statements.insert("signal", "content_id", "position", "type", "quality", "value");
        long id = firstId;
        for (ContentDraft draft : drafts) {
            digest.content(id, draft.signals().size());
            int position = 0;
            for (Signal signal : draft.signals()) {
                byte[] value = HexFormat.of().parseHex(signal.value());
                int type = Codes.of(signal.type());
                insertSignal.setLong(1, id);
                insertSignal.setInt(2, position++);
                insertSignal.setInt(3, type);
                insertSignal.setNullable(4, signal.quality());
                insertSignal.setBytes(5, value);
                statements.add(insertSignal);
                digest.signal(type, signal.quality(), value);
            }
            insertLabels(id, draft.labels());
            digest.details(draft.labels(), draft.note(), draft.source(), draft.metadata());
            KnownVideo video = draft.video();
            if (video != null) {
                insertVideo(id, video);
            }
            insertPictures(id, draft.pictures());
            Treatment treatment = draft.treatment();
            if (!treatment.isPlain()) {
                digest.treatment(treatment.distanceThreshold(), treatment.handling(), treatment.quarantine());
            }
            insertText(id, draft.note(), draft.metadata());
            id++;
        }
        return digest.finish();
    }

    private void insertLabels(long contentId, List<String> labels) throws SQLException {
        for (String label : labels) {
            long labelId = nameId("label", label);
            RowInsert insert = statements.insert("content_label", "content_id", "label_id");
            insert.setLong(1, contentId);
            insert.setLong(2, labelId);
            statements.add(insert);
        }
    }

    private void insertText(long contentId, @Nullable String note, @Nullable String metadata) throws SQLException {
        if (note != null || metadata != null) {
            RowInsert insert = statements.insertText();
            dialect.setText(insert, contentId, note, metadata);
            statements.add(insert);
        }
    }

    private void insertVideo(long contentId, KnownVideo video) throws SQLException {
        RowInsert insert = statements.insert("video", "content_id", "duration_ms", "frames");
        byte[] frames = video.frameBytes();
        insert.setLong(1, contentId);
        insert.setInt(2, video.durationMs());
        insert.setBytes(3, frames);
        statements.add(insert, frames.length);
        digest.video(video.durationMs(), frames);
    }

    private void insertPictures(long contentId, List<BankedPicture> pictures) throws SQLException {
        if (pictures.isEmpty()) {
            return;
        }
        RowInsert insert = statements.insert("picture", "content_id", "ordinal", "ms", "data");
        digest.pictures(pictures.size());
        int ordinal = 0;
        for (BankedPicture picture : pictures) {
            byte[] data = picture.features().toBytes();
            insert.setLong(1, contentId);
            insert.setInt(2, ordinal++);
            insert.setInt(3, picture.ms());
            insert.setBytes(4, data);
            statements.add(insert, data.length);
            digest.picture(picture.ms(), data);
        }
    }

    /**
     * Gives a content new values.
     *
     * @param to the fields that are given
     * @param after the content with them
     */
    void update(ContentFields to, BankContent after) throws SQLException {
        PreparedStatement statement = statements.prepare("UPDATE content SET status = ?, disabled_until = ?, note = ?,"
                + " metadata = ?, source_id = ?, distance_threshold = ?, handling = ?, quarantine = ?,"
                + " quarantine_exact = ?, confirmed_by = ? WHERE id = ?");
        statement.setInt(1, Codes.of(after.status()));
        Instant until = after.disabledUntil();
        Statements.setLong(statement, 2, until == null ? null : until.toEpochMilli());
        statement.setString(3, after.note());
        statement.setString(4, after.metadata());
        Statements.setLong(statement, 5, sourceId(after.source()));
        setTreatment(statement, 6, after.treatment());
        statement.setString(10, after.treatment().confirmedBy());
        statement.setLong(11, after.id());
        statement.executeUpdate();
        if (to.labels() != null) {
            replaceLabels(after.id(), to.labels());
        }
        if (to.note() != null || to.metadata() != null) {
            statements.update("DELETE FROM content_text WHERE rowid = ?", after.id());
            insertText(after.id(), after.note(), after.metadata());
        }
    }

    private void replaceLabels(long contentId, List<String> labels) throws SQLException {
        statements.update("DELETE FROM content_label WHERE content_id = ?", contentId);
        insertLabels(contentId, labels);
    }

    private @Nullable Long sourceId(@Nullable String source) throws SQLException {
        return source == null ? null : Long.valueOf(nameId("source", source));
    }

    /** The id of a label or source; a new name gets one. */
    private long nameId(String table, String name) throws SQLException {
        Map<String, Long> known = names.computeIfAbsent(table, t -> new HashMap<>());
        Long id = known.get(name);
        if (id != null) {
            return id;
        }
        PreparedStatement insert =
                statements.prepare("INSERT INTO " + table + " (name) VALUES (?) ON CONFLICT (name) DO NOTHING");
        insert.setString(1, name);
        insert.executeUpdate();
        PreparedStatement select = statements.prepare("SELECT id FROM " + table + " WHERE name = ?");
        select.setString(1, name);
        try (ResultSet row = select.executeQuery()) {
            row.next();
            long found = row.getLong(1);
            if (known.size() >= REMEMBERED_NAMES) {
                known.clear();
            }
            known.put(name, found);
            return found;
        }
    }
}
