package org.semblance.engine.judge;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.SignalType;

/**
 * One banked content that was found in an upload: by a hash or by local features.
 *
 * @param match by its nearest hash; null if it was found by features
 * @param features where the upload shows it; null if it was found by a hash
 * @param alignment where, if the upload or the banked content has frames; null otherwise, and for a digest
 * @param transform what was done to the upload before a hash was found, as {@code Reading.wireName} says it
 * @param suppressed whether allowed content explains it
 */
public record Finding(
        Bank bank,
        ContentRecord content,
        @Nullable Match match,
        @Nullable FeatureMatch features,
        @Nullable Alignment alignment,
        String transform,
        boolean suppressed) {
    /** By a hash of an upload as it is; nothing allowed explains it. */
    public static Finding of(Match match) {
        return of(match, false);
    }

    static Finding of(Match match, boolean suppressed) {
        return new Finding(match.bank(), match.content(), match, null, null, "none", suppressed);
    }

    /** What an answer says it was found by: {@code vpdq} for frames of a banked video, otherwise the signal's own name. */
    public String signalType() {
        if (match == null) {
            return Features.SIGNAL_TYPE;
        }
        return match.signalType() == SignalType.PDQ && content.isVideo()
                ? "vpdq"
                : match.signalType().wireName();
    }
}
