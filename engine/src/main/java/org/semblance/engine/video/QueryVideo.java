package org.semblance.engine.video;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * An upload's frames as they are looked up.
 *
 * @param moments those with enough picture, by time
 * @param seconds how long the part that was seen lasts
 */
public record QueryVideo(List<Moment> moments, double seconds) {
    private static final int SHORT_VIDEO_MOMENTS = 600;
    private static final int LONG_VIDEO_STEP_MS = 1_000;
    private static final int MOST_HASHES = 3;

    /**
     * What is shown at a time. The inner pictures' hashes are further ones of the same moment, not other moments, or every
     * letterboxed video would speak twice.
     *
     * @param seconds from the start
     * @param hashes one to three
     * @param isClear whether there is enough to see between its bars, if it has any. Otherwise the hash is one of the bars, and
     *     to be unlike a known picture says nothing
     */
    public record Moment(double seconds, List<Hash256> hashes, boolean isClear) {
        public Moment {
            hashes = List.copyOf(hashes);
        }
    }

    public QueryVideo {
        moments = List.copyOf(moments);
    }

    /** The moments as a policy wants them; its hashes of low quality are left out, and moments without any. */
    public static QueryVideo of(VideoHashes video, VideoPolicy policy) {
        return switch (policy) {
            case VideoPolicy.Aligned aligned -> of(video, video.inner(), HashAndQuality.MIN_QUALITY);
            // The reference knows nothing of borders.
            case VideoPolicy.Vpdq vpdq -> of(video, List.of(), vpdq.minQuality());
        };
    }

    /** Frames of which no more is known than their hashes and times, as vPDQ counts them. */
    public static QueryVideo of(List<FrameHash> frames, VideoPolicy.Vpdq policy) {
        List<Moment> moments = frames.stream()
                .filter(frame -> frame.pdq().quality() >= policy.minQuality())
                .sorted(Comparator.comparingDouble(FrameHash::seconds))
                .map(frame -> new Moment(frame.seconds(), List.of(frame.pdq().hash()), true))
                .toList();
        return new QueryVideo(moments, moments.isEmpty() ? 0 : moments.getLast().seconds());
    }

    /**
     * A video whose very bytes are known, by what is banked of it: a moment wherever the picture changes, but no more than
     * some hundreds of a short video, and one a second of a long one.
     */
    public static QueryVideo of(KnownVideo video) {
        int stepMs = Math.min(video.durationMs() / SHORT_VIDEO_MOMENTS, LONG_VIDEO_STEP_MS);
        List<FrameSpan> spans = video.frames().stream()
                .filter(span -> span.quality() >= HashAndQuality.MIN_QUALITY)
                .sorted(Comparator.comparingInt(FrameSpan::fromMs))
                .toList();
        List<Moment> moments = new ArrayList<>();
        int nextMs = 0;
        for (int i = 0; i < spans.size(); i++) {
            int atMs = spans.get(i).fromMs();
            if (atMs < nextMs) {
                continue;
            }
            // A picture and the same without its borders are banked with one time.
            List<Hash256> hashes = new ArrayList<>();
            for (int j = i; j < spans.size() && spans.get(j).fromMs() == atMs && hashes.size() < MOST_HASHES; j++) {
                Hash256 hash = spans.get(j).hash();
                if (!hashes.contains(hash)) {
                    hashes.add(hash);
                }
            }
            moments.add(new Moment(atMs / 1000.0, hashes, true));
            nextMs = atMs + Math.max(stepMs, 1);
        }
        return new QueryVideo(moments, video.durationMs() / 1000.0);
    }

    private static QueryVideo of(VideoHashes video, List<VideoHashes.Inner> inner, int minQuality) {
        List<Moment> moments = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < video.frames().size(); i++) {
            FrameHash frame = video.frames().get(i);
            List<Hash256> hashes = new ArrayList<>();
            addHash(hashes, frame.pdq(), minQuality);
            int first = next;
            boolean isClear = false;
            for (; next < inner.size() && inner.get(next).frame() == i; next++) {
                HashAndQuality inside = inner.get(next).pdq();
                addHash(hashes, inside, minQuality);
                isClear |= inside.quality() >= minQuality;
            }
            if (!hashes.isEmpty()) {
                moments.add(new Moment(frame.seconds(), hashes, isClear || next == first));
            }
        }
        return new QueryVideo(moments, video.end());
    }

    private static void addHash(List<Hash256> hashes, HashAndQuality pdq, int minQuality) {
        if (pdq.quality() >= minQuality && !hashes.contains(pdq.hash())) {
            hashes.add(pdq.hash());
        }
    }

    double[] times() {
        return moments.stream().mapToDouble(Moment::seconds).toArray();
    }
}
