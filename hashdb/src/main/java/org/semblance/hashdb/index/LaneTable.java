package org.semblance.hashdb.index;

import static org.semblance.hashdb.index.OffHeap.getInt;
import static org.semblance.hashdb.index.OffHeap.getLong;
import static org.semblance.hashdb.index.OffHeap.putInt;
import static org.semblance.hashdb.index.OffHeap.putLong;
import static org.semblance.hashdb.index.OffHeap.putLongRelease;
import static org.semblance.hashdb.index.OffHeap.putShort;

import java.io.IOException;
import java.util.Arrays;
import org.semblance.hashdb.index.SnapshotFormat.Part;

/**
 * The stored hashes by the value of one chunk, live and off heap: one of the tables of {@link PigeonringIndex}.
 *
 * <p>A bucket is one piece of memory with a lane for each hash. A lane is the hash's <em>next</em> chunk on the ring, its
 * sketch, and its slot number. Sketches run upwards from the bucket's base and slot numbers downwards, so that both are
 * found without knowing how many lanes there is room for:
 *
 * <pre>
 *            ... slot 2 | slot 1 | slot 0 | sketch 0 | sketch 1 | sketch 2 ...
 *                  4 bytes each           ^ base       2 or 4 bytes each
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
 * rebuild takes the memory of one table.
 */
final class LaneTable implements AutoCloseable {
    /** Slot numbers of so many lanes take a unit of {@link Extents}. */
    private static final int LEAST_LANES = Extents.UNIT / Integer.BYTES;

    private static final int UNITS_SHIFT = 2;

    private static final int DEAD_SHARE = 8;
    private static final int EVACUATED_A_STEP = 64;

    /** Slots that {@link #fill} orders in one go: there are then several for most buckets. */
    private static final int FILLED_AT_ONCE_BITS = 25;

    private static final int FILLED_AT_ONCE = 1 << FILLED_AT_ONCE_BITS;
    /** The buckets of a group lie in the second cache: their memory is a thousandth of the table's. */
    private static final int FILL_GROUP_BITS = 10;

    private static final int FILL_GROUPS = 1 << FILL_GROUP_BITS;

    private final Ring ring;
    private final int chunk;
    private final SlotStore store;
    private final long deadTolerated;
    private final Extents extents;
    private final int buckets;
    private final int sketchBytes;
    private final int laneBytes;
    /** Directory and capacities in one block, for each would begin with a huge page of its own. */
    private final OffHeap directoryMemory;

    private final long directory;
    private final long directoryBytes;
    /** Lanes that a bucket has room for, 4 bytes each; writer only. */
    private final long capacities;

    /** Next bucket to move, or {@link #buckets} when none is left. */
    private int evacuated;

    private long moves;

    LaneTable(Ring ring, int chunk, SlotStore store, Readers readers, long deadTolerated) {
        this.ring = ring;
        this.chunk = chunk;
        this.store = store;
        this.deadTolerated = deadTolerated;
        extents = new Extents(readers);
        buckets = 1 << ring.width(chunk);
        sketchBytes = ring.sketchBytes();
        laneBytes = Integer.BYTES + sketchBytes;
        directoryBytes = (long) buckets * Long.BYTES;
        directoryMemory = OffHeap.allocate(directoryBytes + (long) buckets * Integer.BYTES);
        directory = directoryMemory.address();
        capacities = directory + directoryBytes;
        evacuated = buckets;
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
        return directoryMemory.bytes() + extents.mappedBytes();
    }

    long usedBytes() {
        return extents.usedBytes();
    }

    long deadBytes() {
        return extents.deadBytes();
    }

