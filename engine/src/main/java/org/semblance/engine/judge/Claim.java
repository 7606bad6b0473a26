package org.semblance.engine.judge;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.features.Placement;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.ContentRecord;

/**
 * A content that was found, and what that rests on.
 *
 * @param match by its nearest hash; null if it was found by features
 * @param features the best placement; null if it was found by a hash
 * @param evidence moments of the upload, {@code stillMoment}, and behind that frames that have no moment
 * @param stillMoment the one after the last, which stands for the image that the upload is as a whole
 * @param video how it aligns, for a known video that matches by the policy; null if it was found otherwise
 * @param transform what was done to the upload before a hash was found
 * @param explained those of the evidence at which allowed content has all of the features that were found
 * @param explainedBy the ids of that allowed content
 */
public record Claim(
        Bank bank,
        ContentRecord content,
        @Nullable Match match,
        @Nullable FeatureMatch features,
        @Nullable Alignment alignment,
        BitSet evidence,
        int stillMoment,
        @Nullable Aligned video,
        String transform,
        BitSet explained,
        Set<Long> explainedBy) {
    /** How a known video aligns with the upload. */
    public interface Aligned {
        /** Seconds of the known video that are found, each by its weight. */
        double weightedSeconds();

        /** The moments that it would explain if it were allowed. */
        BitSet explains();

        /** Whether it would be found if those moments did not show it. */
        boolean isFoundWithout(BitSet moments);
    }

    /** By a hash of an upload as it is. */
    public static Claim of(
            Match match, @Nullable Alignment alignment, BitSet evidence, int stillMoment, @Nullable Aligned video) {
        return of(match, alignment, evidence, stillMoment, video, "none");
    }

    /** By a hash of an upload after that was done to it. */
    public static Claim of(
            Match match,
            @Nullable Alignment alignment,
            BitSet evidence,
            int stillMoment,
            @Nullable Aligned video,
            String transform) {
        return new Claim(
                match.bank(),
                match.content(),
                match,
                null,
                alignment,
                evidence,
                stillMoment,
                video,
                transform,
                new BitSet(),
                Set.of());
    }

    public long contentId() {
        return content.id();
    }

    public boolean isAllowed() {
        return bank.kind() == BankKind.ALLOW;
    }

    /** Whether it decides nothing, because its content is in quarantine. */
    public boolean isQuarantined() {
        return content.treatment().isQuarantined();
    }

    /** Whether it takes from other contents what it explains. */
    public boolean suppresses() {
        return suppresses(bank, content);
    }

    /** Whether a find of the content takes from other contents what it explains: allowed content out of quarantine does. */
    public static boolean suppresses(Bank bank, ContentRecord content) {
        return bank.kind() == BankKind.ALLOW && !content.treatment().isQuarantined();
    }

    /** Whether it can make a match, or say that a person has to look. */
    public boolean decides() {
        return !isAllowed() && !isQuarantined();
    }

    public boolean isLikely() {
        return features != null && features.strength() == Placement.Strength.LIKELY;
    }

    /** The distance of its nearest hash; that of features is beyond all. */
    private int distance() {
        return match == null ? Integer.MAX_VALUE : match.distance();
    }

    public Finding finding(boolean suppressed) {
        return new Finding(bank, content, match, features, alignment, transform, suppressed);
    }

    /** The moments that it explains if it is allowed. What features explain is told by each claim that they explain. */
    public BitSet explains() {
        BitSet moments = match == null ? new BitSet() : (BitSet) evidence.clone();
        if (match != null && video != null) {
            moments.or(video.explains());
        }
        return moments;
    }

    /** Whether too little is left of it without the moments that allowed content explains. */
    public boolean isExplained(BitSet byAllowed) {
        BitSet gone = (BitSet) byAllowed.clone();
        gone.or(explained);
        BitSet left = (BitSet) evidence.clone();
        left.andNot(gone);
        // An image as a whole has no moments to leave out.
        if (video == null || left.isEmpty() || left.get(stillMoment)) {
            return left.isEmpty();
        }
        return !left.equals(evidence) && !video.isFoundWithout(gone);
    }

    /** Each content once: by its alignment if it has one, or else by what was found first; with all the evidence. */
    public static List<Claim> merged(List<Claim> claims) {
        Map<Long, Claim> byContent = new LinkedHashMap<>();
        claims.forEach(claim -> byContent.merge(claim.contentId(), claim, Claim::with));
        List<Claim> merged = new ArrayList<>(byContent.values());
        merged.sort(Comparator.comparing((Claim c) -> c.video == null)
                .thenComparingDouble(c -> c.video == null ? c.distance() : -c.video.weightedSeconds()));
        return merged;
    }

    private Claim with(Claim other) {
        Claim nearest = distance() < other.distance() || (distance() == other.distance() && !isLikely()) ? this : other;
        BitSet allEvidence = (BitSet) evidence.clone();
        allEvidence.or(other.evidence);
        BitSet allExplained = (BitSet) explained.clone();
        allExplained.or(other.explained);
        Set<Long> by = new HashSet<>(explainedBy);
        by.addAll(other.explainedBy);
        return new Claim(
                nearest.bank,
                nearest.content,
                nearest.match,
                nearest.features,
                other.alignment == null ? alignment : other.alignment,
                allEvidence,
                stillMoment,
                other.video == null ? video : other.video,
                nearest.transform,
                allExplained,
                by);
    }
}
