package org.semblance.engine.video;

import org.semblance.hashdb.hash.HashAndQuality;

/** The condition on which an upload and a known video match. */
public sealed interface VideoPolicy {
    /** Enough seconds of the known video in order: {@link VideoMatcher.Policy#DEFAULT}. */
    VideoPolicy ALIGNED = new Aligned(VideoMatcher.Policy.DEFAULT);

    /** The frames agree in order and at one pace. */
    record Aligned(VideoMatcher.Policy policy) implements VideoPolicy {}

    /**
     * vPDQ's own rule ({@link VpdqComparison}): shares of the distinct frames of both sides, whatever their order, of an
     * upload sampled once a second.
     *
     * @param queryPercent the least share of the upload's frames, 0..100
     * @param bankPercent the least share of the known video's frames, 0..100
     * @param maxDistance of two frames that are alike, inclusive, 0..31: beyond, lookups find none
     * @param minQuality inclusive, 50..100: nothing below is banked
     */
    record Vpdq(double queryPercent, double bankPercent, int maxDistance, int minQuality) implements VideoPolicy {
        private static final int MAX_DISTANCE = 31;

        /** What python-threatexchange takes for a match: 80 % of the upload, and anything of the known video. */
        public static final Vpdq REFERENCE = new Vpdq(80, 0, MAX_DISTANCE, HashAndQuality.MIN_QUALITY);

        public Vpdq {
            check("query percent", queryPercent, 0, 100);
            check("bank percent", bankPercent, 0, 100);
            check("distance", maxDistance, 0, MAX_DISTANCE);
            check("quality", minQuality, HashAndQuality.MIN_QUALITY, 100);
        }

        private static void check(String name, double value, int least, int most) {
            if (!(value >= least && value <= most)) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: " + least + " to " + most + ")");
            }
        }
    }
}
