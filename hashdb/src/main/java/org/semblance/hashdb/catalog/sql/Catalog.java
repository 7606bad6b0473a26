package org.semblance.hashdb.catalog.sql;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankCounts;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentCounts;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.HashSink;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalFilter;
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
import org.semblance.hashdb.catalog.JournalRow;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.PayloadCodec;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.Proposal;
import org.semblance.hashdb.catalog.ProposalState;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.Standing;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.audit.Audit;
import org.semblance.hashdb.catalog.query.BankQueries;
import org.semblance.hashdb.catalog.query.ContentSearch;
import org.semblance.hashdb.catalog.query.JournalSearch;
import org.semblance.hashdb.catalog.query.Standings;
import org.semblance.hashdb.catalog.rows.Codes;
import org.semblance.hashdb.catalog.rows.Readers;
import org.semblance.hashdb.catalog.rows.Readers.Reader;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.catalog.rows.StorageFailures;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;

/**
 * The system of record: one SQLite file with banks, contents, signals, frames, features, and the journal of every change.
 *
 * <p>A change and its row of the journal are one transaction, on disk when {@link #commit} returns (write-ahead log,
 * {@code synchronous=FULL}). Reads run on their own connections and never wait for a writer. What is derived from the
 * catalog is built by {@link #loadHashes}, {@link #loadPictures} and {@link #loadContents} and kept up by {@link #follow}.
 */
public final class Catalog implements AutoCloseable {
    private final Path file;
    private final Readers readers;
    private final AcknowledgedHead head;
    private @Nullable ChangeWriter writer;
    private volatile long committedSeq;

    private Catalog(Path file) {
        this.file = file;
        this.readers = new Readers(file);
        this.head = new AcknowledgedHead(file);
    }

    /**
     * Opens the file, or creates it if it is not there. What can be checked at once is: that it is a catalog, its schema
     * version, the newest rows of the journal, and that what was last acknowledged is there; {@link #beginAudit} checks
     * all of it.
     *
     * @throws CatalogRefusedException if it is no catalog, damaged, of a newer release, or lacks acknowledged changes
     */
    public static Catalog open(Path file) {
        Catalog catalog = new Catalog(file);
        try {
            catalog.head.check(file);
            Schema.prepare(file);
            catalog.checkNewestRows();
            catalog.noteHead();
            return catalog;
        } catch (StorageFailedException e) {
            catalog.close();
            throw new CatalogRefusedException(String.valueOf(e.getMessage()), e);
        } catch (RuntimeException e) {
            catalog.close();
            throw e;
        }
    }

    private void noteHead() {
        long seq = seq();
        head.write(seq, String.valueOf(journalHash(seq)));
        committedSeq = seq;
    }

    private void checkNewestRows() {
        List<JournalEntry> newest = journal(Math.max(0, seq() - 2), 2);
        for (int i = 0; i < newest.size(); i++) {
            JournalEntry entry = newest.get(i);
            if (!entry.computeHash().equals(entry.hash())) {
                throw new CatalogRefusedException(
                        file.getFileName() + ": journal row " + entry.seq() + " was altered (its hash does not fit)",
                        null);
            }
            if (i > 0 && !entry.prevHash().equals(newest.get(i - 1).hash())) {
                throw new CatalogRefusedException(
                        file.getFileName() + ": journal row " + entry.seq() + " does not follow the row before", null);
            }
        }
    }

    /**
     * A change and who asks for it.
     *
     * @param key of the request, or null if it is not to be remembered
     */
    public record Submission(
            Change change, Origin origin, @Nullable RequestKey key) {
        /** A change of a request without a key. */
        public Submission(Change change, Origin origin) {
            this(change, origin, null);
        }
    }

    /** What became of a submission. */
    public sealed interface Outcome {
        /** The change is durable. */
        record Committed(Applied applied) implements Outcome {}

        /** Nothing of it was stored. */
        record Refused(RuntimeException why) implements Outcome {}
    }

    /**
     * Makes the changes durable, in this order, with one sync of the disk for all that are accepted. One thread at a
     * time may call this.
     *
     * @return one outcome a submission; refused ones carry a {@link ChangeRefusedException}, or a
     *     {@link StorageFailedException} if the disk failed
     */
    public List<Outcome> commit(List<Submission> submissions, Instant at) {
        try {
            return tryCommit(submissions, at);
        } catch (SQLException e) {
            discardWriter();
            if (submissions.size() == 1) {
                return List.of(new Outcome.Refused(StorageFailures.of(file, e)));
            }
        }
        // One that is too large for the disk must not take the others with it.
        List<Outcome> outcomes = new ArrayList<>();
        for (Submission submission : submissions) {
            outcomes.addAll(commit(List.of(submission), at));
        }
        return outcomes;
    }

