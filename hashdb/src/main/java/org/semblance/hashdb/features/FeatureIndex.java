package org.semblance.hashdb.features;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.HashIndex.ContentFilter;
import org.semblance.hashdb.offheap.Readers;
import org.semblance.hashdb.offheap.ScratchPool;

/**
 * The features of banked pictures, off heap and live: which pictures have many features near those of a query.
 *
 * <p>Unlike the index of hashes this one may miss: a feature is found if it agrees with the query's in the bits of one of
 * eight tables, and nearly in a few more. A picture has hundreds of features, of which a few are enough. The same contents
 * give the same answer, in whatever order they came, with two exceptions, both about buckets near the size of a hub:
 * features that were removed count until they are swept, and the size is an estimate while a table waits for
 * longer keys.
 *
 * <p><b>Buckets.</b> The bucket of a feature in table {@code t} is the low {@code k} bits of 32-bit word {@code t} of its
 * descriptor. The number of features gives {@code k}: a bucket has 2.5 to 5 of them on average. Buckets of more than 4,096
 * are hubs, such as those of a template that thousands of pictures share. Hubs are skipped, so that a bank full of one
 * template slows no other.
 *
 * <p><b>Memory.</b> 36 bytes a feature for descriptor and place, 48 for its entries in the tables, 6 to 13 for where the
 * buckets begin, and some 3 for entries that are not merged yet: at most 21 kB a picture of 200 features. A merge takes some
 * 8 more while it lasts.
 *
 * <p>One thread at a time may change the index; any number may look up beside it and are not blocked. An index that never
 * held anything has no memory mapped.
 */
public final class FeatureIndex implements AutoCloseable {
    /** How many tables there are once there is a feature. */
    public static final int TABLES = VoteTable.TABLES;

    /** The largest content id. */
    public static final long MAX_CONTENT_ID = (1L << 53) - 1;

    /** What {@link #documentFrequency} counts to. */
    public static final int MAX_FREQUENCY = 255;

    /** A feature whose bucket is a hub in so many tables is as frequent as can be. */
    private static final int HUBS_OF_FREQUENT = VoteTable.TABLES / 2;

    private final Readers readers = new Readers();
    private final Deferred deferred = new Deferred(readers);
    private final FeatureStore store = new FeatureStore();
    private final VoteTable.Tuning tuning;
    private volatile @Nullable VoteTables tables;
    private final ScratchPool<Scratch> scratches = new ScratchPool<>(this::newScratch);

    private final LongAdder lookups = new LongAdder();
    private final LongAdder candidates = new LongAdder();
    private final LongAdder hubs = new LongAdder();
    private final LongAdder capped = new LongAdder();

    /** Whether features are entered into the tables all at once, later. */
    private boolean filling;

    private record Scratch(FeatureLookup lookup, VoteCount votes) {}

    /** An empty index. */
    public FeatureIndex() {
        this(VoteTable.Tuning.STANDARD);
    }

    FeatureIndex(VoteTable.Tuning tuning) {
        this.tuning = tuning;
    }

    private Scratch newScratch() {
        VoteTables now = tables;
        if (now == null) {
            throw new IllegalStateException("there are no tables");
        }
        return new Scratch(new FeatureLookup(store, now, tuning.hub()), new VoteCount(store));
    }

    /**
     * Adds the pictures of a content; every lookup that begins after finds them. The pictures of a content never change,
     * so adding one that is there already does nothing.
     *
     * @param contentId 0 to {@link #MAX_CONTENT_ID}
     * @param pictures by their time, each later than the one before; at least one
     * @return false if the content was there already
     */
    public boolean add(long contentId, List<BankedPicture> pictures) {
        checkOrder(contentId, pictures);
        readers.phase();
        if (store.holds(contentId)) {
            return false;
        }
        VoteTables all = tables();
        boolean whole = false;
        try {
            for (BankedPicture picture : pictures.reversed()) {
                int number = store.add(contentId, picture);
                if (!filling) {
                    all.add(number);
                }
            }
            whole = true;
        } finally {
            // What was entered in part is as good as lost; it can be added again.
            if (!whole && store.holds(contentId)) {
                all.remove(contentId);
            }
        }
        return true;
    }

    private VoteTables tables() {
        VoteTables now = tables;
        if (now == null) {
            now = new VoteTables(store, tuning, deferred);
            tables = now;
        }
        return now;
    }

