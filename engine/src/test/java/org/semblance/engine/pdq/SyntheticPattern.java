package org.semblance.engine.pdq;

import java.lang.foreign.MemorySegment;

/**
 * The generated pictures of the reference vectors ({@code pdq-synthetic.csv}), by the formulas of their README.
 *
 * @param name of the pattern
 * @param width columns
 * @param height rows
 * @param a first parameter of the pattern
 * @param b second parameter
 */
public record SyntheticPattern(String name, int width, int height, int a, int b) {
    private static final int CHANNELS = 3;

    /** Channel c (0 red, 1 green, 2 blue) of a pixel; only the lowest 8 bits count. */
    @FunctionalInterface
    private interface Samples {
        int at(int x, int y, int c);
    }

    /** The pixels, three bytes each in the order red, green, blue, without gaps. */
    public byte[] rgb() {
        byte[] pixels = new byte[Math.multiplyExact(CHANNELS * width, height)];
        Samples samples = samples();
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < CHANNELS; c++) {
                    pixels[at++] = (byte) samples.at(x, y, c);
                }
            }
        }
        return pixels;
    }

    /** The pixels as luma, with the formula for colour. */
    public Luma luma() {
        return InterleavedLuma.rgb(MemorySegment.ofArray(rgb()), width, height, (long) CHANNELS * width);
    }

    /** By name only once, as there are hundreds of millions of samples. */
    private Samples samples() {
        return switch (name) {
            case "lcg" -> new Lcg(a);
            case "flat" -> (x, y, c) -> a >> 16 - 8 * c;
            case "hgrad" -> (x, y, c) -> width == 1 ? 0 : 255 * x / (width - 1);
            case "vgrad" -> (x, y, c) -> height == 1 ? 0 : 255 * y / (height - 1);
            case "diag" ->
                (x, y, c) -> switch (c) {
                    case 0 -> x + y;
                    case 1 -> 2 * x + y;
                    default -> x + 3 * y;
                };
            case "checker" -> (x, y, c) -> ((x / a + y / a) & 1) * b;
            case "rings" ->
                (x, y, c) -> {
                    int dx = x - width / 2;
                    int dy = y - height / 2;
                    return ((dx * dx + dy * dy) >> a) + c * b;
                };
            case "blocks" -> (x, y, c) -> noise(x / a, y / a, c, b);
            case "lowcontrast" -> (x, y, c) -> a + noise(x / b, y / b, c, 7) % 3;
            case "octaves" ->
                (x, y, c) -> (8 * noise(x / 64, y / 64, c, a)
                                + 4 * noise(x / 16, y / 16, c, a + 1)
                                + 2 * noise(x / 4, y / 4, c, a + 2)
                                + noise(x, y, c, a + 3))
                        / 15;
            default -> throw new IllegalArgumentException("pattern: " + name + " (expected: one of the README's)");
        };
    }

    /** One number after the other, wherever they go. */
    private static final class Lcg implements Samples {
        private int state;

        Lcg(int seed) {
            state = seed;
        }

        @Override
        public int at(int x, int y, int c) {
            state = state * 1664525 + 1013904223;
            return state >>> 24;
        }
    }

    private static int noise(int x, int y, int c, int seed) {
        int h = x * 73856093 ^ y * 19349663 ^ c * 83492791 ^ seed;
        h ^= h >>> 13;
        h *= 0x5bd1e995;
        h ^= h >>> 15;
        return h & 255;
    }
}
