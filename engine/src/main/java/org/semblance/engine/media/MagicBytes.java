package org.semblance.engine.media;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** The first bytes of the formats that {@link MediaFormat} names. */
final class MagicBytes {
    /** How far into a text the opening tag of a drawing is looked for. */
    private static final int SVG_WINDOW = MediaSource.HEAD_BYTES;

    /** A transport stream's packet, which opens with a {@code G}; on Blu-ray discs a time stands before each. */
    private static final int TS_PACKET = 188;

    private static final int TS_TIME = 4;

    private static final int TGA_HEADER = 18;

    /**
     * One pattern.
     *
     * @param at offset from the start of the file
     * @param bytes as Latin-1 characters
     */
    private record Magic(MediaFormat format, int at, String bytes) {
        Magic(MediaFormat format, String bytes) {
            this(format, 0, bytes);
        }

        boolean matches(ByteBuffer b) {
            if (b.limit() - at < bytes.length()) {
                return false;
            }
            for (int i = 0; i < bytes.length(); i++) {
                if ((b.get(at + i) & 0xFF) != bytes.charAt(i)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Patterns that decide alone; a longer one stands before a shorter one with the same beginning. */
    private static final List<Magic> ALL = List.of(
            new Magic(MediaFormat.JPEG_LS, "\u00FF\u00D8\u00FF\u00F7"),
            new Magic(MediaFormat.JPEG, "\u00FF\u00D8\u00FF"),
            new Magic(MediaFormat.PNG, "\u0089PNG\r\n\u001A\n"),
            new Magic(MediaFormat.GIF, "GIF87a"),
            new Magic(MediaFormat.GIF, "GIF89a"),
            new Magic(MediaFormat.TIFF, "II*\0"),
            new Magic(MediaFormat.TIFF, "MM\0*"),
            new Magic(MediaFormat.TIFF, "II+\0"),
            new Magic(MediaFormat.TIFF, "MM\0+"),
            new Magic(MediaFormat.JXL, "\u00FF\n"),
            new Magic(MediaFormat.JXL, 4, "JXL \r\n\u0087\n"),
            new Magic(MediaFormat.JP2, 4, "jP  \r\n\u0087\n"),
            new Magic(MediaFormat.JP2, "\u00FFO\u00FFQ"),
            new Magic(MediaFormat.PSD, "8BPS\0\1"),
            new Magic(MediaFormat.QOI, "qoif"),
            new Magic(MediaFormat.DDS, "DDS |\0\0\0"),
            new Magic(MediaFormat.SGI, "\1\u00DA"),
            new Magic(MediaFormat.SUN, "Y\u00A6j\u0095"),
            new Magic(MediaFormat.DPX, "SDPX"),
            new Magic(MediaFormat.DPX, "XPDS"),
            new Magic(MediaFormat.EXR, "v/1\1"),
            new Magic(MediaFormat.HDR, "#?RADIANCE"),
            new Magic(MediaFormat.HDR, "#?RGBE"),
            new Magic(MediaFormat.XPM, "/* XPM */"),
            new Magic(MediaFormat.PICT, 522, "\0\u0011\2\u00FF\f\0"),
            new Magic(MediaFormat.PICT, 522, "\u0011\1"),
            new Magic(MediaFormat.PDF, "%PDF-"),
            new Magic(MediaFormat.MKV, "\u001AE\u00DF\u00A3"),
            new Magic(MediaFormat.MP4, 4, "moov"),
            new Magic(MediaFormat.MP4, 4, "mdat"),
            new Magic(MediaFormat.MP4, 4, "moof"),
            new Magic(MediaFormat.MP4, 4, "styp"),
            new Magic(MediaFormat.MP4, 4, "wide"),
            new Magic(MediaFormat.MP4, 4, "free"),
            new Magic(MediaFormat.MP4, 4, "skip"),
            new Magic(MediaFormat.MP4, 4, "pnot"),
            new Magic(MediaFormat.FLV, "FLV\1"),
            new Magic(MediaFormat.MPEG, "\0\0\1\u00BA"),
            new Magic(MediaFormat.ASF, "0&\u00B2u\u008Ef\u00CF\u0011"),
            new Magic(MediaFormat.OGG, "OggS"),
            new Magic(MediaFormat.MXF, "\6\u000E+4\2\5\1\1\r\1\2"),
            new Magic(MediaFormat.DV, "\u001F\7\0"),
            new Magic(MediaFormat.RM, ".RMF"),
            // Bare streams open with a start code: H.264, HEVC, VVC, MPEG-1, 2 and 4, VC-1.
            new Magic(MediaFormat.VIDEO, "\0\0\1"),
            new Magic(MediaFormat.VIDEO, "\0\0\0\1"),
            new Magic(MediaFormat.VIDEO, "\u0012\0\n"), // AV1: a temporal delimiter and a sequence header
            new Magic(MediaFormat.VIDEO, "BBCD"), // Dirac
            new Magic(MediaFormat.VIDEO, "DKIF"), // IVF
            new Magic(MediaFormat.VIDEO, "YUV4MPEG2"),
            new Magic(MediaFormat.VIDEO, "nut/multimedia container"),
            new Magic(MediaFormat.VIDEO, "\0\0\0\0\1\u00BC"), // GXF
            new Magic(MediaFormat.VIDEO, "\u00B7\u00D8\0 7I\u00DA\u0011"), // WTV
            new Magic(MediaFormat.VIDEO, "\u00F5F{\u00BD"), // TiVo
            new Magic(MediaFormat.VIDEO, "LEITCH\0\0"),
            new Magic(MediaFormat.VIDEO, "LUCAM-RECORDER"),
            new Magic(MediaFormat.VIDEO, "MLVI"),
            new Magic(MediaFormat.VIDEO, "NSV"),
            new Magic(MediaFormat.VIDEO, "FILM"),
            new Magic(MediaFormat.VIDEO, "CRID"),
            new Magic(MediaFormat.VIDEO, "BIK"),
            new Magic(MediaFormat.VIDEO, "KB2"),
            new Magic(MediaFormat.VIDEO, "SMK2"),
            new Magic(MediaFormat.VIDEO, "SMK4"),
            new Magic(MediaFormat.VIDEO, "SANM"),
            new Magic(MediaFormat.VIDEO, "ANIM"),
            new Magic(MediaFormat.VIDEO, "MVhd"),
            new Magic(MediaFormat.VIDEO, "SCHl"),
            new Magic(MediaFormat.VIDEO, "kVGT"),
            new Magic(MediaFormat.VIDEO, "AVP6"),
            new Magic(MediaFormat.VIDEO, "MPCh"),
            new Magic(MediaFormat.VIDEO, "THP\0"),
            new Magic(MediaFormat.VIDEO, "TMAV"),
            new Magic(MediaFormat.VIDEO, "DEXA"),
            new Magic(MediaFormat.VIDEO, "HNM4"),
            new Magic(MediaFormat.VIDEO, "UVN"),
            new Magic(MediaFormat.VIDEO, "pmpm"),
            new Magic(MediaFormat.VIDEO, "VID\0"),
            new Magic(MediaFormat.VIDEO, "ARMovie\n"),
            new Magic(MediaFormat.VIDEO, "vividas0"),
            new Magic(MediaFormat.VIDEO, "Interplay MVE File"),
            new Magic(MediaFormat.VIDEO, "\u0084\u0010\u00FF\u00FF\u00FF\u00FF"), // RoQ
            new Magic(MediaFormat.VIDEO, "\0\nSMJPEG"),
            new Magic(MediaFormat.VIDEO, "\u0094\u0019\u0011)"), // GDV
            new Magic(MediaFormat.VIDEO, 4, "\u0011\u00AF"), // FLI
            new Magic(MediaFormat.VIDEO, 4, "\u0012\u00AF"), // FLC
            new Magic(MediaFormat.VIDEO, 4, "\u0044\u00AF"), // FLX
            new Magic(MediaFormat.VIDEO, 4, "RED1"),
            new Magic(MediaFormat.VIDEO, "CI,\0"), // CINE
            new Magic(MediaFormat.VIDEO, "AV\1\0U"), // PVA
            new Magic(MediaFormat.VIDEO, "FWS"),
            new Magic(MediaFormat.VIDEO, "CWS"),
            new Magic(MediaFormat.VIDEO, "MOVI"),
            new Magic(MediaFormat.VIDEO, "DFIA"),
            new Magic(MediaFormat.VIDEO, 12, "xobX"));

    private MagicBytes() {}

    /** @param b from its start to its limit */
    static MediaFormat detect(ByteBuffer b) {
        if (starts(b, 0, "RIFF") || starts(b, 0, "RIFX") || starts(b, 0, "FORM")) {
            return ofChunks(b);
        } else if (starts(b, 4, "ftyp")) {
            return ofBrands(b);
        } else if (starts(b, 0, "BM") && isBmpHeader(b)) {
            return MediaFormat.BMP;
        } else if (isIcon(b)) {
            return MediaFormat.ICO;
        } else if (isTransportStream(b, 0, TS_PACKET) || isTransportStream(b, TS_TIME, TS_PACKET + TS_TIME)) {
            return MediaFormat.MPEG;
        }
        for (Magic magic : ALL) {
            if (magic.matches(b)) {
                return magic.format;
            }
        }
        if (starts(b, 0, "\u00FF\u00D8") && b.limit() > 3) {
            return MediaFormat.JPEG; // Decoders skip what stands before the next marker.
        } else if (isWindowDump(b)) {
            return MediaFormat.XWD;
        }
        MediaFormat found = ofPortablePixels(b);
        if (found == MediaFormat.UNKNOWN && isTga(b)) {
            found = MediaFormat.TGA;
        } else if (found == MediaFormat.UNKNOWN && isPcx(b)) {
            found = MediaFormat.PCX;
        }
        return found == MediaFormat.UNKNOWN ? ofText(b) : found;
    }

    private static MediaFormat ofChunks(ByteBuffer b) {
        if (starts(b, 8, "WEBP")) {
            return MediaFormat.WEBP;
        } else if (starts(b, 8, "AVI ") || starts(b, 8, "AVIX")) {
            return MediaFormat.AVI;
        }
        boolean video = Stream.of("4XMV", "MOVE", "ILBM", "ANIM", "PBM ", "ACBM", "RGB8", "RGBN", "DEEP")
                .anyMatch(type -> starts(b, 8, type));
        return video ? MediaFormat.VIDEO : MediaFormat.UNKNOWN;
    }

    /** {@code BM} alone opens many a text, so the size of the header that follows must be one that exists. */
    private static boolean isBmpHeader(ByteBuffer b) {
        return b.limit() >= 18 && b.get(15) == 0 && b.get(16) == 0 && b.get(17) == 0 && (b.get(14) & 0xFF) >= 12;
    }

    /** A directory of at least one picture. A TGA may open with the same four bytes; it has zeros where the count is. */
    private static boolean isIcon(ByteBuffer b) {
        return (starts(b, 0, "\0\0\1\0") || starts(b, 0, "\0\0\2\0"))
                && b.limit() > 22
                && b.get(4) != 0
                && b.get(5) == 0
                && b.get(20) == 0
                && b.get(21) == 0;
    }

    private static boolean isTransportStream(ByteBuffer b, int first, int step) {
        return starts(b, first, "G") && starts(b, first + step, "G") && starts(b, first + 2 * step, "G");
    }

    /** X's window dump: the size of the header, version 7, and a format of pixels. */
    private static boolean isWindowDump(ByteBuffer b) {
        return b.limit() >= 100
                && b.get(0) == 0
                && b.get(1) == 0
                && b.getInt(0) >= 100
                && b.getInt(4) == 7
                && b.getInt(8) >= 0
                && b.getInt(8) <= 2;
    }

    /** Netpbm: a number, then white space or a comment. */
    private static MediaFormat ofPortablePixels(ByteBuffer b) {
        if (b.limit() < 8 || b.get(0) != 'P' || (!Character.isWhitespace(b.get(2)) && b.get(2) != '#')) {
            return MediaFormat.UNKNOWN;
        }
        int next = b.get(3);
        boolean number = (next >= '0' && next <= '9') || next == '#' || Character.isWhitespace(next);
        return switch (b.get(1)) {
            case '1', '4' -> number ? MediaFormat.PBM : MediaFormat.UNKNOWN;
            case '2', '5' -> number ? MediaFormat.PGM : MediaFormat.UNKNOWN;
            case '3', '6' -> number ? MediaFormat.PPM : MediaFormat.UNKNOWN;
            case '7' -> starts(b, 3, "WIDTH") || next == '#' ? MediaFormat.PAM : MediaFormat.UNKNOWN;
            case 'F', 'f' -> number ? MediaFormat.PFM : MediaFormat.UNKNOWN;
            default -> MediaFormat.UNKNOWN;
        };
    }

    /** TGA has no magic bytes: each field of its header must be one that exists. */
    private static boolean isTga(ByteBuffer b) {
        if (b.limit() < TGA_HEADER) {
            return false;
        }
        int map = b.get(1);
        int type = b.get(2);
        int mapBits = b.get(7) & 0xFF;
        int width = (b.get(12) & 0xFF) | (b.get(13) & 0xFF) << 8;
        int height = (b.get(14) & 0xFF) | (b.get(15) & 0xFF) << 8;
        int bits = b.get(16) & 0xFF;
        boolean mapped = type == 1 || type == 9;
        boolean plain = type == 2 || type == 3 || type == 10 || type == 11;
        boolean mapFits = map == 0
                ? !mapped
                : map == 1 && (mapBits == 0 || mapBits == 15 || mapBits == 16 || mapBits == 24 || mapBits == 32);
        boolean bitsFit = bits == 8 || (!mapped && (bits == 15 || bits == 16 || bits == 24 || bits == 32));
        return (mapped || plain) && mapFits && bitsFit && width > 0 && height > 0 && (b.get(17) & 0xC0) == 0;
    }

    private static boolean isPcx(ByteBuffer b) {
        return b.limit() >= 128
                && b.get(0) == 10
                && b.get(1) >= 0
                && b.get(1) <= 5
                && (b.get(2) == 0 || b.get(2) == 1)
                && (b.get(3) == 1 || b.get(3) == 2 || b.get(3) == 4 || b.get(3) == 8);
    }

    /** ISO base media: the major brand decides, and for the brand that leaves the codec open the compatible ones. */
    private static MediaFormat ofBrands(ByteBuffer b) {
        MediaFormat major = ofBrand(b, 8);
        if (major != MediaFormat.HEIF) {
            return major;
        }
        long size = b.getInt(0) & 0xFFFFFFFFL;
        for (int at = 16; at + 4 <= Math.min(size, b.limit()); at += 4) {
            MediaFormat compatible = ofBrand(b, at);
            if (compatible == MediaFormat.HEIC || compatible == MediaFormat.AVIF) {
                return compatible;
            }
        }
        return MediaFormat.HEIF;
    }

    private static MediaFormat ofBrand(ByteBuffer b, int at) {
        if (starts(b, at, "avif") || starts(b, at, "avis")) {
            return MediaFormat.AVIF;
        } else if (starts(b, at, "heic") || starts(b, at, "heix") || starts(b, at, "heim") || starts(b, at, "heis")) {
            return MediaFormat.HEIC;
        } else if (starts(b, at, "mif1") || starts(b, at, "msf1") || starts(b, at, "mif2")) {
            return MediaFormat.HEIF;
        }
        return MediaFormat.MP4;
    }

    private static MediaFormat ofText(ByteBuffer b) {
        byte[] head = new byte[Math.min(SVG_WINDOW, b.limit())];
        b.get(0, head);
        String text = new String(head, StandardCharsets.ISO_8859_1);
        String start = text.startsWith("\u00EF\u00BB\u00BF") ? text.substring(3) : text;
        start = start.stripLeading();
        if (start.startsWith("<svg") || (start.startsWith("<") && start.contains("<svg"))) {
            return MediaFormat.SVG;
        }
        boolean opens = start.startsWith("#define ") || start.startsWith("/*");
        return opens && start.contains("#define ") && start.contains("_width ") ? MediaFormat.XBM : MediaFormat.UNKNOWN;
    }

    private static boolean starts(ByteBuffer b, int at, String magic) {
        return new Magic(MediaFormat.UNKNOWN, at, magic).matches(b);
    }
}