    private List<Outcome> tryCommit(List<Submission> submissions, Instant at) throws SQLException {
        ChangeWriter current = writer();
        List<Outcome> outcomes = new ArrayList<>(submissions.size());
        for (Submission submission : submissions) {
            try {
                outcomes.add(new Outcome.Committed(
                        current.write(submission.change(), submission.origin(), submission.key(), at)));
            } catch (ChangeRefusedException e) {
                outcomes.add(new Outcome.Refused(e));
            } catch (RuntimeException | Error e) {
                discardWriter();
                throw e;
            }
        }
        current.commit();
        head.write(current.lastSeq(), current.lastHash());
        committedSeq = current.lastSeq();
        return outcomes;
    }

    private ChangeWriter writer() throws SQLException {
        ChangeWriter current = writer;
        if (current == null) {
            current = new ChangeWriter(file);
            writer = current;
        }
        return current;
    }

    private void discardWriter() {
        if (writer != null) {
            writer.close();
            writer = null;
        }
    }

    /** Limits the file to that many pages of 4 kB, so that a test can fill it. */
    void limitPages(long pages) throws SQLException {
        writer().limitPages(pages);
    }

    /**
     * A state of the catalog, for those who derive from it.
     *
     * @param seq the newest change it holds
     * @param banks by name
     * @param contentThresholds the largest thresholds that contents have of their own, by the id of their bank
     */
    public record State(long seq, List<Bank> banks, Map<Long, Integer> contentThresholds) {
        public State {
            banks = List.copyOf(banks);
            contentThresholds = Map.copyOf(contentThresholds);
        }
    }

    /** Gives every hash of contents that are not withdrawn to the sink, in one consistent state. */
    public State loadHashes(HashSink sink) {
        return readers.read(reader -> {
            State state = state(reader);
            hashes(
                    reader.prepare("SELECT s.content_id, c.status, s.value FROM signal s"
                            + " JOIN content c ON c.id = s.content_id WHERE s.type = 0 AND c.status <> 2"),
                    sink);
            Rows.frameHashes(
                    reader::prepare,
                    reader.prepare("SELECT v.content_id, c.status, v.frames FROM video v"
                            + " CROSS JOIN content c ON c.id = v.content_id WHERE c.status <> 2"),
                    sink);
            return state;
        });
    }

    /** Gives the features of contents that are not withdrawn to the sink, in one consistent state. */
    public State loadPictures(PictureSink sink) {
        return readers.read(reader -> {
            State state = state(reader);
            pictures(reader, 0, Long.MAX_VALUE, sink);
            return state;
        });
    }

    /** Gives everything but hashes and features to the sink, in one consistent state. */
    public State loadContents(ContentSink sink) {
        return readers.read(reader -> {
            State state = state(reader);
            contentRange(reader, 0, Long.MAX_VALUE, sink);
            return state;
        });
    }

    /**
     * Gives to the sinks what changed after that change, as it is now: a content may come more than once, and one that
     * was added and withdrawn since comes as withdrawn. Contents come before their hashes.
     *
     * <p>Frames and features never change, so they do not come with a content that was only updated.
     *
     * @param contents null to leave all but hashes and features out
     * @param hashes null to leave hashes out
     * @param pictures null to leave features out
     */
    public State follow(
            long afterSeq, @Nullable ContentSink contents, @Nullable HashSink hashes, @Nullable PictureSink pictures) {
        return readers.read(reader -> {
            State state = state(reader);
            Sinks sinks = new Sinks(contents, hashes, pictures);
            PreparedStatement entries =
                    reader.prepare("SELECT kind, payload, seq FROM journal WHERE seq > ? ORDER BY seq");
            entries.setLong(1, afterSeq);
            try (ResultSet row = entries.executeQuery()) {
                while (row.next()) {
                    touched(reader, row, sinks);
                }
            }
            return state;
        });
    }

    /** Who receives what changed. */
    private record Sinks(
            @Nullable ContentSink contents,
            @Nullable HashSink hashes,
            @Nullable PictureSink pictures) {}

