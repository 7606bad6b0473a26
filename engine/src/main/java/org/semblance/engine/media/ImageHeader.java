package org.semblance.engine.media;

import static org.semblance.engine.media.FileBytes.key;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;
import org.semblance.engine.media.HeifBoxes.Extent;

/**
 * The claims of a file about its picture, before anything is decoded. Read in Java, because here is decided whether native code
 * sees the bytes at all, and how much memory they may make it ask for.
 *
 * @param width columns, at least 1; 1 for a format whose header only its decoder reads, which checks the limit itself
 * @param height rows, at least 1; 1 where the width is 1 for that reason; {@code width * height} is within the limit it was read with
 * @param grey whether the picture is stored as one channel. PDQ's luma of such a picture is the sample itself, while
 *     that of a colour picture is a sum of three products, even if all its pixels are grey: the two differ in the last
 *     bit for 35 of the 256 values, which is enough to flip a bit of the hash.
 * @param sound whether the file's structure is such that a strict decoder may see it; otherwise a lenient one has to
 */
public record ImageHeader(MediaFormat format, int width, int height, boolean grey, boolean sound) {
    /**
     * Scans of a progressive JPEG beyond which it is refused: each makes the decoder visit every pixel again, for a few
     * bytes of file. Encoders write about 10.
     */
    private static final int MAX_SCANS = 100;

    /** A picture of fewer pixels is no burden, however small its file. */
    private static final long MANY_PIXELS = 8_000_000;

    /** Photos have some 10 pixels for each byte, drawings up to 100. */
    private static final int MOST_PIXELS_PER_BYTE = 128;

    /** BMP has at least one bit for each pixel, but for its compression by runs, which few programs write. */
    private static final int MOST_PIXELS_PER_BYTE_OF_BMP = 8;

    /** So long a photo can wait without being late. */
    private static final int HEAVY_MILLIS = 25;

    /**
     * Reads the header of the bytes between position and limit (which stay as they are).
     *
     * @param format what {@link MediaFormat#detect} gave for them
     * @throws MediaException if the format is unsupported, the header damaged, or a limit exceeded
     */
    public static ImageHeader read(ByteBuffer content, MediaFormat format, MediaLimits limits) throws MediaException {
        limits.checkBytes(format, content.remaining());
        ImageHeader header = read(content, format, limits, MAX_SCANS);
        limits.checkPixels(format, header.width, header.height);
        return header;
    }

    /**
     * Tells whether a picture is far larger than its file: the picture has more than 8 megapixels, and more than 128 pixels for each byte of the file,
     * or 8 if the file is a BMP. Such a picture takes as long to decode as any of its size, and costs its sender next to nothing.
     *
     * @param content between position and limit, which stay as they are
     * @param format what {@link MediaFormat#detect} gave for them
     */
    public static boolean isInflated(ByteBuffer content, MediaFormat format) {
        long bytes = content.remaining();
        int most = format == MediaFormat.BMP ? MOST_PIXELS_PER_BYTE_OF_BMP : MOST_PIXELS_PER_BYTE;
        if (bytes > MediaLimits.DEFAULT.maxPixels() / most) {
            return false;
        }
        try {
            ImageHeader header = read(content, format, MediaLimits.DEFAULT, Integer.MAX_VALUE);
            long pixels = (long) header.width * header.height;
            return pixels > MANY_PIXELS && pixels / most > bytes;
        } catch (MediaException e) {
            return false;
        }
    }

    /**
     * Tells whether a picture takes more than some {@value #HEAVY_MILLIS} ms to decode, by its format and its size.
     *
     * @param content between position and limit, which stay as they are
     * @param format what {@link MediaFormat#detect} gave for them
     */
    public static boolean isHeavy(ByteBuffer content, MediaFormat format) {
        try {
            ImageHeader header = read(content, format, MediaLimits.DEFAULT, Integer.MAX_VALUE);
            return (long) header.width * header.height * nanosPerPixel(format) > HEAVY_MILLIS * 1_000_000L;
        } catch (MediaException e) {
            return false;
        }
    }

