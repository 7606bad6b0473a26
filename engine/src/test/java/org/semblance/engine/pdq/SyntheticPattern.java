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

    /** The pixels, three bytes each in the order red, green, blue, without gaps. */
    public byte[] rgb() {
        byte[] pixels = new byte[Math.multiplyExact(CHANNELS * width, height)];
        int at = 0;
        int state = a;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < CHANNELS; c++) {
                    if (name.equals("lcg")) {
                        state = state * 1664525 + 1013904223;
                        pixels[at++] = (byte) (state >>> 24);
                    } else {
                        pixels[at++] = (byte) sample(x, y, c);
                    }
                }
            }
        }
        return pixels;
    }

    /** The pixels as luma, with the formula for colour. */
    public Luma luma() {
        return InterleavedLuma.rgb(MemorySegment.ofArray(rgb()), width, height, (long) CHANNELS * width);
    }

    /** Channel c (0 red, 1 green, 2 blue) of a pixel; only the lowest 8 bits count. */
    private int sample(int x, int y, int c) {
        return switch (name) {
            case "flat" -> a >> 16 - 8 * c;
            case "hgrad" -> width == 1 ? 0 : 255 * x / (width - 1);
            case "vgrad" -> height == 1 ? 0 : 255 * y / (height - 1);
            case "diag" ->
                switch (c) {
                    case 0 -> x + y;
                    case 1 -> 2 * x + y;
                    default -> x + 3 * y;
                };
            case "checker" -> ((x / a + y / a) & 1) * b;
            case "rings" -> {
                int dx = x - width / 2;
                int dy = y - height / 2;
                yield ((dx * dx + dy * dy) >> a) + c * b;
            }
            case "blocks" -> noise(x / a, y / a, c, b);
            case "lowcontrast" -> a + noise(x / b, y / b, c, 7) % 3;
            case "octaves" ->
                (8 * noise(x / 64, y / 64, c, a)
                                + 4 * noise(x / 16, y / 16, c, a + 1)
                                + 2 * noise(x / 4, y / 4, c, a + 2)
                                + noise(x, y, c, a + 3))
                        / 15;
            default -> throw new IllegalArgumentException("pattern: " + name + " (expected: one of the README's)");
        };
    }

    private static int noise(int x, int y, int c, int seed) {
        int h = x * 73856093 ^ y * 19349663 ^ c * 83492791 ^ seed;
        h ^= h >>> 13;
        h *= 0x5bd1e995;
        h ^= h >>> 15;
        return h & 255;
    }
}
