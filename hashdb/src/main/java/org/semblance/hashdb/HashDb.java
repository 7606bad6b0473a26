package org.semblance.hashdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
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
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.JournalFilter;
import org.semblance.hashdb.catalog.JournalRow;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Page;
import org.semblance.hashdb.catalog.Paging;
import org.semblance.hashdb.catalog.Proposal;
import org.semblance.hashdb.catalog.ProposalState;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.postgres.ChangeListener;
import org.semblance.hashdb.catalog.postgres.PostgresDialect;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.follow.FollowState;
import org.semblance.hashdb.follow.Followers;
import org.semblance.hashdb.follow.IndexKeeper;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.follow.LiveFeatures;
import org.semblance.hashdb.follow.LiveIndex;
import org.semblance.hashdb.follow.PeerSnapshots;
import org.semblance.hashdb.follow.Tail;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.view.ServingView;

/**
 * The hash database in one folder: open, apply a change, look up. Safe for many threads.
 *
 * <p>The catalog is the truth; index and view follow it: a change is first durable, then they take from the catalog what
 * it touched, then {@link #apply} returns ({@link ChangeQueue}). The same step brings the snapshot of the index up to date at
 * open ({@link IndexKeeper}). Lookups take no lock ({@link Lookups}).
 *
 * <p>What is checked when: each byte of the index's snapshot and of the view by checksum, before they are used; if they
 * fail, or belong to another catalog, the log names them and they are built anew. Of the catalog, opening checks the
 * header, the schema, the newest rows of the journal, that the change that was acknowledged last is there (the file
 * {@code catalog.head} names it), and what it reads to catch up; a damaged one is refused. Reading all of it takes {@link
 * #verify}, which names every row that is not what the journal made of it.
 */
public final class HashDb implements BankedList, AutoCloseable {
    /** The largest PDQ distance that counts as a match where a bank says nothing else; PDQ's own recommendation. */
    public static final int DEFAULT_DISTANCE_THRESHOLD = 31;

    private static final Duration SAVING_ALL = Duration.ofMinutes(2);

    private final Path folder;
    private final FolderLock folderLock;
    private final Catalog catalog;

    /**
     * Held by the thread that changes something. The lock is fair, as threads that lead one commit after another would keep it from the
     * thread that follows other nodes.
     */
    private final ReentrantLock writing = new ReentrantLock(true);

    private final Followers followers;
    private final LiveStock stock;
    private final Lookups lookups;
    private final PastLists past;
    private final LastAcknowledged acknowledged = new LastAcknowledged();
    private final ChangeQueue changes;

    /** Follows other nodes; null if the catalog is this process's alone. */
    private final @Nullable Tail tail;

    private volatile boolean closed;

    private HashDb(
            Path folder,
            FolderLock folderLock,
            Catalog catalog,
            InstantSource clock,
            @Nullable ChangeListener listener,
            IndexKeeper.Saving saving,
            DatabaseEvents events,
            PeerSnapshots peers) {
        this.folder = folder;
        this.folderLock = folderLock;
        this.catalog = catalog;
        this.followers = new Followers(folder, catalog, writing, saving, events, peers);
        this.stock = new LiveStock(
                catalog, clock, followers, new Seen(followers.hashes().opened()));
        this.lookups = new Lookups(stock, followers.contentBanks());
        this.past = new PastLists(stock, catalog, followers.contentBanks());
        this.changes = new ChangeQueue(
                catalog, clock, events, writing, this::requireOpen, this::requireReady, followers, stock, acknowledged);
        this.tail = listener == null ? null : new Tail(catalog, listener, writing, followers, sight(clock));
    }

    /**
     * Opens the folder, creating it if it is not there; at most one process at a time may have it open.
     *
     * @throws DatabaseRefusedException if it is in use, holds something else, is damaged, or is of a newer release
     */
    public static HashDb open(Path folder) {
        return open(folder, InstantSource.system());
    }

    /** Opens the folder, as {@link #open(Path)} does, and reports to {@code events} what the database does. */
    public static HashDb open(Path folder, DatabaseEvents events) {
        return open(folder, InstantSource.system(), IndexKeeper.Saving.STANDARD, events);
    }