    private static void checkOrder(long contentId, List<BankedPicture> pictures) {
        if (contentId < 0 || contentId > MAX_CONTENT_ID) {
            throw new IllegalArgumentException("content id: " + contentId + " (expected: 0 to " + MAX_CONTENT_ID + ")");
        }
        if (pictures.isEmpty()) {
            throw new IllegalArgumentException("pictures: none (expected: at least one)");
        }
        for (int i = 1; i < pictures.size(); i++) {
            if (pictures.get(i).ms() <= pictures.get(i - 1).ms()) {
                throw new IllegalArgumentException(
                        "pictures[" + i + "].ms: " + pictures.get(i).ms()
                                + " (expected: more than that of the one before, "
                                + pictures.get(i - 1).ms() + ")");
            }
        }
    }

    /**
     * Adds many contents in one go, which costs far less a content when the index is empty. They are found by every lookup
     * that begins after this call.
     *
     * @param contents hands each content to the sink it is given, as to {@link #add}; what it throws passes through, and
     *     the contents handed over until then stay
     */
    public void addAll(Consumer<ContentSink> contents) {
        boolean deferring = tables == null;
        filling = deferring;
        try {
            contents.accept(this::add);
        } finally {
            filling = false;
            VoteTables all = tables;
            if (deferring && all != null) {
                all.fill();
            }
        }
    }

    /** Receives the contents of {@link #addAll} and of {@link #forEach}. */
    @FunctionalInterface
    public interface ContentSink {
        void content(long contentId, List<BankedPicture> pictures);
    }

    /**
     * Removes a content; no lookup that begins after finds it.
     *
     * @return false if it was not there
     */
    public boolean remove(long contentId) {
        readers.phase();
        if (!store.holds(contentId)) {
            return false;
        }
        tables().remove(contentId);
        return true;
    }

    /**
     * The banked pictures with the most features near those of the query. A vote is a pair of a feature of the query and one
     * of the picture that differ in at most {@code maxDistance} bits and are found through a table. Pairs that agree in {@link
     * Features#isSwapped} and pairs that differ in it are counted apart, so a picture may come twice.
     *
     * @param maxDistance 0 to 256
     * @param filter asked of each picture's content that has enough votes, before anything else of it is read and before any
     *     are left out; null for all contents
     * @param minVotes 1 or more: pictures with fewer are left out
     * @param maxPictures how many are returned at most
     * @return most votes first; then by content id, time, and plain before mirrored
     */
    public List<PictureVotes> lookup(
            Features query, int maxDistance, @Nullable ContentFilter filter, int minVotes, int maxPictures) {
        checkDistance(maxDistance);
        if (minVotes < 1 || maxPictures < 0) {
            throw new IllegalArgumentException("min votes: " + minVotes + ", max pictures: " + maxPictures
                    + " (expected: 1 or more, and 0 or more)");
        }
        int ticket = readers.enter();
        try {
            if (tables == null) {
                return List.of();
            }
            Scratch scratch = scratches.take();
            FeatureLookup lookup = scratch.lookup;
            lookup.find(query, maxDistance, tuning.bucketBits(store.features()));
            List<PictureVotes> answer =
                    scratch.votes.count(query, lookup.pairs(), lookup.pairCount(), filter, minVotes, maxPictures);
            count(lookup);
            capped.add(scratch.votes.capped());
            give(scratch);
            return answer;
        } finally {
            readers.exit(ticket);
        }
    }

    private static void checkDistance(int maxDistance) {
        if (maxDistance < 0 || maxDistance > Hash256.BITS) {
            throw new IllegalArgumentException("max distance: " + maxDistance + " (expected: 0 to 256)");
        }
    }

    private void count(FeatureLookup lookup) {
        lookups.increment();
        candidates.add(lookup.compared());
        hubs.add(lookup.hubs());
    }

    private void give(Scratch scratch) {
        if (scratch.lookup.isSmall() && scratch.votes.isSmall()) {
            scratches.give(scratch);
        }
    }

