package org.semblance.engine.features;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.semblance.hashdb.features.Features;

/**
 * A picture at smaller and smaller sizes, each 5/6 of the one before, plain and blurred. Owns its scratch, which is used
 * again for the next picture: for one thread.
 */
final class Pyramid {
    private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;
    private static final int LANES = SHORTS.length();
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(SHORTS.vectorBitSize() / 2));

    /** From one level to the next. */
    static final double STEP = 1.2;

    static final int LEVELS = 12;

    /** Features keep off the edge of a level by this many pixels: the reach of a patch and of the blur. */
    static final int MARGIN = 18;

    /** Bytes from one row to the next, of all levels: room for the widest, and for vectors that read beyond it. */
    static final int STRIDE = 592;

    /** The smallest side of a level: one that has room for a feature. */
    private static final int LEAST_SIDE = 2 * MARGIN + 4;

    private static final double[] SCALES = new double[LEVELS];

    static {
        SCALES[0] = 1;
        for (int level = 1; level < LEVELS; level++) {
            SCALES[level] = SCALES[level - 1] * STEP;
        }
    }

    private final int[] widths = new int[LEVELS];
    private final int[] heights = new int[LEVELS];
    private final int[] starts = new int[LEVELS];
    private final int[] blended = new int[STRIDE];
    private final short[] sums = new short[STRIDE];
    private int levels;
    private byte[] plain = {};
    private byte[] blurred = {};

    /** How many pixels of the picture one of that level covers, along a side. */
    static double scale(int level) {
        return SCALES[level];
    }

    /** Pixels of a level along a side of the picture that has so many. */
    static int side(int side, int level) {
        return (int) Math.round(side / SCALES[level]);
    }

    /** How many levels a picture has. */
    static int levels(int width, int height) {
        int levels = 1;
        while (levels < LEVELS && Math.min(side(width, levels), side(height, levels)) >= LEAST_SIDE) {
            levels++;
        }
        return levels;
    }

    /** Takes another picture; its sides are at most {@link Features#MAX_SIDE}. */
    void build(ReducedPicture picture) {
        levels = levels(picture.width(), picture.height());
        int end = 0;
        for (int level = 0; level < levels; level++) {
            widths[level] = side(picture.width(), level);
            heights[level] = side(picture.height(), level);
            starts[level] = end;
            end += heights[level] * STRIDE;
        }
        if (plain.length < end + STRIDE) {
            plain = new byte[end + STRIDE];
            blurred = new byte[end + STRIDE];
        }
        for (int y = 0; y < picture.height(); y++) {
            System.arraycopy(picture.pixels(), y * picture.width(), plain, y * STRIDE, picture.width());
        }
        for (int level = 1; level < levels; level++) {
            reduce(level);
        }
    }

    /** Blurs all levels; until then {@link #blurred} holds those of an earlier picture. */
    void blur() {
        for (int level = 0; level < levels; level++) {
            blur(level);
        }
    }

    int levels() {
        return levels;
    }

    int width(int level) {
        return widths[level];
    }

    int height(int level) {
        return heights[level];
    }

    /** Where the pixel lies in {@link #plain} and {@link #blurred}. */
    int at(int level, int x, int y) {
        return starts[level] + y * STRIDE + x;
    }

    byte[] plain() {
        return plain;
    }

    byte[] blurred() {
        return blurred;
    }

    /** Linear interpolation between four pixels of the level before, in whole numbers. */
    private void reduce(int level) {
        int width = widths[level];
        int height = heights[level];
        int from = level - 1;
        int[] lefts = new int[width];
        int[] parts = new int[width];
        positions(widths[from], lefts, parts);
        int[] tops = new int[height];
        int[] below = new int[height];
        positions(heights[from], tops, below);
        for (int y = 0; y < height; y++) {
            int top = at(from, 0, tops[y]);
            blend(plain, top, widths[from], 256 - below[y], below[y], blended);
            int to = at(level, 0, y);
            for (int x = 0; x < width; x++) {
                int left = blended[lefts[x]];
                int right = blended[lefts[x] + 1];
                plain[to + x] = (byte) (((left << 8) + (right - left) * parts[x] + (1 << 15)) >> 16);
            }
        }
    }

    private static void blend(byte[] pixels, int top, int count, int above, int below, int[] to) {
        for (int x = 0; x < count; x++) {
            to[x] = (pixels[top + x] & 0xff) * above + (pixels[top + STRIDE + x] & 0xff) * below;
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

    /** The mean of 4x4 pixels, and of 4x4 of these means, rounded once; of the pixels that keep three off the edge. */
    private void blur(int level) {
        int width = widths[level];
        for (int y = 3; y < heights[level] - 3; y++) {
            int row = at(level, 0, y);
            sumColumns(plain, row, width, sums);
            sumRow(sums, width, blurred, row);
        }
    }

    /** For each column seven pixels by the weights 1, 2, 3, 4, 3, 2, 1. */
    private static void sumColumns(byte[] pixels, int row, int width, short[] sums) {
        for (int x = 0; x < width; x += LANES) {
            int at = row + x;
            ShortVector outer = widen(pixels, at - 3 * STRIDE).add(widen(pixels, at + 3 * STRIDE));
            ShortVector middle = widen(pixels, at - 2 * STRIDE).add(widen(pixels, at + 2 * STRIDE));
            ShortVector inner = widen(pixels, at - STRIDE).add(widen(pixels, at + STRIDE));
            weighted(outer, middle, inner, widen(pixels, at)).intoArray(sums, x);
        }
    }

    /** Weights the sums along the row as well; a sum is then at most 255 * 256, and its high byte the mean. */
    private static void sumRow(short[] sums, int width, byte[] to, int row) {
        for (int x = 3; x < width - 3; x += LANES) {
            ShortVector outer = load(sums, x - 3).add(load(sums, x + 3));
            ShortVector middle = load(sums, x - 2).add(load(sums, x + 2));
            ShortVector inner = load(sums, x - 1).add(load(sums, x + 1));
            ShortVector mean = weighted(outer, middle, inner, load(sums, x))
                    .add((short) 128)
                    .lanewise(VectorOperators.LSHR, Byte.SIZE);
            ((ByteVector) mean.convertShape(VectorOperators.S2B, BYTES, 0)).intoArray(to, row + x);
        }
    }

    private static ShortVector weighted(ShortVector outer, ShortVector middle, ShortVector inner, ShortVector centre) {
        return outer.add(inner)
                .add(middle.add(inner)
                        .add(centre.lanewise(VectorOperators.LSHL, 1))
                        .lanewise(VectorOperators.LSHL, 1));
    }

    private static ShortVector load(short[] sums, int at) {
        return ShortVector.fromArray(SHORTS, sums, at);
    }

    private static ShortVector widen(byte[] pixels, int at) {
        return (ShortVector)
                ByteVector.fromArray(BYTES, pixels, at).convertShape(VectorOperators.ZERO_EXTEND_B2S, SHORTS, 0);
    }

    /** For tests: the level without its gaps. */
    byte[] copy(byte[] of, int level) {
        byte[] copy = new byte[widths[level] * heights[level]];
        for (int y = 0; y < heights[level]; y++) {
            System.arraycopy(of, at(level, 0, y), copy, y * widths[level], widths[level]);
        }
        return copy;
    }
}
