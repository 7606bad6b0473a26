package org.semblance.engine.features;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.features.Features;

/**
 * Widens an estimate: near where the map has a banked feature, a feature of the upload counts although it is too far from it in
 * bits to have voted. Each has one partner at most, and the map is fitted to all pairs anew, a little closer each time.
 */
final class PairEstimate {
    /** Pixels within which a partner is sought in each round, at the scale of the banked picture. */
    private static final double[] REACH = {12, 8, 5};

    private final VotePoints upload;
    private final Features banked;
    /** Of each banked feature, its partner or -1. */
    private final int[] partner;

    /** Of each feature of the upload, its partner or -1. */
    private final int[] partnerOf;

    private final int[] distance;

    PairEstimate(VotePoints upload, Features banked) {
        this.upload = upload;
        this.banked = banked;
        this.partner = new int[banked.count()];
        this.partnerOf = new int[upload.features.count()];
        this.distance = new int[upload.features.count()];
    }

    /** The map that fits the pairs near the given one; null if there is none. */
    @Nullable
    PlaneMap refine(PlaneMap begin) {
        PlaneMap map = begin;
        for (double reach : REACH) {
            pair(map, reach);
            MapFit fit = new MapFit();
            for (int i = 0; i < partner.length; i++) {
                if (partner[i] >= 0) {
                    fit.add(banked.x(i), banked.y(i), upload.x[partner[i]], upload.y[partner[i]]);
                }
            }
            map = fit.simplestMap();
            if (map == null) {
                return null;
            }
        }
        return map;
    }

    /** How many pairs there are. */
    int pairs() {
        return (int) Arrays.stream(partner).filter(i -> i >= 0).count();
    }

    /** The area that the pairs span, as a share of the banked picture or of the upload, whichever is larger. */
    double hull() {
        int pairs = pairs();
        double[] xs = new double[pairs];
        double[] ys = new double[pairs];
        double[] bankedXs = new double[pairs];
        double[] bankedYs = new double[pairs];
        int at = 0;
        for (int i = 0; i < partner.length; i++) {
            if (partner[i] >= 0) {
                xs[at] = upload.x[partner[i]];
                ys[at] = upload.y[partner[i]];
                bankedXs[at] = banked.x(i);
                bankedYs[at] = banked.y(i);
                at++;
            }
        }
        Features features = upload.features;
        return Math.max(
                Hull.area(xs, ys, pairs) / features.width() / features.height(),
                Hull.area(bankedXs, bankedYs, pairs) / banked.width() / banked.height());
    }

    private void pair(PlaneMap map, double reach) {
        Arrays.fill(partner, -1);
        Arrays.fill(partnerOf, -1);
        for (int i = 0; i < partner.length; i++) {
            double x = map.x(banked.x(i), banked.y(i));
            double y = map.y(banked.x(i), banked.y(i));
            double scale = map.at(banked.x(i), banked.y(i)).scale();
            double level = banked.level(i) + Math.log(scale) / Math.log(Pyramid.STEP);
            int nearest = upload.nearest(banked, i, x, y, level, reach * scale);
            if (nearest < 0) {
                continue;
            }
            int bits = upload.distance(nearest, banked, i);
            int before = partnerOf[nearest];
            if (before < 0 || bits < distance[nearest]) {
                if (before >= 0) {
                    partner[before] = -1;
                }
                partnerOf[nearest] = i;
                partner[i] = nearest;
                distance[nearest] = bits;
            }
        }
    }
}
