package org.semblance.engine.features;

import java.util.Arrays;
import org.semblance.hashdb.features.Features;

/** The same loops in Java, number by number: what the library must equal, and what does its work where there is none. */
final class JavaFeatures implements FeatureKernels {
    static final JavaFeatures INSTANCE = new JavaFeatures();

    private static final int STRIDE = Pyramid.STRIDE;
    /** Cells along a side over which features are spread. */
    private static final int CELLS = 4;

    private static final int MAX_SCORE = 255;
    private static final int CELL_SHIFT = 52;
    private static final int SCORE_SHIFT = 32;

    private static final int[] CIRCLE_X = {0, 1, 2, 3, 3, 3, 2, 1, 0, -1, -2, -3, -3, -3, -2, -1};
    private static final int[] CIRCLE_Y = {3, 3, 2, 1, 0, -1, -2, -3, -3, -3, -2, -1, 0, 1, 2, 3};
    private static final int POINTS = 16;

    /** Neighbours in a row that make a corner. */
    private static final int ARC = 9;

    private static final int[] CIRCLE = new int[POINTS];

    static {
        for (int i = 0; i < POINTS; i++) {
            CIRCLE[i] = CIRCLE_Y[i] * STRIDE + CIRCLE_X[i];
        }
    }

    private JavaFeatures() {}

    @Override
    public void addRow(float[] row, float weight, float[] sum, int width, boolean first) {
        if (first) {
            for (int x = 0; x < width; x++) {
                sum[x] = row[x] * weight;
            }
        } else {
            for (int x = 0; x < width; x++) {
                sum[x] += row[x] * weight;
            }
        }
    }

    @Override
    public void reduceRow(float[] sum, int[] firsts, float[] weights, int most, byte[] out, int at) {
        for (int x = 0; x < firsts.length; x++) {
            float value = 0.5f;
            for (int k = 0; k < most; k++) {
                value += sum[firsts[x] + k] * weights[k * firsts.length + x];
            }
            out[at + x] = (byte) Math.min((int) value, 255);
        }
    }

    @Override
    public void shrink(byte[] plain, int[] levels, int count) {
        for (int i = 1; i < count; i++) {
            shrink(plain, levels, LEVEL_INTS * (i - 1), LEVEL_INTS * i);
        }
    }

    private static void shrink(byte[] plain, int[] levels, int from, int to) {
        int width = levels[to + 1];
        int[] lefts = new int[width];
        int[] parts = new int[width];
        positions(levels[from + 1], lefts, parts);
        int[] tops = new int[levels[to + 2]];
        int[] below = new int[tops.length];
        positions(levels[from + 2], tops, below);
        int[] blended = new int[levels[from + 1]];
        for (int y = 0; y < tops.length; y++) {
            int top = levels[from] + tops[y] * STRIDE;
            for (int x = 0; x < blended.length; x++) {
                blended[x] = (plain[top + x] & 0xff) * (256 - below[y]) + (plain[top + STRIDE + x] & 0xff) * below[y];
            }
            int row = levels[to] + y * STRIDE;
            for (int x = 0; x < width; x++) {
                int left = blended[lefts[x]];
                int right = blended[lefts[x] + 1];
                plain[row + x] = (byte) (((left << 8) + (right - left) * parts[x] + (1 << 15)) >> 16);
            }
        }
    }

    /** For each sample the one of the level before that lies left of it, and its way to the next in 1/256. */
    private static void positions(int samples, int[] firsts, int[] parts) {
        for (int i = 0; i < firsts.length; i++) {
            // The centre of sample i in 1/256 of a sample before, rounded.
            long at = ((2L * i + 1) * samples * 256 / firsts.length - 255) / 2;
            at = Math.clamp(at, 0, (samples - 2) * 256L + 255);
            firsts[i] = (int) (at >> 8);
            parts[i] = (int) (at & 255);
        }
    }

    @Override
    public void blur(byte[] plain, byte[] blurred, int[] levels, int count) {
        int[] sums = new int[STRIDE];
        for (int i = 0; i < count; i++) {
            int width = levels[LEVEL_INTS * i + 1];
            for (int y = 3; y < levels[LEVEL_INTS * i + 2] - 3; y++) {
                int row = levels[LEVEL_INTS * i] + y * STRIDE;
                for (int x = 0; x < width; x++) {
                    int at = row + x;
                    sums[x] = weighted(
                            (plain[at - 3 * STRIDE] & 0xff) + (plain[at + 3 * STRIDE] & 0xff),
                            (plain[at - 2 * STRIDE] & 0xff) + (plain[at + 2 * STRIDE] & 0xff),
                            (plain[at - STRIDE] & 0xff) + (plain[at + STRIDE] & 0xff),
                            plain[at] & 0xff);
                }
                for (int x = 3; x < width - 3; x++) {
                    int sum = weighted(
                            sums[x - 3] + sums[x + 3], sums[x - 2] + sums[x + 2], sums[x - 1] + sums[x + 1], sums[x]);
                    blurred[row + x] = (byte) (sum + 128 >> 8);
                }
            }
        }
    }

    private static int weighted(int outer, int middle, int inner, int centre) {
        return outer + 2 * middle + 3 * inner + 4 * centre;
    }

