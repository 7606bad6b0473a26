package org.semblance.hashdb.index;

import static org.semblance.hashdb.offheap.OffHeap.getInt;
import static org.semblance.hashdb.offheap.OffHeap.getLong;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.index.kernel.CandidateSort;
import org.semblance.hashdb.index.kernel.Kernels;
import org.semblance.hashdb.index.kernel.NativeKernels;
import org.semblance.hashdb.offheap.Extents;
import org.semblance.hashdb.offheap.Readers;

/**
 * A lookup through the tables of {@link PigeonringIndex}, and the scratch it works in; used by one lookup at a time.
 *
 * <p>The work is memory that is not in any cache, so it is cut into passes that each do one kind of read for many probes
 * and decide nothing in between: a branch that waits for memory would stop the processor from reading ahead. A run
 * gathers probes (bucket, query), across queries and tables; then come the directory words, then the sketches, first
 * touched and then tested, then the slot numbers of the lanes that survived, then half of their hashes. Java has no
 * prefetch instruction, and this is what stands in for it.
 *
 * <p>Queries go table by table. In large batches the probes of a table with long buckets are sorted by bucket, so that a
 * bucket is read once for all queries that want it and the table streams by; and the lanes that survive wait in {@link
 * CandidateSort}, so that the hashes stream by as well.
 */
final class RingLookup {
    private static final int RUN_PROBES = 1024;
    /** Lanes that are read ahead and then tested: their sketches fit the second cache. */
    private static final int READ_AHEAD_LANES = 1 << 16;

    private static final int LINE_BYTES = 64;
    private static final int CANDIDATES = NativeKernels.MOST_FOUND;
    /** From this many queries on the probes are sorted: every other bucket is then wanted at distance 31; an estimate. */
    private static final int SORTED_FROM = 2048;

    private static final int SORTED_PROBES = 1 << 19;

    private static final long[] NONE = {};

    private static final int LIMIT_SHIFT = Ring.MAX_WIDTH;
    private static final int CHUNK_SHIFT = 28;
    /** Of a probe, the limit and the sketch. */
    private static final int TEST_BITS = 26;

    private static final long TEST_MASK = (1 << TEST_BITS) - 1;

    /** In a sorted probe: query (16), bucket (22), limit (4), sketch (22). */
    private static final int SORTED_QUERY_SHIFT = TEST_BITS + Ring.MAX_WIDTH;

    private static final int SORTED_QUERIES = 1 << Long.SIZE - SORTED_QUERY_SHIFT;

    /** Probes are sorted by so many of the upper bits of their buckets. */
    private static final int PLACE_BITS = 16;

    private final SlotStore store;
    private final Ring ring;
    private final LaneTable[] tables;
    private final int halfChunks;
    private final int sketchShift;
    private final Kernels kernels;
    /** Takes whole runs, in the place of all passes; null if this form does not. */
    private final NativeKernels.@Nullable Run natives;

    /** The run: where the directory word of each bucket lies, and what it is probed for. */
    private final long[] entries = new long[RUN_PROBES];

    /** Query (upper 32 bits), chunk (4), limit, see {@link UnitPlan#limit} (6), sketch (22). */
    private final long[] probes = new long[RUN_PROBES];

    private int run;
    /** Whether runs of this lookup are sorted, so that probes of a bucket stand together. */
    private boolean inOrderOfBuckets;
    /** Whether the set is of a size at which few buckets have more lanes than their cells. */
    private boolean cellsHaveCopies;

    private final long[] words = new long[RUN_PROBES];
    /** Probes of the run whose cells have no copy. */
    private final int[] others = new int[RUN_PROBES + 1];

    /** The buckets of the run that are not empty: their bases, and how many lanes there are. */
    private final long[] buckets = new long[RUN_PROBES];

    private final int[] lanes = new int[RUN_PROBES];
    private final long[] lines = new long[RUN_PROBES];
    private final long[] lastLines = new long[RUN_PROBES];
    /** By table, see {@link Extents#bases}. */
    private final long[] bases;

    private long[] survivors = new long[2 * RUN_PROBES + 2];

