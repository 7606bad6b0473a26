package org.semblance.engine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.BankKind;

/**
 * What the hits come to.
 *
 * @param cutShort why not all was looked up and compared, or empty
 */
record Judgement(List<Finding> matches, List<Finding> likely, List<Finding> suppressedBy, String cutShort) {
    static final Judgement NOTHING = new Judgement(List.of(), List.of(), List.of(), "");

    Verdict verdict(MatchOptions options) {
        if (matches.isEmpty()) {
            return options.likely() && !likely.isEmpty() ? Verdict.LIKELY : Verdict.NO_MATCH;
        }
        return matches.stream().allMatch(Finding::suppressed) ? Verdict.SUPPRESSED : Verdict.MATCH;
    }

    /** Whether anything was found by more than a digest. */
    boolean hasLikeness() {
        return matches.stream()
                .anyMatch(f -> f.match() == null || !f.match().signalType().isDigest());
    }

    /**
     * Judges what was found by likeness together with the hits by digest, each content once. A hit by digest stands unless
     * exactly these bytes were allowed, and then nothing does.
     */
    static Judgement of(List<Claim> claims, List<Match> exact, String cutShort) {
        List<Match> allowedDigests = ofKind(BankKind.ALLOW, exact);
        List<Match> knownDigests = ofKind(BankKind.MATCH, exact);
        boolean allSuppressed = !allowedDigests.isEmpty();
        Set<Long> byDigest = ids(knownDigests);
        Map<Claim, BitSet> explains = new LinkedHashMap<>();
        BitSet explained = new BitSet();
        claims.stream().filter(Claim::isAllowed).forEach(claim -> explains.put(claim, claim.explains()));
        explains.values().forEach(explained::or);
        List<Finding> likely = new ArrayList<>();
        List<Finding> standing = new ArrayList<>();
        List<Finding> suppressed = new ArrayList<>();
        (allSuppressed ? suppressed : standing).addAll(findings(knownDigests, allSuppressed));
        BitSet suppressedEvidence = new BitSet();
        Set<Long> allowedFeatures = new HashSet<>();
        for (Claim claim : claims) {
            if (claim.isAllowed() || byDigest.contains(claim.contentId())) {
                continue;
            }
            boolean isSuppressed = allSuppressed || claim.isExplained(explained);
            if (claim.isLikely()) {
                if (!isSuppressed) {
                    likely.add(claim.finding(false));
                }
                continue;
            }
            (isSuppressed ? suppressed : standing).add(claim.finding(isSuppressed));
            if (isSuppressed) {
                suppressedEvidence.or(claim.evidence());
                allowedFeatures.addAll(claim.explainedBy());
            }
        }
        List<Finding> by = new ArrayList<>();
        if (!suppressed.isEmpty()) {
            by.addAll(findings(allowedDigests, false));
            Set<Long> told = ids(allowedDigests);
            explains.forEach((claim, moments) -> {
                boolean explainsSome =
                        moments.intersects(suppressedEvidence) || allowedFeatures.contains(claim.contentId());
                if (explainsSome && told.add(claim.contentId())) {
                    by.add(claim.finding(false));
                }
            });
        }
        standing.addAll(suppressed);
        return new Judgement(standing, likely, by, cutShort);
    }

    private static List<Match> ofKind(BankKind kind, List<Match> matches) {
        return matches.stream().filter(m -> m.bank().kind() == kind).toList();
    }

    private static List<Finding> findings(List<Match> matches, boolean suppressed) {
        return matches.stream().map(m -> Finding.of(m, suppressed)).toList();
    }

    private static Set<Long> ids(List<Match> matches) {
        return matches.stream().map(m -> m.content().id()).collect(Collectors.toCollection(HashSet::new));
    }
}
