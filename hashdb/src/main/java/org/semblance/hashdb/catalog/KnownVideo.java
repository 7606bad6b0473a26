package org.semblance.hashdb.catalog;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;

/**
 * The banked form of a video: its distinct pictures, each with the time it is shown. A picture that comes again later has
 * a span for each time.
 *
 * @param durationMs length of the video in milliseconds, 0 to {@value #MAX_DURATION_MS}; when it is banked, no frame may
 *     last longer
 * @param frames 1 to {@value #MAX_FRAMES}; they are banked by the time they come
 */
public record KnownVideo(int durationMs, List<FrameSpan> frames) {
    /** 24 hours. */
    public static final int MAX_DURATION_MS = 24 * 60 * 60 * 1000;

    /** The most frames of one video: as many as a 2-hour film has at 25 a second, with some room. */
    public static final int MAX_FRAMES = 200_000;

    /** Bytes of a frame in its stored form: from and until in ms, 4 each, big-endian; quality, 1; hash, 32. */
    public static final int FRAME_BYTES = 4 + 4 + 1 + Hash256.BYTES;

    /** @throws IllegalArgumentException if a value is out of its range; the message names it */
    public KnownVideo {
        if (durationMs < 0 || durationMs > MAX_DURATION_MS) {
            throw new IllegalArgumentException(
                    "duration_ms: " + durationMs + " (expected: 0 to " + MAX_DURATION_MS + ")");
        }
        if (frames.isEmpty() || frames.size() > MAX_FRAMES) {
            throw new IllegalArgumentException("frames: " + frames.size() + " (expected: 1 to " + MAX_FRAMES + ")");
        }
        frames = List.copyOf(frames);
    }

    /** What lists of contents tell of this. */
    public VideoSummary summary() {
        return new VideoSummary(durationMs, frames.size());
    }

    /** The frames in their stored form, {@value #FRAME_BYTES} bytes each. */
    public byte[] frameBytes() {
        ByteBuffer out = ByteBuffer.allocate(frames.size() * FRAME_BYTES);
        for (FrameSpan frame : frames) {
            Hash256 hash = frame.hash();
            out.putInt(frame.fromMs()).putInt(frame.untilMs()).put((byte) frame.quality());
            out.putLong(hash.w3()).putLong(hash.w2()).putLong(hash.w1()).putLong(hash.w0());
        }
        return out.array();
    }

    /**
     * The video of these frames in their stored form.
     *
     * @throws IllegalArgumentException if they are not in that form, or a value is out of its range
     */
    public static KnownVideo ofBytes(int durationMs, byte[] frameBytes) {
        if (frameBytes.length % FRAME_BYTES != 0) {
            throw new IllegalArgumentException(
                    "frames: " + frameBytes.length + " bytes (expected: " + FRAME_BYTES + " each)");
        }
        ByteBuffer in = ByteBuffer.wrap(frameBytes);
        List<FrameSpan> frames = new ArrayList<>(frameBytes.length / FRAME_BYTES);
        while (in.hasRemaining()) {
            int from = in.getInt();
            int until = in.getInt();
            int quality = in.get();
            frames.add(new FrameSpan(Hash256.read(in), quality, from, until));
        }
        return new KnownVideo(durationMs, frames);
    }
}