    private final int[] candidates = new int[CANDIDATES];
    private final long[] candidateProbes = new long[CANDIDATES];
    private final long[] candidateHalves = new long[CANDIDATES];
    /** How many of them wait to be compared: the more there are, the more of their hashes are read at once. */
    private int waiting;

    private long[] unsorted = NONE;
    private long[] sorted = NONE;
    private int[] placeEnds = {};

    private final CandidateSort putOff = new CandidateSort();

    private long[] queries = NONE;
    private int maxDistance;
    private HashIndex.HitSink sink = (q, d, id) -> {};
    private HashIndex.@Nullable ContentFilter filter;
    private UnitPlan[] plans = {};
    /** Keeps the compiler from dropping the reads ahead. */
    @SuppressWarnings("UnusedVariable")
    private long readAhead;

    RingLookup(SlotStore store, Ring ring, LaneTable[] tables, Kernels kernels) {
        this.store = store;
        this.ring = ring;
        halfChunks = ring.chunks() / 2;
        sketchShift = Integer.numberOfTrailingZeros(ring.sketchBytes());
        this.tables = tables;
        this.kernels = kernels;
        bases = Arrays.stream(tables).mapToLong(LaneTable::bases).toArray();
        boolean wide = ring.sketchBytes() != Short.BYTES;
        natives = kernels instanceof NativeKernels form
                ? form.scratch(wide, halfChunks, store.chunks(), bases, RUN_PROBES)
                : null;
    }

    /**
     * Looks the queries up; the caller has entered {@link Readers}.
     *
     * @param plans for queries with an even and with an odd number of bits; each covers {@code maxDistance}
     */
    void lookup(
            long[] queries,
            int count,
            int maxDistance,
            UnitPlan[] plans,
            HashIndex.@Nullable ContentFilter filter,
            HashIndex.HitSink sink) {
        this.queries = queries;
        this.maxDistance = maxDistance;
        this.plans = plans;
        this.filter = filter;
        this.sink = sink;
        run = 0;
        waiting = 0;
        cellsHaveCopies = tables[0].directory().hasCopies();
        // A copied bucket is one line, and native code waits for few: to sort takes longer than to read anew for each
        // query.
        inOrderOfBuckets = count >= SORTED_FROM && !cellsHaveCopies && natives == null;
        if (inOrderOfBuckets) {
            putOff.begin();
        }
        for (int chunk = 0; chunk < tables.length; chunk++) {
            int patterns = Math.max(plans[0].patterns(chunk), plans[1].patterns(chunk));
            if (patterns == 0) {
                continue;
            }
            if (!inOrderOfBuckets) {
                probeInOrder(chunk, count);
            } else {
                int group = Math.min(SORTED_QUERIES, SORTED_PROBES / patterns);
                for (int first = 0; first < count; first += group) {
                    probeSorted(chunk, first, Math.min(count, first + group));
                }
            }
        }
        finishRun();
        if (inOrderOfBuckets) {
            comparePutOff();
        } else {
            compare(waiting);
        }
        this.sink = (q, d, id) -> {};
        this.filter = null;
        this.queries = NONE;
        // Eight megabytes that a batch can pay for; idle scratch shall not hold them.
        unsorted = NONE;
        sorted = NONE;
        putOff.end();
    }

    private void probeInOrder(int chunk, int count) {
        Directory directory = tables[chunk].directory();
        long cells = directory.cells();
        int cellShift = directory.cellShift();
        for (int q = 0; q < count; q++) {
            UnitPlan plan = plans[parity(q)];
            long probe = probe(q, chunk, plan);
            int value = value(q, chunk);
            int[] patterns = ring.patterns(chunk);
            int end = plan.patterns(chunk);
            for (int k = 0; k < end; ) {
                int some = Math.min(end - k, RUN_PROBES - run);
                for (int i = run; i < run + some; i++, k++) {
                    int pattern = patterns[k];
                    entries[i] = cells + ((long) (value ^ pattern) << cellShift);
                    probes[i] = probe - ((long) Integer.bitCount(pattern) << LIMIT_SHIFT);
                }
                run += some;
                if (run == RUN_PROBES) {
                    finishRun();
                }
            }
        }
    }

