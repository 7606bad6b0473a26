package org.semblance.engine.media;

import org.semblance.engine.pdq.Luma;

/**
 * A frame while it is shown.
 *
 * @param number counted from 0 in the order of display, as the reference counts. Where frames are left out before
 *     decoding ({@link FrameSampling.KeyFrames}) it is what the time and the frame rate give.
 * @param seconds when it is shown, from the start of the video; never less than that of the frame before
 * @param luma readable until the visitor returns, and refused afterwards. It is in the decoder's orientation: a rotation
 *     that the file asks players for is ignored, as the reference does.
 */
public record VideoFrame(int number, double seconds, Luma luma) {
    /** Sees the chosen frames one after another. */
    @FunctionalInterface
    public interface Visitor {
        /** Returns whether to go on. */
        boolean visit(VideoFrame frame);
    }
}
