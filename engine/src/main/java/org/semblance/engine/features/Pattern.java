package org.semblance.engine.features;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.semblance.hashdb.features.Features;

/**
 * The tests that make a descriptor: which of two pixels of a patch is darker (BRIEF, Calonder et al., 2010), the patch turned
 * to its own angle (Rublee et al., 2011). There are 128 tests, and the same 128 reflected in the axis of the patch.
 *
 * <p>Test {@code i} is bit {@code i} of the first half. Each run of 32 tests is the key of one table of the index, so its tests
 * depend on each other as little as can be, the first of them least.
 *
 * <p>The tests and their weights were trained on photos; the resource {@code pattern.txt} names the program and its arguments.
 */
final class Pattern {
    /** Tests in a half of a descriptor. */
    static final int TESTS = 128;

    /** The largest distance of a test's pixel from the centre of the patch. */
    static final int RADIUS = 15;

    /** Offsets for an angle: two a test, of all tests and then of their reflections. */
    static final int OFFSETS = 4 * TESTS;

    private final short[] offsets = new short[Features.ANGLES * OFFSETS];

    /** For each byte of a half and each of its values, the sum of the weights of the bits that are set. */
    private final int[] weightSums = new int[TESTS / Byte.SIZE << Byte.SIZE];

    /**
     * @param tests x and y of the first pixel and of the second, for each test
     * @param weights one a test
     */
    Pattern(int[][] tests, int[] weights) {
        for (int angle = 0; angle < Features.ANGLES; angle++) {
            double turn = 2 * StrictMath.PI * angle / Features.ANGLES;
            double cos = StrictMath.cos(turn);
            double sin = StrictMath.sin(turn);
            for (int i = 0; i < TESTS; i++) {
                for (int end = 0; end < 2; end++) {
                    int x = tests[i][2 * end];
                    int y = tests[i][2 * end + 1];
                    offsets[angle * OFFSETS + 2 * i + end] = offset(x, y, cos, sin);
                    offsets[angle * OFFSETS + 2 * (TESTS + i) + end] = offset(x, -y, cos, sin);
                }
            }
        }
        for (int i = 0; i < TESTS; i++) {
            for (int value = 0; value < 256; value++) {
                weightSums[(i / Byte.SIZE << Byte.SIZE) + value] += (value >> i % Byte.SIZE & 1) * weights[i];
            }
        }
    }

    /** The pattern of {@link Features#VERSION}. */
    static Pattern trained() {
        return Trained.PATTERN;
    }

    /** Apart, so that the training can do without it. */
    private static final class Trained {
        static final Pattern PATTERN = load();
    }

    private static short offset(int x, int y, double cos, double sin) {
        return (short) (Math.rint(x * sin + y * cos) * Pyramid.STRIDE + Math.rint(x * cos - y * sin));
    }

    private static Pattern load() {
        try (InputStream in = Pattern.class.getResourceAsStream("pattern.txt")) {
            if (in == null) {
                throw new IllegalStateException("pattern.txt is not on the class path");
            }
            return read(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .lines()
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads a line of {@code x y x y weight} for each test; lines that open with # are comments. */
    static Pattern read(List<String> lines) {
        int[][] tests = new int[TESTS][4];
        int[] weights = new int[TESTS];
        int test = 0;
        for (String line : lines) {
            if (!line.startsWith("#")) {
                String[] numbers = line.split(" ", -1);
                for (int i = 0; i < 4; i++) {
                    tests[test][i] = Integer.parseInt(numbers[i]);
                }
                weights[test++] = Integer.parseInt(numbers[4]);
            }
        }
        if (test != TESTS) {
            throw new IllegalStateException("pattern.txt: " + test + " tests (expected: " + TESTS + ")");
        }
        return new Pattern(tests, weights);
    }

    /** Where the pixels of the tests lie from the centre of a patch: {@link #OFFSETS} for each angle. Not to be changed. */
    short[] offsets() {
        return offsets;
    }

    /**
     * Whether the halves of a descriptor are to be swapped. Of a patch and its mirror image one is and one is not, but for
     * descriptors that are their own mirror image, or nearly: the sum that decides is 0, or changes its sign easily.
     */
    boolean isToSwap(long[] descriptors, int at) {
        return handedness(descriptors, at) < 0;
    }

    private int handedness(long[] descriptors, int at) {
        return weight(descriptors[at], 0)
                + weight(descriptors[at + 1], Long.BYTES)
                - weight(descriptors[at + 2], 0)
                - weight(descriptors[at + 3], Long.BYTES);
    }

    private int weight(long word, int firstByte) {
        int sum = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            sum += weightSums[(firstByte + i << Byte.SIZE) + (int) (word >>> Byte.SIZE * i & 0xff)];
        }
        return sum;
    }

    static void swap(long[] descriptors, int at) {
        long first = descriptors[at];
        long second = descriptors[at + 1];
        descriptors[at] = descriptors[at + 2];
        descriptors[at + 1] = descriptors[at + 3];
        descriptors[at + 2] = first;
        descriptors[at + 3] = second;
    }
}
