package org.semblance.hashdb.catalog.sql;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.catalog.ContentDigest;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalPayload;
import org.semblance.hashdb.catalog.JournalPayload.BankCreated;
import org.semblance.hashdb.catalog.JournalPayload.BankDeleted;
import org.semblance.hashdb.catalog.JournalPayload.BankUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ContentUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ContentWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ContentsAdded;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.Rules;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.catalog.rows.Codes;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.hash.Signal;

/**
 * The one connection that writes. Each change is checked in full before its first row is written, so a refusal leaves
 * the transaction as it was. After an {@link SQLException} the writer is of no use any more: it is closed, which rolls
 * back, and another one is opened.
 */
final class ChangeWriter implements AutoCloseable {
    /** Pages in the log before a commit copies them to the database file; 4 kB each. */
    private static final int CHECKPOINT_PAGES = 4096;

    /** The log's file is cut back to this after it has grown larger, in bytes. */
    private static final long LOG_SIZE_LIMIT = 64L << 20;

    /** Page cache in kB; a bulk of 50,000 contents touches 5 MB. */
    private static final int CACHE_KB = 16 << 10;

    /** Rows handed to SQLite in one batch; bounds what the driver holds on the heap. */
    private static final int BATCH = 10_000;

    private static final int REMEMBERED_NAMES = 10_000;

    private final Connection connection;
    private final Map<String, PreparedStatement> prepared = new HashMap<>();
    private final Map<String, Map<String, Long>> names = new HashMap<>();
    private final ContentDigest digest = new ContentDigest();
    private boolean begun;
    private long nextContentId;
    private long lastSeq;
    private String lastHash = JournalEntry.GENESIS;

