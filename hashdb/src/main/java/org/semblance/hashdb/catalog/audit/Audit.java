package org.semblance.hashdb.catalog.audit;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.BankFields;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentDigest;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentFields.State;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Given;
import org.semblance.hashdb.catalog.HashSink;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalPayload;
import org.semblance.hashdb.catalog.JournalPayload.BankCreated;
import org.semblance.hashdb.catalog.JournalPayload.BankDeleted;
import org.semblance.hashdb.catalog.JournalPayload.BankRestored;
import org.semblance.hashdb.catalog.JournalPayload.BankUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ChangeProposed;
import org.semblance.hashdb.catalog.JournalPayload.ContentRestored;
import org.semblance.hashdb.catalog.JournalPayload.ContentUpdated;
import org.semblance.hashdb.catalog.JournalPayload.ContentWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ContentsAdded;
import org.semblance.hashdb.catalog.JournalPayload.ContentsRestored;
import org.semblance.hashdb.catalog.JournalPayload.ContentsWithdrawn;
import org.semblance.hashdb.catalog.JournalPayload.ProposalDecided;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.PayloadCodec;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.ProposalState;
import org.semblance.hashdb.catalog.Standing;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.catalog.rows.Codes;
import org.semblance.hashdb.catalog.rows.Dialect;
import org.semblance.hashdb.catalog.rows.Readers;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.SignalType;

/**
 * Proves one state of the catalog from its journal.
 *
 * <p>First the chain is recomputed, and from its payloads what each bank must look like, which contents were withdrawn
 * and what updates made of the others. Then one pass over all contents recomputes the digest of each
 * {@code add_contents} row, taking for an updated field the old value that its first update recorded, and compares each
 * row with what its last update made of it. So a row that was changed, added or removed beside the journal is found;
 * within a bulk the digest names the range, not the row.
 */
public final class Audit implements AutoCloseable {
    private static final int MAX_PROBLEMS = 100;

    /** What a content has that was never updated; its digest covers the other fields. */
    private static final int PDQ = Codes.of(SignalType.PDQ);

    private static final ContentFields ADDED = ContentFields.NONE.withConfirmedBy(null);

    private static final State ENABLED = new State(ContentStatus.ENABLED, null);

    private final Dialect dialect;
    private final Readers.Reader reader;
    private final long maxContentId;
    private final List<String> problems = new ArrayList<>();
    private final Map<Long, ExpectedBank> banks = new HashMap<>();
    private final Map<Long, Trail> trails = new HashMap<>();

    /** By bank and content: how those stand that are not simply enabled since they were added. */
    private final Map<Long, Map<Long, Standing>> standings = new HashMap<>();

    private final Map<Long, ExpectedProposal> proposals = new HashMap<>();
    private final ContentDigest digest = new ContentDigest();

    /** The ids of all rows of the table of banks. */
    private final Set<Long> bankRows = new HashSet<>();

    private long journalRows;
    private String headHash = JournalEntry.GENESIS;
    private long signalRows;
    private long labelRows;
    private long videoRows;
    private long pictureRows;
    private long rowsWithoutBank;

    /**
     * Holds the present state of the catalog still.
     *
     * @throws StorageFailedException if not even the newest content can be read
     */
    public Audit(Dialect dialect) {
        this.dialect = dialect;
        Readers.Reader opened = null;
        boolean begun = false;
        try {
            opened = new Readers.Reader(dialect);
            this.reader = opened;
            reader.pin();
            this.maxContentId = count("SELECT coalesce(max(id), 0) FROM content");
            begun = true;
        } catch (SQLException e) {
            throw dialect.failure(e);
        } finally {
            if (!begun && opened != null) {
                opened.close();
            }
        }
    }

    /**
     * What an audit found.
     *
     * @param headHash the hash of the newest row of the journal, to be kept in another place
     * @param problems empty if all is well
     */
    public record Report(long journalRows, String headHash, List<String> problems) {
        public Report {
            problems = List.copyOf(problems);
        }
    }

