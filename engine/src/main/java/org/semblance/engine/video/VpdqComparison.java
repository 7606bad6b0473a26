package org.semblance.engine.video;

import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.semblance.hashdb.hash.Hash256;

/**
 * How much of each of two videos the other shows, as vPDQ counts it: a frame counts if any frame of the other is near,
 * whatever their order and times.
 *
 * @param queryPercent share of the query's frames, 0..100
 * @param targetPercent share of the other's frames, 0..100
 */
public record VpdqComparison(double queryPercent, double targetPercent) {
    /** Which frames count. */
    public enum Counting {
        /** Every frame, as Meta's {@code match-hashes-brute} (whose distance tolerance is one more: it means less than). */
        EVERY_FRAME,
        /** Every distinct hash, as python-threatexchange's {@code VPDQIndex}. */
        DISTINCT_HASHES
    }

    /**
     * Compares every frame with every other.
     *
     * @param maxDistance inclusive
     * @param minQuality inclusive; frames below are left out. If none remain on a side, both shares are 0.
     */
    public static VpdqComparison of(
            List<FrameHash> query, List<FrameHash> target, int maxDistance, int minQuality, Counting counting) {
        return of(hashes(query, minQuality, counting), hashes(target, minQuality, counting), maxDistance);
    }

    /**
     * Compares every moment with every other. A moment is shown by one hash or by several, of the whole picture and of what
     * is inside its borders, of which one near is enough.
     *
     * @param maxDistance inclusive
     */
    static VpdqComparison of(Collection<List<Hash256>> query, Collection<List<Hash256>> target, int maxDistance) {
        List<List<Hash256>> theirs = List.copyOf(target);
        boolean[] found = new boolean[theirs.size()];
        int matched = 0;
        for (List<Hash256> our : query) {
            boolean any = false;
            for (int i = 0; i < found.length; i++) {
                if (isNear(our, theirs.get(i), maxDistance)) {
                    any = true;
                    found[i] = true;
                }
            }
            matched += any ? 1 : 0;
        }
        int foundCount = 0;
        for (boolean f : found) {
            foundCount += f ? 1 : 0;
        }
        return new VpdqComparison(percent(matched, query.size()), percent(foundCount, found.length));
    }

    /** Whether any of ours is within that many bits of any of theirs. */
    static boolean isNear(List<Hash256> ours, List<Hash256> theirs, int maxDistance) {
        for (Hash256 our : ours) {
            for (Hash256 their : theirs) {
                if (our.distance(their) <= maxDistance) {
                    return true;
                }
            }
        }
        return false;
    }

    private static List<List<Hash256>> hashes(List<FrameHash> frames, int minQuality, Counting counting) {
        Stream<Hash256> all = frames.stream()
                .filter(f -> f.pdq().quality() >= minQuality)
                .map(f -> f.pdq().hash());
        return (counting == Counting.EVERY_FRAME ? all : all.distinct())
                .map(List::of)
                .toList();
    }

    private static double percent(int part, int whole) {
        return whole == 0 ? 0 : 100.0 * part / whole;
    }
}
