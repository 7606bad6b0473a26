package org.semblance.engine.video;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.semblance.engine.media.VideoSummary;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * A video as hashes.
 *
 * @param frames in the order of display, with the times at which they are shown
 * @param inner pictures without borders, of those frames that have some, by frame; of one frame none, one or two
 */
public record VideoHashes(VideoSummary summary, List<FrameHash> frames, List<Inner> inner) {
    /**
     * Frames at most this many bits from the last one kept show the same. A lookup at distance 31 then still finds what
     * is 27 bits from those left out.
     */
    public static final int SAME_PICTURE_DISTANCE = 4;

    /** Half of what a lookup allows, so that every frame left out is still found by one that is a bit damaged. */
    private static final int MAX_SAME_PICTURE_DISTANCE = 16;

    public VideoHashes {
        frames = List.copyOf(frames);
        inner = List.copyOf(inner);
    }

    /**
     * A frame's picture without its borders.
     *
     * @param frame the index of the frame
     */
    public record Inner(int frame, Borders borders, HashAndQuality pdq) {}

    /**
     * A frame that stands for those after it, too.
     *
     * @param until the time in seconds, above the frame's own, of the first frame that shows something else
     */
    public record Kept(FrameHash frame, double until) {}

    /**
     * The frames with vPDQ's own times, number by frame rate, both as 32-bit floats: what the reference gives, and what its
     * forms carry. In a video of constant frame rate the two times are the same.
     */
    public List<FrameHash> vpdqFrames() {
        float rate = (float) summary.frameRate();
        return frames.stream()
                .map(f -> new FrameHash(f.number(), (float) f.number() / rate, f.pdq()))
                .toList();
    }

    /**
     * What is banked of this: the distinct pictures with enough in them, whole and without borders. Meant for hashes of
     * every frame, since what is not among them cannot be found later.
     *
     * @return empty if no picture has enough in it; such a video can be known by its digests alone
     */
    public Optional<KnownVideo> known() {
        int durationMs = Math.min(millis(end()), KnownVideo.MAX_DURATION_MS);
        List<FrameSpan> spans = List.of();
        int distance = SAME_PICTURE_DISTANCE;
        // Only a video of many hours that never rests has too many; then frames further apart count as the same.
        for (; distance <= MAX_SAME_PICTURE_DISTANCE; distance += SAME_PICTURE_DISTANCE) {
            spans = new ArrayList<>();
            addSpans(spans, frames, end(), distance, durationMs);
            for (Stretch stretch : innerStretches()) {
                addSpans(spans, stretch.frames, stretch.end, distance, durationMs);
            }
            if (spans.size() <= KnownVideo.MAX_FRAMES) {
                break;
            }
        }
        spans.sort(Comparator.comparingInt(FrameSpan::fromMs));
        int stride = (spans.size() + KnownVideo.MAX_FRAMES - 1) / KnownVideo.MAX_FRAMES;
        List<FrameSpan> kept = new ArrayList<>();
        for (int i = 0; i < spans.size(); i += stride) {
            kept.add(spans.get(i));
        }
        return kept.isEmpty() ? Optional.empty() : Optional.of(new KnownVideo(durationMs, kept));
    }

    /**
     * Frames in a row that have the same borders, without them.
     *
     * @param end in seconds, when the first frame is shown that has others
     */
    private record Stretch(List<FrameHash> frames, double end) {}

    private List<Stretch> innerStretches() {
        Map<Borders, List<Inner>> byBorders = new LinkedHashMap<>();
        inner.forEach(i ->
                byBorders.computeIfAbsent(i.borders, b -> new ArrayList<>()).add(i));
        List<Stretch> stretches = new ArrayList<>();
        for (List<Inner> same : byBorders.values()) {
            List<FrameHash> row = new ArrayList<>();
            for (int i = 0; i < same.size(); i++) {
                Inner picture = same.get(i);
                FrameHash frame = frames.get(picture.frame);
                row.add(new FrameHash(frame.number(), frame.seconds(), picture.pdq));
                int next = picture.frame + 1;
                if (i + 1 == same.size() || same.get(i + 1).frame > next) {
                    stretches.add(new Stretch(
                            row, next < frames.size() ? frames.get(next).seconds() : end()));
                    row = new ArrayList<>();
                }
            }
        }
        return stretches;
    }

    private static void addSpans(List<FrameSpan> spans, List<FrameHash> of, double end, int distance, int durationMs) {
        for (Kept kept : prune(of, end, distance, HashAndQuality.MIN_QUALITY)) {
            int from = Math.min(millis(kept.frame().seconds()), durationMs);
            int until = Math.clamp(millis(kept.until()), from, durationMs);
            HashAndQuality pdq = kept.frame().pdq();
            spans.add(new FrameSpan(pdq.hash(), pdq.quality(), from, until));
        }
    }

    /** How long what was seen lasts, in seconds. */
    double end() {
        return frames.isEmpty()
                ? summary.seconds()
                : Math.max(summary.seconds(), frames.getLast().seconds());
    }

    private static int millis(double seconds) {
        return (int) Math.min(Integer.MAX_VALUE, Math.round(seconds * 1000));
    }

    /**
     * Leaves out frames that say nothing or repeat what was kept. Each is compared with the last one kept, not with its
     * neighbour, so that a slow pan does not vanish step by step.
     *
     * @param frames in the order of display
     * @param end of the video in seconds
     * @param maxDistance of frames that are the same, inclusive
     * @param minQuality inclusive; frames below end the span of the one before and are not kept
     */
    public static List<Kept> prune(List<FrameHash> frames, double end, int maxDistance, int minQuality) {
        List<Kept> kept = new ArrayList<>();
        FrameHash current = null;
        for (FrameHash frame : frames) {
            boolean says = frame.pdq().quality() >= minQuality;
            if (current != null) {
                if (says && frame.pdq().hash().distance(current.pdq().hash()) <= maxDistance) {
                    continue;
                }
                kept.add(new Kept(current, frame.seconds()));
            }
            current = says ? frame : null;
        }
        if (current != null) {
            kept.add(new Kept(current, Math.max(end, current.seconds())));
        }
        return kept;
    }
}
