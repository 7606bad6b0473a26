package org.semblance.engine.media.internal.video;

import java.lang.foreign.Arena;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.VideoFrame;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.VideoSummary.Ending;

/**
 * Decides for each decoded frame whether it is shown, and keeps the time.
 *
 * <p>A file's clock is the sender's claim. It starts at any value, may run backwards, or leap by a century to make one
 * frame of the video the last that is looked at; so a step that no video has counts as the duration of one frame.
 */
final class FrameSelection {
    /** Slide shows have frames a minute long; a longer step is a break in the clock. */
    private static final double MAX_STEP_SECONDS = 120;

    private final FrameSampling sampling;
    private final VideoLimits limits;
    private final VideoFrame.Visitor visitor;
    private int decoded;
    private int decodedBefore;
    private int shown;
    private double lastRaw;
    private double seconds;
    private double shownSeconds = Double.NEGATIVE_INFINITY;
    private double shownKeySeconds = Double.NEGATIVE_INFINITY;
    /** Frames up to here were shown before a restart. */
    private double skipUntil = Double.NEGATIVE_INFINITY;

    private double end;
    private double videoSeconds = Double.MAX_VALUE;

    FrameSelection(FrameSampling sampling, VideoLimits limits, VideoFrame.Visitor visitor) {
        this.sampling = sampling;
        this.limits = limits;
        this.visitor = visitor;
    }

    FrameSampling sampling() {
        return sampling;
    }

    /** How long the video seems to be, from what is in it. */
    void expectSeconds(double videoSeconds) {
        this.videoSeconds = videoSeconds;
    }

    double expectedSeconds() {
        return videoSeconds;
    }

    /** The video is read again from its start; what has been shown is not shown again. */
    void restart() {
        decodedBefore += decoded;
        decoded = 0;
        skipUntil = shownSeconds;
    }

    int decoded() {
        return decodedBefore + decoded;
    }

    int shown() {
        return shown;
    }

    /** The end of the last frame, in seconds. */
    double end() {
        return end;
    }

    /** Takes the next frame in the order of display, and returns why to stop, or null to go on. */
    @Nullable
    Ending accept(AVFrame frame, VideoStream stream, FrameLumas lumas) throws MediaException {
        if (decoded() == limits.maxFrames()) {
            return Ending.TOO_LONG;
        }
        double frameSeconds = 1 / stream.frameRate();
        double previous = seconds;
        seconds = decoded == 0 ? 0 : seconds + step(frame, stream, frameSeconds);
        lastRaw = stream.seconds(frame.best_effort_timestamp());
        int number = decoded++;
        if (seconds >= limits.maxSeconds()) {
            return Ending.TOO_LONG;
        }
        end = Math.max(end, seconds + frameSeconds);
        if (!isChosen(frame, number, stream, seconds - previous) || seconds <= skipUntil) {
            return null;
        }
        checkPixels(frame, stream.format());
        shown++;
        shownSeconds = seconds;
        if (isKey(frame)) {
            shownKeySeconds = seconds;
        }
        if (sampling instanceof FrameSampling.KeyFrames) {
            number = (int) Math.round(seconds * stream.frameRate());
        }
        try (Arena arena = Arena.ofConfined()) {
            return visitor.visit(new VideoFrame(number, seconds, lumas.luma(frame, arena))) ? null : Ending.STOPPED;
        }
    }

    private double step(AVFrame frame, VideoStream stream, double frameSeconds) {
        double step = stream.seconds(frame.best_effort_timestamp()) - lastRaw;
        return step >= 0 && step <= MAX_STEP_SECONDS ? step : frameSeconds;
    }

    private boolean isChosen(AVFrame frame, int number, VideoStream stream, double step) {
        return switch (sampling) {
            case FrameSampling.EveryFrame every -> true;
            case FrameSampling.TimeStep timeStep -> number % timeStep.stride(stream.frameRate()) == 0;
            case FrameSampling.KeyFrames keys -> {
                if (isKey(
                        frame)) { // Often the first of a new shot: one that was shown just before it is no substitute.
                    yield seconds - shownKeySeconds >= keys.minGap();
                }
                double gap = seconds - shownSeconds;
                // The next frame, as far away as the last was, would be too late.
                yield gap >= keys.minGap() && gap + step > keys.maxGap(seconds, videoSeconds);
            }
        };
    }

    private static boolean isKey(AVFrame frame) {
        return (frame.flags() & AVFrame.AV_FRAME_FLAG_KEY) != 0;
    }

    /** A stream may change its size after its header was checked. */
    private void checkPixels(AVFrame frame, MediaFormat format) throws MediaException {
        if ((long) frame.width() * frame.height() > limits.maxPixels()) {
            throw MediaException.tooLarge(
                    format, frame.width() + "x" + frame.height() + " pixels (limit: " + limits.maxPixels() + ")");
        }
    }
}
