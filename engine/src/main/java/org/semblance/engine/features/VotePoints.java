package org.semblance.engine.features;

import org.semblance.hashdb.features.Features;

/** The features of an upload as points of the plane; mirrored, if it is to be compared with a banked picture's mirror image. */
final class VotePoints {
    private static final double HALF_TURN = Features.ANGLES / 2.0;

    final double[] x;
    final double[] y;
    /** In radians. */
    final double[] angle;

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
}
