package org.semblance.hashdb.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.FormatException;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.file.SnapshotFormat.Part;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.kernel.Kernels;
import org.semblance.hashdb.offheap.HugePages;
import org.semblance.hashdb.offheap.Readers;
import org.semblance.hashdb.offheap.ScratchPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Multi-index hashing on a ring: exact, and some four orders of magnitude fewer comparisons than a scan.
 *
 * <p><b>Why it misses nothing.</b> The 256 bits are cut into m chunks, in a ring ({@link Ring}). For distance r each
 * chunk i is given {@code u_i} units, {@code r + 1} in all. Let two hashes differ in {@code d_i} bits of chunk i, and in at
 * most r in all. Then the sum of {@code d_i - u_i} is negative, and on a ring there is a start from which every running
 * sum is negative too: for every length l the chunks i to i + l - 1 differ in fewer bits than they have units (Qin and
 * Xiao, "Pigeonring: A Principle for Faster Thresholded Similarity Search", PVLDB 12(1), 2018). Length 1 says that the
 * start's chunk differs in at most {@code u_i - 1} bits: so for each chunk there is a table by its value, and a lookup
 * probes it with every value that near (Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming Space with Multi-Index
 * Hashing", 2014). Length 2 says that chunk i and the next differ in at most {@code u_i + u_(i+1) - 1} bits together: so
 * beside each entry lies the next chunk, and one vector instruction tests 16 or 32 entries without touching their hashes.
 * What is left, some ninety of ten million at distance 31, is compared in full.
 *
 * <p><b>Each match once.</b> A pair of hashes may find each other through several tables; only the one named by {@link
 * UnitPlan#start} reports it. So no lookup keeps a set of what it has seen.
 *
 * <p><b>Parity.</b> Every PDQ hash of a picture has 128 bits set, so distances are even and within 31 means within 30:
 * one unit less. The index knows whether all its hashes agree in parity.
 *
 * <p><b>Cost.</b> At distance 31 a lookup probes 272 buckets of n / 65,536 lanes each, 6 bytes a lane in each of sixteen
 * tables; in sets that begin with {@value #LARGE_FROM} hashes 2,116 buckets of n / 4,194,304 lanes (some n / 1,048,576), 8
 * bytes a lane in each of twelve. A set that grows beyond that number keeps its tables until it is opened anew: to have both
 * kinds at once would take twice the memory. Up to some 1.1 million hashes the sketches lie in the directory as well, so that
 * a bucket is one cache line ({@link Directory}): 60 MB more. Sets of fewer than {@value #SCANNED_UP_TO} hashes have no tables
 * and are scanned, and so is everything where the tables would look at more than a scan does: distances beyond {@link
 * Ring#maxDistance}, 63 or 47, or somewhat below in small sets.
 *
 * <p><b>Live.</b> One writer changes the tables in place ({@link LaneTable}); lookups take no lock and never wait ({@link
 * Readers}). When a set grows beyond the scan, tables are filled beside the running index, some entries with each
 * addition, and appear when they are complete.
 */
public final class PigeonringIndex implements HashIndex {
    private static final Logger LOG = LoggerFactory.getLogger(PigeonringIndex.class);

    /**
     * When the index does what; tests ask for all of it on small sets.
     *
     * @param scannedUpTo sets of so many hashes have no tables
     * @param byCost whether lookups scan where that is expected to be faster than the tables
     * @param deadTolerated bytes of a table that may be dead, however small it is
     * @param ring how hashes are cut while there are not many
     * @param largeRing how they are if there are {@code largeFrom} of them when the tables are made
     */
    record Tuning(int scannedUpTo, boolean byCost, long deadTolerated, Ring ring, Ring largeRing, int largeFrom) {
        /** Up to 2^15 hashes a scan is as fast as the tables, and has none of their memory; by the costs below. */
        static final Tuning STANDARD = new Tuning(SCANNED_UP_TO, true, 1 << 20, Ring.SIXTEEN, Ring.TWELVE, LARGE_FROM);

        /** With that ring for sets of any size. */
        Tuning(int scannedUpTo, boolean byCost, long deadTolerated, Ring ring) {
            this(scannedUpTo, byCost, deadTolerated, ring, ring, Integer.MAX_VALUE);
        }

        Ring ringFor(int hashes) {
            return hashes >= largeFrom ? largeRing : ring;
        }

        /** The ring of tables that a snapshot has, or null if such are not for so many hashes. */
        @Nullable
        Ring kept(long ringNumber, int hashes) {
            if (ringNumber == ringFor(hashes).number()) {
                return ringFor(hashes);
            }
            // A set whose size goes up and down a little shall not have its tables made anew at each start.
            return ringNumber == largeRing.number() && hashes >= largeFrom / 2 ? largeRing : null;
        }
    }

    private static final int SCANNED_UP_TO = 1 << 15;
    /** Measured: at ten million sixteen chunks are twice as fast, at a hundred million twelve; in between interpolated. */
    private static final int LARGE_FROM = 50_000_000;

    /**
     * Costs in batches at ten million hashes; they decide only where the two ways come close. Those of the tables are
     * estimated from profiles, those of the scan are measured.
     */
    private static final double PROBE_NANOS = 15;

    private static final double LANE_NANOS = 0.05;
    private static final double CANDIDATE_NANOS = 25;
    private static final double HALF_NANOS = 0.12;
    private static final double WHOLE_NANOS = 0.19;

    /** How many slots each addition enters into tables that are being filled. */
    private static final int FILLED_AN_ADDITION = 16;

    private final Readers readers = new Readers();
    private final SlotStore store = new SlotStore(readers);
    private final ScratchPool<int[]> scanScratch = new ScratchPool<>(() -> new int[Kernels.BLOCK]);
    private final Kernels kernels;
    private final Tuning tuning;

    /** What lookups use; null while the set is scanned. */
    private volatile @Nullable Tables tables;

    /** Tables that are being filled: all slots below {@link #filled} are in. */
    private @Nullable Tables filling;

    /** Tables that could not be changed; lookups that began before may still go through them. */
    private @Nullable Tables abandoned;

    private int filled;
    /** The table whose turn it is to be set right. */
    private int maintained;

    /** A table for each chunk, with the scratch of the lookups that go through them. */
    private static final class Tables implements AutoCloseable {
        final Ring ring;
        final LaneTable[] byChunk;
        final ScratchPool<RingLookup> lookups;
        /** Of the other forms, for those who compare them. */
        final Map<String, ScratchPool<RingLookup>> otherLookups = new ConcurrentHashMap<>();

        private final SlotStore store;

        Tables(Ring ring, SlotStore store, Readers readers, Kernels kernels, long deadTolerated) {
            this.ring = ring;
            this.store = store;
            byChunk = new LaneTable[ring.chunks()];
            Arrays.setAll(byChunk, chunk -> new LaneTable(ring, chunk, store, readers, deadTolerated));
            lookups = newLookups(kernels);
        }

        private ScratchPool<RingLookup> newLookups(Kernels kernels) {
            return new ScratchPool<>(() -> new RingLookup(store, ring, byChunk, kernels));
        }

        ScratchPool<RingLookup> lookups(Kernels kernels) {
            return otherLookups.computeIfAbsent(kernels.name(), name -> newLookups(kernels));
        }

        void add(int slot) {
            for (LaneTable table : byChunk) {
                table.add(slot);
            }
        }

        void remove(int slot) {
            for (LaneTable table : byChunk) {
                table.remove(slot);
            }
        }

        @Override
        public void close() {
            for (LaneTable table : byChunk) {
                table.close();
            }
        }
    }

    /** An empty index. */
    public PigeonringIndex() {
        this(Kernels.best(), Tuning.STANDARD);
    }

    PigeonringIndex(Kernels kernels, Tuning tuning) {
        this.kernels = kernels;
        this.tuning = tuning;
    }

    @Override
    public boolean add(Hash256 hash, long contentId) {
        return add(hash.w3(), hash.w2(), hash.w1(), hash.w0(), contentId, true);
    }

    private boolean add(long w3, long w2, long w1, long w0, long contentId, boolean withTables) {
        Arguments.checkContentId(contentId);
        readers.phase();
        int slot = store.find(w3, w2, w1, w0);
        if (slot != SlotMap.NONE) {
            return store.attach(slot, contentId);
        }
        slot = store.insert(w3, w2, w1, w0, contentId);
        if (withTables) {
            enter(slot);
        }
        return true;
    }

    private void enter(int slot) {
        Tables live = tables;
        if (live != null) {
            change(live, () -> live.add(slot));
            return;
        }
        if (filling == null && abandoned == null && store.liveSlots() > tuning.scannedUpTo) {
            filling = newTables(tuning.ringFor(store.liveSlots()));
            filled = 0;
        }
        Tables next = filling;
        if (next != null) {
            if (slot < filled) {
                next.add(slot);
            }
            fillSome(next);
        }
    }

    /** Changes the tables. If memory runs out half way they would miss a hash: then lookups scan from now on. */
    private void change(Tables live, Runnable change) {
        boolean done = false;
        try {
            change.run();
            maintainSome(live);
            done = true;
        } finally {
            if (!done) {
                LOG.error(
                        "the tables of the index could not be changed: it answers by scanning until it is opened anew");
                abandoned = live;
                tables = null;
            }
        }
    }

    private Tables newTables(Ring ring) {
        return new Tables(ring, store, readers, kernels, tuning.deadTolerated);
    }

    private void fillSome(Tables next) {
        int slots = store.slots();
        int end = Math.min(slots, filled + FILLED_AN_ADDITION);
        for (; filled < end; filled++) {
            if (!store.isFree(filled)) {
                next.add(filled);
            }
        }
        if (filled == slots) {
            filling = null;
            tables = next;
        }
    }

    private void maintainSome(Tables live) {
        LaneTable table = live.byChunk[maintained];
        if (table.needsMaintenance()) {
            table.maintainSome();
        } else {
            maintained = live.ring.next(maintained);
        }
    }

    @Override
    public void addAll(Consumer<PairSink> pairs) {
        boolean deferred = isWithoutTables();
        try {
            pairs.accept((w3, w2, w1, w0, contentId) -> add(w3, w2, w1, w0, contentId, !deferred));
        } finally {
            fillDeferred(deferred);
        }
    }

    private boolean isWithoutTables() {
        return tables == null && filling == null && abandoned == null;
    }

    private void fillDeferred(boolean deferred) {
        if (deferred && store.liveSlots() > tuning.scannedUpTo) {
            fillAll();
        }
    }

    /**
     * The content that carries exactly this hash, or -1 if none does or several do. For the one thread that changes the
     * index: it reads the map of hashes and takes as long for ten million as for ten.
     */
    public long carrier(Hash256 hash) {
        int slot = store.find(hash.w3(), hash.w2(), hash.w1(), hash.w0());
        return slot == SlotMap.NONE ? -1 : Math.max(-1, store.contentWord(slot));
    }

    /**
     * Has this content carry the hash in the place of the one that did, or adds the pair. For owners of which each hash has
     * one content at most: unlike {@link #add}, its time does not grow with how often the same hash comes.
     *
     * @param contentId 0 or more
     */
    public void put(Hash256 hash, long contentId) {
        put(hash, contentId, true);
    }

    private void put(Hash256 hash, long contentId, boolean withTables) {
        int slot = store.find(hash.w3(), hash.w2(), hash.w1(), hash.w0());
        if (slot == SlotMap.NONE) {
            add(hash.w3(), hash.w2(), hash.w1(), hash.w0(), contentId, withTables);
            return;
        }
        Arguments.checkContentId(contentId);
        readers.phase();
        store.replace(slot, contentId);
    }

    /** Puts many pairs in one go, as {@link #put}, which costs far less a pair when the index is small or empty. */
    public void putAll(Consumer<BiConsumer<Hash256, Long>> pairs) {
        boolean deferred = isWithoutTables();
        try {
            pairs.accept((hash, contentId) -> put(hash, contentId, !deferred));
        } finally {
            fillDeferred(deferred);
        }
    }

    @Override
    public boolean remove(Hash256 hash, long contentId) {
        readers.phase();
        int slot = store.find(hash, contentId);
        if (slot == SlotMap.NONE) {
            return false;
        }
        store.detach(slot, contentId);
        if (store.isFree(slot)) {
            Tables live = tables;
            if (live != null) {
                change(live, () -> live.remove(slot));
            } else if (filling != null && slot < filled) {
                filling.remove(slot);
            }
            store.retire(slot);
        }
        return true;
    }

    @Override
    public void lookup(Hash256 query, int maxDistance, HitSink sink) {
        lookup(new long[] {query.w3(), query.w2(), query.w1(), query.w0()}, 1, maxDistance, sink);
    }

    @Override
    public void lookup(long[] queries, int count, int maxDistance, HitSink sink) {
        lookup(queries, count, maxDistance, null, sink);
    }

    /**
     * Reports pairs within the distance. Contents that the filter does not want are passed over as early as they are met, so
     * that they take next to no time; some of them may be reported all the same.
     *
     * @param filter null for none
     */
    public void lookup(long[] queries, int count, int maxDistance, @Nullable ContentFilter filter, HitSink sink) {
        lookup(null, queries, count, maxDistance, filter, sink);
    }

    /**
     * Reports pairs within the distance, found by another form of the kernels; the pairs are the same.
     *
     * @param form null for that of this index
     * @param filter null for none
     */
    public void lookup(
            @Nullable Kernels form,
            long[] queries,
            int count,
            int maxDistance,
            @Nullable ContentFilter filter,
            HitSink sink) {
        Arguments.checkLookup(queries, count, maxDistance);
        int ticket = readers.enter();
        try {
            Tables live = tables;
            if (live == null || scanIsCheaper(live.ring, maxDistance)) {
                scan(form == null ? kernels : form, queries, count, maxDistance, sink);
            } else {
                UnitPlan[] plans = {plan(live.ring, 0, maxDistance), plan(live.ring, 1, maxDistance)};
                ScratchPool<RingLookup> lookups = form == null ? live.lookups : live.lookups(form);
                RingLookup lookup = lookups.take();
                lookup.lookup(queries, count, maxDistance, plans, filter, sink);
                lookups.give(lookup);
            }
        } finally {
            readers.exit(ticket);
        }
    }

    private void scan(Kernels form, long[] queries, int count, int maxDistance, HitSink sink) {
        int[] found = scanScratch.take();
        LinearScanIndex.scan(store, form, queries, count, maxDistance, found, sink);
        scanScratch.give(found);
    }

    /** Whether comparing all hashes is expected to be faster than the probes, lanes and candidates of the tables. */
    private boolean scanIsCheaper(Ring ring, int maxDistance) {
        if (maxDistance > ring.maxDistance()) {
            return true;
        }
        if (!tuning.byCost) {
            return false;
        }
        UnitPlan plan = ring.plan(maxDistance);
        double hashes = store.slots();
        double tables = plan.probes() * PROBE_NANOS
                + hashes * (plan.lanesAHash() * LANE_NANOS + plan.candidatesAHash() * CANDIDATE_NANOS);
        double scan = hashes * (LinearScanIndex.readsHalves(maxDistance) ? HALF_NANOS : WHOLE_NANOS);
        return scan < tables;
    }

    /** The plan for queries of that parity: where all distances are even (odd), one less may be as good. */
    private UnitPlan plan(Ring ring, int parity, int maxDistance) {
        boolean even = store.hasOnlyParity(parity);
        boolean odd = store.hasOnlyParity(1 - parity);
        boolean lessWillDo = maxDistance > 0 && (maxDistance % 2 == 1 ? even : odd);
        return ring.plan(lessWillDo ? maxDistance - 1 : maxDistance);
    }

    /**
     * Writes everything to a file from which {@link #open} makes the same index again, in place of one that is there. A
     * change, so no other may run beside; lookups may.
     *
     * @param seq what the caller wants to know when it opens the file: how far the index has come
     * @param mark what the caller wants to know when it opens the file: which catalog the index is of
     * @throws IOException if the file cannot be written, or the thread was interrupted; a file that was there before is
     *     still whole
     */
    public void save(Path file, long seq, Hash256 mark) throws IOException {
        readers.phase();
        try (SnapshotFormat.Writer out = new SnapshotFormat.Writer(file, seq, mark)) {
            store.save(out);
            Tables live = tables;
            out.begin(Part.TABLES, 2 * Long.BYTES);
            out.putLong(live == null ? 0 : live.ring.number());
            out.putLong(live == null ? 0 : live.ring.chunks());
            out.end();
            if (live != null) {
                for (LaneTable table : live.byChunk) {
                    table.save(out);
                }
            }
            out.finish();
        }
    }

    /** An index from a file, and what was written with it. */
    public record Opened(PigeonringIndex index, long seq, Hash256 mark) {}

    /**
     * Makes an index from a file that {@link #save} wrote. The file is checked as it is read into memory
     * of the index and not mapped: checking reads every byte anyway, and lookups need the huge pages that a mapped file
     * does not get.
     *
     * @throws FormatException if the file is corrupt, too old or too new
     * @throws IOException if it cannot be read
     */
    public static Opened open(Path file) throws IOException {
        return open(file, Kernels.best(), Tuning.STANDARD);
    }

    static Opened open(Path file, Kernels kernels, Tuning tuning) throws IOException {
        PigeonringIndex index = new PigeonringIndex(kernels, tuning);
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
        store.load(in);
        ByteBuffer written = in.next(Part.TABLES).getRest();
        long ringNumber = written.getLong();
        List<SnapshotFormat.PartReader> parts = new ArrayList<>();
        for (long count = written.getLong(); count > 0; count--) {
            parts.add(in.next(Part.TABLE));
        }
        in.next(Part.END).end();
        Ring ring = tuning.kept(ringNumber, store.liveSlots());
        if (ring != null) {
            Tables next = newTables(ring);
            filling = next;
            loadAll(next.byChunk, parts);
            filling = null;
            tables = next;
            HugePages.gather();
        } else if (store.liveSlots() > tuning.scannedUpTo) {
            fillAll();
        }
    }

    /** Each table by itself, on all cores. Returns when none is being written any more, also after a failure. */
    private static void loadAll(LaneTable[] byChunk, List<SnapshotFormat.PartReader> parts) throws IOException {
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        IntStream.range(0, byChunk.length).parallel().forEach(chunk -> {
            try {
                byChunk[chunk].load(parts.get(chunk));
            } catch (IOException | RuntimeException e) {
                failure.compareAndSet(null, e);
            }
        });
        switch (failure.get()) {
            case null -> {}
            case IOException e -> throw e;
            case Exception e -> throw new IllegalStateException("a table of the index could not be loaded", e);
        }
    }

    private void fillAll() {
        Tables next = newTables(tuning.ringFor(store.liveSlots()));
        Arrays.stream(next.byChunk).parallel().forEach(LaneTable::fill);
        tables = next;
        HugePages.gather();
    }

    @Override
    public long size() {
        return store.pairs();
    }

    @Override
    public long offHeapBytes() {
        long bytes = store.offHeapBytes();
        Tables live = tables;
        if (live != null) {
            for (LaneTable table : live.byChunk) {
                bytes += table.offHeapBytes();
            }
        }
        return bytes;
    }

    /** How it is now; any thread. */
    public IndexState state() {
        Tables live = tables;
        long used = 0;
        long dead = 0;
        int moving = 0;
        long moves = 0;
        if (live != null) {
            for (LaneTable table : live.byChunk) {
                used += table.usedBytes();
                dead += table.deadBytes();
                moving += table.isMoving() ? 1 : 0;
                moves += table.moves();
            }
        }
        return new IndexState(
                store.pairs(),
                store.liveSlots(),
                store.slots(),
                store.slotsAllocated(),
                live != null
                        ? IndexState.Mode.TABLES
                        : abandoned == null ? IndexState.Mode.SCAN : IndexState.Mode.DEGRADED,
                live == null ? 0 : live.byChunk.length,
                used,
                dead,
                moving,
                moves,
                offHeapBytes());
    }

    @Override
    public void close() {
        if (readers.close()) {
            store.close();
            if (tables != null) {
                tables.close();
            }
            if (filling != null) {
                filling.close();
            }
            if (abandoned != null) {
                abandoned.close();
            }
        }
    }
}
