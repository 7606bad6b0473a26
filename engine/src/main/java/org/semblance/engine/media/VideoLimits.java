package org.semblance.engine.media;

import java.time.Duration;

/**
 * The bounds within which an untrusted video is decoded. The first two refuse a file; the others end the reading, and what
 * was seen until then counts.
 *
 * @param maxPixels of one frame, width times height
 * @param maxStreams of all kinds (video, audio, subtitles) in the file
 * @param maxSeconds of video
 * @param maxFrames that are decoded
 * @param maxTime of work, whatever the caller's deadline
 */
public record VideoLimits(long maxPixels, int maxStreams, double maxSeconds, int maxFrames, Duration maxTime) {
    /** 8K frames, 64 streams, 6 hours, 1.5 million frames, 10 minutes of work. */
    public static final VideoLimits DEFAULT =
            new VideoLimits(7680L * 4320, 64, Duration.ofHours(6).toSeconds(), 1_500_000, Duration.ofMinutes(10));

    public VideoLimits {
        check("maxPixels", maxPixels >= 1, maxPixels, "at least 1");
        check("maxStreams", maxStreams >= 1, maxStreams, "at least 1");
        check("maxSeconds", maxSeconds > 0, maxSeconds, "more than 0");
        check("maxFrames", maxFrames >= 1, maxFrames, "at least 1");
        check("maxTime", maxTime.isPositive(), maxTime, "more than 0");
    }

    private static void check(String name, boolean ok, Object value, String expected) {
        if (!ok) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
        }
    }
}
