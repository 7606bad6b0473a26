package org.semblance.hashdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankContent;
import org.semblance.hashdb.catalog.Catalog;
import org.semblance.hashdb.catalog.Catalog.Outcome;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentCounts;
import org.semblance.hashdb.catalog.ContentFilter;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.RequestKey;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.PictureVotes;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.view.ServingView;

/**
 * The hash database in one folder: open, apply a change, look up. Safe for many threads.
 *
 * <p>The catalog is the truth; index and view follow it: a change is first durable, then they take from the catalog what
 * it touched, then {@link #apply} returns. The same step brings the snapshot of the index up to date at open. Threads that
 * apply at the same time share a sync of the disk: the first to get the lock commits for all that wait. Lookups take no
 * lock.
 *
 * <p>What is checked when: each byte of the index's snapshot and of the view by checksum, before they are used; if they
 * fail, or belong to another catalog, the log names them and they are built anew. Of the catalog, opening checks the
 * header, the schema, the newest rows of the journal, that the change that was acknowledged last is there (the file
 * {@code catalog.head} names it), and what it reads to catch up; a damaged one is refused. Reading all of it takes {@link
 * #verify}, which names every row that is not what the journal made of it.
 */
public final class HashDb implements AutoCloseable {
    /** The largest PDQ distance that counts as a match where a bank says nothing else; PDQ's own recommendation. */
    public static final int DEFAULT_DISTANCE_THRESHOLD = 31;

    /** What one commit takes together, so that its first change does not wait for long. */
    private static final int GROUP_CHANGES = 1000;

    private static final String CATALOG = "catalog.db";

    /** The index of features takes so many times as much memory as its snapshot, which has no tables. */
    private static final int TABLES_TO_FEATURES = 3;

    private static final Duration SAVING_ALL = Duration.ofMinutes(2);

    private final Path folder;
    private final FolderLock folderLock;
    private final Catalog catalog;
    private final InstantSource clock;
    private final DatabaseEvents events;
    private final ConcurrentLinkedQueue<Waiting> queue = new ConcurrentLinkedQueue<>();
    private final ReentrantLock writing = new ReentrantLock();
    private final IndexKeeper<LiveIndex> hashKeeper;
    private final LiveIndex index;
    private final IndexKeeper<LiveFeatures> featureKeeper;
    private final LiveFeatures features;
    private final ViewKeeper views;
    private final ContentBanks contentBanks;
    private volatile Seen seen;
    private volatile boolean closed;

    private HashDb(
            Path folder,
            FolderLock folderLock,
            Catalog catalog,
            InstantSource clock,
            IndexKeeper.Saving saving,
            DatabaseEvents events) {
        this.folder = folder;
        this.folderLock = folderLock;
        this.catalog = catalog;
        this.clock = clock;
        this.events = events;
        this.hashKeeper = new IndexKeeper<>(new HashIndexKind(), folder, catalog, writing, saving, events);
        this.index = hashKeeper.index();
        this.featureKeeper = keeperOfFeatures(saving);
        this.features = featureKeeper.index();
        this.seen = new Seen(hashKeeper.opened());
        this.views = new ViewKeeper(folder, catalog, writing, events);
        this.contentBanks = new ContentBanks(catalog);
    }

    private IndexKeeper<LiveFeatures> keeperOfFeatures(IndexKeeper.Saving saving) {
        boolean done = false;
        try {
            IndexKeeper<LiveFeatures> keeper =
                    new IndexKeeper<>(new FeatureIndexKind(), folder, catalog, writing, saving, events);
            done = true;
            return keeper;
        } finally {
            if (!done) {
                hashKeeper.close();
            }
        }
    }

    /**
     * Opens the folder, creating it if it is not there; at most one process at a time may have it open.
     *
     * @throws DatabaseRefusedException if it is in use, holds something else, is damaged, or is of a newer release
     */
    public static HashDb open(Path folder) {
        return open(folder, InstantSource.system());
    }