    /**
     * For each feature of a picture how many other contents have a near one, by the same search as {@link #lookup}: a feature
     * of a template is in many. Contents that share most of the features are the same picture again, and are not counted.
     *
     * @param maxDistance 0 to 256
     * @param counted which contents count: not that which the picture is of
     * @return 0 to {@link #MAX_FREQUENCY} each; a feature in the hubs of half of the tables has the most
     */
    public int[] documentFrequency(Features banked, int maxDistance, ContentFilter counted) {
        checkDistance(maxDistance);
        int ticket = readers.enter();
        try {
            if (tables == null) {
                return new int[banked.count()];
            }
            Scratch scratch = scratches.take();
            FeatureLookup lookup = scratch.lookup;
            lookup.find(banked, maxDistance, tuning.bucketBits(store.features()));
            int[] found = scratch.votes.contents(banked, lookup.pairs(), lookup.pairCount(), counted, MAX_FREQUENCY);
            for (int feature = 0; feature < found.length; feature++) {
                if (lookup.hubs(feature) >= HUBS_OF_FREQUENT) {
                    found[feature] = MAX_FREQUENCY;
                }
            }
            count(lookup);
            give(scratch);
            return found;
        } finally {
            readers.exit(ticket);
        }
    }

    /** Whether the content is there; for the thread that changes the index. */
    public boolean holds(long contentId) {
        return store.holds(contentId);
    }

    /** Gives every content to the sink, pictures by their time; for the thread that changes the index. */
    public void forEach(ContentSink sink) {
        readers.phase();
        store.forEachContent((contentId, first) -> {
            List<BankedPicture> pictures = new ArrayList<>();
            for (int picture = first; picture != FeatureStore.NONE; picture = store.next(picture)) {
                pictures.add(new BankedPicture(store.ms(picture), store.features(picture)));
            }
            sink.content(contentId, pictures);
        });
    }

    /** Whether a table holds each feature once, where it belongs, and no other; for the thread that changes the index. */
    public boolean isSound(int table) {
        readers.phase();
        VoteTables now = tables;
        return now == null || now.get(table).isSound();
    }

    /** How many features there are. */
    public long size() {
        return store.features();
    }

    /** How it is now; any thread. */
    public FeatureIndexState state() {
        VoteTables now = tables;
        return new FeatureIndexState(
                store.contents(),
                store.pictures(),
                store.features(),
                store.deadFeatures(),
                now == null ? 0 : now.recent(),
                now == null ? 0 : now.merges(),
                store.bytes() + (now == null ? 0 : now.bytes()),
                lookups.sum(),
                candidates.sum(),
                hubs.sum(),
                capped.sum());
    }

    /**
     * Writes everything to a file from which {@link #open} makes the same index again, in place of one that is there. A
     * change, so no other may run beside; lookups may. {@link #beginSave} lets changes run beside.
     *
     * @throws IOException if the file cannot be written, or the thread was interrupted; a file that was there before is
     *     still whole
     */
    public void save(Path file, long seq, Hash256 mark) throws IOException {
        FeatureSnapshot save = beginSave();
        try {
            save.write(file, seq, mark);
        } finally {
            save.end();
        }
    }

    /** Begins a save of what is there now. A change, as is {@link FeatureSnapshot#end}; in between, others may be made. */
    public FeatureSnapshot beginSave() {
        readers.phase();
        return new FeatureSnapshot(store);
    }

    /** An index from a file, and what was written with it. */
    public record Opened(FeatureIndex index, long seq, Hash256 mark) {}

    /**
     * Makes an index from a file that {@link #save} wrote. Tables are not in the file: to make them anew takes about as long as
     * to read them would.
     *
     * @throws org.semblance.hashdb.file.FormatException if the file is corrupt, too old or too new
     * @throws IOException if it cannot be read
     */
    public static Opened open(Path file) throws IOException {
        return open(file, VoteTable.Tuning.STANDARD);
    }

    static Opened open(Path file, VoteTable.Tuning tuning) throws IOException {
        FeatureIndex index = new FeatureIndex(tuning);
        boolean whole = false;
        try (SnapshotFormat.Reader in = new SnapshotFormat.Reader(file)) {
            FeatureSnapshot.load(in, index.store);
            if (index.store.pictures() > 0) {
                index.tables().fill();
            }
            whole = true;
            return new Opened(index, in.seq(), in.mark());
        } finally {
            if (!whole) {
                index.close();
            }
        }
    }

    /** Waits until no lookup is running and frees the memory. Later calls of anything but this are refused. */
    @Override
    public void close() {
        if (readers.close()) {
            store.close();
            VoteTables last = tables;
            if (last != null) {
                last.close();
            }
        }
    }
}