    @Override
    public int corners(byte[] plain, int[] levels, int count, int threshold, int[] corners) {
        int total = 0;
        for (int level = 0; level < count; level++) {
            int width = levels[LEVEL_INTS * level + 1];
            int height = levels[LEVEL_INTS * level + 2];
            byte[] scores = new byte[width * height];
            int edge = Pyramid.MARGIN - 1;
            for (int y = edge; y < height - edge; y++) {
                for (int x = edge; x < width - edge; x++) {
                    int at = levels[LEVEL_INTS * level] + y * STRIDE + x;
                    if (isCorner(plain, at, threshold)) {
                        scores[y * width + x] = (byte) score(plain, at);
                    }
                }
            }
            for (int y = edge + 1; y < height - edge - 1; y++) {
                for (int x = edge + 1; x < width - edge - 1; x++) {
                    if (scores[y * width + x] != 0 && isHighest(scores, y * width + x, width)) {
                        corners[total++] = Corner.of(x, y, level, scores[y * width + x] & 0xff);
                    }
                }
            }
        }
        return total;
    }

    private static boolean isHighest(byte[] scores, int at, int width) {
        int score = scores[at] & 0xff;
        for (int row = at - width; row <= at + width; row += width) {
            for (int i = row - 1; i <= row + 1; i++) {
                if (i != at && (scores[i] & 0xff) >= score) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isCorner(byte[] plain, int at, int threshold) {
        int centre = plain[at] & 0xff;
        int bright = 0;
        int dark = 0;
        for (int i = 0; i < POINTS; i++) {
            int difference = (plain[at + CIRCLE[i]] & 0xff) - centre;
            bright |= difference > threshold ? 1 << i : 0;
            dark |= difference < -threshold ? 1 << i : 0;
            // Nine in a row cover one of two that are opposite.
            if (i == POINTS / 2 && ((bright | dark) & 1 + (1 << POINTS / 2)) == 0) {
                return false;
            }
        }
        return hasArc(bright) || hasArc(dark);
    }

    /** Whether nine of the sixteen bits of a circle are set in a row. */
    private static boolean hasArc(int points) {
        int twice = points | points << POINTS;
        int two = twice & twice >>> 1;
        int four = two & two >>> 2;
        return (four & four >>> 4 & twice >>> 8) != 0;
    }

    private static int score(byte[] plain, int at) {
        int centre = plain[at] & 0xff;
        int brightest = Integer.MIN_VALUE;
        int darkest = Integer.MAX_VALUE;
        for (int first = 0; first < POINTS; first++) {
            int least = Integer.MAX_VALUE;
            int most = Integer.MIN_VALUE;
            for (int i = first; i < first + ARC; i++) {
                int difference = (plain[at + CIRCLE[i % POINTS]] & 0xff) - centre;
                least = Math.min(least, difference);
                most = Math.max(most, difference);
            }
            brightest = Math.max(brightest, least);
            darkest = Math.min(darkest, most);
        }
        return Math.max(brightest, -darkest) - 1;
    }

    @Override
    public int[] spread(int[] corners, int count, int[] levels, double[] turns, int most) {
        long[] ranks = new long[count];
        for (int i = 0; i < count; i++) {
            int level = Corner.level(corners[i]);
            int width = levels[LEVEL_INTS * level + 1];
            int height = levels[LEVEL_INTS * level + 2];
            int row = Corner.y(corners[i]) * CELLS / height;
            int cell = (level * CELLS + row) * CELLS + Corner.x(corners[i]) * CELLS / width;
            ranks[i] = (long) cell << CELL_SHIFT | (long) (MAX_SCORE - Corner.score(corners[i])) << SCORE_SHIFT | i;
        }
        Arrays.sort(ranks);
        long[] order = new long[count];
        long cell = -1;
        int first = 0;
        for (int i = 0; i < count; i++) {
            if (ranks[i] >>> CELL_SHIFT != cell) {
                cell = ranks[i] >>> CELL_SHIFT;
                first = i;
            }
            int corner = (int) ranks[i];
            float turn = (float) ((i - first + 1) * turns[Corner.level(corners[corner])]);
            // Positive floats are ordered as their bits are.
            order[i] = (long) Float.floatToRawIntBits(turn) << SCORE_SHIFT | corner;
        }
        Arrays.sort(order);
        int[] chosen = new int[Math.min(count, most)];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = (int) order[i];
        }
        return chosen;
    }

    @Override
    public void moments(byte[] plain, int[] centres, int[] downAcross) {
        int radius = Pattern.RADIUS;
        int side = 2 * radius + 1;
        for (int i = 0; i < centres.length; i++) {
            int down = 0;
            int across = 0;
            for (int y = -radius; y <= radius; y++) {
                for (int x = -radius; x <= radius; x++) {
                    // Half a pixel more, which makes the disc rounder.
                    if (4 * (x * x + y * y) <= side * side) {
                        int pixel = plain[centres[i] + y * STRIDE + x] & 0xff;
                        down += y * pixel;
                        across += x * pixel;
                    }
                }
            }
            downAcross[2 * i] = down;
            downAcross[2 * i + 1] = across;
        }
    }

    @Override
    public void describe(byte[] blurred, int[] centres, int[] angles, Pattern pattern, long[] descriptors) {
        short[] offsets = pattern.offsets();
        for (int i = 0; i < centres.length; i++) {
            int end = angles[i] * Pattern.OFFSETS;
            for (int word = 0; word < Features.WORDS; word++) {
                long bits = 0;
                for (int bit = 0; bit < Long.SIZE; bit++, end += 2) {
                    int first = blurred[centres[i] + offsets[end]] & 0xff;
                    int second = blurred[centres[i] + offsets[end + 1]] & 0xff;
                    bits |= (long) (first - second >>> 31) << bit;
                }
                descriptors[Features.WORDS * i + word] = bits;
            }
        }
    }

    @Override
    public String toString() {
        return "Java";
    }
}