    /** The connection that holds it still. */
    public Readers.Reader reader() {
        return reader;
    }

    /** The largest id of a content in the state that is audited. */
    public long maxContentId() {
        return maxContentId;
    }

    /** Checks everything; each content, hash and picture goes to the sinks as well. */
    public Report run(ContentSink contents, HashSink hashes, PictureSink pictures) {
        try {
            integrity();
            journal();
            banks();
            proposals();
            contents(contents, hashes, pictures);
            orphans();
        } catch (SQLException e) {
            problem(dialect.failure(e).getMessage());
        }
        return new Report(journalRows, headHash, problems);
    }

    @Override
    public void close() {
        reader.close();
    }

    private void problem(@Nullable String text) {
        if (problems.size() < MAX_PROBLEMS) {
            problems.add(String.valueOf(text));
        } else if (problems.size() == MAX_PROBLEMS) {
            problems.add("further problems are not listed");
        }
    }

    private long count(String sql) throws SQLException {
        return Rows.number(reader.prepare(sql));
    }

    private void integrity() throws SQLException {
        dialect.faults(reader.connection(), MAX_PROBLEMS).forEach(this::problem);
    }

    private void journal() throws SQLException {
        PreparedStatement select = reader.prepare(
                "SELECT seq, at, actor, reason, kind, payload, prev_hash, hash, bank_id, undoes FROM journal ORDER BY seq");
        boolean broken = false;
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                JournalEntry entry;
                try {
                    entry = Rows.journalEntry(row);
                } catch (SQLDataException e) {
                    problem("journal row " + row.getLong(1) + ": " + e.getMessage());
                    broken = true;
                    journalRows++;
                    continue;
                }
                String fault = broken ? null : fault(entry);
                if (fault != null) {
                    problem("journal row " + entry.seq() + ": " + fault);
                    broken = true;
                }
                journalRows++;
                headHash = entry.hash();
                try {
                    replay(entry);
                    if (row.getLong(9) != entry.change().bankId()
                            || !Objects.equals(longOrNull(row, 10), PayloadCodec.undoes(entry.payload()))) {
                        problem("journal row " + entry.seq() + ": its columns differ from its payload");
                    }
                } catch (IllegalArgumentException e) {
                    problem("journal row " + entry.seq() + ": " + e.getMessage());
                }
            }
        }
    }

    private static @Nullable Long longOrNull(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : Long.valueOf(value);
    }

    private @Nullable String fault(JournalEntry entry) {
        if (entry.seq() != journalRows + 1) {
            return "row " + (journalRows + 1) + " is missing before it";
        }
        if (!entry.prevHash().equals(headHash)) {
            return "it does not follow the row before";
        }
        return entry.computeHash().equals(entry.hash()) ? null : "it was altered (its hash does not fit its fields)";
    }

    private void replay(JournalEntry entry) {
        JournalPayload change = entry.change();
        if (change instanceof ProposalDecided decided && decided.approved()) {
            confirm(decided, entry.actor());
        }
        stand(entry.seq(), change);
        switch (change) {
            case BankCreated created ->
                banks.put(created.bankId(), new ExpectedBank(created.kind(), created.fields(), null));
            case BankUpdated updated ->
                banks.computeIfPresent(updated.bankId(), (id, bank) -> bank.updated(updated.to()));
            case BankDeleted deleted ->
                banks.computeIfPresent(deleted.bankId(), (id, bank) -> bank.deleted(entry.seq()));
            case ContentUpdated updated ->
                trails.merge(updated.contentId(), new Trail(updated.from(), updated.to()), Trail::followedBy);
            case BankRestored restored -> banks.computeIfPresent(restored.bankId(), (id, bank) -> bank.restored());
            case ContentsAdded added -> {
                // Added contents are compared in the pass over the contents.
                if (added.proposed()) {
                    proposals.put(entry.seq(), new ExpectedProposal(added.bankId(), ProposalState.OPEN, null));
                }
            }
            case ChangeProposed proposed ->
                proposals.put(entry.seq(), new ExpectedProposal(proposed.bankId(), ProposalState.OPEN, null));
            case ProposalDecided decided -> {
                ProposalState state = decided.approved() ? ProposalState.APPROVED : ProposalState.REJECTED;
                proposals.computeIfPresent(
                        decided.proposal(), (seq, open) -> new ExpectedProposal(open.bankId, state, entry.seq()));
            }
            case ContentWithdrawn other -> {}
            case ContentsWithdrawn other -> {}
            case ContentRestored other -> {}
            case ContentsRestored other -> {}
        }
    }

    /** Those contents that are still proposed are confirmed by their approval. */
    private void confirm(ProposalDecided approved, String actor) {
        Map<Long, Standing> ofBank = standings.getOrDefault(approved.bankId(), Map.of());
        for (long id = approved.firstId(); id > 0 && id <= approved.lastId(); id++) {
            State state = ofBank.containsKey(id) ? ofBank.get(id).stateIfThere() : null;
            if (state != null && state.status() == ContentStatus.PROPOSED) {
                ContentFields confirmed = ContentFields.NONE.withConfirmedBy(actor);
                trails.merge(id, new Trail(ContentFields.NONE, confirmed), Trail::followedBy);
            }
        }
    }

    /** Keeps how contents stand. */
    private void stand(long seq, JournalPayload change) {
        Map<Long, Standing> ofBank = standings.computeIfAbsent(change.bankId(), id -> new HashMap<>());
        switch (change) {
            case ContentsAdded added -> {
                for (long id = added.firstId(); added.proposed() && id <= added.lastId(); id++) {
                    ofBank.put(id, new Standing(id, true));
                }
            }
            case ContentUpdated updated -> {
                if (updated.to().state() != null) {
                    standing(ofBank, updated.contentId()).changed(seq, change);
                }
            }
            case ContentWithdrawn withdrawn ->
                standing(ofBank, withdrawn.contentId()).changed(seq, change);
            case ContentRestored restored ->
                standing(ofBank, restored.contentId()).changed(seq, change);
            case ContentsWithdrawn withdrawn -> {
                for (long id = withdrawn.firstId(); id <= withdrawn.lastId(); id++) {
                    standing(ofBank, id).changed(seq, change);
                }
            }
            default -> ofBank.values().forEach(standing -> standing.changed(seq, change));
        }
    }

    private static Standing standing(Map<Long, Standing> ofBank, long id) {
        return ofBank.computeIfAbsent(id, added -> new Standing(added, false));
    }

    private void proposals() throws SQLException {
        Map<Long, ExpectedProposal> missing = new HashMap<>(proposals);
        try (ResultSet row = reader.prepare("SELECT seq, bank_id, state, decided_seq FROM proposal")
                .executeQuery()) {
            while (row.next()) {
                ExpectedProposal expected = missing.remove(row.getLong(1));
                if (expected == null || !expected.equalTo(row)) {
                    problem("proposal " + row.getLong(1) + ": differs from what the journal made of it");
                }
            }
        }
        missing.keySet().stream().sorted().forEach(seq -> problem("proposal " + seq + ": is missing"));
    }

    /** What the journal makes of a proposal. */
    private record ExpectedProposal(
            long bankId, ProposalState state, @Nullable Long decidedSeq) {
        boolean equalTo(ResultSet row) throws SQLException {
            return bankId == row.getLong(2)
                    && Codes.of(state) == row.getInt(3)
                    && Objects.equals(decidedSeq, longOrNull(row, 4));
        }
    }

    private void banks() throws SQLException {
        PreparedStatement select = reader.prepare(
                "SELECT id, name, kind, enabled_ratio, description, distance_threshold, deleted, features, handling,"
                        + " legal_basis, needs_approval FROM bank");
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                long id = row.getLong(1);
                bankRows.add(id);
                ExpectedBank expected = banks.get(id);
                if (expected == null) {
                    problem("bank " + id + " (" + row.getString(2) + "): no row of the journal created it");
                } else if (!expected.equalTo(row)) {
                    problem("bank " + id + " (" + row.getString(2) + "): differs from what the journal made of it");
                }
            }
        }
        banks.keySet().stream()
                .filter(id -> !bankRows.contains(id))
                .sorted()
                .forEach(id -> problem("bank " + id + ": is missing"));
    }

    private void contents(ContentSink contentSink, HashSink hashSink, PictureSink pictureSink) throws SQLException {
        PreparedStatement adds = reader.prepare("SELECT seq, at, kind, payload FROM journal WHERE kind = '"
                + PayloadCodec.ADD_CONTENTS + "' ORDER BY seq");
        PreparedStatement labels = reader.prepare("SELECT c.content_id, l.name FROM content_label c"
                + " JOIN label l ON l.id = c.label_id ORDER BY c.content_id");
        PreparedStatement contents = reader.prepare("SELECT c.id, c.bank_id, c.status, c.disabled_until, c.created_at,"
                + " o.name, c.note, c.metadata, s.type, s.quality, s.value, c.distance_threshold, c.handling,"
                + " c.quarantine, c.quarantine_exact, c.confirmed_by, c.withdrawn_seq"
                + " FROM content c LEFT JOIN source o ON o.id = c.source_id"
                + " LEFT JOIN signal s ON s.content_id = c.id ORDER BY c.id, s.position");
        PreparedStatement videos =
                reader.prepare("SELECT content_id, duration_ms, frames FROM video ORDER BY content_id");
        PreparedStatement pictures =
                reader.prepare("SELECT content_id, ordinal, ms, data FROM picture ORDER BY content_id, ordinal");
        try (ResultSet add = adds.executeQuery();
                ResultSet label = labels.executeQuery();
                ResultSet video = videos.executeQuery();
                ResultSet picture = pictures.executeQuery();
                ResultSet content = contents.executeQuery()) {
            Cursor cursor = new Cursor(content, label, video, picture, contentSink, hashSink, pictureSink);
            cursor.next();
            while (add.next()) {
                JournalPayload change;
                try {
                    change = PayloadCodec.read(Rows.text(add, 3), Rows.text(add, 4));
                } catch (IllegalArgumentException | SQLDataException e) {
                    continue; // The pass over the journal has named it.
                }
                if (change instanceof ContentsAdded added) {
                    compare(add.getLong(1), add.getLong(2), added, cursor);
                }
            }
            while (cursor.there) {
                problem("content " + cursor.id + ": no row of the journal added it");
                cursor.next();
            }
        }
    }

    private void compare(long seq, long at, ContentsAdded added, Cursor cursor) throws SQLException {
        ExpectedBank bank = banks.get(added.bankId());
        Long bankDeletedBy = bank == null ? null : bank.deletedBy;
        Map<Long, Standing> ofBank = standings.getOrDefault(added.bankId(), Map.of());
        long present = 0;
        for (; cursor.there && cursor.id <= added.lastId(); cursor.next()) {
            if (cursor.id < added.firstId()) {
                problem("content " + cursor.id + ": no row of the journal added it");
                continue;
            }
            present++;
            ContentFields now = cursor.fields();
            Trail trail = trails.get(cursor.id);
            digest(cursor, trail == null ? now : trail.first.or(now));
            Standing standing = ofBank.get(cursor.id);
            Long withdrawnBy =
                    standing != null && standing.isWithdrawn() ? Long.valueOf(standing.withdrawnBy()) : bankDeletedBy;
            State state = standing == null ? ENABLED : standing.state();
            ContentFields expected = (trail == null ? ADDED : trail.last.or(ADDED)).withState(null);
            if (cursor.bankId != added.bankId()
                    || cursor.createdAt != at
                    || !Objects.equals(cursor.withdrawnBy, withdrawnBy)
                    || !cursor.isAs(expected, withdrawnBy == null ? state : null)) {
                problem("content " + cursor.id + ": differs from what the journal made of it");
            }
        }
        String sha256 = digest.finish();
        String range = added.firstId() == added.lastId()
                ? Long.toString(added.firstId())
                : added.firstId() + " to " + added.lastId();
        if (present != added.contents()) {
            problem("journal row " + seq + ": of its contents " + range + " only " + present + " are there");
        } else if (!sha256.equals(added.sha256())) {
            problem("journal row " + seq + ": its contents " + range + " were altered (their digest does not fit)");
        }
    }

    /** Takes in the content as it was when it was added. */
    private void digest(Cursor content, ContentFields added) {
        digest.content(content.id, content.signals.size());
        for (Cursor.RawSignal signal : content.signals) {
            digest.signal(signal.type, signal.quality, signal.value);
        }
        digest.details(
                added.labels() == null ? List.of() : added.labels(),
                value(added.note()),
                value(added.source()),
                value(added.metadata()));
        if (content.frames != null) {
            digest.video(content.durationMs, content.frames);
        }
        if (!content.pictures.isEmpty()) {
            digest.pictures(content.pictures.size());
            content.pictures.forEach(picture -> digest.picture(picture.ms, picture.data));
        }
        Treatment treatment = new Treatment(
                value(added.distanceThreshold()), value(added.handling()), value(added.quarantine()), null);
        if (!treatment.isPlain()) {
            digest.treatment(treatment.distanceThreshold(), treatment.handling(), treatment.quarantine());
        }
    }

    private static <T> @Nullable T value(@Nullable Given<T> given) {
        return given == null ? null : given.value();
    }

    /** Says which rows belong to nothing. Not every database has foreign keys between all tables, or looks at those it has. */
    private void orphans() throws SQLException {
        if (rowsWithoutBank > 0) {
            problem("contents: " + rowsWithoutBank + " rows belong to no bank");
        }
        orphans("signals", "signal", signalRows);
        orphans("labels", "content_label", labelRows);
        orphans("videos", "video", videoRows);
        orphans("pictures", "picture", pictureRows);
    }

    private void orphans(String name, String table, long rowsOfContents) throws SQLException {
        long rows = count("SELECT count(*) FROM " + table);
        if (rows != rowsOfContents) {
            problem(name + ": " + (rows - rowsOfContents) + " rows belong to no content");
        }
    }

    /** What the journal makes of a bank. */
    private record ExpectedBank(
            BankKind kind, BankFields fields, @Nullable Long deletedBy) {
        ExpectedBank updated(BankFields to) {
            return new ExpectedBank(kind, to.or(fields), deletedBy);
        }

        ExpectedBank deleted(long seq) {
            return new ExpectedBank(kind, fields, seq);
        }

        ExpectedBank restored() {
            return new ExpectedBank(kind, fields, null);
        }

        boolean equalTo(ResultSet row) throws SQLException {
            return Objects.equals(fields.name(), row.getString(2))
                    && Codes.of(kind) == row.getInt(3)
                    && fields.enabledRatio() != null
                    && fields.enabledRatio() == row.getDouble(4)
                    && Objects.equals(fields.description(), row.getString(5))
                    && new Given<>(Rows.integer(row, 6)).equals(fields.distanceThreshold())
                    && (deletedBy != null) == (row.getInt(7) != 0)
                    && (fields.features() == null || fields.features()) == (row.getInt(8) != 0)
                    && Objects.equals(value(fields.handling()), row.getString(9))
                    && Objects.equals(value(fields.legalBasis()), row.getString(10))
                    && Boolean.TRUE.equals(fields.needsApproval()) == (row.getInt(11) != 0);
        }
    }

    /** What updates did to one content: each field's value before its first update and after its last. */
    private record Trail(ContentFields first, ContentFields last) {
        Trail followedBy(Trail next) {
            return new Trail(first.or(next.first), next.last.or(last));
        }
    }

    /** Walks contents, their signals, labels, videos and pictures side by side, all by content id. */
    private final class Cursor {
        private final ResultSet rows;
        private final ResultSet labelRow;
        private final ResultSet videoRow;
        private final ResultSet pictureRow;
        private final ContentSink contentSink;
        private final HashSink hashSink;
        private final PictureSink pictureSink;
        private boolean rowThere;
        private boolean labelThere;
        private boolean videoThere;
        private boolean pictureThere;

        private boolean there;
        private long id;
        private long bankId;
        private int status;
        private @Nullable Long until;
        private long createdAt;
        private @Nullable String source;
        private @Nullable String note;
        private @Nullable String metadata;
        private Treatment treatment = Treatment.PLAIN;
        private @Nullable Long withdrawnBy;
        private final List<RawSignal> signals = new ArrayList<>();
        private List<String> labels = List.of();
        private int durationMs;
        private byte @Nullable [] frames;
        private final List<RawPicture> pictures = new ArrayList<>();

        private record RawSignal(int type, @Nullable Integer quality, byte[] value) {}

        @SuppressWarnings("ArrayRecordComponent") // never compared
        private record RawPicture(int ms, byte[] data) {}

        Cursor(
                ResultSet rows,
                ResultSet labelRow,
                ResultSet videoRow,
                ResultSet pictureRow,
                ContentSink contentSink,
                HashSink hashSink,
                PictureSink pictureSink)
                throws SQLException {
            this.rows = rows;
            this.labelRow = labelRow;
            this.videoRow = videoRow;
            this.pictureRow = pictureRow;
            this.contentSink = contentSink;
            this.hashSink = hashSink;
            this.pictureSink = pictureSink;
            this.rowThere = rows.next();
            this.labelThere = labelRow.next();
            this.videoThere = videoRow.next();
            this.pictureThere = pictureRow.next();
        }

        void next() throws SQLException {
            there = rowThere;
            if (!there) {
                return;
            }
            id = rows.getLong(1);
            bankId = rows.getLong(2);
            if (!bankRows.contains(bankId)) {
                rowsWithoutBank++;
            }
            status = rows.getInt(3);
            until = longOrNull(rows, 4);
            createdAt = rows.getLong(5);
            source = rows.getString(6);
            note = rows.getString(7);
            metadata = rows.getString(8);
            treatment = Rows.treatment(rows, 12);
            withdrawnBy = longOrNull(rows, 17);
            signals.clear();
            do {
                byte[] value = rows.getBytes(11);
                if (value != null) {
                    signalRows++;
                    signals.add(new RawSignal(rows.getInt(9), Rows.integer(rows, 10), value));
                }
                rowThere = rows.next();
            } while (rowThere && rows.getLong(1) == id);
            labels = labels();
            video();
            pictures();
            passOn();
            passPicturesOn();
        }

        private void passOn() {
            boolean live = status != Codes.of(ContentStatus.WITHDRAWN);
            byte[] sound = frames != null && areSound(frames) ? frames : null;
            if (!live) {
                contentSink.withdrawn(id);
            } else if (Codes.isStatus(status)) {
                if (sound != null) {
                    contentSink.frames(id, sound);
                }
                contentSink.content(new ContentRecord(
                        id,
                        bankId,
                        Codes.status(status),
                        until == null ? null : Instant.ofEpochMilli(until),
                        labels,
                        note,
                        source,
                        metadata,
                        Instant.ofEpochMilli(createdAt),
                        frames == null ? 0 : durationMs,
                        frames == null ? 0 : frames.length / KnownVideo.FRAME_BYTES,
                        frames == null && pictures.isEmpty() && signals.stream().noneMatch(s -> s.type == PDQ),
                        treatment));
            }
            Set<Hash256> seen = new HashSet<>();
            for (RawSignal signal : signals) {
                if (!Codes.isSignal(signal.type, signal.value.length)) {
                    problem("content " + id + ": a signal of type " + signal.type + " with " + signal.value.length
                            + " bytes");
                } else if (Codes.signalType(signal.type).isDigest()) {
                    contentSink.digest(id, live, Codes.signalType(signal.type), signal.value);
                } else {
                    Hash256 hash = Hash256.fromBytes(signal.value);
                    hashSink.hash(id, live, hash);
                    if (sound != null) {
                        seen.add(hash);
                    }
                }
            }
            if (sound != null) {
                Rows.frameHashes(id, live, sound, seen, hashSink);
            }
        }

        private void passPicturesOn() {
            if (status == Codes.of(ContentStatus.WITHDRAWN)) {
                pictureSink.withdrawn(id);
            } else if (!pictures.isEmpty()) {
                List<BankedPicture> sound = new ArrayList<>();
                try {
                    for (RawPicture picture : pictures) {
                        sound.add(new BankedPicture(picture.ms, Features.ofBytes(picture.data)));
                    }
                    pictureSink.pictures(id, sound);
                } catch (IllegalArgumentException e) {
                    problem("content " + id + ": its features cannot be read: " + e.getMessage());
                }
            }
        }

        private boolean areSound(byte[] stored) {
            try {
                KnownVideo.ofBytes(durationMs, stored);
                return true;
            } catch (IllegalArgumentException e) {
                problem("content " + id + ": its video cannot be read: " + e.getMessage());
                return false;
            }
        }

        private void video() throws SQLException {
            frames = null;
            for (; videoThere && videoRow.getLong(1) <= id; videoThere = videoRow.next()) {
                if (videoRow.getLong(1) == id) {
                    durationMs = videoRow.getInt(2);
                    frames = Rows.bytes(videoRow, 3);
                    videoRows++;
                }
            }
        }

        private void pictures() throws SQLException {
            pictures.clear();
            for (; pictureThere && pictureRow.getLong(1) <= id; pictureThere = pictureRow.next()) {
                if (pictureRow.getLong(1) == id) {
                    if (pictureRow.getInt(2) != pictures.size()) {
                        problem("content " + id + ": picture " + pictures.size() + " is missing");
                    }
                    pictures.add(new RawPicture(pictureRow.getInt(3), Rows.bytes(pictureRow, 4)));
                    pictureRows++;
                }
            }
        }

        private List<String> labels() throws SQLException {
            List<String> found = List.of();
            while (labelThere && labelRow.getLong(1) <= id) {
                if (labelRow.getLong(1) == id) {
                    if (found.isEmpty()) {
                        found = new ArrayList<>();
                    }
                    found.add(Rows.text(labelRow, 2));
                    labelRows++;
                }
                labelThere = labelRow.next();
            }
            if (!found.isEmpty()) {
                found.sort(null);
            }
            return found;
        }

        /** Its fields that may change and that its digest covers. */
        ContentFields fields() {
            return new ContentFields(
                            null,
                            labels,
                            new Given<>(note),
                            new Given<>(source),
                            new Given<>(metadata),
                            null,
                            null,
                            null,
                            null)
                    .or(ContentFields.of(treatment));
        }

        /**
         * Whether the content has the fields that are given, and that state.
         *
         * @param state null if it is withdrawn
         */
        boolean isAs(ContentFields expected, @Nullable State state) {
            boolean stands = state == null
                    ? status == Codes.of(ContentStatus.WITHDRAWN) && until == null
                    : status == Codes.of(state.status()) && Objects.equals(until, millis(state.disabledUntil()));
            return stands && fields().givenIn(expected).equals(expected);
        }
    }

    private static @Nullable Long millis(@Nullable Instant instant) {
        return instant == null ? null : Long.valueOf(instant.toEpochMilli());
    }
}