    /** Of the fast path, on a core of 2020 or so; {@code docs/performance.md} has the measurements for most. */
    private static int nanosPerPixel(MediaFormat format) {
        return switch (format) {
            case JPEG, BMP -> 3; // A large JPEG is decoded at a reduced size.
            case PNG, TIFF, GIF -> 12;
            default -> 14;
        };
    }

    private static ImageHeader read(ByteBuffer content, MediaFormat format, MediaLimits limits, int maxScans)
            throws MediaException {
        return switch (format) {
            case JPEG -> jpeg(new FileBytes(format, content, ByteOrder.BIG_ENDIAN), maxScans);
            case PNG -> png(new FileBytes(format, content, ByteOrder.BIG_ENDIAN));
            case WEBP -> webp(new FileBytes(format, content, ByteOrder.LITTLE_ENDIAN));
            case GIF -> gif(new FileBytes(format, content, ByteOrder.LITTLE_ENDIAN));
            case BMP -> bmp(new FileBytes(format, content, ByteOrder.LITTLE_ENDIAN));
            case TIFF -> tiff(content, limits);
            case HEIC, AVIF -> heif(format, content, limits);
            default -> {
                if (!format.isSupportedImage()) {
                    throw MediaException.unsupported(format, format.unsupportedReason());
                }
                yield new ImageHeader(format, 1, 1, false, false);
            }
        };
    }

    /** ITU-T T.81, annex B: marker segments up to the frame header. */
    private static ImageHeader jpeg(FileBytes b, int maxScans) throws MediaException {
        long at = 2;
        while (true) {
            while (b.u8(at) != 0xFF) {
                at++; // Decoders skip stray bytes between segments, so they are no reason to refuse.
            }
            while (b.u8(at) == 0xFF) {
                at++;
            }
            int marker = b.u8(at++);
            if (isFrameHeader(marker)) {
                if ((marker == 0xC2 || marker == 0xCA) && maxScans < Integer.MAX_VALUE) {
                    checkScans(b, at, maxScans);
                }
                boolean sound = b.u8(at + 2) == 8;
                return new ImageHeader(MediaFormat.JPEG, b.u16(at + 5), b.u16(at + 3), b.u8(at + 7) == 1, sound);
            } else if (marker == 0xDA || marker == 0xD9) {
                throw MediaException.corrupt(MediaFormat.JPEG, "no frame header before offset " + at);
            } else if (marker != 0 && marker != 0x01 && (marker < 0xD0 || marker > 0xD8)) {
                at += Math.max(2, b.u16(at)); // A length below 2 is taken for 2, as decoders do.
            }
        }
    }

