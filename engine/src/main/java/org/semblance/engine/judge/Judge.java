package org.semblance.engine.judge;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Quarantine;

/**
 * The product's central rule: which hits count, what of them is a match, and what suppresses it. Every door asks this class,
 * so that the same hits get the same verdict whether a file came, a hash or the features of a picture.
 *
 * <ol>
 *   <li>A bank counts if it is switched on and, where the caller names banks, if it is one of those. Banks of allowed
 *       content are no exception: a caller who names banks and wants suppression names them as well.
 *   <li>The exact bytes of a banked file are a match. Only a person who allowed exactly these bytes outweighs that, and then
 *       nothing else is a match either. A likeness to allowed content does not, or one harmless picture that resembles a bad
 *       one would switch off the surest evidence there is; the judgement says so in its note.
 *   <li>What is found by likeness is a match unless allowed content explains all that it rests on. An image and all it
 *       matches are one piece of evidence, so that one allowed likeness suppresses every match. Of a video, allowed content
 *       explains no more than the moments in which it is seen; the rest must still come to a match.
 *   <li>What other content shares is likely, and decides nothing unless the caller asks for {@link Verdict#LIKELY}.
 *   <li>A content in quarantine decides nothing: it neither matches nor suppresses, and is reported apart. Its exact bytes
 *       are an exception, unless the quarantine is of them as well.
 * </ol>
 *
 * <p>What is suppressed stays in the judgement. Without a match there is nothing to suppress, and allowed content is not
 * reported.
 */
public final class Judge {
    private final Set<String> banks;
    private final boolean likely;

    public Judge(Set<String> banks, boolean likely) {
        this.banks = Set.copyOf(banks);
        this.likely = likely;
    }

    /** Whether what is found in that bank counts. */
    public boolean counts(Bank bank) {
        return bank.enabled() && (banks.isEmpty() || banks.contains(bank.name()));
    }

    /** The hits that count, in their order. */
    public List<Match> counted(List<Match> hits) {
        return hits.isEmpty()
                ? hits
                : hits.stream().filter(hit -> counts(hit.bank())).toList();
    }

    /** Whether one of these hits by digest makes a match, unless the bytes are allowed. */
    public static boolean isKnown(List<Match> exact) {
        return exact.stream().anyMatch(hit -> hit.bank().kind() == BankKind.MATCH && !isQuarantined(hit));
    }

    /** Whether the hit decides nothing, because its content is in quarantine. */
    private static boolean isQuarantined(Match hit) {
        Quarantine quarantine = hit.content().treatment().quarantine();
        return quarantine != null && (quarantine.exact() || !hit.signalType().isDigest());
    }

    /**
     * Judges what one content, an image or a single hash, has found.
     *
     * @param exact hits by its digests
     * @param near hits by its PDQ hash
     */
    public Judgement ofContent(List<Match> exact, List<Match> near) {
        if (exact.isEmpty() && near.isEmpty()) {
            return Judgement.NOTHING;
        }
        if (exact.isEmpty()
                && near.stream().noneMatch(hit -> hit.bank().kind() == BankKind.ALLOW || isQuarantined(hit))) {
            // Nothing can suppress anything: a lookup of one hash is judged some ten thousand times a second.
            List<Finding> known = findings(onceEach(near), false);
            return known.isEmpty()
                    ? Judgement.NOTHING
                    : new Judgement(Verdict.MATCH, known, List.of(), List.of(), List.of(), "", "");
        }
        BitSet whole = new BitSet();
        whole.set(0);
        List<Claim> claims = counted(near).stream()
                .map(hit -> Claim.of(hit, null, whole, 0, null))
                .toList();
        return of(Claim.merged(claims), onceEach(exact), "");
    }