    /** Whether its buckets are being copied to fresh memory. */
    boolean isMoving() {
        return evacuated < buckets;
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
        if (count == capacityOf(bucket)) {
            int capacity = capacity(count + 1 + count / 8);
            move(bucket, capacity);
            word = word(bucket);
        }
        putLane(extents.address(base(word)), count, value(slot, ring.next(chunk)), slot);
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
        int capacity = capacityOf(bucket);
        int fitting = capacity(rest);
        if (rest == 0) {
            putLongRelease(directory + 8L * bucket, 0);
            retire(word, capacity);
            setCapacity(bucket, 0);
            return;
        }
        int wanted = capacity - fitting > Math.max(ring.laneQuantum(), capacity / 4) ? fitting : capacity;
        int number = allocate(wanted);
        long copy = extents.address(number);
        copyLanes(base, copy, rest);
        if (lane != rest) {
            OffHeap.copy(sketchAt(base, rest), sketchAt(copy, lane), sketchBytes);
            putInt(slotAt(copy, lane), getInt(slotAt(base, rest)));
        }
        putLongRelease(directory + 8L * bucket, (long) number << 32 | rest);
        retire(word, capacity);
        setCapacity(bucket, wanted);
    }

    /** Fills an empty table, which no lookup sees yet, with every slot in use. */
    void fill() {
        int[] counts = new int[buckets];
        int slots = store.slots();
        for (int slot = 0; slot < slots; slot++) {
            if (!store.isFree(slot)) {
                counts[value(slot, chunk)]++;
            }
        }
        for (int bucket = 0; bucket < buckets; bucket++) {
            int count = counts[bucket];
            if (count > 0) {
                setCapacity(bucket, capacity(count));
                putLong(directory + 8L * bucket, (long) allocate(capacityOf(bucket)) << 32 | count);
            }
        }
        Arrays.fill(counts, 0);
        long bytes = (long) Long.BYTES * Math.min(FILLED_AT_ONCE, slots);
        try (OffHeap items = OffHeap.allocate(Math.max(Long.BYTES, bytes))) {
            for (int first = 0; first < slots; first += Math.min(FILLED_AT_ONCE, slots - first)) {
                fill(first, Math.min(FILLED_AT_ONCE, slots - first), items.address(), counts);
            }
        }
    }

    /**
     * Fills in some slots, those of neighbouring buckets together: a bucket after the other as the slots come would wait for
     * memory each time.
     *
     * @param items 8 bytes a slot: the lower bits of its bucket, its sketch, and its number from {@code first} on
     * @param filled how many lanes each bucket has
     */
    private void fill(int first, int slots, long items, int[] filled) {
        int[] ends = new int[FILL_GROUPS];
        int groupShift = ring.width(chunk) - FILL_GROUP_BITS;
        for (int slot = first; slot < first + slots; slot++) {
            if (!store.isFree(slot)) {
                ends[value(slot, chunk) >>> groupShift]++;
            }
        }
        int sum = 0;
        for (int group = 0; group < FILL_GROUPS; group++) {
            int count = ends[group];
            ends[group] = sum;
            sum += count;
        }
        int next = ring.next(chunk);
        int inGroup = (1 << groupShift) - 1;
        for (int slot = first; slot < first + slots; slot++) {
            if (!store.isFree(slot)) {
                int bucket = value(slot, chunk);
                long item = ((long) (bucket & inGroup) << Ring.MAX_WIDTH | value(slot, next)) << FILLED_AT_ONCE_BITS;
                putLong(items + 8L * ends[bucket >>> groupShift]++, item | slot - first);
            }
        }
        int i = 0;
        for (int group = 0; group < FILL_GROUPS; group++) {
            for (; i < ends[group]; i++) {
                long item = getLong(items + 8L * i);
                int bucket = group << groupShift | (int) (item >>> FILLED_AT_ONCE_BITS + Ring.MAX_WIDTH);
                int sketch = (int) (item >>> FILLED_AT_ONCE_BITS) & (1 << Ring.MAX_WIDTH) - 1;
                int slot = first + ((int) item & FILLED_AT_ONCE - 1);
                putLane(extents.address(base(word(bucket))), filled[bucket]++, sketch, slot);
            }
        }
    }

