package org.semblance.hashdb.index;

import static org.semblance.hashdb.offheap.OffHeap.getInt;
import static org.semblance.hashdb.offheap.OffHeap.getLong;
import static org.semblance.hashdb.offheap.OffHeap.putInt;
import static org.semblance.hashdb.offheap.OffHeap.putLongRelease;
import static org.semblance.hashdb.offheap.OffHeap.putShort;

import org.semblance.hashdb.index.kernel.Kernels;
import org.semblance.hashdb.offheap.Extents;
import org.semblance.hashdb.offheap.Limbo;
import org.semblance.hashdb.offheap.OffHeap;
import org.semblance.hashdb.offheap.Readers;

/**
 * The places of the buckets of a {@link LaneTable}: a cell for each, that begins with a word.
 *
 * <pre>
 *   word:  base (32 bits, see {@link Extents}) | copied (1) | lanes (31)
 *   cell:  word | sketch 0 | sketch 1 | sketch 2 ...      8 bytes, or 16 to 64 with a copy of the sketches
 * </pre>
 *
 * <p>The word publishes the bucket as a whole: lookups take it with acquire and see the lanes that it counts. In sets whose
 * buckets are short, a cell has room for a copy of the sketches. Both are then on one cache line, and a lookup, which is
 * all waiting for cache lines, waits for half as many: a third more of them at a million hashes (bench/results/lookups.md).
 *
 * <p>A copy grows with its bucket. Where lanes change places, or become too many, it is given up, and made anew when no
 * lookup can read the old one any more.
 */
final class Directory implements AutoCloseable {
    /** Bytes of a word, after which the copy begins. */
    static final int WORD_BYTES = Kernels.WORD_BYTES;

    private static final long COPIED = 1L << 31;
    /** In a capacity: the cell has a copy that was given up and may still be read. */
    private static final int HELD = 1 << 31;

    private final Ring ring;
    private final int chunk;
    private final Extents extents;
    private final Readers readers;
    private final int buckets;
    private final int cellShift;
    /** Sketches that a cell has room for. */
    private final int copiedLanes;
    /** Cells and capacities in one block, for each would begin with a huge page of its own. */
    private final OffHeap memory;

    private final long cells;
    /** Lanes that the bucket's memory has room for, 4 bytes each; writer only. */
    private final long capacities;

    private final Limbo held;

    /**
     * A directory of empty buckets.
     *
     * @param hashes how many the set has: what cells are made for
     */
    Directory(Ring ring, int chunk, Extents extents, Readers readers, int hashes) {
        this.ring = ring;
        this.chunk = chunk;
        this.extents = extents;
        this.readers = readers;
        buckets = 1 << ring.width(chunk);
        int cellBytes = ring.cellBytes(chunk, hashes);
        cellShift = Integer.numberOfTrailingZeros(cellBytes);
        copiedLanes = (cellBytes - WORD_BYTES) / ring.sketchBytes();
        long cellsBytes = (long) buckets * cellBytes;
        memory = OffHeap.allocate(cellsBytes + (long) buckets * Integer.BYTES);
        cells = memory.address();
        capacities = cells + cellsBytes;
        held = new Limbo(readers);
    }

    /** A directory of these buckets, whose cells fit another number of hashes; lookups go on with it. */
    Directory reshaped(int hashes) {
        Directory other = new Directory(ring, chunk, extents, readers, hashes);
        for (int bucket = 0; bucket < buckets; bucket++) {
            long word = word(bucket);
            if (lanes(word) > 0) {
                other.put(bucket, base(word), lanes(word), capacity(bucket));
            }
        }
        other.copyAll();
        return other;
    }

    /** Whether cells of this size will do for so many hashes; with some play, for a set may go up and down a little. */
    boolean suits(int hashes) {
        int cellBytes = 1 << cellShift;
        return cellBytes == ring.cellBytes(chunk, hashes)
                || cellBytes == ring.cellBytes(chunk, hashes - hashes / 5)
                || cellBytes == ring.cellBytes(chunk, hashes + hashes / 4);
    }

