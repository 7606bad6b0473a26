package org.semblance.engine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.FeatureSearch.Placed;
import org.semblance.engine.features.Placement.Strength;
import org.semblance.engine.judge.Alignment;
import org.semblance.engine.judge.Alignment.Stretch;
import org.semblance.engine.judge.Claim;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.video.QueryVideo;
import org.semblance.engine.video.VideoComparison;
import org.semblance.engine.video.VideoComparison.Sighting;
import org.semblance.engine.video.VideoMatch;
import org.semblance.engine.video.VideoMatcher;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.BankedList;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.KnownVideo;

/**
 * Finds banked content in frames of one upload by local features. A frame that shows a banked image is enough for that image.
 * Frames of a banked video have to be shown in order and at one pace, as many and for as long as is asked of hashes
 * ({@link VideoMatcher.Policy#DEFAULT}); a title card that videos share, or a logo, is no such row of frames.
 *
 * <p>What allowed content explains is told of each frame alone: an allowed logo that is seen throughout explains no frame of
 * which more is found again than the logo. An allowed video explains frames only if it matches itself.
 */
final class FeatureVideoSearch {
    /** Half of the seconds that a match takes, or frames that show no more than other contents do as well, are for a person. */
    private static final VideoPolicy FOR_A_PERSON = new VideoPolicy.Aligned(new VideoMatcher.Policy(
            VideoMatcher.Policy.DEFAULT.minSeconds() / 2,
            VideoMatcher.Policy.DEFAULT.nearlyAll() / 2,
            VideoMatcher.Policy.DEFAULT.minPictures(),
            VideoMatcher.Policy.DEFAULT.weight()));

    /** How much of an upload before and after frames that show a known video may be of it. */
    private static final double MOST_BESIDE_SECONDS = 5;

    /** So many contents may share a picture that still tells one from others. */
    private static final int FEW = 4;

    private final BankedList db;
    private final MatchOptions options;
    private final QueryVideo upload;
    private final FeatureSearch search;

    /**
     * The frames that are looked up, as moments, and which of the upload's moments each is. Frames that are too flat for a
     * hash are none of those, and are numbered behind them.
     */
    private final List<QueryVideo.Moment> frames = new ArrayList<>();

    private final List<Integer> momentOf = new ArrayList<>();

    /** For each frame, how many contents it shows. */
    private final List<Integer> crowd = new ArrayList<>();

    private final Map<Long, Shown> shown = new TreeMap<>();

    /** Videos of which frames are seen that come to no match. */
    private final List<Shown> undecided = new ArrayList<>();

    private String cutShort = "";

    /** A frame of the upload that shows a banked picture. */
    private record Seen(int frame, Placed placed) {}

    /** A content and where it is seen. */
    private record Shown(Bank bank, ContentRecord content, List<Seen> seen, BitSet frames) {
        boolean suppresses() {
            return Claim.suppresses(bank, content);
        }
    }

    /** @param upload its moments that are looked up by hashes, which may be none */
    FeatureVideoSearch(BankedList db, MatchOptions options, QueryVideo upload) {
        this.db = db;
        this.options = options;
        this.upload = upload;
        this.search = new FeatureSearch(db, options);
    }

    /** Why not all frames were looked up, or not all known videos compared; empty if all were. */
    String cutShort() {
        return cutShort;
    }

    /**
     * The part of the upload that shows frames of known videos, too few to tell; empty if there is none. A copy of some seconds
     * may lie there.
     */
    Optional<Stretch> undecided() {
        double from = Double.POSITIVE_INFINITY;
        double until = 0;
        for (Shown video : undecided) {
            double reach = Math.min(MOST_BESIDE_SECONDS, video.content.videoMs() / 1000.0);
            from = Math.min(from, frames.get(video.frames.nextSetBit(0)).seconds() - reach);
            until = Math.max(until, frames.get(video.frames.length() - 1).seconds() + reach);
        }
        double begin = Math.max(0, from);
        return undecided.isEmpty()
                ? Optional.empty()
                : Optional.of(new Stretch(begin, Math.min(until, begin + KnownVideoHits.MAX_CLOSE_SECONDS)));
    }

    /** The contents that frames of the upload show: images, videos that match, and those that a person has to look at. */
    List<Claim> find(List<SeenPicture> pictures, Deadline deadline) {
        look(pictures, deadline);
        List<Shown> images =
                shown.values().stream().filter(s -> !s.content.isVideo()).toList();
        List<Match> videos = videos(deadline);
        Map<Integer, List<Placed>> allowed = new HashMap<>();
        images.stream().filter(Shown::suppresses).forEach(image -> addAllowed(image, allowed));
        videos.stream()
                .filter(video -> video.shown.suppresses() && video.strength == Strength.MATCH)
                .forEach(video -> addAllowed(video.shown, allowed));
        List<Claim> claims = new ArrayList<>();
        images.forEach(image -> claims.add(claim(image, allowed)));
        videos.forEach(video -> claims.add(claim(video, allowed)));
        return claims;
    }