    /** Writes the table as it would lie in fresh memory; the writer's thread. */
    void save(SnapshotFormat.Writer out) throws IOException {
        int[] places = new int[buckets];
        int units = 0;
        for (int bucket = 0; bucket < buckets; bucket++) {
            int count = (int) word(bucket);
            if (count > 0) {
                int size = Extents.units((long) capacity(count) * laneBytes);
                places[bucket] = Extents.aligned(units, size);
                units = places[bucket] + size;
            }
        }
        out.begin(Part.TABLE, Long.BYTES + directoryBytes + (long) units * Extents.UNIT);
        out.putLong(units);
        for (int bucket = 0; bucket < buckets; bucket++) {
            int count = (int) word(bucket);
            out.putLong(count == 0 ? 0 : (long) (places[bucket] + (capacity(count) >> UNITS_SHIFT)) << 32 | count);
        }
        int next = 0;
        for (int bucket = 0; bucket < buckets; bucket++) {
            int count = (int) word(bucket);
            if (count > 0) {
                int capacity = capacity(count);
                int size = Extents.units((long) capacity * laneBytes);
                long base = extents.address(base(word(bucket)));
                out.putZeros((places[bucket] - next) * Extents.UNIT + 4 * (capacity - count));
                out.putMemory(base - 4L * count, 4L * count);
                out.putMemory(base, (long) sketchBytes * count);
                out.putZeros(size * Extents.UNIT - 4 * capacity - sketchBytes * count);
                next = places[bucket] + size;
            }
        }
        out.end();
    }

    /** Fills an empty table, which no lookup sees yet, with what {@link #save} wrote. */
    void load(SnapshotFormat.PartReader in) throws IOException {
        int units = (int) in.getLong();
        in.getMemory(directory, directoryBytes);
        in.require((long) units * Extents.UNIT);
        in.getMemory(extents.adopt(units), (long) units * Extents.UNIT);
        in.end();
        for (int bucket = 0; bucket < buckets; bucket++) {
            int count = (int) word(bucket);
            setCapacity(bucket, count == 0 ? 0 : capacity(count));
        }
    }

    /** Whether too much of the memory is dead, or the copying has begun. */
    boolean needsEvacuation() {
        return evacuated < buckets || extents.deadBytes() > Math.max(deadTolerated, extents.usedBytes() / DEAD_SHARE);
    }

    /** Copies some buckets to fresh memory. */
    void evacuateSome() {
        if (evacuated == buckets) {
            evacuated = 0;
            extents.beginEvacuation();
        }
        int end = Math.min(buckets, evacuated + EVACUATED_A_STEP);
        for (; evacuated < end; evacuated++) {
            int count = (int) word(evacuated);
            if (count > 0) {
                move(evacuated, capacity(count + 1));
            }
        }
        if (evacuated == buckets) {
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
            retire(word, capacityOf(bucket));
        }
        setCapacity(bucket, capacity);
    }

    private void putLane(long base, int lane, int sketch, int slot) {
        if (sketchBytes == Short.BYTES) {
            putShort(sketchAt(base, lane), (short) sketch);
        } else {
            putInt(sketchAt(base, lane), sketch);
        }
        putInt(slotAt(base, lane), slot);
    }

    private void copyLanes(long from, long to, int count) {
        OffHeap.copy(from, to, (long) sketchBytes * count);
        OffHeap.copy(from - 4L * count, to - 4L * count, 4L * count);
    }

    private long sketchAt(long base, int lane) {
        return base + (long) sketchBytes * lane;
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
        return extents.allocate((long) capacity * laneBytes) + (capacity >> UNITS_SHIFT);
    }

    private void retire(long word, int capacity) {
        extents.retire(base(word) - (capacity >> UNITS_SHIFT), (long) capacity * laneBytes);
    }

    private int capacityOf(int bucket) {
        return getInt(capacities + 4L * bucket);
    }

    private void setCapacity(int bucket, int lanes) {
        putInt(capacities + 4L * bucket, lanes);
    }

    /**
     * Room for that many lanes: a quarter or a half of the ring's quantum, or a multiple of it; always of four, so that slot
     * numbers are whole units.
     */
    private int capacity(int lanes) {
        int quantum = ring.laneQuantum();
        int least = Math.max(LEAST_LANES, quantum / 4);
        if (lanes <= least) {
            return least;
        }
        if (lanes <= quantum / 2) {
            return quantum / 2;
        }
        return lanes + quantum - 1 & -quantum;
    }

    private int value(int slot, int ofChunk) {
        return ring.value(store.word(slot, ring.word(ofChunk)), ofChunk);
    }

    @Override
    public void close() {
        directoryMemory.close();
        extents.close();
    }
}