    /**
     * Judges what an upload has found by likeness together with its hits by digest.
     *
     * @param claims each content once, in the order in which they are to be reported
     * @param exact hits that count, each content once
     * @param cutShort why not all was looked up and compared, or empty
     */
    public Judgement of(List<Claim> claims, List<Match> exact, String cutShort) {
        List<Match> deciding = exact.stream().filter(hit -> !isQuarantined(hit)).toList();
        List<Match> allowedBytes = ofKind(BankKind.ALLOW, deciding);
        List<Match> knownBytes = ofKind(BankKind.MATCH, deciding);
        List<Match> withoutEffect = exact.stream().filter(Judge::isQuarantined).toList();
        List<Finding> quarantined = new ArrayList<>(findings(ofKind(BankKind.MATCH, withoutEffect), false));
        Set<Long> quarantinedBytes =
                quarantined.stream().map(f -> f.content().id()).collect(Collectors.toSet());
        boolean allSuppressed = !allowedBytes.isEmpty();
        Set<Long> byDigest = ids(knownBytes);
        Map<Claim, BitSet> explains = new LinkedHashMap<>();
        BitSet explained = new BitSet();
        claims.stream().filter(Claim::suppresses).forEach(claim -> explains.put(claim, claim.explains()));
        explains.values().forEach(explained::or);
        List<Finding> likelyOnes = new ArrayList<>();
        List<Finding> standing = new ArrayList<>();
        List<Finding> suppressed = new ArrayList<>();
        (allSuppressed ? suppressed : standing).addAll(findings(knownBytes, allSuppressed));
        BitSet suppressedEvidence = new BitSet();
        BitSet outweighedEvidence = new BitSet();
        Set<Long> allowedFeatures = new HashSet<>();
        for (Claim claim : claims) {
            if (claim.isAllowed()) {
                continue;
            }
            boolean isSuppressed = allSuppressed || claim.isExplained(explained);
            if (byDigest.contains(claim.contentId())) {
                if (isSuppressed) {
                    outweighedEvidence.or(claim.evidence());
                }
            } else if (claim.isQuarantined()) {
                if (!isSuppressed && !quarantinedBytes.contains(claim.contentId())) {
                    quarantined.add(claim.finding(false));
                }
            } else if (claim.isLikely()) {
                if (!isSuppressed) {
                    likelyOnes.add(claim.finding(false));
                }
            } else {
                (isSuppressed ? suppressed : standing).add(claim.finding(isSuppressed));
                if (isSuppressed) {
                    suppressedEvidence.or(claim.evidence());
                    allowedFeatures.addAll(claim.explainedBy());
                }
            }
        }
        List<Finding> by = new ArrayList<>();
        if (!suppressed.isEmpty()) {
            by.addAll(findings(allowedBytes, false));
            Set<Long> told = ids(allowedBytes);
            explains.forEach((claim, moments) -> {
                boolean explainsSome =
                        moments.intersects(suppressedEvidence) || allowedFeatures.contains(claim.contentId());
                if (explainsSome && told.add(claim.contentId())) {
                    by.add(claim.finding(false));
                }
            });
        }
        String note = allSuppressed ? "" : outweighed(explains, outweighedEvidence);
        standing.addAll(suppressed);
        return new Judgement(verdict(standing, likelyOnes), standing, likelyOnes, quarantined, by, note, cutShort);
    }

    private Verdict verdict(List<Finding> matches, List<Finding> likelyOnes) {
        if (matches.isEmpty()) {
            return likely && !likelyOnes.isEmpty() ? Verdict.LIKELY : Verdict.NO_MATCH;
        }
        return matches.stream().allMatch(Finding::suppressed) ? Verdict.SUPPRESSED : Verdict.MATCH;
    }

    /** Why a file is a match that would be suppressed if its bytes were others; empty if it would not. */
    private static String outweighed(Map<Claim, BitSet> explains, BitSet evidence) {
        String allowed = explains.entrySet().stream()
                .filter(entry -> entry.getValue().intersects(evidence))
                .map(entry -> "content " + entry.getKey().contentId() + " of bank "
                        + entry.getKey().bank().name())
                .collect(Collectors.joining(", "));
        return allowed.isEmpty()
                ? ""
                : "these exact bytes are banked, which outweighs a likeness to allowed content: " + allowed;
    }

    /** The hits that count, each content once: by the first of its hits. */
    public List<Match> onceEach(List<Match> hits) {
        Set<Long> seen = new HashSet<>();
        return counted(hits).stream()
                .filter(hit -> seen.add(hit.content().id()))
                .toList();
    }

    private static List<Match> ofKind(BankKind kind, List<Match> hits) {
        return hits.stream().filter(hit -> hit.bank().kind() == kind).toList();
    }

    private static List<Finding> findings(List<Match> hits, boolean suppressed) {
        return hits.stream().map(hit -> Finding.of(hit, suppressed)).toList();
    }

    private static Set<Long> ids(List<Match> hits) {
        return hits.stream().map(hit -> hit.content().id()).collect(Collectors.toCollection(HashSet::new));
    }
}
