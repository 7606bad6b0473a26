package org.semblance.hashdb.index;

import static org.semblance.hashdb.index.OffHeap.getInt;
import static org.semblance.hashdb.index.OffHeap.getLong;
import static org.semblance.hashdb.index.OffHeap.getShort;
import static org.semblance.hashdb.index.OffHeap.putInt;
import static org.semblance.hashdb.index.OffHeap.putLong;
import static org.semblance.hashdb.index.OffHeap.putLongRelease;
import static org.semblance.hashdb.index.OffHeap.putShort;

import java.io.IOException;
import org.semblance.hashdb.index.SnapshotFormat.Part;

/**
 * The stored hashes by the value of one 16-bit chunk, live and off heap: one of the sixteen tables of {@link
 * PigeonringIndex}.
 *
 * <p>A bucket is one piece of memory with a lane for each hash. A lane is the hash's <em>next</em> chunk on the ring, its
 * sketch, and its slot number. Sketches run upwards from the bucket's base and slot numbers downwards, so that both are
 * found without knowing how many lanes there is room for:
 *
 * <pre>
 *            ... slot 2 | slot 1 | slot 0 | sketch 0 | sketch 1 | sketch 2 ...
 *                  4 bytes each           ^ base       2 bytes each
 *
 *   directory, 8 bytes a bucket:  base (upper 32 bits, in units of 16 bytes) | lanes (lower 32 bits)
 * </pre>
 *
 * <p>The directory word publishes a bucket as a whole. An addition writes its lane beyond the last one and then the word,
 * with release; where there is no room, and for a removal, the bucket is copied and the word swings to the copy. Readers
 * take one word with acquire and see a bucket that was whole at that moment; the old piece is used again when nobody can
 * hold it. So nothing is ever a tombstone and no bucket is ever a chain.
 *
 * <p>Buckets that outgrow their pieces leave them behind. When an eighth of a table is dead, all its buckets are copied
 * to fresh memory in the order of their numbers, some with each change, and the old memory goes back to the system: a
 * rebuild takes the memory of one table, a sixteenth of the index.
 */
final class LaneTable implements AutoCloseable {
    static final int CHUNKS = 16;
    static final int BUCKETS = 1 << 16;

    private static final long DIRECTORY_BYTES = (long) BUCKETS * Long.BYTES;
    /** Sketches of a bucket begin on a cache line, or share one if they are few; so a few lanes cost no whole line. */
    private static final int LINE_LANES = 32;

    private static final int LANE_BYTES = 6;
    private static final int UNITS_SHIFT = 2;

    private static final int DEAD_SHARE = 8;
    private static final int EVACUATED_A_STEP = 64;

    private final int chunk;
    private final SlotStore store;
    private final long deadTolerated;
    private final Extents extents;
    private final OffHeap directoryMemory = OffHeap.allocate(DIRECTORY_BYTES);
    private final long directory = directoryMemory.address();
    /** Lanes that a bucket has room for; writer only. */
    private final int[] capacities = new int[BUCKETS];

    /** Next bucket to move, or {@link #BUCKETS} when none is left. */
    private int evacuated = BUCKETS;

    private long moves;

    LaneTable(int chunk, SlotStore store, Readers readers, long deadTolerated) {
        this.chunk = chunk;
        this.store = store;
        this.deadTolerated = deadTolerated;
        extents = new Extents(readers);
    }

    /** Address of the directory: 8 bytes a bucket. */
    long directory() {
        return directory;
    }

    /** The memory that the bases of directory words lie in; to be read after the words. */
    long[] bases() {
        return extents.bases();
    }

    long offHeapBytes() {
        return DIRECTORY_BYTES + extents.mappedBytes();
    }

    long usedBytes() {
        return extents.usedBytes();
    }

    long deadBytes() {
        return extents.deadBytes();
    }

    /** Whether its buckets are being copied to fresh memory. */
    boolean isMoving() {
        return evacuated < BUCKETS;
    }

    /** How often that was done. */
    long moves() {
        return moves;
    }

    /** Enters a slot that is written and not in the table. */
    void add(int slot) {
        int bucket = value(slot, chunk);
        long word = word(bucket);
        int count = (int) word;
        if (count == capacities[bucket]) {
            int capacity = capacity(count + 1 + count / 8);
            move(bucket, capacity);
            word = word(bucket);
        }
        putLane(extents.address(base(word)), count, slot);
        putLongRelease(directory + 8L * bucket, word + 1);
    }

    /** Takes a slot out; its hash must still be in the store. */
    void remove(int slot) {
        int bucket = value(slot, chunk);
        long word = word(bucket);
        int count = (int) word;
        long base = extents.address(base(word));
        int lane = 0;
        while (getInt(slotAt(base, lane)) != slot) {
            lane++;
        }
        int rest = count - 1;
        int capacity = capacities[bucket];
        int fitting = capacity(rest);
        if (rest == 0) {
            putLongRelease(directory + 8L * bucket, 0);
            retire(word, capacity);
            capacities[bucket] = 0;
            return;
        }
        int wanted = capacity - fitting > Math.max(LINE_LANES, capacity / 4) ? fitting : capacity;
        int number = allocate(wanted);
        long copy = extents.address(number);
        copyLanes(base, copy, rest);
        if (lane != rest) {
            putShort(copy + 2L * lane, getShort(base + 2L * rest));
            putInt(slotAt(copy, lane), getInt(slotAt(base, rest)));
        }
        putLongRelease(directory + 8L * bucket, (long) number << 32 | rest);
        retire(word, capacity);
        capacities[bucket] = wanted;
    }

