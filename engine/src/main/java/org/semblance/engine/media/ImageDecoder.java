package org.semblance.engine.media;

import java.nio.ByteBuffer;

/** The seam in front of native code. An implementation may hold scratch memory: not for two threads at once. */
public interface ImageDecoder {
    /**
     * Decodes the first picture of the bytes between position and limit (which stay as they are).
     *
     * @param header what {@link ImageHeader#read} gave for these bytes, so that the limits have been checked
     * @throws MediaException if it does not decode
     * @throws DeadlinePassedException between steps
     */
    DecodedImage decode(ByteBuffer content, ImageHeader header, Deadline deadline) throws MediaException;
}