    private void probeSorted(int chunk, int first, int end) {
        int total = sort(chunk, first, end);
        Directory directory = tables[chunk].directory();
        long cells = directory.cells();
        int cellShift = directory.cellShift();
        long part = (long) first << 32 | (long) chunk << CHUNK_SHIFT;
        for (int i = 0; i < total; i++) {
            long item = sorted[i];
            entries[run] = cells + ((long) bucket(item) << cellShift);
            probes[run] = part + (item >>> SORTED_QUERY_SHIFT << 32) + (item & TEST_MASK);
            if (++run == RUN_PROBES) {
                finishRun();
            }
        }
    }

    /** The probe of the query's own bucket; one bit of a pattern takes one from the limit. */
    private long probe(int q, int chunk, UnitPlan plan) {
        return (long) q << 32
                | (long) chunk << CHUNK_SHIFT
                | (long) plan.limit(chunk) << LIMIT_SHIFT
                | value(q, ring.next(chunk));
    }

    /** Writes the probes of these queries to {@link #sorted} in the order of their buckets, as far as {@link #PLACE_BITS} tell. */
    private int sort(int chunk, int first, int end) {
        int needed = (end - first) * Math.max(plans[0].patterns(chunk), plans[1].patterns(chunk));
        if (needed > sorted.length) {
            placeEnds = new int[1 << PLACE_BITS];
            unsorted = new long[needed];
            sorted = new long[needed];
        }
        int[] ends = placeEnds;
        Arrays.fill(ends, 0);
        int total = 0;
        int[] patterns = ring.patterns(chunk);
        int shift = Math.max(0, ring.width(chunk) - PLACE_BITS);
        for (int q = first; q < end; q++) {
            UnitPlan plan = plans[parity(q)];
            long item = (long) (q - first) << SORTED_QUERY_SHIFT | (probe(q, chunk, plan) & TEST_MASK);
            int value = value(q, chunk);
            int probed = plan.patterns(chunk);
            for (int k = 0; k < probed; k++) {
                int pattern = patterns[k];
                int bucket = value ^ pattern;
                unsorted[total++] =
                        item + ((long) bucket << TEST_BITS) - ((long) Integer.bitCount(pattern) << LIMIT_SHIFT);
                ends[bucket >>> shift]++;
            }
        }
        int sum = 0;
        for (int place = 0; place < ends.length; place++) {
            int count = ends[place];
            ends[place] = sum;
            sum += count;
        }
        for (int i = 0; i < total; i++) {
            long item = unsorted[i];
            sorted[ends[bucket(item) >>> shift]++] = item;
        }
        return total;
    }

    private static int bucket(long sortedProbe) {
        return (int) (sortedProbe >>> TEST_BITS) & (1 << Ring.MAX_WIDTH) - 1;
    }

    /** Takes the run through all passes and begins a new one. */
    private void finishRun() {
        if (natives != null) {
            takeNatively(natives);
            return;
        }
        readWords();
        int count = cellsHaveCopies ? testCells() : run;
        run = 0;
        testBuckets(findBuckets(count));
    }

    private void takeNatively(NativeKernels.Run natives) {
        natives.begin(run);
        do {
            int count = natives.go(entries, probes, queries, maxDistance, candidates, candidateProbes);
            if (filter != null) {
                count = wanted(count, filter);
            }
            for (int i = 0; i < count; i++) {
                verify(candidates[i], candidateProbes[i]);
            }
        } while (!natives.isDone());
        run = 0;
    }

    /** Reads the directory words of the run. */
    private void readWords() {
        int total = run;
        for (int i = 0; i < total; i++) {
            words[i] = getLong(entries[i]);
        }
        // Now that the words are read: what they point to. One fence for all of them instead of an acquire for each.
        VarHandle.acquireFence();
    }

    /**
     * Tests the sketches that are copied to cells, whose lines came with the words, and goes on with the lanes that survive.
     *
     * @return how many probes are left in the run
     */
    private int testCells() {
        long tested = kernels.testCells(entries, words, probes, run, survivors, others);
        int count = (int) (tested >>> 32);
        for (int i = 0; i < count; i++) {
            int p = (int) (survivors[2 * i] >>> 32);
            buckets[p] = bucket(words[p], probes[p]);
        }
        follow(count);
        int left = (int) tested;
        for (int i = 0; i < left; i++) {
            int p = others[i];
            words[i] = words[p];
            probes[i] = probes[p];
        }
        return left;
    }

