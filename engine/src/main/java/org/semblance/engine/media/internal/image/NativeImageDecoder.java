package org.semblance.engine.media.internal.image;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.ImageDecoder;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.internal.Natives;
import org.semblance.engine.media.internal.codec.Av1Library;
import org.semblance.engine.media.lenient.LenientDecoder;

/**
 * Decodes in this process, each format by the first of these decoders that reads it:
 *
 * <ol>
 *   <li>HEIC and AVIF by FFmpeg.
 *   <li>Plain PNGs with the host's libdeflate, if there is one.
 *   <li>What browsers and cameras write by OpenCV, which is faster than FFmpeg there.
 *   <li>What OpenCV refuses, or must not see, by a reader of damaged files: a decoder that is stricter than a browser would
 *       be a way past the list.
 *   <li>All else by FFmpeg.
 * </ol>
 */
public final class NativeImageDecoder implements ImageDecoder {
    private final @Nullable Libdeflate libdeflate;
    private final OpencvImages opencv;
    private final HeifImages heif;
    private final FfmpegStills stills;
    private final LenientDecoder lenient;

    /**
     * @param limits checked again where a codec's own header may tell another size than the file's
     * @throws IllegalStateException if the native libraries cannot be loaded
     */
    public NativeImageDecoder(MediaLimits limits, DecodePath path) {
        Natives.load();
        Av1Library.load();
        this.libdeflate = Libdeflate.load();
        this.opencv = new OpencvImages(path);
        this.heif = new HeifImages(limits, path);
        this.stills = new FfmpegStills(limits);
        this.lenient = new LenientDecoder(limits);
    }

    @Override
    public DecodedImage decode(ByteBuffer content, ImageHeader header, Deadline deadline) throws MediaException {
        deadline.check("decode");
        // Frees what a decode leaves to the garbage collector, which does not see how large it is.
        try (PointerScope scope = new PointerScope()) {
            BytePointer bytes = nativeBytes(content);
            if (header.format() == MediaFormat.HEIC || header.format() == MediaFormat.AVIF) {
                return heif.decode(bytes, header, deadline);
            }
            if (!OpencvImages.reads(header.format())) {
                return second(content, bytes, header, deadline);
            }
            MediaException refused = null;
            if (header.sound()) {
                DecodedImage plain = header.format() == MediaFormat.PNG && libdeflate != null
                        ? PlainPng.decode(libdeflate, bytes, header)
                        : null;
                if (plain != null) {
                    return plain;
                }
                try {
                    return opencv.decode(bytes, header);
                } catch (MediaException e) {
                    refused = e;
                }
            }
            try {
                return second(content, bytes, header, deadline);
            } catch (MediaException e) {
                throw refused == null ? e : refused;
            }
        }
    }

    private DecodedImage second(ByteBuffer content, BytePointer bytes, ImageHeader header, Deadline deadline)
            throws MediaException {
        deadline.check("decode by the second decoder");
        if (LenientDecoder.reads(header.format())) {
            return lenient.decode(content, header, deadline);
        }
        return header.format() == MediaFormat.WEBP && WebpRows.areReadable()
                ? WebpRows.decode(content, header)
                : stills.decode(bytes, header.format());
    }

    /** A direct buffer is read where it is, bytes on the heap are copied once. */
    private static BytePointer nativeBytes(ByteBuffer content) {
        if (content.isDirect()) {
            return new BytePointer(content.slice());
        }
        byte[] heap = new byte[content.remaining()];
        content.get(content.position(), heap);
        return new BytePointer(heap);
    }
}
