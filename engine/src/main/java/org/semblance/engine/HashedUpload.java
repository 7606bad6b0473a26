package org.semblance.engine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.judge.Alignment;
import org.semblance.engine.judge.Alignment.Span;
import org.semblance.engine.judge.Alignment.Stretch;
import org.semblance.engine.judge.Claim;
import org.semblance.engine.judge.Judge;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.QueryVideo;
import org.semblance.engine.video.VideoComparison;
import org.semblance.engine.video.VideoHashes;
import org.semblance.engine.video.VideoMatch;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.BankedList;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * An upload that was hashed, on its way to a judgement. For one thread. The order of its lookups, in which a later one is made
 * only if those before found nothing but what is allowed or in quarantine:
 *
 * <ol>
 *   <li>the image as it is, every different frame, and the known videos that share frames with it;
 *   <li>the image turned, mirrored and without its borders ({@link Reading});
 *   <li>its local features ({@link FeatureSearch}, {@link FeatureVideoSearch}).
 * </ol>
 */
final class HashedUpload {
    /** Hashes looked up together, between two looks at the clock. */
    private static final int LOOKUP_BATCH = 256;

    /** Known videos of which a still picture's second is told; more are told of without. */
    private static final int MAX_TIMED = 8;

    private final BankedList db;
    private final MatchOptions options;
    private final Judge judge;
    private final HashReport hashed;
    private final @Nullable Signal still;
    private final @Nullable QueryVideo video;
    private final List<QueryVideo.Moment> moments;
    private final KnownVideoHits hits;

    /** Of the image as a whole, beside the moments. */
    private final int stillMoment;

    private Optional<Stretch> undecided = Optional.empty();
    private String cutShort = "";

    HashedUpload(BankedList db, HashReport hashed, MatchOptions options) {
        this(db, hashed, hashed.video() == null ? null : QueryVideo.of(hashed.video(), options.videoPolicy()), options);
    }

    /** @param video its frames, or null if it has none */
    HashedUpload(BankedList db, HashReport hashed, @Nullable QueryVideo video, MatchOptions options) {
        this.db = db;
        this.judge = options.judge();
        this.hashed = hashed;
        this.options = options;
        this.video = video;
        Signal pdq = hashed.signal(SignalType.PDQ).orElse(null);
        still = pdq == null || pdq.isTooFlat() ? null : pdq;
        moments = video == null ? List.of() : video.moments();
        hits = new KnownVideoHits(moments, options.videoPolicy());
        stillMoment = moments.size();
    }

    HashReport hashed() {
        return hashed;
    }

    /** Whether it is a video or an animated image. */
    boolean hasFrames() {
        return video != null;
    }

    boolean isTooFlat() {
        return still == null && moments.isEmpty() && readings(true).isEmpty();
    }

    String tooFlat() {
        String expected = " (expected: at least " + HashAndQuality.MIN_QUALITY + " for a lookup)";
        VideoHashes frames = hashed.video();
        if (frames == null) {
            return "pdq: quality " + hashed.signal(SignalType.PDQ).orElseThrow().quality() + expected;
        }
        int best =
                frames.frames().stream().mapToInt(f -> f.pdq().quality()).max().orElse(0);
        return "vpdq: quality " + best + " in the best of " + frames.frames().size() + " frames" + expected;
    }

    /**
     * Looks up what was hashed, as far as time allows, and judges it.
     *
     * @param exact hits by digest that count, each content once
     */
    Judgement judge(List<Match> exact, Deadline deadline) {
        List<Claim> claims = new ArrayList<>(ofStill(readings(false)));
        lookUp(deadline);
        hits.images().forEach(found -> claims.add(ofImage(found)));
        VideoComparison comparison = video == null ? null : new VideoComparison(video, options.videoPolicy());
        if (comparison != null) {
            claims.addAll(ofVideos(comparison, deadline));
        }
        boolean known = Judge.isKnown(exact);
        if (!known && claims.stream().noneMatch(Claim::decides)) {
            claims.addAll(ofStill(readings(true)));
        }
        if (!known && claims.stream().noneMatch(Claim::decides)) {
            claims.addAll(ofPictures(deadline));
        }
        return judge.of(Claim.merged(claims), exact, cutShort);
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
        List<List<Match>> found = lookup(readings.stream().map(Reading::hash).toList());
        for (int i = 0; i < found.size(); i++) {
            Reading reading = readings.get(i);
            for (Match match : judge.counted(found.get(i))) {
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
            search.find(pictures.getFirst(), deadline).forEach(hit -> claims.add(hit.claim(stillMoment)));
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
                answers.put(batch.get(i), judge.counted(found.get(i)));
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
            if (byId.size() == hits.mostCandidates() || (frames > KnownVideoHits.MAX_FRAMES && !byId.isEmpty())) {
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
            cutShort = "compared with " + byId.size() + " of " + candidates.size() + " known videos that have frames of"
                    + " it: " + ended;
        }
        return claims;
    }

    private int maxDistance(Match match) {
        return options.videoPolicy() instanceof VideoPolicy.Vpdq vpdq
                ? Math.min(vpdq.maxDistance(), match.threshold())
                : match.threshold();
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
}
