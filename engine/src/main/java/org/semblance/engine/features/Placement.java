package org.semblance.engine.features;

import java.util.BitSet;

/**
 * Where a banked picture lies in an upload, and what speaks for it.
 *
 * @param map from the banked picture to the upload, in fractions of their widths and heights
 * @param votes pairs of near features
 * @param inliers pairs of near features that agree with the map
 * @param visible the banked features that must be visible in the upload
 * @param found those of them that are there
 * @param byChance how many of them would be found at the place of another: many in a picture of one texture, such as a sky
 * @param hull the area that the inliers span, as a share of the banked picture or of the upload, whichever is larger
 */
public record Placement(PlaneMap map, int votes, int inliers, BitSet visible, BitSet found, int byChance, double hull) {
    /** A map is proved by no fewer pairs. */
    private static final int LEAST_INLIERS = 5;

    private static final int LEAST_VISIBLE = 7;

    /** The share of a picture beyond which pairs cannot be those of a small thing, so that fewer features will do. */
    private static final double WIDE = 0.1;

    private static final int LEAST_VISIBLE_IF_WIDE = 5;
    private static final double MOST_BY_CHANCE_IF_WIDE = 0.5;

    /** Less could be a letter or a logo. */
    private static final double LEAST_HULL = 0.025;

    /** More pairs than this may lie closer together, as those of a line of text do. */
    private static final double MANY_INLIERS = 60;

    private static final double MOST_BY_CHANCE = 0.35;
    private static final double LEAST_SHARE = 0.6;

    /** How much larger the share must be for each part of the features that are those of a template. */
    private static final double OF_A_TEMPLATE = 1.2;

    private static final double MOST_OF_A_TEMPLATE = 0.36;

    /** How much of the banked picture is seen again. */
    public enum Strength {
        /** Too little. */
        NONE,
        /** All that it shares with many other banked pictures, such as a template, but not what is its own. */
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
        return new Placement(map, votes, inliers, visibleLeft, foundLeft, byChance, hull);
    }

    /** Whether enough features must be visible and are found: the fewer there are, the larger a share of them. */
    public boolean isFoundAgain() {
        int must = visible.cardinality();
        return must >= (isWide() ? LEAST_VISIBLE_IF_WIDE : LEAST_VISIBLE)
                && share() >= Math.clamp(0.5 + 1.3 / Math.sqrt(must), LEAST_SHARE, 1);
    }

    private boolean isWide() {
        return hull >= WIDE;
    }

    /** Whether the upload shows what the banked picture shows, be that a template alone. */
    public boolean isPlausible() {
        return inliers >= LEAST_INLIERS
                && hull >= LEAST_HULL * Math.min(1, MANY_INLIERS / inliers)
                && byChance <= (isWide() ? MOST_BY_CHANCE_IF_WIDE : MOST_BY_CHANCE) * visible.cardinality()
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
        double must = LEAST_SHARE + Math.min(MOST_OF_A_TEMPLATE, OF_A_TEMPLATE * shared);
        return own >= LEAST_VISIBLE_IF_WIDE && ownFound >= must * own ? Strength.MATCH : Strength.LIKELY;
    }
}
