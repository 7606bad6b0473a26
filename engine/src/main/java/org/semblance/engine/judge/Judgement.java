package org.semblance.engine.judge;

import java.util.ArrayList;
import java.util.List;

/**
 * The judgement on the hits of an upload, or of a signal, by the rule of {@link Judge}.
 *
 * @param matches what was found in banks of known bad content: what stands before what is suppressed
 * @param likely contents that a person has to look at
 * @param quarantined contents in quarantine: they would match, and decide nothing
 * @param suppressedBy what was found in banks of allowed content and suppresses any of the matches
 * @param note what is peculiar about the verdict, or empty
 * @param cutShort why not all was looked up and compared, or empty
 */
public record Judgement(
        Verdict verdict,
        List<Finding> matches,
        List<Finding> likely,
        List<Finding> quarantined,
        List<Finding> suppressedBy,
        String note,
        String cutShort) {
    public static final Judgement NOTHING =
            new Judgement(Verdict.NO_MATCH, List.of(), List.of(), List.of(), List.of(), "", "");

    /** The matches that are not suppressed, in their order. */
    public List<Finding> standing() {
        return standing(matches);
    }

    public static List<Finding> standing(List<Finding> matches) {
        return matches.stream().filter(finding -> !finding.suppressed()).toList();
    }

    /**
     * This judgement for a dialect that leaves some matches out, and has no word for what is likely.
     *
     * @param told those of the {@link #standing} that it tells
     */
    public Judgement telling(List<Finding> told) {
        List<Finding> rest = new ArrayList<>(told);
        matches.stream().filter(Finding::suppressed).forEach(rest::add);
        Verdict left = rest.isEmpty() ? Verdict.NO_MATCH : told.isEmpty() ? Verdict.SUPPRESSED : Verdict.MATCH;
        return new Judgement(left, rest, List.of(), quarantined, suppressedBy, note, cutShort);
    }

    /** Whether anything was found by more than a digest. */
    public boolean hasLikeness() {
        return matches.stream()
                .anyMatch(f -> f.match() == null || !f.match().signalType().isDigest());
    }
}
