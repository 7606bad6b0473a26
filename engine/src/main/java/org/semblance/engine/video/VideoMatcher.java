package org.semblance.engine.video;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleToIntFunction;
import java.util.function.IntToDoubleFunction;
import java.util.function.LongFunction;
import org.semblance.engine.video.VideoMatch.Span;

/**
 * The hits of an upload's frames to spans of known videos.
 *
 * <p>That single frames are alike says little: black, a title card, a channel's logo. That many are, in the same order and
 * at the same pace, is what a copy is. So each hit (upload shows at second {@code q} what the known video shows at second
 * {@code b}) votes for all lines {@code b = speed * q + offset} through it, a Hough transform (Hough 1962; for video copies
 * Douze, Jégou and Schmid 2010, "An image-based approach to video copy detection with spatio-temporal post-filtering",
 * section 5). The speed is one of a grid within 10 % of 1. For each, the best offset is found exactly, by a sweep over the
 * sorted ends of the votes: a vote is an interval, not a point, because a banked frame stands for all that repeat it, and
 * neighbours that were all hit by the same frame are one vote. The line with most votes is taken, cut where too many frames
 * of the upload disagree, and its votes leave; then the next one, so that a clip that was cut up or shown twice gives
 * several spans.
 *
 * <p>A vote's weight falls with the number of known videos that the frame is found in, so what is generic is learned from
 * what is banked. The cost is {@code O(hits * log(hits))} for each speed.
 *
 * <p>Stateless, so for any number of threads.
 */
public final class VideoMatcher {
    private static final double MAX_SPEED_CHANGE = 0.1;

    /** On the grid a line may be off by half a step, 0.25 s after 100 s; the finer grid brings it down to a tenth. */
    private static final double SPEED_STEP = 0.005;

    private static final int FINE_STEPS = 10;

    /**
     * Seconds that a hit may be off its line: half the shortest gap between two samples, or so, within which a picture
     * seldom changes by more than the distance allows.
     */
    private static final double TOLERANCE_SECONDS = 0.5;

    /** Known frames that the same frame of the upload is near and that are no further apart than this are one vote. */
    static final double ONE_VOTE_SECONDS = 2 * TOLERANCE_SECONDS;

    /** A span goes on over frames that did not match for as long as this: an inserted cut, a blurred passage. */
    private static final double MAX_BREAK_SECONDS = 8;

    /** As long as this it goes on where either side is too flat to be hashed: that does not say that it is over. */
    private static final double MAX_FLAT_SECONDS = 30;

    /** How far a span may reach beyond a frame that matched, where no frame that did not match comes before that. */
    private static final double MAX_REACH_SECONDS = 2.5;

    /** Lines looked for in one known video. A video that is cut into more pieces is found by the largest of them. */
    private static final int MAX_LINES = 8;

    /** The share of its votes that a line must keep when it is moved to their middle; chance ones may leave. */
    private static final double FIT_KEEPS = 0.9;

    /** Weights are sums of doubles, so that equal ones may differ by rounding. */
    private static final double LEAST_GAIN = 1e-9;

    /** For sorting times: 20 bits for the number of a vote, 1 for its kind, 43 for 12 days in ticks either way. */
    private static final int INDEX_BITS = 20;

    private static final long INDEX_MASK = (1L << INDEX_BITS) - 1;
    private static final double TICKS_PER_SECOND = 1e6;
    private static final double MAX_SECONDS = 1e6;

    private final Policy policy;

    /**
     * When what two videos share makes a match: if enough different pictures of the known video were found in order, and
     * with them either enough seconds by weight, or nearly all of it.
     *
     * @param minSeconds of the known video that must be found, each by the weight of its frames
     * @param nearlyAll the share of the known video, 0..1, that is enough without weights
     * @param minPictures different pictures that must be among them, unless the known video has fewer
     * @param weight of a frame, 0..1, given in how many known videos it is found (at least 1; copies of one count once)
     */
    public record Policy(double minSeconds, double nearlyAll, int minPictures, IntToDoubleFunction weight) {
        /** How many videos may have a frame in common before it counts for less. */
        private static final int SHARED_BY_FEW = 4;

