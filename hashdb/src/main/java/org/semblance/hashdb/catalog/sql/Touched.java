package org.semblance.hashdb.catalog.sql;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.HashSink;
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
import org.semblance.hashdb.catalog.PayloadCodec;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.rows.Codes;
import org.semblance.hashdb.catalog.rows.Ids;
import org.semblance.hashdb.catalog.rows.Readers.Reader;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.hash.Hash256;

/**
 * What one page of the journal touched, as it is now. Contents whose ids follow each other are read together, whichever rows
 * touched them, and over a network those that stand alone are read together as well: a row of the journal at a time, a node that
 * is a hundred thousand additions behind would take minutes to catch up.
 */
final class Touched {
    /** Rows of the journal in a page. */
    static final int ROWS = 1_000;

    /** Contents after which a page ends, so that one of large additions is no longer than one of small ones. */
    private static final int CONTENTS = 10_000;

    /** Contents in a row that are listed by their ids, where that saves a round trip. */
    private static final int LISTED_RANGE = 16;

    private static final int LISTED = 2_000;

    private final Reader reader;
    private final Sinks sinks;
    private final List<Ids.Range> ranges = new ArrayList<>();
    private final Set<Long> updated = new TreeSet<>();
    private final Set<Long> deletedBanks = new LinkedHashSet<>();
    private long contents;

    /** Who receives what was touched; null for who is not interested. */
    record Sinks(
            @Nullable ContentSink contents,
            @Nullable HashSink hashes,
            @Nullable PictureSink pictures) {}

    private Touched(Reader reader, Sinks sinks) {
        this.reader = reader;
        this.sinks = sinks;
    }

    /** Where a page ends. */
    record End(long seq, String hash) {}

    /**
     * Gives what the next changes touched to the sinks: contents before their hashes.
     *
     * @param untilSeq the last of them at most
     * @return the last of those changes; null if there is none after that one
     * @throws CatalogRefusedException if this release does not know a kind of change
     */
    static @Nullable End page(Reader reader, long afterSeq, long untilSeq, Sinks sinks) throws SQLException {
        Touched touched = new Touched(reader, sinks);
        PreparedStatement entries = reader.prepare(
                "SELECT kind, payload, seq, hash FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT " + ROWS);
        entries.setLong(1, afterSeq);
        entries.setLong(2, untilSeq);
        End end = null;
        try (ResultSet row = entries.executeQuery()) {
            while (touched.contents < CONTENTS && row.next()) {
                end = new End(row.getLong(3), HexFormat.of().formatHex(Rows.bytes(row, 4)));
                touched.note(payload(row));
            }
        }
        touched.give();
        return end;
    }

    private static JournalPayload payload(ResultSet row) throws SQLException {
        try {
            return PayloadCodec.read(Rows.text(row, 1), Rows.text(row, 2));
        } catch (IllegalArgumentException e) {
            // Of a kind that is known the payload cannot be read, and the cause says why.
            String of = e.getCause() == null ? " is of a newer release: " : ": ";
            throw new CatalogRefusedException("journal row " + row.getLong(3) + of + e.getMessage(), e);
        }
    }

    private void note(JournalPayload payload) throws SQLException {
        switch (payload) {
            case ContentsAdded added -> range(added.firstId(), added.lastId());
            case ContentWithdrawn withdrawn -> range(withdrawn.contentId(), withdrawn.contentId());
            case ContentsWithdrawn withdrawn -> range(withdrawn.firstId(), withdrawn.lastId());
            case ContentRestored restored -> range(restored.contentId(), restored.contentId());
            case ContentsRestored restored -> range(restored.firstId(), restored.lastId());
            case BankRestored restored -> runs(restored.bankId());
            case ProposalDecided decided -> {
                if (decided.firstId() > 0) {
                    range(decided.firstId(), decided.lastId());
                }
            }
            case ContentUpdated content -> {
                // Frames, hashes and features never change, so they do not come with a content that was only updated.
                updated.add(content.contentId());
                contents++;
            }
            case BankDeleted deleted -> deletedBanks.add(deleted.bankId());
            case BankCreated created -> {}
            case BankUpdated bank -> {}
            case ChangeProposed proposed -> {}
        }
    }

    private void range(long first, long last) {
        ranges.add(new Ids.Range(first, last));
        contents += last - first + 1;
    }

