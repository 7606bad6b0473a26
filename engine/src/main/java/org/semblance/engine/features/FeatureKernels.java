package org.semblance.engine.features;

import java.util.ArrayList;
import java.util.List;

/**
 * The loops between a picture and its features, in two forms that give the same bits: our own library's ({@link
 * NativeFeatures}), as fast at the first call as at any later one, and Java's ({@link JavaFeatures}), the oracle of the other.
 *
 * <p>Pixels of levels are bytes, {@link Pyramid#STRIDE} from a row to the next. Levels are given as three numbers each: where
 * the level begins, its width and its height.
 */
sealed interface FeatureKernels permits NativeFeatures, JavaFeatures {
    /** Numbers that tell of a level. */
    int LEVEL_INTS = 3;

    /**
     * Adds a weighted row to the sum of others.
     *
     * @param first whether the row begins the sum, whatever that holds
     */
    void addRow(float[] row, float weight, float[] sum, int width, boolean first);

    /**
     * Makes a row of a reduced picture: to each pixel, 0.5 and then the products of samples and weights are added, and
     * the sum is truncated and at most 255.
     *
     * @param firsts the first sample of each pixel
     * @param weights of all pixels' first samples, then of all second ones, and so on; 0 where a pixel has fewer
     * @param most samples of a pixel
     * @param out gets {@code firsts.length} bytes from {@code at} on
     */
    void reduceRow(float[] sum, int[] firsts, float[] weights, int most, byte[] out, int at);

    /** Makes the levels after the first, each from the one before by linear interpolation between four pixels. */
    void shrink(byte[] plain, int[] levels, int count);

    /** The mean of 4x4 pixels, and of 4x4 of these means, rounded once; of the pixels that keep three off a level's edge. */
    void blur(byte[] plain, byte[] blurred, int[] levels, int count);

    /**
     * Finds FAST-9 corners (Rosten and Drummond, 2006): pixels of which nine neighbours in a row, on a circle of sixteen, are
     * all brighter or all darker by more than a threshold. Of corners that touch, the one with the highest score stays; the
     * score is the highest threshold at which the pixel would still be a corner, at most 254.
     *
     * @param corners gets them as {@link Corner} has them, level by level and row by row; has room for {@link Corner#most}
     * @return how many, of those that keep {@link Pyramid#MARGIN} off the edges
     */
    int corners(byte[] plain, int[] levels, int count, int threshold, int[] corners);

    /**
     * Chooses the best corner of each cell of each level, then the second best, and so on.
     *
     * @param turns of each level: the k-th corner of a cell comes at k times this
     * @return numbers of at most {@code most} corners, in that order
     */
    int[] spread(int[] corners, int count, int[] levels, double[] turns, int most);

    /**
     * Sums the pixels of patches, each a disc of 31 pixels.
     *
     * @param downAcross gets of each patch the sum of its pixels times the row, and times the column, from the centre's
     */
    void moments(byte[] plain, int[] centres, int[] downAcross);

    /**
     * Describes patches, as {@link Pattern} has the tests.
     *
     * @param descriptors gets {@link org.semblance.hashdb.features.Features#WORDS} words of each
     */
    void describe(byte[] blurred, int[] centres, int[] angles, Pattern pattern, long[] descriptors);

    /** All forms that this machine has, the fastest first. */
    static List<FeatureKernels> available() {
        List<FeatureKernels> all = new ArrayList<>(NativeFeatures.available());
        all.add(JavaFeatures.INSTANCE);
        return all;
    }

    /** The fastest form that this machine has. */
    static FeatureKernels best() {
        return Best.KERNELS;
    }

    /** Holds the choice. */
    final class Best {
        static final FeatureKernels KERNELS = available().getFirst();

        private Best() {}
    }
}
