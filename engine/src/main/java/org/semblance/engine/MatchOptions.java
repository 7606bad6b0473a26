package org.semblance.engine;

import java.util.Set;
import org.semblance.engine.video.VideoPolicy;

/**
 * What a caller may choose for one match.
 *
 * @param banks names of the banks that count; empty for all
 * @param videoPolicy when an upload and a known video match
 */
public record MatchOptions(Set<String> banks, VideoPolicy videoPolicy) {
    /** All banks. */
    public static final MatchOptions DEFAULT = new MatchOptions(Set.of());

    public MatchOptions {
        banks = Set.copyOf(banks);
    }

    /** These banks, and for video what has been measured to be best. */
    public MatchOptions(Set<String> banks) {
        this(banks, VideoPolicy.ALIGNED);
    }
}
