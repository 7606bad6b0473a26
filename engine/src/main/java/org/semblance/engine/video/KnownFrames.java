package org.semblance.engine.video;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;

/**
 * The frames of a known video, laid out for comparing: by the time they come, whole and inner pictures of the same time
 * beside each other.
 */
final class KnownFrames {
    private static final double SECOND = 1000;

    private final double seconds;
    private final long[] words;
    private final double[] from;
    private final double[] until;

    /** The latest end of the spans up to each, so that those that reach into a time are found from its end backwards. */
    private final double[] reach;

    private final double[] pictures;

    KnownFrames(KnownVideo video) {
        // Kept as numbers: a film has a hundred thousand frames.
        List<FrameSpan> spans = video.frames().stream()
                .sorted(Comparator.comparingInt(FrameSpan::fromMs))
                .toList();
        int count = spans.size();
        words = new long[4 * count];
        from = new double[count];
        until = new double[count];
        reach = new double[count];
        for (int i = 0; i < count; i++) {
            FrameSpan span = spans.get(i);
            words[4 * i] = span.hash().w0();
            words[4 * i + 1] = span.hash().w1();
            words[4 * i + 2] = span.hash().w2();
            words[4 * i + 3] = span.hash().w3();
            from[i] = span.fromMs() / SECOND;
            until[i] = span.untilMs() / SECOND;
            reach[i] = i == 0 ? until[i] : Math.max(reach[i - 1], until[i]);
        }
        seconds = Math.max(video.durationMs() / SECOND, reach[count - 1]);
        pictures = disjoint(spans);
    }

    /**
     * When each different picture begins. Of spans that overlap, which are the whole picture and the inner one, the shorter
     * tells them apart, so this is a largest set of spans that do not overlap: always the one that ends first.
     */
    private static double[] disjoint(List<FrameSpan> spans) {
        List<FrameSpan> byEnd = new ArrayList<>(spans);
        byEnd.sort(Comparator.comparingInt(FrameSpan::untilMs).thenComparingInt(FrameSpan::fromMs));
        double[] starts = new double[byEnd.size()];
        int count = 0;
        int end = 0;
        for (FrameSpan span : byEnd) {
            if (span.fromMs() >= end) {
                starts[count++] = span.fromMs() / SECOND;
                end = Math.max(span.untilMs(), span.fromMs() + 1);
            }
        }
        return Arrays.copyOf(starts, count);
    }

    double seconds() {
        return seconds;
    }

    /** How many different pictures it shows one after another. */
    int pictures() {
        return pictures.length;
    }

    /** The number of the picture shown at that second. */
    int pictureAt(double second) {
        int at = Arrays.binarySearch(pictures, second);
        return Math.max(0, at >= 0 ? at : -at - 2);
    }

    /** The hashes of each picture, those that say the same only once: what vPDQ counts. */
    Set<List<Hash256>> moments() {
        Set<List<Hash256>> moments = new LinkedHashSet<>();
        for (double picture : pictures) {
            moments.add(hashes(picture, picture));
        }
        return moments;
    }

    /** The frames shown at any time from one second until another, in the order they come. */
    List<Hash256> hashes(double start, double end) {
        int last = Arrays.binarySearch(from, end);
        last = last >= 0 ? last : -last - 2;
        while (last + 1 < from.length && from[last + 1] <= end) {
            last++;
        }
        List<Hash256> hashes = new ArrayList<>();
        for (int i = last; i >= 0 && reach[i] >= start; i--) {
            // A span that ends when this time begins is over, unless it has no length.
            if (until[i] > start || from[i] == start) {
                hashes.addFirst(new Hash256(words[4 * i + 3], words[4 * i + 2], words[4 * i + 1], words[4 * i]));
            }
        }
        return hashes;
    }

    /** Receives a stretch of the video. */
    @FunctionalInterface
    interface Stretches {
        void accept(double from, double until);
    }

    /**
     * Tells where any of the hashes is near, as stretches: spans that follow within that many seconds are one.
     *
     * @param maxDistance inclusive
     */
    void near(List<Hash256> hashes, int maxDistance, double gap, Stretches stretches) {
        double start = 0;
        double end = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < from.length; i++) {
            if (!isNear(hashes, i, maxDistance)) {
                continue;
            }
            if (end != Double.NEGATIVE_INFINITY && from[i] > end + gap) {
                stretches.accept(start, end);
                end = Double.NEGATIVE_INFINITY;
            }
            if (end == Double.NEGATIVE_INFINITY) {
                start = from[i];
            }
            end = Math.max(end, until[i]);
        }
        if (end != Double.NEGATIVE_INFINITY) {
            stretches.accept(start, end);
        }
    }

    /** Receives the stretch around a second in which the video shows what it shows then; nothing if that is not known. */
    void around(double second, int maxDistance, double gap, Stretches stretch) {
        near(hashes(second, second), maxDistance, gap, (start, end) -> {
            if (start <= second && end >= second) {
                stretch.accept(start, end);
            }
        });
    }

    /** Two words are mostly enough to tell that a hash is far. */
    private boolean isNear(List<Hash256> hashes, int i, int maxDistance) {
        for (Hash256 hash : hashes) {
            int half = Long.bitCount(words[4 * i] ^ hash.w0()) + Long.bitCount(words[4 * i + 1] ^ hash.w1());
            if (half <= maxDistance
                    && half + Long.bitCount(words[4 * i + 2] ^ hash.w2()) + Long.bitCount(words[4 * i + 3] ^ hash.w3())
                            <= maxDistance) {
                return true;
            }
        }
        return false;
    }
}
