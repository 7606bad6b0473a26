package org.semblance.hashdb.index.kernel;

import static org.semblance.hashdb.offheap.OffHeap.ALL;

import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops with the Vector API, for vectors of 128 to 512 bits.
 *
 * <p>Methods stay under 325 bytes of bytecode each: beyond that the compiler stops inlining the vector operations and
 * every vector becomes an object.
 */
public final class VectorKernels implements Kernels {
    private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, LONGS.vectorShape());
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private static final int VECTOR_BYTES = LONGS.vectorByteSize();
    private static final int LINE_BYTES = 64;
    /** Halves of 16 bytes in a vector, and in the four vectors of a step. */
    private static final int HALVES = LONGS.length() / 2;

    private static final int STEP = 4 * HALVES;

    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, LONGS.vectorShape());

    private static final int STEP_LANES = 2 * SHORTS.length();
    private static final int WIDE_STEP_LANES = 2 * INTS.length();

    /** Swaps the two words of each half. */
    private static final VectorShuffle<Long> SWAP = VectorShuffle.fromOp(LONGS, i -> i ^ 1);

    private static final VectorMask<Long> ODD = VectorMask.fromLong(LONGS, 0xAAAA_AAAA_AAAA_AAAAL);

    /** Of the 16-bit lanes those that lie in the first word of a half: four of each eight. */
    private static final long FIRST_WORDS = 0x0F0F_0F0F_0F0F_0F0FL >>> (64 - SHORTS.length());

    /**
     * {@link #STEP_LANES}, which the compiler shall not know: it would take the loop over a bucket for one of many rounds,
     * and prepare each of some three rounds at length.
     */
    private final int stride = STEP_LANES;

    private final int wideStride = WIDE_STEP_LANES;

    @Override
    public String name() {
        return "java-vector";
    }

    int vectorBits() {
        return LONGS.vectorBitSize();
    }

    /**
     * Four vectors a step. The bit counts of their words (0..64) are packed as the four 16-bit lanes of one, so that one
     * addition of the swapped neighbour words and one comparison serve all four.
     */
    @Override
    public int scanHalf(long half, long q0, long q1, int maxDistance, int[] found) {
        LongVector query = LongVector.broadcast(LONGS, q0).blend(q1, ODD);
        int count = 0;
        for (int i = 0; i < BLOCK; i += STEP) {
            long at = half + 16L * i;
            LongVector counts = differing(at, query)
                    .or(differing(at + VECTOR_BYTES, query).lanewise(VectorOperators.LSHL, 16))
                    .or(differing(at + 2L * VECTOR_BYTES, query).lanewise(VectorOperators.LSHL, 32))
                    .or(differing(at + 3L * VECTOR_BYTES, query).lanewise(VectorOperators.LSHL, 48));
            count = collect(counts, maxDistance, i, found, count);
        }
        return count;
    }

    @Override
    public int scanWhole(long lower, long upper, long q0, long q1, long q2, long q3, int maxDistance, int[] found) {
        LongVector low = LongVector.broadcast(LONGS, q0).blend(q1, ODD);
        LongVector high = LongVector.broadcast(LONGS, q2).blend(q3, ODD);
        int count = 0;
        for (int i = 0; i < BLOCK; i += STEP) {
            long at = 16L * i;
            LongVector counts = LongVector.zero(LONGS);
            for (int v = 3; v >= 0; v--) {
                long next = at + (long) v * VECTOR_BYTES;
                counts = counts.lanewise(VectorOperators.LSHL, 16)
                        .add(differing(lower + next, low))
                        .add(differing(upper + next, high));
            }
            count = collect(counts, maxDistance, i, found, count);
        }
        return count;
    }

    private static LongVector differing(long address, LongVector query) {
        return LongVector.fromMemorySegment(LONGS, ALL, address, ORDER)
                .lanewise(VectorOperators.XOR, query)
                .lanewise(VectorOperators.BIT_COUNT);
    }

    /** Adds the counts of the two words of each half and notes the positions that are within the distance. */
    private static int collect(LongVector counts, int maxDistance, int first, int[] found, int count) {
        ShortVector sums = counts.add(counts.rearrange(SWAP)).reinterpretAsShorts();
        VectorMask<Short> near = sums.compare(VectorOperators.LE, (short) maxDistance);
        if (near.anyTrue()) {
            return list(near.toLong() & FIRST_WORDS, first, found, count);
        }
        return count;
    }

    /** Bit 8 h + v of the mask is half h of vector v; listed in the order of memory. */
    private static int list(long near, int first, int[] found, int count) {
        for (int v = 0; v < 4; v++) {
            for (long rest = near >>> v & 0x0101_0101_0101_0101L; rest != 0; rest &= rest - 1) {
                found[count++] = first + v * HALVES + (Long.numberOfTrailingZeros(rest) >>> 3);
            }
        }
        return count;
    }

    @Override
    public int lanesAStep(int sketchBytes) {
        return 2 * VECTOR_BYTES / sketchBytes;
    }

    /**
     * Two vectors a step. Steps are aligned: a bucket of few lanes may begin within a vector, whose other lanes belong to
     * others. Where a bucket ends with the first vector of a step, that one is read again, and not the line beyond.
     */
    @Override
    public int testSketches(long[] bases, int[] lanes, long[] probes, int first, int end, long[] survivors) {
        int found = 0;
        for (int p = first; p < end; p++) {
            ShortVector sketch = ShortVector.broadcast(SHORTS, (short) probes[p]);
            ShortVector limit = ShortVector.broadcast(SHORTS, (short) limit(probes[p]));
            long at = bases[p] & -VECTOR_BYTES;
            int before = (int) (bases[p] - at) >> 1;
            int rest = before + lanes[p];
            long step = (long) p << 32;
            while (rest > STEP_LANES) {
                found = keep(near(at, at + VECTOR_BYTES, sketch, limit) >>> before, step, survivors, found);
                at += 2L * VECTOR_BYTES;
                step += stride - before;
                rest -= stride;
                before = 0;
            }
            long last = at + ((2L * rest - 1) & -VECTOR_BYTES);
            long ending = -1L >>> (64 - rest);
            found = keep((near(at, last, sketch, limit) & ending) >>> before, step, survivors, found);
        }
        return found;
    }

    /** Whole lines, of which the lanes before and behind the sketches are then taken away. */
    @Override
    public long testCells(long[] cells, long[] words, long[] probes, int count, long[] survivors, int[] others) {
        int found = 0;
        int rest = 0;
        for (int p = 0; p < count; p++) {
            int word = (int) words[p];
            int lanes = word & Integer.MAX_VALUE;
            int before = ((int) cells[p] & LINE_BYTES - 1) + WORD_BYTES >> 1;
            ShortVector sketch = ShortVector.broadcast(SHORTS, (short) probes[p]);
            ShortVector limit = ShortVector.broadcast(SHORTS, (short) limit(probes[p]));
            long near = nearInLine(cells[p] & -LINE_BYTES, sketch, limit) >>> before;
            // Sign extension: all lanes of a cell with sketches, none of another one.
            found = keep(near & (1L << lanes) - 1 & word >> 31, (long) p << 32, survivors, found);
            others[rest] = p;
            rest += -lanes >>> 31 & ~word >>> 31;
        }
        return (long) found << 32 | rest;
    }

    @Override
    public int testWideSketches(long[] bases, int[] lanes, long[] probes, int first, int end, long[] survivors) {
        int found = 0;
        for (int p = first; p < end; p++) {
            IntVector sketch = IntVector.broadcast(INTS, wideSketch(probes[p]));
            IntVector limit = IntVector.broadcast(INTS, limit(probes[p]));
            long at = bases[p] & -VECTOR_BYTES;
            int before = (int) (bases[p] - at) >> 2;
            int rest = before + lanes[p];
            long step = (long) p << 32;
            while (rest > WIDE_STEP_LANES) {
                found = keep(near(at, at + VECTOR_BYTES, sketch, limit) >>> before, step, survivors, found);
                at += 2L * VECTOR_BYTES;
                step += wideStride - before;
                rest -= wideStride;
                before = 0;
            }
            long last = at + ((4L * rest - 1) & -VECTOR_BYTES);
            long ending = -1L >>> (64 - rest);
            found = keep((near(at, last, sketch, limit) & ending) >>> before, step, survivors, found);
        }
        return found;
    }

    private static int limit(long probe) {
        return (int) probe >>> 22 & 0xF;
    }

    private static int wideSketch(long probe) {
        return (int) probe & 0x3FFFFF;
    }

    private static int keep(long near, long step, long[] survivors, int found) {
        survivors[2 * found] = step;
        survivors[2 * found + 1] = near;
        return found + (int) ((near | -near) >>> 63);
    }

    private static long near(long address, long next, ShortVector sketch, ShortVector limit) {
        return near(address, sketch, limit) | near(next, sketch, limit) << SHORTS.length();
    }

    private static long nearInLine(long line, ShortVector sketch, ShortVector limit) {
        long near = 0;
        for (int v = LINE_BYTES / VECTOR_BYTES - 1; v >= 0; v--) {
            near = near << SHORTS.length() | near(line + (long) v * VECTOR_BYTES, sketch, limit);
        }
        return near;
    }

    private static long near(long address, ShortVector sketch, ShortVector limit) {
        return ShortVector.fromMemorySegment(SHORTS, ALL, address, ORDER)
                .lanewise(VectorOperators.XOR, sketch)
                .lanewise(VectorOperators.BIT_COUNT)
                .compare(VectorOperators.LE, limit)
                .toLong();
    }

    private static long near(long address, long next, IntVector sketch, IntVector limit) {
        return near(address, sketch, limit) | near(next, sketch, limit) << INTS.length();
    }

    private static long near(long address, IntVector sketch, IntVector limit) {
        return IntVector.fromMemorySegment(INTS, ALL, address, ORDER)
                .lanewise(VectorOperators.XOR, sketch)
                .lanewise(VectorOperators.BIT_COUNT)
                .compare(VectorOperators.LE, limit)
                .toLong();
    }
}
