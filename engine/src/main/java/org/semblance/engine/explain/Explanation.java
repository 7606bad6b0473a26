package org.semblance.engine.explain;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.features.Placement;
import org.semblance.hashdb.DistanceThreshold;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.hash.Hash256;

/**
 * The banked contents nearest to each signal of an upload, whether or not they are near enough to count.
 *
 * @param off what was not asked, and why; a sentence each
 */
public record Explanation(List<ExplainedSignal> signals, List<String> off) {
    public Explanation {
        signals = List.copyOf(signals);
        off = List.copyOf(off);
    }

    /**
     * A signal of the upload, or the frames of a video as one.
     *
     * @param type as answers name it
     * @param value hex digits; null for frames and features
     * @param quality of a PDQ hash if it is known, of frames that of the best one
     * @param notLookedUp why the signal was not looked up, or null if it was
     * @param nearest the nearest first
     */
    public record ExplainedSignal(
            String type,
            @Nullable String value,
            @Nullable Integer quality,
            @Nullable String notLookedUp,
            List<Neighbour> nearest) {
        public ExplainedSignal {
            nearest = List.copyOf(nearest);
        }
    }

    /**
     * A banked content near the signal.
     *
     * @param hash null for one that shares features
     * @param features null for one that is near by a hash
     */
    public record Neighbour(
            Bank bank,
            ContentRecord content,
            Outcome outcome,
            @Nullable ByHash hash,
            @Nullable ByFeatures features) {}

    /**
     * How far a banked hash is from one of the upload. A digest that is the same has no hashes and the distance 0.
     *
     * @param query the hash of the upload, after the transform
     * @param banked the nearest hash of the content
     * @param threshold the largest distance that counts
     * @param transform what was done to the upload for the hash
     * @param seconds when the upload shows the frame; null for an image
     */
    public record ByHash(
            @Nullable Hash256 query,
            @Nullable Hash256 banked,
            int distance,
            DistanceThreshold threshold,
            String transform,
            @Nullable Double seconds) {}

    /**
     * How much a banked picture has in common with the upload.
     *
     * @param votes pairs of near features
     * @param placement where the picture seems to lie; null if the pairs do not agree on a place
     */
    public record ByFeatures(int ms, int votes, @Nullable Placement placement) {}

    /** What becomes of a neighbour in the judgement. */
    public enum Outcome {
        /** Makes a match. */
        MATCH,
        /** Would make a match, and allowed content explains it. */
        SUPPRESSED,
        /** Needs a person. */
        LIKELY,
        /** In quarantine: decides nothing. */
        QUARANTINED,
        /** Allowed content that suppresses a match. */
        SUPPRESSES,
        /** Allowed content, and there is no match that it explains. */
        ALLOWED,
        /** Too far from the signal. */
        BEYOND_THRESHOLD,
        /** Disabled at the time. */
        DISABLED,
        /** Its bank is switched off. */
        BANK_OFF,
        /** Its bank is not among those that the caller named. */
        NOT_ASKED,
        /** The signal is too flat to be looked up. */
        NOT_LOOKED_UP,
        /** Too little of a video, or of a picture, is the same. */
        NOT_ENOUGH;

        /** The name in answers: lower case. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
