package org.semblance.engine.features;

import org.semblance.hashdb.features.Features;

/**
 * The angle of a patch: from its centre to its centre of brightness (Rosin, 1999), over a disc of 31 pixels. It turns with
 * the picture.
 */
final class PatchAngle {
    private PatchAngle() {}

    /** The angles of patches in steps of 1/{@link Features#ANGLES} of a turn; 0 where a patch is of one shade. */
    static int[] of(FeatureKernels kernels, byte[] pixels, int... centres) {
        int[] moments = new int[2 * centres.length];
        kernels.moments(pixels, centres, moments);
        int[] angles = new int[centres.length];
        for (int i = 0; i < angles.length; i++) {
            angles[i] = angle(moments[2 * i], moments[2 * i + 1]);
        }
        return angles;
    }

    static int angle(double down, double across) {
        double turns = StrictMath.atan2(down, across) / (2 * StrictMath.PI);
        return (int) Math.rint(turns * Features.ANGLES) & Features.ANGLES - 1;
    }
}