    private long bucket(long word, long probe) {
        return Extents.address(bases[(int) probe >>> CHUNK_SHIFT], Directory.base(word));
    }

    private void testBuckets(int count) {
        for (int first = 0; first < count; ) {
            int end = first;
            int sum = 0;
            while (end < count && sum < READ_AHEAD_LANES) {
                sum = (int) Math.min(Integer.MAX_VALUE, (long) sum + lanes[end++]);
            }
            readAhead = inOrderOfBuckets ? readEachOnce(first, end) : read(first, end);
            testSketches(first, end, sum);
            first = end;
        }
    }

    /** Keeps the buckets of the run that are not empty. */
    private int findBuckets(int total) {
        int count = 0;
        for (int i = 0; i < total; i++) {
            long word = words[i];
            long probe = probes[i];
            buckets[count] = bucket(word, probe);
            lanes[count] = Directory.lanes(word);
            probes[count] = probe;
            count += -Directory.lanes(word) >>> 31;
        }
        return count;
    }

    /**
     * Brings the sketches near: nothing here waits for what it reads, so the reads overlap as far as they can. The plain
     * loop serves runs whose buckets hardly repeat.
     *
     * @return something that depends on every read
     */
    private long read(int first, int end) {
        int sketchShift = this.sketchShift;
        long sum = 0;
        for (int i = first; i < end; i++) {
            long address = buckets[i];
            long last = address + ((long) lanes[i] << sketchShift);
            for (; address < last; address += LINE_BYTES) {
                sum += getLong(address);
            }
        }
        return sum;
    }

    /**
     * Reads the buckets of a sorted run, in which equal buckets follow each other, once each: all of it, slot numbers too, because
     * memory that is read from end to end comes several times faster than every third line of it.
     */
    private long readEachOnce(int first, int end) {
        int distinct = 0;
        long previous = 0;
        for (int i = first; i < end; i++) {
            long bucket = buckets[i];
            long sketches = (long) lanes[i] << sketchShift;
            lines[distinct] = LaneTable.slotAt(bucket, lanes[i] - 1) & -LINE_BYTES;
            lastLines[distinct] = (bucket + sketches - 1) & -LINE_BYTES;
            long different = bucket - previous;
            distinct += (int) ((different | -different) >>> 63);
            previous = bucket;
        }
        long sum = 0;
        for (int i = 0; i < distinct; i++) {
            long last = lastLines[i];
            for (long at = lines[i]; at <= last; at += LINE_BYTES) {
                sum += getLong(at);
            }
        }
        return sum;
    }

    /** Tests the sketches of some buckets and goes on with the lanes that survive. */
    private void testSketches(int first, int end, int sum) {
        long needed = 2 * (sum / kernels.lanesAStep(ring.sketchBytes()) + 2L * (end - first));
        if (needed > survivors.length) {
            survivors = new long[Math.toIntExact(Math.max(needed, 2L * survivors.length))];
        }
        int count;
        if (ring.sketchBytes() != Short.BYTES) {
            count = kernels.testWideSketches(buckets, lanes, probes, first, end, survivors);
        } else {
            count = kernels.testSketches(buckets, lanes, probes, first, end, survivors);
        }
        if (inOrderOfBuckets) {
            putOff(count);
        } else {
            follow(count);
        }
    }

    /** Reads the slot numbers of the lanes that survived, and compares when there are many. */
    private void follow(int count) {
        int n = waiting;
        for (int i = 0; i < count; i++) {
            int p = (int) (survivors[2 * i] >>> 32);
            long probe = probes[p];
            long top = LaneTable.slotAt(buckets[p], (int) survivors[2 * i]);
            for (long rest = survivors[2 * i + 1]; rest != 0; rest &= rest - 1) {
                candidates[n] = getInt(top - 4L * Long.numberOfTrailingZeros(rest));
                candidateProbes[n] = probe;
                if (++n == CANDIDATES) {
                    compare(n);
                    n = 0;
                }
            }
        }
        waiting = n;
    }

