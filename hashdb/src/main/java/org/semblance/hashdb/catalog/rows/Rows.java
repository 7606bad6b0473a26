package org.semblance.hashdb.catalog.rows;

import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.ContentCounts;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.HashSink;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.catalog.VideoSummary;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;

/** Rows to values, over whichever connection prepares the statements. */
public final class Rows {
    private static final String BANK =
            "SELECT id, name, kind, enabled_ratio, description, distance_threshold, features, handling, legal_basis,"
                    + " needs_approval FROM bank WHERE deleted = 0";
    /** As the index of changed contents has it. */
    public static final String CONTENT_ID = "iif(json_valid(j.payload), json_extract(j.payload, '$.content_id'), NULL)";

    /** As the index of added contents has it. */
    public static final String FIRST_ID = "iif(json_valid(j.payload), json_extract(j.payload, '$.first_id'), NULL)";

    /** Contents of every bank and status, in {@code c}; column {@link #ADDED_BY} says who added it. */
    public static final String CONTENT = "SELECT c.id, b.name, c.status, c.disabled_until, c.created_at, s.name,"
            + " c.note, c.metadata, v.duration_ms, length(v.frames), c.distance_threshold, c.handling, c.quarantine,"
            + " c.quarantine_exact, c.confirmed_by, (SELECT j.actor FROM journal j WHERE j.kind = 'add_contents'"
            + " AND " + FIRST_ID + " <= c.id ORDER BY " + FIRST_ID
            + " DESC LIMIT 1) FROM content c JOIN bank b ON b.id = c.bank_id"
            + " LEFT JOIN source s ON s.id = c.source_id LEFT JOIN video v ON v.content_id = c.id";

    /** Which column of {@link #CONTENT} says who added it. */
    public static final int ADDED_BY = 16;

    /**
     * By the first signal and picture in their order, which only the index has: for EXISTS, or any of them, PostgreSQL would read whole
     * tables as long as it has not counted what is in them.
     */
    private static final String RECORD = "SELECT c.id, c.bank_id, c.status, c.disabled_until, c.created_at, s.name,"
            + " c.note, c.metadata, v.duration_ms, length(v.frames), c.distance_threshold, c.handling, c.quarantine,"
            + " c.quarantine_exact, c.confirmed_by, v.content_id IS NULL AND (SELECT 1 FROM signal x"
            + " WHERE x.content_id = c.id AND x.type = 0 ORDER BY x.position LIMIT 1) IS NULL"
            + " AND (SELECT 1 FROM picture p WHERE p.content_id = c.id ORDER BY p.ordinal LIMIT 1) IS NULL FROM content c"
            + " LEFT JOIN source s ON s.id = c.source_id LEFT JOIN video v ON v.content_id = c.id";

    /** Further from 1970 than any content was banked. */
    private static final long FAR_SECONDS = 1L << 50;

    private Rows() {}

    /** Prepares a statement, or gives the one it has. */
    @FunctionalInterface
    public interface Preparer {
        PreparedStatement prepare(String sql) throws SQLException;
    }