    static HashDb open(Path folder, InstantSource clock) {
        return open(folder, clock, IndexKeeper.Saving.STANDARD);
    }

    static HashDb open(Path folder, InstantSource clock, IndexKeeper.Saving saving) {
        return open(folder, clock, saving, DatabaseEvents.NONE);
    }

    private static HashDb open(Path folder, InstantSource clock, IndexKeeper.Saving saving, DatabaseEvents events) {
        DatabaseFolder.prepare(folder);
        return open(
                folder,
                () -> new Opened(Catalog.open(folder.resolve(DatabaseFolder.CATALOG)), null),
                clock,
                saving,
                events,
                PeerSnapshots.NONE);
    }

    /**
     * Opens the folder of a node whose catalog other nodes have as well, creating it if it is not there. The folder holds what this
     * node derives from the catalog, and what it keeps of its own.
     *
     * @param shared null if the catalog is in the folder, as {@link #open(Path)} has it
     * @throws DatabaseRefusedException if the folder is in use or holds something else, or the catalog cannot be reached, is
     *     damaged, or is of a newer release
     */
    public static HashDb open(Path folder, @Nullable SharedCatalog shared, DatabaseEvents events) {
        return open(folder, shared, events, PeerSnapshots.NONE);
    }

    /**
     * As {@link #open(Path, SharedCatalog, DatabaseEvents)}, and begins with a snapshot of a peer if that saves time.
     *
     * @param peers other nodes of the catalog; nobody is asked if the catalog is in the folder
     */
    public static HashDb open(Path folder, @Nullable SharedCatalog shared, DatabaseEvents events, PeerSnapshots peers) {
        return shared == null
                ? open(folder, events)
                : open(folder, shared, InstantSource.system(), false, IndexKeeper.Saving.STANDARD, events, peers);
    }

    /** @param ownTime whether changes carry the time of the clock and not that of the database */
    static HashDb open(
            Path folder,
            SharedCatalog shared,
            InstantSource clock,
            boolean ownTime,
            IndexKeeper.Saving saving,
            DatabaseEvents events,
            PeerSnapshots peers) {
        DatabaseFolder.prepareNode(folder);
        return open(
                folder,
                () -> {
                    PostgresDialect dialect =
                            PostgresDialect.open(shared.address(), shared.password(), folder, ownTime);
                    return new Opened(Catalog.openShared(dialect, folder), dialect.listen());
                },
                clock,
                saving,
                events,
                peers);
    }

    /** A catalog, and what wakes this node when another has changed it. */
    private record Opened(Catalog catalog, @Nullable ChangeListener listener) {}

    private static HashDb open(
            Path folder,
            Supplier<Opened> opener,
            InstantSource clock,
            IndexKeeper.Saving saving,
            DatabaseEvents events,
            PeerSnapshots peers) {
        FolderLock lock = FolderLock.take(folder);
        Catalog catalog = null;
        try {
            Opened opened = opener.get();
            catalog = opened.catalog;
            return new HashDb(folder, lock, catalog, clock, opened.listener, saving, events, peers);
        } catch (RuntimeException | Error e) {
            if (catalog != null) {
                catalog.close();
            }
            lock.close();
            if (e instanceof CatalogRefusedException || e instanceof StorageFailedException) {
                throw new DatabaseRefusedException(folder, String.valueOf(e.getMessage()), e);
            }
            throw e;
        }
    }

    /**
     * Makes the change durable and matchable, in this order, and then returns.
     *
     * @throws ChangeRefusedException if it cannot be made as asked
     * @throws StorageFailedException if the disk is full or fails; nothing was stored
     */
    public Applied apply(Change change, Origin origin) {
        return apply(change, origin, null);
    }

    /**
     * Makes a change, unless the same request has made it before under that key.
     *
     * @param key of the request, or null if it has none
     * @return what the change came to when it was made
     * @throws ChangeRefusedException also if the key was that of another request
     */
    public Applied apply(Change change, Origin origin, @Nullable RequestKey key) {
        return changes.apply(new Catalog.Submission(change, origin, key));
    }

