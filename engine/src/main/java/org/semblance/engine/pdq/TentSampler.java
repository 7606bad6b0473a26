package org.semblance.engine.pdq;

import java.util.Arrays;

/**
 * A picture of any size to 64x64 by the same weights as {@link TentFilter}, but without its rounding errors, and several times
 * faster.
 *
 * <p>Two box filters along a line and then one of every so many points are, all told, 64 weighted sums of the line's samples,
 * and each sample is in one or two of them. So the running sums, which walk every sample four times, are not needed to know
 * the result, only to round as the reference rounds. Here a row goes, times its weight, into the one or two rows of the result
 * that it is part of; and when such a row is complete, the same is done with its columns.
 *
 * <p>What comes out differs from {@link TentFilter}'s in the sixth digit, which turns a bit of the hash where a coefficient
 * lies that near to the median: of one picture in some hundreds, one pair of bits.
 *
 * <p>Owns its scratch: for one thread.
 */
final class TentSampler implements Smoothing {
    /** Floats (64 MB) of scratch that are kept for the next picture; only absurdly wide ones need more. */
    private static final int KEPT = 1 << 24;

    private static final float[] NOTHING = {};

    private final Weights across = new Weights();
    private final Weights down = new Weights();
    /** A row of the picture. */
    private float[] row = NOTHING;
    /** Rows of the result that are not complete, at full width; row i at i modulo their number. */
    private float[] sums = NOTHING;

    /** The weights by which the samples of a line make its 64 sums. */
    private static final class Weights {
        private int length;
        /** The samples that are part of each sum: from the first to before the end. */
        private final int[] first = new int[SIDE];

        private final int[] end = new int[SIDE];
        /** Of each sum as many as the longest has. */
        private float[] weights = NOTHING;

        private int stride;

        void resize(int samples) {
            if (samples == length) {
                return;
            }
            length = samples;
            int window = TentFilter.window(samples);
            stride = 2 * window;
            weights = new float[SIDE * stride];
            for (int i = 0; i < SIDE; i++) {
                int at = TentFilter.sampled(i, samples);
                first[i] = from(from(at, window), window);
                end[i] = to(to(at, window, samples) - 1, window, samples);
                double[] exact = new double[end[i] - first[i]];
                int outer = to(at, window, samples) - from(at, window);
                for (int middle = from(at, window); middle < to(at, window, samples); middle++) {
                    int inner = to(middle, window, samples) - from(middle, window);
                    for (int sample = from(middle, window); sample < to(middle, window, samples); sample++) {
                        exact[sample - first[i]] += 1.0 / outer / inner;
                    }
                }
                for (int k = 0; k < exact.length; k++) {
                    weights[i * stride + k] = (float) exact[k];
                }
            }
        }

        /** The first sample in the window of the box filter's output {@code at}. */
        private static int from(int at, int window) {
            return Math.max(0, at + TentFilter.lag(window) - window + 1);
        }

        /** One more than the last sample in it. */
        private static int to(int at, int window, int samples) {
            return Math.min(samples, at + TentFilter.lag(window) + 1);
        }

        float of(int i, int sample) {
            return weights[i * stride + sample - first[i]];
        }

        /** How many sums have begun and not ended, at most. */
        int open() {
            int most = 1;
            for (int i = 0; i < SIDE; i++) {
                int begun = i;
                while (begun < SIDE && first[begun] < end[i]) {
                    begun++;
                }
                most = Math.max(most, begun - i);
            }
            return most;
        }
    }

    @Override
    public void downsample(Luma luma, float[] small) {
        across.resize(luma.width());
        down.resize(luma.height());
        int stride = across.length;
        int open = down.open();
        allocate(stride, open);
        int complete = 0;
        int begun = 0;
        for (int y = 0; y < down.length; y++) {
            luma.row(y, row, 0);
            while (begun < SIDE && down.first[begun] <= y) {
                begun++;
            }
            for (int i = complete; i < begun; i++) {
                add(row, down.of(i, y), sums, i % open * stride, across.length);
            }
            for (; complete < begun && down.end[complete] == y + 1; complete++) {
                int at = complete % open * stride;
                sumUp(at, small, complete * SIDE);
                Arrays.fill(sums, at, at + stride, 0);
            }
        }
        if (row.length + sums.length > KEPT) {
            row = NOTHING;
            sums = NOTHING;
        }
    }

    /** @throws IllegalArgumentException if the rows that are open at once cannot be one array */
    private void allocate(int stride, int open) {
        if ((long) stride * open > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("width: " + across.length + " (expected: at most "
                    + Integer.MAX_VALUE / open + " at a height of " + down.length + ")");
        }
        if (row.length < stride) {
            row = new float[stride];
        }
        if (sums.length < open * stride) {
            sums = new float[open * stride];
        } else {
            Arrays.fill(sums, 0, open * stride, 0);
        }
    }

    private static void add(float[] row, float weight, float[] sums, int at, int width) {
        for (int x = 0; x < width; x++) {
            sums[at + x] += row[x] * weight;
        }
    }

    /** A complete row of the result: the 64 sums across, each of four that do not wait for each other. */
    private void sumUp(int at, float[] small, int smallAt) {
        float[] weights = across.weights;
        for (int i = 0; i < SIDE; i++) {
            int sample = at + across.first[i];
            int weight = i * across.stride;
            int end = weight + across.end[i] - across.first[i];
            float a = 0;
            float b = 0;
            float c = 0;
            float d = 0;
            for (; weight + 3 < end; weight += 4, sample += 4) {
                a += weights[weight] * sums[sample];
                b += weights[weight + 1] * sums[sample + 1];
                c += weights[weight + 2] * sums[sample + 2];
                d += weights[weight + 3] * sums[sample + 3];
            }
            for (; weight < end; weight++, sample++) {
                a += weights[weight] * sums[sample];
            }
            small[smallAt + i] = a + b + (c + d);
        }
    }
}