        /**
         * 5 seconds, or 80 % of the known video, with 3 different pictures. A frame that up to 4 videos share weighs 1,
         * and from there on inversely to their number.
         */
        public static final Policy DEFAULT =
                new Policy(5, 0.8, 3, videos -> Math.min(1, (double) SHARED_BY_FEW / videos));
    }

    /**
     * A frame of the upload is near a frame of a known video.
     *
     * @param query the index of the upload's frame
     * @param from when the known frame is shown, in seconds
     * @param until when something else is shown there, in seconds; a hit may stand for a row of frames
     */
    public record Hit(int query, long contentId, double from, double until) {}

    /**
     * A known video.
     *
     * @param seconds its length
     * @param pictures how many different ones it shows one after another, at least 1
     * @param pictureAt which of them it shows at a second, as a number
     * @param agreement whether a frame of the upload may come from what it shows at a second
     * @param group the same number for all copies of one video, so that a video that was banked many times is not taken
     *     for something that many videos share; a video without copies has its own content id
     */
    public record Known(double seconds, int pictures, DoubleToIntFunction pictureAt, Agreement agreement, long group) {}

    /**
     * Tells damaged frames of a copy from other ones: a logo or a caption puts them beyond what a lookup may find, but where
     * an alignment says what they should show, much less likeness is enough. Frames that agree prolong a span that others
     * have begun, and begin none.
     */
    @FunctionalInterface
    public interface Agreement {
        /** @param query the index of the upload's frame */
        Answer at(int query, double second);

        /** Whether they are alike, or nothing is banked of that second, since it is too flat. */
        enum Answer {
            ALIKE,
            DIFFERENT,
            UNKNOWN
        }
    }

    /** Several hits of one frame in neighbouring frames of a known video. */
    private record Vote(int query, double at, double from, double until, double weight) {}

    /** {@code bank = speed * query + offset}. */
    private record Line(double speed, double offset, double weight) {
        double bank(double query) {
            return speed * query + offset;
        }

        double query(double bank) {
            return (bank - offset) / speed;
        }

        boolean meets(Vote vote) {
            double bank = bank(vote.at);
            return bank >= vote.from - TOLERANCE_SECONDS && bank <= vote.until + TOLERANCE_SECONDS;
        }
    }

    public VideoMatcher(Policy policy) {
        this.policy = policy;
    }

    /**
     * Aligns an upload with every known video that it has hits in.
     *
     * @param queryTimes of the upload's frames that were looked up, in seconds, ascending; those whose quality is too low
     *     to be looked up are left out, so that they speak neither for nor against
     * @param querySeconds the upload's length
     * @param elsewhere for each frame, how many other videos it is found in that are not among the hits
     * @param hits in any order
     * @param known what is known of a content among the hits
     * @return what each of them has in common with the upload, matches first, most seconds first; a content with no
     *     alignment at all is left out
     */
    public List<VideoMatch> match(
            double[] queryTimes,
            double querySeconds,
            int[] elsewhere,
            Collection<Hit> hits,
            LongFunction<Known> known) {
        Map<Integer, Set<Long>> groups = new TreeMap<>();
        Map<Long, Known> videos = new TreeMap<>();
        Map<Long, List<Hit>> byContent = new TreeMap<>();
        for (Hit hit : hits) {
            if (hit.query < 0 || hit.query >= queryTimes.length) {
                throw new IllegalArgumentException(
                        "query: " + hit.query + " (expected: 0 to " + (queryTimes.length - 1) + ")");
            }
            Known video = videos.computeIfAbsent(hit.contentId, known::apply);
            groups.computeIfAbsent(hit.query, q -> new HashSet<>()).add(video.group);
            byContent.computeIfAbsent(hit.contentId, c -> new ArrayList<>()).add(hit);
        }
        double[] weights = new double[queryTimes.length];
        groups.forEach((query, ids) -> weights[query] = policy.weight.applyAsDouble(ids.size() + elsewhere[query]));
        List<VideoMatch> matches = new ArrayList<>();
        byContent.forEach((id, ofContent) -> {
            List<Vote> votes = votes(ofContent, queryTimes, weights);
            Known video = videos.computeIfAbsent(id, known::apply);
            VideoMatch match = match(id, votes, queryTimes, querySeconds, video);
            if (!match.spans().isEmpty()) {
                matches.add(match);
            }
        });
        matches.sort(Comparator.comparing(VideoMatch::isMatch)
                .thenComparingDouble(VideoMatch::weightedSeconds)
                .reversed());
        return matches;
    }