    /** All contents of a bank that was restored, those with ids in a row together. */
    private void runs(long bankId) throws SQLException {
        PreparedStatement select = reader.prepare("SELECT min(id), max(id) FROM (SELECT id, id - row_number() OVER"
                + " (ORDER BY id) AS run FROM content WHERE bank_id = ?) AS numbered GROUP BY run ORDER BY 1");
        select.setLong(1, bankId);
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                range(row.getLong(1), row.getLong(2));
            }
        }
    }

    private void give() throws SQLException {
        // First, as it gives every content of the bank as withdrawn; what was restored since comes again below, as it
        // is now.
        for (long bankId : deletedBanks) {
            bank(bankId);
        }
        List<Ids.Range> merged = merged();
        List<Long> listed = new ArrayList<>();
        for (Ids.Range range : merged) {
            if (reader.dialect().isShared() && range.last() - range.first() < LISTED_RANGE) {
                for (long id = range.first(); id <= range.last(); id++) {
                    listed.add(id);
                }
            } else {
                all(range);
            }
        }
        for (int from = 0; from < listed.size(); from += LISTED) {
            all(listed(listed.subList(from, Math.min(from + LISTED, listed.size()))));
        }
        giveUpdated(merged);
    }

    private Ids listed(List<Long> ids) {
        return Ids.of(reader.dialect(), ids.stream().mapToLong(Long::longValue).toArray());
    }

    /** The ranges by their first ids, none touching another. */
    private List<Ids.Range> merged() {
        ranges.sort(Comparator.comparingLong(Ids.Range::first));
        List<Ids.Range> merged = new ArrayList<>();
        for (Ids.Range range : ranges) {
            Ids.Range before = merged.isEmpty() ? null : merged.getLast();
            if (before != null && range.first() <= before.last() + 1) {
                merged.set(merged.size() - 1, new Ids.Range(before.first(), Math.max(before.last(), range.last())));
            } else {
                merged.add(range);
            }
        }
        return merged;
    }

    private void giveUpdated(List<Ids.Range> given) throws SQLException {
        if (sinks.contents == null || updated.isEmpty()) {
            return;
        }
        List<Long> left = updated.stream()
                .filter(id -> given.stream().noneMatch(range -> range.first() <= id && id <= range.last()))
                .toList();
        if (reader.dialect().isShared()) {
            for (int from = 0; from < left.size(); from += LISTED) {
                Rows.contentRecords(
                        reader::prepare,
                        listed(left.subList(from, Math.min(from + LISTED, left.size()))),
                        sinks.contents);
            }
        } else {
            for (long id : left) {
                Rows.contentRecords(reader::prepare, Ids.range(id, id), sinks.contents);
            }
        }
    }

    private void all(Ids ids) throws SQLException {
        if (sinks.contents != null) {
            contents(reader, ids, sinks.contents);
        }
        if (sinks.pictures != null) {
            PreparedStatement select =
                    reader.prepare("SELECT id FROM content WHERE id " + ids.condition() + " AND +status = 2");
            ids.bind(select);
            withdrawn(select, sinks.pictures::withdrawn);
            pictures(reader, ids, sinks.pictures);
        }
        HashSink hashes = sinks.hashes;
        if (hashes != null) {
            PreparedStatement select = reader.prepare("SELECT s.content_id, c.status, s.value FROM signal s"
                    + " JOIN content c ON c.id = s.content_id WHERE s.content_id " + ids.condition()
                    + " AND s.type = 0");
            ids.bind(select);
            hashes(select, hashes);
            PreparedStatement videos = reader.prepare("SELECT v.content_id, c.status, v.frames FROM video v"
                    + " CROSS JOIN content c ON c.id = v.content_id WHERE v.content_id " + ids.condition());
            ids.bind(videos);
            Rows.frameHashes(reader::prepare, videos, hashes);
        }
    }

    private static void withdrawn(PreparedStatement ids, LongConsumer sink) throws SQLException {
        try (ResultSet row = ids.executeQuery()) {
            while (row.next()) {
                sink.accept(row.getLong(1));
            }
        }
    }

    /** Gives the features of those of the contents that are not withdrawn. */
    static void pictures(Reader reader, Ids ids, PictureSink sink) throws SQLException {
        PreparedStatement select = reader.prepare("SELECT p.content_id, p.ms, p.data FROM picture p"
                + " CROSS JOIN content c ON c.id = p.content_id WHERE p.content_id " + ids.condition()
                + " AND c.status <> 2 ORDER BY p.content_id, p.ordinal");
        ids.bind(select);
        Rows.pictures(select, sink);
    }

    /** Gives everything but hashes and features of the contents. */
    static void contents(Reader reader, Ids ids, ContentSink sink) throws SQLException {
        Rows.frames(reader::prepare, ids, sink);
        Rows.contentRecords(reader::prepare, ids, sink);
        // The plus keeps SQLite from walking the index of digests instead of the range.
        PreparedStatement select = reader.prepare("SELECT s.content_id, c.status, s.value, s.type FROM signal s"
                + " JOIN content c ON c.id = s.content_id WHERE s.content_id " + ids.condition()
                + " AND +s.type <> 0");
        ids.bind(select);
        digests(select, sink);
    }

    /** All contents of a bank that was deleted. */
    private void bank(long bankId) throws SQLException {
        ContentSink contentSink = sinks.contents;
        HashSink hashes = sinks.hashes;
        PreparedStatement ids = reader.prepare("SELECT id FROM content WHERE bank_id = ?");
        ids.setLong(1, bankId);
        String signals = "SELECT s.content_id, c.status, s.value, s.type FROM content c CROSS JOIN signal s"
                + " ON s.content_id = c.id WHERE c.bank_id = ? AND +s.type ";
        if (contentSink != null) {
            withdrawn(ids, contentSink::withdrawn);
            PreparedStatement digests = reader.prepare(signals + "<> 0");
            digests.setLong(1, bankId);
            digests(digests, contentSink);
        }
        if (sinks.pictures != null) {
            withdrawn(ids, sinks.pictures::withdrawn);
        }
        if (hashes != null) {
            PreparedStatement select = reader.prepare(signals + "= 0");
            select.setLong(1, bankId);
            hashes(select, hashes);
            PreparedStatement videos = reader.prepare("SELECT c.id, c.status, v.frames FROM content c"
                    + " CROSS JOIN video v ON v.content_id = c.id WHERE c.bank_id = ?");
            videos.setLong(1, bankId);
            Rows.frameHashes(reader::prepare, videos, hashes);
        }
    }

    private static void digests(PreparedStatement select, ContentSink sink) throws SQLException {
        int withdrawn = Codes.of(ContentStatus.WITHDRAWN);
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                sink.digest(
                        row.getLong(1),
                        row.getInt(2) != withdrawn,
                        Codes.signalType(row.getInt(4)),
                        Rows.bytes(row, 3));
            }
        }
    }

    /**
     * Gives the hashes of all contents that are not withdrawn to the sink, but for those of frames. The withdrawn ones are looked up
     * first, as they are few: to look for each hash's content would take longer than to read the hashes.
     */
    static void liveHashes(Reader reader, HashSink sink) throws SQLException {
        // The index covers status <> 0, so the query says so as well.
        LongStream.Builder ids = LongStream.builder();
        withdrawn(reader.prepare("SELECT id FROM content WHERE status <> 0 AND status = 2 ORDER BY id"), ids::add);
        long[] withdrawn = ids.build().toArray();
        try (ResultSet row = reader.prepare("SELECT content_id, value FROM signal WHERE type = 0")
                .executeQuery()) {
            while (row.next()) {
                long contentId = row.getLong(1);
                if (withdrawn.length == 0 || Arrays.binarySearch(withdrawn, contentId) < 0) {
                    sink.hash(contentId, true, hash(contentId, Rows.bytes(row, 2)));
                }
            }
        }
    }

    private static Hash256 hash(long contentId, byte[] value) {
        if (value.length != Hash256.BYTES) {
            throw new CatalogRefusedException(
                    "content " + contentId + ": a PDQ hash of " + value.length + " bytes (expected: 32)", null);
        }
        return Hash256.fromBytes(value);
    }

    /** Gives each row's hash to the sink: content id, status and value. */
    private static void hashes(PreparedStatement select, HashSink sink) throws SQLException {
        int withdrawn = Codes.of(ContentStatus.WITHDRAWN);
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                long contentId = row.getLong(1);
                sink.hash(contentId, row.getInt(2) != withdrawn, hash(contentId, Rows.bytes(row, 3)));
            }
        }
    }
}
