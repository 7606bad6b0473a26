package org.semblance.hashdb.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.index.HashIndex.ContentFilter;

/** Counts pairs of near features by banked picture. Scratch of one lookup at a time. */
final class VoteCount {
    /** The share of a picture's features beyond which another that has them is the same picture, and no template. */
    private static final double SAME_PICTURE = 0.7;

    /** Of the words that stand for votes: the feature of the picture, that of the query, whether mirrored, the picture. */
    private static final int FEATURE_BITS = 10;

    private static final int FEATURE = (1 << FEATURE_BITS) - 1;
    private static final int GROUP_SHIFT = 2 * FEATURE_BITS;

    private static final int TALLIES_BITS = 16;

    private final FeatureStore store;
    /** Votes by picture, with collisions: what has too few here has too few. */
    private final byte[] tallies = new byte[1 << TALLIES_BITS];

    private long[] votes = new long[1024];
    private long capped;

    VoteCount(FeatureStore store) {
        this.store = store;
    }

    /** Pictures with enough votes that were left out of the last answer. */
    long capped() {
        return capped;
    }

    /** Votes for one picture, the plain ones or the mirrored ones. */
    private record Group(int picture, boolean mirrored, long contentId, int ms, int from, int to) {
        static final Comparator<Group> MOST_VOTES_FIRST = Comparator.comparingInt(
                        (Group group) -> group.from - group.to)
                .thenComparingLong(Group::contentId)
                .thenComparingInt(Group::ms)
                .thenComparing(Group::mirrored);
    }

    List<PictureVotes> count(
            Features query,
            long[] pairs,
            int pairCount,
            @Nullable ContentFilter filter,
            int minVotes,
            int maxPictures) {
        int kept = sorted(query, pairs, pairCount, minVotes);
        List<Group> groups = groups(kept, filter, minVotes);
        groups.sort(Group.MOST_VOTES_FIRST);
        capped = Math.max(0, groups.size() - maxPictures);
        List<PictureVotes> answers = new ArrayList<>(Math.min(groups.size(), maxPictures));
        for (Group group : groups.subList(0, Math.min(groups.size(), maxPictures))) {
            int[] queryFeatures = new int[group.to - group.from];
            int[] bankFeatures = new int[queryFeatures.length];
            for (int i = 0; i < queryFeatures.length; i++) {
                long vote = votes[group.from + i];
                queryFeatures[i] = (int) (vote >>> FEATURE_BITS) & FEATURE;
                bankFeatures[i] = (int) vote & FEATURE;
            }
            answers.add(new PictureVotes(
                    group.contentId,
                    group.ms,
                    group.mirrored,
                    store.features(group.picture),
                    queryFeatures,
                    bankFeatures));
        }
        return answers;
    }

    /** The votes for pictures that may have enough, sorted by picture, handedness and features; returns their number. */
    private int sorted(Features query, long[] pairs, int pairCount, int minVotes) {
        if (votes.length < pairCount) {
            votes = new long[pairs.length];
        }
        Arrays.fill(tallies, (byte) 0);
        long[] chunks = store.chunks();
        for (int i = 0; i < pairCount; i++) {
            int feature = (int) pairs[i];
            int queryFeature = (int) (pairs[i] >>> Integer.SIZE);
            long mirrored = (FeatureStore.place(chunks, feature) ^ query.place(queryFeature)) >>> (Integer.SIZE - 1);
            votes[i] = ((long) FeatureStore.owner(chunks, feature) << 1 | mirrored) << GROUP_SHIFT;
            int tally = tally(votes[i]);
            if (tallies[tally] < Byte.MAX_VALUE) {
                tallies[tally]++;
            }
        }
        int enough = Math.min(minVotes, Byte.MAX_VALUE);
        int kept = 0;
        for (int i = 0; i < pairCount; i++) {
            if (tallies[tally(votes[i])] >= enough) {
                int feature = (int) pairs[i] - store.firstFeature((int) (votes[i] >>> (GROUP_SHIFT + 1)));
                votes[kept++] = votes[i] | (pairs[i] >>> Integer.SIZE) << FEATURE_BITS | feature;
            }
        }
        Arrays.sort(votes, 0, kept);
        return kept;
    }

    private static int tally(long vote) {
        return (int) ((vote >>> GROUP_SHIFT) * 0x9E3779B97F4A7C15L >>> (Long.SIZE - TALLIES_BITS));
    }

    private List<Group> groups(int count, @Nullable ContentFilter filter, int minVotes) {
        List<Group> groups = new ArrayList<>();
        for (int from = 0, to; from < count; from = to) {
            long group = votes[from] >>> GROUP_SHIFT;
            to = from + 1;
            while (to < count && votes[to] >>> GROUP_SHIFT == group) {
                to++;
            }
            if (to - from >= minVotes) {
                int picture = (int) (group >>> 1);
                long contentId = store.contentId(picture);
                if (contentId != FeatureStore.REMOVED && (filter == null || filter.wants(contentId))) {
                    groups.add(new Group(picture, (group & 1) != 0, contentId, store.ms(picture), from, to));
                }
            }
        }
        return groups;
    }

    /**
     * For each feature of the query how many of the contents that count have a near one, at most {@code most}. Contents that
     * have one near to most of the features are the same picture, banked again, and do not count.
     */
    int[] contents(Features query, long[] pairs, int pairCount, ContentFilter counted, int most) {
        Arrays.sort(pairs, 0, pairCount);
        Map<Long, Integer> shared = new HashMap<>();
        eachFeature(pairs, pairCount, counted, (feature, contentId) -> shared.merge(contentId, 1, Integer::sum));
        int[] found = new int[query.count()];
        eachFeature(pairs, pairCount, counted, (feature, contentId) -> {
            if (found[feature] < most && shared.getOrDefault(contentId, 0) <= SAME_PICTURE * query.count()) {
                found[feature]++;
            }
        });
        return found;
    }

    /** Gives each feature of the query with each content that counts and has a near one, once. */
    private void eachFeature(long[] pairs, int pairCount, ContentFilter counted, PairSink sink) {
        long[] contents = new long[16];
        long[] chunks = store.chunks();
        for (int from = 0, to; from < pairCount; from = to) {
            int feature = (int) (pairs[from] >>> Integer.SIZE);
            int count = 0;
            for (to = from; to < pairCount && (int) (pairs[to] >>> Integer.SIZE) == feature; to++) {
                long contentId = store.contentId(FeatureStore.owner(chunks, (int) pairs[to]));
                if (contentId != FeatureStore.REMOVED && counted.wants(contentId)) {
                    if (count == contents.length) {
                        contents = Arrays.copyOf(contents, 2 * count);
                    }
                    contents[count++] = contentId;
                }
            }
            Arrays.sort(contents, 0, count);
            for (int i = 0; i < count; i++) {
                if (i == 0 || contents[i] != contents[i - 1]) {
                    sink.pair(feature, contents[i]);
                }
            }
        }
    }

    private interface PairSink {
        void pair(int feature, long contentId);
    }

    boolean isSmall() {
        return votes.length <= 1 << 20;
    }
}