    private static List<Vote> votes(List<Hit> hits, double[] queryTimes, double[] weights) {
        List<Hit> sorted = new ArrayList<>(hits);
        sorted.sort(Comparator.comparingInt(Hit::query).thenComparingDouble(Hit::from));
        List<Vote> votes = new ArrayList<>();
        for (int i = 0; i < sorted.size(); ) {
            Hit first = sorted.get(i);
            double until = first.until;
            int end = i + 1;
            while (end < sorted.size()
                    && sorted.get(end).query == first.query
                    && sorted.get(end).from <= until + ONE_VOTE_SECONDS) {
                until = Math.max(until, sorted.get(end).until);
                end++;
            }
            votes.add(new Vote(first.query, queryTimes[first.query], first.from, until, weights[first.query]));
            i = end;
        }
        if (votes.size() > INDEX_MASK) {
            throw new IllegalArgumentException(
                    "hits: " + votes.size() + " in one known video (expected: at most " + INDEX_MASK + ")");
        }
        return votes;
    }

    private VideoMatch match(long id, List<Vote> votes, double[] queryTimes, double querySeconds, Known known) {
        List<Span> spans = new ArrayList<>();
        Set<Integer> pictures = new HashSet<>();
        List<Vote> left = new ArrayList<>(votes);
        double weightSum = 0;
        int weightCount = 0;
        for (int n = 0; n < MAX_LINES && !left.isEmpty(); n++) {
            Line line = fitted(fitted(bestLine(left), left), left);
            List<Vote> met = left.stream().filter(line::meets).toList();
            if (met.isEmpty()) {
                break;
            }
            Set<Integer> seen = new HashSet<>();
            int before = spans.size();
            BitSet different = new BitSet();
            BitSet along = along(line, met, queryTimes, known, different);
            for (Run run : runs(along, different, queryTimes)) {
                List<Vote> of = met.stream().filter(run::has).toList();
                Span span = span(run, line, queryTimes, querySeconds, known.seconds);
                if (!of.isEmpty() && span.bankSeconds() > 0 && span.queryUntil() > span.queryFrom()) {
                    spans.add(span);
                    run.queries.stream().forEach(seen::add);
                    for (Vote vote : of) {
                        weightSum += vote.weight;
                        weightCount++;
                        pictures.add(known.pictureAt.applyAsInt(Math.clamp(line.bank(vote.at), vote.from, vote.until)));
                    }
                }
            }
            if (spans.size() == before) {
                break;
            }
            left.removeIf(vote -> seen.contains(vote.query));
        }
        spans.sort(Comparator.comparingDouble(Span::queryFrom));
        double bankCovered = covered(spans, Span::bankFrom, Span::bankUntil);
        double queryCovered = covered(spans, Span::queryFrom, Span::queryUntil);
        double weighted = weightCount == 0 ? 0 : bankCovered * weightSum / weightCount;
        boolean isEnough = weighted >= policy.minSeconds || bankCovered >= policy.nearlyAll * known.seconds;
        boolean isMatch = isEnough && pictures.size() >= Math.min(policy.minPictures, known.pictures);
        return new VideoMatch(
                id,
                isMatch,
                percent(queryCovered, querySeconds),
                percent(bankCovered, known.seconds),
                weighted,
                pictures.size(),
                spans);
    }

