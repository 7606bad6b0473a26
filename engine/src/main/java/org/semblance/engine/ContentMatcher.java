package org.semblance.engine;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.features.Profile;
import org.semblance.engine.judge.Judge;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.video.QueryVideo;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.BankedList;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * Content to verdict. Confined to the thread of its hasher.
 *
 * <p>The order of the questions:
 *
 * <ol>
 *   <li>Are these the bytes of a known bad content? Then the verdict is settled, whatever the other questions come to. They
 *       are asked all the same ({@link MatchOptions.KnownBytes}), since a caller that acts by bank wants to hear of all banks
 *       that have it; for a video whose frames are banked, with those instead of its own. Where they cannot be answered the
 *       report is partial.
 *   <li>Can it be decoded and hashed? If not, the verdict says why not. Of a video key frames are enough, with and without
 *       its borders; of an animated image every frame, and the first as an image besides.
 *   <li>Is there enough picture in it ({@link HashAndQuality#MIN_QUALITY})? If not, its hash says little and is never looked
 *       up: the verdict is {@link Verdict#UNDECIDABLE}, which is not the same as no match. An image of which too few rows
 *       could be read gets the same verdict, unless it matches.
 *   <li>Is it near known content ({@link HashedUpload})? An image matches each known image, and each frame of a known video,
 *       that it is near; each frame of a video matches known images in the same way. A video matches a known video if the
 *       policy says so of all they share ({@link VideoPolicy}): single frames say little. Where they are of a known video
 *       that lasts but seconds, that part of the upload is read once more, frame by frame.
 *   <li>Does allowed content explain it ({@link Judge})?
 * </ol>
 */
public final class ContentMatcher {
    /** The share of the time for reading frames; the rest is for looking them up. */
    private static final double READING_SHARE = 0.8;

    /** Reading an animated image ends then, if not before: a megabyte of GIF can be hours of work. */
    private static final Duration MAX_ANIMATION_TIME = Duration.ofSeconds(8);

    /** Of a damaged image. With a smaller share of its rows a hash finds the whole picture too rarely to be relied on. */
    private static final double LEAST_SEEN = 0.85;

    /** How long the banked frames of a known video are looked up: a film of many hours has tens of thousands. */
    private static final Duration MAX_BANKED_TIME = Duration.ofSeconds(2);

    /** How long they are looked up by threads whose own work has to wait meanwhile. */
    private static final Duration BRIEFLY = Duration.ofMillis(100);

    private static final String NOT_DECODED = "known by its bytes, and not looked at further: ";

    private final ContentHasher hasher;
    private final BankedList db;

    public ContentMatcher(ContentHasher hasher, BankedList db) {
        this.hasher = hasher;
        this.db = db;
    }

    /** A matcher with the same hasher that asks another list, such as that of an earlier change. */
    public ContentMatcher over(BankedList list) {
        return new ContentMatcher(hasher, list);
    }

    /** The verdict on the bytes between position and limit (which stay as they are). Never throws for what they hold. */
    public MatchReport match(ByteBuffer content, MatchOptions options) {
        return match(content, options, Deadline.NONE);
    }

    /**
     * As {@link #match(ByteBuffer, MatchOptions)}, within a time.
     *
     * @throws DeadlinePassedException as the other does
     */
    public MatchReport match(ByteBuffer content, MatchOptions options, Deadline deadline) {
        long start = System.nanoTime();
        return match(MediaSource.of(content), Digests.of(content), options, deadline, start);
    }

    /**
     * The verdict on a content whose digests were computed as it arrived. A video that is longer than the time allows gets
     * the verdict on what was seen of it, marked as partial.
     *
     * @param digests of exactly these bytes
     * @throws DeadlinePassedException if it passes before the last step of an image has begun, or
     *     before the first frame of a video; not if the bytes are known
     * @throws UncheckedIOException if a file cannot be read and the bytes are not known
     * @throws NoDecoderException if there is no decoder for the content and the bytes are not known
     */
    public MatchReport match(MediaSource source, Digests digests, MatchOptions options, Deadline deadline) {
        return match(source, digests, options, deadline, System.nanoTime());
    }

    private MatchReport match(
            MediaSource source, Digests digests, MatchOptions options, Deadline deadline, long start) {
        // Before the lookups, so that what it promises has been seen.
        long version = db.seq();
        long asked = System.nanoTime();
        List<Match> exact = new SignalMatcher(db, options).lookup(digests);
        Question question =
                new Question(source, digests, options, deadline, start, version, exact, System.nanoTime() - asked);
        return Judge.isKnown(exact) ? ofKnownBytes(question) : ofUnknownBytes(question);
    }

    /**
     * An upload of which the digests have been looked up.
     *
     * @param start the {@link System#nanoTime} at which it was taken up
     * @param exact hits by digest, of both kinds of bank
     * @param exactNanos how long it took to find those
     */
    private record Question(
            MediaSource source,
            Digests digests,
            MatchOptions options,
            Deadline deadline,
            long start,
            long version,
            List<Match> exact,
            long exactNanos) {
        HashReport notDecoded() {
            return HashReport.notDecoded(source.format(), digests, InProcessHasher.micros(exactNanos));
        }

        boolean mayMove() {
            return source.format().isVideo() || source.format().canBeAnimated();
        }
    }

    private MatchReport ofUnknownBytes(Question question) {
        FrameSampling sampling = sampling(question);
        HashReport hashed = hash(question, sampling, question.start);
        if (hashed.failure() != null) {
            return undecided(question, hashed.failure(), hashed.reason(), hashed, Judgement.NOTHING);
        }
        return judged(question, new HashedUpload(db, hashed, question.options), sampling);
    }

    /**
     * A match, whatever else is found or fails. The rest of the answer, which is who else has banked it, must not cost what an
     * unknown video costs: its banked frames stand in for those that a decoder would give.
     */
    private MatchReport ofKnownBytes(Question question) {
        MatchOptions.KnownBytes how = question.options.knownBytes();
        if (how == MatchOptions.KnownBytes.ANSWER) {
            return byDigestAlone(question, question.notDecoded(), "", false);
        }
        KnownVideo banked = question.mayMove() ? banked(question.exact) : null;
        if (banked != null) {
            Duration most = how == MatchOptions.KnownBytes.LOOK_UP ? BRIEFLY : MAX_BANKED_TIME;
            return byBankedFrames(question, banked, question.deadline.within(most));
        }
        if (how == MatchOptions.KnownBytes.LOOK_UP) {
            return byDigestAlone(question, question.notDecoded(), NOT_DECODED + "every decoder is busy", true);
        }
        try {
            FrameSampling sampling = sampling(question);
            HashReport hashed = hash(question, sampling, question.start);
            if (hashed.failure() != null) {
                String reason = "known by its bytes alone: " + hashed.failure().wireName() + ": " + hashed.reason();
                return byDigestAlone(question, hashed, reason, false);
            }
            HashedUpload upload = new HashedUpload(db, hashed, question.options);
            if (upload.isTooFlat()) {
                String reason = InProcessHasher.joined(hashed.reason(), upload.tooFlat());
                return byDigestAlone(question, hashed, reason, hashed.isPartial());
            }
            return judged(question, upload, sampling);
        } catch (DeadlinePassedException e) {
            return byDigestAlone(question, question.notDecoded(), NOT_DECODED + e.getMessage(), true);
        } catch (NoDecoderException e) {
            return byDigestAlone(question, question.notDecoded(), NOT_DECODED + e.told(), true);
        } catch (UncheckedIOException e) {
            return byDigestAlone(question, question.notDecoded(), NOT_DECODED + "it could not be read again", true);
        }
    }

    /** What is banked of a known video's frames, or null if none of them has any. */
    private @Nullable KnownVideo banked(List<Match> exact) {
        return exact.stream()
                .filter(match -> match.content().isVideo())
                .flatMap(match -> db.video(match.content().id()).stream())
                .findFirst()
                .orElse(null);
    }

    private MatchReport byBankedFrames(Question question, KnownVideo banked, Deadline until) {
        long asked = System.nanoTime();
        HashReport hashed = question.notDecoded();
        Judgement judgement =
                new HashedUpload(db, hashed, QueryVideo.of(banked), question.options).judge(question.exact, until);
        return report(question, judgement, hashed, question.exactNanos + System.nanoTime() - asked);
    }

    private static MatchReport byDigestAlone(Question question, HashReport hashed, String reason, boolean partial) {
        Judgement judgement = question.options.judge().of(List.of(), question.exact, "");
        return report(question, judgement.verdict(), judgement, hashed, reason, partial, question.exactNanos);
    }

    /** The verdict on what was hashed, after a second look where the first shows something of a short known video. */
    private MatchReport judged(Question question, HashedUpload upload, FrameSampling sampling) {
        Deadline deadline = question.deadline;
        if (!upload.hasFrames()) {
            deadline.check("lookup");
        }
        HashReport hashed = upload.hashed();
        long asked = System.nanoTime();
        Judgement judgement = upload.judge(question.exact, deadline);
        long lookupNanos = question.exactNanos + System.nanoTime() - asked;
        FrameSampling closer = judgement.hasLikeness() ? sampling : upload.closer(sampling);
        if (!closer.equals(sampling) && !deadline.passed()) {
            Optional<HashReport> again = hashAgain(question, closer, hashed);
            if (again.isPresent()) { // Otherwise what was seen before stands.
                asked = System.nanoTime();
                hashed = again.get();
                judgement = new HashedUpload(db, hashed, question.options).judge(question.exact, deadline);
                lookupNanos += System.nanoTime() - asked;
            }
        }
        boolean isNothing = judgement.verdict() == Verdict.NO_MATCH;
        if (isNothing && upload.isTooFlat()) {
            String reason = InProcessHasher.joined(hashed.reason(), upload.tooFlat());
            return undecided(question, Verdict.UNDECIDABLE, reason, hashed, judgement);
        }
        if (isNothing && hashed.seen() < LEAST_SEEN) {
            String reason = String.format(
                    Locale.ROOT, "%s; %.0f %% of its rows are too few to tell", hashed.reason(), 100 * hashed.seen());
            return undecided(question, Verdict.UNDECIDABLE, reason, hashed, judgement);
        }
        return report(question, judgement, hashed, lookupNanos);
    }

    private static MatchReport report(Question question, Judgement judgement, HashReport hashed, long lookupNanos) {
        String reason =
                InProcessHasher.joined(hashed.reason(), InProcessHasher.joined(judgement.cutShort(), judgement.note()));
        return report(
                question,
                judgement.verdict(),
                judgement,
                hashed,
                reason,
                hashed.isPartial() || !judgement.cutShort().isEmpty(),
                lookupNanos);
    }

    private static MatchReport undecided(
            Question question, Verdict verdict, String reason, HashReport hashed, Judgement judgement) {
        boolean partial = hashed.isPartial() || !judgement.cutShort().isEmpty();
        return report(question, verdict, judgement, hashed, reason, partial, question.exactNanos);
    }

    private static MatchReport report(
            Question question,
            Verdict verdict,
            Judgement judgement,
            HashReport hashed,
            String reason,
            boolean partial,
            long lookupNanos) {
        return new MatchReport(
                verdict,
                reason,
                hashed,
                question.version,
                judgement.matches(),
                judgement.likely(),
                judgement.quarantined(),
                judgement.suppressedBy(),
                partial,
                InProcessHasher.micros(lookupNanos));
    }

    private static FrameSampling sampling(Question question) {
        return question.options.videoPolicy() instanceof VideoPolicy.Vpdq
                ? new FrameSampling.TimeStep(1)
                : FrameSampling.KeyFrames.DEFAULT;
    }

    private HashReport hash(Question question, FrameSampling sampling, long startNanos) {
        Deadline deadline = question.deadline;
        Deadline framesUntil = deadline.share(READING_SHARE);
        if (question.source.format().canBeAnimated()) {
            framesUntil = framesUntil.within(MAX_ANIMATION_TIME);
        }
        return hasher.hash(new HashRequest(
                question.source,
                question.digests.signals(),
                sampling,
                HashRequest.Variants.FOR_LOOKUP,
                mayNeedFeatures(question) ? Profile.UPLOADED : null,
                deadline,
                framesUntil,
                startNanos));
    }

    /** Whether features may be asked for: not where the bytes are known, which ends the questions before that. */
    private boolean mayNeedFeatures(Question question) {
        return question.options.features() && db.featureCount() > 0 && !Judge.isKnown(question.exact);
    }

    /** Reads a video a second time; its time counts both. Empty if that fails. */
    private Optional<HashReport> hashAgain(Question question, FrameSampling sampling, HashReport before) {
        try {
            long start = System.nanoTime() - TimeUnit.MICROSECONDS.toNanos(before.decodeUs());
            HashReport again = hash(question, sampling, start);
            return again.failure() == null ? Optional.of(again) : Optional.empty();
        } catch (DeadlinePassedException e) {
            return Optional.empty();
        }
    }

    /** Whether {@link #match} would find these bytes known, so that it has an answer without a decoder. */
    public boolean knows(Digests digests, MatchOptions options) {
        return Judge.isKnown(new SignalMatcher(db, options).lookup(digests));
    }
}
