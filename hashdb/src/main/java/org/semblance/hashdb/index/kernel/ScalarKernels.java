package org.semblance.hashdb.index.kernel;

import static org.semblance.hashdb.offheap.OffHeap.getInt;
import static org.semblance.hashdb.offheap.OffHeap.getLong;

/** The loops with {@link Long#bitCount} alone. */
public final class ScalarKernels implements Kernels {
    @Override
    public String name() {
        return "java-scalar";
    }

    @Override
    public int scanHalf(long half, long q0, long q1, int maxDistance, int[] found) {
        int count = 0;
        for (int i = 0; i < BLOCK; i++) {
            long at = half + 16L * i;
            int distance = Long.bitCount(getLong(at) ^ q0) + Long.bitCount(getLong(at + 8) ^ q1);
            if (distance <= maxDistance) {
                found[count++] = i;
            }
        }
        return count;
    }

    @Override
    public int scanWhole(long lower, long upper, long q0, long q1, long q2, long q3, int maxDistance, int[] found) {
        int count = 0;
        for (int i = 0; i < BLOCK; i++) {
            long at = lower + 16L * i;
            long above = upper + 16L * i;
            int distance = Long.bitCount(getLong(at) ^ q0)
                    + Long.bitCount(getLong(at + 8) ^ q1)
                    + Long.bitCount(getLong(above) ^ q2)
                    + Long.bitCount(getLong(above + 8) ^ q3);
            if (distance <= maxDistance) {
                found[count++] = i;
            }
        }
        return count;
    }

    private static final long LANE_ONES = 0x0001_0001_0001_0001L;
    private static final long LANE_TOPS = 0x8000_8000_8000_8000L;

    @Override
    public int lanesAStep(int sketchBytes) {
        return 4;
    }

    /** Four lanes a step, as the 16-bit fields of a long. */
    @Override
    public int testSketches(long[] bases, int[] lanes, long[] probes, int first, int end, long[] survivors) {
        int found = 0;
        for (int p = first; p < end; p++) {
            long base = bases[p];
            int total = lanes[p];
            long sketch = (probes[p] & 0xFFFF) * LANE_ONES;
            long limit = (probes[p] >>> 22 & 0xF) * LANE_ONES;
            for (int lane = 0; lane < total; lane += 4) {
                long mask = near(base + 2L * lane, sketch, limit) & -1L >>> (64 - Math.min(4, total - lane));
                survivors[2 * found] = (long) p << 32 | lane;
                survivors[2 * found + 1] = mask;
                found += (int) (-mask >>> 63);
            }
        }
        return found;
    }

    @Override
    public long testCells(long[] cells, long[] words, long[] probes, int count, long[] survivors, int[] others) {
        int found = 0;
        int rest = 0;
        for (int p = 0; p < count; p++) {
            int word = (int) words[p];
            int lanes = word & Integer.MAX_VALUE;
            if (word >= 0) {
                others[rest] = p;
                rest += -lanes >>> 31;
                continue;
            }
            long sketch = (probes[p] & 0xFFFF) * LANE_ONES;
            long limit = (probes[p] >>> 22 & 0xF) * LANE_ONES;
            long near = 0;
            for (int lane = 0; lane < lanes; lane += 4) {
                near |= near(cells[p] + WORD_BYTES + 2L * lane, sketch, limit) << lane;
            }
            near &= (1L << lanes) - 1;
            survivors[2 * found] = (long) p << 32;
            survivors[2 * found + 1] = near;
            found += (int) (-near >>> 63);
        }
        return (long) found << 32 | rest;
    }

    /** The lanes of four that are near, as four bits. */
    private static long near(long address, long sketch, long limit) {
        long differing = bitCounts(getLong(address) ^ sketch);
        // The top bit of a field stays where the limit is not below the count.
        return Long.compress(((limit | LANE_TOPS) - differing) & LANE_TOPS, LANE_TOPS);
    }

    @Override
    public int testWideSketches(long[] bases, int[] lanes, long[] probes, int first, int end, long[] survivors) {
        int found = 0;
        for (int p = first; p < end; p++) {
            int sketch = (int) probes[p] & 0x3FFFFF;
            int limit = (int) probes[p] >>> 22 & 0xF;
            for (int lane = 0; lane < lanes[p]; lane += 4) {
                long mask = 0;
                for (int i = 0; i < Math.min(4, lanes[p] - lane); i++) {
                    int differing = Integer.bitCount(getInt(bases[p] + 4L * (lane + i)) ^ sketch);
                    mask |= differing <= limit ? 1L << i : 0;
                }
                survivors[2 * found] = (long) p << 32 | lane;
                survivors[2 * found + 1] = mask;
                found += (int) (-mask >>> 63);
            }
        }
        return found;
    }

    /** How many bits are set in each 16-bit field. */
    private static long bitCounts(long x) {
        x -= x >>> 1 & 0x5555_5555_5555_5555L;
        x = (x & 0x3333_3333_3333_3333L) + (x >>> 2 & 0x3333_3333_3333_3333L);
        x = x + (x >>> 4) & 0x0F0F_0F0F_0F0F_0F0FL;
        return x + (x >>> 8) & 0x001F_001F_001F_001FL;
    }
}
