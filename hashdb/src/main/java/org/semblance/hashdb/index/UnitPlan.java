package org.semblance.hashdb.index;

import java.util.Arrays;

/**
 * How a distance is divided among the sixteen chunks, see {@link PigeonringIndex}: the units of each chunk, and so which
 * buckets of its table are looked at and how far the next chunk may be off.
 */
final class UnitPlan {
    /** Patterns of up to three flipped bits of 16, those with fewer first. */
    static final int[] PATTERNS = patterns();

    /** The first patterns, {@code PATTERNS_UP_TO[k]} of them, have at most k bits. */
    static final int[] PATTERNS_UP_TO = {1, 17, 137, 697};

    /** Four units a chunk, sixteen chunks, one unit more than the distance. */
    static final int MAX_DISTANCE = 63;

    private static final UnitPlan[] PLANS = new UnitPlan[MAX_DISTANCE + 1];

    static {
        Arrays.setAll(PLANS, UnitPlan::new);
    }

    private final int[] units = new int[LaneTable.CHUNKS];
    private final int probes;
    private final double lanesAHash;
    private final double candidatesAHash;

    private UnitPlan(int distance) {
        int total = distance + 1;
        for (int chunk = 0; chunk < units.length; chunk++) {
            // Spread evenly over the ring: the parts of total that end in this chunk.
            units[chunk] = total * (chunk + 1) / units.length - total * chunk / units.length;
        }
        int sum = 0;
        double candidates = 0;
        for (int chunk = 0; chunk < units.length; chunk++) {
            for (int k = 0; k < patterns(chunk); k++) {
                candidates += shareWithin(limit(chunk) - Integer.bitCount(PATTERNS[k])) / LaneTable.BUCKETS;
            }
            sum += patterns(chunk);
        }
        probes = sum;
        lanesAHash = (double) sum / LaneTable.BUCKETS;
        candidatesAHash = candidates;
    }

    /** The share of unrelated 16-bit sketches that differ in at most so many bits. */
    private static double shareWithin(int bits) {
        double binomial = 1;
        double sum = 0;
        for (int k = 0; k <= Math.min(bits, 16); k++) {
            sum += binomial;
            binomial = binomial * (16 - k) / (k + 1);
        }
        return sum / (1 << 16);
    }

    /** The plan for a distance of 0 to {@link #MAX_DISTANCE}. */
    static UnitPlan of(int distance) {
        return PLANS[distance];
    }

    /** How many buckets a lookup looks at in all tables. */
    int probes() {
        return probes;
    }

    /** How many lanes a lookup tests for each stored hash, if those are unrelated. */
    double lanesAHash() {
        return lanesAHash;
    }

    /** How many lanes survive for each stored hash, if those are unrelated. */
    double candidatesAHash() {
        return candidatesAHash;
    }

    /** How many of {@link #PATTERNS} the table of this chunk is probed with; 0 if it is left out. */
    int patterns(int chunk) {
        return units[chunk] == 0 ? 0 : PATTERNS_UP_TO[units[chunk] - 1];
    }

    /** In how many bits this chunk and the next may differ together. */
    int limit(int chunk) {
        return units[chunk] + units[chunk + 1 & LaneTable.CHUNKS - 1] - 1;
    }

    /**
     * The one chunk through whose table two hashes find each other, given where they differ, if their distance is within
     * the plan's: the chunk after the last maximum of the running sum of (bits that differ - units). From there on every
     * running sum is negative, which is what being viable means.
     */
    int start(long x3, long x2, long x1, long x0) {
        int sum = 0;
        int highest = Integer.MIN_VALUE;
        int after = 0;
        for (int chunk = 0; chunk < LaneTable.CHUNKS; chunk++) {
            long word = switch (chunk >> 2) {
                case 0 -> x0;
                case 1 -> x1;
                case 2 -> x2;
                default -> x3;
            };
            sum += Long.bitCount(word >>> (16 * (chunk & 3)) & 0xFFFF) - units[chunk];
            if (sum >= highest) {
                highest = sum;
                after = chunk + 1;
            }
        }
        return after & LaneTable.CHUNKS - 1;
    }

    private static int[] patterns() {
        int[] all = new int[697];
        int count = 0;
        for (int bits = 0; bits <= 3; bits++) {
            for (int pattern = 0; pattern < 1 << 16; pattern++) {
                if (Integer.bitCount(pattern) == bits) {
                    all[count++] = pattern;
                }
            }
        }
        return all;
    }
}
