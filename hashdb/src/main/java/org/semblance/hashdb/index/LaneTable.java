package org.semblance.hashdb.index;

import static org.semblance.hashdb.index.Directory.base;
import static org.semblance.hashdb.index.Directory.lanes;
import static org.semblance.hashdb.offheap.OffHeap.getInt;
import static org.semblance.hashdb.offheap.OffHeap.putInt;
import static org.semblance.hashdb.offheap.OffHeap.putShort;

import java.io.IOException;
import java.nio.LongBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.file.SnapshotFormat.Part;
import org.semblance.hashdb.offheap.Extents;
import org.semblance.hashdb.offheap.OffHeap;
import org.semblance.hashdb.offheap.Readers;

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
 * </pre>
 *
 * <p>A word of the {@link Directory} publishes the bucket as a whole. An addition writes its lane beyond the last one and
 * then the word, with release; where there is no room, and for a removal, the bucket is copied and the word swings to the
 * copy. Readers take one word with acquire and see a bucket that was whole at that moment; the old piece is used again when
 * nobody can hold it. So nothing is ever a tombstone and no bucket is ever a chain.
 *
 * <p>Buckets that outgrow their pieces leave them behind. When an eighth of a table is dead, all its buckets are copied
 * to fresh memory in the order of their numbers, some with each change, and the old memory goes back to the system: a
 * rebuild takes the memory of one table. The directory is made anew when the set has outgrown its cells.
 */
final class LaneTable implements AutoCloseable {
    /** Slot numbers of so many lanes take a unit of {@link Extents}. */
    private static final int LEAST_LANES = Extents.UNIT / Integer.BYTES;

    private static final int UNITS_SHIFT = 2;

    private static final int DEAD_SHARE = 8;
    private static final int EVACUATED_A_STEP = 64;
    private static final int READ_AT_ONCE = 1 << 16;

    private final Ring ring;
    private final int chunk;
    private final SlotStore store;
    private final long deadTolerated;
    private final Readers readers;
    private final Extents extents;
    private final int buckets;
    private final int sketchBytes;
    private final int laneBytes;
    private volatile Directory directory;
    /** The directory before, until no lookup can hold it, and the phase in which it was replaced; writer only. */
    private @Nullable Directory former;

    private long replacedIn;

    /** Next bucket to move, or {@link #buckets} when none is left. */
    private int evacuated;

    private long moves;

    /** An empty table, for a set of so many hashes. */
    LaneTable(Ring ring, int chunk, SlotStore store, Readers readers, long deadTolerated) {
        this.ring = ring;
        this.chunk = chunk;
        this.store = store;
        this.readers = readers;
        this.deadTolerated = deadTolerated;
        extents = new Extents(readers);
        buckets = 1 << ring.width(chunk);
        sketchBytes = ring.sketchBytes();
        laneBytes = Integer.BYTES + sketchBytes;
        directory = new Directory(ring, chunk, extents, readers, store.liveSlots());
        evacuated = buckets;
    }

    /** Where the buckets are; good for a lookup from then on to its end. */
    Directory directory() {
        return directory;
    }

    /** Of the memory that the bases of directory words lie in: see {@link Extents#bases}. */
    long bases() {
        return extents.bases();
    }

    long offHeapBytes() {
        return directory.offHeapBytes() + extents.mappedBytes();
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
        directory.copyWhatIsFree();
        int bucket = value(slot, chunk);
        int count = lanes(directory.word(bucket));
        if (count == directory.capacity(bucket)) {
            move(bucket, capacity(count + 1 + count / 8));
        }
        int sketch = value(slot, ring.next(chunk));
        putLane(extents.address(base(directory.word(bucket))), count, sketch, slot);
        directory.append(bucket, sketch);
    }