    /** Likewise, and tells what it does. */
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
        prepare(folder);
        FolderLock lock = FolderLock.take(folder);
        Catalog catalog = null;
        try {
            catalog = Catalog.open(folder.resolve(CATALOG));
            return new HashDb(folder, lock, catalog, clock, saving, events);
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
     * Creates the folder if it is not there, and refuses one of something else, so that a mistyped path is not filled
     * with a new database. Takes no lock.
     *
     * @throws DatabaseRefusedException if it holds something else, or cannot be read or created
     */
    public static void prepare(Path folder) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new DatabaseRefusedException(folder, "is a file (expected: a folder)");
        }
        try {
            create(folder);
            if (Files.exists(folder.resolve(CATALOG))) {
                return;
            }
            try (Stream<Path> files = Files.list(folder)) {
                Optional<String> other = files.map(file -> file.getFileName().toString())
                        .filter(name -> !name.startsWith(".")
                                && !name.equals("lost+found")
                                && !name.equals(FolderLock.FILE_NAME)
                                // The server's keys, which may be made before the first start.
                                && !name.startsWith("keys.json")
                                && !name.startsWith(CATALOG + ".new"))
                        .min(Comparator.naturalOrder());
                if (other.isPresent()) {
                    throw new DatabaseRefusedException(
                            folder,
                            "holds " + other.get() + " but no " + CATALOG
                                    + " (expected: a data folder, or an empty or new one)");
                }
            }
        } catch (IOException e) {
            throw new DatabaseRefusedException(folder, "cannot be read or created: " + e, e);
        }
    }

    /**
     * Which process has the folder open, in words; empty if none has.
     *
     * @throws IOException if that cannot be told
     */
    public static Optional<String> holder(Path folder) throws IOException {
        return Optional.ofNullable(FolderLock.holder(folder));
    }

    /** Bytes that the files of a database have which lookups need in memory: about what its index will take. */
    public static long indexBytes(Path folder) {
        return folder.resolve(HashIndexKind.FILE_NAME).toFile().length()
                + TABLES_TO_FEATURES
                        * folder.resolve(FeatureIndexKind.FILE_NAME).toFile().length();
    }

    /** A folder of hashes is its owner's alone; one that is there already stays as it was made. */
    private static void create(Path folder) throws IOException {
        if (Files.exists(folder)) {
            return;
        }
        Path parent = folder.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectory(folder);
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
     * Likewise, but if the same request has made the change before under that key, it is not made again.
     *
     * @param key of the request, or null if it has none
     * @return what the change came to when it was made
     * @throws ChangeRefusedException also if the key was that of another request
     */
    public Applied apply(Change change, Origin origin, @Nullable RequestKey key) {
        Waiting own = new Waiting(new Catalog.Proposal(change, origin, key));
        queue.add(own);
        writing.lock();
        try {
            while (own.outcome == null) {
                requireOpen();
                if (hashKeeper.hasRoom()) {
                    commitWaiting();
                } else {
                    hashKeeper.awaitRoom();
                }
            }
        } finally {
            writing.unlock();
        }
        return switch (own.outcome) {
            case Outcome.Committed committed -> committed.applied();
            case Outcome.Refused refused -> throw refused.why();
        };
    }

    private void commitWaiting() {
        List<Waiting> group = new ArrayList<>();
        List<Catalog.Proposal> proposals = new ArrayList<>();
        for (Waiting next = queue.poll(); next != null; next = queue.poll()) {
            group.add(next);
            proposals.add(next.proposal);
            if (group.size() == GROUP_CHANGES || next.proposal.change() instanceof Change.AddContents) {
                break;
            }
        }
        try {
            long begun = System.nanoTime();
            List<Outcome> outcomes = catalog.commit(proposals, clock.instant());
            events.committed(group.size(), Duration.ofNanos(System.nanoTime() - begun));
            follow();
            for (int i = 0; i < group.size(); i++) {
                group.get(i).outcome = outcomes.get(i);
            }
        } catch (RuntimeException | Error e) {
            // Nobody waits for ever. What was committed all the same is followed with the next change.
            RuntimeException why = e instanceof RuntimeException r ? r : new IllegalStateException(e);
            group.forEach(waiting -> waiting.outcome = new Outcome.Refused(why));
            throw e;
        }
    }

    private void follow() {
        // Before the index has them, so that lookups in some banks know the bank of each hit.
        contentBanks.catchUp();
        Catalog.State state = views.follow(seen.seq, this::change, features);
        seen = new Seen(state);
        hashKeeper.reached(state.seq());
        featureKeeper.changed(features.takeChanges());
        featureKeeper.reached(state.seq());
    }

    private void change(long contentId, boolean live, Hash256 hash) {
        if (index.change(contentId, live, hash)) {
            hashKeeper.changed(1);
        }
    }

    /** The banks by name. */
    public List<Bank> banks() {
        return seen.banks;
    }

    public Optional<Bank> bank(String name) {
        return Optional.ofNullable(seen.byName.get(name));
    }

    /** A content of that bank that is not withdrawn. */
    public Optional<BankContent> content(String bank, long contentId) {
        return catalog.content(bank, contentId);
    }

    /**
     * Contents of the bank that are not withdrawn, by id, from the first id above {@code afterId} on; none if there is
     * no such bank.
     */
    public List<BankContent> contents(String bank, long afterId, int limit) {
        return contents(bank, ContentFilter.NONE, afterId, limit);
    }

    /** Likewise those that pass the filter. */
    public List<BankContent> contents(String bank, ContentFilter filter, long afterId, int limit) {
        Bank found = seen.byName.get(bank);
        return found == null ? List.of() : catalog.contents(found, filter, afterId, limit);
    }

    /**
     * What is banked of a video; empty if the content is withdrawn, not there, or no video. A disabled one is given. The
     * frames are put together anew for each call, which takes some milliseconds for 20,000.
     */
    public Optional<KnownVideo> video(long contentId) {
        ServingView view = views.view();
        if (view == null) {
            return catalog.video(contentId);
        }
        ContentRecord content = view.get(contentId);
        if (content != null && !content.isVideo()) {
            return Optional.empty();
        }
        byte[] frames = content == null ? null : view.framesOf(contentId, content.pictures());
        return content == null || frames == null
                ? catalog.video(contentId)
                : Optional.of(KnownVideo.ofBytes(content.videoMs(), frames));
    }

    /** Counts all contents: a walk over every signal, seconds for millions. */
    public ContentCounts counts() {
        return catalog.counts();
    }

    /** Rows of the journal in order, from the first after {@code afterSeq} on. */
    public List<JournalEntry> journal(long afterSeq, int limit) {
        return catalog.journal(afterSeq, limit);
    }

    /**
     * Every enabled content with a hash within its threshold of the query, nearest first, each once. Banks that are
     * switched off are included: the caller knows which of its rules apply ({@link Bank#enabled}).
     */
    public List<Match> lookup(Hash256 query) {
        return lookup(List.of(query)).getFirst();
    }

    /**
     * Looks up many hashes, which costs less than one by one; the answers are in the order of the queries. What many of
     * them find is asked of the view once.
     */
    public List<List<Match>> lookup(List<Hash256> queries) {
        return lookup(queries, Set.of());
    }

    /**
     * Likewise in some banks alone. Contents of other banks are passed over before anything of them is read, so that the
     * time tells nothing of how many there are.
     *
     * @param banks names, of which those that there are count; empty for all banks
     */
    public List<List<Match>> lookup(List<Hash256> queries, Set<String> banks) {
        Seen now = seen;
        Scope scope = banks.isEmpty() ? null : new Scope(now, banks, contentBanks);
        long[] words = new long[4 * queries.size()];
        Hits[] hits = new Hits[queries.size()];
        int i = 0;
        for (Hash256 query : queries) {
            words[4 * i] = query.w3();
            words[4 * i + 1] = query.w2();
            words[4 * i + 2] = query.w1();
            words[4 * i + 3] = query.w0();
            hits[i++] = new Hits();
        }
        if (scope == null) {
            index.lookup(
                    words,
                    queries.size(),
                    now.largestThreshold,
                    null,
                    (query, distance, contentId) -> hits[query].add(contentId, distance));
        } else if (!scope.isEmpty()) {
            index.lookup(
                    words, queries.size(), scope.largestThreshold, scope::mayHold, (query, distance, contentId) -> {
                        if (scope.mayHold(contentId)) {
                            hits[query].add(contentId, distance);
                        }
                    });
        }
        return matches(hits, SignalType.PDQ, scope);
    }

    /**
     * Every enabled content that has exactly this digest, by id.
     *
     * @throws IllegalArgumentException if the signal is not a digest
     */
    public List<Match> lookupDigest(Signal digest) {
        return lookupDigest(digest, Set.of());
    }

    /** Likewise in some banks alone, as {@link #lookup(List, Set)}. */
    public List<Match> lookupDigest(Signal digest, Set<String> banks) {
        if (!digest.type().isDigest()) {
            throw new IllegalArgumentException(
                    "signal type: " + digest.type().wireName() + " (expected: a digest, as in md5, sha1 or sha256)");
        }
        Scope scope = banks.isEmpty() ? null : new Scope(seen, banks, contentBanks);
        Hits hits = new Hits();
        ServingView view = views.view();
        long[] ids = view == null ? null : view.contentsWith(digest);
        for (long id : ids == null ? catalog.contentsWith(digest) : ids) {
            if (scope == null || scope.mayHold(id)) {
                hits.add(id, 0);
            }
        }
        return matches(new Hits[] {hits}, digest.type(), scope).getFirst();
    }

    /**
     * Pictures of enabled contents with features near those of the query, as {@link FeatureIndex#lookup} finds them. Banks that
     * are switched off are included.
     *
     * @param banks as {@link #lookup(List, Set)}
     * @return at most so many pictures, most votes first
     */
    public List<PictureMatch> lookupFeatures(
            Features query, Set<String> banks, int maxDistance, int minVotes, int maxPictures) {
        Scope scope = banks.isEmpty() ? null : new Scope(seen, banks, contentBanks);
        if (scope != null && scope.isEmpty()) {
            return List.of();
        }
        FeatureIndex from = features.index();
        List<PictureVotes> votes =
                from.lookup(query, maxDistance, scope == null ? null : scope::mayHold, minVotes, maxPictures);
        List<PictureMatch> matches = enabled(votes, scope);
        if (matches.size() == votes.size() || votes.size() < maxPictures) {
            return matches;
        }
        // Contents that do not count took the place of others. Now each is read before it takes one.
        Map<Long, Boolean> counts = new HashMap<>();
        return enabled(
                from.lookup(
                        query,
                        maxDistance,
                        id -> (scope == null || scope.mayHold(id))
                                && counts.computeIfAbsent(id, unused -> isEnabled(id, scope)),
                        minVotes,
                        maxPictures),
                scope);
    }

    private boolean isEnabled(long contentId, @Nullable Scope scope) {
        boolean[] found = new boolean[1];
        forEachEnabled(new long[] {contentId}, scope, (bank, content) -> found[0] = true);
        return found[0];
    }

    private List<PictureMatch> enabled(List<PictureVotes> votes, @Nullable Scope scope) {
        long[] ids = votes.stream()
                .mapToLong(PictureVotes::contentId)
                .sorted()
                .distinct()
                .toArray();
        Map<Long, Bank> banks = new HashMap<>();
        Map<Long, ContentRecord> contents = new HashMap<>();
        forEachEnabled(ids, scope, (bank, content) -> {
            banks.put(content.id(), bank);
            contents.put(content.id(), content);
        });
        List<PictureMatch> matches = new ArrayList<>(votes.size());
        for (PictureVotes picture : votes) {
            Bank bank = banks.get(picture.contentId());
            ContentRecord content = contents.get(picture.contentId());
            if (bank != null && content != null) {
                matches.add(new PictureMatch(bank, content, picture));
            }
        }
        return matches;
    }

    /** How many features are banked. */
    public long featureCount() {
        return features.index().size();
    }

    /** For each feature how many other contents have a near one; see {@link FeatureIndex#documentFrequency}. */
    public int[] documentFrequency(Features banked, int maxDistance, long exceptContentId) {
        return features.index().documentFrequency(banked, maxDistance, exceptContentId);
    }

    private List<List<Match>> matches(Hits[] hits, SignalType type, @Nullable Scope scope) {
        long[] ids = hits.length == 0 ? new long[0] : union(hits, 0, hits.length);
        @Nullable Candidate[] candidates = candidates(ids, type, scope);
        List<List<Match>> answers = new ArrayList<>(hits.length);
        for (Hits some : hits) {
            answers.add(some.matches(ids, candidates));
        }
        return answers;
    }

    /** The content ids that some of the queries found, ascending. */
    private static long[] union(Hits[] hits, int from, int to) {
        if (to - from == 1) {
            return hits[from].ids();
        }
        int middle = (from + to) >>> 1;
        long[] left = union(hits, from, middle);
        long[] right = union(hits, middle, to);
        if (left.length == 0 || right.length == 0) {
            return left.length == 0 ? right : left;
        }
        long[] both = new long[left.length + right.length];
        int count = 0;
        for (int i = 0, j = 0; i < left.length || j < right.length; count++) {
            if (j == right.length || i < left.length && left[i] < right[j]) {
                both[count] = left[i++];
            } else {
                i += i < left.length && left[i] == right[j] ? 1 : 0;
                both[count] = right[j++];
            }
        }
        return count == both.length ? both : Arrays.copyOf(both, count);
    }

    /** What each content comes to; null for one that is withdrawn or disabled, or not in the banks that count. */
    private @Nullable Candidate[] candidates(long[] ids, SignalType type, @Nullable Scope scope) {
        @Nullable Candidate[] candidates = new @Nullable Candidate[ids.length];
        if (ids.length == 0) {
            return candidates;
        }
        forEachEnabled(
                ids,
                scope,
                (bank, content) -> candidates[Arrays.binarySearch(ids, content.id())] =
                        new Candidate(bank, content, type, type.isDigest() ? 0 : threshold(bank)));
        return candidates;
    }

    /** Gives those of the contents that are enabled now, and in the banks that count, with their banks. */
    private void forEachEnabled(long[] ids, @Nullable Scope scope, BiConsumer<Bank, ContentRecord> sink) {
        Instant now = clock.instant();
        for (ContentRecord content : records(ids)) {
            // The banks are looked at after the index, so that they know the bank of each hit.
            Bank bank = seen.byId.get(content.bankId());
            if (bank != null && content.enabledAt(now) && (scope == null || scope.holds(bank.id()))) {
                sink.accept(bank, content);
            }
        }
    }

    /** What the view does not have is asked of the catalog, so that a match can be late but not lost. */
    private List<ContentRecord> records(long[] ids) {
        ServingView view = views.view();
        if (view == null) {
            return catalog.records(ids);
        }
        List<ContentRecord> records = new ArrayList<>(ids.length);
        long[] missing = new long[ids.length];
        int count = 0;
        for (long id : ids) {
            ContentRecord record = view.get(id);
            if (record == null) {
                missing[count++] = id;
            } else {
                records.add(record);
            }
        }
        records.addAll(catalog.records(Arrays.copyOf(missing, count)));
        return records;
    }

    /** For tests: waits until the view answers. */
    void awaitView() throws InterruptedException {
        views.await();
    }

    /** For tests: waits until the bank of each content is known. */
    void awaitContentBanks() throws InterruptedException {
        contentBanks.await();
    }

    /** For tests: waits until the index is not being saved. */
    void awaitIndex() throws InterruptedException {
        hashKeeper.await();
        featureKeeper.await();
    }

    private static int threshold(Bank bank) {
        Integer own = bank.distanceThreshold();
        return own == null ? DEFAULT_DISTANCE_THRESHOLD : own;
    }

    /** The number of the newest change that lookups see. */
    public long seq() {
        return seen.seq;
    }

    /** How many perceptual hashes are matchable. */
    public long size() {
        return index.size();
    }

    /** How it is now, without waiting for anything. */
    public DatabaseState state() {
        ServingView view = views.view();
        return new DatabaseState(
                catalog.committedSeq(),
                seen.seq,
                index.state(),
                hashKeeper.unsaved(),
                hashKeeper.isSaving(),
                index.unsettled(),
                features.index().state(),
                featureKeeper.unsaved(),
                featureKeeper.isSaving(),
                view == null ? -1 : view.seq(),
                views.isBuilding(),
                view == null ? 0 : view.size(),
                length(CATALOG),
                length(CATALOG + "-wal"),
                length(HashIndexKind.FILE_NAME),
                length(FeatureIndexKind.FILE_NAME),
                view == null ? 0 : view.fileBytes());
    }

    private long length(String name) {
        return folder.resolve(name).toFile().length();
    }

    /** Bytes of memory that the indexes have outside the Java heap. */
    public long offHeapBytes() {
        return index.offHeapBytes() + features.index().state().bytes();
    }

    /**
     * Proves the catalog from its journal ({@link JournalEntry}), checks the file, and compares the catalog with the
     * index and the view. Changes wait only while the index is read; then both go on.
     */
    public VerifyReport verify() {
        return new Verification(catalog, writing, this::requireOpen, hashKeeper, featureKeeper, views).run();
    }

    /**
     * Copies the database to a new folder that can be opened in its place, in one consistent state, while this one
     * serves.
     *
     * @throws IOException if the folder holds a database already or cannot be written
     */
    public void backup(Path target) throws IOException {
        Files.createDirectories(target);
        catalog.backup(target.resolve(CATALOG));
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
     * Waits for the changes and reads that are under way.
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
        hashKeeper.beginClose(patience);
        featureKeeper.beginClose(patience);
        contentBanks.close();
        views.close();
        hashKeeper.close();
        featureKeeper.close();
        catalog.close();
        folderLock.close();
    }

    /** A change whose thread waits for it. Guarded by {@link #writing}. */
    private static final class Waiting {
        private final Catalog.Proposal proposal;
        private @Nullable Outcome outcome;

        Waiting(Catalog.Proposal proposal) {
            this.proposal = proposal;
        }
    }

    /** The state of the catalog that lookups see. */
    private static final class Seen {
        private final long seq;
        private final List<Bank> banks;
        private final Map<String, Bank> byName = new HashMap<>();
        private final Map<Long, Bank> byId = new HashMap<>();
        private final int largestThreshold;

        Seen(Catalog.State state) {
            seq = state.seq();
            banks = state.banks();
            int largest = 0;
            for (Bank bank : banks) {
                byName.put(bank.name(), bank);
                byId.put(bank.id(), bank);
                largest = Math.max(largest, threshold(bank));
            }
            largestThreshold = largest;
        }
    }

    /** The banks of which a lookup is to know. */
    private static final class Scope {
        private final BitSet banks = new BitSet();
        private final ContentBanks contentBanks;
        private final int largestThreshold;

        Scope(Seen seen, Set<String> names, ContentBanks contentBanks) {
            this.contentBanks = contentBanks;
            int largest = 0;
            for (String name : names) {
                Bank bank = seen.byName.get(name);
                if (bank != null) {
                    banks.set(Math.toIntExact(bank.id()));
                    largest = Math.max(largest, threshold(bank));
                }
            }
            largestThreshold = largest;
        }

        boolean isEmpty() {
            return banks.isEmpty();
        }

        boolean holds(long bankId) {
            return banks.get((int) bankId);
        }

        /** Whether the content is in one of the banks, as far as that can be told without reading it. */
        boolean mayHold(long contentId) {
            int bank = contentBanks.of(contentId);
            return bank == ContentBanks.UNKNOWN || banks.get(bank);
        }
    }

    /** The contents that one query found. */
    private static final class Hits {
        /** Low bits that hold the distance, 0..256; above them is the content id. */
        private static final int DISTANCE_BITS = 9;

        private static final int DISTANCE = (1 << DISTANCE_BITS) - 1;

        private long[] packed = new long[4];
        private int count;

        void add(long contentId, int distance) {
            if (count == packed.length) {
                packed = Arrays.copyOf(packed, 2 * count);
            }
            packed[count++] = contentId << DISTANCE_BITS | distance;
        }

        /** The ids, ascending. Keeps of each content its nearest hit. */
        long[] ids() {
            Arrays.sort(packed, 0, count);
            long[] ids = new long[count];
            int kept = 0;
            for (int i = 0; i < count; i++) {
                long id = packed[i] >>> DISTANCE_BITS;
                if (kept == 0 || ids[kept - 1] != id) {
                    packed[kept] = packed[i];
                    ids[kept++] = id;
                }
            }
            count = kept;
            return Arrays.copyOf(ids, kept);
        }

        /**
         * Nearest first, those at the same distance by id.
         *
         * @param ids ascending; those of this are among them
         * @param candidates one an id
         */
        List<Match> matches(long[] ids, @Nullable Candidate[] candidates) {
            if (count == 0) {
                return List.of();
            }
            long[] order = new long[count];
            int found = 0;
            for (int i = 0, at = 0; i < count; i++, at++) {
                long id = packed[i] >>> DISTANCE_BITS;
                at = ids[at] == id ? at : Arrays.binarySearch(ids, at, ids.length, id);
                Candidate candidate = candidates[at];
                int distance = (int) packed[i] & DISTANCE;
                if (candidate != null && distance <= candidate.threshold) {
                    order[found++] = (long) distance << Integer.SIZE | at;
                }
            }
            Arrays.sort(order, 0, found);
            List<Match> matches = new ArrayList<>(found);
            for (int i = 0; i < found; i++) {
                matches.add(
                        Objects.requireNonNull(candidates[(int) order[i]]).match((int) (order[i] >>> Integer.SIZE)));
            }
            return matches;
        }
    }

    /** An enabled content that some queries of a batch found. */
    private static final class Candidate {
        private final Bank bank;
        private final ContentRecord content;
        private final SignalType type;
        private final int threshold;
        private @Nullable Match last;

        Candidate(Bank bank, ContentRecord content, SignalType type, int threshold) {
            this.bank = bank;
            this.content = content;
            this.type = type;
            this.threshold = threshold;
        }

        /** One object for queries in a row at the same distance: frames that follow each other are alike. */
        Match match(int distance) {
            Match match = last;
            if (match == null || match.distance() != distance) {
                match = new Match(bank, content, type, distance, threshold);
                last = match;
            }
            return match;
        }
    }
}
