package org.semblance.hashdb.hash;

/**
 * A picture of a video, and when it is shown. Times are in milliseconds from the video's start.
 *
 * @param quality PDQ's own measure, 0 (flat) to 100
 * @param fromMs when the picture comes, 0 or more
 * @param untilMs the last time at which it is shown, {@code fromMs} or more
 */
public record FrameSpan(Hash256 hash, int quality, int fromMs, int untilMs) {
    /** @throws IllegalArgumentException if a value is out of its range; the message names it as in {@code until_ms} */
    public FrameSpan {
        if (quality < 0 || quality > 100) {
            throw new IllegalArgumentException("quality: " + quality + " (expected: 0 to 100)");
        }
        if (fromMs < 0) {
            throw new IllegalArgumentException("from_ms: " + fromMs + " (expected: 0 or more)");
        }
        if (untilMs < fromMs) {
            throw new IllegalArgumentException(
                    "until_ms: " + untilMs + " (expected: from_ms, " + fromMs + ", or more)");
        }
    }
}
