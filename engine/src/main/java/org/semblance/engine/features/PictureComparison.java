package org.semblance.engine.features;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.features.Features;

/**
 * Compares one upload with banked pictures that have features near to its own: estimates where the banked picture lies in the
 * upload, and then looks there for every banked feature that must be visible. Not for two threads at once.
 *
 * <p>The estimate begins with one vote, which tells scale, angle and place; the vote that most others agree with is refined
 * to an affine map by least squares. That alone proves nothing: a logo that two pictures share has as many votes as a copy.
 * So the descriptor of each banked feature is computed anew at its place in the upload. Of a copy nearly all are found again;
 * of a picture that shares a part only those of the part.
 */
public final class PictureComparison {
    /** Pixels by which a vote may be off, at the scale of the banked picture. */
    private static final double TOLERANCE = 4;

    /** A single vote is that much less exact than the map of many. */
    private static final double ONE_VOTE = 5;

    private static final double SCALE_RATIO = Math.log(1.5);
    private static final double ANGLE = Math.toRadians(25);

    /** Votes that are tried as the beginning of an estimate. */
    private static final int MAX_BEGINNINGS = 96;

    private static final int REFINEMENTS = 3;

    /** {@link AffineMap#distortion} beyond which a map is no edit that leaves a picture recognisable. */
    private static final double MAX_DISTORTION = 3;

    /** With fewer votes that agree nothing is estimated. */
    static final int LEAST_INLIERS = 4;

    /** Bits by which the descriptor of a banked feature may differ at its place in the upload. */
    private static final int FOUND_DISTANCE = 64;

    private static final double QUARTER = Features.ANGLES / 4.0;

    private final ReducedPicture upload;
    private final Features features;
    private final Pattern pattern = Pattern.trained();
    private final long[] descriptor = new long[Features.WORDS];
    /** Made for the first picture that an estimate is found for. */
    private @Nullable Pyramid pyramid;

    /** @param features of the upload, as {@link FeatureExtractor} takes them for {@link Profile#UPLOADED} */
    public PictureComparison(ReducedPicture upload, Features features) {
        this.upload = upload;
        this.features = features;
    }

    /**
     * Places a banked picture in the upload.
     *
     * @param own numbers of the upload's features that voted
     * @param other the numbers of the banked features that they voted for
     * @param mirrored whether the votes are for the banked picture mirrored
     * @return null if the votes do not agree
     */
    public @Nullable Placement place(Features banked, int[] own, int[] other, boolean mirrored) {
        Votes votes = new Votes(features, banked, own, other, mirrored);
        Estimate estimate = votes.estimate();
        if (estimate == null) {
            return null;
        }
        AffineMap map = mirrored ? estimate.map.mirrored(features.width()) : estimate.map;
        int visible = 0;
        int found = 0;
        for (int i = 0; i < banked.count(); i++) {
            int distance = distanceAt(map, banked, i);
            if (distance >= 0) {
                visible++;
                found += distance <= FOUND_DISTANCE ? 1 : 0;
            }
        }
        return new Placement(
                map.inFractions(banked.width(), banked.height(), features.width(), features.height()),
                own.length,
                estimate.inliers,
                visible,
                found,
                estimate.hull);
    }

    /** Bits in which the banked feature differs from what is at its place in the upload; -1 if it lies outside. */
    private int distanceAt(AffineMap map, Features banked, int i) {
        Pyramid levels = levels();
        double level = banked.level(i) + Math.log(map.scale()) / Math.log(Pyramid.STEP);
        int nearest = (int) Math.rint(level);
        if (nearest < 0 || nearest >= levels.levels()) {
            return -1;
        }
        double x = map.x(banked.x(i), banked.y(i));
        double y = map.y(banked.x(i), banked.y(i));
        int column = (int) Math.rint((x + 0.5) / Pyramid.scale(nearest) - 0.5);
        int row = (int) Math.rint((y + 0.5) / Pyramid.scale(nearest) - 0.5);
        if (column < Pyramid.MARGIN
                || row < Pyramid.MARGIN
                || column >= levels.width(nearest) - Pyramid.MARGIN
                || row >= levels.height(nearest) - Pyramid.MARGIN) {
            return -1;
        }
        double turn = 2 * Math.PI * banked.angle(i) / Features.ANGLES;
        double across = map.xx() * Math.cos(turn) + map.xy() * Math.sin(turn);
        double down = map.yx() * Math.cos(turn) + map.yy() * Math.sin(turn);
        pattern.describe(
                levels.blurred(), levels.at(nearest, column, row), PatchAngle.angle(down, across), descriptor, 0);
        // The banked halves may have been swapped, and those of a mirrored patch are.
        int swap = banked.isSwapped(i) != map.determinant() < 0 ? Features.WORDS / 2 : 0;
        int distance = 0;
        for (int word = 0; word < Features.WORDS; word++) {
            distance += Long.bitCount(descriptor[word] ^ banked.word(i, word ^ swap));
        }
        return distance;
    }

    private Pyramid levels() {
        Pyramid built = pyramid;
        if (built == null) {
            built = new Pyramid();
            built.build(upload);
            built.blur();
            pyramid = built;
        }
        return built;
    }

    /** @param hull as {@link Placement#hull} */
    private record Estimate(AffineMap map, int inliers, double hull) {}