    private static boolean isFrameHeader(int marker) {
        return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    private static void checkScans(FileBytes b, long frameHeader, int most) throws MediaException {
        int scans = 0;
        int end = b.size() - 1;
        for (int at = (int) frameHeader; at < end; at++) {
            if (b.u8(at) == 0xFF && b.u8(at + 1) == 0xDA && ++scans > most) {
                throw MediaException.tooLarge(MediaFormat.JPEG, "more than " + most + " scans");
            }
        }
    }

    /**
     * W3C PNG, section 5. All chunks are walked: libpng's caller allocates what a chunk's length says before it finds
     * that the bytes are not there, 2.1 GB for a file of 105 bytes.
     */
    private static ImageHeader png(FileBytes b) throws MediaException {
        if (b.u32(8) != 13 || b.i32(12) != key("IHDR")) {
            throw MediaException.corrupt(MediaFormat.PNG, "no IHDR of 13 bytes at offset 8");
        }
        boolean data = false;
        boolean sound = true;
        for (long at = 8; at < b.size() && sound; ) {
            if (at + 8 > b.size()) {
                break;
            }
            long length = b.u32(at);
            int type = b.i32(at + 4);
            sound = length <= b.size() - at - 12;
            data |= type == key("IDAT");
            if (type == key("IEND")) {
                break;
            }
            at += length + 12;
        }
        if (!data) {
            throw MediaException.corrupt(MediaFormat.PNG, "no IDAT chunk");
        }
        int colourType = b.u8(25);
        boolean grey = colourType == 0 || colourType == 4;
        return new ImageHeader(MediaFormat.PNG, clamp(b.u32(16)), clamp(b.u32(20)), grey, sound);
    }

    /** RFC 9649, sections 2.5 to 2.7. */
    private static ImageHeader webp(FileBytes b) throws MediaException {
        String chunk = "" + (char) b.u8(12) + (char) b.u8(13) + (char) b.u8(14) + (char) b.u8(15);
        return switch (chunk) {
            case "VP8 " -> {
                if (b.u24(23) != 0x2A019D) {
                    throw MediaException.corrupt(MediaFormat.WEBP, "no key frame at offset 20");
                }
                yield colour(MediaFormat.WEBP, b.u16(26) & 0x3FFF, b.u16(28) & 0x3FFF);
            }
            case "VP8L" -> {
                if (b.u8(20) != 0x2F) {
                    throw MediaException.corrupt(MediaFormat.WEBP, "no lossless signature at offset 20");
                }
                int bits = b.i32(21);
                yield colour(MediaFormat.WEBP, (bits & 0x3FFF) + 1, (bits >>> 14 & 0x3FFF) + 1);
            }
            case "VP8X" -> colour(MediaFormat.WEBP, b.u24(24) + 1, b.u24(27) + 1);
            default -> throw MediaException.corrupt(MediaFormat.WEBP, "no picture chunk at offset 12");
        };
    }

    /** GIF89a, section 18: the logical screen; or more, if the first picture lies outside of it. */
    private static ImageHeader gif(FileBytes b) throws MediaException {
        int width = b.u16(6);
        int height = b.u16(8);
        OptionalLong first = Animation.firstGifPicture(b);
        if (first.isEmpty()) {
            return new ImageHeader(MediaFormat.GIF, Math.max(1, width), Math.max(1, height), false, false);
        }
        long at = first.getAsLong();
        int right = b.u16(at + 1) + b.u16(at + 5);
        int bottom = b.u16(at + 3) + b.u16(at + 7);
        boolean sound = right <= width && bottom <= height;
        return new ImageHeader(MediaFormat.GIF, Math.max(width, right), Math.max(height, bottom), false, sound);
    }

    /** The first header has sides of 16 bits; a negative height means rows from the top down. */
    private static ImageHeader bmp(FileBytes b) throws MediaException {
        if (b.u32(14) == 12) {
            return colour(MediaFormat.BMP, b.u16(18), b.u16(20));
        }
        return colour(MediaFormat.BMP, clamp(Math.max(0, b.i32(18))), clamp(Math.abs((long) b.i32(22))));
    }

    private static ImageHeader tiff(ByteBuffer content, MediaLimits limits) throws MediaException {
        TiffDirectory directory = TiffDirectory.read(content);
        // A tile is decoded whole, however little of it the picture uses.
        limits.checkPixels(MediaFormat.TIFF, directory.tileWidth(), directory.tileHeight());
        boolean sound = !directory.floatingPoint() && directory.bits() <= 16;
        return new ImageHeader(
                MediaFormat.TIFF, clamp(directory.width()), clamp(directory.height()), directory.grey(), sound);
    }

    /** Every picture in the file must be within the limits, since the decoder may open more than the one it returns. */
    private static ImageHeader heif(MediaFormat format, ByteBuffer content, MediaLimits limits) throws MediaException {
        Extent largest = null;
        for (Extent extent : HeifBoxes.extents(format, content)) {
            limits.checkPixels(format, extent.width(), extent.height());
            if (largest == null || extent.pixels() > largest.pixels()) {
                largest = extent;
            }
        }
        if (largest == null) {
            throw MediaException.corrupt(format, "no ispe box, so no picture has a size");
        }
        return colour(format, clamp(largest.width()), clamp(largest.height()));
    }

    private static ImageHeader colour(MediaFormat format, int width, int height) {
        return new ImageHeader(format, width, height, false, true);
    }

    /** A side too long for an {@code int} stays too long for any limit. */
    private static int clamp(long side) {
        return (int) Math.min(side, Integer.MAX_VALUE);
    }
}
