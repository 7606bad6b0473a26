package org.semblance.engine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.semblance.engine.judge.Alignment.Stretch;
import org.semblance.engine.video.QueryVideo;
import org.semblance.engine.video.VideoHashes;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.hash.Hash256;

/**
 * Which contents were found at which moments of an upload, and which known videos among them are worth loading.
 *
 * <p>A picture that thousands of videos share, such as a channel's title card, must not make one upload load thousands of
 * them. So a known video is a candidate if the upload shows as many different pictures of it as the policy asks for, or if
 * it is so short that it may not have as many; of the candidates those come first that are found by what few others are,
 * and only so many are loaded. What is left out for having too few pictures could not match, and still counts as sharing a
 * frame.
 */
final class KnownVideoHits {
    /** Copies of one video beyond this many would say the same once more. */
    static final int MAX_CANDIDATES = 256;

    /** How much of an upload is looked at closer, every frame of it decoded. */
    static final double MAX_CLOSE_SECONDS = 60;

    /** Of all known videos that are loaded for one upload, 56 bytes each. */
    static final int MAX_FRAMES = 1_000_000;

    private final List<QueryVideo.Moment> moments;
    private final VideoPolicy policy;

    /** How many of the moments differ, as vPDQ counts them. */
    private final long distinct;

    private final Map<Long, Found> found = new LinkedHashMap<>();

    /** How many contents are found at each moment. */
    private final int[] crowd;

    /** A content and where it was found. */
    static final class Found {
        private Match nearest;
        private final BitSet moments = new BitSet();

        private Found(Match match) {
            this.nearest = match;
        }

        Match nearest() {
            return nearest;
        }

        BitSet moments() {
            return moments;
        }

        boolean isVideo() {
            return nearest.content().isVideo();
        }
    }

    KnownVideoHits(List<QueryVideo.Moment> moments, VideoPolicy policy) {
        this.moments = moments;
        this.policy = policy;
        this.distinct = distinct(IntStream.range(0, moments.size()));
        this.crowd = new int[moments.size()];
    }

    void add(int moment, List<Match> matches) {
        for (Match match : matches) {
            Found content = found.computeIfAbsent(match.content().id(), id -> new Found(match));
            if (match.distance() < content.nearest.distance()) {
                content.nearest = match;
            }
            if (!content.moments.get(moment)) {
                content.moments.set(moment);
                crowd[moment]++;
            }
        }
    }

    /** Contents that are no videos. */
    List<Found> images() {
        return found.values().stream().filter(f -> !f.isVideo()).toList();
    }

    /** How many known videos are loaded at most. By vPDQ's rule each one that is loaded is as good as a match. */
    int mostCandidates() {
        return policy instanceof VideoPolicy.Vpdq ? Integer.MAX_VALUE : MAX_CANDIDATES;
    }

    /**
     * All known videos worth loading, most telling first; the caller stops at {@link #mostCandidates} or
     * {@link #MAX_FRAMES}, or when time is up.
     */
    List<Found> candidates() {
        int[] pictures = pictures();
        Map<Found, Double> scores = new LinkedHashMap<>();
        for (Found content : found.values()) {
            if (content.isVideo() && isCandidate(content, pictures)) {
                double score = content.moments.stream()
                        .mapToDouble(m -> 1.0 / crowd[m])
                        .sum();
                scores.put(content, score);
            }
        }
        List<Found> candidates = new ArrayList<>(scores.keySet());
        candidates.sort(Comparator.comparingDouble((Found f) -> scores.getOrDefault(f, 0.0))
                .reversed());
        return candidates;
    }

    /**
     * The part of the upload in which known videos may lie of which so few seconds exist that few key frames fall into
     * them; empty if no such video was found anywhere.
     *
     * @param shortSeconds how long such a video is at most
     */
    Optional<Stretch> aroundShortVideos(double shortSeconds) {
        double from = Double.POSITIVE_INFINITY;
        double until = 0;
        for (Found content : found.values()) {
            double seconds = content.nearest.content().videoMs() / 1000.0;
            if (content.isVideo() && seconds <= shortSeconds) {
                double first = moments.get(content.moments.nextSetBit(0)).seconds();
                double last = moments.get(content.moments.length() - 1).seconds();
                from = Math.min(from, Math.max(0, first - seconds));
                until = Math.max(until, last + seconds);
            }
        }
        return until > from
                ? Optional.of(new Stretch(from, Math.min(until, from + MAX_CLOSE_SECONDS)))
                : Optional.empty();
    }

    /** For each moment, how many known videos show it that are not worth loading. */
    int[] elsewhere() {
        int[] pictures = pictures();
        int[] elsewhere = new int[moments.size()];
        for (Found content : found.values()) {
            if (content.isVideo() && !isCandidate(content, pictures)) {
                content.moments.stream().forEach(moment -> elsewhere[moment]++);
            }
        }
        return elsewhere;
    }

    private boolean isCandidate(Found content, int[] pictures) {
        return switch (policy) {
            case VideoPolicy.Aligned aligned -> {
                int needed = aligned.policy().minPictures();
                // A known video's frames may be banked three times, whole and without borders, so that a third may be
                // its
                // pictures.
                yield content.nearest.content().pictures() <= 3 * needed
                        || content.moments.stream()
                                        .map(m -> pictures[m])
                                        .distinct()
                                        .count()
                                >= needed;
            }
            case VideoPolicy.Vpdq vpdq -> 100.0 * distinct(content.moments.stream()) >= vpdq.queryPercent() * distinct;
        };
    }

    private long distinct(IntStream of) {
        return of.mapToObj(m -> moments.get(m).hashes()).distinct().count();
    }

    /**
     * For each moment, which different picture of the upload it shows. Told apart as the frames of a known video are, or
     * somebody who talks before a wall would be one picture here and many there.
     */
    private int[] pictures() {
        int[] pictures = new int[moments.size()];
        Hash256 last = null;
        int count = 0;
        for (int i = 0; i < pictures.length; i++) {
            Hash256 hash = moments.get(i).hashes().getFirst();
            if (last == null || last.distance(hash) > VideoHashes.SAME_PICTURE_DISTANCE) {
                last = hash;
                count++;
            }
            pictures[i] = count;
        }
        return pictures;
    }
}
