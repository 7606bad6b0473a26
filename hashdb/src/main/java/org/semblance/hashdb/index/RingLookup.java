package org.semblance.hashdb.index;

import static org.semblance.hashdb.offheap.OffHeap.getInt;
import static org.semblance.hashdb.offheap.OffHeap.getLong;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
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
 * <p>Native code has them, and takes a run in one call ({@link NativeKernels}); the passes are for where there is none.
 *
 * <p>Queries go table by table, so that a run has the probes of many queries if a batch has them.
 */
final class RingLookup {
    private static final int RUN_PROBES = 1024;
    /** Lanes that are read ahead and then tested: their sketches fit the second cache. */
    private static final int READ_AHEAD_LANES = 1 << 16;

    private static final int LINE_BYTES = 64;
    private static final int CANDIDATES = NativeKernels.MOST_FOUND;
    private static final long[] NONE = {};

    private static final int LIMIT_SHIFT = Ring.MAX_WIDTH;
    private static final int CHUNK_SHIFT = 28;
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
    /** Whether the set is of a size at which few buckets have more lanes than their cells. */
    private boolean cellsHaveCopies;

    private final long[] words = new long[RUN_PROBES];
    /** Probes of the run whose cells have no copy. */
    private final int[] others = new int[RUN_PROBES + 1];

    /** The buckets of the run that are not empty: their bases, and how many lanes there are. */
    private final long[] buckets = new long[RUN_PROBES];

    private final int[] lanes = new int[RUN_PROBES];
    /** By table, see {@link Extents#bases}. */
    private final long[] bases;

    private long[] survivors = new long[2 * RUN_PROBES + 2];

    private final int[] candidates = new int[CANDIDATES];
    private final long[] candidateProbes = new long[CANDIDATES];
    private final long[] candidateHalves = new long[CANDIDATES];
    /** How many of them wait to be compared: the more there are, the more of their hashes are read at once. */
    private int waiting;

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
        for (int chunk = 0; chunk < tables.length; chunk++) {
            if (Math.max(plans[0].patterns(chunk), plans[1].patterns(chunk)) > 0) {
                probe(chunk, count);
            }
        }
        finishRun();
        compare(waiting);
        this.sink = (q, d, id) -> {};
        this.filter = null;
        this.queries = NONE;
    }

    /** Makes the probes of all queries in one table. */
    private void probe(int chunk, int count) {
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

    /** The probe of the query's own bucket; one bit of a pattern takes one from the limit. */
    private long probe(int q, int chunk, UnitPlan plan) {
        return (long) q << 32
                | (long) chunk << CHUNK_SHIFT
                | (long) plan.limit(chunk) << LIMIT_SHIFT
                | value(q, ring.next(chunk));
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
            readAhead = read(first, end);
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
     * Brings the sketches near: nothing here waits for what it reads, so the reads overlap as far as they can.
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
        follow(count);
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
