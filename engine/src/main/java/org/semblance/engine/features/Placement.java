package org.semblance.engine.features;

import java.util.BitSet;

/**
 * The place of a banked picture in an upload, and the evidence for it.
 *
 * @param map from the banked picture to the upload, in fractions of their widths and heights
 * @param votes pairs of near features
 * @param inliers pairs of near features that agree with the map
 * @param visible the banked features that must be visible in the upload
 * @param found those of them that are there
 * @param byChance how many of them would be found at the place of another: many in a picture of one texture, such as a sky
 * @param hull the area that the inliers span, as a share of the banked picture or of the upload, whichever is larger
 * @param sight how the banked features were looked for
 */
public record Placement(
        PlaneMap map, int votes, int inliers, BitSet visible, BitSet found, int byChance, double hull, Sight sight) {
    private static final int LEAST_VISIBLE = 7;

    /** The share of a picture beyond which pairs cannot be those of a small thing, so that fewer features will do. */
    private static final double WIDE = 0.1;

    private static final int LEAST_VISIBLE_IF_WIDE = 5;
    private static final double MOST_BY_CHANCE_IF_WIDE = 0.5;

    /** Less could be a letter or a logo. */
    private static final double LEAST_HULL = 0.025;

    /** More pairs than this may lie closer together, as those of a line of text do. */
    private static final double MANY_INLIERS = 60;

    /** How the banked features were looked for in the upload, and so how many of them there must be. */
    public enum Sight {
        /** In its pixels, where the descriptor of each was computed anew: of a copy nearly all are found. */
        PIXELS(5, 0.35, 0.6, 0.6, 1.2, 0.36),
        /** Among its own features, as nothing else is known of it: of a copy half to three quarters are found. */
        FEATURES(8, 0.1, 0.3, 0.35, 1, 0.35);

        /** A map is proved by no fewer pairs. */
        private final int leastInliers;

        private final double mostByChance;
        private final double leastShare;

        /** The share of the features that are not those of many that makes a match. */
        private final double matchShare;

        /** How much larger that share must be for each part of the features that are those of a template. */
        private final double ofTemplate;

        private final double mostOfTemplate;

        Sight(
                int leastInliers,
                double mostByChance,
                double leastShare,
                double matchShare,
                double ofTemplate,
                double mostOfTemplate) {
            this.leastInliers = leastInliers;
            this.mostByChance = mostByChance;
            this.leastShare = leastShare;
            this.matchShare = matchShare;
            this.ofTemplate = ofTemplate;
            this.mostOfTemplate = mostOfTemplate;
        }

        /** The share of so many visible features that must be found: the fewer there are, the larger. */
        private double leastShare(int visible) {
            return Math.clamp(leastShare - 0.1 + 1.3 / Math.sqrt(visible), leastShare, 1);
        }
    }

    /** How much of the banked picture is seen again. */
    public enum Strength {
        /** Too little. */
        NONE,
        /** What it shares with many other banked pictures, such as a template, or too little to be sure. */
        LIKELY,
        /** The picture itself. */
        MATCH
    }

    /** Whether the upload shows the banked picture mirrored. */
    public boolean isMirrored() {
        return map.at(0.5, 0.5).determinant() < 0;
    }

    /** The part of the upload in which the banked picture lies. */
    public Region uploadRegion() {
        return Region.ofWhole(map).inPicture();
    }

    /** The part of the banked picture that the upload has. */
    public Region bankedRegion() {
        return uploadRegion().mapped(map.inverse());
    }

    /** The part of the features that must be visible and are found: 0 to 1. */
    public double share() {
        return visible.isEmpty() ? 0 : (double) found.cardinality() / visible.cardinality();
    }

    /** This placement without some of the banked features. */
    public Placement without(BitSet features) {
        BitSet visibleLeft = (BitSet) visible.clone();
        visibleLeft.andNot(features);
        BitSet foundLeft = (BitSet) found.clone();
        foundLeft.andNot(features);
        return new Placement(map, votes, inliers, visibleLeft, foundLeft, byChance, hull, sight);
    }

    /** Whether enough features must be visible and are found: the fewer there are, the larger a share of them. */
    public boolean isFoundAgain() {
        int must = visible.cardinality();
        return must >= (isWide() ? LEAST_VISIBLE_IF_WIDE : LEAST_VISIBLE) && share() >= sight.leastShare(must);
    }

    private boolean isWide() {
        return sight == Sight.PIXELS && hull >= WIDE;
    }

    /** Whether the upload shows what the banked picture shows, be that a template alone. */
    public boolean isPlausible() {
        return inliers >= sight.leastInliers
                && hull >= LEAST_HULL * Math.min(1, MANY_INLIERS / inliers)
                && byChance <= (isWide() ? MOST_BY_CHANCE_IF_WIDE : sight.mostByChance) * visible.cardinality()
                && isFoundAgain();
    }

    /**
     * The verdict on this placement. A feature counts the less, the more other contents have one near it; and the more of the
     * features that must be visible others have as well, the more of the rest must be found.
     *
     * @param documentFrequency for each banked feature, how many other contents have a near one
     */
    public Strength strength(int[] documentFrequency) {
        if (!isPlausible()) {
            return Strength.NONE;
        }
        double own = 0;
        double ownFound = 0;
        for (int i = visible.nextSetBit(0); i >= 0; i = visible.nextSetBit(i + 1)) {
            double weight = 1.0 / (1 + documentFrequency[i]);
            own += weight;
            ownFound += found.get(i) ? weight : 0;
        }
        double shared = 1 - own / visible.cardinality();
        double must = sight.matchShare + Math.min(sight.mostOfTemplate, sight.ofTemplate * shared);
        return own >= LEAST_VISIBLE_IF_WIDE && ownFound >= must * own ? Strength.MATCH : Strength.LIKELY;
    }
}