    /** Address of the first cell. */
    long cells() {
        return cells;
    }

    /** Cells are so many bytes apart, as a power of two. */
    int cellShift() {
        return cellShift;
    }

    /** Whether cells have room for sketches. */
    boolean hasCopies() {
        return copiedLanes > 0;
    }

    long word(int bucket) {
        return getLong(cell(bucket));
    }

    /** Number of the bucket's memory, of a word. */
    static int base(long word) {
        return (int) (word >>> 32);
    }

    /** How many lanes the bucket has, of a word. */
    static int lanes(long word) {
        return (int) word & Integer.MAX_VALUE;
    }

    /** Whether the sketches follow the word in its cell. */
    static boolean isCopied(long word) {
        return (int) word < 0;
    }

    /** Lanes that the bucket's memory has room for. */
    int capacity(int bucket) {
        return getInt(capacities + 4L * bucket) & ~HELD;
    }

    /** Enters a bucket into a directory that no lookup knows yet; {@link #copyAll} is to follow. */
    void put(int bucket, int base, int lanes, int capacity) {
        setCapacity(bucket, capacity);
        publish(bucket, (long) base << 32 | lanes);
    }

    /** Copies the sketches of all buckets that are short enough, after {@link #put}. */
    void copyAll() {
        if (hasCopies()) {
            for (int bucket = 0; bucket < buckets; bucket++) {
                copy(bucket);
            }
        }
    }

    /** Publishes a bucket with one lane more, which is written behind the others. */
    void append(int bucket, int sketch) {
        long word = word(bucket);
        int lanes = lanes(word);
        if (!isCopied(word)) {
            publish(bucket, word + 1);
            copy(bucket);
        } else if (lanes < copiedLanes) {
            putShort(cell(bucket) + WORD_BYTES + (long) Short.BYTES * lanes, (short) sketch);
            publish(bucket, word + 1);
        } else {
            publish(bucket, word + 1 & ~COPIED);
            hold(bucket);
        }
    }

    /** Publishes other memory with the same lanes. */
    void move(int bucket, int base, int capacity) {
        setCapacity(bucket, capacity);
        publish(bucket, (long) base << 32 | word(bucket) & 0xFFFF_FFFFL);
    }

    /** Publishes other memory with other lanes, or none. */
    void replace(int bucket, int base, int lanes, int capacity) {
        boolean wasCopied = isCopied(word(bucket));
        setCapacity(bucket, capacity);
        publish(bucket, (long) base << 32 | lanes);
        if (wasCopied) {
            hold(bucket);
        } else {
            copy(bucket);
        }
    }

    /** Makes copies anew where no lookup can read the old ones any more. */
    void copyWhatIsFree() {
        for (long bucket = held.poll(); bucket != Limbo.NONE; bucket = held.poll()) {
            putInt(capacities + 4 * bucket, capacity((int) bucket));
            copy((int) bucket);
        }
    }

    /** Copies the sketches to the cell if there is room and nobody can be reading it. */
    private void copy(int bucket) {
        long word = word(bucket);
        int lanes = lanes(word);
        if (lanes > 0 && lanes <= copiedLanes && getInt(capacities + 4L * bucket) >= 0) {
            OffHeap.copy(extents.address(base(word)), cell(bucket) + WORD_BYTES, (long) Short.BYTES * lanes);
            publish(bucket, word | COPIED);
        }
    }

    private void hold(int bucket) {
        putInt(capacities + 4L * bucket, capacity(bucket) | HELD);
        held.retire(bucket);
    }

    private void setCapacity(int bucket, int lanes) {
        putInt(capacities + 4L * bucket, getInt(capacities + 4L * bucket) & HELD | lanes);
    }

    private void publish(int bucket, long word) {
        putLongRelease(cell(bucket), word);
    }

    private long cell(int bucket) {
        return cells + ((long) bucket << cellShift);
    }

    long offHeapBytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