    public static @Nullable Bank bank(Preparer db, String name) throws SQLException {
        if (!isText(name)) {
            return null;
        }
        PreparedStatement select = db.prepare(BANK + " AND name = ?");
        select.setString(1, name);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? bank(row) : null;
        }
    }

    /** The bank of that id; null if it is deleted. */
    public static @Nullable Bank bank(Preparer db, long id) throws SQLException {
        PreparedStatement select = db.prepare(BANK + " AND id = ?");
        select.setLong(1, id);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? bank(row) : null;
        }
    }

    /** The bank of that id, deleted or not. */
    public static Bank anyBank(Preparer db, long id) throws SQLException {
        PreparedStatement select = db.prepare(BANK.replace("deleted = 0", "id = ?"));
        select.setLong(1, id);
        try (ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                throw new SQLDataException("bank " + id + " is missing");
            }
            return bank(row);
        }
    }

    /** The banks by name. */
    public static List<Bank> banks(Preparer db) throws SQLException {
        List<Bank> banks = new ArrayList<>();
        try (ResultSet row = db.prepare(BANK + " ORDER BY name").executeQuery()) {
            while (row.next()) {
                banks.add(bank(row));
            }
        }
        return banks;
    }

    private static Bank bank(ResultSet row) throws SQLException {
        return new Bank(
                row.getLong(1),
                row.getString(2),
                Codes.kind(row.getInt(3)),
                row.getDouble(4),
                row.getString(5),
                integer(row, 6),
                row.getInt(7) != 0,
                row.getString(8),
                row.getString(9),
                row.getInt(10) != 0);
    }

    /** The content of that id, withdrawn or not. */
    public static @Nullable BankContent content(Preparer db, long id) throws SQLException {
        PreparedStatement select = db.prepare(CONTENT + " WHERE c.id = ?");
        select.setLong(1, id);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? content(db, row) : null;
        }
    }

    /** The record of that id, withdrawn or not. */
    public static @Nullable ContentRecord contentRecord(Preparer db, long id) throws SQLException {
        PreparedStatement select = db.prepare(RECORD + " WHERE c.id = ?");
        select.setLong(1, id);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? contentRecord(row, labels(db, id)) : null;
        }
    }

    /** Contents by id; withdrawn ones with their id alone. */
    public static void contentRecords(Preparer db, Ids ids, ContentSink sink) throws SQLException {
        int withdrawn = Codes.of(ContentStatus.WITHDRAWN);
        PreparedStatement select = db.prepare(RECORD + " WHERE c.id " + ids.condition() + " ORDER BY c.id");
        ids.bind(select);
        PreparedStatement selectLabels = db.prepare("SELECT c.content_id, l.name FROM content_label c"
                + " JOIN label l ON l.id = c.label_id WHERE c.content_id " + ids.condition()
                + " ORDER BY c.content_id");
        ids.bind(selectLabels);
        try (ResultSet row = select.executeQuery();
                ResultSet label = selectLabels.executeQuery()) {
            boolean labelThere = label.next();
            while (row.next()) {
                long id = row.getLong(1);
                List<String> labels = List.of();
                for (; labelThere && label.getLong(1) <= id; labelThere = label.next()) {
                    if (label.getLong(1) == id) {
                        labels = labels.isEmpty() ? new ArrayList<>() : labels;
                        labels.add(text(label, 2));
                    }
                }
                if (row.getInt(3) == withdrawn) {
                    sink.withdrawn(id);
                } else {
                    if (!labels.isEmpty()) {
                        labels.sort(null);
                    }
                    sink.content(contentRecord(row, labels));
                }
            }
        }
    }

    private static ContentRecord contentRecord(ResultSet row, List<String> labels) throws SQLException {
        return new ContentRecord(
                row.getLong(1),
                row.getLong(2),
                Codes.status(row.getInt(3)),
                instant(row, 4),
                labels,
                row.getString(7),
                row.getString(6),
                row.getString(8),
                Instant.ofEpochMilli(row.getLong(5)),
                row.getInt(9),
                row.getInt(10) / KnownVideo.FRAME_BYTES,
                row.getBoolean(16),
                treatment(row, 11));
    }

    /** @param column of the threshold; handling, quarantine, whether it is of the bytes, and who confirmed come next */
    public static Treatment treatment(ResultSet row, int column) throws SQLException {
        String quarantine = row.getString(column + 2);
        Treatment treatment = new Treatment(
                integer(row, column),
                row.getString(column + 1),
                quarantine == null ? null : new Quarantine(quarantine, row.getInt(column + 3) != 0),
                row.getString(column + 4));
        return treatment.isPlain() ? Treatment.PLAIN : treatment;
    }

    /** What is banked of a video; null if the content is withdrawn or no video. */
    public static @Nullable KnownVideo video(Preparer db, long contentId) throws SQLException {
        return video(
                db.prepare("SELECT v.duration_ms, v.frames FROM video v"
                        + " JOIN content c ON c.id = v.content_id WHERE v.content_id = ? AND c.status <> 2"),
                contentId);
    }

    /** What is banked of a video, withdrawn or not; null if the content is no video. */
    public static @Nullable KnownVideo anyVideo(Preparer db, long contentId) throws SQLException {
        return video(db.prepare("SELECT duration_ms, frames FROM video WHERE content_id = ?"), contentId);
    }

    private static @Nullable KnownVideo video(PreparedStatement select, long contentId) throws SQLException {
        select.setLong(1, contentId);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? KnownVideo.ofBytes(row.getInt(1), bytes(row, 2)) : null;
        } catch (IllegalArgumentException e) {
            throw new CatalogRefusedException(
                    "content " + contentId + ": its video cannot be read: " + e.getMessage(), e);
        }
    }

    /** Gives the frames of the videos among the contents to the sink; withdrawn ones are left out. */
    public static void frames(Preparer db, Ids ids, ContentSink sink) throws SQLException {
        PreparedStatement select = db.prepare("SELECT v.content_id, v.frames FROM video v"
                + " CROSS JOIN content c ON c.id = v.content_id WHERE v.content_id " + ids.condition()
                + " AND c.status <> 2");
        ids.bind(select);
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                sink.frames(row.getLong(1), frames(row.getLong(1), bytes(row, 2)));
            }
        }
    }

    /**
     * Gives to the sink each hash once that a video's frames have and its own signals have not.
     *
     * @param select content id, status, and frames
     */
    public static void frameHashes(Preparer db, PreparedStatement select, HashSink sink) throws SQLException {
        PreparedStatement signals = db.prepare("SELECT value FROM signal WHERE content_id = ? AND type = 0");
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                long contentId = row.getLong(1);
                Set<Hash256> seen = new HashSet<>();
                signals.setLong(1, contentId);
                try (ResultSet signal = signals.executeQuery()) {
                    while (signal.next()) {
                        seen.add(Hash256.fromBytes(bytes(signal, 1)));
                    }
                }
                frameHashes(
                        contentId,
                        row.getInt(2) != Codes.of(ContentStatus.WITHDRAWN),
                        frames(contentId, bytes(row, 3)),
                        seen,
                        sink);
            }
        }
    }

    /**
     * Gives the sink each hash of the frames of one video once.
     *
     * @param seen hashes that the sink has of this content; those of the frames are added
     */
    public static void frameHashes(long contentId, boolean live, byte[] frames, Set<Hash256> seen, HashSink sink) {
        ByteBuffer in = ByteBuffer.wrap(frames);
        for (int end = KnownVideo.FRAME_BYTES; end <= frames.length; end += KnownVideo.FRAME_BYTES) {
            Hash256 hash = Hash256.read(in.position(end - Hash256.BYTES));
            if (seen.add(hash)) {
                sink.hash(contentId, live, hash);
            }
        }
    }

    /**
     * Gives to the sink the pictures of each content.
     *
     * @param select content id, time and features, by content and time
     */
    public static void pictures(PreparedStatement select, PictureSink sink) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            boolean there = row.next();
            while (there) {
                long contentId = row.getLong(1);
                List<BankedPicture> pictures = new ArrayList<>();
                for (; there && row.getLong(1) == contentId; there = row.next()) {
                    pictures.add(picture(contentId, row.getInt(2), bytes(row, 3)));
                }
                sink.pictures(contentId, pictures);
            }
        }
    }

    /** The pictures of a content, withdrawn or not. */
    public static List<BankedPicture> anyPictures(Preparer db, long contentId) throws SQLException {
        PreparedStatement select = db.prepare("SELECT ms, data FROM picture WHERE content_id = ? ORDER BY ordinal");
        select.setLong(1, contentId);
        List<BankedPicture> pictures = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                pictures.add(picture(contentId, row.getInt(1), bytes(row, 2)));
            }
        }
        return pictures;
    }

    private static BankedPicture picture(long contentId, int ms, byte[] data) {
        try {
            return new BankedPicture(ms, Features.ofBytes(data));
        } catch (IllegalArgumentException e) {
            throw new CatalogRefusedException(
                    "content " + contentId + ": its features cannot be read: " + e.getMessage(), e);
        }
    }

    private static byte[] frames(long contentId, byte[] frames) {
        if (frames.length % KnownVideo.FRAME_BYTES != 0) {
            throw new CatalogRefusedException(
                    "content " + contentId + ": " + frames.length + " bytes of frames (expected: "
                            + KnownVideo.FRAME_BYTES + " each)",
                    null);
        }
        return frames;
    }

    public static ContentCounts counts(Preparer db) throws SQLException {
        PreparedStatement select = db.prepare("SELECT count(*) FILTER (WHERE p), max(at) FILTER (WHERE p),"
                + " count(*) FILTER (WHERE m AND NOT p), max(at) FILTER (WHERE m AND NOT p),"
                + " count(*) FILTER (WHERE v), max(at) FILTER (WHERE v) FROM"
                + " (SELECT c.created_at AS at,"
                + " EXISTS (SELECT 1 FROM signal s WHERE s.content_id = c.id AND s.type = 0) AS p,"
                + " EXISTS (SELECT 1 FROM signal s WHERE s.content_id = c.id AND s.type = 1) AS m,"
                + " EXISTS (SELECT 1 FROM video v WHERE v.content_id = c.id) AS v"
                + " FROM content c WHERE c.status <> 2) AS known");
        try (ResultSet row = select.executeQuery()) {
            row.next();
            return new ContentCounts(count(row, 1), count(row, 3), count(row, 5));
        }
    }

    private static ContentCounts.Count count(ResultSet row, int column) throws SQLException {
        long contents = row.getLong(column);
        long newest = row.getLong(column + 1);
        return new ContentCounts.Count(contents, row.wasNull() ? null : Instant.ofEpochMilli(newest));
    }

    private static @Nullable VideoSummary summary(ResultSet row, int column) throws SQLException {
        Integer duration = integer(row, column);
        return duration == null ? null : new VideoSummary(duration, row.getInt(column + 1) / KnownVideo.FRAME_BYTES);
    }

    /** Whether a database can have that text: not every one takes a zero character or half of a pair of surrogates. */
    public static boolean isText(@Nullable String text) {
        if (text == null) {
            return true;
        }
        for (int i = 0; i < text.length(); ) {
            int character = text.codePointAt(i);
            if (character == 0 || (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE)) {
                return false;
            }
            i += Character.charCount(character);
        }
        return true;
    }

    /** The first millisecond that is not before that time, as times are banked in milliseconds. */
    public static long millis(@Nullable Instant time, long unlessGiven) {
        if (time == null) {
            return unlessGiven;
        }
        long seconds = Math.clamp(time.getEpochSecond(), -FAR_SECONDS, FAR_SECONDS);
        return seconds * 1000 + Math.ceilDiv(time.getNano(), 1_000_000);
    }

    /** The content of a row of {@link #CONTENT}, and what else it has. */
    public static BankContent content(Preparer db, ResultSet row) throws SQLException {
        long id = row.getLong(1);
        return new BankContent(
                id,
                row.getString(2),
                Codes.status(row.getInt(3)),
                instant(row, 4),
                signals(db, id),
                labels(db, id),
                row.getString(7),
                row.getString(6),
                row.getString(8),
                Instant.ofEpochMilli(row.getLong(5)),
                summary(row, 9),
                treatment(row, 11),
                row.getString(ADDED_BY) == null ? "" : row.getString(ADDED_BY));
    }

    /** The largest thresholds that contents have of their own, by the id of their bank. */
    public static Map<Long, Integer> contentThresholds(Preparer db) throws SQLException {
        Map<Long, Integer> largest = new HashMap<>();
        // Bank by bank, each of which is one step in the index; a database that has not counted yet would read all
        // contents.
        try (ResultSet row = db.prepare("SELECT b.id, (SELECT max(c.distance_threshold) FROM content c"
                        + " WHERE c.bank_id = b.id AND c.distance_threshold IS NOT NULL AND c.status <> 2) FROM bank b")
                .executeQuery()) {
            while (row.next()) {
                Integer threshold = integer(row, 2);
                if (threshold != null) {
                    largest.put(row.getLong(1), threshold);
                }
            }
        }
        return largest;
    }

    private static List<Signal> signals(Preparer db, long contentId) throws SQLException {
        PreparedStatement select =
                db.prepare("SELECT type, quality, value FROM signal WHERE content_id = ? ORDER BY position");
        select.setLong(1, contentId);
        List<Signal> signals = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                signals.add(new Signal(
                        Codes.signalType(row.getInt(1)), HexFormat.of().formatHex(bytes(row, 3)), integer(row, 2)));
            }
        }
        return signals;
    }

    private static List<String> labels(Preparer db, long contentId) throws SQLException {
        PreparedStatement select = db.prepare(
                "SELECT l.name FROM content_label c JOIN label l ON l.id = c.label_id WHERE c.content_id = ?");
        select.setLong(1, contentId);
        List<String> labels = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                labels.add(text(row, 1));
            }
        }
        labels.sort(null);
        return labels;
    }

    /** The number in the only row of a statement, as an aggregate gives one. */
    public static long number(PreparedStatement select) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /** As {@link #number(PreparedStatement)}; null for NULL. */
    public static @Nullable Long numberOrNull(PreparedStatement select) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            row.next();
            long number = row.getLong(1);
            return row.wasNull() ? null : Long.valueOf(number);
        }
    }

    /** The row of the journal of that number; null if there is none. */
    public static @Nullable JournalEntry journalEntry(Preparer db, long seq) throws SQLException {
        PreparedStatement select =
                db.prepare("SELECT seq, at, actor, reason, kind, payload, prev_hash, hash FROM journal WHERE seq = ?");
        select.setLong(1, seq);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? journalEntry(row) : null;
        }
    }

    public static JournalEntry journalEntry(ResultSet row) throws SQLException {
        HexFormat hex = HexFormat.of();
        return new JournalEntry(
                row.getLong(1),
                Instant.ofEpochMilli(row.getLong(2)),
                text(row, 3),
                text(row, 4),
                text(row, 5),
                text(row, 6),
                hex.formatHex(bytes(row, 7)),
                hex.formatHex(bytes(row, 8)));
    }

    /** @throws SQLDataException if it is NULL, which the schema forbids and a damaged file may have */
    public static String text(ResultSet row, int column) throws SQLException {
        String value = row.getString(column);
        if (value == null) {
            throw missing(row, column);
        }
        return value;
    }

    /** @throws SQLDataException as {@link #text} does */
    public static byte[] bytes(ResultSet row, int column) throws SQLException {
        byte[] value = row.getBytes(column);
        if (value == null) {
            throw missing(row, column);
        }
        return value;
    }

    private static SQLDataException missing(ResultSet row, int column) throws SQLException {
        return new SQLDataException("its " + row.getMetaData().getColumnName(column) + " is missing");
    }

    public static @Nullable Integer integer(ResultSet row, int column) throws SQLException {
        int value = row.getInt(column);
        return row.wasNull() ? null : Integer.valueOf(value);
    }

    public static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? null : Instant.ofEpochMilli(millis);
    }
}
