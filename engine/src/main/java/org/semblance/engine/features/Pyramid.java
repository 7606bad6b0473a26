package org.semblance.engine.features;

import org.semblance.hashdb.features.Features;

/**
 * A picture at smaller and smaller sizes, each 5/6 of the one before, plain and blurred. Owns its scratch, which is used
 * again for the next picture: for one thread.
 */
final class Pyramid {
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

    private final FeatureKernels kernels;
    /** The place, the width and the height of each level. */
    private final int[] sizes = new int[FeatureKernels.LEVEL_INTS * LEVELS];

    private int levels;
    private byte[] plain = {};
    private byte[] blurred = {};

    Pyramid(FeatureKernels kernels) {
        this.kernels = kernels;
    }

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
            int at = FeatureKernels.LEVEL_INTS * level;
            sizes[at] = end;
            sizes[at + 1] = side(picture.width(), level);
            sizes[at + 2] = side(picture.height(), level);
            end += sizes[at + 2] * STRIDE;
        }
        if (plain.length < end + STRIDE) {
            plain = new byte[end + STRIDE];
            blurred = new byte[end + STRIDE];
        }
        for (int y = 0; y < picture.height(); y++) {
            System.arraycopy(picture.pixels(), y * picture.width(), plain, y * STRIDE, picture.width());
        }
        kernels.shrink(plain, sizes, levels);
    }

    /** Blurs all levels; until then {@link #blurred} holds those of an earlier picture. */
    void blur() {
        kernels.blur(plain, blurred, sizes, levels);
    }

    int levels() {
        return levels;
    }

    int width(int level) {
        return sizes[FeatureKernels.LEVEL_INTS * level + 1];
    }

    int height(int level) {
        return sizes[FeatureKernels.LEVEL_INTS * level + 2];
    }

    /** Where the pixel lies in {@link #plain} and {@link #blurred}. */
    int at(int level, int x, int y) {
        return sizes[FeatureKernels.LEVEL_INTS * level] + y * STRIDE + x;
    }

    byte[] plain() {
        return plain;
    }

    byte[] blurred() {
        return blurred;
    }

    /** The place, the width and the height of each level, as {@link FeatureKernels} takes them; not to be changed. */
    int[] sizes() {
        return sizes;
    }

    /** For tests: the level without its gaps. */
    byte[] copy(byte[] of, int level) {
        byte[] copy = new byte[width(level) * height(level)];
        for (int y = 0; y < height(level); y++) {
            System.arraycopy(of, at(level, 0, y), copy, y * width(level), width(level));
        }
        return copy;
    }
}
