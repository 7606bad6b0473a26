package org.semblance.engine.video;

import java.util.List;

/**
 * The parts that an upload and a known video have in common.
 *
 * @param contentId of the known video
 * @param isMatch what the policy says
 * @param queryMatchPercent share of the upload's seconds that lie in a span, 0..100
 * @param bankMatchPercent share of the known video's seconds that lie in a span, 0..100
 * @param weightedSeconds seconds of the known video in spans, each by the weight of the frames that say so
 * @param pictures different pictures of the known video that were found in order
 * @param spans by their place in the upload
 */
public record VideoMatch(
        long contentId,
        boolean isMatch,
        double queryMatchPercent,
        double bankMatchPercent,
        double weightedSeconds,
        int pictures,
        List<Span> spans) {
    public VideoMatch {
        spans = List.copyOf(spans);
    }

    /**
     * A stretch of the known video within the upload, in seconds.
     *
     * @param speed seconds of the known video that pass in a second of the upload
     */
    public record Span(double queryFrom, double queryUntil, double bankFrom, double bankUntil, double speed) {
        double bankSeconds() {
            return bankUntil - bankFrom;
        }
    }
}