    private void look(List<SeenPicture> pictures, Deadline deadline) {
        Map<Integer, Integer> moments = new HashMap<>();
        for (int i = 0; i < upload.moments().size(); i++) {
            moments.putIfAbsent(millis(upload.moments().get(i)), i);
        }
        for (int i = 0; i < pictures.size(); i++) {
            if (deadline.passed()) {
                cutShort = "looked up the features of " + i + " of " + pictures.size() + " frames: time ran out";
                return;
            }
            int frame = frames.size();
            int ms = pictures.get(i).ms();
            Integer moment = moments.get(ms);
            frames.add(
                    moment == null
                            ? new QueryVideo.Moment(ms / 1000.0, List.of(), false)
                            : upload.moments().get(moment));
            momentOf.add(moment == null ? stillMoment() + 1 + frame : moment);
            Set<Long> contents = new HashSet<>();
            for (Placed placed : search.place(pictures.get(i), deadline)) {
                Shown content = shown.computeIfAbsent(
                        placed.contentId(),
                        id -> new Shown(
                                placed.picture().bank(), placed.picture().content(), new ArrayList<>(), new BitSet()));
                content.seen.add(new Seen(frame, placed));
                content.frames.set(frame);
                contents.add(placed.contentId());
            }
            crowd.add(contents.size());
            cutShort = search.cutShort();
        }
    }

    private static int millis(QueryVideo.Moment moment) {
        return (int) Math.round(moment.seconds() * 1000);
    }

    private boolean isCertain(Seen seen) {
        return search.strength(seen.placed) == Strength.MATCH;
    }

    /** Known videos of which frames are seen in order. */
    private List<Match> videos(Deadline deadline) {
        QueryVideo query = new QueryVideo(frames, upload.seconds());
        VideoComparison certain = new VideoComparison(query, VideoPolicy.ALIGNED);
        VideoComparison possible = new VideoComparison(query, FOR_A_PERSON);
        Map<Long, Shown> compared = new LinkedHashMap<>();
        List<Shown> candidates = candidates();
        long pictures = 0;
        for (Shown candidate : candidates) {
            pictures += candidate.content.pictures();
            if (!compared.isEmpty()
                    && (compared.size() == KnownVideoHits.MAX_CANDIDATES
                            || pictures > KnownVideoHits.MAX_FRAMES
                            || deadline.passed())) {
                String reason = "compared with " + compared.size() + " of " + candidates.size()
                        + " known videos that share features: "
                        + (deadline.passed() ? "time ran out" : "they are too many");
                cutShort = InProcessHasher.joined(cutShort, reason);
                break;
            }
            long id = candidate.content.id();
            Optional<KnownVideo> known = db.video(id);
            if (known.isPresent()) { // Otherwise it was withdrawn this moment.
                compared.put(id, candidate);
                certain.add(id, known.get(), sightings(candidate, this::isCertain));
                possible.add(id, known.get(), sightings(candidate, seen -> true));
            }
        }
        Map<Long, Match> matches = new LinkedHashMap<>();
        add(certain, Strength.MATCH, compared, matches);
        shown.values().stream()
                .filter(s -> s.content.isVideo() && !matches.containsKey(s.content.id()) && isTelling(s.frames))
                .forEach(undecided::add);
        add(possible, Strength.LIKELY, compared, matches);
        return List.copyOf(matches.values());
    }

    /** Whether it is more than a picture that many contents share. */
    private boolean isTelling(BitSet of) {
        return of.cardinality() > 1 || of.stream().anyMatch(frame -> crowd.get(frame) <= FEW);
    }

    /** Videos that may be found in order, first those that are seen where few others are. */
    private List<Shown> candidates() {
        Map<Shown, Double> scores = new LinkedHashMap<>();
        for (Shown content : shown.values()) {
            if (content.content.isVideo() && content.frames.cardinality() >= Math.min(2, content.content.pictures())) {
                scores.put(
                        content,
                        content.frames.stream()
                                .mapToDouble(frame -> 1.0 / crowd.get(frame))
                                .sum());
            }
        }
        List<Shown> candidates = new ArrayList<>(scores.keySet());
        candidates.sort(Comparator.comparingDouble((Shown content) -> -scores.getOrDefault(content, 0.0)));
        return candidates;
    }

