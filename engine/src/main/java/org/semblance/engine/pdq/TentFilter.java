package org.semblance.engine.pdq;

import java.util.Arrays;

/**
 * A picture of any size to 64x64, smoothed and sampled as PDQ does ("Jarosz filter"): two times a box filter along
 * every row and then along every column, which makes a tent, and then one of every so many points.
 *
 * <p>PDQ defines the running sums by their float operations: the entering sample is added, then the leaving one
 * subtracted, and the sum, rounding errors and all, is carried along the whole line. Both ends of a line follow the same
 * rule as its middle, with zeros in front and behind (adding or subtracting zero changes no sum: none is ever -0); only
 * the divisor differs.
 *
 * <p>The picture is never held whole: rows are filtered along themselves one by one, and columns by sums for all of them
 * at once, beside the last rows that the windows of both passes still hold. The native form passes in bands
 * ({@code picture.h}).
 *
 * <p>Owns its scratch: for one thread.
 */
final class TentFilter implements Smoothing {
    /** Floats (64 MB) of scratch that are kept for the next picture; only absurdly wide ones need more. */
    private static final int KEPT = 1 << 24;

    private static final float[] NOTHING = {};

    private float[] row = NOTHING;
    private float[] smooth = NOTHING;
    private float[] ring = NOTHING;
    private float[] columnSums = NOTHING;
    private final float[] kept = new float[SIDE];
    private float[] tall = NOTHING;
    private final float[] secondSums = new float[SIDE];

    /** The smallest window of which 128 cover the line: a tent is two boxes, and 64 tents are wanted. */
    static int window(int samples) {
        return Math.ceilDiv(samples, 2 * SIDE);
    }

    /** How many samples after an output its window ends. */
    static int lag(int window) {
        return (window + 2) / 2 - 1;
    }

    /** Steps until the second pass along a line has given its last output, rounded up to whole bands. */
    static int steps(int samples, int band) {
        return Math.ceilDiv(samples + 2 * lag(window(samples)), band) * band;
    }

    /** Where the line is sampled: the centre of part {@code i} of 64. */
    static int sampled(int i, int samples) {
        return (int) ((i + 0.5) * samples / SIDE);
    }

    /** By what the sum is divided after a step, 0 if that has no output. */
    private static float divisor(int step, int samples, int window) {
        int lag = lag(window);
        return step < lag || step >= samples + lag ? 0 : Math.min(step, samples - 1) - Math.max(step - window, -1);
    }

    @Override
    public void downsample(Luma luma, float[] small) {
        int width = luma.width();
        int height = luma.height();
        int window = window(height);
        int lag = lag(window);
        int widest = Integer.MAX_VALUE / 2 / (window + 1);
        if (width > widest) {
            throw new IllegalArgumentException(
                    "width: " + width + " (expected: at most " + widest + " at a height of " + height + ")");
        }
        row = atLeast(row, width);
        smooth = atLeast(smooth, width);
        ring = zeros(ring, (window + 1) * width);
        columnSums = zeros(columnSums, width);
        tall = zeros(tall, (window + 1) * SIDE);
        Arrays.fill(secondSums, 0);
        int next = 0;
        for (int step = 0; next < SIDE; step++) {
            int slot = step % (window + 1);
            if (step < height) {
                luma.row(step, row, 0);
                box(row, width, smooth);
                System.arraycopy(smooth, 0, ring, slot * width, width);
            } else {
                Arrays.fill(ring, slot * width, (slot + 1) * width, 0);
            }
            // The slot behind this one has the row that leaves: the ring holds one more than the window.
            int leaving = (step + 1) % (window + 1);
            move(columnSums, ring, slot * width, leaving * width, width);
            float divisor = divisor(step, height, window);
            if (divisor == 0) {
                Arrays.fill(kept, 0);
            } else {
                for (int x = 0; x < width; x++) {
                    row[x] = columnSums[x] / divisor;
                }
                sample(row, width);
            }
            System.arraycopy(kept, 0, tall, slot * SIDE, SIDE);
            move(secondSums, tall, slot * SIDE, leaving * SIDE, SIDE);
            int at = sampled(next, height);
            while (next < SIDE && at + 2 * lag == step) {
                float last = divisor(at + lag, height, window);
                for (int x = 0; x < SIDE; x++) {
                    small[next * SIDE + x] = secondSums[x] / last;
                }
                next++;
                at = sampled(next, height);
            }
        }
        if (ring.length > KEPT) {
            ring = NOTHING;
        }
    }

    private static float[] atLeast(float[] array, int length) {
        return array.length >= length ? array : new float[length];
    }

    private static float[] zeros(float[] array, int length) {
        if (array.length < length) {
            return new float[length];
        }
        Arrays.fill(array, 0, length, 0);
        return array;
    }

    /** Adds the entering samples to the sums, and then subtracts the leaving ones. */
    private static void move(float[] sums, float[] from, int entering, int leaving, int count) {
        for (int x = 0; x < count; x++) {
            sums[x] = sums[x] + from[entering + x] - from[leaving + x];
        }
    }

    /** The box filter along a line. */
    private static void box(float[] line, int length, float[] out) {
        int window = window(length);
        int lag = lag(window);
        float sum = 0;
        for (int step = 0; step < length + lag; step++) {
            sum += step < length ? line[step] : 0;
            sum -= step >= window ? line[step - window] : 0;
            if (step >= lag) {
                out[step - lag] = sum / divisor(step, length, window);
            }
        }
    }

    /** The box filter along a line, of which 64 outputs are kept. */
    private void sample(float[] line, int length) {
        int window = window(length);
        int lag = lag(window);
        float sum = 0;
        int step = 0;
        for (int i = 0; i < SIDE; i++) {
            int at = sampled(i, length) + lag;
            for (; step <= at; step++) {
                sum += step < length ? line[step] : 0;
                sum -= step >= window ? line[step - window] : 0;
            }
            kept[i] = sum / divisor(at, length, window);
        }
    }
}
