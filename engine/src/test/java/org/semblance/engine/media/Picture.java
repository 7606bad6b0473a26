package org.semblance.engine.media;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.InterleavedLuma;
import org.semblance.engine.pdq.Luma;

/**
 * A picture made from a seed, so that the tests need no one's photos.
 *
 * @param channels 1 (grey) or 3 (red, green, blue)
 * @param samples rows of interleaved channels
 */
public record Picture(int width, int height, int channels, byte[] samples) {
    /** Clouds of five sizes and a few hard-edged boxes: enough structure for a PDQ quality of 100. */
    public static Picture photo(long seed, int width, int height) {
        Random random = new Random(seed);
        double[] sum = new double[width * height * 3];
        double share = 128;
        for (int cells = 3; cells <= 48; cells *= 2) {
            for (int c = 0; c < 3; c++) {
                addClouds(sum, width, height, c, cells, share, random);
            }
            share *= 0.6;
        }
        for (int i = 0; i < 12; i++) {
            int x0 = random.nextInt(width);
            int y0 = random.nextInt(height);
            int x1 = Math.min(width, x0 + 1 + random.nextInt(1 + width / 4));
            int y1 = Math.min(height, y0 + 1 + random.nextInt(1 + height / 4));
            double[] colour = {random.nextInt(256), random.nextInt(256), random.nextInt(256)};
            for (int y = y0; y < y1; y++) {
                for (int x = x0; x < x1; x++) {
                    for (int c = 0; c < 3; c++) {
                        int at = (y * width + x) * 3 + c;
                        sum[at] = 0.5 * sum[at] + 0.5 * colour[c];
                    }
                }
            }
        }
        byte[] samples = new byte[sum.length];
        for (int i = 0; i < sum.length; i++) {
            samples[i] = (byte) Math.clamp(Math.round(sum[i]), 0, 255);
        }
        return new Picture(width, height, 3, samples);
    }

    private static void addClouds(double[] sum, int width, int height, int c, int cells, double share, Random random) {
        double[][] grid = new double[cells + 2][cells + 2];
        for (double[] row : grid) {
            for (int i = 0; i < row.length; i++) {
                row[i] = random.nextDouble();
            }
        }
        for (int y = 0; y < height; y++) {
            double gy = (double) y * cells / height;
            int iy = (int) gy;
            double fy = gy - iy;
            for (int x = 0; x < width; x++) {
                double gx = (double) x * cells / width;
                int ix = (int) gx;
                double fx = gx - ix;
                double top = grid[iy][ix] * (1 - fx) + grid[iy][ix + 1] * fx;
                double bottom = grid[iy + 1][ix] * (1 - fx) + grid[iy + 1][ix + 1] * fx;
                sum[(y * width + x) * 3 + c] += share * (top * (1 - fy) + bottom * fy);
            }
        }
    }

    /** The green channel as a grey picture. */
    public Picture grey() {
        byte[] grey = new byte[width * height];
        for (int i = 0; i < grey.length; i++) {
            grey[i] = samples[i * channels + channels / 2];
        }
        return new Picture(width, height, 1, grey);
    }

    /** The same picture of {@code levels} values a channel, so that a palette can hold it. */
    public Picture posterised(int levels) {
        byte[] coarse = new byte[samples.length];
        for (int i = 0; i < coarse.length; i++) {
            coarse[i] = (byte) ((samples[i] & 0xFF) * levels / 256 * 255 / (levels - 1));
        }
        return new Picture(width, height, channels, coarse);
    }

    public int sample(int x, int y, int c) {
        return samples[(y * width + x) * channels + c] & 0xFF;
    }

    /** What a decoder must give for it. */
    public Luma luma() {
        return channels == 1
                ? new GreyLuma(samples, width, height)
                : InterleavedLuma.rgb(MemorySegment.ofArray(samples), width, height, 3L * width);
    }
}
