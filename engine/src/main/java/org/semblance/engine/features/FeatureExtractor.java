package org.semblance.engine.features;

import java.util.Arrays;
import org.semblance.hashdb.features.Features;

/**
 * Takes the local features of a picture: FAST corners on each level of a pyramid, spread over the picture and the levels; of
 * each the angle of its patch and the bits of {@link Pattern}. Whole numbers throughout, so every machine takes the same.
 *
 * <p>Owns its scratch: for one thread.
 */
public final class FeatureExtractor {
    /** Cells along a side over which features are spread. */
    private static final int CELLS = 4;

    private static final int CELL_SHIFT = 52;
    private static final int SCORE_SHIFT = 32;
    private static final int MAX_SCORE = 255;

    private final Pattern pattern;
    private final Pyramid pyramid = new Pyramid();
    private final FastCorners detector = new FastCorners();

    /** Corners by number: the level, and where it lies there. */
    private int[] levels = new int[4096];

    private int[] xs = new int[4096];
    private int[] ys = new int[4096];
    /** The cell and the score of a corner, and its number, so that sorting puts the best of a cell first. */
    private long[] ranks = new long[4096];

    private int corners;

    public FeatureExtractor() {
        this(Pattern.trained());
    }

    FeatureExtractor(Pattern pattern) {
        this.pattern = pattern;
    }

    /** The features of a picture that was reduced for that profile; none if it has no corners or is very small. */
    public Features extract(ReducedPicture picture, Profile profile) {
        int[] chosen = choose(picture, profile);
        pyramid.blur();
        long[] descriptors = new long[Features.WORDS * chosen.length];
        int[] places = new int[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
            int corner = chosen[i];
            int level = levels[corner];
            int at = pyramid.at(level, xs[corner], ys[corner]);
            int angle = PatchAngle.of(pyramid.plain(), at);
            int word = Features.WORDS * i;
            pattern.describe(pyramid.blurred(), at, angle, descriptors, word);
            boolean swapped = pattern.isToSwap(descriptors, word);
            if (swapped) {
                Pattern.swap(descriptors, word);
            }
            places[i] = Features.place(
                    half(xs[corner], level, picture.width()),
                    half(ys[corner], level, picture.height()),
                    level,
                    angle,
                    swapped);
        }
        return new Features(picture.width(), picture.height(), descriptors, places);
    }

    /** A coordinate of a level in half pixels of the picture: pixels are squares, and their centres are scaled. */
    private static int half(int coordinate, int level, int side) {
        long rounded = Math.round(2 * ((coordinate + 0.5) * Pyramid.scale(level) - 0.5));
        return Math.clamp(rounded, 0, 2 * side - 1);
    }

    /** Numbers of the corners that become features, the best first. */
    int[] choose(ReducedPicture picture, Profile profile) {
        pyramid.build(picture);
        detect(profile.threshold());
        if (corners < profile.fewCorners()) {
            detect(profile.lowThreshold());
        }
        return spread(profile);
    }

    private void detect(int threshold) {
        corners = 0;
        for (int level = 0; level < pyramid.levels(); level++) {
            int of = level;
            int width = pyramid.width(level);
            int height = pyramid.height(level);
            detector.detect(pyramid, level, threshold, (x, y, score) -> {
                if (corners == xs.length) {
                    grow();
                }
                int cell = (of * CELLS + y * CELLS / height) * CELLS + x * CELLS / width;
                levels[corners] = of;
                xs[corners] = x;
                ys[corners] = y;
                ranks[corners] = (long) cell << CELL_SHIFT | (long) (MAX_SCORE - score) << SCORE_SHIFT | corners;
                corners++;
            });
        }
    }

    private void grow() {
        int size = 2 * xs.length;
        levels = Arrays.copyOf(levels, size);
        xs = Arrays.copyOf(xs, size);
        ys = Arrays.copyOf(ys, size);
        ranks = Arrays.copyOf(ranks, size);
    }

    /** Takes the best of each cell of each level, then the second best, and so on; levels take part by their weight. */
    private int[] spread(Profile profile) {
        Arrays.sort(ranks, 0, corners);
        double[] turns = new double[pyramid.levels()];
        for (int level = 0; level < turns.length; level++) {
            turns[level] = 1 / StrictMath.pow(profile.levelWeight(), level);
        }
        long[] order = new long[corners];
        long cell = -1;
        int first = 0;
        for (int i = 0; i < corners; i++) {
            if (ranks[i] >>> CELL_SHIFT != cell) {
                cell = ranks[i] >>> CELL_SHIFT;
                first = i;
            }
            int corner = (int) ranks[i];
            float turn = (float) ((i - first + 1) * turns[levels[corner]]);
            // Positive floats are ordered as their bits are.
            order[i] = (long) Float.floatToRawIntBits(turn) << SCORE_SHIFT | corner;
        }
        Arrays.sort(order);
        int[] chosen = new int[Math.min(corners, profile.count())];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = (int) order[i];
        }
        return chosen;
    }

    /** For training: the pyramid of the picture that came last. */
    Pyramid pyramid() {
        return pyramid;
    }

    /** For training: level, x and y of a corner of that picture. */
    int[] corner(int number) {
        return new int[] {levels[number], xs[number], ys[number]};
    }
}