    /** The votes for one picture, as points. */
    private static final class Votes {
        private final Features upload;
        private final Features banked;
        private final int[] own;
        private final int[] other;
        private final int count;
        private final double[] x;
        private final double[] y;
        private final double[] bankedX;
        private final double[] bankedY;
        /** The logarithm of the scale, and the angle, by which each vote alone would have it. */
        private final double[] scale;

        private final double[] angle;
        private final boolean[] agrees;
        private final double[] error;

        Votes(Features upload, Features banked, int[] own, int[] other, boolean mirrored) {
            this.upload = upload;
            this.banked = banked;
            this.own = own;
            this.other = other;
            count = own.length;
            x = new double[count];
            y = new double[count];
            bankedX = new double[count];
            bankedY = new double[count];
            scale = new double[count];
            angle = new double[count];
            agrees = new boolean[count];
            error = new double[count];
            for (int i = 0; i < count; i++) {
                x[i] = mirrored ? upload.width() - 1 - upload.x(own[i]) : upload.x(own[i]);
                y[i] = upload.y(own[i]);
                bankedX[i] = banked.x(other[i]);
                bankedY[i] = banked.y(other[i]);
                scale[i] = (upload.level(own[i]) - banked.level(other[i])) * Math.log(Pyramid.STEP);
                double turned = mirrored ? 2 * QUARTER - upload.angle(own[i]) : upload.angle(own[i]);
                angle[i] = (turned - banked.angle(other[i])) * 2 * Math.PI / Features.ANGLES;
            }
        }

        @Nullable
        Estimate estimate() {
            AffineMap map = begin();
            for (int round = 0; map != null && round < REFINEMENTS; round++) {
                LeastSquares fit = new LeastSquares();
                for (int i = 0; i < count; i++) {
                    if (agrees[i]) {
                        fit.add(bankedX[i], bankedY[i], x[i], y[i]);
                    }
                }
                AffineMap affine = fit.affine();
                map = affine != null ? affine : fit.similarity();
                if (map == null
                        || !(map.determinant() > 0)
                        || map.distortion() > MAX_DISTORTION
                        || agree(map, TOLERANCE * map.scale()) < LEAST_INLIERS) {
                    return null;
                }
            }
            return map == null ? null : new Estimate(map, inliers(), hull());
        }

        /** The map of the one vote that most others agree with; null if too few do. */
        private @Nullable AffineMap begin() {
            AffineMap best = null;
            int most = LEAST_INLIERS - 1;
            int bestVote = 0;
            int beginnings = Math.min(count, MAX_BEGINNINGS);
            for (int k = 0; k < beginnings; k++) {
                int vote = (int) ((long) k * count / beginnings);
                AffineMap map = AffineMap.similarity(
                        Math.exp(scale[vote]), angle[vote], bankedX[vote], bankedY[vote], x[vote], y[vote]);
                int agreeing = agreeWithVote(map, vote);
                if (agreeing > most) {
                    most = agreeing;
                    best = map;
                    bestVote = vote;
                }
            }
            if (best != null) {
                agreeWithVote(best, bestVote);
            }
            return best;
        }

        private int agreeWithVote(AffineMap map, int vote) {
            int agreeing = agree(map, ONE_VOTE * TOLERANCE * Math.exp(scale[vote]));
            for (int i = 0; i < count; i++) {
                if (agrees[i]
                        && (Math.abs(scale[i] - scale[vote]) > SCALE_RATIO
                                || Math.abs(Math.IEEEremainder(angle[i] - angle[vote], 2 * Math.PI)) > ANGLE)) {
                    agrees[i] = false;
                    agreeing--;
                }
            }
            return agreeing;
        }

        /** Marks the votes that the map takes near to where they are. */
        private int agree(AffineMap map, double tolerance) {
            int agreeing = 0;
            for (int i = 0; i < count; i++) {
                double dx = map.x(bankedX[i], bankedY[i]) - x[i];
                double dy = map.y(bankedX[i], bankedY[i]) - y[i];
                error[i] = dx * dx + dy * dy;
                agrees[i] = error[i] <= tolerance * tolerance;
                agreeing += agrees[i] ? 1 : 0;
            }
            return agreeing;
        }

        /** How many of those that agree are left when each feature has one vote, and leaves them marked. */
        private int inliers() {
            keepNearest(own, upload.count());
            return keepNearest(other, banked.count());
        }

        private int keepNearest(int[] feature, int features) {
            int[] nearest = new int[features];
            Arrays.fill(nearest, -1);
            int kept = 0;
            for (int i = 0; i < count; i++) {
                if (agrees[i]) {
                    int before = nearest[feature[i]];
                    if (before < 0) {
                        kept++;
                        nearest[feature[i]] = i;
                    } else if (error[i] < error[before]) {
                        agrees[before] = false;
                        nearest[feature[i]] = i;
                    } else {
                        agrees[i] = false;
                    }
                }
            }
            return kept;
        }

        private double hull() {
            double[] xs = new double[count];
            double[] ys = new double[count];
            double[] bankedXs = new double[count];
            double[] bankedYs = new double[count];
            int inliers = 0;
            for (int i = 0; i < count; i++) {
                if (agrees[i]) {
                    xs[inliers] = x[i];
                    ys[inliers] = y[i];
                    bankedXs[inliers] = bankedX[i];
                    bankedYs[inliers] = bankedY[i];
                    inliers++;
                }
            }
            return Math.max(
                    Hull.area(xs, ys, inliers) / upload.width() / upload.height(),
                    Hull.area(bankedXs, bankedYs, inliers) / banked.width() / banked.height());
        }
    }
}
