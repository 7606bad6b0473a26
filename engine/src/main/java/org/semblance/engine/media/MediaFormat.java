package org.semblance.engine.media;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What a file is, told from its first bytes alone: a name or a declared type is the sender's claim, and an upload whose
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
    /** HEIF with pictures of another codec. */
    HEIF(Support.NO_DECODER),
    JXL(Support.NO_DECODER),
    JP2(Support.NO_DECODER),
    ICO(Support.NO_DECODER),
    PSD(Support.NO_DECODER),
    SVG(Support.NOT_PIXELS),
    PDF(Support.NOT_PIXELS),
    MP4(Support.VIDEO),
    /** Matroska and WebM, which is a subset of it. */
    MKV(Support.VIDEO),
    AVI(Support.VIDEO),
    FLV(Support.VIDEO),
    MPEG(Support.VIDEO),
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

    /** How far into a text the opening tag of a drawing is looked for. */
    private static final int SVG_WINDOW = 1024;

    /** A transport stream's packet, each of which opens with a {@code G}. */
    private static final int TS_PACKET = 188;

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
        ByteBuffer b = content.slice();
        if (starts(b, 0, "\u00FF\u00D8\u00FF")) {
            return JPEG;
        } else if (starts(b, 0, "\u0089PNG\r\n\u001A\n")) {
            return PNG;
        } else if (starts(b, 0, "GIF87a") || starts(b, 0, "GIF89a")) {
            return GIF;
        } else if (starts(b, 0, "RIFF")) {
            return starts(b, 8, "WEBP") ? WEBP : starts(b, 8, "AVI ") ? AVI : UNKNOWN;
        } else if (starts(b, 0, "II*\0") || starts(b, 0, "MM\0*") || starts(b, 0, "II+\0") || starts(b, 0, "MM\0+")) {
            return TIFF;
        } else if (starts(b, 4, "ftyp")) {
            return ofBrands(b);
        } else if (starts(b, 0, "BM") && isBmpHeader(b)) {
            return BMP;
        } else if (starts(b, 0, "\u00FF\n") || starts(b, 4, "JXL \r\n\u0087\n")) {
            return JXL;
        } else if (starts(b, 4, "jP  \r\n\u0087\n") || starts(b, 0, "\u00FFO\u00FFQ")) {
            return JP2;
        } else if (starts(b, 0, "8BPS")) {
            return PSD;
        } else if (starts(b, 0, "\0\0\1\0") && b.limit() > 22) {
            return ICO;
        } else if (starts(b, 0, "%PDF-")) {
            return PDF;
        } else if (starts(b, 0, "\u001AE\u00DF\u00A3")) {
            return MKV;
        } else if (starts(b, 4, "moov") || starts(b, 4, "mdat") || starts(b, 4, "moof") || starts(b, 4, "styp")) {
            return MP4;
        } else if (starts(b, 0, "FLV\1")) {
            return FLV;
        } else if (starts(b, 0, "\0\0\1\u00BA")
                || starts(b, 0, "\0\0\1\u00B3")
                || (starts(b, 0, "G") && starts(b, TS_PACKET, "G") && starts(b, 2 * TS_PACKET, "G"))) {
            return MPEG;
        }
        return isSvg(b) ? SVG : UNKNOWN;
    }

    /** {@code BM} alone opens many a text, so the size of the header that follows must be one that exists. */
    private static boolean isBmpHeader(ByteBuffer b) {
        return b.limit() >= 18 && b.get(15) == 0 && b.get(16) == 0 && b.get(17) == 0 && (b.get(14) & 0xFF) >= 12;
    }

    /** ISO base media: the major brand decides, and for the brand that leaves the codec open the compatible ones. */
    private static MediaFormat ofBrands(ByteBuffer b) {
        MediaFormat major = ofBrand(b, 8);
        if (major != HEIF) {
            return major;
        }
        long size = b.getInt(0) & 0xFFFFFFFFL;
        for (int at = 16; at + 4 <= Math.min(size, b.limit()); at += 4) {
            MediaFormat compatible = ofBrand(b, at);
            if (compatible == HEIC || compatible == AVIF) {
                return compatible;
            }
        }
        return HEIF;
    }

    private static MediaFormat ofBrand(ByteBuffer b, int at) {
        if (starts(b, at, "avif") || starts(b, at, "avis")) {
            return AVIF;
        } else if (starts(b, at, "heic") || starts(b, at, "heix") || starts(b, at, "heim") || starts(b, at, "heis")) {
            return HEIC;
        } else if (starts(b, at, "mif1") || starts(b, at, "msf1") || starts(b, at, "mif2")) {
            return HEIF;
        }
        return MP4;
    }

    private static boolean isSvg(ByteBuffer b) {
        byte[] head = new byte[Math.min(SVG_WINDOW, b.limit())];
        b.get(0, head);
        String text = new String(head, StandardCharsets.ISO_8859_1);
        String start = text.startsWith("\u00EF\u00BB\u00BF") ? text.substring(3) : text;
        start = start.stripLeading();
        return start.startsWith("<svg") || (start.startsWith("<") && start.contains("<svg"));
    }

    /** Whether the bytes at {@code at} are the Latin-1 characters of {@code magic}. */
    private static boolean starts(ByteBuffer b, int at, String magic) {
        if (b.limit() - at < magic.length()) {
            return false;
        }
        for (int i = 0; i < magic.length(); i++) {
            if ((b.get(at + i) & 0xFF) != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