    private static void touched(Reader reader, ResultSet row, Sinks sinks) throws SQLException {
        JournalPayload payload;
        try {
            payload = PayloadCodec.read(Rows.text(row, 1), Rows.text(row, 2));
        } catch (IllegalArgumentException e) {
            throw new CatalogRefusedException("journal row " + row.getLong(3) + ": " + e.getMessage(), e);
        }
        switch (payload) {
            case ContentsAdded added -> range(reader, added.firstId(), added.lastId(), sinks);
            case ContentWithdrawn withdrawn -> range(reader, withdrawn.contentId(), withdrawn.contentId(), sinks);
            case ContentsWithdrawn withdrawn -> range(reader, withdrawn.firstId(), withdrawn.lastId(), sinks);
            case ContentRestored restored -> range(reader, restored.contentId(), restored.contentId(), sinks);
            case ContentsRestored restored -> range(reader, restored.firstId(), restored.lastId(), sinks);
            case BankRestored restored -> runs(reader, restored.bankId(), sinks);
            case ProposalDecided decided -> {
                if (decided.firstId() > 0) {
                    range(reader, decided.firstId(), decided.lastId(), sinks);
                }
            }
            case ContentUpdated updated -> {
                if (sinks.contents != null) {
                    Rows.contentRecords(reader::prepare, updated.contentId(), updated.contentId(), sinks.contents);
                }
            }
            case BankDeleted deleted -> bank(reader, deleted.bankId(), sinks);
            case BankCreated created -> {}
            case BankUpdated updated -> {}
            case ChangeProposed proposed -> {}
        }
    }

