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
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.BankCounts;
import org.semblance.hashdb.catalog.BankSink;
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
import org.semblance.hashdb.catalog.JournalRow;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
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
import org.semblance.hashdb.catalog.rows.Dialect;
import org.semblance.hashdb.catalog.rows.Ids;
import org.semblance.hashdb.catalog.rows.Readers;
import org.semblance.hashdb.catalog.rows.Readers.Reader;
import org.semblance.hashdb.catalog.rows.Rows;
import org.semblance.hashdb.catalog.rows.Schema;
import org.semblance.hashdb.catalog.rows.SqliteDialect;
import org.semblance.hashdb.catalog.write.ChangeWriter;
import org.semblance.hashdb.catalog.write.NewContents;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The system of record: banks, contents, signals, frames, features, and the journal of every change. It is one SQLite file, or
 * a database of PostgreSQL that several nodes share.
 *
 * <p>A change and its row of the journal are one transaction, on disk when {@link #commit} returns. Reads run on their own
 * connections and never wait for a writer. What is derived from the catalog is built by {@link #loadHashes}, {@link
 * #loadPictures} and {@link #loadContents} and kept up by {@link #follow}.
 */
public final class Catalog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Catalog.class);

    /** How long the outcome of a commit without an answer is looked for, while its callers wait. */
    private static final long RESOLVING_NANOS = 5_000_000_000L;

    private static final long RESOLVING_PAUSE_NANOS = 100_000_000;

    private final Dialect dialect;

    /** The file; empty if the catalog is none. */
    private final Optional<Path> file;

    private final Readers readers;
    private final AcknowledgedHead head;
    private @Nullable ChangeWriter writer;

    /** What the last commit added; null if it did something else, or whoever follows has it already. */
    private @Nullable NewContents added;

    private volatile long committedSeq;

    private Catalog(Dialect dialect, Optional<Path> file, AcknowledgedHead head) {
        this.dialect = dialect;
        this.file = file;
        this.readers = new Readers(dialect);
        this.head = head;
    }

    /**
     * Opens the file, or creates it if it is not there. What can be checked at once is: that it is a catalog, its schema
     * version, the newest rows of the journal, and that what was last acknowledged is there; {@link #beginAudit} checks
     * all of it.
     *
     * @throws CatalogRefusedException if it is no catalog, damaged, of a newer release, or lacks acknowledged changes
     */
    public static Catalog open(Path file) {
        Catalog catalog = new Catalog(new SqliteDialect(file), Optional.of(file), new AcknowledgedHead(file));
        return catalog.opened(() -> {
            catalog.head.check(file);
            Schema.prepare(file);
        });
    }

    /**
     * Opens a catalog that other processes may have open as well. One that lacks changes which this node has seen is taken as it
     * is, and the log names them: the other nodes go on with it too.
     *
     * @param folder of this node
     * @throws CatalogRefusedException if it is damaged or of a newer release
     */
    public static Catalog openShared(Dialect dialect, Path folder) {
        Catalog catalog = new Catalog(dialect, Optional.empty(), AcknowledgedHead.in(folder));
        return catalog.opened(() -> {
            catalog.head.recall();
            String lost = catalog.look().lost();
            if (lost != null) {
                LOG.error("{}", lost);
            }
        });
    }

    private Catalog opened(Runnable prepare) {
        try {
            prepare.run();
            checkNewestRows();
            noteHead();
            return this;
        } catch (StorageFailedException e) {
            close();
            throw new CatalogRefusedException(String.valueOf(e.getMessage()), e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void noteHead() {
        accept(state());
    }

    /** Notes that this process has seen that change: it was acknowledged here, or is followed. */
    public void note(long seq, String hash) {
        if (seq > committedSeq) {
            head.write(seq, hash);
            committedSeq = seq;
        }
    }

    /** Takes the catalog as it is, whatever it has lost. */
    public void accept(State state) {
        head.write(state.seq, state.hash);
        committedSeq = state.seq;
    }

    /**
     * A look at a catalog that others change.
     *
     * @param newest the number of its newest change
     * @param lost what it has lost, in words; null if it has the newest change that this process has seen. Changes are lost when
     *     another database takes the place of the one that they were made in: a standby that had not got them, or a backup
     */
    public record Look(long newest, @Nullable String lost) {}

    /** @throws StorageFailedException if the catalog cannot be reached */
    public Look look() {
        AcknowledgedHead.Mark known = head.newest();
        return readers.read(reader -> {
            long newest = seq(reader);
            return new Look(
                    newest,
                    known == null || known.seq() == 0
                            ? null
                            : lost(known, newest, hashOf(reader::prepare, known.seq())));
        });
    }

    private @Nullable String lost(AcknowledgedHead.Mark known, long newest, @Nullable String hash) {
        if (known.hash().equals(hash)) {
            return null;
        }
        return newest < known.seq()
                ? dialect + ": the catalog went back to change " + newest + ": changes " + (newest + 1) + " to "
                        + known.seq() + ", which this node has seen, are lost"
                : dialect + ": the catalog is not the one that was here: its change " + known.seq() + " has the hash "
                        + hash + " (this node has seen " + known.hash() + "): changes up to " + known.seq()
                        + " are lost, and others were made in their place";
    }

    private static @Nullable String hashOf(Rows.Preparer db, long seq) throws SQLException {
        PreparedStatement select = db.prepare("SELECT hash FROM journal WHERE seq = ?");
        select.setLong(1, seq);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? HexFormat.of().formatHex(Rows.bytes(row, 1)) : null;
        }
    }

    /** Refuses to write after a head that does not follow what this process has seen. */
    private void checkHead(Dialect.Head now, Rows.Preparer db) throws SQLException {
        AcknowledgedHead.Mark known = head.newest();
        if (!dialect.isShared() || known == null || known.seq() == 0) {
            return;
        }
        String hash = now.seq() == known.seq() ? now.hash() : hashOf(db, known.seq());
        String lost = lost(known, now.seq(), hash);
        if (lost != null) {
            throw new StorageFailedException(lost, StorageFailedException.Kind.AWAY, new SQLException(lost));
        }
    }

    private void checkNewestRows() {
        List<JournalEntry> newest = journal(Math.max(0, seq() - 2), 2);
        for (int i = 0; i < newest.size(); i++) {
            JournalEntry entry = newest.get(i);
            if (!entry.computeHash().equals(entry.hash())) {
                throw new CatalogRefusedException(
                        name() + ": journal row " + entry.seq() + " was altered (its hash does not fit)", null);
            }
            if (i > 0 && !entry.prevHash().equals(newest.get(i - 1).hash())) {
                throw new CatalogRefusedException(
                        name() + ": journal row " + entry.seq() + " does not follow the row before", null);
            }
        }
    }

    private String name() {
        return file.map(path -> String.valueOf(path.getFileName())).orElse(dialect.toString());
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
        /**
         * The change is durable.
         *
         * @param hash of its row of the journal, 64 hex digits; null if it was made before, by the same request
         */
        record Committed(Applied applied, @Nullable String hash) implements Outcome {}

        /** Nothing of it was stored. */
        record Refused(RuntimeException why) implements Outcome {}
    }

    /**
     * Makes the changes durable, in this order, with one sync of the disk for all that are accepted. One thread at a
     * time may call this.
     *
     * @param at the time, unless the database tells its own
     * @return one outcome a submission; refused ones carry a {@link ChangeRefusedException}, or a
     *     {@link StorageFailedException} if the disk failed
     * @throws StorageFailedException if it is not known whether they were made, or the catalog lacks changes that were
     */
    public List<Outcome> commit(List<Submission> submissions, Instant at) {
        added = null;
        for (boolean again = false; ; again = true) {
            try {
                return tryCommit(submissions, at);
            } catch (SQLException e) {
                discardWriter();
                if (dialect.isLost(e) && !again) {
                    // Nothing was committed, and the connection may have been gone for long: the next one may hold.
                    continue;
                }
                StorageFailedException why = dialect.failure(e);
                if (submissions.size() == 1 || why.isAway()) {
                    return submissions.stream()
                            .<Outcome>map(submission -> new Outcome.Refused(why))
                            .toList();
                }
            }
            break;
        }
        // One that is too large for the disk must not take the others with it.
        List<Outcome> outcomes = new ArrayList<>();
        for (Submission submission : submissions) {
            outcomes.addAll(commit(List.of(submission), at));
        }
        return outcomes;
    }

    /**
     * What the last {@link #commit} added, once, so that it need not be read back; null if it did something else as well. For the
     * thread that commits.
     */
    public @Nullable NewContents takeAdded() {
        NewContents taken = added;
        added = null;
        return taken;
    }

    /** @throws SQLException if it failed, and nothing was committed */
    private List<Outcome> tryCommit(List<Submission> submissions, Instant at) throws SQLException {
        ChangeWriter current = writer();
        List<Outcome> outcomes = new ArrayList<>(submissions.size());
        lookForKeys(current, submissions);
        for (Submission submission : submissions) {
            try {
                Applied applied = current.write(submission.change(), submission.origin(), submission.key(), at);
                outcomes.add(
                        new Outcome.Committed(applied, applied.seq() == current.lastSeq() ? current.lastHash() : null));
            } catch (ChangeRefusedException e) {
                outcomes.add(new Outcome.Refused(e));
            } catch (RuntimeException | Error e) {
                discardWriter();
                throw e;
            }
        }
        try {
            current.commit();
        } catch (SQLException e) {
            discardWriter();
            if (!dialect.isShared() || !wasCommitted(current.lastSeq(), current.lastHash(), e)) {
                throw e;
            }
        }
        readers.reachable();
        added = current.added();
        if (current.lastSeq() > 0) {
            note(current.lastSeq(), current.lastHash());
        }
        return outcomes;
    }

    private void lookForKeys(ChangeWriter current, List<Submission> submissions) throws SQLException {
        Set<String> keys = new LinkedHashSet<>();
        for (Submission submission : submissions) {
            RequestKey key = submission.key();
            if (key != null) {
                keys.add(key.key());
            }
        }
        if (keys.isEmpty()) {
            return;
        }
        try {
            current.look(keys);
        } catch (RuntimeException | Error e) {
            discardWriter();
            throw e;
        }
    }

    /**
     * Whether a commit that brought no answer was made all the same: the journal has its last change then. The head is locked for
     * that, so a server that is still at it has ended it; and the lock itself is committed, so that where a standby must have
     * each change it has this one as well.
     *
     * @throws StorageFailedException if that cannot be found out in time
     */
    private boolean wasCommitted(long seq, String hash, SQLException why) {
        long deadline = System.nanoTime() + RESOLVING_NANOS;
        SQLException last = why;
        while (System.nanoTime() < deadline) {
            try (ChangeWriter probe = new ChangeWriter(dialect, this::checkHead)) {
                return hash.equals(probe.hashOf(seq));
            } catch (SQLException e) {
                last = e;
                LockSupport.parkNanos(RESOLVING_PAUSE_NANOS);
            }
        }
        throw new StorageFailedException(
                dialect + ": the connection was lost while changes up to " + seq
                        + " were committed, and it is not known whether they were made: "
                        + dialect.failure(last).getMessage(),
                StorageFailedException.Kind.AWAY,
                last);
    }

    private ChangeWriter writer() throws SQLException {
        ChangeWriter current = writer;
        if (current == null) {
            current = new ChangeWriter(dialect, this::checkHead);
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
     * @param hash of its row of the journal, 64 hex digits
     * @param newest the newest change there was: larger than {@code seq} if more is to be followed
     * @param banks by name
     * @param contentThresholds the largest thresholds that contents have of their own, by the id of their bank
     */
    public record State(long seq, String hash, long newest, List<Bank> banks, Map<Long, Integer> contentThresholds) {
        public State {
            banks = List.copyOf(banks);
            contentThresholds = Map.copyOf(contentThresholds);
        }

        private State at(Touched.End end) {
            return new State(end.seq(), end.hash(), newest, banks, contentThresholds);
        }
    }

    /** Gives every hash of contents that are not withdrawn to the sink, in one consistent state. */
    public State loadHashes(HashSink sink) {
        return readers.read(reader -> {
            State state = state(reader);
            Touched.liveHashes(reader, sink);
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
            Touched.pictures(reader, Ids.range(0, Long.MAX_VALUE), sink);
            return state;
        });
    }

    /** Gives everything but hashes and features to the sink, in one consistent state. */
    public State loadContents(ContentSink sink) {
        return readers.read(reader -> {
            State state = state(reader);
            Touched.contents(reader, Ids.range(0, Long.MAX_VALUE), sink);
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
     * @throws CatalogRefusedException if a change is of a kind that this release does not know
     */
    public State follow(
            long afterSeq, @Nullable ContentSink contents, @Nullable HashSink hashes, @Nullable PictureSink pictures) {
        Touched.Sinks sinks = new Touched.Sinks(contents, hashes, pictures);
        return readers.read(reader -> {
            State state = state(reader);
            for (long seq = afterSeq; seq < state.seq; ) {
                Touched.End end = Touched.page(reader, seq, Long.MAX_VALUE, sinks);
                if (end == null) {
                    break;
                }
                seq = end.seq();
            }
            return state;
        });
    }

    /**
     * As {@link #follow}, no further than some thousand contents: what is given says how far.
     *
     * @param untilSeq the last change that is of interest, or {@link Long#MAX_VALUE}
     * @param within the audit whose state of the catalog is read; null for the present one
     */
    public State followPage(
            long afterSeq,
            long untilSeq,
            @Nullable ContentSink contents,
            @Nullable HashSink hashes,
            @Nullable PictureSink pictures,
            @Nullable Audit within) {
        Touched.Sinks sinks = new Touched.Sinks(contents, hashes, pictures);
        if (within == null) {
            return readers.read(reader -> followPage(reader, afterSeq, untilSeq, sinks));
        }
        try {
            return followPage(within.reader(), afterSeq, untilSeq, sinks);
        } catch (SQLException e) {
            throw dialect.failure(e);
        }
    }

    private static State followPage(Reader reader, long afterSeq, long untilSeq, Touched.Sinks sinks)
            throws SQLException {
        State state = state(reader);
        Touched.End end = Touched.page(reader, afterSeq, untilSeq, sinks);
        if (end == null && untilSeq < state.seq) {
            end = Touched.page(reader, afterSeq, Long.MAX_VALUE, sinks);
        }
        return end == null ? state : state.at(end);
    }

    private static State state(Reader reader) throws SQLException {
        long seq = 0;
        String hash = JournalEntry.GENESIS;
        try (ResultSet row = reader.prepare("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
                .executeQuery()) {
            if (row.next()) {
                seq = row.getLong(1);
                hash = HexFormat.of().formatHex(Rows.bytes(row, 2));
            }
        }
        return new State(seq, hash, seq, Rows.banks(reader::prepare), Rows.contentThresholds(reader::prepare));
    }

    private static long seq(Reader reader) throws SQLException {
        return Rows.number(reader.prepare("SELECT coalesce(max(seq), 0) FROM journal"));
    }

    /** Gives the banks of the contents from the first id to the last to the sink, withdrawn ones among them. */
    public void banks(long first, long last, BankSink sink) {
        readers.read(reader -> {
            // The rows at which another bank begins: a list that was imported is one.
            PreparedStatement select = reader.prepare("SELECT id, bank_id FROM (SELECT id, bank_id,"
                    + " lag(bank_id) OVER (ORDER BY id) AS before FROM content WHERE id BETWEEN ? AND ?) AS beside"
                    + " WHERE before IS DISTINCT FROM bank_id ORDER BY id");
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
        return readers.read(reader -> Rows.number(reader.prepare(sql)));
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

    /** The number of the newest change that {@link #commit} made durable here or that was {@link #note noted}, without asking the database. */
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

    /** The bank of that name, as the newest change has it. */
    public Optional<Bank> bank(String name) {
        return Optional.ofNullable(readers.<@Nullable Bank>read(reader -> Rows.bank(reader::prepare, name)));
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
        return readers.read(reader -> new ContentSearch(reader, bank, filter, among, paging).page());
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
        return new Audit(dialect);
    }

    /**
     * Copies the catalog, in one consistent state, to a file that is not there yet; changes go on meanwhile.
     *
     * @throws IOException if the target exists or cannot be written
     */
    public void backup(Path target) throws IOException {
        if (file.isPresent()) {
            CatalogCopy.make(file.get(), target);
            return;
        }
        CatalogCopy.makeOfShared(dialect, target);
    }

    /** Whether other processes may change it. */
    public boolean isShared() {
        return dialect.isShared();
    }

    @Override
    public void close() {
        readers.close();
        discardWriter();
        head.close();
    }
}
