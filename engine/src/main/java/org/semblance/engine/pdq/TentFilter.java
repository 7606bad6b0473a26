package org.semblance.engine.pdq;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A picture of any size to 64x64, smoothed and sampled as PDQ does ("Jarosz filter"): two times a box filter along
 * every row and then along every column, which makes a tent, and then one of every so many points.
 *
 * <p><b>The bits.</b> PDQ defines the running sums by their float operations: the entering sample is added, then the
 * leaving one subtracted, and the sum, rounding errors and all, is carried along the whole line. So a line is one chain
 * of dependent operations and only different lines can be computed side by side: a lane of a vector is a line, never a
 * part of one. Both ends of a line follow the same rule here as its middle, with zeros in front and behind (adding or
 * subtracting zero changes no sum: none is ever -0), only the divisor differs. The division by the number of samples
 * is a true one; where that number is a power of two a multiplication gives the same bits.
 *
 * <p><b>The flow.</b> The picture is never held as floats. It passes in bands of two vectors of rows, and a band in
 * chunks of columns small enough for the first-level cache:
 *
 * <pre>
 *   rows --turn--> box across --turn--> ring --box down--> --turn--> box across, 64 columns kept
 *   --turn--> tall: box down, 64 rows kept
 * </pre>
 *
 * To filter across, rows must be lanes, so the tiles are turned ({@link Tile}) and turned back to filter down. The ring
 * holds as many filtered rows as the window down is high, since they must be subtracted again. The second pass walks
 * every sample like the first, but only the 64 columns and then the 64 rows that are looked at are divided and kept.
 *
 * <p>An output lies in the middle of its window, so it is known {@code lag} steps after its sample went in. Nothing is
 * shifted for that: an output is stored at the step at which it comes out, and the steps before the line's first output
 * and after its last one divide by infinity, so that the next pass sees the zeros it needs there.
 *
 * <p>Owns its scratch: for one thread.
 */
final class TentFilter implements Smoothing {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = FLOATS.length();
    /** Rows of a band. Two vectors, because a single chain of additions would leave the adders idle half the time. */
    private static final int BAND = 2 * LANES;

    private static final int LEAST_CHUNK = 64;
    /** Floats (64 MB) of scratch that are kept for the next picture; only absurdly wide ones need more. */
    private static final int KEPT = 1 << 24;

    private static final float[] NOTHING = {};

    private final Line across = new Line();
    private final Line down = new Line();
    private final Samples columns = new Samples();
    private final Samples rows = new Samples();

    /** The picture's rows of this band, zeros behind each; and the same turned, a chunk and the window before it. */
    private float[] band = NOTHING;

    private float[] turned = NOTHING;
    /** The band's running sums across. */
    private final float[] rowSums = new float[BAND];
    /** A chunk filtered across, still turned. */
    private float[] smooth = NOTHING;
    /** The last rows filtered across; a band never wraps. */
    private float[] ring = NOTHING;

    private float[] columnSums = NOTHING;
    /** A chunk of the band filtered down, and the same turned, with the window before it. */
    private float[] block = NOTHING;

    private float[] blockTurned = NOTHING;
    private final float[] secondRowSums = new float[BAND];
    /** The 64 kept columns of a band, turned. */
    private final float[] kept = new float[SIDE * BAND];
    /** The last rows of the 64 kept columns. */
    private float[] tall = NOTHING;

    private final float[] secondColumnSums = new float[SIDE];

    /** How a line of n samples is filtered, by steps. */
    private static final class Line {
        private int length;
        private int window;
        private int lag;
        /** Steps until the second pass has given its last output, rounded up to whole bands. */
        private int steps;
        /** Step to the number of samples in the window whose output comes out; infinity if none comes. */
        private float[] divisors = NOTHING;

        void resize(int samples) {
            if (samples == length) {
                return;
            }
            window = window(samples);
            lag = lag(window);
            steps = Math.ceilDiv(samples + 2 * lag, BAND) * BAND;
            divisors = atLeast(divisors, steps);
            for (int step = 0; step < steps; step++) {
                divisors[step] = step < lag || step >= samples + lag
                        ? Float.POSITIVE_INFINITY
                        : Math.min(step, samples - 1) - Math.max(step - window, -1);
            }
            length = samples;
        }

