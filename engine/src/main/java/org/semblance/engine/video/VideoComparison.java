package org.semblance.engine.video;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.semblance.engine.video.VideoMatch.Span;
import org.semblance.engine.video.VideoMatcher.Agreement.Answer;
import org.semblance.engine.video.VideoMatcher.Hit;
import org.semblance.engine.video.VideoMatcher.Known;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.Hash256;

/**
 * An upload beside the known videos that it has frames of. For one upload and one thread.
 *
 * <p>First each is aligned on its own. From that follows which of them are copies of one another: banked many times, a
 * video must not pass for something that many videos share. Then they are aligned again, with the weights that gives.
 */
public final class VideoComparison {
    /** Which known frames a lookup of the upload's frame would find, in bits, if the bank says nothing else. */
    private static final int LIKE = 31;

    /** Two encodings of a picture that are both within {@link #LIKE} of a third; unrelated ones are 128 apart. */
    private static final int SAME_ORIGIN = 2 * LIKE;

    /** How exactly an alignment tells the time. */
    private static final double SLACK_SECONDS = 1;

    /** Frames of which local features are banked are mostly no further apart than twice this. */
    private static final double BETWEEN_PICTURES_SECONDS = 1;

    /** Votes kept of one known video, far below what the alignment can number. */
    private static final int MAX_HITS = 1 << 18;

    /** Times at which two known videos are compared. */
    private static final int COPY_SAMPLES = 32;

    private static final double COPY_AGREES = 0.6;
    private static final double COPY_OVERLAPS = 0.5;

    private final QueryVideo query;
    private final VideoPolicy policy;
    private final VideoMatcher matcher;
    private final double[] times;
    private final Map<Long, Candidate> candidates = new LinkedHashMap<>();
    private final Map<Long, Long> groups = new HashMap<>();

    /** For each moment, how many different videos show it. */
    private int[] sharing;

    private record Candidate(KnownFrames frames, List<Hit> hits) {}

    /**
     * A frame of the upload shows what a known video shows at a second, as has been seen by other means than hashes.
     *
     * @param moment the index of the upload's frame
     */
    public record Sighting(int moment, double second) {}

    public VideoComparison(QueryVideo query, VideoPolicy policy) {
        this.query = query;
        this.policy = policy;
        this.matcher = new VideoMatcher(
                policy instanceof VideoPolicy.Aligned aligned ? aligned.policy() : VideoMatcher.Policy.DEFAULT);
        this.times = query.times();
        this.sharing = new int[times.length];
    }

    /**
     * Compares every frame of the upload with every one of a known video.
     *
     * @param maxDistance of two frames that are alike, inclusive
     */
    public void add(long contentId, KnownVideo video, int maxDistance) {
        KnownFrames frames = new KnownFrames(video);
        List<Hit> hits = new ArrayList<>();
        for (int i = 0; i < times.length && hits.size() < MAX_HITS; i++) {
            int moment = i;
            frames.near(
                    query.moments().get(i).hashes(),
                    maxDistance,
                    VideoMatcher.ONE_VOTE_SECONDS,
                    (from, until) -> hits.add(new Hit(moment, contentId, from, until)));
        }
        candidates.put(contentId, new Candidate(frames, hits));
    }

    /**
     * Adds a known video of which frames were seen. Each stands for what is alike around it, and for the time up to the next
     * frame that could have been seen instead.
     */
    public void add(long contentId, KnownVideo video, List<Sighting> sightings) {
        KnownFrames frames = new KnownFrames(video);
        List<Hit> hits = new ArrayList<>();
        for (Sighting seen : sightings) {
            double[] stretch = {
                Math.max(0, seen.second - BETWEEN_PICTURES_SECONDS),
                Math.min(frames.seconds(), seen.second + BETWEEN_PICTURES_SECONDS)
            };
            frames.around(seen.second, LIKE, VideoMatcher.ONE_VOTE_SECONDS, (from, until) -> {
                stretch[0] = Math.min(stretch[0], from);
                stretch[1] = Math.max(stretch[1], until);
            });
            hits.add(new Hit(seen.moment, contentId, stretch[0], stretch[1]));
        }
        candidates.put(contentId, new Candidate(frames, hits));
    }

