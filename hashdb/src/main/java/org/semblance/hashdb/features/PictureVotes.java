package org.semblance.hashdb.features;

import java.util.Comparator;

/**
 * A banked picture with features near those of a query. Vote {@code i} is the pair of feature {@code queryFeatures[i]} of
 * the query and feature {@code bankFeatures[i]} of the banked picture; each pair comes once, ordered by both.
 *
 * @param ms when the frame is shown, 0 for an image
 * @param mirrored whether these are the pairs that differ in {@link Features#isSwapped}, as those of a mirrored copy do
 * @param banked the features of the banked picture
 */
@SuppressWarnings("ArrayRecordComponent") // thousands a lookup, read once
public record PictureVotes(
        long contentId, int ms, boolean mirrored, Features banked, int[] queryFeatures, int[] bankFeatures) {
    /** Most votes first; then by content id, time, and plain before mirrored. */
    public static final Comparator<PictureVotes> MOST_VOTES_FIRST = Comparator.comparingInt(PictureVotes::votes)
            .reversed()
            .thenComparingLong(PictureVotes::contentId)
            .thenComparingInt(PictureVotes::ms)
            .thenComparing(PictureVotes::mirrored);

    /** How many votes there are. */
    public int votes() {
        return queryFeatures.length;
    }
}
