package org.semblance.engine.features;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.features.Features;

/**
 * The map that most votes for one banked picture agree with. A vote alone tells scale, angle and place; the one that most
 * others agree with is refined by least squares.
 */
final class VoteEstimate {
    /** With fewer votes that agree nothing is estimated. */
    private static final int LEAST_VOTES = 3;

    /** Pixels by which a vote may be off, at the scale of the banked picture. */
    private static final double TOLERANCE = 4;

    /** A single vote is that much less exact than the map of many. */
    private static final double ONE_VOTE = 5;

    private static final double SCALE_RATIO = Math.log(1.5);
    private static final double ANGLE = Math.toRadians(25);

    /** Votes that are tried as the beginning of an estimate. */
    private static final int MAX_BEGINNINGS = 96;

    private static final int REFINEMENTS = 3;

    private final int count;
    private final double[] x;
    private final double[] y;
    private final double[] bankedX;
    private final double[] bankedY;
    /** The logarithm of the scale, and the angle, by which each vote alone would have it. */
    private final double[] scale;

    private final double[] angle;
    private final boolean[] agrees;

    /**
     * @param own numbers of the upload's features that voted
     * @param other the numbers of the banked features that they voted for
     */
    VoteEstimate(VotePoints upload, Features banked, int[] own, int[] other) {
        count = own.length;
        x = new double[count];
        y = new double[count];
        bankedX = new double[count];
        bankedY = new double[count];
        scale = new double[count];
        angle = new double[count];
        agrees = new boolean[count];
        for (int i = 0; i < count; i++) {
            x[i] = upload.x[own[i]];
            y[i] = upload.y[own[i]];
            bankedX[i] = banked.x(other[i]);
            bankedY[i] = banked.y(other[i]);
            scale[i] = (upload.features.level(own[i]) - banked.level(other[i])) * Math.log(Pyramid.STEP);
            angle[i] = upload.angle[own[i]] - banked.angle(other[i]) * 2 * Math.PI / Features.ANGLES;
        }
    }

    /** From the banked picture's pixels to the upload's; null if too few votes agree. */
    @Nullable
    PlaneMap map() {
        PlaneMap map = begin();
        for (int round = 0; map != null && round < REFINEMENTS; round++) {
            MapFit fit = new MapFit();
            for (int i = 0; i < count; i++) {
                if (agrees[i]) {
                    fit.add(bankedX[i], bankedY[i], x[i], y[i]);
                }
            }
            map = fit.affineMap();
            if (map == null || agree(map, TOLERANCE * map.at(0, 0).scale()) < LEAST_VOTES) {
                return null;
            }
        }
        return map;
    }

    /** The map of the one vote that most others agree with, which are left marked; null if too few do. */
    private @Nullable PlaneMap begin() {
        PlaneMap best = null;
        int most = LEAST_VOTES - 1;
        int bestVote = 0;
        int beginnings = Math.min(count, MAX_BEGINNINGS);
        for (int k = 0; k < beginnings; k++) {
            int vote = (int) ((long) k * count / beginnings);
            PlaneMap map = PlaneMap.similarity(
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

    private int agreeWithVote(PlaneMap map, int vote) {
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
    private int agree(PlaneMap map, double tolerance) {
        int agreeing = 0;
        for (int i = 0; i < count; i++) {
            double dx = map.x(bankedX[i], bankedY[i]) - x[i];
            double dy = map.y(bankedX[i], bankedY[i]) - y[i];
            agrees[i] = dx * dx + dy * dy <= tolerance * tolerance;
            agreeing += agrees[i] ? 1 : 0;
        }
        return agreeing;
    }
}
