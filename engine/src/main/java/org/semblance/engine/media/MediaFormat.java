package org.semblance.engine.media;

import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * The format of a file, told from its first bytes alone: a name or a declared type is the sender's claim, and an upload whose
 * name lies must be matched all the same.
 */
public enum MediaFormat {
    JPEG(Support.IMAGE),
    PNG(Support.IMAGE),
    WEBP(Support.IMAGE),
    GIF(Support.IMAGE),
    BMP(Support.IMAGE),
    TIFF(Support.IMAGE),
    /** HEIF with HEVC pictures, as phones write it. */
    HEIC(Support.IMAGE),
    /** HEIF with AV1 pictures. */
    AVIF(Support.IMAGE),
    /** Windows icons and cursors: the largest picture in the file counts. */
    ICO(Support.IMAGE),
    /** JPEG 2000, in its file format or as a bare code stream. */
    JP2(Support.IMAGE),
    JPEG_LS(Support.IMAGE),
    PSD(Support.IMAGE),
    TGA(Support.IMAGE),
    PBM(Support.IMAGE),
    PGM(Support.IMAGE),
    PPM(Support.IMAGE),
    PAM(Support.IMAGE),
    PFM(Support.IMAGE),
    QOI(Support.IMAGE),
    DDS(Support.IMAGE),
    SGI(Support.IMAGE),
    /** Sun raster files. */
    SUN(Support.IMAGE),
    PCX(Support.IMAGE),
    XBM(Support.IMAGE),
    XPM(Support.IMAGE),
    XWD(Support.IMAGE),
    PICT(Support.IMAGE),
    DPX(Support.IMAGE),
    EXR(Support.IMAGE),
    /** Radiance pictures. */
    HDR(Support.IMAGE),
    /** HEIF with pictures of another codec. */
    HEIF(Support.NO_DECODER),
    JXL(Support.NO_DECODER),
    SVG(Support.NOT_PIXELS),
    PDF(Support.NOT_PIXELS),
    MP4(Support.VIDEO),
    /** Matroska and WebM, which is a subset of it. */
    MKV(Support.VIDEO),
    AVI(Support.VIDEO),
    FLV(Support.VIDEO),
    /** Transport and program streams. */
    MPEG(Support.VIDEO),
    /** Windows Media. */
    ASF(Support.VIDEO),
    OGG(Support.VIDEO),
    MXF(Support.VIDEO),
    DV(Support.VIDEO),
    /** RealMedia. */
    RM(Support.VIDEO),
    /** Other containers and bare streams that FFmpeg reads. */
    VIDEO(Support.VIDEO),
    UNKNOWN(Support.NOT_MEDIA);

    private enum Support {
        IMAGE(""),
        NO_DECODER("no decoder for this format is built in"),
        NOT_PIXELS("a document, not a picture of pixels"),
        VIDEO("a video, not a picture"),
        NOT_MEDIA("its first bytes are those of no format we know");

        final String reason;

        Support(String reason) {
            this.reason = reason;
        }
    }

    private final Support support;

    MediaFormat(Support support) {
        this.support = support;
    }

    /** The name in answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it is an image this engine decodes. */
    public boolean isSupportedImage() {
        return support == Support.IMAGE;
    }

    /** Whether it is a video this engine decodes. */
    public boolean isVideo() {
        return support == Support.VIDEO;
    }

    /** Whether it is an image of which there may be several frames that are all looked at. */
    public boolean canBeAnimated() {
        return this == GIF || this == PNG || this == WEBP;
    }

    /** Why there is no picture in it to decode; empty for a supported image. */
    public String unsupportedReason() {
        return support.reason;
    }

    /** The format of the bytes between position and limit (which stay as they are). */
    public static MediaFormat detect(ByteBuffer content) {
        return MagicBytes.detect(content.slice());
    }
}
