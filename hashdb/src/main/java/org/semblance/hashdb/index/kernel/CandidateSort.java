package org.semblance.hashdb.index.kernel;

import java.util.Arrays;

/**
 * Candidates of a large batch that are put off until there are many, and then compared in the order of their slots:
 * hashes that lie near each other in memory one after the other, instead of each somewhere in hundreds of megabytes.
 *
 * <p>A candidate is one word: slot (31 bits), query (29), chunk of the table that found it (4). No batch has more than
 * 2^29 queries, since its words are an array.
 */
public final class CandidateSort {
    private static final int CAPACITY = 1 << 19;
    private static final int SLOT_SHIFT = 33;
    private static final int QUERY_SHIFT = 4;
    private static final int QUERY_MASK = (1 << SLOT_SHIFT - QUERY_SHIFT) - 1;

    /** Slots are divided among that many places, at ten million tens of kilobytes each; within one, order does not pay. */
    private static final int PLACE_BITS = 12;

    private static final long[] NONE = {};

    private long[] waiting = NONE;
    private long[] sorted = NONE;
    private int count;
    private final int[] placeEnds = new int[1 << PLACE_BITS];

    /** Puts a candidate off; {@code true} if there is no room for another one. */
    public boolean add(int slot, int query, int chunk) {
        waiting[count++] = (long) slot << SLOT_SHIFT | (long) query << QUERY_SHIFT | chunk;
        return count == CAPACITY;
    }

    /** Makes room for the candidates of a batch. */
    public void begin() {
        waiting = new long[CAPACITY];
        sorted = new long[CAPACITY];
    }

    /** Frees the room, eight megabytes that a batch can pay for; idle scratch shall not hold them. */
    public void end() {
        waiting = NONE;
        sorted = NONE;
    }

    /**
     * Takes all candidates.
     *
     * @param slots more than the highest slot
     * @return how many there are, which {@link #slot}, {@link #query} and {@link #chunk} give from 0 on until one is added
     */
    public int take(int slots) {
        int taken = count;
        count = 0;
        int shift = SLOT_SHIFT + Math.max(0, Integer.SIZE - Integer.numberOfLeadingZeros(slots) - PLACE_BITS);
        int[] ends = placeEnds;
        Arrays.fill(ends, 0);
        for (int i = 0; i < taken; i++) {
            ends[(int) (waiting[i] >>> shift)]++;
        }
        int sum = 0;
        for (int place = 0; place < ends.length; place++) {
            int here = ends[place];
            ends[place] = sum;
            sum += here;
        }
        for (int i = 0; i < taken; i++) {
            long candidate = waiting[i];
            sorted[ends[(int) (candidate >>> shift)]++] = candidate;
        }
        return taken;
    }

    public int slot(int i) {
        return (int) (sorted[i] >>> SLOT_SHIFT);
    }

    public int query(int i) {
        return (int) (sorted[i] >>> QUERY_SHIFT) & QUERY_MASK;
    }

    public int chunk(int i) {
        return (int) sorted[i] & (1 << QUERY_SHIFT) - 1;
    }
}
