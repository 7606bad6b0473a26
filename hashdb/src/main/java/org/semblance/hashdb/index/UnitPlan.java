package org.semblance.hashdb.index;

/**
 * The division of a distance among the chunks of a {@link Ring}, see {@link PigeonringIndex}: the units of each chunk, and
 * so which buckets of its table are looked at and how far the next chunk may be off.
 */
final class UnitPlan {
    private final Ring ring;
    private final int[] units;
    private final int[] patterns;
    private final int probes;
    private final double lanesAHash;
    private final double candidatesAHash;

    UnitPlan(Ring ring, int distance) {
        this.ring = ring;
        int chunks = ring.chunks();
        units = new int[chunks];
        patterns = new int[chunks];
        for (int left = distance + 1; left > 0; ) {
            left -= giveUnits(left);
        }
        int sum = 0;
        double lanes = 0;
        double candidates = 0;
        for (int chunk = 0; chunk < chunks; chunk++) {
            patterns[chunk] = Ring.patternsUpTo(ring.width(chunk), units[chunk] - 1);
            double buckets = 1 << ring.width(chunk);
            for (int flips = 0; flips < units[chunk]; flips++) {
                int nextWidth = ring.width(ring.next(chunk));
                double share = (double) Ring.patternsUpTo(nextWidth, limit(chunk) - flips) / (1 << nextWidth);
                candidates += share * patternsOf(ring.width(chunk), flips) / buckets;
            }
            lanes += patterns[chunk] / buckets;
            sum += patterns[chunk];
        }
        probes = sum;
        lanesAHash = lanes;
        candidatesAHash = candidates;
    }

    /**
     * Gives a unit more to those chunks where it adds the fewest lanes; if there are not enough for all of them, to some that
     * are spread evenly over the ring.
     *
     * @return how many it gave
     */
    private int giveUnits(int left) {
        double least = Double.POSITIVE_INFINITY;
        int equal = 0;
        for (int chunk = 0; chunk < units.length; chunk++) {
            double lanes = lanesOfNextUnit(chunk);
            if (lanes < least) {
                least = lanes;
                equal = 0;
            }
            equal += lanes == least ? 1 : 0;
        }
        int given = Math.min(left, equal);
        boolean[] more = new boolean[units.length];
        int place = 0;
        for (int chunk = 0; chunk < units.length; chunk++) {
            if (lanesOfNextUnit(chunk) == least) {
                more[chunk] = given * (place + 1) / equal > given * place / equal;
                place++;
            }
        }
        for (int chunk = 0; chunk < units.length; chunk++) {
            units[chunk] += more[chunk] ? 1 : 0;
        }
        return given;
    }

    /** How many lanes, for each stored hash, a lookup tests in addition if a chunk has a unit more. */
    private double lanesOfNextUnit(int chunk) {
        if (units[chunk] == Ring.MAX_UNITS) {
            return Double.POSITIVE_INFINITY;
        }
        return (double) patternsOf(ring.width(chunk), units[chunk]) / (1 << ring.width(chunk));
    }

    private static int patternsOf(int width, int bits) {
        return Ring.patternsUpTo(width, bits) - Ring.patternsUpTo(width, bits - 1);
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

    /** How many of {@link Ring#patterns} the table of this chunk is probed with; 0 if it is left out. */
    int patterns(int chunk) {
        return patterns[chunk];
    }

    /** In how many bits this chunk and the next may differ together. */
    int limit(int chunk) {
        return units[chunk] + units[ring.next(chunk)] - 1;
    }

    /**
     * The one chunk through whose table two hashes find each other, given where they differ, if their distance is within
     * the plan's: the chunk after the last maximum of the running sum of (bits that differ - units). From there on every
     * running sum is negative, which is what being viable means.
     */
    int start(long x3, long x2, long x1, long x0) {
        int sum = 0;
        int highest = Integer.MIN_VALUE;
        int last = 0;
        for (int chunk = 0; chunk < units.length; chunk++) {
            long word = switch (ring.word(chunk)) {
                case 0 -> x0;
                case 1 -> x1;
                case 2 -> x2;
                default -> x3;
            };
            sum += Integer.bitCount(ring.value(word, chunk)) - units[chunk];
            if (sum >= highest) {
                highest = sum;
                last = chunk;
            }
        }
        return ring.next(last);
    }
}
