package org.semblance.engine.video;

import java.util.Arrays;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.Luma;

/**
 * A picture made smaller by a whole number, each pixel the mean of a block. As PDQ smooths to 64x64 anyway, a part of it has
 * nearly the hash of the part of the picture.
 */
final class Thumbnail {
    /** No side is longer. At that size PDQ's filters span two or three pixels. */
    private static final int MOST_PIXELS = 320;

    private final int width;
    private final int height;
    private final int factor;
    private final byte[] shades;

    Thumbnail(Luma luma) {
        width = luma.width();
        height = luma.height();
        factor = (Math.max(width, height) + MOST_PIXELS - 1) / MOST_PIXELS;
        int across = blocks(width);
        int down = blocks(height);
        shades = new byte[across * down];
        float[] line = new float[width];
        float[] sums = new float[width];
        for (int y = 0; y < down; y++) {
            Arrays.fill(sums, 0);
            int from = y * factor;
            int until = Math.min(height, from + factor);
            for (int row = from; row < until; row++) {
                luma.row(row, line, 0);
                for (int x = 0; x < width; x++) {
                    sums[x] += line[x];
                }
            }
            for (int x = 0; x < across; x++) {
                int end = Math.min(width, (x + 1) * factor);
                float sum = 0;
                for (int column = x * factor; column < end; column++) {
                    sum += sums[column];
                }
                int pixels = (until - from) * (end - x * factor);
                shades[y * across + x] = (byte) Math.round(sum / pixels);
            }
        }
    }

    private int blocks(int pixels) {
        return (pixels + factor - 1) / factor;
    }

    int bytes() {
        return shades.length;
    }

    /**
     * Without those borders of the whole picture, which must leave something. They mostly end within a block, and half a block
     * would turn many bits of a hash, so the pixels lie between the blocks, but only those that are all inside count.
     */
    Luma inside(Borders borders) {
        int across = blocks(width);
        Axis x = new Axis(borders.left(), borders.right(), width, factor);
        Axis y = new Axis(borders.top(), borders.bottom(), height, factor);
        byte[] inside = new byte[x.count * y.count];
        for (int row = 0; row < y.count; row++) {
            int above = y.first[row] * across;
            int below = y.second[row] * across;
            for (int column = 0; column < x.count; column++) {
                float upper = x.between(column, shade(above + x.first[column]), shade(above + x.second[column]));
                float lower = x.between(column, shade(below + x.first[column]), shade(below + x.second[column]));
                inside[row * x.count + column] = (byte) Math.round(y.between(row, upper, lower));
            }
        }
        return new GreyLuma(inside, x.count, y.count);
    }

    private float shade(int at) {
        return shades[at] & 0xFF;
    }

    /** Where along a side the pixels between two borders lie: each between two blocks. */
    private static final class Axis {
        final int count;
        final int[] first;
        final int[] second;

        /** How near to the second, 0..1. */
        final float[] share;

        Axis(int near, int far, int pixels, int factor) {
            int inner = pixels - near - far;
            count = Math.max(1, Math.round((float) inner / factor));
            first = new int[count];
            second = new int[count];
            share = new float[count];
            int last = (pixels - 1) / factor;
            int least = Math.min(last, (near + factor - 1) / factor);
            int most = Math.max(least, far == 0 ? last : (pixels - far) / factor - 1);
            for (int i = 0; i < count; i++) {
                double block = (near + (i + 0.5) * inner / count) / factor - 0.5;
                int before = (int) Math.floor(block);
                first[i] = Math.clamp(before, least, most);
                second[i] = Math.clamp(before + 1, least, most);
                share[i] = (float) (block - before);
            }
        }

        float between(int i, float one, float other) {
            return one + share[i] * (other - one);
        }
    }
}
