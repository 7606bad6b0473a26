package org.semblance.engine.media;

/**
 * The results of reading a video besides its frames.
 *
 * @param codec FFmpeg's name of it
 * @param width columns of a frame, as the stream tells
 * @param height rows of a frame
 * @param frameRate frames a second on average, as the container tells; above 0
 * @param declaredSeconds the duration that the container tells, or 0 if it does not
 * @param seconds how far the reading came: the time of the last frame, with its duration
 * @param framesDecoded frames that the decoder gave
 * @param framesShown frames that the visitor saw
 * @param damagedPackets packets that did not decode
 */
public record VideoSummary(
        MediaFormat format,
        String codec,
        int width,
        int height,
        double frameRate,
        double declaredSeconds,
        double seconds,
        int framesDecoded,
        int framesShown,
        int damagedPackets,
        Ending ending) {
    /** Why the reading ended. */
    public enum Ending {
        /** The file was read to its end. */
        COMPLETE,
        /** The file ends before the video does, or cannot be read on. */
        CUT_OFF,
        /** The visitor had seen enough. */
        STOPPED,
        /** The deadline, or the limit on working time, has passed. */
        OUT_OF_TIME,
        /** The limit on seconds or frames was reached. */
        TOO_LONG
    }

    /** Whether frames that the video may have were not looked at. */
    public boolean isPartial() {
        return ending != Ending.COMPLETE;
    }
}