    ChangeWriter(Path file) throws SQLException {
        connection = Schema.connect(file);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_autocheckpoint = " + CHECKPOINT_PAGES);
            statement.execute("PRAGMA journal_size_limit = " + LOG_SIZE_LIMIT);
            statement.execute("PRAGMA cache_size = -" + CACHE_KB);
            try (ResultSet row = statement.executeQuery("SELECT coalesce(max(id), 0) + 1 FROM content")) {
                nextContentId = row.getLong(1);
            }
            try (ResultSet row = statement.executeQuery("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")) {
                if (row.next()) {
                    lastSeq = row.getLong(1);
                    lastHash = HexFormat.of().formatHex(Rows.bytes(row, 2));
                }
            }
        } catch (SQLException e) {
            Schema.closeQuietly(connection);
            throw e;
        }
    }

    /**
     * Begins a transaction unless one is under way. It takes the lock for writing at once: a transaction that has read
     * before it writes is not waited for, but fails if a reader holds that lock for the moment in which it checks the
     * log's index.
     */
    private void begin() throws SQLException {
        if (!begun) {
            prepare("BEGIN IMMEDIATE").execute();
            begun = true;
        }
    }

    void commit() throws SQLException {
        if (begun) {
            prepare("COMMIT").execute();
            begun = false;
        }
    }

    /** The number of the newest change. */
    long lastSeq() {
        return lastSeq;
    }

    /** Its hash, 64 hex digits. */
    String lastHash() {
        return lastHash;
    }

    @Override
    public void close() {
        Schema.closeQuietly(connection);
    }

    /** Limits the file to that many pages of 4 kB, so that a test can fill it. */
    void limitPages(long pages) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA max_page_count = " + pages);
        }
    }

    /**
     * Writes the change and its row of the journal, unless it was made before under the same key.
     *
     * @throws ChangeRefusedException if it cannot be made; nothing was written
     */
    Applied write(Change change, Origin origin, @Nullable RequestKey key, Instant at) throws SQLException {
        Rules.origin(origin);
        begin();
        Applied before = key == null ? null : madeBefore(key, at);
        if (before != null) {
            return before;
        }
        Applied applied = write(change, origin, at);
        if (key != null) {
            remember(key, applied, at);
        }
        return applied;
    }

    private Applied write(Change change, Origin origin, Instant at) throws SQLException {
        return switch (change) {
            case Change.CreateBank create -> createBank(create, origin, at);
            case Change.UpdateBank update -> updateBank(update, origin, at);
            case Change.DeleteBank delete -> deleteBank(delete, origin, at);
            case Change.AddContents add -> addContents(add, origin, at);
            case Change.UpdateContent update -> updateContent(update, origin, at);
            case Change.WithdrawContent withdraw -> withdrawContent(withdraw, origin, at);
        };
    }

    private @Nullable Applied madeBefore(RequestKey key, Instant at) throws SQLException {
        PreparedStatement select = prepare("SELECT part, request, seq, first_id, contents, bank_id FROM request_key"
                + " WHERE key = ? AND at >= ? ORDER BY part <> ? LIMIT 1");
        select.setString(1, key.key());
        select.setLong(2, at.minus(RequestKey.REMEMBERED).toEpochMilli());
        select.setInt(3, key.part());
        try (ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                return null;
            }
            if (!HexFormat.of().formatHex(Rows.bytes(row, 2)).equals(key.requestSha256())) {
                throw new ChangeRefusedException(
                        Reason.KEY_REUSED,
                        "Idempotency-Key",
                        "Idempotency-Key: used by another request within the last 24 hours (expected: a new key, or the same"
                                + " request)");
            }
            return row.getInt(1) == key.part()
                    ? new Applied(row.getLong(3), row.getLong(4), row.getInt(5), row.getLong(6))
                    : null;
        }
    }

    private void remember(RequestKey key, Applied applied, Instant at) throws SQLException {
        PreparedStatement forget = prepare("DELETE FROM request_key WHERE at < ?");
        forget.setLong(1, at.minus(RequestKey.REMEMBERED).toEpochMilli());
        forget.executeUpdate();
        PreparedStatement insert =
                prepare("INSERT INTO request_key (key, part, request, at, seq, bank_id, first_id, contents)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        insert.setString(1, key.key());
        insert.setInt(2, key.part());
        insert.setBytes(3, HexFormat.of().parseHex(key.requestSha256()));
        insert.setLong(4, at.toEpochMilli());
        insert.setLong(5, applied.seq());
        insert.setLong(6, applied.bankId());
        insert.setLong(7, applied.firstContentId());
        insert.setInt(8, applied.contents());
        insert.executeUpdate();
    }

    private Applied createBank(Change.CreateBank create, Origin origin, Instant at) throws SQLException {
        BankFields fields = create.fields().ofNewBank();
        Rules.bank(fields);
        requireFree(create.name());
        long id;
        try (ResultSet row =
                prepare("SELECT coalesce(max(id), 0) + 1 FROM bank").executeQuery()) {
            id = row.getLong(1);
        }
        PreparedStatement insert =
                prepare("INSERT INTO bank (name, enabled_ratio, description, distance_threshold, features, handling,"
                        + " legal_basis, id, kind, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)");
        setFields(insert, fields.appliedTo(new Bank(id, create.name(), create.kind(), 1, "", null)));
        insert.setLong(8, id);
        insert.setInt(9, Codes.of(create.kind()));
        insert.executeUpdate();
        return new Applied(journal(new BankCreated(id, create.kind(), fields), origin, at), 0, 0, id);
    }

    private Applied updateBank(Change.UpdateBank update, Origin origin, Instant at) throws SQLException {
        Bank bank = requireBank(update.name());
        BankFields before = BankFields.of(bank);
        BankFields to = update.to();
        Rules.bank(to);
        if (to.name() != null && !to.name().equals(bank.name())) {
            requireFree(to.name());
        }
        Bank after = to.appliedTo(bank);
        PreparedStatement statement = prepare("UPDATE bank SET name = ?, enabled_ratio = ?, description = ?,"
                + " distance_threshold = ?, features = ?, handling = ?, legal_basis = ? WHERE id = ?");
        setFields(statement, after);
        statement.setLong(8, bank.id());
        statement.executeUpdate();
        BankUpdated payload = new BankUpdated(bank.id(), bank.name(), before.givenIn(to), to);
        return new Applied(journal(payload, origin, at), 0, 0, bank.id());
    }

    private static void setFields(PreparedStatement statement, Bank bank) throws SQLException {
        statement.setString(1, bank.name());
        statement.setDouble(2, bank.enabledRatio());
        statement.setString(3, bank.description());
        setInteger(statement, 4, bank.distanceThreshold());
        statement.setBoolean(5, bank.features());
        statement.setString(6, bank.handling());
        statement.setString(7, bank.legalBasis());
    }

    private Applied deleteBank(Change.DeleteBank delete, Origin origin, Instant at) throws SQLException {
        Bank bank = requireBank(delete.name());
        PreparedStatement withdraw =
                prepare("UPDATE content SET status = 2, disabled_until = NULL WHERE bank_id = ? AND status <> 2");
        withdraw.setLong(1, bank.id());
        int contents = withdraw.executeUpdate();
        PreparedStatement statement = prepare("UPDATE bank SET deleted = 1 WHERE id = ?");
        statement.setLong(1, bank.id());
        statement.executeUpdate();
        BankDeleted payload = new BankDeleted(bank.id(), bank.name(), contents);
        return new Applied(journal(payload, origin, at), 0, contents, bank.id());
    }

    private Applied addContents(Change.AddContents add, Origin origin, Instant at) throws SQLException {
        Bank bank = requireBank(add.bank());
        if (add.contents().isEmpty()) {
            throw Rules.invalid("contents", "contents: none (expected: at least one)");
        }
        List<ContentDraft> drafts = new ArrayList<>(add.contents().size());
        for (ContentDraft draft : add.contents()) {
            drafts.add(Rules.content(draft));
        }
        long firstId = nextContentId;
        insertContents(bank, firstId, drafts, at);
        String sha256 = insertWhatTheyHave(firstId, drafts);
        nextContentId += drafts.size();
        ContentsAdded payload = new ContentsAdded(bank.id(), bank.name(), firstId, drafts.size(), sha256);
        return new Applied(journal(payload, origin, at), firstId, drafts.size(), bank.id());
    }

    private void insertContents(Bank bank, long firstId, List<ContentDraft> drafts, Instant at) throws SQLException {
        PreparedStatement insert = prepare(
                "INSERT INTO content (id, bank_id, status, disabled_until, created_at, source_id, note, metadata,"
                        + " distance_threshold, handling, quarantine, quarantine_exact)"
                        + " VALUES (?, ?, 0, NULL, ?, ?, ?, ?, ?, ?, ?, ?)");
        long id = firstId;
        int pending = 0;
        for (ContentDraft draft : drafts) {
            insert.setLong(1, id++);
            insert.setLong(2, bank.id());
            insert.setLong(3, at.toEpochMilli());
            setLong(insert, 4, sourceId(draft.source()));
            insert.setString(5, draft.note());
            insert.setString(6, draft.metadata());
            setTreatment(insert, 7, draft.treatment());
            insert.addBatch();
            pending = batched(insert, pending);
        }
        insert.executeBatch();
    }

    private static void setTreatment(PreparedStatement statement, int first, Treatment treatment) throws SQLException {
        Quarantine quarantine = treatment.quarantine();
        setInteger(statement, first, treatment.distanceThreshold());
        statement.setString(first + 1, treatment.handling());
        statement.setString(first + 2, quarantine == null ? null : quarantine.reason());
        statement.setBoolean(first + 3, quarantine != null && quarantine.exact());
    }

    /** Signals, labels, videos and features. Returns the digest of the contents. */
    private String insertWhatTheyHave(long firstId, List<ContentDraft> drafts) throws SQLException {
        PreparedStatement insertSignal =
                prepare("INSERT INTO signal (content_id, position, type, quality, value) VALUES (?, ?, ?, ?, ?)");
        PreparedStatement insertLabel = prepare("INSERT INTO content_label (content_id, label_id) VALUES (?, ?)");
        PreparedStatement insertVideo = prepare("INSERT INTO video (content_id, duration_ms, frames) VALUES (?, ?, ?)");
        long id = firstId;
        int pendingSignals = 0;
        int pendingLabels = 0;
        for (ContentDraft draft : drafts) {
            digest.content(id, draft.signals().size());
            int position = 0;
            for (Signal signal : draft.signals()) {
                byte[] value = HexFormat.of().parseHex(signal.value());
                int type = Codes.of(signal.type());
                insertSignal.setLong(1, id);
                insertSignal.setInt(2, position++);
                insertSignal.setInt(3, type);
                setInteger(insertSignal, 4, signal.quality());
                insertSignal.setBytes(5, value);
                insertSignal.addBatch();
                pendingSignals = batched(insertSignal, pendingSignals);
                digest.signal(type, signal.quality(), value);
            }
            for (String label : draft.labels()) {
                insertLabel.setLong(1, id);
                insertLabel.setLong(2, nameId("label", label));
                insertLabel.addBatch();
                pendingLabels = batched(insertLabel, pendingLabels);
            }
            digest.details(draft.labels(), draft.note(), draft.source(), draft.metadata());
            KnownVideo video = draft.video();
            if (video != null) {
                byte[] frames = video.frameBytes();
                insertVideo.setLong(1, id);
                insertVideo.setInt(2, video.durationMs());
                insertVideo.setBytes(3, frames);
                insertVideo.executeUpdate();
                digest.video(video.durationMs(), frames);
            }
            insertPictures(id, draft.pictures());
            Treatment treatment = draft.treatment();
            if (!treatment.isPlain()) {
                digest.treatment(treatment.distanceThreshold(), treatment.handling(), treatment.quarantine());
            }
            id++;
        }
        insertSignal.executeBatch();
        insertLabel.executeBatch();
        return digest.finish();
    }

    private void insertPictures(long contentId, List<BankedPicture> pictures) throws SQLException {
        if (pictures.isEmpty()) {
            return;
        }
        PreparedStatement insert = prepare("INSERT INTO picture (content_id, ordinal, ms, data) VALUES (?, ?, ?, ?)");
        digest.pictures(pictures.size());
        int ordinal = 0;
        for (BankedPicture picture : pictures) {
            byte[] data = picture.features().toBytes();
            insert.setLong(1, contentId);
            insert.setInt(2, ordinal++);
            insert.setInt(3, picture.ms());
            insert.setBytes(4, data);
            insert.executeUpdate();
            digest.picture(picture.ms(), data);
        }
    }

    private static int batched(PreparedStatement statement, int pending) throws SQLException {
        if (pending + 1 < BATCH) {
            return pending + 1;
        }
        statement.executeBatch();
        return 0;
    }

    private Applied updateContent(Change.UpdateContent update, Origin origin, Instant at) throws SQLException {
        Bank bank = requireBank(update.bank());
        BankContent content = requireContent(bank, update.contentId());
        ContentFields to = confirmed(Rules.update(update), update.confirmed(), content, origin);
        ContentFields before = ContentFields.of(content);
        BankContent after = to.appliedTo(content);
        PreparedStatement statement = prepare("UPDATE content SET status = ?, disabled_until = ?, note = ?,"
                + " metadata = ?, source_id = ?, distance_threshold = ?, handling = ?, quarantine = ?,"
                + " quarantine_exact = ?, confirmed_by = ? WHERE id = ?");
        statement.setInt(1, Codes.of(after.status()));
        setLong(
                statement,
                2,
                after.disabledUntil() == null ? null : after.disabledUntil().toEpochMilli());
        statement.setString(3, after.note());
        statement.setString(4, after.metadata());
        setLong(statement, 5, sourceId(after.source()));
        setTreatment(statement, 6, after.treatment());
        statement.setString(10, after.treatment().confirmedBy());
        statement.setLong(11, content.id());
        statement.executeUpdate();
        if (to.labels() != null) {
            replaceLabels(content.id(), to.labels());
        }
        ContentUpdated payload = new ContentUpdated(bank.id(), bank.name(), content.id(), before.givenIn(to), to);
        return new Applied(journal(payload, origin, at), 0, 1, bank.id());
    }

    /**
     * The fields with who confirms the content.
     *
     * @throws ChangeRefusedException if it is who added the content: two people are wanted
     */
    private static ContentFields confirmed(
            ContentFields to, @Nullable Boolean confirmed, BankContent content, Origin origin) {
        if (confirmed == null) {
            return to;
        }
        if (!confirmed) {
            return to.withConfirmedBy(null);
        }
        if (origin.key().equals(new Origin(content.addedBy(), "").key())) {
            throw Rules.invalid(
                    "confirmed",
                    "confirmed: by " + origin.actor() + ", and the content was added by " + content.addedBy()
                            + " (expected: a second person, with a key of their own)");
        }
        return to.withConfirmedBy(origin.actor());
    }

    private @Nullable Long sourceId(@Nullable String source) throws SQLException {
        return source == null ? null : Long.valueOf(nameId("source", source));
    }

    private void replaceLabels(long contentId, List<String> labels) throws SQLException {
        PreparedStatement delete = prepare("DELETE FROM content_label WHERE content_id = ?");
        delete.setLong(1, contentId);
        delete.executeUpdate();
        for (String label : labels) {
            PreparedStatement insert = prepare("INSERT INTO content_label (content_id, label_id) VALUES (?, ?)");
            insert.setLong(1, contentId);
            insert.setLong(2, nameId("label", label));
            insert.executeUpdate();
        }
    }

    private Applied withdrawContent(Change.WithdrawContent withdraw, Origin origin, Instant at) throws SQLException {
        Bank bank = requireBank(withdraw.bank());
        BankContent before = requireContent(bank, withdraw.contentId());
        PreparedStatement statement = prepare("UPDATE content SET status = 2, disabled_until = NULL WHERE id = ?");
        statement.setLong(1, before.id());
        statement.executeUpdate();
        ContentWithdrawn payload = new ContentWithdrawn(bank.id(), bank.name(), before.id());
        return new Applied(journal(payload, origin, at), 0, 1, bank.id());
    }

    private long journal(JournalPayload payload, Origin origin, Instant at) throws SQLException {
        JournalEntry entry = JournalEntry.chained(lastHash, lastSeq + 1, at, origin, payload);
        PreparedStatement insert =
                prepare("INSERT INTO journal (seq, at, actor, reason, kind, payload, prev_hash, hash)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        insert.setLong(1, entry.seq());
        insert.setLong(2, entry.at().toEpochMilli());
        insert.setString(3, entry.actor());
        insert.setString(4, entry.reason());
        insert.setString(5, entry.kind());
        insert.setString(6, entry.payload());
        insert.setBytes(7, HexFormat.of().parseHex(entry.prevHash()));
        insert.setBytes(8, HexFormat.of().parseHex(entry.hash()));
        insert.executeUpdate();
        lastSeq = entry.seq();
        lastHash = entry.hash();
        return entry.seq();
    }

    private void requireFree(String name) throws SQLException {
        if (Rows.bank(this::prepare, name) != null) {
            throw new ChangeRefusedException(Reason.CONFLICT, "name", "bank '" + name + "' already exists");
        }
    }

    private Bank requireBank(String name) throws SQLException {
        Bank bank = Rows.bank(this::prepare, name);
        if (bank == null) {
            throw new ChangeRefusedException(Reason.NOT_FOUND, "bank", "bank '" + name + "' not found");
        }
        return bank;
    }

    private BankContent requireContent(Bank bank, long id) throws SQLException {
        BankContent content = Rows.content(this::prepare, id);
        if (content == null || !content.bank().equals(bank.name()) || content.status() == ContentStatus.WITHDRAWN) {
            throw new ChangeRefusedException(
                    Reason.NOT_FOUND, "content_id", "content '" + id + "' not found in bank '" + bank.name() + "'");
        }
        return content;
    }

    /** The id of a label or source; a new name gets one. */
    private long nameId(String table, String name) throws SQLException {
        Map<String, Long> known = names.computeIfAbsent(table, t -> new HashMap<>());
        Long id = known.get(name);
        if (id != null) {
            return id;
        }
        PreparedStatement insert = prepare("INSERT INTO " + table + " (name) VALUES (?) ON CONFLICT (name) DO NOTHING");
        insert.setString(1, name);
        insert.executeUpdate();
        PreparedStatement select = prepare("SELECT id FROM " + table + " WHERE name = ?");
        select.setString(1, name);
        try (ResultSet row = select.executeQuery()) {
            long found = row.getLong(1);
            if (known.size() >= REMEMBERED_NAMES) {
                known.clear();
            }
            known.put(name, found);
            return found;
        }
    }

    private PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = prepared.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            prepared.put(sql, statement);
        }
        return statement;
    }

    private static void setInteger(PreparedStatement statement, int index, @Nullable Integer value)
            throws SQLException {
        if (value == null) {
            statement.setNull(index, Types.INTEGER);
        } else {
            statement.setInt(index, value);
        }
    }

    private static void setLong(PreparedStatement statement, int index, @Nullable Long value) throws SQLException {
        if (value == null) {
            statement.setNull(index, Types.INTEGER);
        } else {
            statement.setLong(index, value);
        }
    }
}
