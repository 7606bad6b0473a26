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
