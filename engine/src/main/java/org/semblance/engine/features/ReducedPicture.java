package org.semblance.engine.features;

import java.util.Arrays;
import org.semblance.engine.pdq.Luma;

/**
 * A picture as luma of one byte a pixel, reduced to the size at which its features are taken.
 *
 * <p>The reduction is written here because stored features depend on each of its bits: floats are multiplied and added in
 * one order on every machine.
 *
 * @param width columns, 1 to {@link org.semblance.hashdb.features.Features#MAX_SIDE}
 * @param height rows, 1 to {@link org.semblance.hashdb.features.Features#MAX_SIDE}
 * @param pixels row by row, without gaps; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // compared by what it holds
public record ReducedPicture(int width, int height, byte[] pixels) {
    /** Small pictures are enlarged, but not beyond this. */
    private static final double LARGEST_SCALE = 2;

    /** Where one output sample lies among the input samples: from the first on, a weight each. */
    private record Window(int first, float[] weights) {}

    public ReducedPicture {
        if (width < 1 || height < 1 || pixels.length != width * height) {
            throw new IllegalArgumentException(
                    "a picture of " + width + "x" + height + " in " + pixels.length + " bytes");
        }
    }

    /**
     * Reduces by the mean of the area that each pixel covers; enlarges by linear interpolation.
     *
     * @param longSide pixels of the longer side, unless that would enlarge the picture more than twice
     */
    public static ReducedPicture of(Luma luma, int longSide) {
        return of(luma, longSide, FeatureKernels.best());
    }

    static ReducedPicture of(Luma luma, int longSide, FeatureKernels kernels) {
        double scale = Math.min(LARGEST_SCALE, (double) longSide / Math.max(luma.width(), luma.height()));
        int width = Math.max(1, (int) Math.round(luma.width() * scale));
        int height = Math.max(1, (int) Math.round(luma.height() * scale));
        Window[] across = windows(luma.width(), width);
        Window[] down = windows(luma.height(), height);
        int most = Arrays.stream(across)
                .mapToInt(window -> window.weights.length)
                .max()
                .orElse(0);
        int[] firsts = new int[width];
        float[] weights = new float[most * width];
        for (int x = 0; x < width; x++) {
            // A pixel of fewer samples has further ones of no weight, which must be there.
            firsts[x] = Math.max(0, Math.min(across[x].first, luma.width() - most));
            for (int k = 0; k < across[x].weights.length; k++) {
                weights[(across[x].first - firsts[x] + k) * width + x] = across[x].weights[k];
            }
        }
        byte[] pixels = new byte[width * height];
        float[][] rows = {new float[luma.width()], new float[luma.width()]};
        int[] held = {-1, -1};
        float[] sum = new float[luma.width()];
        for (int y = 0; y < height; y++) {
            Window window = down[y];
            for (int k = 0; k < window.weights.length; k++) {
                int from = window.first + k;
                // The last row of a window is mostly the first of the next.
                float[] row = rows[from & 1];
                if (held[from & 1] != from) {
                    luma.row(from, row, 0);
                    held[from & 1] = from;
                }
                kernels.addRow(row, window.weights[k], sum, luma.width(), k == 0);
            }
            kernels.reduceRow(sum, firsts, weights, most, pixels, y * width);
        }
        return new ReducedPicture(width, height, pixels);
    }

    private static Window[] windows(int from, int to) {
        Window[] windows = new Window[to];
        double step = (double) from / to;
        for (int i = 0; i < to; i++) {
            windows[i] = step >= 1 ? area(i * step, (i + 1) * step, from) : linear((i + 0.5) * step - 0.5, from);
        }
        return windows;
    }

    private static Window area(double begin, double end, int samples) {
        int first = (int) begin;
        int last = Math.min((int) Math.ceil(end - 1e-9), samples) - 1;
        float[] weights = new float[last - first + 1];
        for (int k = 0; k < weights.length; k++) {
            double covered = Math.min(end, first + k + 1.0) - Math.max(begin, first + k);
            weights[k] = (float) (covered / (end - begin));
        }
        return new Window(first, weights);
    }

    private static Window linear(double at, int samples) {
        double clamped = Math.clamp(at, 0, samples - 1.0);
        int first = Math.min((int) clamped, Math.max(0, samples - 2));
        float right = (float) (clamped - first);
        return new Window(first, samples == 1 ? new float[] {1} : new float[] {1 - right, right});
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ReducedPicture picture
                && width == picture.width
                && height == picture.height
                && Arrays.equals(pixels, picture.pixels);
    }

    @Override
    public int hashCode() {
        return 31 * width + Arrays.hashCode(pixels);
    }

    @Override
    public String toString() {
        return "a picture of " + width + "x" + height;
    }
}