    /** All contents of a bank that was restored, those with ids in a row together. */
    private static void runs(Reader reader, long bankId, Sinks sinks) throws SQLException {
        PreparedStatement select = reader.prepare("SELECT min(id), max(id) FROM (SELECT id, id - row_number() OVER"
                + " (ORDER BY id) AS run FROM content WHERE bank_id = ?) GROUP BY run ORDER BY 1");
        select.setLong(1, bankId);
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                range(reader, row.getLong(1), row.getLong(2), sinks);
            }
        }
    }

    private static void range(Reader reader, long first, long last, Sinks sinks) throws SQLException {
        if (sinks.contents != null) {
            contentRange(reader, first, last, sinks.contents);
        }
        if (sinks.pictures != null) {
            withdrawn(reader, first, last, sinks.pictures);
            pictures(reader, first, last, sinks.pictures);
        }
        HashSink hashes = sinks.hashes;
        if (hashes != null) {
            PreparedStatement select = reader.prepare("SELECT s.content_id, c.status, s.value FROM signal s"
                    + " JOIN content c ON c.id = s.content_id WHERE s.content_id BETWEEN ? AND ? AND s.type = 0");
            select.setLong(1, first);
            select.setLong(2, last);
            hashes(select, hashes);
            PreparedStatement videos = reader.prepare("SELECT v.content_id, c.status, v.frames FROM video v"
                    + " CROSS JOIN content c ON c.id = v.content_id WHERE v.content_id BETWEEN ? AND ?");
            videos.setLong(1, first);
            videos.setLong(2, last);
            Rows.frameHashes(reader::prepare, videos, hashes);
        }
    }

    private static void withdrawn(Reader reader, long first, long last, PictureSink sink) throws SQLException {
        PreparedStatement select = reader.prepare("SELECT id FROM content WHERE id BETWEEN ? AND ? AND +status = 2");
        select.setLong(1, first);
        select.setLong(2, last);
        withdrawn(select, sink::withdrawn);
    }

    private static void withdrawn(PreparedStatement ids, LongConsumer sink) throws SQLException {
        try (ResultSet row = ids.executeQuery()) {
            while (row.next()) {
                sink.accept(row.getLong(1));
            }
        }
    }

    private static void pictures(Reader reader, long first, long last, PictureSink sink) throws SQLException {
        PreparedStatement select = reader.prepare("SELECT p.content_id, p.ms, p.data FROM picture p"
                + " CROSS JOIN content c ON c.id = p.content_id WHERE p.content_id BETWEEN ? AND ? AND c.status <> 2"
                + " ORDER BY p.content_id, p.ordinal");
        select.setLong(1, first);
        select.setLong(2, last);
        Rows.pictures(select, sink);
    }

    private static void contentRange(Reader reader, long first, long last, ContentSink sink) throws SQLException {
        Rows.frames(reader::prepare, first, last, sink);
        Rows.contentRecords(reader::prepare, first, last, sink);
        // The plus keeps SQLite from walking the index of digests instead of the range.
        PreparedStatement select = reader.prepare("SELECT s.content_id, c.status, s.value, s.type FROM signal s"
                + " JOIN content c ON c.id = s.content_id WHERE s.content_id BETWEEN ? AND ? AND +s.type <> 0");
        select.setLong(1, first);
        select.setLong(2, last);
        digests(select, sink);
    }

    /** All contents of a bank that was deleted. */
    private static void bank(Reader reader, long bankId, Sinks sinks) throws SQLException {
        ContentSink contents = sinks.contents;
        HashSink hashes = sinks.hashes;
        PreparedStatement ids = reader.prepare("SELECT id FROM content WHERE bank_id = ?");
        ids.setLong(1, bankId);
        String signals = "SELECT s.content_id, c.status, s.value, s.type FROM content c CROSS JOIN signal s"
                + " ON s.content_id = c.id WHERE c.bank_id = ? AND +s.type ";
        if (contents != null) {
            withdrawn(ids, contents::withdrawn);
            PreparedStatement digests = reader.prepare(signals + "<> 0");
            digests.setLong(1, bankId);
            digests(digests, contents);
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

    private static void hashes(PreparedStatement select, HashSink sink) throws SQLException {
        int withdrawn = Codes.of(ContentStatus.WITHDRAWN);
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                long contentId = row.getLong(1);
                byte[] value = Rows.bytes(row, 3);
                if (value.length != Hash256.BYTES) {
                    throw new CatalogRefusedException(
                            "content " + contentId + ": a PDQ hash of " + value.length + " bytes (expected: 32)", null);
                }
                sink.hash(contentId, row.getInt(2) != withdrawn, Hash256.fromBytes(value));
            }
        }
    }

    private static State state(Reader reader) throws SQLException {
        return new State(seq(reader), Rows.banks(reader::prepare), Rows.contentThresholds(reader::prepare));
    }

    private static long seq(Reader reader) throws SQLException {
        try (ResultSet row =
                reader.prepare("SELECT coalesce(max(seq), 0) FROM journal").executeQuery()) {
            return row.getLong(1);
        }
    }

    /** Receives the banks of contents. */
    @FunctionalInterface
    public interface BankSink {
        /** Contents from the first id to the last; not every id between need be one. */
        void contents(long first, long last, long bankId);
    }

    /** Gives the banks of the contents from the first id to the last to the sink, withdrawn ones among them. */
    public void banks(long first, long last, BankSink sink) {
        readers.read(reader -> {
            // The rows at which another bank begins: a list that was imported is one.
            PreparedStatement select = reader.prepare("SELECT id, bank_id FROM (SELECT id, bank_id,"
                    + " lag(bank_id) OVER (ORDER BY id) AS before FROM content WHERE id BETWEEN ? AND ?)"
                    + " WHERE before IS NOT bank_id ORDER BY id");
            select.setLong(1, first);
            select.setLong(2, last);
            try (ResultSet row = select.executeQuery()) {
                long from = 0;
                long bank = 0;
                while (row.next()) {
                    long next = row.getLong(1);
                    if (from > 0) {
                        sink.contents(from, next - 1, bank);
                    }
                    from = next;
                    bank = row.getLong(2);
                }
                if (from > 0) {
                    sink.contents(from, last, bank);
                }
            }
            return null;
        });
    }

    /** How many contents were ever added. */
    public long contents() {
        return number("SELECT coalesce(max(id), 0) FROM content");
    }

    /** How many digests they have. */
    public long digests() {
        return number("SELECT count(*) FROM signal WHERE type <> 0");
    }

    /** How many pages of so many frames the videos take that are not withdrawn, each beginning a page of its own. */
    public long framePages(int framesAPage) {
        int bytes = framesAPage * KnownVideo.FRAME_BYTES;
        return number("SELECT coalesce(sum((length(v.frames) + " + (bytes - 1) + ") / " + bytes
                + "), 0) FROM video v CROSS JOIN content c ON c.id = v.content_id WHERE c.status <> 2");
    }

    private long number(String sql) {
        return readers.read(reader -> {
            try (ResultSet row = reader.prepare(sql).executeQuery()) {
                return row.getLong(1);
            }
        });
    }

    /** The state of now. */
    public State state() {
        return readers.read(Catalog::state);
    }

    /** The bank of that id, deleted or not. */
    public Bank bank(long id) {
        return readers.read(reader -> Rows.anyBank(reader::prepare, id));
    }

    /** The ids of the contents that a bank ever had, up to that id. */
    public long[] contentsOf(long bankId, long maxId) {
        return readers.read(reader -> {
            PreparedStatement select = reader.prepare("SELECT id FROM content WHERE bank_id = ? AND id <= ?");
            select.setLong(1, bankId);
            select.setLong(2, maxId);
            LongStream.Builder ids = LongStream.builder();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    ids.add(row.getLong(1));
                }
            }
            return ids.build().toArray();
        });
    }

    /** The perceptual hashes of a content, withdrawn or not: of its signals and then of its frames, each once. */
    public List<Hash256> hashesOf(long contentId) {
        return readers.read(reader -> hashesOf(reader, Rows.content(reader::prepare, contentId)));
    }

    private static List<Hash256> hashesOf(Reader reader, @Nullable BankContent content) throws SQLException {
        if (content == null) {
            return List.of();
        }
        Set<Hash256> hashes = new LinkedHashSet<>();
        content.signals().stream()
                .filter(signal -> !signal.type().isDigest())
                .forEach(signal -> hashes.add(signal.hash()));
        KnownVideo video = content.video() == null ? null : Rows.anyVideo(reader::prepare, content.id());
        if (video != null) {
            video.frames().forEach(frame -> hashes.add(frame.hash()));
        }
        return List.copyOf(hashes);
    }

    /** What is banked of a video, withdrawn or not. */
    public Optional<KnownVideo> anyVideo(long contentId) {
        return Optional.ofNullable(
                readers.<@Nullable KnownVideo>read(reader -> Rows.anyVideo(reader::prepare, contentId)));
    }

    /**
     * A content that is withdrawn now, by what it is found.
     *
     * @param content with the state that it had
     */
    public record Withdrawn(
            ContentRecord content, List<Hash256> hashes, List<Signal> digests, List<BankedPicture> pictures) {}

    /** How the content of that bank stood after that change. */
    public Standing standing(long bankId, long contentId, long asOf) {
        return readers.read(reader -> Standings.of(reader::prepare, bankId, contentId, asOf));
    }

    /**
     * A content that is withdrawn now; empty if it is not.
     *
     * @param state the one that the content is given
     */
    public Optional<Withdrawn> withdrawn(long contentId, ContentFields.State state) {
        return Optional.ofNullable(readers.<@Nullable Withdrawn>read(reader -> {
            ContentRecord record = Rows.contentRecord(reader::prepare, contentId);
            if (record == null || record.status() != ContentStatus.WITHDRAWN) {
                return null;
            }
            BankContent content = Rows.content(reader::prepare, contentId);
            return new Withdrawn(
                    ContentFields.NONE.withState(state).appliedTo(record),
                    hashesOf(reader, content),
                    content == null
                            ? List.of()
                            : content.signals().stream()
                                    .filter(signal -> signal.type().isDigest())
                                    .toList(),
                    Rows.anyPictures(reader::prepare, contentId));
        }));
    }

    /** The number of the newest change that {@link #commit} made durable, without asking the file. */
    public long committedSeq() {
        return committedSeq;
    }

    /** The number of the newest change; 0 before the first. */
    public long seq() {
        return readers.read(Catalog::seq);
    }

    /** A content of that bank that is not withdrawn. */
    public Optional<BankContent> content(String bank, long contentId) {
        return anyContent(bank, contentId).filter(found -> found.status() != ContentStatus.WITHDRAWN);
    }

    /** A content of that bank, withdrawn or not. */
    public Optional<BankContent> anyContent(String bank, long contentId) {
        BankContent content = readers.<@Nullable BankContent>read(reader -> Rows.content(reader::prepare, contentId));
        return Optional.ofNullable(content).filter(found -> found.bank().equals(bank));
    }

    /** What is banked of a video; empty if the content is withdrawn, not there, or no video. */
    public Optional<KnownVideo> video(long contentId) {
        return Optional.ofNullable(
                readers.<@Nullable KnownVideo>read(reader -> Rows.video(reader::prepare, contentId)));
    }

    /** The pictures of a content whose local features are banked, by their time; those of a withdrawn content as well. */
    public List<BankedPicture> pictures(long contentId) {
        return readers.read(reader -> Rows.anyPictures(reader::prepare, contentId));
    }

    /** Counts all contents: a walk over every signal, seconds for millions. */
    public ContentCounts counts() {
        return readers.read(reader -> Rows.counts(reader::prepare));
    }

    /**
     * Contents of the bank that pass the filter, by id.
     *
     * @param among the ids of the contents that have the hash of the filter; null if it asks for none
     */
    public Page<BankContent> contents(Bank bank, ContentFilter filter, long @Nullable [] among, Paging paging) {
        return readers.read(reader -> new ContentSearch(reader::prepare, bank, filter, among, paging).page());
    }

    /** Counts the contents of a bank. */
    public BankCounts counts(Bank bank) {
        return readers.read(reader -> BankQueries.counts(reader::prepare, bank.id()));
    }

    /** Rows of the journal that pass the filter, by their number. */
    public Page<JournalRow> journal(JournalFilter filter, Paging paging) {
        return readers.read(reader -> new JournalSearch(reader::prepare, filter, paging).page());
    }

    /**
     * Proposals, by their number.
     *
     * @param banks the names of the banks; empty for all
     * @param state null for every state
     */
    public Page<Proposal> proposals(Set<String> banks, @Nullable ProposalState state, Paging paging) {
        return readers.read(reader -> BankQueries.proposals(reader::prepare, banks, state, paging));
    }

    /** The records of those of the contents that are there and not withdrawn, in the order of the ids. */
    public List<ContentRecord> records(long[] ids) {
        if (ids.length == 0) {
            return List.of();
        }
        return readers.read(reader -> {
            List<ContentRecord> records = new ArrayList<>(ids.length);
            for (long id : ids) {
                ContentRecord record = Rows.contentRecord(reader::prepare, id);
                if (record != null && record.status() != ContentStatus.WITHDRAWN) {
                    records.add(record);
                }
            }
            return records;
        });
    }

    /** The ids of contents that have exactly this digest, ascending, withdrawn ones among them. */
    public long[] contentsWith(Signal digest) {
        if (!digest.type().isDigest()) {
            throw new IllegalArgumentException(
                    "signal type: " + digest.type().wireName() + " (expected: a digest, as in md5, sha1 or sha256)");
        }
        return readers.read(reader -> {
            // The index covers type <> 0, so the query says so as well.
            PreparedStatement select = reader.prepare(
                    "SELECT content_id FROM signal WHERE value = ? AND type <> 0 AND type = ? ORDER BY content_id");
            select.setBytes(1, HexFormat.of().parseHex(digest.value()));
            select.setInt(2, Codes.of(digest.type()));
            long[] ids = new long[4];
            int count = 0;
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    if (count == ids.length) {
                        ids = Arrays.copyOf(ids, 2 * count);
                    }
                    ids[count++] = row.getLong(1);
                }
            }
            return Arrays.copyOf(ids, count);
        });
    }

    /** Rows of the journal in order, from the first after {@code afterSeq} on. */
    public List<JournalEntry> journal(long afterSeq, int limit) {
        return readers.read(reader -> {
            PreparedStatement select = reader.prepare("SELECT seq, at, actor, reason, kind, payload, prev_hash, hash"
                    + " FROM journal WHERE seq > ? ORDER BY seq LIMIT ?");
            select.setLong(1, afterSeq);
            select.setInt(2, limit);
            List<JournalEntry> entries = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    entries.add(Rows.journalEntry(row));
                }
            }
            return entries;
        });
    }

    /**
     * The hash of the change of that number, 64 hex digits; null if there is none. Before the first change it is {@link
     * JournalEntry#GENESIS}.
     */
    public @Nullable String journalHash(long seq) {
        if (seq == 0) {
            return JournalEntry.GENESIS;
        }
        List<JournalEntry> entry = journal(seq - 1, 1);
        return entry.isEmpty() || entry.getFirst().seq() != seq
                ? null
                : entry.getFirst().hash();
    }

    /**
     * Holds the present state still and gives an audit of it; changes go on meanwhile.
     *
     * @throws StorageFailedException if not even the newest content can be read
     */
    public Audit beginAudit() {
        return new Audit(file);
    }

    /**
     * Copies the catalog, in one consistent state, to a file that is not there yet; changes go on meanwhile.
     *
     * @throws IOException if the target exists or cannot be written
     */
    public void backup(Path target) throws IOException {
        CatalogCopy.make(file, target);
    }

    @Override
    public void close() {
        readers.close();
        discardWriter();
        head.close();
    }
}
