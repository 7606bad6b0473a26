package org.semblance.engine;

import java.util.List;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.judge.Verdict;

/**
 * A verdict and all that explains it.
 *
 * @param hashed the signals the lookup was made with; no PDQ where nothing was decoded
 * @param listVersion the {@code seq} of the database the lookup saw
 * @param matches hits in banks of known bad content: those that stand before those that are suppressed, digests first, then
 *     videos, most seconds first, then images, nearest first
 * @param likely contents that the upload may show, so a person has to look: what it shares with each, others have as well, or it
 *     is little
 * @param quarantined contents in quarantine that would match otherwise; they decide nothing
 * @param suppressedBy hits in banks of allowed content that suppress any of the matches
 * @param partial whether a part of the upload was not looked at, or not all of its hashes; then the reason says how much was, and why
 * @param lookupUs microseconds for the lookups
 */
public record MatchReport(
        Verdict verdict,
        String reason,
        HashReport hashed,
        long listVersion,
        List<Finding> matches,
        List<Finding> likely,
        List<Finding> quarantined,
        List<Finding> suppressedBy,
        boolean partial,
        long lookupUs) {
    public MatchReport {
        matches = List.copyOf(matches);
        likely = List.copyOf(likely);
        quarantined = List.copyOf(quarantined);
        suppressedBy = List.copyOf(suppressedBy);
    }

    /** The judgement without what it says in words, which is part of the reason. */
    public Judgement judgement() {
        return new Judgement(verdict, matches, likely, quarantined, suppressedBy, "", "");
    }

    /** The matches that are not suppressed, in their order. */
    public List<Finding> standing() {
        return Judgement.standing(matches);
    }
}
