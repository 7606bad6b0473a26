package org.semblance.engine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * Content to verdict. Confined to the thread of its hasher.
 *
 * <p>The order of the questions:
 *
 * <ol>
 *   <li>Are these the bytes of a known bad content? Then it is a match, and nothing is decoded. Only a person who allowed
 *       exactly these bytes outweighs that ({@link Verdict#SUPPRESSED}); a likeness to something allowed does not, or one
 *       harmless picture that resembles a bad one would switch off the surest evidence there is.
 *   <li>Can it be decoded and hashed? If not, the verdict says why not.
 *   <li>Is there enough picture in it ({@link HashAndQuality#MIN_QUALITY})? If not, its hash says little and is never looked up: the
 *       verdict is {@link Verdict#UNDECIDABLE}, which is not the same as no match.
 *   <li>Is it near known content? Allowed content, by digest or by likeness, suppresses the matches but leaves them in
 *       the report. Without a match there is nothing to suppress, and the allowed content is not reported.
 * </ol>
 *
 * <p>Banks that are switched off count for nothing. Where the caller names banks, only those count, banks of allowed
 * content included: a caller who wants suppression names them as well.
 */
public final class ContentMatcher {
    private final ContentHasher hasher;
    private final HashDb db;

    public ContentMatcher(ContentHasher hasher, HashDb db) {
        this.hasher = hasher;
        this.db = db;
    }

    /** The verdict on the bytes between position and limit (which stay as they are). Never throws for what they hold. */
    public MatchReport match(ByteBuffer content, MatchOptions options) {
        return match(content, options, Deadline.NONE);
    }

    /**
     * As {@link #match(ByteBuffer, MatchOptions)}, within a time.
     *
     * @throws org.semblance.engine.media.DeadlinePassedException if it passes before the last step has begun
     */
    public MatchReport match(ByteBuffer content, MatchOptions options, Deadline deadline) {
        long start = System.nanoTime();
        return match(content, Digests.of(content), options, deadline, start);
    }

    /**
     * As {@link #match(ByteBuffer, MatchOptions, Deadline)}, for bytes whose digests were computed as they arrived.
     *
     * @param digests of exactly these bytes
     */
    public MatchReport match(ByteBuffer content, Digests digests, MatchOptions options, Deadline deadline) {
        return match(content, digests, options, deadline, System.nanoTime());
    }

    private MatchReport match(
            ByteBuffer content, Digests digests, MatchOptions options, Deadline deadline, long start) {
        // Before the lookups, so that what it promises has been seen.
        long version = db.seq();
        long asked = System.nanoTime();
        List<Match> exact = exactMatches(digests, options);
        long exactNanos = System.nanoTime() - asked;
        List<Match> allowed = ofKind(BankKind.ALLOW, exact);
        List<Match> known = ofKind(BankKind.MATCH, exact);
        if (!known.isEmpty()) {
            HashReport hashed = ContentHasher.notDecoded(content, digests, asked - start);
            Verdict verdict = allowed.isEmpty() ? Verdict.MATCH : Verdict.SUPPRESSED;
            return new MatchReport(verdict, "", hashed, version, known, allowed, ContentHasher.micros(exactNanos));
        }

        HashReport hashed = hasher.hash(content, digests, false, deadline, System.nanoTime() - (asked - start));
        if (hashed.failure() != null) {
            return undecided(hashed.failure(), hashed.reason(), hashed, version, exactNanos);
        }
        Signal pdq = hashed.signal(SignalType.PDQ).orElseThrow();
        if (pdq.isTooFlat()) {
            String reason = "pdq: quality " + pdq.quality() + " (expected: at least " + HashAndQuality.MIN_QUALITY
                    + " for a lookup)";
            return undecided(Verdict.UNDECIDABLE, reason, hashed, version, exactNanos);
        }

        deadline.check("lookup");
        asked = System.nanoTime();
        List<Match> near = counted(db.lookup(pdq.hash()), options);
        long lookupUs = ContentHasher.micros(exactNanos + System.nanoTime() - asked);
        List<Match> matches = ofKind(BankKind.MATCH, near);
        if (matches.isEmpty()) {
            return new MatchReport(Verdict.NO_MATCH, hashed.reason(), hashed, version, List.of(), List.of(), lookupUs);
        }
        List<Match> suppressedBy = merge(allowed, ofKind(BankKind.ALLOW, near));
        Verdict verdict = suppressedBy.isEmpty() ? Verdict.MATCH : Verdict.SUPPRESSED;
        return new MatchReport(verdict, hashed.reason(), hashed, version, matches, suppressedBy, lookupUs);
    }

    private static MatchReport undecided(
            Verdict verdict, String reason, HashReport hashed, long version, long lookupNanos) {
        return new MatchReport(
                verdict, reason, hashed, version, List.of(), List.of(), ContentHasher.micros(lookupNanos));
    }

    /** Hits by digest, each content once, by the strongest it has. */
    private List<Match> exactMatches(Digests digests, MatchOptions options) {
        List<Match> matches = List.of();
        for (Signal digest : digests.byStrength()) {
            matches = merge(matches, db.lookupDigest(digest));
        }
        return counted(matches, options);
    }

    private static List<Match> counted(List<Match> matches, MatchOptions options) {
        return matches.stream()
                .filter(m -> m.bank().enabled())
                .filter(m -> options.banks().isEmpty()
                        || options.banks().contains(m.bank().name()))
                .toList();
    }

    private static List<Match> ofKind(BankKind kind, List<Match> matches) {
        return matches.stream().filter(m -> m.bank().kind() == kind).toList();
    }

    /** The first list, and of the second what is about other contents. */
    private static List<Match> merge(List<Match> first, List<Match> second) {
        Set<Long> seen = first.stream().map(m -> m.content().id()).collect(Collectors.toSet());
        List<Match> merged = new ArrayList<>(first);
        second.stream().filter(m -> !seen.contains(m.content().id())).forEach(merged::add);
        return merged;
    }
}
