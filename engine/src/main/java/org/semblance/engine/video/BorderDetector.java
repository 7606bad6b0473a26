package org.semblance.engine.video;

import java.util.Arrays;
import org.semblance.engine.pdq.Luma;

/**
 * Finds the constant borders of a video: those rows and columns at its edges that have one and the same shade in all
 * pictures seen. A picture alone may be dark at the edges by chance; over many, what is behind bars never moves, and
 * everything else does.
 *
 * <p>Kept are the least and the largest luma of each row and each column. Adding a picture can only make borders narrower.
 */
final class BorderDetector {
    /** Luma by which a border may vary: it has been through a lossy codec. */
    private static final float TOLERANCE = 12;

    /** A border narrower than this share of the side is none: PDQ forgives it, and edges are often not clean. */
    private static final double LEAST_SHARE = 0.01;

    /** Of either side, this share must remain as picture. A video that is flat has no borders. */
    private static final double LEAST_INNER_SHARE = 0.25;

    private int width;
    private int height;
    private boolean sizeChanged;
    private float[] line = {};
    private float[] columnMin = {};
    private float[] columnMax = {};
    private float[] rowMin = {};
    private float[] rowMax = {};

    void add(Luma luma) {
        if (line.length == 0) {
            width = luma.width();
            height = luma.height();
            line = new float[width];
            columnMin = filled(width, Float.POSITIVE_INFINITY);
            columnMax = filled(width, Float.NEGATIVE_INFINITY);
            rowMin = filled(height, Float.POSITIVE_INFINITY);
            rowMax = filled(height, Float.NEGATIVE_INFINITY);
        }
        sizeChanged |= luma.width() != width || luma.height() != height;
        if (sizeChanged) {
            return;
        }
        for (int y = 0; y < height; y++) {
            luma.row(y, line, 0);
            float min = rowMin[y];
            float max = rowMax[y];
            for (int x = 0; x < width; x++) {
                float value = line[x];
                min = Math.min(min, value);
                max = Math.max(max, value);
                columnMin[x] = Math.min(columnMin[x], value);
                columnMax[x] = Math.max(columnMax[x], value);
            }
            rowMin[y] = min;
            rowMax[y] = max;
        }
    }

    private static float[] filled(int length, float value) {
        float[] array = new float[length];
        Arrays.fill(array, value);
        return array;
    }

    /** The borders of what was seen; none if its size changed on the way. */
    Borders borders() {
        if (line.length == 0 || sizeChanged) {
            return Borders.NONE;
        }
        int left = run(columnMin, columnMax, 0, 1);
        int right = run(columnMin, columnMax, width - 1, -1);
        int top = run(rowMin, rowMax, 0, 1);
        int bottom = run(rowMin, rowMax, height - 1, -1);
        if (width - left - right < LEAST_INNER_SHARE * width || height - top - bottom < LEAST_INNER_SHARE * height) {
            return Borders.NONE;
        }
        return new Borders(left, top, right, bottom);
    }

    /** How many lines from that one on, together, have one shade. */
    private static int run(float[] min, float[] max, int from, int step) {
        float least = Float.POSITIVE_INFINITY;
        float largest = Float.NEGATIVE_INFINITY;
        int count = 0;
        for (int i = from; i >= 0 && i < min.length; i += step) {
            least = Math.min(least, min[i]);
            largest = Math.max(largest, max[i]);
            if (largest - least > TOLERANCE) {
                break;
            }
            count++;
        }
        return count < LEAST_SHARE * min.length ? 0 : count;
    }
}