    /**
     * Moves a line to the middle of its votes, by weighted least squares: the sweep leaves it anywhere within their
     * tolerance. Votes wider than the tolerance, of pictures that stand still, say nothing of the pace.
     */
    private static Line fitted(Line line, List<Vote> votes) {
        double sum = 0;
        double sumAt = 0;
        double sumBank = 0;
        List<Vote> sharp = votes.stream()
                .filter(v -> line.meets(v) && v.until - v.from <= 2 * TOLERANCE_SECONDS)
                .toList();
        for (Vote vote : sharp) {
            sum += vote.weight;
            sumAt += vote.weight * vote.at;
            sumBank += vote.weight * (vote.from + vote.until) / 2;
        }
        if (sum == 0) {
            return line;
        }
        double meanAt = sumAt / sum;
        double meanBank = sumBank / sum;
        double variance = 0;
        double covariance = 0;
        for (Vote vote : sharp) {
            double at = vote.at - meanAt;
            variance += vote.weight * at * at;
            covariance += vote.weight * at * ((vote.from + vote.until) / 2 - meanBank);
        }
        double speed = variance == 0 ? line.speed : covariance / variance;
        if (Math.abs(speed - 1) > MAX_SPEED_CHANGE) {
            return line;
        }
        Line fitted = new Line(speed, meanBank - speed * meanAt, line.weight);
        return met(fitted, votes) >= FIT_KEEPS * met(line, votes) ? fitted : line;
    }

    private static double met(Line line, List<Vote> votes) {
        return votes.stream().filter(line::meets).mapToDouble(Vote::weight).sum();
    }

    private static Line bestLine(List<Vote> votes) {
        Line best = new Line(1, 0, 0);
        int steps = (int) Math.round(MAX_SPEED_CHANGE / SPEED_STEP);
        for (int i = 0; i <= 2 * steps; i++) {
            // From 1 outwards, so that of equally good speeds the least change is taken.
            int step = i % 2 == 0 ? i / 2 : -(i + 1) / 2;
            best = better(best, votes, 1 + step * SPEED_STEP);
        }
        double coarse = best.speed;
        for (int i = 1 - FINE_STEPS; i < FINE_STEPS; i++) {
            best = better(best, votes, coarse + i * SPEED_STEP / FINE_STEPS);
        }
        return best;
    }

    /**
     * The line of that speed with most votes, if it has more than the best so far. The ends of the votes are sorted as
     * whole numbers: ticks of time from the top, then whether it is a start (first) or an end, then which vote's.
     */
    private static Line better(Line best, List<Vote> votes, double speed) {
        int count = votes.size();
        long[] ends = new long[2 * count];
        for (int i = 0; i < count; i++) {
            Vote vote = votes.get(i);
            double shift = speed * vote.at;
            ends[2 * i] = (ticks(vote.from - shift - TOLERANCE_SECONDS) << INDEX_BITS) | i;
            ends[2 * i + 1] = ((ticks(vote.until - shift + TOLERANCE_SECONDS) | 1) << INDEX_BITS) | i;
        }
        Arrays.sort(ends);
        double weight = 0;
        Line line = best;
        for (int i = 0; i < ends.length; i++) {
            double change = votes.get((int) (ends[i] & INDEX_MASK)).weight;
            if (((ends[i] >> INDEX_BITS) & 1) != 0) {
                weight -= change;
                continue;
            }
            weight += change;
            if (weight > line.weight + LEAST_GAIN) {
                // All offsets up to the next end are as good: the middle of them.
                line = new Line(speed, (seconds(ends[i]) + seconds(ends[i + 1])) / 2, weight);
            }
        }
        return line;
    }

    /** An even number. */
    private static long ticks(double seconds) {
        return Math.round(Math.clamp(seconds, -MAX_SECONDS, MAX_SECONDS) * TICKS_PER_SECOND) << 1;
    }

    private static double seconds(long end) {
        return (end >> (INDEX_BITS + 1)) / TICKS_PER_SECOND;
    }

