package org.semblance.engine.features;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.semblance.hashdb.features.Features;

/** The features of an upload as points of the plane; mirrored, if it is to be compared with a banked picture's mirror image. */
final class VotePoints {
    /** Bits by which a feature may differ from a banked one at whose place it lies. */
    static final int MOST_BITS = 64;

    /** Levels by which it may lie off. */
    private static final double LEVELS = 1.6;

    private static final double HALF_TURN = Features.ANGLES / 2.0;

    final double[] x;
    final double[] y;
    /** In radians. */
    final double[] angle;

    /** The numbers of the features from left to right. */
    private final int[] byX;

    final Features features;
    final boolean mirrored;

    VotePoints(Features features, boolean mirrored) {
        this.features = features;
        this.mirrored = mirrored;
        int count = features.count();
        x = new double[count];
        y = new double[count];
        angle = new double[count];
        for (int i = 0; i < count; i++) {
            x[i] = mirrored ? features.width() - 1 - features.x(i) : features.x(i);
            y[i] = features.y(i);
            double steps = mirrored ? HALF_TURN - features.angle(i) : features.angle(i);
            angle[i] = steps * 2 * Math.PI / Features.ANGLES;
        }
        byX = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> x[i]))
                .mapToInt(i -> i)
                .toArray();
    }

    /** Bits in which a feature differs from a banked one, or from the mirror image of it. */
    int distance(int i, Features banked, int other) {
        int swap = (banked.isSwapped(other) != features.isSwapped(i)) != mirrored ? Features.WORDS / 2 : 0;
        int distance = 0;
        for (int word = 0; word < Features.WORDS; word++) {
            distance += Long.bitCount(banked.word(other, word ^ swap) ^ features.word(i, word));
        }
        return distance;
    }

    /**
     * The feature near a point that is nearest to a banked one in bits; -1 if there is none.
     *
     * @param level near which it must lie
     * @param reach pixels within which it must lie
     */
    int nearest(Features banked, int other, double atX, double atY, double level, double reach) {
        int least = MOST_BITS + 1;
        int nearest = -1;
        for (int k = firstFrom(atX - reach); k < byX.length && x[byX[k]] <= atX + reach; k++) {
            int i = byX[k];
            double dx = x[i] - atX;
            double dy = y[i] - atY;
            if (dx * dx + dy * dy <= reach * reach && Math.abs(features.level(i) - level) <= LEVELS) {
                int bits = distance(i, banked, other);
                if (bits < least || (bits == least && i < nearest)) {
                    least = bits;
                    nearest = i;
                }
            }
        }
        return nearest;
    }

    /** Where in {@link #byX} the features begin that do not lie left of that. */
    private int firstFrom(double left) {
        int low = 0;
        int high = byX.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (x[byX[middle]] < left) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
