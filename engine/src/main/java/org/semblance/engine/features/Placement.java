package org.semblance.engine.features;

/**
 * Where a banked picture lies in an upload, and what speaks for it.
 *
 * @param map from the banked picture to the upload, in fractions of their widths and heights
 * @param votes pairs of near features
 * @param inliers votes that agree with the map
 * @param visible banked features that must be visible in the upload
 * @param found how many of them are there
 * @param hull the area that the inliers span, as a share of the banked picture or of the upload, whichever is larger
 */
public record Placement(AffineMap map, int votes, int inliers, int visible, int found, double hull) {
    /** Whether the upload shows the banked picture mirrored. */
    public boolean isMirrored() {
        return map.determinant() < 0;
    }

    /** The part of the features that must be visible and are found: 0 to 1. */
    public double share() {
        return visible == 0 ? 0 : (double) found / visible;
    }
}
