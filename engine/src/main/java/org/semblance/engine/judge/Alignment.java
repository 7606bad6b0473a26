package org.semblance.engine.judge;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.video.QueryVideo;
import org.semblance.engine.video.VideoMatch;

/**
 * The parts of an upload and of a banked content that show the same.
 *
 * @param queryMatchPercent share of the upload, 0..100; null if the upload is a still picture
 * @param bankMatchPercent share of the banked video, 0..100; null unless a video was found by more than a still picture
 * @param spans by their place in the upload
 */
public record Alignment(
        @Nullable Double queryMatchPercent, @Nullable Double bankMatchPercent, List<Span> spans) {
    /**
     * A stretch that is the same in both.
     *
     * @param query within the upload; null if that is a still picture
     * @param bank within the banked content; null if that is a still picture
     */
    public record Span(@Nullable Stretch query, @Nullable Stretch bank) {}

    /** From when until when, in seconds from the start; equal for a single frame. */
    public record Stretch(double from, double until) {}

    public Alignment {
        spans = List.copyOf(spans);
    }

    /** Of a banked image in a video: from the first to the last of the frames in a row that show it. */
    public static Alignment of(BitSet showing, List<QueryVideo.Moment> moments) {
        List<Span> spans = new ArrayList<>();
        for (int first = showing.nextSetBit(0); first >= 0; ) {
            int last = showing.nextClearBit(first) - 1;
            spans.add(new Span(
                    new Stretch(moments.get(first).seconds(), moments.get(last).seconds()), null));
            first = showing.nextSetBit(last + 1);
        }
        return new Alignment(100.0 * showing.cardinality() / moments.size(), null, spans);
    }

    public static Alignment of(VideoMatch match) {
        return new Alignment(
                match.queryMatchPercent(),
                match.bankMatchPercent(),
                match.spans().stream()
                        .map(span -> new Span(
                                new Stretch(span.queryFrom(), span.queryUntil()),
                                new Stretch(span.bankFrom(), span.bankUntil())))
                        .toList());
    }
}
