package org.semblance.engine.features;

/** A corner of a level in an int: 9 bits for each of x and y, 4 for the level, 8 for the score. features.c has the same. */
final class Corner {
    private static final int SIDE_BITS = 9;
    private static final int LEVEL_SHIFT = 2 * SIDE_BITS;
    private static final int SCORE_SHIFT = 22;
    private static final int COORDINATE = (1 << SIDE_BITS) - 1;

    private Corner() {}

    static int of(int x, int y, int level, int score) {
        return x | y << SIDE_BITS | level << LEVEL_SHIFT | score << SCORE_SHIFT;
    }

    static int x(int corner) {
        return corner & COORDINATE;
    }

    static int y(int corner) {
        return corner >> SIDE_BITS & COORDINATE;
    }

    static int level(int corner) {
        return corner >> LEVEL_SHIFT & 15;
    }

    static int score(int corner) {
        return corner >> SCORE_SHIFT & 255;
    }

    /** The most corners that these levels can have: no two touch. */
    static int most(int[] levels, int count) {
        int most = 0;
        for (int i = 0; i < count; i++) {
            int width = levels[FeatureKernels.LEVEL_INTS * i + 1];
            int height = levels[FeatureKernels.LEVEL_INTS * i + 2];
            most += (width + 1) / 2 * ((height + 1) / 2);
        }
        return most;
    }
}
