package org.semblance.engine.video;

import java.util.Arrays;
import java.util.List;
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
        Hash256[] ours = hashes(query, minQuality, counting);
        Hash256[] theirs = hashes(target, minQuality, counting);
        boolean[] found = new boolean[theirs.length];
        int matched = 0;
        for (Hash256 our : ours) {
            boolean any = false;
            for (int i = 0; i < theirs.length; i++) {
                if (our.distance(theirs[i]) <= maxDistance) {
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
        return new VpdqComparison(percent(matched, ours.length), percent(foundCount, theirs.length));
    }

    private static Hash256[] hashes(List<FrameHash> frames, int minQuality, Counting counting) {
        Hash256[] all = frames.stream()
                .filter(f -> f.pdq().quality() >= minQuality)
                .map(f -> f.pdq().hash())
                .toArray(Hash256[]::new);
        return counting == Counting.EVERY_FRAME
                ? all
                : Arrays.stream(all).distinct().toArray(Hash256[]::new);
    }

    private static double percent(int part, int whole) {
        return whole == 0 ? 0 : 100.0 * part / whole;
    }
}