    @Override
    public List<Bank> banks() {
        return lookups.banks();
    }

    @Override
    public Optional<Bank> bank(String name) {
        return lookups.bank(name);
    }

    /**
     * The bank of that name, for a request that changes or reads the bank. Another node may have just given a name that this node does
     * not know, so the shared catalog is asked for such a name.
     *
     * @throws StorageFailedException if the shared catalog, which would have to be asked, cannot be reached
     */
    public Optional<Bank> newestBank(String name) {
        Optional<Bank> known = bank(name);
        return known.isPresent() || tail == null ? known : catalog.bank(name);
    }

    /**
     * The list as it stood after that change, at the time of the change: its banks, contents, thresholds and states. Takes the
     * longer, the more was changed since; the answer is kept for some time, so that more can be asked of it.
     *
     * @param seq 0 to {@link #seq}
     * @throws ChangeRefusedException if there is no such change yet, or too many came after it
     */
    public BankedList asOf(long seq) {
        return past.asOf(seq);
    }

    /** A content of that bank that is not withdrawn. */
    public Optional<BankContent> content(String bank, long contentId) {
        return catalog.content(bank, contentId);
    }

    /** A content of that bank, withdrawn or not. */
    public Optional<BankContent> anyContent(String bank, long contentId) {
        return catalog.anyContent(bank, contentId);
    }

    /**
     * Contents of the bank that are not withdrawn, by id, from the first id above {@code afterId} on; none if there is
     * no such bank.
     */
    public List<BankContent> contents(String bank, long afterId, int limit) {
        List<BankContent> contents = new ArrayList<>();
        Long next = afterId;
        while (next != null && contents.size() < limit) {
            Page<BankContent> page = contents(bank, ContentFilter.NONE, Paging.after(next, limit - contents.size()));
            contents.addAll(page.rows());
            next = page.next();
        }
        return contents;
    }

    /**
     * Contents of the bank that pass the filter, by id; none if there is no such bank.
     *
     * @throws IllegalArgumentException if the text or the hash of the filter cannot be searched for
     */
    public Page<BankContent> contents(String bank, ContentFilter filter, Paging paging) {
        Bank found = stock.seen().bank(bank);
        if (found == null) {
            return new Page<>(List.of(), null);
        }
        return catalog.contents(found, filter, filter.hash() == null ? null : contentsWith(filter.hash()), paging);
    }

    /** The ids of contents that have this hash as a PDQ hash, of a frame as well, or as a digest. */
    private long[] contentsWith(String hex) {
        LongStream.Builder ids = LongStream.builder();
        for (SignalType type : SignalType.values()) {
            if (type.hexDigits() == hex.length()) {
                Signal signal = new Signal(type, hex, null);
                if (type.isDigest()) {
                    LongStream.of(catalog.contentsWith(signal)).forEach(ids::add);
                } else {
                    followers.hashes().index().lookup(signal.hash(), 0, (query, distance, id) -> ids.add(id));
                }
            }
        }
        return ids.build().distinct().sorted().toArray();
    }

    /** Counts the contents of a bank; nothing if there is none of that name. */
    public Optional<BankCounts> counts(String bank) {
        return Optional.ofNullable(stock.seen().bank(bank)).map(catalog::counts);
    }

    /**
     * Changes that wait for a second person, or did, by their number.
     *
     * @param banks the names of the banks that they may be of; empty for all
     * @param state null for every state
     */
    public Page<Proposal> proposals(Set<String> banks, @Nullable ProposalState state, Paging paging) {
        return catalog.proposals(banks, state, paging);
    }

    @Override
    public Optional<KnownVideo> video(long contentId) {
        return lookups.video(contentId);
    }

    /** The pictures of a content whose local features are banked, by their time; none if it has no features. */
    public List<BankedPicture> pictures(long contentId) {
        return catalog.pictures(contentId);
    }