    /** Fills an empty table, which no lookup sees yet, with every slot in use. */
    void fill() {
        int[] counts = new int[BUCKETS];
        int slots = store.slots();
        for (int slot = 0; slot < slots; slot++) {
            if (!store.isFree(slot)) {
                counts[value(slot, chunk)]++;
            }
        }
        long[] addresses = new long[BUCKETS];
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            if (counts[bucket] > 0) {
                capacities[bucket] = capacity(counts[bucket]);
                int number = allocate(capacities[bucket]);
                addresses[bucket] = extents.address(number);
                putLong(directory + 8L * bucket, (long) number << 32 | counts[bucket]);
            }
        }
        for (int slot = slots - 1; slot >= 0; slot--) {
            if (!store.isFree(slot)) {
                int bucket = value(slot, chunk);
                putLane(addresses[bucket], --counts[bucket], slot);
            }
        }
    }

    /** Writes the table as it would lie in fresh memory; the writer's thread. */
    void save(SnapshotFormat.Writer out) throws IOException {
        int[] places = new int[BUCKETS];
        int units = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            int count = (int) word(bucket);
            if (count > 0) {
                int size = Extents.units((long) capacity(count) * LANE_BYTES);
                places[bucket] = Extents.aligned(units, size);
                units = places[bucket] + size;
            }
        }
        out.begin(Part.TABLE, Long.BYTES + DIRECTORY_BYTES + (long) units * Extents.UNIT);
        out.putLong(units);
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            int count = (int) word(bucket);
            out.putLong(count == 0 ? 0 : (long) (places[bucket] + (capacity(count) >> UNITS_SHIFT)) << 32 | count);
        }
        int next = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            int count = (int) word(bucket);
            if (count > 0) {
                int capacity = capacity(count);
                int size = Extents.units((long) capacity * LANE_BYTES);
                long base = extents.address(base(word(bucket)));
                out.putZeros((places[bucket] - next) * Extents.UNIT + 4 * (capacity - count));
                out.putMemory(base - 4L * count, 4L * count);
                out.putMemory(base, 2L * count);
                out.putZeros(size * Extents.UNIT - 4 * capacity - 2 * count);
                next = places[bucket] + size;
            }
        }
        out.end();
    }

    /** Fills an empty table, which no lookup sees yet, with what {@link #save} wrote. */
    void load(SnapshotFormat.PartReader in) throws IOException {
        int units = (int) in.getLong();
        in.getMemory(directory, DIRECTORY_BYTES);
        in.require((long) units * Extents.UNIT);
        in.getMemory(extents.adopt(units), (long) units * Extents.UNIT);
        in.end();
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            int count = (int) word(bucket);
            capacities[bucket] = count == 0 ? 0 : capacity(count);
        }
    }

    /** Whether too much of the memory is dead, or the copying has begun. */
    boolean needsEvacuation() {
        return evacuated < BUCKETS || extents.deadBytes() > Math.max(deadTolerated, extents.usedBytes() / DEAD_SHARE);
    }

    /** Copies some buckets to fresh memory. */
    void evacuateSome() {
        if (evacuated == BUCKETS) {
            evacuated = 0;
            extents.beginEvacuation();
        }
        int end = Math.min(BUCKETS, evacuated + EVACUATED_A_STEP);
        for (; evacuated < end; evacuated++) {
            int count = (int) word(evacuated);
            if (count > 0) {
                move(evacuated, capacity(count + 1));
            }
        }
        if (evacuated == BUCKETS) {
            extents.endEvacuation();
            moves++;
        }
    }

    private void move(int bucket, int capacity) {
        long word = word(bucket);
        int count = (int) word;
        int number = allocate(capacity);
        if (count > 0) {
            copyLanes(extents.address(base(word)), extents.address(number), count);
        }
        putLongRelease(directory + 8L * bucket, (long) number << 32 | count);
        if (count > 0) {
            retire(word, capacities[bucket]);
        }
        capacities[bucket] = capacity;
    }

    private void putLane(long base, int lane, int slot) {
        putShort(base + 2L * lane, (short) value(slot, chunk + 1 & CHUNKS - 1));
        putInt(slotAt(base, lane), slot);
    }

    private static void copyLanes(long from, long to, int count) {
        OffHeap.copy(from, to, 2L * count);
        OffHeap.copy(from - 4L * count, to - 4L * count, 4L * count);
    }

    /** Where the slot number of a lane lies. */
    private static long slotAt(long base, int lane) {
        return base - 4L * (lane + 1L);
    }

    private long word(int bucket) {
        return getLong(directory + 8L * bucket);
    }

    private static int base(long word) {
        return (int) (word >>> 32);
    }

    private int allocate(int capacity) {
        return extents.allocate((long) capacity * LANE_BYTES) + (capacity >> UNITS_SHIFT);
    }

    private void retire(long word, int capacity) {
        extents.retire(base(word) - (capacity >> UNITS_SHIFT), (long) capacity * LANE_BYTES);
    }

    /** Room for that many lanes: a quarter or half of a cache line of sketches, or whole ones. */
    private static int capacity(int lanes) {
        if (lanes <= LINE_LANES / 4) {
            return LINE_LANES / 4;
        }
        if (lanes <= LINE_LANES / 2) {
            return LINE_LANES / 2;
        }
        return lanes + LINE_LANES - 1 & -LINE_LANES;
    }

    private int value(int slot, int ofChunk) {
        return (int) (store.word(slot, ofChunk >> 2) >>> (16 * (ofChunk & 3))) & 0xFFFF;
    }

    @Override
    public void close() {
        directoryMemory.close();
        extents.close();
    }
}
