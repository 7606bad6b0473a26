package org.semblance.hashdb.features;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.HashIndex.ContentFilter;
import org.semblance.hashdb.index.Readers;
import org.semblance.hashdb.index.ScratchPool;
import org.semblance.hashdb.index.SnapshotFormat;
import org.semblance.hashdb.index.SnapshotFormat.Part;

/**
 * The features of banked pictures, off heap and live: which pictures have many features near those of a query.
 *
 * <p>Unlike the index of hashes this one is no exact search: a feature is found if it agrees with the query's in the bits of
 * one of eight tables, and nearly in a few more. A picture has hundreds of features, of which some are enough. So a
 * feature may be missed, but the same contents give the same answer, in whatever order they came. Two things are left
 * open to what the index went through: a bucket counts as a hub together with features that were removed and not
 * yet swept, and, while a table is about to get longer keys, by an estimate.
 *
 * <p><b>Buckets.</b> Table {@code t} is one over the low {@code k} bits of 32-bit word {@code t} of the descriptor. How many
 * bits, follows from the number of features: there are 2.5 to 5 features a bucket. Buckets of more than 4,096 are hubs,
 * such as those of the features of a template that thousands of pictures share: they are skipped, so that a bank full of
 * one template slows no other.
 *
 * <p><b>Memory.</b> 36 bytes a feature for descriptor and place, 48 for its entries in the tables, 6 to 13 for where the
 * buckets begin, and up to 6 for entries that are not merged yet: at most 21 kB a picture of 200 features.
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

    private static final int RECORD_BYTES = 24;

    private final Readers readers = new Readers();
    private final Deferred deferred = new Deferred(readers);
    private final FeatureStore store = new FeatureStore();
    private final VoteTable.Tuning tuning;
    private volatile VoteTable @Nullable [] tables;
    private final ScratchPool<Scratch> scratches = new ScratchPool<>(this::newScratch);

    private final LongAdder lookups = new LongAdder();
    private final LongAdder candidates = new LongAdder();
    private final LongAdder hubs = new LongAdder();
    private final LongAdder capped = new LongAdder();

    /** Whether features are entered into the tables all at once, later. */
    private boolean filling;

    /** The table that is being merged, or whose turn is next. */
    private int turn;

    // Pictures that were removed: since the sweep began, and before, which are swept.
    private IntStack removed = new IntStack();
    private @Nullable IntStack swept;
    private long removedFeatures;

    /** Tables that a sweep has still to merge. */
    private int unswept;

    private record Scratch(FeatureLookup lookup, VoteCount votes) {}

    /** An empty index. */
    public FeatureIndex() {
        this(VoteTable.Tuning.STANDARD);
    }

    FeatureIndex(VoteTable.Tuning tuning) {
        this.tuning = tuning;
    }

    private Scratch newScratch() {
        VoteTable[] now = tables;
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
        if (!begin(contentId)) {
            return false;
        }
        boolean whole = false;
        try {
            for (BankedPicture picture : pictures.reversed()) {
                enter(store.add(contentId, picture));
            }
            whole = true;
        } finally {
            if (!whole && store.holds(contentId)) {
                store.remove(contentId, removed);
            }
        }
        return true;
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

    /** Readies the tables, unless the content is there already. */
    private boolean begin(long contentId) {
        readers.phase();
        if (store.holds(contentId)) {
            return false;
        }
        tables();
        return true;
    }

    private VoteTable[] tables() {
        VoteTable[] now = tables;
        if (now == null) {
            now = new VoteTable[VoteTable.TABLES];
            for (int table = 0; table < now.length; table++) {
                now[table] = new VoteTable(table, store, tuning, deferred);
            }
            tables = now;
        }
        return now;
    }

    private void enter(int picture) {
        if (filling) {
            return;
        }
        int first = store.firstFeature(picture);
        int count = store.count(picture);
        VoteTable[] all = tables();
        for (VoteTable table : all) {
            for (int feature = first; feature < first + count; feature++) {
                table.add(feature);
            }
        }
        maintain(all, count);
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
            if (deferring && tables != null) {
                fillTables();
            }
        }
    }

    /** Receives the contents of {@link #addAll} and of {@link #forEach}. */
    @FunctionalInterface
    public interface ContentSink {
        void content(long contentId, List<BankedPicture> pictures);
    }

    private void fillTables() {
        VoteTable[] all = tables();
        VoteTable.Version[] filled =
                Arrays.stream(all).parallel().map(VoteTable::filled).toArray(VoteTable.Version[]::new);
        for (int table = 0; table < all.length; table++) {
            all[table].publish(filled[table]);
        }
        deferred.runDue();
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
        long before = store.features();
        store.remove(contentId, removed);
        long gone = before - store.features();
        removedFeatures += gone;
        maintain(tables(), gone);
        return true;
    }

    /** Does a share of the merges that are due. */
    private void maintain(VoteTable[] all, long features) {
        deferred.runDue();
        if (swept == null && removedFeatures > Math.max(tuning.recent(), store.features() / 8)) {
            swept = removed;
            removed = new IntStack();
            removedFeatures = 0;
            unswept = (1 << VoteTable.TABLES) - 1;
        }
        for (long budget = features * tuning.mergedAFeature(); budget > 0; ) {
            VoteTable table = all[turn];
            if (!table.isMerging()) {
                if (!isDue(table, turn)) {
                    turn = (turn + 1) % VoteTable.TABLES;
                    if (!isAnyDue(all)) {
                        return;
                    }
                    continue;
                }
                table.beginMerge((unswept >>> turn & 1) != 0);
            }
            budget = table.mergeSome(budget);
            if (!table.isMerging()) {
                if (table.swept()) {
                    unswept &= ~(1 << turn);
                    endSweepIfDone();
                }
                turn = (turn + 1) % VoteTable.TABLES;
            }
        }
    }

    private boolean isDue(VoteTable table, int number) {
        return table.recentSize() > tuning.recent(store.features()) || (unswept >>> number & 1) != 0;
    }

    private boolean isAnyDue(VoteTable[] all) {
        for (int number = 0; number < all.length; number++) {
            if (all[number].isMerging() || isDue(all[number], number)) {
                return true;
            }
        }
        return false;
    }

    private void endSweepIfDone() {
        IntStack pictures = swept;
        if (pictures != null && unswept == 0) {
            swept = null;
            deferred.later(() -> {
                while (!pictures.isEmpty()) {
                    store.free(pictures.pop());
                }
            });
        }
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
     * of a template is in many.
     *
     * @param maxDistance 0 to 256
     * @param exceptContentId the content that the picture is of
     * @return 0 to {@link #MAX_FREQUENCY} each; a feature in the hubs of half of the tables has the most
     */
    public int[] documentFrequency(Features banked, int maxDistance, long exceptContentId) {
        checkDistance(maxDistance);
        int ticket = readers.enter();
        try {
            if (tables == null) {
                return new int[banked.count()];
            }
            Scratch scratch = scratches.take();
            FeatureLookup lookup = scratch.lookup;
            lookup.find(banked, maxDistance, tuning.bucketBits(store.features()));
            int[] found =
                    scratch.votes.contents(banked, lookup.pairs(), lookup.pairCount(), exceptContentId, MAX_FREQUENCY);
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
        VoteTable[] now = tables;
        return now == null || now[table].isSound();
    }

    /** How many features there are. */
    public long size() {
        return store.features();
    }

    /** How it is now; any thread. */
    public FeatureIndexState state() {
        VoteTable[] now = tables;
        long bytes = store.bytes();
        long recent = 0;
        long merges = 0;
        if (now != null) {
            for (VoteTable table : now) {
                bytes += table.bytes();
                recent = Math.max(recent, table.recentSize());
                merges += table.merges();
            }
        }
        return new FeatureIndexState(
                store.contents(),
                store.pictures(),
                store.features(),
                store.deadFeatures(),
                recent,
                merges,
                bytes,
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
        Save save = beginSave();
        try {
            save.write(file, seq, mark);
        } finally {
            save.end();
        }
    }

    /** Begins a save of what is there now. A change, as is {@link Save#end}; in between, others may be made. */
    public Save beginSave() {
        readers.phase();
        return new Save();
    }

    /** The pictures that were there at one time, to be written to a file. */
    public final class Save {
        private final long[] records;
        private final int[] firsts;
        private int listed;

        /** Three longs a picture, as in the file. Removed pictures are left out, so the file is no larger than it need be. */
        private Save() {
            int count = Math.toIntExact(store.pictures());
            records = new long[3 * count];
            firsts = new int[count];
            store.forEachContent((contentId, first) -> {
                for (int picture = first; picture != FeatureStore.NONE; picture = store.next(picture)) {
                    records[3 * listed] = contentId;
                    records[3 * listed + 1] = (long) store.ms(picture) << Integer.SIZE | store.count(picture);
                    records[3 * listed + 2] = (long) store.width(picture) << Integer.SIZE | store.height(picture);
                    firsts[listed++] = store.firstFeature(picture);
                }
            });
            store.hold();
        }

        /** Writes them; see {@link FeatureIndex#save}. Changes and lookups may go on meanwhile. */
        public void write(Path file, long seq, Hash256 mark) throws IOException {
            try (SnapshotFormat.Writer out = new SnapshotFormat.Writer(file, seq, mark)) {
                long features = 0;
                for (int i = 0; i < firsts.length; i++) {
                    features += count(i);
                }
                out.begin(Part.PICTURES, 2 * Long.BYTES + (long) records.length * Long.BYTES);
                out.putLong(Features.VERSION);
                out.putLong(firsts.length);
                for (long word : records) {
                    out.putLong(word);
                }
                out.end();
                out.begin(Part.DESCRIPTORS, features * Long.BYTES * Features.WORDS);
                for (int i = 0; i < firsts.length; i++) {
                    if (count(i) > 0) {
                        out.putMemory(
                                store.descriptorAddress(firsts[i]), (long) count(i) * Long.BYTES * Features.WORDS);
                    }
                }
                out.end();
                out.begin(Part.PLACES, features * Integer.BYTES);
                for (int i = 0; i < firsts.length; i++) {
                    if (count(i) > 0) {
                        out.putMemory(store.placeAddress(firsts[i]), (long) count(i) * Integer.BYTES);
                    }
                }
                out.end();
                out.finish();
            }
        }

        private int count(int i) {
            return (int) records[3 * i + 1];
        }

        /** Ends the save, whether it was written or not. */
        public void end() {
            store.release();
        }
    }

    /** What a save that was killed leaves beside the file. */
    public static Path unfinished(Path file) {
        return SnapshotFormat.unfinished(file);
    }

    /** An index from a file, and what was written with it. */
    public record Opened(FeatureIndex index, long seq, Hash256 mark) {}

    /**
     * Makes an index from a file that {@link #save} wrote. Tables are not in the file: to make them anew takes about as long as
     * to read them would.
     *
     * @throws org.semblance.hashdb.index.SnapshotException if the file is corrupt, too old or too new
     * @throws IOException if it cannot be read
     */
    public static Opened open(Path file) throws IOException {
        return open(file, VoteTable.Tuning.STANDARD);
    }

    static Opened open(Path file, VoteTable.Tuning tuning) throws IOException {
        FeatureIndex index = new FeatureIndex(tuning);
        boolean whole = false;
        try (SnapshotFormat.Reader in = new SnapshotFormat.Reader(file)) {
            index.load(in);
            whole = true;
            return new Opened(index, in.seq(), in.mark());
        } finally {
            if (!whole) {
                index.close();
            }
        }
    }

    private void load(SnapshotFormat.Reader in) throws IOException {
        SnapshotFormat.PartReader pictures = in.next(Part.PICTURES);
        ByteBuffer records = pictures.getRest();
        long version = records.getLong();
        if (version != Features.VERSION) {
            throw in.corrupt("features of version " + version + " (expected: " + Features.VERSION + ")");
        }
        int count = Math.toIntExact(records.getLong());
        if (records.remaining() != (long) count * RECORD_BYTES) {
            throw in.corrupt(count + " pictures in " + records.remaining() + " bytes");
        }
        int[] numbers = new int[count];
        // From the last, as the pictures of a content are put one before the other.
        for (int i = count - 1; i >= 0; i--) {
            records.position(2 * Long.BYTES + i * RECORD_BYTES);
            long contentId = records.getLong();
            long msAndCount = records.getLong();
            long size = records.getLong();
            numbers[i] = store.add(
                    contentId, (int) (msAndCount >>> Integer.SIZE), (int) (size >>> Integer.SIZE), (int) size, (int)
                            msAndCount);
        }
        SnapshotFormat.PartReader descriptors = in.next(Part.DESCRIPTORS);
        for (int number : numbers) {
            if (store.count(number) > 0) {
                descriptors.getMemory(
                        store.descriptorAddress(store.firstFeature(number)),
                        (long) store.count(number) * Long.BYTES * Features.WORDS);
            }
        }
        descriptors.end();
        SnapshotFormat.PartReader places = in.next(Part.PLACES);
        for (int number : numbers) {
            if (store.count(number) > 0) {
                places.getMemory(
                        store.placeAddress(store.firstFeature(number)), (long) store.count(number) * Integer.BYTES);
            }
        }
        places.end();
        in.next(Part.END).end();
        if (count > 0) {
            fillTables();
        }
    }

    /** Waits until no lookup is running and frees the memory. Later calls of anything but this are refused. */
    @Override
    public void close() {
        if (readers.close()) {
            store.close();
            if (tables != null) {
                for (VoteTable table : tables) {
                    table.close();
                }
            }
        }
    }
}
