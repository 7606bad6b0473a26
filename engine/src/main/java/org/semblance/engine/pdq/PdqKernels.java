package org.semblance.engine.pdq;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.semblance.hashdb.hash.Hash256;

/**
 * The loops between a picture's bytes and its hash, in two forms that give the same bits: our own library's ({@link NativePdq}),
 * as fast at the first call as at any later one, and Java's ({@link JavaPdq}), the oracle of the other.
 */
sealed interface PdqKernels permits NativePdq, JavaPdq {
    /** What the bytes of a row are. The order is that of picture.c. */
    enum Pixels {
        /** A byte a pixel, 0 to 255. */
        GREY(1),
        /** A byte a pixel, of which 16 is black and 235 white. */
        STUDIO(1),
        /** Three bytes a pixel. */
        RGB(3),
        BGR(3);

        final int bytes;

        Pixels(int bytes) {
            this.bytes = bytes;
        }
    }

    /**
     * Reads a row of pixels as luma, 0..255 each.
     *
     * @param start where the row begins, in bytes
     * @param row gets {@code width} floats from {@code at} on
     */
    void luma(Pixels kind, MemorySegment pixels, long start, int width, float[] row, int at);

    /** Smoothing that rounds as the reference does; holds scratch, for one thread. */
    Smoothing tent();

    /** Smoothing without the reference's rounding errors; holds scratch, for one thread. */
    Smoothing sampler();

    /** Takes the 16x16 coefficients of a 64x64 picture. */
    void cosines(float[] picture, float[] coefficients);

    /** A bit for each of 256 values: whether it is above the 128th smallest of them. */
    Hash256 aboveMedian(float[] values);

    /** The differences of all neighbours in a 64x64 picture, in percent of 255 and truncated one by one, summed. */
    int gradients(float[] picture);

    /** All forms that this machine has, the fastest first. */
    static List<PdqKernels> available() {
        List<PdqKernels> all = new ArrayList<>(NativePdq.available());
        all.add(JavaPdq.INSTANCE);
        return all;
    }

    /** The fastest form that this machine has. */
    static PdqKernels best() {
        return Best.KERNELS;
    }

    /** Holds the choice. */
    final class Best {
        static final PdqKernels KERNELS = available().getFirst();

        private Best() {}
    }
}
