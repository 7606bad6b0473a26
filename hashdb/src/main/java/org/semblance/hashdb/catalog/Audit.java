package org.semblance.hashdb.catalog;

import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Catalog.ContentSink;
import org.semblance.hashdb.catalog.Catalog.HashSink;
import org.semblance.hashdb.catalog.Catalog.PictureSink;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;
    private final Readers.Reader reader;
    private final long maxContentId;
    private final List<String> problems = new ArrayList<>();
    private final Map<Long, ExpectedBank> banks = new HashMap<>();
    private final Map<Long, Trail> trails = new HashMap<>();
    private final Set<Long> withdrawn = new HashSet<>();
    private final ContentDigest digest = new ContentDigest();
    private long journalRows;
    private String headHash = JournalEntry.GENESIS;
    private long signalRows;
    private long labelRows;
    private long videoRows;
    private long pictureRows;

    Audit(Path file) {
        this.file = file;
        Readers.Reader opened = null;
        boolean begun = false;
        try {
            opened = new Readers.Reader(file);
            this.reader = opened;
            reader.pin();
            this.maxContentId = count("SELECT coalesce(max(id), 0) FROM content");
            begun = true;
        } catch (SQLException e) {
            throw new StorageFailedException(file, e);
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
            contents(contents, hashes, pictures);
            orphans();
        } catch (SQLException e) {
            problem(new StorageFailedException(file, e).getMessage());
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
        try (ResultSet row = reader.prepare(sql).executeQuery()) {
            return row.getLong(1);
        }
    }

    private void integrity() throws SQLException {
        try (Statement statement = reader.connection().createStatement();
                ResultSet row = statement.executeQuery("PRAGMA integrity_check(" + MAX_PROBLEMS + ")")) {
            while (row.next()) {
                String line = row.getString(1);
                if (!"ok".equals(line)) {
                    problem("SQLite: " + line);
                }
            }
        }
    }

    private void journal() throws SQLException {
        PreparedStatement select = reader.prepare(
                "SELECT seq, at, actor, reason, kind, payload, prev_hash, hash FROM journal ORDER BY seq");
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
                    replay(entry.kind(), JSON.readTree(entry.payload()));
                } catch (JacksonException | IllegalArgumentException e) {
                    problem("journal row " + entry.seq() + ": its payload cannot be read");
                }
            }
        }
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

    private void replay(String kind, JsonNode payload) {
        switch (kind) {
            case "create_bank" -> banks.put(payload.required("bank_id").longValue(), new ExpectedBank(payload, false));
            case "update_bank" -> bank(payload).apply(payload.required("to"));
            case "delete_bank" -> bank(payload).deleted = true;
            case "update_content" ->
                trails.computeIfAbsent(payload.required("content_id").longValue(), id -> new Trail())
                        .add(payload.required("from"), payload.required("to"));
            case "withdraw_content" ->
                withdrawn.add(payload.required("content_id").longValue());
            default -> {
                // Added contents are compared in the pass over the contents.
            }
        }
    }

    private ExpectedBank bank(JsonNode payload) {
        return banks.computeIfAbsent(
                payload.required("bank_id").longValue(), id -> new ExpectedBank(JSON.createObjectNode(), true));
    }

    private void banks() throws SQLException {
        Set<Long> seen = new HashSet<>();
        PreparedStatement select = reader.prepare(
                "SELECT id, name, kind, enabled_ratio, description, distance_threshold, deleted FROM bank");
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                long id = row.getLong(1);
                seen.add(id);
                ExpectedBank expected = banks.get(id);
                if (expected == null) {
                    problem("bank " + id + " (" + row.getString(2) + "): no row of the journal created it");
                } else if (!expected.equalTo(row)) {
                    problem("bank " + id + " (" + row.getString(2) + "): differs from what the journal made of it");
                }
            }
        }
        banks.keySet().stream()
                .filter(id -> !seen.contains(id))
                .sorted()
                .forEach(id -> problem("bank " + id + ": is missing"));
    }

    private void contents(ContentSink contentSink, HashSink hashSink, PictureSink pictureSink) throws SQLException {
        PreparedStatement adds =
                reader.prepare("SELECT seq, at, payload FROM journal WHERE kind = 'add_contents' ORDER BY seq");
        PreparedStatement labels = reader.prepare("SELECT c.content_id, l.name FROM content_label c"
                + " JOIN label l ON l.id = c.label_id ORDER BY c.content_id");
        PreparedStatement contents = reader.prepare("SELECT c.id, c.bank_id, c.status, c.disabled_until, c.created_at,"
                + " o.name, c.note, c.metadata, s.type, s.quality, s.value"
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
                Added added;
                try {
                    added = new Added(add.getLong(1), add.getLong(2), JSON.readTree(add.getString(3)));
                } catch (JacksonException | IllegalArgumentException e) {
                    continue; // The pass over the journal has named it.
                }
                compare(added, cursor);
            }
            while (cursor.there) {
                problem("content " + cursor.id + ": no row of the journal added it");
                cursor.next();
            }
        }
    }

    /** What an {@code add_contents} row says it added. */
    private record Added(long seq, long at, long bankId, long first, long last, String sha256) {
        Added(long seq, long at, JsonNode payload) {
            this(
                    seq,
                    at,
                    payload.required("bank_id").longValue(),
                    payload.required("first_id").longValue(),
                    payload.required("first_id").longValue()
                            + payload.required("contents").longValue()
                            - 1,
                    payload.required("sha256").stringValue());
        }

        String range() {
            return first == last ? Long.toString(first) : first + " to " + last;
        }
    }

    private void compare(Added added, Cursor cursor) throws SQLException {
        ExpectedBank bank = banks.get(added.bankId);
        boolean bankDeleted = bank != null && bank.deleted;
        long present = 0;
        for (; cursor.there && cursor.id <= added.last; cursor.next()) {
            if (cursor.id < added.first) {
                problem("content " + cursor.id + ": no row of the journal added it");
                continue;
            }
            present++;
            Trail trail = trails.get(cursor.id);
            digest.content(cursor.id, cursor.signals.size());
            for (Cursor.RawSignal signal : cursor.signals) {
                digest.signal(signal.type, signal.quality, signal.value);
            }
            digest.details(
                    trail == null ? cursor.labels : trail.firstLabels(cursor.labels),
                    trail == null ? cursor.note : trail.first("note", cursor.note),
                    cursor.source,
                    trail == null ? cursor.metadata : trail.first("metadata", cursor.metadata));
            if (cursor.frames != null) {
                digest.video(cursor.durationMs, cursor.frames);
            }
            if (!cursor.pictures.isEmpty()) {
                digest.pictures(cursor.pictures.size());
                cursor.pictures.forEach(picture -> digest.picture(picture.ms, picture.data));
            }
            boolean gone = bankDeleted || withdrawn.contains(cursor.id);
            if (cursor.bankId != added.bankId || cursor.createdAt != added.at || !cursor.isAs(trail, gone)) {
                problem("content " + cursor.id + ": differs from what the journal made of it");
            }
        }
        String sha256 = digest.finish();
        if (present != added.last - added.first + 1) {
            problem("journal row " + added.seq + ": of its contents " + added.range() + " only " + present
                    + " are there");
        } else if (!sha256.equals(added.sha256)) {
            problem("journal row " + added.seq + ": its contents " + added.range()
                    + " were altered (their digest does not fit)");
        }
    }

    private void orphans() throws SQLException {
        long signals = count("SELECT count(*) FROM signal");
        if (signals != signalRows) {
            problem("signals: " + (signals - signalRows) + " rows belong to no content");
        }
        long labels = count("SELECT count(*) FROM content_label");
        if (labels != labelRows) {
            problem("labels: " + (labels - labelRows) + " rows belong to no content");
        }
        long videos = count("SELECT count(*) FROM video");
        if (videos != videoRows) {
            problem("videos: " + (videos - videoRows) + " rows belong to no content");
        }
        long pictures = count("SELECT count(*) FROM picture");
        if (pictures != pictureRows) {
            problem("pictures: " + (pictures - pictureRows) + " rows belong to no content");
        }
    }

    /** What the journal makes of a bank. */
    private static final class ExpectedBank {
        private final Map<String, JsonNode> fields = new HashMap<>();
        private boolean deleted;

        ExpectedBank(JsonNode payload, boolean deleted) {
            this.deleted = deleted;
            apply(payload);
        }

        void apply(JsonNode to) {
            to.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
        }

        boolean equalTo(ResultSet row) throws SQLException {
            Integer threshold = Rows.integer(row, 6);
            JsonNode expectedThreshold = fields.get("distance_threshold");
            return text("name").equals(row.getString(2))
                    && text("kind").equals(row.getInt(3) == Codes.of(BankKind.ALLOW) ? "allow" : "match")
                    && fields.containsKey("enabled_ratio")
                    && Objects.requireNonNull(fields.get("enabled_ratio")).doubleValue() == row.getDouble(4)
                    && text("description").equals(row.getString(5))
                    && expectedThreshold != null
                    && (threshold == null
                            ? expectedThreshold.isNull()
                            : expectedThreshold.isInt() && expectedThreshold.intValue() == threshold)
                    && deleted == (row.getInt(7) != 0);
        }

        private String text(String field) {
            JsonNode node = fields.get(field);
            return node != null && node.isString() ? node.stringValue() : "";
        }
    }

    /** What updates did to one content: each field's value before its first update and after its last. */
    private static final class Trail {
        private final Map<String, JsonNode> first = new HashMap<>();
        private final Map<String, JsonNode> last = new HashMap<>();

        void add(JsonNode from, JsonNode to) {
            from.properties().forEach(field -> first.putIfAbsent(field.getKey(), field.getValue()));
            to.properties().forEach(field -> last.put(field.getKey(), field.getValue()));
        }

        @Nullable
        String first(String field, @Nullable String unlessUpdated) {
            JsonNode node = first.get(field);
            return node == null ? unlessUpdated : textOrNull(node);
        }

        List<String> firstLabels(List<String> unlessUpdated) {
            JsonNode node = first.get("labels");
            return node == null ? unlessUpdated : texts(node);
        }

        boolean fits(Cursor row, boolean gone) {
            JsonNode labels = last.get("labels");
            JsonNode note = last.get("note");
            JsonNode metadata = last.get("metadata");
            return (labels == null || texts(labels).equals(row.labels))
                    && (note == null || Objects.equals(textOrNull(note), row.note))
                    && (metadata == null || Objects.equals(textOrNull(metadata), row.metadata))
                    && (gone || statusFits(row));
        }

        private boolean statusFits(Cursor row) {
            JsonNode status = last.get("status");
            JsonNode until = last.get("disabled_until");
            return row.status
                            == Codes.of(
                                    status != null && "disabled".equals(textOrNull(status))
                                            ? ContentStatus.DISABLED
                                            : ContentStatus.ENABLED)
                    && Objects.equals(
                            until == null || until.isNull() ? null : Long.valueOf(until.longValue()), row.until);
        }

        private static @Nullable String textOrNull(JsonNode node) {
            return node.isString() ? node.stringValue() : null;
        }

        private static List<String> texts(JsonNode array) {
            List<String> texts = new ArrayList<>();
            array.forEach(node -> texts.add(String.valueOf(textOrNull(node))));
            return texts;
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
            status = rows.getInt(3);
            long millis = rows.getLong(4);
            until = rows.wasNull() ? null : Long.valueOf(millis);
            createdAt = rows.getLong(5);
            source = rows.getString(6);
            note = rows.getString(7);
            metadata = rows.getString(8);
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
                        frames == null ? 0 : frames.length / KnownVideo.FRAME_BYTES));
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

        /** Whether the row's mutable fields are as the journal has them. */
        boolean isAs(@Nullable Trail trail, boolean gone) {
            boolean statusFits = !gone || (status == Codes.of(ContentStatus.WITHDRAWN) && until == null);
            if (trail == null) {
                return statusFits && (gone || (status == Codes.of(ContentStatus.ENABLED) && until == null));
            }
            return statusFits && trail.fits(this, gone);
        }
    }
}
