package org.semblance.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.video.VideoMatch;

/**
 * Where an upload and a banked content show the same.
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

    static Alignment of(VideoMatch match) {
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
