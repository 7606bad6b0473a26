package org.semblance.hashdb.index;

import java.util.Arrays;

/**
 * The division of the 256 bits of a hash into the chunks of a ring, see {@link PigeonringIndex}. No chunk crosses a word.
 *
 * <p>The wider the chunks, the shorter the buckets and the fewer candidates, but the more buckets there are within reach,
 * and each is a wait for memory. At distance 31 sixteen chunks are faster up to some forty million hashes, and twelve
 * beyond: twice as fast at a hundred million (shared/index-notes.md; measured in bench/results/lookups.md).
 */
final class Ring {
    /** Sixteen chunks of 16 bits: at distance 31 one bit of each may be flipped, 272 buckets. */
    static final Ring SIXTEEN = new Ring(1, Short.BYTES, 32, 64, 16, 16, 16, 16);

    /** Twelve chunks of 20 or 22 bits: one bit of the former and two of the latter, 2,116 buckets. */
    static final Ring TWELVE = new Ring(2, Integer.BYTES, 8, 8, 20, 22, 22);

    static final int MAX_CHUNKS = 16;

    /** Bits of a chunk at most, and so of a bucket's number and of a sketch. */
    static final int MAX_WIDTH = 22;

    /** Units of a chunk at most: one more than bits of it are flipped. */
    static final int MAX_UNITS = 4;

    private static final int WORDS = 4;

    /** By so many standard deviations above the mean: one bucket of 160 does not fit. */
    private static final double CELL_DEVIATIONS = 2.5;

    private final int number;
    private final int sketchBytes;
    private final int laneQuantum;
    private final int largestCell;
    /** By chunk. */
    private final int[] words;

    private final int[] shifts;
    private final int[] widths;
    private final int[][] patterns;
    private final UnitPlan[] plans;

    /**
     * @param number what stands for it in snapshots, 1 or more
     * @param sketchBytes 2, if no chunk has more than 16 bits, or 4
     * @param laneQuantum buckets but small ones have room for a multiple of so many lanes: their sketches then begin on a
     *     cache line, or on half of one
     * @param largestCell bytes of a cell of {@link Directory}: 8, or with sketches of 2 bytes up to 64, a cache line
     * @param widths of the chunks that each word is cut into, from its lowest bit on: 64 in all
     */
    Ring(int number, int sketchBytes, int laneQuantum, int largestCell, int... widths) {
        this.number = number;
        this.sketchBytes = sketchBytes;
        this.laneQuantum = laneQuantum;
        this.largestCell = largestCell;
        int chunks = WORDS * widths.length;
        words = new int[chunks];
        shifts = new int[chunks];
        this.widths = new int[chunks];
        patterns = new int[chunks][];
        for (int chunk = 0; chunk < chunks; chunk++) {
            int place = chunk % widths.length;
            words[chunk] = chunk / widths.length;
            shifts[chunk] = place == 0 ? 0 : shifts[chunk - 1] + widths[place - 1];
            this.widths[chunk] = widths[place];
            patterns[chunk] = place == chunk ? allPatterns(widths[place]) : patterns[place];
        }
        plans = new UnitPlan[MAX_UNITS * chunks];
        Arrays.setAll(plans, distance -> new UnitPlan(this, distance));
    }

    int number() {
        return number;
    }

    int chunks() {
        return widths.length;
    }

    /** The chunk after that one. */
    int next(int chunk) {
        return chunk + 1 == chunks() ? 0 : chunk + 1;
    }

    /** Bits of a chunk. */
    int width(int chunk) {
        return widths[chunk];
    }

    /** The word that a chunk lies in: 0, the lowest, to 3. */
    int word(int chunk) {
        return words[chunk];
    }

    /** The value of a chunk, given the word that it lies in. */
    int value(long word, int chunk) {
        return (int) (word >>> shifts[chunk]) & (1 << widths[chunk]) - 1;
    }

    /** Bytes of a sketch: the value of the next chunk. */
    int sketchBytes() {
        return sketchBytes;
    }

    int laneQuantum() {
        return laneQuantum;
    }

    /**
     * Bytes of a cell of {@link Directory} in sets of that size: the fewest that have room for the sketches of nearly all
     * buckets, if hashes are unrelated. 8, for no sketches, where none has.
     */
    int cellBytes(int chunk, long hashes) {
        double mean = (double) hashes / (1 << widths[chunk]);
        double lanes = mean + CELL_DEVIATIONS * Math.sqrt(mean);
        for (int bytes = 2 * Directory.WORD_BYTES; bytes <= largestCell; bytes *= 2) {
            if (Directory.WORD_BYTES + sketchBytes * lanes <= bytes) {
                return bytes;
            }
        }
        return Directory.WORD_BYTES;
    }

    /** Beyond it there is no plan, for more than {@value #MAX_UNITS} units a chunk look at more than a scan does. */
    int maxDistance() {
        return plans.length - 1;
    }

    /** The plan for a distance of 0 to {@link #maxDistance}. */
    UnitPlan plan(int distance) {
        return plans[distance];
    }

    /** The bits that may be flipped in a chunk: patterns of up to three, those with fewer first. */
    int[] patterns(int chunk) {
        return patterns[chunk];
    }

    private static int[] allPatterns(int width) {
        int[] all = new int[patternsUpTo(width, MAX_UNITS - 1)];
        int count = 0;
        for (int bits = 0; bits < MAX_UNITS; bits++) {
            int pattern = (1 << bits) - 1;
            for (int end = patternsUpTo(width, bits); count < end; count++) {
                all[count] = pattern;
                pattern = bits == 0 ? 0 : nextPattern(pattern);
            }
        }
        return all;
    }

    /** The next larger number with as many bits set: the lowest run of ones moves on, all but its top bit back down. */
    private static int nextPattern(int pattern) {
        int lowest = pattern & -pattern;
        int carried = pattern + lowest;
        int run = Integer.bitCount(pattern ^ carried) - 1;
        return carried | (1 << run - 1) - 1;
    }

    /** How many patterns of that many bits have at most {@code bits} set; 0 for less than none. */
    static int patternsUpTo(int width, int bits) {
        long exactly = 1;
        long sum = 0;
        for (int k = 0; k <= Math.min(bits, width); k++) {
            sum += exactly;
            exactly = exactly * (width - k) / (k + 1);
        }
        return (int) sum;
    }
}