    /** Reads the slot numbers of the lanes that survived and puts the comparison off until there are many. */
    private void putOff(int count) {
        for (int i = 0; i < count; i++) {
            int p = (int) (survivors[2 * i] >>> 32);
            long probe = probes[p];
            long top = LaneTable.slotAt(buckets[p], (int) survivors[2 * i]);
            for (long rest = survivors[2 * i + 1]; rest != 0; rest &= rest - 1) {
                int slot = getInt(top - 4L * Long.numberOfTrailingZeros(rest));
                if (putOff.add(slot, (int) (probe >>> 32), (int) probe >>> CHUNK_SHIFT)) {
                    comparePutOff();
                }
            }
        }
    }

    private void comparePutOff() {
        int count = putOff.take(store.slots());
        for (int first = 0; first < count; first += CANDIDATES) {
            int some = Math.min(CANDIDATES, count - first);
            for (int i = 0; i < some; i++) {
                candidates[i] = putOff.slot(first + i);
                candidateProbes[i] =
                        (long) putOff.query(first + i) << 32 | (long) putOff.chunk(first + i) << CHUNK_SHIFT;
            }
            compare(some);
        }
    }

    /** Drops the candidates whose content is not wanted; of a hash that several contents carry, none. */
    private int wanted(int count, HashIndex.ContentFilter wants) {
        for (int i = 0; i < count; i++) {
            candidateHalves[i] = store.contentWord(candidates[i]);
        }
        int kept = 0;
        for (int i = 0; i < count; i++) {
            long word = candidateHalves[i];
            candidates[kept] = candidates[i];
            candidateProbes[kept] = candidateProbes[i];
            kept += word < 0 || wants.wants(word) ? 1 : 0;
        }
        return kept;
    }

    /** Compares the half of each candidate in which its chunk does not lie: the bits that are news. */
    private void compare(int candidateCount) {
        int count = filter == null ? candidateCount : wanted(candidateCount, filter);
        long sum = 0;
        for (int i = 0; i < count; i++) {
            candidateHalves[i] = store.half(candidates[i], upperHalf(candidateProbes[i]));
            sum += getLong(candidateHalves[i]);
        }
        int near = 0;
        for (int i = 0; i < count; i++) {
            long probe = candidateProbes[i];
            int at = 4 * (int) (probe >>> 32) + 2 - 2 * upperHalf(probe);
            int distance = Long.bitCount(getLong(candidateHalves[i]) ^ queries[at + 1])
                    + Long.bitCount(getLong(candidateHalves[i] + Long.BYTES) ^ queries[at]);
            candidates[near] = candidates[i];
            candidateProbes[near] = probe;
            near += (distance - maxDistance - 1) >>> 31;
        }
        for (int i = 0; i < near; i++) {
            sum += getLong(store.half(candidates[i], 1 - upperHalf(candidateProbes[i])));
        }
        readAhead = sum;
        for (int i = 0; i < near; i++) {
            verify(candidates[i], candidateProbes[i]);
        }
    }

    /** 1 for a probe of a table by a chunk of the lower half, and 0 for the others. */
    private int upperHalf(long probe) {
        return ((int) probe >>> CHUNK_SHIFT) - halfChunks >>> 31;
    }

    private void verify(int slot, long probe) {
        int q = (int) (probe >>> 32);
        int at = 4 * q;
        long x3 = store.word(slot, 3) ^ queries[at];
        long x2 = store.word(slot, 2) ^ queries[at + 1];
        long x1 = store.word(slot, 1) ^ queries[at + 2];
        long x0 = store.word(slot, 0) ^ queries[at + 3];
        int distance = Long.bitCount(x3) + Long.bitCount(x2) + Long.bitCount(x1) + Long.bitCount(x0);
        if (distance <= maxDistance && plans[parity(q)].start(x3, x2, x1, x0) == ((int) probe >>> CHUNK_SHIFT)) {
            store.report(slot, queries[at], queries[at + 1], queries[at + 2], queries[at + 3], maxDistance, q, sink);
        }
    }

    private int parity(int q) {
        int at = 4 * q;
        return Long.bitCount(queries[at] ^ queries[at + 1] ^ queries[at + 2] ^ queries[at + 3]) & 1;
    }

    private int value(int q, int chunk) {
        return ring.value(queries[4 * q + 3 - ring.word(chunk)], chunk);
    }
}