    /** Counts all contents: a walk over every signal, seconds for millions. */
    public ContentCounts counts() {
        return catalog.counts();
    }

    /** Rows of the journal in order, from the first after {@code afterSeq} on. */
    public List<JournalEntry> journal(long afterSeq, int limit) {
        return catalog.journal(afterSeq, limit);
    }

    /** Rows of the journal that pass the filter, by their number, with what became of them. */
    public Page<JournalRow> journal(JournalFilter filter, Paging paging) {
        return catalog.journal(filter, paging);
    }

    /**
     * Whether no perceptual hash is within any threshold of the query, so that {@link #lookup(Hash256)} finds nothing. Told by the
     * index alone: what that takes is known, and no disk is touched.
     */
    public boolean isFar(Hash256 query) {
        return lookups.isFar(query);
    }

    /** As {@link #lookup(List, Set)}, for one hash in all banks. */
    public List<Match> lookup(Hash256 query) {
        return lookup(List.of(query)).getFirst();
    }

    /** As {@link #lookup(List, Set)}, in all banks. */
    public List<List<Match>> lookup(List<Hash256> queries) {
        return lookup(queries, Set.of());
    }

    @Override
    public List<List<Match>> lookup(List<Hash256> queries, Set<String> banks) {
        return lookups.lookup(queries, banks);
    }

    /**
     * Every enabled content within that distance of a query, beside what is within its threshold; as {@link #lookup(List, Set)}
     * otherwise.
     *
     * @param maxDistance 0..256, inclusive
     */
    public List<List<Match>> lookupWithin(List<Hash256> queries, Set<String> banks, int maxDistance) {
        return lookups.lookupWithin(queries, banks, maxDistance);
    }

    /**
     * As {@link #lookup(List, Set)}, and contents that do not match now are found as well: disabled ones, and whatever else is
     * in a bank and not withdrawn.
     *
     * @param atMost the largest distance at which a content is found, whatever its threshold
     */
    public List<List<Match>> lookupBanked(List<Hash256> queries, Set<String> banks, int atMost) {
        return lookups.lookupBanked(queries, banks, atMost);
    }

    /** As {@link #lookupDigest(Signal, Set)}, and as {@link #lookupBanked(List, Set, int)} of contents that do not match now. */
    public List<Match> lookupBanked(Signal digest, Set<String> banks) {
        return lookups.lookupBanked(digest, banks);
    }

    /**
     * Every content that is not withdrawn within that distance of a query, beside what is within its threshold; as {@link
     * #lookup(List, Set)} otherwise.
     *
     * @param maxDistance 0..256, inclusive
     */
    public List<List<Match>> lookupBankedWithin(List<Hash256> queries, Set<String> banks, int maxDistance) {
        return lookups.lookupBankedWithin(queries, banks, maxDistance);
    }

    /** As {@link #lookupDigest(Signal, Set)}, in all banks. */
    public List<Match> lookupDigest(Signal digest) {
        return lookupDigest(digest, Set.of());
    }

    @Override
    public List<Match> lookupDigest(Signal digest, Set<String> banks) {
        return lookups.lookupDigest(digest, banks);
    }

    @Override
    public List<PictureMatch> lookupFeatures(
            Features query, Set<String> banks, int maxDistance, int minVotes, int maxPictures) {
        return lookups.lookupFeatures(query, banks, maxDistance, minVotes, maxPictures);
    }

    @Override
    public long featureCount() {
        return lookups.featureCount();
    }

    @Override
    public int[] documentFrequency(Features banked, int maxDistance, long exceptContentId) {
        return lookups.documentFrequency(banked, maxDistance, exceptContentId);
    }

    @Override
    public List<Near> nearest(Hash256 query, Set<String> banks, int most) {
        return lookups.nearest(query, banks, most);
    }

    /** For tests: waits until the view answers. */
    void awaitView() throws InterruptedException {
        followers.views().await();
    }

    /** For tests: waits until the bank of each content is known. */
    void awaitContentBanks() throws InterruptedException {
        followers.contentBanks().await();
    }

