package org.semblance.hashdb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The contents that one query found. */
final class Hits {
    /** Low bits that hold the distance, 0..256; above them is the content id. */
    private static final int DISTANCE_BITS = 9;

    private static final int DISTANCE = (1 << DISTANCE_BITS) - 1;
    private static final int ID_BITS = Long.SIZE - 1 - DISTANCE_BITS;

    private long[] packed = new long[4];
    private int count;

    void add(long contentId, int distance) {
        if (count == packed.length) {
            packed = Arrays.copyOf(packed, 2 * count);
        }
        packed[count++] = contentId << DISTANCE_BITS | distance;
    }

    /** The ids, ascending. Keeps of each content its nearest hit. */
    long[] ids() {
        Arrays.sort(packed, 0, count);
        long[] ids = new long[count];
        int kept = 0;
        for (int i = 0; i < count; i++) {
            long id = packed[i] >>> DISTANCE_BITS;
            if (kept == 0 || ids[kept - 1] != id) {
                packed[kept] = packed[i];
                ids[kept++] = id;
            }
        }
        count = kept;
        return Arrays.copyOf(ids, kept);
    }

    /** The ids, nearest first, those at the same distance ascending. */
    long[] nearestFirst() {
        int kept = ids().length;
        long[] order = new long[kept];
        for (int i = 0; i < kept; i++) {
            order[i] = (packed[i] & DISTANCE) << ID_BITS | packed[i] >>> DISTANCE_BITS;
        }
        Arrays.sort(order);
        for (int i = 0; i < kept; i++) {
            order[i] &= (1L << ID_BITS) - 1;
        }
        return order;
    }

    /**
     * Nearest first, those at the same distance by id.
     *
     * @param ids ascending; those of this are among them
     * @param candidates one an id
     */
    List<Match> matches(long[] ids, @Nullable Candidate[] candidates) {
        return matches(ids, candidates, 0);
    }

    /** As the other one, and what is beyond its threshold but that near. */
    List<Match> matches(long[] ids, @Nullable Candidate[] candidates, int maxDistance) {
        if (count == 0) {
            return List.of();
        }
        long[] order = new long[count];
        int found = 0;
        for (int i = 0, at = 0; i < count; i++, at++) {
            long id = packed[i] >>> DISTANCE_BITS;
            at = ids[at] == id ? at : Arrays.binarySearch(ids, at, ids.length, id);
            Candidate candidate = candidates[at];
            int distance = (int) packed[i] & DISTANCE;
            if (candidate != null && distance <= Math.max(candidate.threshold, maxDistance)) {
                order[found++] = (long) distance << Integer.SIZE | at;
            }
        }
        Arrays.sort(order, 0, found);
        List<Match> matches = new ArrayList<>(found);
        for (int i = 0; i < found; i++) {
            matches.add(Objects.requireNonNull(candidates[(int) order[i]]).match((int) (order[i] >>> Integer.SIZE)));
        }
        return matches;
    }

    /** The content ids that some of the queries found, ascending. */
    static long[] union(Hits[] hits, int from, int to) {
        if (to - from == 1) {
            return hits[from].ids();
        }
        int middle = (from + to) >>> 1;
        long[] left = union(hits, from, middle);
        long[] right = union(hits, middle, to);
        if (left.length == 0 || right.length == 0) {
            return left.length == 0 ? right : left;
        }
        long[] both = new long[left.length + right.length];
        int count = 0;
        for (int i = 0, j = 0; i < left.length || j < right.length; count++) {
            if (j == right.length || i < left.length && left[i] < right[j]) {
                both[count] = left[i++];
            } else {
                i += i < left.length && left[i] == right[j] ? 1 : 0;
                both[count] = right[j++];
            }
        }
        return count == both.length ? both : Arrays.copyOf(both, count);
    }
}
