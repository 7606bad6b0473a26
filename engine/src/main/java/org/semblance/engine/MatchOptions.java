package org.semblance.engine;

import java.util.Set;
import org.semblance.engine.judge.Judge;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.video.VideoPolicy;

/**
 * The options of one match.
 *
 * @param banks names of the banks that count; empty for all
 * @param videoPolicy when an upload and a known video match
 * @param knownBytes what is done for the rest of the answer once the very bytes are known
 * @param features whether an upload that no hash finds is looked up by its local features
 * @param likely whether {@link Verdict#LIKELY} is an answer; otherwise what is likely is listed and decides nothing
 */
public record MatchOptions(
        Set<String> banks, VideoPolicy videoPolicy, KnownBytes knownBytes, boolean features, boolean likely) {
    /** All banks. */
    public static final MatchOptions DEFAULT = new MatchOptions(Set.of());

    /** How far to look once the bytes are those of a known bad content; what is found by digest is in every answer. */
    public enum KnownBytes {
        /** No further: the answer has what the digests found. */
        ANSWER,
        /** Without a decoder: where the frames of the known video are banked, those are looked up. */
        LOOK_UP,
        /** As for any upload, but with the banked frames of a video in place of its own. */
        DECODE
    }

    public MatchOptions {
        banks = Set.copyOf(banks);
    }

    /** With features, and nothing that is only likely. */
    public MatchOptions(Set<String> banks, VideoPolicy videoPolicy, KnownBytes knownBytes) {
        this(banks, videoPolicy, knownBytes, true, false);
    }

    public MatchOptions(Set<String> banks, VideoPolicy videoPolicy) {
        this(banks, videoPolicy, KnownBytes.DECODE);
    }

    /** These banks, and for video what has been measured to be best. */
    public MatchOptions(Set<String> banks) {
        this(banks, VideoPolicy.ALIGNED);
    }

    /** These options, with a verdict of its own for what is only likely. */
    public MatchOptions withLikely() {
        return new MatchOptions(banks, videoPolicy, knownBytes, features, true);
    }

    /** These options, without local features: hashes alone are looked up. */
    public MatchOptions withoutFeatures() {
        return new MatchOptions(banks, videoPolicy, knownBytes, false, likely);
    }

    /** These options, with known bytes looked at no further than {@code most}. */
    public MatchOptions atMost(KnownBytes most) {
        return knownBytes.compareTo(most) <= 0 ? this : new MatchOptions(banks, videoPolicy, most, features, likely);
    }

    /** Judges by these options. */
    Judge judge() {
        return new Judge(banks, likely);
    }
}