        /** Whether the window is full, and a power of two, from one step to before another. */
        boolean isScaling(int from, int to) {
            return Integer.bitCount(window) == 1 && from >= window - 1 && to <= length;
        }
    }

    /** Which outputs of the second pass are kept: 64, at the centres of 64 equal parts of the line. */
    private static final class Samples {
        private int length;
        private final int[] steps = new int[SIDE];
        private final float[] divisors = new float[SIDE];
        /** The next to come in the line that is walked. */
        private int next;

        void resize(Line line) {
            next = 0;
            if (line.length == length) {
                return;
            }
            length = line.length;
            for (int i = 0; i < SIDE; i++) {
                int at = sampled(i, line.length);
                steps[i] = at + 2 * line.lag;
                divisors[i] = line.divisors[at + line.lag];
            }
        }

        /** The step after the next kept output, or the given bound if that comes first. */
        int until(int bound) {
            return next < SIDE ? Math.min(bound, steps[next] + 1) : bound;
        }

        boolean isDue(int step) {
            return next < SIDE && steps[next] + 1 == step;
        }
    }

    /** The smallest window of which 128 cover the line: a tent is two boxes, and 64 tents are wanted. */
    static int window(int samples) {
        return Math.ceilDiv(samples, 2 * SIDE);
    }

    /** How many samples after an output its window ends. */
    static int lag(int window) {
        return (window + 2) / 2 - 1;
    }

    /** Where the line is sampled: the centre of part {@code i} of 64. */
    static int sampled(int i, int samples) {
        return (int) ((i + 0.5) * samples / SIDE);
    }

    @Override
    public void downsample(Luma luma, float[] small) {
        int ringRows = Math.ceilDiv(window(luma.height()) + BAND, BAND) * BAND;
        int widest = Integer.MAX_VALUE / ringRows / 2;
        if (luma.width() > widest) {
            throw new IllegalArgumentException("width: " + luma.width() + " (expected: at most " + widest
                    + " at a height of " + luma.height() + ")");
        }
        across.resize(luma.width());
        down.resize(luma.height());
        columns.resize(across);
        rows.resize(down);
        int chunk = Math.min(across.steps, Math.max(LEAST_CHUNK, Math.ceilDiv(2 * across.window, BAND) * BAND));
        // An odd number of vectors, so that the rows of a tile do not fall on the same few cache sets.
        int stride = across.steps + LANES;
        allocate(chunk, stride, ringRows);
        int tallRows = down.window;
        for (int top = 0; top < down.steps; top += BAND) {
            int present = Math.clamp(luma.height() - top, 0, BAND);
            for (int y = 0; y < present; y++) {
                luma.row(top + y, band, y * stride);
            }
            Arrays.fill(turned, 0, across.window * BAND, 0);
            Arrays.fill(blockTurned, 0, across.window * BAND, 0);
            Arrays.fill(rowSums, 0);
            Arrays.fill(secondRowSums, 0);
            columns.next = 0;
            int slot = top % ringRows;
            for (int left = 0; left < across.steps; left += chunk) {
                int width = Math.min(chunk, across.steps - left);
                filterAcross(left, width, stride, slot, present);
                filterDown(left, width, stride, top, ringRows, chunk + LANES);
                sampleAcross(left, width, chunk + LANES);
            }
            if ((tallRows + BAND) * SIDE > tall.length) {
                System.arraycopy(tall, (tallRows - down.window) * SIDE, tall, 0, down.window * SIDE);
                tallRows = down.window;
            }
            sampleDown(tallRows, top, small);
            tallRows += BAND;
        }
        if (band.length + ring.length > KEPT) {
            band = NOTHING;
            ring = NOTHING;
        }
    }

    private void allocate(int chunk, int stride, int ringRows) {
        band = atLeast(band, BAND * stride);
        for (int y = 0; y < BAND; y++) {
            Arrays.fill(band, y * stride + across.length, (y + 1) * stride, 0);
        }
        turned = atLeast(turned, (across.window + chunk) * BAND);
        smooth = atLeast(smooth, chunk * BAND);
        ring = atLeast(ring, ringRows * stride);
        // The rows before the first, as the window down sees them.
        Arrays.fill(ring, (ringRows - down.window) * stride, ringRows * stride, 0);
        columnSums = atLeast(columnSums, across.steps);
        Arrays.fill(columnSums, 0, across.steps, 0);
        block = atLeast(block, BAND * (chunk + LANES));
        blockTurned = atLeast(blockTurned, (across.window + chunk) * BAND);
        tall = atLeast(tall, (down.window + Math.max(2 * BAND, down.window)) * SIDE);
        Arrays.fill(tall, 0, down.window * SIDE, 0);
        Arrays.fill(secondColumnSums, 0);
    }

