package org.semblance.engine.features;

import org.semblance.hashdb.features.Features;

/**
 * Takes the local features of a picture: FAST corners on each level of a pyramid, spread over the picture and the levels; of
 * each the angle of its patch and the bits of {@link Pattern}. Whole numbers throughout, so every machine takes the same.
 *
 * <p>Owns its scratch: for one thread.
 */
public final class FeatureExtractor {
    private final FeatureKernels kernels;
    private final Pattern pattern;
    private final Pyramid pyramid;

    /** The corners of the picture that came last, each as {@link Corner} has it. */
    private int[] corners = {};

    public FeatureExtractor() {
        this(Pattern.trained(), FeatureKernels.best());
    }

    FeatureExtractor(Pattern pattern, FeatureKernels kernels) {
        this.pattern = pattern;
        this.kernels = kernels;
        this.pyramid = new Pyramid(kernels);
    }

    /** The features of a picture that was reduced for that profile; none if it has no corners or is very small. */
    public Features extract(ReducedPicture picture, Profile profile) {
        int[] chosen = choose(picture, profile);
        pyramid.blur();
        int[] centres = new int[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
            int corner = corners[chosen[i]];
            centres[i] = pyramid.at(Corner.level(corner), Corner.x(corner), Corner.y(corner));
        }
        int[] angles = PatchAngle.of(kernels, pyramid.plain(), centres);
        long[] descriptors = new long[Features.WORDS * chosen.length];
        kernels.describe(pyramid.blurred(), centres, angles, pattern, descriptors);
        int[] places = new int[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
            int corner = corners[chosen[i]];
            int word = Features.WORDS * i;
            boolean swapped = pattern.isToSwap(descriptors, word);
            if (swapped) {
                Pattern.swap(descriptors, word);
            }
            int level = Corner.level(corner);
            places[i] = Features.place(
                    half(Corner.x(corner), level, picture.width()),
                    half(Corner.y(corner), level, picture.height()),
                    level,
                    angles[i],
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
        int[] sizes = pyramid.sizes();
        int levels = pyramid.levels();
        int most = Corner.most(sizes, levels);
        if (corners.length < most) {
            corners = new int[most];
        }
        int count = kernels.corners(pyramid.plain(), sizes, levels, profile.threshold(), corners);
        if (count < profile.fewCorners()) {
            count = kernels.corners(pyramid.plain(), sizes, levels, profile.lowThreshold(), corners);
        }
        double[] turns = new double[levels];
        for (int level = 0; level < levels; level++) {
            turns[level] = 1 / StrictMath.pow(profile.levelWeight(), level);
        }
        return kernels.spread(corners, count, sizes, turns, profile.count());
    }

    /** For training: the pyramid of the picture that came last. */
    Pyramid pyramid() {
        return pyramid;
    }

    /** For training: level, x and y of a corner of that picture. */
    int[] corner(int number) {
        int corner = corners[number];
        return new int[] {Corner.level(corner), Corner.x(corner), Corner.y(corner)};
    }
}