    /** For tests: waits until the index is not being saved. */
    void awaitIndex() throws InterruptedException {
        followers.hashes().await();
        followers.features().await();
    }

    @Override
    public long seq() {
        return lookups.seq();
    }

    /**
     * Has the task run once, as soon as lookups see that change: at once and by this thread if they do, else by the thread that
     * makes the change visible, which must not be kept for long.
     *
     * @param seq may be of a change that is yet to come
     * @return withdraws the task, unless the task has begun
     */
    public Runnable whenSeen(long seq, Runnable task) {
        return stock.whenSeen(seq, task);
    }

    /** How many perceptual hashes are matchable. */
    public long size() {
        return followers.hashes().index().size();
    }

    /** How it is now, without waiting for anything. */
    public DatabaseState state() {
        IndexKeeper<LiveIndex> hashes = followers.hashes();
        IndexKeeper<LiveFeatures> features = followers.features();
        ServingView view = followers.views().view();
        return new DatabaseState(
                catalog.committedSeq(),
                stock.seen().seq,
                hashes.index().state(),
                hashes.unsaved(),
                hashes.isSaving(),
                hashes.index().unsettled(),
                features.index().index().state(),
                features.unsaved(),
                features.isSaving(),
                view == null ? -1 : view.seq(),
                followers.views().isBuilding(),
                view == null ? 0 : view.size(),
                length(DatabaseFolder.CATALOG),
                length(DatabaseFolder.CATALOG + "-wal"),
                length(IndexKind.HASHES.fileName()),
                length(IndexKind.FEATURES.fileName()),
                view == null ? 0 : view.fileBytes());
    }

    private long length(String name) {
        return folder.resolve(name).toFile().length();
    }

    /** Bytes of memory that the indexes have outside the Java heap. */
    public long offHeapBytes() {
        return followers.hashes().index().offHeapBytes()
                + followers.features().index().index().state().bytes();
    }

    /**
     * Proves the catalog from its journal ({@link JournalEntry}), checks the file, and compares the catalog with the
     * index and the view. Changes wait only while the index is read; then both go on.
     */
    public VerifyReport verify() {
        return new Verification(catalog, writing, this::requireOpen, followers, stock).run();
    }

    /**
     * Copies the database to a new folder that can be opened in its place, in one consistent state, while this one
     * serves.
     *
     * @throws IOException if the folder holds a database already or cannot be written
     */
    public void backup(Path target) throws IOException {
        Files.createDirectories(target);
        catalog.backup(target.resolve(DatabaseFolder.CATALOG));
    }

    /** How it follows what other nodes change; any thread. */
    public FollowState followState() {
        return tail == null ? FollowState.ALONE : tail.state();
    }

    private Tail.Sight sight(InstantSource clock) {
        return new Tail.Sight() {
            @Override
            public long seq() {
                return stock.seen().seq;
            }

            @Override
            public void see(Catalog.State newest) {
                stock.see(new Seen(newest));
            }

            @Override
            public void lost() {
                acknowledged.writeLost(catalog, folder, clock.millis());
            }

            @Override
            public void forgetPast() {
                past.forget();
            }
        };
    }

    private void requireReady() {
        if (tail != null) {
            tail.requireReady();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(folder + ": closed");
        }
    }

    /** As {@link #close(Duration)}, with the time that saving a hundred million hashes takes. */
    @Override
    public void close() {
        close(SAVING_ALL);
    }

    /**
     * Waits for the change that is under way, and then:
     *
     * <ol>
     *   <li>turns further changes away,
     *   <li>saves and closes what follows the catalog,
     *   <li>closes the catalog, which the others needed until then, when the reads that are under way have ended,
     *   <li>gives the folder back.
     * </ol>
     *
     * @param patience how long to wait for the index to be saved, if much of it is not; with ten million hashes that
     *     takes three to six seconds. Nothing is lost without it, but the next start reads more from the catalog.
     */
    public void close(Duration patience) {
        writing.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            writing.unlock();
        }
        if (tail != null) {
            tail.close();
        }
        followers.close(patience);
        catalog.close();
        folderLock.close();
    }
}
