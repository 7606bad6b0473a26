package org.semblance.engine;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.hash.SignalType;

/**
 * One banked content that was found in an upload.
 *
 * @param match by its nearest hash
 * @param alignment where, if the upload or the banked content has frames; null otherwise, and for a digest
 * @param suppressed whether allowed content explains it
 */
public record Finding(Match match, @Nullable Alignment alignment, boolean suppressed) {
    /** What an answer says it was found by: {@code vpdq} for frames of a banked video, otherwise the signal's own name. */
    public String signalType() {
        return match.signalType() == SignalType.PDQ && match.content().isVideo()
                ? "vpdq"
                : match.signalType().wireName();
    }

    Finding suppressed(boolean by) {
        return new Finding(match, alignment, by);
    }
}
