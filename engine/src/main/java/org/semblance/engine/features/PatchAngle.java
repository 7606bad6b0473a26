package org.semblance.engine.features;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.semblance.hashdb.features.Features;

/**
 * The angle of a patch: from its centre to its centre of brightness (Rosin, 1999), over a disc of 31 pixels. It turns with
 * the picture.
 */
final class PatchAngle {
    private static final int RADIUS = 15;
    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
    private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_256;
    private static final int LANES = SHORTS.length();

    /** For each row of the disc, 255 where a pixel of its 32 is part of it; row {@code y + RADIUS}. */
    private static final short[][] DISC = new short[2 * RADIUS + 1][2 * LANES];

    /** The columns of a row less the centre's. */
    private static final short[] COLUMNS = new short[2 * LANES];

    static {
        for (int y = -RADIUS; y <= RADIUS; y++) {
            for (int x = -RADIUS; x <= RADIUS; x++) {
                // Half a pixel more, which makes the disc rounder.
                DISC[y + RADIUS][x + RADIUS] =
                        (short) (4 * (x * x + y * y) <= (2 * RADIUS + 1) * (2 * RADIUS + 1) ? 255 : 0);
            }
        }
        for (int i = 0; i < COLUMNS.length; i++) {
            COLUMNS[i] = (short) (i - RADIUS);
        }
    }

    private PatchAngle() {}

    /** The angle in steps of 1/{@link Features#ANGLES} of a turn; 0 where the patch is of one shade. */
    static int of(byte[] pixels, int centre) {
        ShortVector columnsLeft = ShortVector.zero(SHORTS);
        ShortVector columnsRight = columnsLeft;
        int down = 0;
        for (int y = -RADIUS; y <= RADIUS; y++) {
            int at = centre + y * Pyramid.STRIDE - RADIUS;
            short[] disc = DISC[y + RADIUS];
            ShortVector left = widen(pixels, at).and(ShortVector.fromArray(SHORTS, disc, 0));
            ShortVector right = widen(pixels, at + LANES).and(ShortVector.fromArray(SHORTS, disc, LANES));
            columnsLeft = columnsLeft.add(left);
            columnsRight = columnsRight.add(right);
            // At most 31 bytes: no more than a short holds.
            down += y * left.add(right).reduceLanes(VectorOperators.ADD);
        }
        int across = 0;
        for (int i = 0; i < LANES; i++) {
            across += columnsLeft.lane(i) * COLUMNS[i] + columnsRight.lane(i) * COLUMNS[LANES + i];
        }
        return angle(down, across);
    }

    private static ShortVector widen(byte[] pixels, int at) {
        return (ShortVector)
                ByteVector.fromArray(BYTES, pixels, at).convertShape(VectorOperators.ZERO_EXTEND_B2S, SHORTS, 0);
    }

    static int angle(double down, double across) {
        double turns = StrictMath.atan2(down, across) / (2 * StrictMath.PI);
        return (int) Math.rint(turns * Features.ANGLES) & Features.ANGLES - 1;
    }
}
