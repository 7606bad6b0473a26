package org.semblance.engine.video;

import org.semblance.hashdb.hash.HashAndQuality;

/**
 * The hash of one frame of a video.
 *
 * @param number of the frame, from 0
 * @param seconds from the start of the video, at least 0
 */
public record FrameHash(int number, double seconds, HashAndQuality pdq) {
    public FrameHash {
        if (number < 0) {
            throw new IllegalArgumentException("frame number: " + number + " (expected: at least 0)");
        }
        if (!(seconds >= 0) || Double.isInfinite(seconds)) {
            throw new IllegalArgumentException("seconds: " + seconds + " (expected: a number, at least 0)");
        }
    }
}
