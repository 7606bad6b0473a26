package org.semblance.engine;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Alignment.Span;
import org.semblance.engine.Alignment.Stretch;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.QueryVideo;
import org.semblance.engine.video.VideoComparison;
import org.semblance.engine.video.VideoHashes;
import org.semblance.engine.video.VideoMatch;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * Content to verdict. Confined to the thread of its hasher.
 *
 * <p>The order of the questions:
 *
 * <ol>
 *   <li>Are these the bytes of a known bad content? Then it is a match, whatever the other questions come to. Only a person
 *       who allowed exactly these bytes outweighs that ({@link Verdict#SUPPRESSED}); a likeness to something allowed does
 *       not, or one harmless picture that resembles a bad one would switch off the surest evidence there is. The other
 *       questions are asked all the same ({@link MatchOptions.KnownBytes}), for whoever acts by bank wants to hear of all
 *       that have it; for a video whose frames are banked, with those instead of its own. Where they cannot be answered the
 *       report is partial.
 *   <li>Can it be decoded and hashed? If not, the verdict says why not. Of a video key frames are enough, with and without
 *       its borders; of an animated image every frame, and the first as an image besides.
 *   <li>Is there enough picture in it ({@link HashAndQuality#MIN_QUALITY})? If not, its hash says little and is never looked up: the
 *       verdict is {@link Verdict#UNDECIDABLE}, which is not the same as no match. Likewise an image of which too few rows could be
 *       read, unless it matches.
 *   <li>Is it near known content? An image matches whatever known image, or frame of a known video, it is near; so does each
 *       frame of a video with a known image. A video matches a known video if the policy says so of all they share
 *       ({@link VideoPolicy}): single frames say little. Where they are of a known video that lasts but seconds, that part of
 *       the upload is read once more, frame by frame. An image that matches nothing is looked up again turned, mirrored and
 *       without its borders ({@link Reading}). An upload that no hash finds is looked up by its local features ({@link
 *       FeatureSearch}, {@link FeatureVideoSearch}), by the same rules: a frame is enough for an image, not for a video.
 *   <li>Does allowed content explain it? An image and all it matches are one piece of evidence, so that one allowed likeness
 *       suppresses all. Of a video, allowed content explains no more than the moments in which it is seen: allowed images
 *       theirs, an allowed video, if it matches itself, those within its spans at which it shows the same. A match is
 *       suppressed if what is left would not be one. So an allowed title card does not switch off a clip, and an allowed
 *       video that has the same stretch does.
 * </ol>
 *
 * <p>What is suppressed stays in the report. Without a match there is nothing to suppress, and the allowed content is not
 * reported.
 *
 * <p>Banks that are switched off count for nothing. Where the caller names banks, only those count, banks of allowed
 * content included: a caller who wants suppression names them as well.
 */
public final class ContentMatcher {
    /** The share of the time for reading frames; the rest is for looking them up. */
    private static final double READING_SHARE = 0.8;

    /** Reading an animated image ends then, if not before: a megabyte of GIF can be hours of work. */
    private static final Duration MAX_ANIMATION_TIME = Duration.ofSeconds(8);

    /** Hashes looked up together, between two looks at the clock. */
    private static final int LOOKUP_BATCH = 256;

    /** Known videos of which a still picture's second is told; more are told of without. */
    private static final int MAX_TIMED = 8;

    /** Of a damaged image. With a smaller share of its rows a hash finds the whole picture too rarely to be relied on. */
    private static final double LEAST_SEEN = 0.85;

    /** How long the banked frames of a known video are looked up: a film of many hours has tens of thousands. */
    private static final Duration MAX_BANKED_TIME = Duration.ofSeconds(2);

    /** The same by those whose own work has to wait meanwhile. */
    private static final Duration BRIEFLY = Duration.ofMillis(100);

    private static final String NOT_DECODED = "known by its bytes, and not looked at further: ";

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
     * @throws UncheckedIOException if a file cannot be read; likewise
     * @throws NoDecoderException if there is no decoder for it; likewise
     */
    public MatchReport match(MediaSource source, Digests digests, MatchOptions options, Deadline deadline) {
        return match(source, digests, options, deadline, System.nanoTime());
    }

    /**
     * The verdict on a picture of which no more is known than its local features: by the last of the questions alone, and by
     * what {@link org.semblance.engine.features.Placement.Sight#FEATURES} asks for.
     */
    public static MatchReport match(HashDb db, Features features, MatchOptions options, Deadline deadline) {
        // Before the lookup, so that what it promises has been seen.
        long version = db.seq();
        long asked = System.nanoTime();
        FeatureSearch search = new FeatureSearch(db, options);
        SeenPicture picture = new SeenPicture(0, features, null);
        List<Claim> claims = search.find(picture, deadline).stream()
                .map(hit -> ofPicture(hit, 0))
                .toList();
        Judgement judgement = Judgement.of(claims, List.of(), search.cutShort());
        return new MatchReport(
                judgement.verdict(options),
                judgement.cutShort(),
                HashReport.ofFeatures(picture),
                version,
                judgement.matches(),
                judgement.likely(),
                judgement.suppressedBy(),
                !judgement.cutShort().isEmpty(),
                InProcessHasher.micros(System.nanoTime() - asked));
    }

    private MatchReport match(
            MediaSource source, Digests digests, MatchOptions options, Deadline deadline, long start) {
        // Before the lookups, so that what it promises has been seen.
        long version = db.seq();
        long asked = System.nanoTime();
        List<Match> exact = exactMatches(digests, options);
        Question question =
                new Question(source, digests, options, deadline, start, version, exact, System.nanoTime() - asked);
        return ofKind(BankKind.MATCH, exact).isEmpty() ? ofUnknownBytes(question) : ofKnownBytes(question);
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
        return judged(question, new Upload(hashed, question.options), sampling);
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
            Upload upload = new Upload(hashed, question.options);
            if (upload.isTooFlat()) {
                String reason = InProcessHasher.joined(hashed.reason(), upload.tooFlat());
                return byDigestAlone(question, hashed, reason, hashed.isPartial());
            }
            return judged(question, upload, sampling);
        } catch (DeadlinePassedException e) {
            return byDigestAlone(question, question.notDecoded(), NOT_DECODED + e.getMessage(), true);
        } catch (NoDecoderException e) {
            return byDigestAlone(question, question.notDecoded(), NOT_DECODED + "no decoder is running", true);
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
        Judgement judgement = new Upload(hashed, QueryVideo.of(banked), question.options).judge(question.exact, until);
        return report(question, judgement, hashed, question.exactNanos + System.nanoTime() - asked);
    }

    private static MatchReport byDigestAlone(Question question, HashReport hashed, String reason, boolean partial) {
        Judgement judgement = Judgement.of(List.of(), question.exact, reason);
        return new MatchReport(
                judgement.verdict(question.options),
                reason,
                hashed,
                question.version,
                judgement.matches(),
                judgement.likely(),
                judgement.suppressedBy(),
                partial,
                InProcessHasher.micros(question.exactNanos));
    }

    /** The verdict on what was hashed, after a second look where the first shows something of a short known video. */
    private MatchReport judged(Question question, Upload upload, FrameSampling sampling) {
        Deadline deadline = question.deadline;
        if (upload.video == null) {
            deadline.check("lookup");
        }
        HashReport hashed = upload.hashed;
        long asked = System.nanoTime();
        Judgement judgement = upload.judge(question.exact, deadline);
        long lookupNanos = question.exactNanos + System.nanoTime() - asked;
        FrameSampling closer = judgement.hasLikeness() ? sampling : upload.closer(sampling);
        if (!closer.equals(sampling) && !deadline.passed()) {
            Optional<HashReport> again = hashAgain(question, closer, hashed);
            if (again.isPresent()) { // Otherwise what was seen before stands.
                asked = System.nanoTime();
                hashed = again.get();
                judgement = new Upload(hashed, question.options).judge(question.exact, deadline);
                lookupNanos += System.nanoTime() - asked;
            }
        }
        boolean isNothing = judgement.verdict(question.options) == Verdict.NO_MATCH;
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
        return new MatchReport(
                judgement.verdict(question.options),
                InProcessHasher.joined(hashed.reason(), judgement.cutShort()),
                hashed,
                question.version,
                judgement.matches(),
                judgement.likely(),
                judgement.suppressedBy(),
                hashed.isPartial() || !judgement.cutShort().isEmpty(),
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
        return question.options.features()
                && db.featureCount() > 0
                && ofKind(BankKind.MATCH, question.exact).isEmpty();
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
        return !ofKind(BankKind.MATCH, exactMatches(digests, options)).isEmpty();
    }

    private static MatchReport undecided(
            Question question, Verdict verdict, String reason, HashReport hashed, Judgement judgement) {
        return new MatchReport(
                verdict,
                reason,
                hashed,
                question.version,
                List.of(),
                judgement.likely(),
                List.of(),
                hashed.isPartial() || !judgement.cutShort().isEmpty(),
                InProcessHasher.micros(question.exactNanos));
    }

    private record AlignedByHashes(VideoComparison comparison, VideoMatch match) implements Claim.Aligned {
        @Override
        public double weightedSeconds() {
            return match.weightedSeconds();
        }

        @Override
        public BitSet explains() {
            return comparison.explained(match);
        }

        @Override
        public boolean isFoundWithout(BitSet moments) {
            return comparison
                    .without(match.contentId(), moments)
                    .filter(VideoMatch::isMatch)
                    .isPresent();
        }
    }

    /** An upload that was hashed, on its way to a verdict. */
    private final class Upload {
        private final MatchOptions options;
        private final HashReport hashed;
        private final @Nullable Signal still;
        private final @Nullable QueryVideo video;
        private final List<QueryVideo.Moment> moments;
        private final KnownVideoHits hits;

        /** Of the image as a whole, beside the moments. */
        private final int stillMoment;

        private Optional<Stretch> undecided = Optional.empty();
        private String cutShort = "";

        Upload(HashReport hashed, MatchOptions options) {
            this(hashed, hashed.video() == null ? null : QueryVideo.of(hashed.video(), options.videoPolicy()), options);
        }

        /** @param video its frames, or null if it has none */
        Upload(HashReport hashed, @Nullable QueryVideo video, MatchOptions options) {
            this.hashed = hashed;
            this.options = options;
            this.video = video;
            Signal pdq = hashed.signal(SignalType.PDQ).orElse(null);
            still = pdq == null || pdq.isTooFlat() ? null : pdq;
            moments = video == null ? List.of() : video.moments();
            hits = new KnownVideoHits(moments, options.videoPolicy());
            stillMoment = moments.size();
        }

        boolean isTooFlat() {
            return still == null && moments.isEmpty() && readings(true).isEmpty();
        }

        String tooFlat() {
            String expected = " (expected: at least " + HashAndQuality.MIN_QUALITY + " for a lookup)";
            VideoHashes frames = hashed.video();
            if (frames == null) {
                return "pdq: quality "
                        + hashed.signal(SignalType.PDQ).orElseThrow().quality() + expected;
            }
            int best = frames.frames().stream()
                    .mapToInt(f -> f.pdq().quality())
                    .max()
                    .orElse(0);
            return "vpdq: quality " + best + " in the best of "
                    + frames.frames().size() + " frames" + expected;
        }

        Judgement judge(List<Match> exact, Deadline deadline) {
            List<Claim> claims = new ArrayList<>(ofStill(readings(false)));
            lookUp(deadline);
            hits.images().forEach(found -> claims.add(ofImage(found)));
            VideoComparison comparison = video == null ? null : new VideoComparison(video, options.videoPolicy());
            if (comparison != null) {
                claims.addAll(ofVideos(comparison, deadline));
            }
            if (ofKind(BankKind.MATCH, exact).isEmpty() && claims.stream().allMatch(Claim::isAllowed)) {
                claims.addAll(ofStill(readings(true)));
            }
            if (ofKind(BankKind.MATCH, exact).isEmpty() && claims.stream().allMatch(Claim::isAllowed)) {
                claims.addAll(ofPictures(deadline));
            }
            return Judgement.of(Claim.merged(claims), exact, cutShort);
        }

        /**
         * How to read the upload again if it shows something of a known video, too little to tell: a key frame or two fall into
         * a few seconds, and a match takes more pictures. The same sampling if there is no reason to.
         */
        FrameSampling closer(FrameSampling sampling) {
            return sampling instanceof FrameSampling.KeyFrames keys && hashed.contentType() == ContentType.VIDEO
                    ? hits.aroundShortVideos(keys.shortSeconds())
                            .or(() -> undecided)
                            .<FrameSampling>map(part -> keys.closer(part.from(), part.until()))
                            .orElse(sampling)
                    : sampling;
        }

        /** The hashes of an image as it is, or those of its variants. */
        private List<Reading> readings(boolean variants) {
            List<Reading> readings = new ArrayList<>();
            if (still != null && !variants) {
                readings.add(new Reading(Transform.ORIG, false, still.hash()));
            }
            if (still != null || variants) {
                hashed.others().stream()
                        .filter(other -> other.isVariant() == variants)
                        .forEach(readings::add);
            }
            return readings;
        }

        /** What an image as a whole is near, by each of these readings nearest first. */
        private List<Claim> ofStill(List<Reading> readings) {
            if (readings.isEmpty()) {
                return List.of();
            }
            BitSet evidence = new BitSet();
            evidence.set(stillMoment);
            List<Claim> claims = new ArrayList<>();
            int timed = 0;
            List<List<Match>> found =
                    lookup(readings.stream().map(Reading::hash).toList());
            for (int i = 0; i < found.size(); i++) {
                Reading reading = readings.get(i);
                for (Match match : counted(found.get(i), options)) {
                    boolean isTimed = match.content().isVideo() && timed++ < MAX_TIMED;
                    claims.add(Claim.of(
                            match,
                            isTimed ? seconds(match, reading.hash()) : null,
                            evidence,
                            stillMoment,
                            null,
                            reading.wireName()));
                }
            }
            return claims;
        }

        /** What the upload shows by its features. */
        private List<Claim> ofPictures(Deadline deadline) {
            List<Claim> claims = new ArrayList<>();
            List<SeenPicture> pictures = hashed.pictures();
            if (pictures.isEmpty()) {
                return claims;
            }
            if (hashed.contentType() == ContentType.IMAGE) {
                FeatureSearch search = new FeatureSearch(db, options);
                search.find(pictures.getFirst(), deadline).forEach(hit -> claims.add(ofPicture(hit, stillMoment)));
                cutShort = InProcessHasher.joined(cutShort, search.cutShort());
            }
            if (video != null) {
                FeatureVideoSearch search = new FeatureVideoSearch(db, options, video);
                claims.addAll(search.find(pictures, deadline));
                undecided = search.undecided();
                cutShort = InProcessHasher.joined(cutShort, search.cutShort());
            }
            return claims;
        }

        private List<List<Match>> lookup(List<Hash256> hashes) {
            return db.lookup(hashes, options.banks());
        }

        /** When a known video shows this picture. */
        private @Nullable Alignment seconds(Match match, Hash256 picture) {
            List<Span> spans = new ArrayList<>();
            KnownVideo known = db.video(match.content().id()).orElse(null);
            if (known == null) {
                return null; // Withdrawn this moment.
            }
            Stretch last = null;
            for (FrameSpan span : known.frames()) {
                if (span.hash().distance(picture) <= match.threshold()) {
                    double from = span.fromMs() / 1000.0;
                    double until = span.untilMs() / 1000.0;
                    if (last != null && from <= last.until()) {
                        last = new Stretch(last.from(), Math.max(until, last.until()));
                        spans.set(spans.size() - 1, new Span(null, last));
                    } else {
                        last = new Stretch(from, until);
                        spans.add(new Span(null, last));
                    }
                }
            }
            return spans.isEmpty() ? null : new Alignment(null, null, spans);
        }

        /** Looks up every different hash once, as far as time allows. */
        private void lookUp(Deadline deadline) {
            Set<Hash256> hashes = new LinkedHashSet<>();
            moments.forEach(moment -> hashes.addAll(moment.hashes()));
            List<Hash256> all = List.copyOf(hashes);
            Map<Hash256, List<Match>> answers = new HashMap<>();
            for (int from = 0; from < all.size(); from += LOOKUP_BATCH) {
                if (from > 0 && deadline.passed()) {
                    cutShort = "looked up " + from + " of " + all.size() + " hashes: time ran out";
                    break;
                }
                List<Hash256> batch = all.subList(from, Math.min(all.size(), from + LOOKUP_BATCH));
                List<List<Match>> found = lookup(batch);
                for (int i = 0; i < batch.size(); i++) {
                    answers.put(batch.get(i), counted(found.get(i), options));
                }
            }
            for (int i = 0; i < moments.size(); i++) {
                for (Hash256 hash : moments.get(i).hashes()) {
                    hits.add(i, answers.getOrDefault(hash, List.of()));
                }
            }
        }

        /** A known image, with the seconds in which it is seen: from the first to the last of frames in a row. */
        private Claim ofImage(KnownVideoHits.Found image) {
            BitSet seen = image.moments();
            return Claim.of(image.nearest(), Alignment.of(seen, moments), seen, stillMoment, null);
        }

        private List<Claim> ofVideos(VideoComparison comparison, Deadline deadline) {
            List<KnownVideoHits.Found> candidates = hits.candidates();
            Map<Long, KnownVideoHits.Found> byId = new LinkedHashMap<>();
            String ended = "";
            long frames = 0;
            for (KnownVideoHits.Found candidate : candidates) {
                Match nearest = candidate.nearest();
                frames += nearest.content().pictures();
                if (byId.size() == KnownVideoHits.MAX_CANDIDATES
                        || (frames > KnownVideoHits.MAX_FRAMES && !byId.isEmpty())) {
                    ended = "they are too many";
                } else if (deadline.passed() && !byId.isEmpty()) {
                    ended = "time ran out";
                }
                if (!ended.isEmpty()) {
                    break;
                }
                long id = nearest.content().id();
                Optional<KnownVideo> known = db.video(id);
                if (known.isPresent()) {
                    comparison.add(id, known.get(), maxDistance(nearest));
                    byId.put(id, candidate);
                }
            }
            List<Claim> claims = new ArrayList<>();
            for (VideoMatch match : comparison.matches(hits.elsewhere())) {
                KnownVideoHits.Found found = byId.get(match.contentId());
                if (match.isMatch() && found != null) {
                    BitSet evidence = comparison.evidence(match);
                    claims.add(Claim.of(
                            found.nearest(),
                            Alignment.of(match),
                            evidence,
                            stillMoment,
                            new AlignedByHashes(comparison, match)));
                }
            }
            if (claims.isEmpty() && !ended.isEmpty()) { // Otherwise more would not change the verdict.
                cutShort = "compared with " + byId.size() + " of " + candidates.size()
                        + " known videos that have frames of" + " it: " + ended;
            }
            return claims;
        }

        private int maxDistance(Match match) {
            return options.videoPolicy() instanceof VideoPolicy.Vpdq vpdq
                    ? Math.min(vpdq.maxDistance(), match.threshold())
                    : match.threshold();
        }
    }

    /** What an image as a whole shows. */
    private static Claim ofPicture(FeatureSearch.Hit hit, int stillMoment) {
        FeatureSearch.Placed best = hit.best();
        FeatureSearch.Placed allowed = hit.explainedBy();
        BitSet evidence = new BitSet();
        evidence.set(stillMoment);
        double second = best.ms() / 1000.0;
        return new Claim(
                best.picture().bank(),
                best.picture().content(),
                null,
                best.match(hit.strength()),
                best.picture().content().isVideo()
                        ? new Alignment(null, null, List.of(new Span(null, new Stretch(second, second))))
                        : null,
                evidence,
                stillMoment,
                null,
                "none",
                allowed == null ? new BitSet() : evidence,
                allowed == null ? Set.of() : Set.of(allowed.contentId()));
    }

    /** Hits by digest, each content once, by the strongest it has. */
    private List<Match> exactMatches(Digests digests, MatchOptions options) {
        List<Match> matches = List.of();
        for (Signal digest : digests.byStrength()) {
            matches = merge(matches, db.lookupDigest(digest, options.banks()));
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