    /** Takes a slot out; its hash must still be in the store. */
    void remove(int slot) {
        directory.copyWhatIsFree();
        int bucket = value(slot, chunk);
        long word = directory.word(bucket);
        long base = extents.address(base(word));
        int lane = 0;
        while (getInt(slotAt(base, lane)) != slot) {
            lane++;
        }
        int rest = lanes(word) - 1;
        int capacity = directory.capacity(bucket);
        if (rest == 0) {
            directory.replace(bucket, 0, 0, 0);
        } else {
            int fitting = capacity(rest);
            int wanted = capacity - fitting > Math.max(ring.laneQuantum(), capacity / 4) ? fitting : capacity;
            int number = allocate(wanted);
            long copy = extents.address(number);
            copyLanes(base, copy, rest);
            if (lane != rest) {
                OffHeap.copy(sketchAt(base, rest), sketchAt(copy, lane), sketchBytes);
                putInt(slotAt(copy, lane), getInt(slotAt(base, rest)));
            }
            directory.replace(bucket, number, rest, wanted);
        }
        retire(word, capacity);
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
                int capacity = capacity(count);
                directory.put(bucket, allocate(capacity), count, capacity);
            }
        }
        Arrays.fill(counts, 0);
        new SlotsByBucket(store, ring, chunk)
                .forEach(
                        SlotsByBucket.AT_ONCE,
                        (bucket, sketch, slot) ->
                                putLane(extents.address(base(directory.word(bucket))), counts[bucket]++, sketch, slot));
        directory.copyAll();
    }

    /** Writes the table as it would lie in fresh memory; the writer's thread. */
    void save(SnapshotFormat.Writer out) throws IOException {
        int[] places = new int[buckets];
        int units = 0;
        for (int bucket = 0; bucket < buckets; bucket++) {
            int count = lanes(directory.word(bucket));
            if (count > 0) {
                int size = Extents.units((long) capacity(count) * laneBytes);
                places[bucket] = Extents.aligned(units, size);
                units = places[bucket] + size;
            }
        }
        out.begin(Part.TABLE, Long.BYTES + (long) Long.BYTES * buckets + (long) units * Extents.UNIT);
        out.putLong(units);
        for (int bucket = 0; bucket < buckets; bucket++) {
            int count = lanes(directory.word(bucket));
            out.putLong(count == 0 ? 0 : (long) (places[bucket] + (capacity(count) >> UNITS_SHIFT)) << 32 | count);
        }
        int next = 0;
        for (int bucket = 0; bucket < buckets; bucket++) {
            int count = lanes(directory.word(bucket));
            if (count > 0) {
                int capacity = capacity(count);
                int size = Extents.units((long) capacity * laneBytes);
                long base = extents.address(base(directory.word(bucket)));
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
        for (int bucket = 0; bucket < buckets; ) {
            LongBuffer words = in.getLongs(Math.min(READ_AT_ONCE, buckets - bucket));
            for (; words.hasRemaining(); bucket++) {
                long word = words.get();
                directory.put(bucket, base(word), lanes(word), lanes(word) == 0 ? 0 : capacity(lanes(word)));
            }
        }
        in.require((long) units * Extents.UNIT);
        in.getMemory(extents.adopt(units), (long) units * Extents.UNIT);
        in.end();
        directory.copyAll();
    }

    /** Whether there is something to set right: too much memory is dead, or cells have the wrong size for the set. */
    boolean needsMaintenance() {
        return isMoving()
                || former != null
                || !directory.suits(store.liveSlots())
                || extents.deadBytes() > Math.max(deadTolerated, extents.usedBytes() / DEAD_SHARE);
    }

    /** Does some of it. */
    void maintainSome() {
        Directory replaced = former;
        if (replaced != null) {
            if (readers.isOver(replacedIn)) {
                replaced.close();
                former = null;
            } else {
                readers.advance();
            }
        } else if (!directory.suits(store.liveSlots())) {
            Directory next = directory.reshaped(store.liveSlots());
            former = directory;
            directory = next;
            replacedIn = readers.phase();
        } else {
            evacuateSome();
        }
    }

    /** Copies some buckets to fresh memory. */
    private void evacuateSome() {
        if (evacuated == buckets) {
            evacuated = 0;
            extents.beginEvacuation();
        }
        int end = Math.min(buckets, evacuated + EVACUATED_A_STEP);
        for (; evacuated < end; evacuated++) {
            int count = lanes(directory.word(evacuated));
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
        long word = directory.word(bucket);
        int count = lanes(word);
        int before = directory.capacity(bucket);
        int number = allocate(capacity);
        if (count > 0) {
            copyLanes(extents.address(base(word)), extents.address(number), count);
        }
        directory.move(bucket, number, capacity);
        if (count > 0) {
            retire(word, before);
        }
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
    static long slotAt(long base, int lane) {
        return base - 4L * (lane + 1L);
    }

    private int allocate(int capacity) {
        return extents.allocate((long) capacity * laneBytes) + (capacity >> UNITS_SHIFT);
    }

    private void retire(long word, int capacity) {
        extents.retire(base(word) - (capacity >> UNITS_SHIFT), (long) capacity * laneBytes);
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
        directory.close();
        if (former != null) {
            former.close();
        }
        extents.close();
    }
}
