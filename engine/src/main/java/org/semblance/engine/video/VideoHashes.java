package org.semblance.engine.video;

import java.util.ArrayList;
import java.util.List;
import org.semblance.engine.media.VideoSummary;

/**
 * A video as hashes.
 *
 * @param frames in the order of display, with the times at which they are shown
 * @param borders found over all frames
 * @param inner the same frames without the borders; empty if there are none
 */
public record VideoHashes(VideoSummary summary, List<FrameHash> frames, Borders borders, List<FrameHash> inner) {
    /**
     * Frames at most this many bits from the last one kept show the same. A lookup at distance 31 then still finds what
     * is 27 bits from those left out.
     */
    public static final int SAME_PICTURE_DISTANCE = 4;

    public VideoHashes {
        frames = List.copyOf(frames);
        inner = List.copyOf(inner);
    }

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
