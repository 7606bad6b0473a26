package org.semblance.engine.media.lenient;

import java.nio.ByteBuffer;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.ImageDecoder;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;

/**
 * Reads damaged PNG, GIF and BMP, and BMP inside of icons. Checksums are not asked for, lengths are taken as far as bytes
 * follow, and reading ends where a stream makes no sense any more.
 *
 * <p>The pixels are those that a strict decoder gives for the sound part: a palette is expanded, grey of few bits is spread
 * over 0..255, of 16 bits the high byte counts, alpha is dropped.
 */
public final class LenientDecoder implements ImageDecoder {
    private final MediaLimits limits;

    /** @param limits checked again, for a picture may turn out to be larger than the header says */
    public LenientDecoder(MediaLimits limits) {
        this.limits = limits;
    }

    /** Whether there is a reader for damaged files of that format. */
    public static boolean reads(MediaFormat format) {
        return format == MediaFormat.PNG
                || format == MediaFormat.GIF
                || format == MediaFormat.BMP
                || format == MediaFormat.ICO;
    }

    @Override
    public DecodedImage decode(ByteBuffer content, ImageHeader header, Deadline deadline) throws MediaException {
        deadline.check("decode of a damaged file");
        return switch (header.format()) {
            case PNG -> new LenientPng(content, limits).decode();
            case GIF -> new LenientGif(content, limits).decode();
            case BMP -> LenientBmp.ofFile(content, limits).decode();
            case ICO -> LenientBmp.ofIcon(content, limits).decode();
            default -> throw new IllegalArgumentException("no lenient reader for " + header.format());
        };
    }
}