    /**
     * What each has in common with the upload, matches first, most seconds first; one without any alignment is left out,
     * unless vPDQ's rule calls it a match.
     *
     * @param elsewhere for each moment, how many known videos show it that were not added
     */
    public List<VideoMatch> matches(int[] elsewhere) {
        List<Hit> hits =
                candidates.values().stream().flatMap(c -> c.hits.stream()).toList();
        groups.clear();
        candidates.keySet().forEach(id -> groups.put(id, id));
        List<VideoMatch> matches = matcher.match(times, query.seconds(), elsewhere, hits, this::known);
        if (group(matches)) {
            matches = matcher.match(times, query.seconds(), elsewhere, hits, this::known);
        }
        sharing = elsewhere.clone();
        Map<Integer, Set<Long>> showing = new HashMap<>();
        hits.forEach(hit ->
                showing.computeIfAbsent(hit.query(), q -> new LinkedHashSet<>()).add(group(hit.contentId())));
        showing.forEach((moment, ids) -> sharing[moment] += ids.size());
        return policy instanceof VideoPolicy.Vpdq vpdq ? byVpdq(vpdq, matches, new BitSet()) : matches;
    }

    private Candidate candidate(long id) {
        return Objects.requireNonNull(candidates.get(id), "a known video that was not added");
    }

    private long group(long id) {
        return groups.getOrDefault(id, id);
    }

    private Known known(long id) {
        return known(id, new BitSet());
    }

    /** @param without moments that say nothing */
    private Known known(long id, BitSet without) {
        KnownFrames frames = candidate(id).frames;
        return new Known(
                frames.seconds(),
                frames.pictures(),
                frames::pictureAt,
                (moment, second) -> without.get(moment) ? Answer.UNKNOWN : agreement(moment, frames, second),
                group(id));
    }

    private Answer agreement(int moment, KnownFrames frames, double second) {
        List<Hash256> shown = frames.hashes(second - SLACK_SECONDS, second + SLACK_SECONDS);
        QueryVideo.Moment asked = query.moments().get(moment);
        if (VpdqComparison.isNear(asked.hashes(), shown, SAME_ORIGIN)) {
            return Answer.ALIKE;
        }
        return !asked.isClear() || frames.hashes(second, second).isEmpty() ? Answer.UNKNOWN : Answer.DIFFERENT;
    }

    /** The match with a known video if those moments did not show it; empty if nothing remains in common. */
    public Optional<VideoMatch> without(long contentId, BitSet moments) {
        Candidate candidate = candidate(contentId);
        List<Hit> left =
                candidate.hits.stream().filter(h -> !moments.get(h.query())).toList();
        int[] elsewhere = sharing.clone();
        for (int i = 0; i < elsewhere.length; i++) {
            elsewhere[i] = Math.max(0, elsewhere[i] - 1); // A frame counts itself.
        }
        List<VideoMatch> matches = matcher.match(times, query.seconds(), elsewhere, left, id -> known(id, moments));
        if (policy instanceof VideoPolicy.Vpdq vpdq) {
            matches = byVpdq(vpdq, matches, moments).stream()
                    .filter(m -> m.contentId() == contentId)
                    .toList();
        }
        return matches.stream().findFirst();
    }

    /**
     * The moments of the upload that a known video explains: within the spans of the match, if what it shows at that time
     * is of the same origin, though the two encodings be further apart than a lookup allows. A span bridges over frames
     * that something else was put in for, and those it does not explain.
     */
    public BitSet explained(VideoMatch match) {
        Candidate candidate = candidate(match.contentId());
        BitSet explained = new BitSet();
        for (Span span : match.spans()) {
            for (int i = 0; i < times.length; i++) {
                if (times[i] >= span.queryFrom() && times[i] <= span.queryUntil()) {
                    double bank = span.bankFrom() + (times[i] - span.queryFrom()) * span.speed();
                    if (agreement(i, candidate.frames, bank) == Answer.ALIKE) {
                        explained.set(i);
                    }
                }
            }
        }
        return explained;
    }

    /** The moments that the match rests on. */
    public BitSet evidence(VideoMatch match) {
        BitSet evidence = new BitSet();
        for (Hit hit : candidate(match.contentId()).hits) {
            double at = times[hit.query()];
            if (match.spans().isEmpty()
                    || match.spans().stream().anyMatch(s -> at >= s.queryFrom() && at <= s.queryUntil())) {
                evidence.set(hit.query());
            }
        }
        return evidence;
    }

