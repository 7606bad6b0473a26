package org.semblance.engine.pdq;

import org.semblance.hashdb.hash.Hash256;

/**
 * A 64x64 picture to 16x16 cosine coefficients, and those to bits.
 *
 * <p>The coefficients are {@code B = D A D^t} with D the 16x64 matrix of the DCT-II's frequencies 1 to 16 (the mean,
 * frequency 0, would say nothing of the picture's structure). Every sum starts at 0 and takes its 64 products in
 * ascending order, each product and each sum rounded, as the reference does. A fast DCT would need fewer operations and
 * give other last bits.
 *
 * <p>Bit {@code 16 i + j} of a hash tells whether coefficient (i, j) is above their lower median, at which the
 * reference's Torben search always ends.
 *
 * <p>Owns its scratch: for one thread.
 */
final class CosineHash {
    private static final int SIDE = Smoothing.SIDE;
    /** Rows and columns of the coefficients. */
    static final int FREQUENCIES = 16;

    /** The sum of a picture's gradients for each point of quality: the reference's choice, so that good pictures reach 100. */
    private static final int GRADIENTS_A_POINT = 90;

    /** D, row after row, and behind it D transposed. */
    static final float[] COSINES = new float[2 * FREQUENCIES * SIDE];

    static {
        float scale = (float) Math.sqrt(2.0 / SIDE);
        for (int i = 0; i < FREQUENCIES; i++) {
            for (int j = 0; j < SIDE; j++) {
                float cosine = (float) (scale * Math.cos(Math.PI / 2 / SIDE * (i + 1) * (2 * j + 1)));
                COSINES[i * SIDE + j] = cosine;
                COSINES[FREQUENCIES * SIDE + j * FREQUENCIES + i] = cosine;
            }
        }
    }

    private final PdqKernels kernels;
    private final float[] coefficients = new float[FREQUENCIES * FREQUENCIES];
    private final float[] transformed = new float[FREQUENCIES * FREQUENCIES];

    CosineHash(PdqKernels kernels) {
        this.kernels = kernels;
    }

    /** Takes the coefficients of a 64x64 picture. */
    void transform(float[] picture) {
        kernels.cosines(picture, coefficients);
    }

    /** The hash of the picture last transformed. */
    Hash256 hash() {
        return kernels.aboveMedian(coefficients);
    }

    /** The hash of a variant of it. */
    Hash256 hash(Transform variant) {
        variant.apply(coefficients, transformed, FREQUENCIES);
        return kernels.aboveMedian(transformed);
    }

    /** The reference's quality of a 64x64 picture, 0..100: by the sum of its gradients. */
    int quality(float[] picture) {
        return Math.min(100, kernels.gradients(picture) / GRADIENTS_A_POINT);
    }
}