    private static List<Sighting> sightings(Shown content, Predicate<Seen> among) {
        return content.seen.stream()
                .filter(among)
                .map(seen -> new Sighting(seen.frame, seen.placed.ms() / 1000.0))
                .toList();
    }

    private void add(
            VideoComparison comparison, Strength strength, Map<Long, Shown> compared, Map<Long, Match> matches) {
        for (VideoMatch match : comparison.matches(new int[frames.size()])) {
            Shown content = compared.get(match.contentId());
            if (content != null && isEnough(match)) {
                matches.putIfAbsent(match.contentId(), new Match(content, strength, comparison, match));
            }
        }
    }

    /** By the policy of features, and where another one is asked for, by the shares that it wants. */
    private boolean isEnough(VideoMatch match) {
        return match.isMatch()
                && switch (options.videoPolicy()) {
                    case VideoPolicy.Aligned aligned -> true;
                    case VideoPolicy.Vpdq vpdq ->
                        match.queryMatchPercent() >= vpdq.queryPercent()
                                && match.bankMatchPercent() >= vpdq.bankPercent();
                };
    }

    /** A known video that is found. */
    private final class Match implements Claim.Aligned {
        private final Shown shown;
        private final Strength strength;
        private final VideoComparison comparison;
        private final VideoMatch match;

        Match(Shown shown, Strength strength, VideoComparison comparison, VideoMatch match) {
            this.shown = shown;
            this.strength = strength;
            this.comparison = comparison;
            this.match = match;
        }

        @Override
        public double weightedSeconds() {
            return match.weightedSeconds();
        }

        @Override
        public BitSet explains() {
            return moments(comparison.evidence(match));
        }

        @Override
        public boolean isFoundWithout(BitSet moments) {
            BitSet without = new BitSet();
            for (int frame = 0; frame < frames.size(); frame++) {
                without.set(frame, moments.get(momentOf.get(frame)));
            }
            return comparison
                    .without(match.contentId(), without)
                    .filter(FeatureVideoSearch.this::isEnough)
                    .isPresent();
        }
    }

    private static void addAllowed(Shown content, Map<Integer, List<Placed>> allowed) {
        for (Seen seen : content.seen) {
            allowed.computeIfAbsent(seen.frame, frame -> new ArrayList<>()).add(seen.placed);
        }
    }

    private Claim claim(Shown image, Map<Integer, List<Placed>> allowed) {
        BitSet certain = new BitSet();
        image.seen.stream().filter(this::isCertain).forEach(seen -> certain.set(seen.frame));
        Strength strength = certain.isEmpty() ? Strength.LIKELY : Strength.MATCH;
        BitSet evidence = certain.isEmpty() ? image.frames : certain;
        return claim(image, strength, evidence, Alignment.of(evidence, frames), null, allowed);
    }

    private Claim claim(Match video, Map<Integer, List<Placed>> allowed) {
        BitSet evidence = video.comparison.evidence(video.match);
        return claim(video.shown, video.strength, evidence, Alignment.of(video.match), video, allowed);
    }

    private Claim claim(
            Shown content,
            Strength strength,
            BitSet evidence,
            Alignment alignment,
            Claim.@Nullable Aligned video,
            Map<Integer, List<Placed>> allowed) {
        BitSet explained = (BitSet) evidence.clone();
        Set<Long> by = new HashSet<>();
        for (Seen seen : content.seen) {
            Placed other = search.explainedBy(seen.placed, allowed.getOrDefault(seen.frame, List.of()));
            if (other == null) {
                explained.clear(seen.frame);
            } else if (evidence.get(seen.frame)) {
                by.add(other.contentId());
            }
        }
        return new Claim(
                content.bank,
                content.content,
                null,
                best(content, evidence).match(strength),
                alignment,
                moments(evidence),
                stillMoment(),
                video,
                "none",
                moments(explained),
                by);
    }

    /** What shows it best: much of it, where little else is seen. */
    private Placed best(Shown content, BitSet among) {
        return content.seen.stream()
                .filter(seen -> among.get(seen.frame))
                .max(Comparator.comparingDouble(seen -> (double) seen.placed.found() / crowd.get(seen.frame)))
                .orElseThrow()
                .placed;
    }

    private int stillMoment() {
        return upload.moments().size();
    }

    private BitSet moments(BitSet of) {
        BitSet moments = new BitSet();
        of.stream().forEach(frame -> moments.set(momentOf.get(frame)));
        return moments;
    }
}