    /** Puts vPDQ's numbers and rule in the place of ours; the spans stay, and there may be none. */
    private List<VideoMatch> byVpdq(VideoPolicy.Vpdq vpdq, List<VideoMatch> aligned, BitSet without) {
        Map<Long, VideoMatch> byId = new HashMap<>();
        aligned.forEach(match -> byId.put(match.contentId(), match));
        Set<List<Hash256>> all = new LinkedHashSet<>();
        Set<List<Hash256>> counted = new LinkedHashSet<>();
        for (int i = 0; i < times.length; i++) {
            all.add(query.moments().get(i).hashes());
            if (!without.get(i)) {
                counted.add(query.moments().get(i).hashes());
            }
        }
        List<VideoMatch> matches = new ArrayList<>();
        candidates.forEach((id, candidate) -> {
            VpdqComparison compared = VpdqComparison.of(counted, candidate.frames.moments(), vpdq.maxDistance());
            VideoMatch match = byId.getOrDefault(id, new VideoMatch(id, false, 0, 0, 0, 0, List.of()));
            double queryPercent = all.isEmpty() ? 0 : compared.queryPercent() * counted.size() / all.size();
            matches.add(new VideoMatch(
                    id,
                    compared.queryPercent() > 0
                            && queryPercent >= vpdq.queryPercent()
                            && compared.targetPercent() >= vpdq.bankPercent(),
                    queryPercent,
                    compared.targetPercent(),
                    match.weightedSeconds(),
                    match.pictures(),
                    match.spans()));
        });
        matches.sort(Comparator.comparing(VideoMatch::isMatch)
                .thenComparingDouble(VideoMatch::queryMatchPercent)
                .reversed());
        return matches;
    }

    /** Puts copies of one video into one group; returns whether there are any. */
    private boolean group(List<VideoMatch> matches) {
        List<VideoMatch> firsts = new ArrayList<>();
        boolean any = false;
        for (VideoMatch match : matches) {
            Optional<VideoMatch> first =
                    firsts.stream().filter(f -> areCopies(f, match)).findFirst();
            if (first.isPresent()) {
                groups.put(match.contentId(), first.get().contentId());
                any = true;
            } else {
                firsts.add(match);
            }
        }
        return any;
    }

    /**
     * Whether two known videos show the same over most of the time that both have, not only where the upload has it, too:
     * the same opening is no copy. What time of one is what time of the other follows from what both share with the upload.
     */
    private boolean areCopies(VideoMatch one, VideoMatch other) {
        Span a = longest(one);
        Span b = longest(other);
        double from = Math.max(a.queryFrom(), b.queryFrom());
        double until = Math.min(a.queryUntil(), b.queryUntil());
        if (until <= from) {
            return false;
        }
        double middle = (from + until) / 2;
        double middleA = a.bankFrom() + (middle - a.queryFrom()) * a.speed();
        double middleB = b.bankFrom() + (middle - b.queryFrom()) * b.speed();
        KnownFrames framesA = candidate(one.contentId()).frames;
        KnownFrames framesB = candidate(other.contentId()).frames;
        // A speed that was measured over a few seconds leads astray far from them, and most copies have the same.
        return areCopies(framesA, framesB, middleA, middleB, 1)
                || areCopies(framesA, framesB, middleA, middleB, b.speed() / a.speed());
    }

    private static boolean areCopies(KnownFrames a, KnownFrames b, double atA, double atB, double speed) {
        double from = Math.max(0, atA - atB / speed);
        double until = Math.min(a.seconds(), atA + (b.seconds() - atB) / speed);
        if (until - from < COPY_OVERLAPS * Math.min(a.seconds(), b.seconds() / speed)) {
            return false;
        }
        int judged = 0;
        int agree = 0;
        for (int i = 0; i < COPY_SAMPLES; i++) {
            double timeA = from + (until - from) * (i + 0.5) / COPY_SAMPLES;
            List<Hash256> shown = a.hashes(timeA, timeA);
            if (!shown.isEmpty()) {
                double timeB = atB + (timeA - atA) * speed;
                judged++;
                agree += VpdqComparison.isNear(shown, b.hashes(timeB - SLACK_SECONDS, timeB + SLACK_SECONDS), LIKE)
                        ? 1
                        : 0;
            }
        }
        return judged > 0 && agree >= COPY_AGREES * judged;
    }

    private static Span longest(VideoMatch match) {
        return match.spans().stream()
                .max(Comparator.comparingDouble(Span::bankSeconds))
                .orElseThrow();
    }
}
