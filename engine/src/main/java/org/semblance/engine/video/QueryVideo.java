package org.semblance.engine.video;

import java.util.ArrayList;
import java.util.List;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * An upload's frames as they are looked up.
 *
 * @param moments those with enough picture, by time
 * @param seconds how long the part that was seen lasts
 */
public record QueryVideo(List<Moment> moments, double seconds) {
    /**
     * What is shown at a time. The inner picture's hash is another one of the same moment, not another moment, or every
     * letterboxed video would speak twice.
     *
     * @param seconds from the start
     * @param hashes one or two
     */
    public record Moment(double seconds, List<Hash256> hashes) {
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

    private static QueryVideo of(VideoHashes video, List<FrameHash> inner, int minQuality) {
        List<Moment> moments = new ArrayList<>();
        int next = 0;
        for (FrameHash frame : video.frames()) {
            List<Hash256> hashes = new ArrayList<>();
            addHash(hashes, frame, minQuality);
            if (next < inner.size() && inner.get(next).seconds() == frame.seconds()) {
                addHash(hashes, inner.get(next++), minQuality);
            }
            if (!hashes.isEmpty()) {
                moments.add(new Moment(frame.seconds(), hashes));
            }
        }
        return new QueryVideo(moments, video.end());
    }

    private static void addHash(List<Hash256> hashes, FrameHash frame, int minQuality) {
        if (frame.pdq().quality() >= minQuality && !hashes.contains(frame.pdq().hash())) {
            hashes.add(frame.pdq().hash());
        }
    }

    double[] times() {
        return moments.stream().mapToDouble(Moment::seconds).toArray();
    }
}
