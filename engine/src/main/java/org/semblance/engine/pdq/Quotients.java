package org.semblance.engine.pdq;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Divides vectors of floats by small whole numbers, with the bits of a true division and a fraction of its time.
 *
 * <p>The inverse of d is kept as two floats, {@code high + low}, together exact to some 2^-48 of its value, and the
 * quotient of x is {@code fma(x, high, x * low)}: rounded once, from a value that is off by less than 2^-46 of itself. That
 * rounds as the true quotient does unless a boundary between two floats lies between the two. Such a boundary m has 25 bits,
 * so that x and m * d are whole multiples of one unit and not equal (else the division would be exact): m and x / d differ by
 * at least that unit over d, which is more than 2^-26 / d of them. So it holds for d up to {@value #LARGEST}, with room.
 *
 * <p>That supposes that x * low does not underflow, which sums of luma, 0 or above 2^-60 in size, are far from. Without fused
 * operations in the processor the division is a true one.
 */
final class Quotients {
    /** A window of a picture is a 128th of its side; this is far above any. */
    static final int LARGEST = 1 << 19;

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    /** Vectors of 256 bits and more, and those of AArch64, come with them; in software they would take microseconds. */
    private static final boolean FUSED =
            FLOATS.length() >= 8 || System.getProperty("os.arch", "").equals("aarch64");

    private final float[] divisors;
    private final float[] high;
    private final float[] low;

    /** As many divisors, each to be {@link #set}. */
    Quotients(int size) {
        divisors = new float[size];
        high = new float[size];
        low = new float[size];
    }

    int size() {
        return divisors.length;
    }

    float divisor(int i) {
        return divisors[i];
    }

    /** @param divisor a whole number from 1 to {@link #LARGEST}, or infinity */
    void set(int i, float divisor) {
        divisors[i] = divisor;
        high[i] = (float) (1 / (double) divisor);
        low[i] = (float) (1 / (double) divisor - high[i]);
    }

    /** The quotient of each lane and the divisor i. */
    FloatVector of(FloatVector dividends, int i) {
        if (!FUSED) {
            return dividends.div(divisors[i]);
        }
        return dividends.fma(FloatVector.broadcast(FLOATS, high[i]), dividends.mul(low[i]));
    }
}
