package org.semblance.engine.pdq;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.semblance.hashdb.hash.Hash256;

/**
 * A 64x64 picture to 16x16 cosine coefficients, and those to bits.
 *
 * <p>The coefficients are {@code B = D A D^t} with D the 16x64 matrix of the DCT-II's frequencies 1 to 16 (the mean,
 * frequency 0, would say nothing of the picture's structure). Every sum starts at 0 and takes its 64 products in
 * ascending order, each product and each sum rounded, as the reference does; the vectors run over the other index. A
 * fast DCT would need fewer operations and give other last bits.
 *
 * <p>Owns its scratch: for one thread.
 */
final class CosineHash {
    private static final int SIDE = Smoothing.SIDE;
    /** Rows and columns of the coefficients. */
    private static final int FREQUENCIES = 16;

    private static final int BITS = FREQUENCIES * FREQUENCIES;

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final int LANES = FLOATS.length();
    /** The neighbour to the right, within a vector; the last lane, which has none, is its own. */
    private static final VectorShuffle<Float> NEXT_LANE = VectorShuffle.fromOp(FLOATS, i -> Math.min(i + 1, LANES - 1));

    /** D, row after row, and D transposed. */
    private static final float[] COSINES = new float[FREQUENCIES * SIDE];

    private static final float[] COSINES_TURNED = new float[SIDE * FREQUENCIES];

    static {
        float scale = (float) Math.sqrt(2.0 / SIDE);
        for (int i = 0; i < FREQUENCIES; i++) {
            for (int j = 0; j < SIDE; j++) {
                float cosine = (float) (scale * Math.cos(Math.PI / 2 / SIDE * (i + 1) * (2 * j + 1)));
                COSINES[i * SIDE + j] = cosine;
                COSINES_TURNED[j * FREQUENCIES + i] = cosine;
            }
        }
    }

    private final float[] half = new float[FREQUENCIES * SIDE];
    private final float[] coefficients = new float[BITS];
    private final float[] transformed = new float[BITS];
    private final int[] keys = new int[BITS];

    /** Takes the coefficients of a 64x64 picture. */
    void transform(float[] picture) {
        multiply(COSINES, picture, SIDE, half);
        multiply(half, COSINES_TURNED, FREQUENCIES, coefficients);
    }

    /**
     * A matrix product, 16x64 by 64xcolumns. Four rows at once, since a row is one chain of dependent additions.
     */
    private static void multiply(float[] left, float[] right, int columns, float[] product) {
        for (int i = 0; i < FREQUENCIES; i += 4) {
            for (int j = 0; j < columns; j += LANES) {
                FloatVector sum0 = FloatVector.zero(FLOATS);
                FloatVector sum1 = sum0;
                FloatVector sum2 = sum0;
                FloatVector sum3 = sum0;
                for (int k = 0; k < SIDE; k++) {
                    FloatVector row = FloatVector.fromArray(FLOATS, right, k * columns + j);
                    sum0 = sum0.add(row.mul(left[i * SIDE + k]));
                    sum1 = sum1.add(row.mul(left[(i + 1) * SIDE + k]));
                    sum2 = sum2.add(row.mul(left[(i + 2) * SIDE + k]));
                    sum3 = sum3.add(row.mul(left[(i + 3) * SIDE + k]));
                }
                sum0.intoArray(product, i * columns + j);
                sum1.intoArray(product, (i + 1) * columns + j);
                sum2.intoArray(product, (i + 2) * columns + j);
                sum3.intoArray(product, (i + 3) * columns + j);
            }
        }
    }

    /** The hash of the picture last transformed. */
    Hash256 hash() {
        return hash(coefficients);
    }

    /** The hash of a variant of it. */
    Hash256 hash(Transform variant) {
        variant.apply(coefficients, transformed, FREQUENCIES);
        return hash(transformed);
    }

    /** Bit {@code 16 i + j} tells whether coefficient (i, j) is above the median. */
    private Hash256 hash(float[] values) {
        float median = lowerMedian(values);
        return new Hash256(
                above(values, 192, median),
                above(values, 128, median),
                above(values, 64, median),
                above(values, 0, median));
    }

    private static long above(float[] values, int from, float median) {
        long bits = 0;
        for (int i = 0; i < Long.SIZE; i += LANES) {
            bits |= FloatVector.fromArray(FLOATS, values, from + i)
                            .compare(VectorOperators.GT, median)
                            .toLong()
                    << i;
        }
        return bits;
    }

    /**
     * The 128th smallest of the 256 values, which is what the reference's Torben search always ends at.
     *
     * <p>Bit by bit from the top: floats as integers that order alike, and the answer is the largest integer with
     * fewer than 128 values below it. No branch depends on the values.
     */
    private float lowerMedian(float[] values) {
        for (int i = 0; i < BITS; i += LANES) {
            IntVector raw = FloatVector.fromArray(FLOATS, values, i).reinterpretAsInts();
            raw.lanewise(VectorOperators.ASHR, 31)
                    .lanewise(VectorOperators.AND, Integer.MAX_VALUE)
                    .lanewise(VectorOperators.XOR, raw)
                    .intoArray(keys, i);
        }
        // The sign bit is the highest and orders the other way round: from the smallest integer upwards.
        int key = Integer.MIN_VALUE;
        for (int bit = 31; bit >= 0; bit--) {
            int candidate = key ^ (1 << bit);
            if (countBelow(keys, candidate) < BITS / 2) {
                key = candidate;
            }
        }
        return Float.intBitsToFloat(key ^ ((key >> 31) & Integer.MAX_VALUE));
    }

    private static int countBelow(int[] keys, int bound) {
        int count = 0;
        for (int i = 0; i < BITS; i += LANES) {
            count += IntVector.fromArray(INTS, keys, i)
                    .compare(VectorOperators.LT, bound)
                    .trueCount();
        }
        return count;
    }

    /**
     * The reference's quality of a 64x64 picture, 0..100: the differences of all neighbours, in percent of 255 and
     * truncated one by one, summed and divided by 90 (a factor the reference chose so that good pictures reach 100).
     */
    static int quality(float[] picture) {
        IntVector total = IntVector.zero(INTS);
        for (int i = 0; i < SIDE; i++) {
            for (int j = 0; j < SIDE; j += LANES) {
                int at = i * SIDE + j;
                FloatVector here = FloatVector.fromArray(FLOATS, picture, at);
                if (i < SIDE - 1) {
                    total = total.add(percent(here, FloatVector.fromArray(FLOATS, picture, at + SIDE)));
                }
                FloatVector right =
                        j < SIDE - LANES ? FloatVector.fromArray(FLOATS, picture, at + 1) : here.rearrange(NEXT_LANE);
                total = total.add(percent(here, right));
            }
        }
        return Math.min(100, total.reduceLanes(VectorOperators.ADD) / 90);
    }

    private static IntVector percent(FloatVector here, FloatVector neighbour) {
        return ((IntVector) here.sub(neighbour).mul(100f).div(255f).convertShape(VectorOperators.F2I, INTS, 0)).abs();
    }
}
