package org.semblance.engine.features;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.PictureVotes;

/**
 * Compares one upload with banked pictures that have features near to its own: estimates where the banked picture lies in the
 * upload, and then looks there for every banked feature that must be visible.
 *
 * <p>The estimate alone proves nothing: a logo that two pictures share has as many votes as a copy. So the descriptor of each
 * banked feature is computed anew at its place in the upload. Of a copy nearly all are found again; of a picture that shares a
 * part only those of the part. If the upload is known by its features alone, one of them must be near that place: fewer are
 * found so, and {@link Placement} asks for fewer.
 *
 * <p>Not for two threads at once.
 */
public final class PictureComparison {
    /** Pixels within which a feature counts as being at a place, at the scale of the banked picture. */
    private static final double REACH = 5;

    private final int width;
    private final int height;
    private final @Nullable ReducedPicture upload;
    private final VotePoints plain;
    private final VotePoints mirrored;
    private final Pattern pattern = Pattern.trained();
    private final FeatureKernels kernels = FeatureKernels.best();
    private final int[] centre = new int[1];
    private final int[] angle = new int[1];
    private final long[] descriptor = new long[Features.WORDS];
    /** Made for the first picture that an estimate is found for. */
    private @Nullable Pyramid pyramid;

    /**
     * The distance up to which two features are a pair. Chance pairs grow with the bank: the larger it is, the nearer features
     * must be.
     *
     * @param banked how many features are banked
     */
    public static int maxVoteDistance(long banked) {
        return banked <= 20_000_000 ? 34 : banked <= 200_000_000 ? 31 : 23;
    }

    /**
     * Of an upload.
     *
     * @param upload null if nothing but its features is known
     * @param features of the upload, as {@link FeatureExtractor} takes them for {@link Profile#UPLOADED}
     */
    public PictureComparison(@Nullable ReducedPicture upload, Features features) {
        this.upload = upload;
        this.width = features.width();
        this.height = features.height();
        this.plain = new VotePoints(features, false);
        this.mirrored = new VotePoints(features, true);
    }

    /** Places a banked picture in the upload; null if the votes for it do not agree. */
    public @Nullable Placement place(PictureVotes votes) {
        Features banked = votes.banked();
        VotePoints points = votes.mirrored() ? mirrored : plain;
        PlaneMap estimate = new VoteEstimate(points, banked, votes.queryFeatures(), votes.bankFeatures()).map();
        if (estimate == null) {
            return null;
        }
        PairEstimate pairs = new PairEstimate(points, banked);
        PlaneMap refined = pairs.refine(estimate);
        if (refined == null) {
            return null;
        }
        PlaneMap map = votes.mirrored() ? refined.mirrored(width) : refined;
        Finder finder = upload == null
                ? new FeatureFinder(points, banked, refined)
                : new PixelFinder(levels(upload), banked, map);
        BitSet visible = new BitSet();
        BitSet found = new BitSet();
        for (int i = 0; i < banked.count(); i++) {
            boolean isVisible = isVisible(map, banked, i);
            visible.set(i, isVisible);
            found.set(i, isVisible && finder.finds(i, i));
        }
        return new Placement(
                map.inFractions(banked.width(), banked.height(), width, height),
                votes.votes(),
                pairs.pairs(),
                visible,
                found,
                byChance(finder, visible),
                pairs.hull(),
                upload == null ? Placement.Sight.FEATURES : Placement.Sight.PIXELS);
    }

    /** How many features are found at the place of the one that is half of all features further. */
    private static int byChance(Finder finder, BitSet visible) {
        int[] seen = visible.stream().toArray();
        int found = 0;
        for (int k = 0; k < seen.length; k++) {
            found += finder.finds(seen[k], seen[(k + seen.length / 2) % seen.length]) ? 1 : 0;
        }
        return found;
    }

    /** Whether a banked feature must be visible in the upload. */
    private boolean isVisible(PlaneMap map, Features banked, int i) {
        int level = (int) Math.rint(level(map, banked, i));
        if (level < 0 || level >= Pyramid.levels(width, height)) {
            return false;
        }
        int x = onLevel(map.x(banked.x(i), banked.y(i)), level);
        int y = onLevel(map.y(banked.x(i), banked.y(i)), level);
        return x >= Pyramid.MARGIN
                && y >= Pyramid.MARGIN
                && x < Pyramid.side(width, level) - Pyramid.MARGIN
                && y < Pyramid.side(height, level) - Pyramid.MARGIN;
    }

    /** Looks for banked features in the upload. */
    private interface Finder {
        /** Whether a banked feature is found at the place of one that is visible. */
        boolean finds(int feature, int place);
    }

    /** Looks at the pixels: computes the descriptor anew. */
    private final class PixelFinder implements Finder {
        private final Pyramid levels;
        private final Features banked;
        private final PlaneMap map;

        PixelFinder(Pyramid levels, Features banked, PlaneMap map) {
            this.levels = levels;
            this.banked = banked;
            this.map = map;
        }

        @Override
        public boolean finds(int feature, int place) {
            PlaneMap.Slope slope = map.at(banked.x(place), banked.y(place));
            int level = (int) Math.rint(level(map, banked, place));
            int x = onLevel(map.x(banked.x(place), banked.y(place)), level);
            int y = onLevel(map.y(banked.x(place), banked.y(place)), level);
            double turn = 2 * Math.PI * banked.angle(place) / Features.ANGLES;
            double across = slope.xx() * Math.cos(turn) + slope.xy() * Math.sin(turn);
            double down = slope.yx() * Math.cos(turn) + slope.yy() * Math.sin(turn);
            centre[0] = levels.at(level, x, y);
            angle[0] = PatchAngle.angle(down, across);
            kernels.describe(levels.blurred(), centre, angle, pattern, descriptor);
            // The banked halves may have been swapped, and those of a mirrored patch are.
            int swap = banked.isSwapped(feature) != slope.determinant() < 0 ? Features.WORDS / 2 : 0;
            int distance = 0;
            for (int word = 0; word < Features.WORDS; word++) {
                distance += Long.bitCount(descriptor[word] ^ banked.word(feature, word ^ swap));
            }
            return distance <= VotePoints.MOST_BITS;
        }
    }

    /** Looks for a feature of the upload near the place; the map is to the points, which may be mirrored. */
    private record FeatureFinder(VotePoints upload, Features banked, PlaneMap map) implements Finder {
        @Override
        public boolean finds(int feature, int place) {
            double x = map.x(banked.x(place), banked.y(place));
            double y = map.y(banked.x(place), banked.y(place));
            double reach = REACH * map.at(banked.x(place), banked.y(place)).scale();
            return upload.nearest(banked, feature, x, y, level(map, banked, place), reach) >= 0;
        }
    }

    /** The level of the upload, in part of it, on which a banked feature is to be found. */
    private static double level(PlaneMap map, Features banked, int i) {
        double scale = map.at(banked.x(i), banked.y(i)).scale();
        return banked.level(i) + Math.log(scale) / Math.log(Pyramid.STEP);
    }

    private static int onLevel(double coordinate, int level) {
        return (int) Math.rint((coordinate + 0.5) / Pyramid.scale(level) - 0.5);
    }

    private Pyramid levels(ReducedPicture picture) {
        Pyramid built = pyramid;
        if (built == null) {
            built = new Pyramid(kernels);
            built.build(picture);
            built.blur();
            pyramid = built;
        }
        return built;
    }
}
