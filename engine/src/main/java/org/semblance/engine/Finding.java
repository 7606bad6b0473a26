package org.semblance.engine;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.hash.SignalType;

/**
 * One banked content that was found in an upload.
 *
 * @param match by its nearest hash
 * @param alignment where, if the upload or the banked content has frames; null otherwise, and for a digest
 * @param transform what was done to the upload before it was found, as {@link Reading#wireName} says it
 * @param suppressed whether allowed content explains it
 */
public record Finding(Match match, @Nullable Alignment alignment, String transform, boolean suppressed) {
    /** Of an upload as it is. */
    public Finding(Match match, @Nullable Alignment alignment, boolean suppressed) {
        this(match, alignment, "none", suppressed);
    }

    /** What an answer says it was found by: {@code vpdq} for frames of a banked video, otherwise the signal's own name. */
    public String signalType() {
        return match.signalType() == SignalType.PDQ && match.content().isVideo()
                ? "vpdq"
                : match.signalType().wireName();
    }
}