    private static float[] atLeast(float[] array, int length) {
        return array.length >= length ? array : new float[length];
    }

    /** First pass along the rows: a chunk of the band to the ring. Rows below the picture become zeros. */
    private void filterAcross(int left, int width, int stride, int slot, int present) {
        int history = across.window * BAND;
        if (present > 0) {
            turn(band, left, stride, turned, history, width);
            int full = Math.clamp(across.window - 1 - left, 0, width);
            int ending = Math.clamp(across.length - left, full, width);
            boxAcross(left, 0, full);
            boxAcross(left, full, ending);
            boxAcross(left, ending, width);
            turnBack(smooth, width, ring, slot * stride + left, stride);
            System.arraycopy(turned, width * BAND, turned, 0, history);
        }
        for (int y = present; y < BAND; y++) {
            int at = (slot + y) * stride + left;
            Arrays.fill(ring, at, at + width, 0);
        }
    }

    private void boxAcross(int left, int from, int to) {
        int old = from * BAND;
        int next = old + across.window * BAND;
        if (across.isScaling(left + from, left + to)) {
            boxScaling(turned, old, next, BAND, rowSums, 0, 1f / across.window, smooth, old, BAND, to - from);
        } else {
            box(turned, old, next, BAND, rowSums, 0, across.divisors, left + from, smooth, old, BAND, to - from);
        }
    }

    /** First pass along the columns: a chunk of the ring's newest band to the block. */
    private void filterDown(int left, int width, int stride, int top, int ringRows, int blockStride) {
        int slot = top % ringRows;
        int oldSlot = Math.floorMod(top - down.window, ringRows);
        int beforeWrap = Math.min(BAND, ringRows - oldSlot);
        boolean scaling = down.isScaling(top, top + BAND);
        float scale = 1f / down.window;
        for (int x = 0; x < width; x += BAND) {
            int column = left + x;
            int done = 0;
            while (done < BAND) {
                int count = done == 0 ? beforeWrap : BAND - done;
                int old = (done == 0 ? oldSlot : 0) * stride + column;
                int next = (slot + done) * stride + column;
                int to = done * blockStride + x;
                if (scaling) {
                    boxScaling(ring, old, next, stride, columnSums, column, scale, block, to, blockStride, count);
                } else {
                    box(
                            ring,
                            old,
                            next,
                            stride,
                            columnSums,
                            column,
                            down.divisors,
                            top + done,
                            block,
                            to,
                            blockStride,
                            count);
                }
                done += count;
            }
        }
    }

    /** Second pass along the rows: the kept columns of a chunk of the block. */
    private void sampleAcross(int left, int width, int blockStride) {
        int history = across.window * BAND;
        turn(block, 0, blockStride, blockTurned, history, width);
        int step = left;
        while (step < left + width) {
            int end = columns.until(left + width);
            int old = (step - left) * BAND;
            sum(blockTurned, old, old + history, BAND, secondRowSums, 0, end - step);
            step = end;
            for (; columns.isDue(step); columns.next++) {
                divide(secondRowSums, 0, columns.divisors[columns.next], kept, columns.next * BAND);
            }
        }
        System.arraycopy(blockTurned, width * BAND, blockTurned, 0, history);
    }

    /** Second pass along the columns: the kept rows of a band of the 64 columns. */
    private void sampleDown(int tallRows, int top, float[] small) {
        turnBack(kept, SIDE, tall, tallRows * SIDE, SIDE);
        int step = top;
        while (step < top + BAND) {
            int end = rows.until(top + BAND);
            int next = (tallRows + step - top) * SIDE;
            for (int x = 0; x < SIDE; x += BAND) {
                sum(tall, next - down.window * SIDE + x, next + x, SIDE, secondColumnSums, x, end - step);
            }
            step = end;
            for (; rows.isDue(step); rows.next++) {
                for (int x = 0; x < SIDE; x += BAND) {
                    divide(secondColumnSums, x, rows.divisors[rows.next], small, rows.next * SIDE + x);
                }
            }
        }
    }

