package org.semblance.engine.pdq;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.semblance.hashdb.hash.Hash256;

/** The same loops in Java, number by number: what the library must equal, and what does its work where there is none. */
final class JavaPdq implements PdqKernels {
    static final JavaPdq INSTANCE = new JavaPdq();

    private static final int SIDE = Smoothing.SIDE;
    private static final int FREQUENCIES = CosineHash.FREQUENCIES;

    /** The weights of BT.601, as floats. */
    private static final float RED = 0.299f;

    private static final float GREEN = 0.587f;
    private static final float BLUE = 0.114f;

    private static final float BLACK = 16;
    private static final float STUDIO_SCALE = 255f / 219;

    private JavaPdq() {}

    @Override
    public void luma(Pixels kind, MemorySegment pixels, long start, int width, float[] row, int at) {
        switch (kind) {
            case GREY -> {
                for (int x = 0; x < width; x++) {
                    row[at + x] = sample(pixels, start + x);
                }
            }
            case STUDIO -> {
                for (int x = 0; x < width; x++) {
                    row[at + x] = Math.clamp((sample(pixels, start + x) - BLACK) * STUDIO_SCALE, 0f, 255f);
                }
            }
            case RGB -> colour(pixels, start, 0, 2, width, row, at);
            case BGR -> colour(pixels, start, 2, 0, width, row, at);
        }
    }

    private static void colour(MemorySegment pixels, long start, int red, int blue, int width, float[] row, int at) {
        for (int x = 0; x < width; x++) {
            long pixel = start + 3L * x;
            row[at + x] = RED * sample(pixels, pixel + red)
                    + GREEN * sample(pixels, pixel + 1)
                    + BLUE * sample(pixels, pixel + blue);
        }
    }

    private static float sample(MemorySegment pixels, long at) {
        return pixels.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }

    @Override
    public Smoothing tent() {
        return new TentFilter();
    }

    @Override
    public Smoothing sampler() {
        return new TentSampler();
    }

    @Override
    public void cosines(float[] picture, float[] coefficients) {
        float[] half = new float[FREQUENCIES * SIDE];
        multiply(CosineHash.COSINES, 0, picture, SIDE, half);
        multiply(half, FREQUENCIES * SIDE, CosineHash.COSINES, FREQUENCIES, coefficients);
    }

    /** A matrix product, 16x64 by 64xcolumns, the latter from a place on. */
    private static void multiply(float[] left, int rightAt, float[] right, int columns, float[] product) {
        Arrays.fill(product, 0, FREQUENCIES * columns, 0);
        for (int i = 0; i < FREQUENCIES; i++) {
            for (int k = 0; k < SIDE; k++) {
                float factor = left[i * SIDE + k];
                int row = rightAt + k * columns;
                for (int j = 0; j < columns; j++) {
                    product[i * columns + j] += factor * right[row + j];
                }
            }
        }
    }

    @Override
    public Hash256 aboveMedian(float[] values) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        float median = sorted[sorted.length / 2 - 1];
        long[] words = new long[4];
        for (int i = 0; i < values.length; i++) {
            if (values[i] > median) {
                words[i / Long.SIZE] |= 1L << i;
            }
        }
        return new Hash256(words[3], words[2], words[1], words[0]);
    }

    @Override
    public int gradients(float[] picture) {
        int total = 0;
        for (int i = 0; i < SIDE; i++) {
            for (int j = 0; j < SIDE; j++) {
                int at = i * SIDE + j;
                total += i < SIDE - 1 ? percent(picture[at], picture[at + SIDE]) : 0;
                total += j < SIDE - 1 ? percent(picture[at], picture[at + 1]) : 0;
            }
        }
        return total;
    }

    private static int percent(float here, float neighbour) {
        return Math.abs((int) ((here - neighbour) * 100f / 255f));
    }

    @Override
    public String toString() {
        return "Java";
    }
}
