package org.semblance.engine.media;

/** The seam in front of native video decoding. An implementation may hold scratch memory: not for two threads at once. */
public interface VideoReader {
    /**
     * Decodes the first video stream and shows the chosen frames, in the order of display, to a visitor. Memory does not
     * grow with the length of the video.
     *
     * <p>A video that breaks off, or is longer than time and limits allow, is read as far as possible, and the summary
     * says so.
     *
     * @param framesUntil when to stop once a frame was shown; no later than {@code deadline}
     * @param deadline by when the first frame must have been shown
     * @throws MediaException if not a single frame can be decoded, or the limit on pixels or streams is exceeded
     * @throws DeadlinePassedException if time ran out before the first frame was shown
     * @throws java.io.UncheckedIOException if a file cannot be read
     */
    VideoSummary read(
            MediaSource source,
            FrameSampling sampling,
            Deadline framesUntil,
            Deadline deadline,
            VideoFrame.Visitor visitor)
            throws MediaException;

    /** Reads the chosen frames until one deadline. */
    default VideoSummary read(MediaSource source, FrameSampling sampling, Deadline deadline, VideoFrame.Visitor visitor)
            throws MediaException {
        return read(source, sampling, deadline, deadline, visitor);
    }
}