    /**
     * The frames of the upload that lie on a line: those that voted for it, and those that agree with what it says.
     *
     * @param different receives those that do not
     */
    private static BitSet along(Line line, List<Vote> met, double[] queryTimes, Known known, BitSet different) {
        BitSet along = new BitSet();
        met.forEach(vote -> along.set(vote.query));
        for (int query = 0; query < queryTimes.length; query++) {
            double second = line.bank(queryTimes[query]);
            if (second >= 0 && second <= known.seconds && !along.get(query)) {
                switch (known.agreement.at(query, second)) {
                    case ALIKE -> along.set(query);
                    case DIFFERENT -> different.set(query);
                    case UNKNOWN -> {}
                }
            }
        }
        return along;
    }

    /** Frames of the upload without too long a break. */
    private record Run(BitSet queries) {
        boolean has(Vote vote) {
            return queries.get(vote.query);
        }

        int first() {
            return queries.nextSetBit(0);
        }

        int last() {
            return queries.length() - 1;
        }
    }

    private static List<Run> runs(BitSet along, BitSet different, double[] queryTimes) {
        List<Run> runs = new ArrayList<>();
        int last = -1;
        for (int query = along.nextSetBit(0); query >= 0; query = along.nextSetBit(query + 1)) {
            int next = different.nextSetBit(last + 1);
            double most = next < 0 || next > query ? MAX_FLAT_SECONDS : MAX_BREAK_SECONDS;
            if (last < 0 || queryTimes[query] - queryTimes[last] > most) {
                runs.add(new Run(new BitSet()));
            }
            runs.getLast().queries.set(query);
            last = query;
        }
        return runs;
    }

    /**
     * What a run covers. It begins where the known video begins, if that lies no more than one frame that did not match
     * before its first; otherwise halfway to the frame before.
     */
    private static Span span(Run run, Line line, double[] queryTimes, double querySeconds, double bankSeconds) {
        int first = run.first();
        int last = run.last();
        double from = edge(
                queryTimes[first],
                time(queryTimes, first - 1, querySeconds),
                time(queryTimes, first - 2, querySeconds),
                line.query(0));
        double until = edge(
                queryTimes[last],
                time(queryTimes, last + 1, querySeconds),
                time(queryTimes, last + 2, querySeconds),
                line.query(bankSeconds));
        double bankFrom = Math.clamp(line.bank(from), 0, bankSeconds);
        double bankUntil = Math.clamp(line.bank(until), bankFrom, bankSeconds);
        return new Span(from, until, bankFrom, bankUntil, line.speed);
    }

    /** Of a frame, or the ends of the upload before the first and after the last. */
    private static double time(double[] queryTimes, int query, double querySeconds) {
        if (query < 0) {
            return 0;
        }
        return query < queryTimes.length
                ? queryTimes[query]
                : Math.max(querySeconds, queryTimes[queryTimes.length - 1]);
    }

    /**
     * Where a span ends, on one side.
     *
     * @param at the outermost frame that matched
     * @param next the frame beyond it, which did not
     * @param afterNext the one beyond that
     * @param bankEnd where the known video ends by the line, in the upload's time
     */
    private static double edge(double at, double next, double afterNext, double bankEnd) {
        double low = Math.min(at, afterNext);
        double high = Math.max(at, afterNext);
        if (bankEnd >= low - TOLERANCE_SECONDS && bankEnd <= high + TOLERANCE_SECONDS) {
            return Math.clamp(bankEnd, low, high);
        }
        return at + Math.clamp((next - at) / 2, -MAX_REACH_SECONDS, MAX_REACH_SECONDS);
    }

    @FunctionalInterface
    private interface Side {
        double of(Span span);
    }

    /** The length of the union. */
    private static double covered(List<Span> spans, Side from, Side until) {
        List<Span> sorted = new ArrayList<>(spans);
        sorted.sort(Comparator.comparingDouble(from::of));
        double end = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (Span span : sorted) {
            sum += Math.max(0, until.of(span) - Math.max(end, from.of(span)));
            end = Math.max(end, until.of(span));
        }
        return sum;
    }

    private static double percent(double part, double whole) {
        return whole <= 0 ? 0 : Math.min(100, 100 * part / whole);
    }
}