    /** A band of rows to columns of {@code BAND} lanes. */
    private static void turn(float[] from, int fromAt, int stride, float[] to, int toAt, int width) {
        for (int x = 0; x < width; x += LANES) {
            Tile.transpose(from, fromAt + x, stride, to, toAt + x * BAND, BAND);
            Tile.transpose(from, fromAt + LANES * stride + x, stride, to, toAt + x * BAND + LANES, BAND);
        }
    }

    /** The inverse. */
    private static void turnBack(float[] from, int width, float[] to, int toAt, int stride) {
        for (int x = 0; x < width; x += LANES) {
            Tile.transpose(from, x * BAND, BAND, to, toAt + x, stride);
            Tile.transpose(from, x * BAND + LANES, BAND, to, toAt + LANES * stride + x, stride);
        }
    }

    private static FloatVector load(float[] array, int at) {
        return FloatVector.fromArray(FLOATS, array, at);
    }

    /**
     * The box filter: {@code BAND} lines side by side, {@code count} steps of them. The sums are carried in an array
     * from call to call; {@code old} and {@code next} are where the leaving and the entering samples of the first step
     * are.
     */
    private static void box(
            float[] in,
            int old,
            int next,
            int inStride,
            float[] sums,
            int sumsAt,
            float[] divisors,
            int divisorsAt,
            float[] out,
            int outAt,
            int outStride,
            int count) {
        FloatVector sum0 = load(sums, sumsAt);
        FloatVector sum1 = load(sums, sumsAt + LANES);
        for (int i = 0; i < count; i++) {
            int entering = next + i * inStride;
            int leaving = old + i * inStride;
            sum0 = sum0.add(load(in, entering)).sub(load(in, leaving));
            sum1 = sum1.add(load(in, entering + LANES)).sub(load(in, leaving + LANES));
            float divisor = divisors[divisorsAt + i];
            sum0.div(divisor).intoArray(out, outAt + i * outStride);
            sum1.div(divisor).intoArray(out, outAt + i * outStride + LANES);
        }
        sum0.intoArray(sums, sumsAt);
        sum1.intoArray(sums, sumsAt + LANES);
    }

    /** Filters where all divisors are one power of two: its inverse is exact, so a product replaces the quotient. */
    private static void boxScaling(
            float[] in,
            int old,
            int next,
            int inStride,
            float[] sums,
            int sumsAt,
            float scale,
            float[] out,
            int outAt,
            int outStride,
            int count) {
        FloatVector sum0 = load(sums, sumsAt);
        FloatVector sum1 = load(sums, sumsAt + LANES);
        for (int i = 0; i < count; i++) {
            int entering = next + i * inStride;
            int leaving = old + i * inStride;
            sum0 = sum0.add(load(in, entering)).sub(load(in, leaving));
            sum1 = sum1.add(load(in, entering + LANES)).sub(load(in, leaving + LANES));
            sum0.mul(scale).intoArray(out, outAt + i * outStride);
            sum1.mul(scale).intoArray(out, outAt + i * outStride + LANES);
        }
        sum0.intoArray(sums, sumsAt);
        sum1.intoArray(sums, sumsAt + LANES);
    }

    /** Moves the window on without any output. */
    private static void sum(float[] in, int old, int next, int stride, float[] sums, int sumsAt, int count) {
        FloatVector sum0 = load(sums, sumsAt);
        FloatVector sum1 = load(sums, sumsAt + LANES);
        for (int i = 0; i < count; i++) {
            int entering = next + i * stride;
            int leaving = old + i * stride;
            sum0 = sum0.add(load(in, entering)).sub(load(in, leaving));
            sum1 = sum1.add(load(in, entering + LANES)).sub(load(in, leaving + LANES));
        }
        sum0.intoArray(sums, sumsAt);
        sum1.intoArray(sums, sumsAt + LANES);
    }

    private static void divide(float[] sums, int sumsAt, float divisor, float[] out, int outAt) {
        load(sums, sumsAt).div(divisor).intoArray(out, outAt);
        load(sums, sumsAt + LANES).div(divisor).intoArray(out, outAt + LANES);
    }
}
