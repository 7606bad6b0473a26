package org.semblance.engine;

import java.util.List;
import org.semblance.hashdb.Match;

/**
 * A verdict and all that explains it.
 *
 * @param hashed the signals the lookup was made with; a content known by its digest is not decoded, so it has no PDQ
 * @param listVersion the {@code seq} of the database the lookup saw
 * @param matches hits in banks of known bad content, nearest first
 * @param suppressedBy hits in banks of allowed content
 * @param lookupUs microseconds for the lookups
 */
public record MatchReport(
        Verdict verdict,
        String reason,
        HashReport hashed,
        long listVersion,
        List<Match> matches,
        List<Match> suppressedBy,
        long lookupUs) {
    public MatchReport {
        matches = List.copyOf(matches);
        suppressedBy = List.copyOf(suppressedBy);
    }
}
