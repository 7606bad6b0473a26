package org.semblance.engine.media;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The first image file directory of a TIFF, as far as it matters here (TIFF 6.0, sections 2, 8, 15, 18 and 19).
 *
 * @param bits of the first sample of a pixel
 * @param grey whether a pixel is one sample, alpha aside
 * @param tileWidth 1 if the picture is not tiled
 * @param tileHeight 1 if the picture is not tiled
 * @param unassociatedAlphaAt the offset of the 16-bit number that says that colours are not multiplied by alpha, or -1 if
 *     nothing says so
 */
public record TiffDirectory(
        long width,
        long height,
        long bits,
        boolean floatingPoint,
        boolean grey,
        long tileWidth,
        long tileHeight,
        long unassociatedAlphaAt) {
    private static final int IMAGE_WIDTH = 256;
    private static final int IMAGE_LENGTH = 257;
    private static final int BITS_PER_SAMPLE = 258;
    private static final int PHOTOMETRIC = 262;
    private static final int SAMPLES_PER_PIXEL = 277;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_LENGTH = 323;
    private static final int EXTRA_SAMPLES = 338;
    private static final int SAMPLE_FORMAT = 339;

    private static final int TYPE_SHORT = 3;
    private static final int UNASSOCIATED_ALPHA = 2;
    private static final int IEEE_FLOAT = 3;
    private static final int BLACK_IS_ZERO = 1;

    /**
     * Reads the bytes between position and limit (which stay as they are); they open with a TIFF's magic bytes.
     *
     * @throws MediaException if the directory is not within the file, or its offsets have 64 bits
     */
    public static TiffDirectory read(ByteBuffer content) throws MediaException {
        ByteOrder order = content.get(content.position()) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        FileBytes b = new FileBytes(MediaFormat.TIFF, content, order);
        if (b.u16(2) != 42) {
            throw MediaException.unsupported(MediaFormat.TIFF, "offsets of 64 bits (BigTIFF)");
        }
        long directory = b.u32(4);
        int entries = b.u16(directory);
        long width = 0;
        long height = 0;
        long bits = 1;
        long format = 0;
        long photometric = Long.MAX_VALUE;
        long samples = 1;
        long tileWidth = 1;
        long tileHeight = 1;
        long alphaAt = -1;
        for (int i = 0; i < entries; i++) {
            long entry = directory + 2 + 12L * i;
            switch (b.u16(entry)) {
                case IMAGE_WIDTH -> width = value(b, entry);
                case IMAGE_LENGTH -> height = value(b, entry);
                case BITS_PER_SAMPLE -> bits = value(b, entry);
                case PHOTOMETRIC -> photometric = value(b, entry);
                case SAMPLES_PER_PIXEL -> samples = value(b, entry);
                case TILE_WIDTH -> tileWidth = value(b, entry);
                case TILE_LENGTH -> tileHeight = value(b, entry);
                case SAMPLE_FORMAT -> format = value(b, entry);
                case EXTRA_SAMPLES -> {
                    if (isShort(b, entry) && value(b, entry) == UNASSOCIATED_ALPHA) {
                        alphaAt = valueAt(b, entry);
                    }
                }
                default -> {}
            }
        }
        boolean grey = samples <= 2 && photometric <= BLACK_IS_ZERO;
        return new TiffDirectory(width, height, bits, format == IEEE_FLOAT, grey, tileWidth, tileHeight, alphaAt);
    }

    /** The first value of an entry of shorts or longs. */
    private static long value(FileBytes b, long entry) throws MediaException {
        long at = valueAt(b, entry);
        return isShort(b, entry) ? b.u16(at) : b.u32(at);
    }

    /** Where the first value is: in the entry itself if all of them fit into its four bytes. */
    private static long valueAt(FileBytes b, long entry) throws MediaException {
        long bytes = b.u32(entry + 4) * (isShort(b, entry) ? 2 : 4);
        return bytes <= 4 ? entry + 8 : b.u32(entry + 8);
    }

    private static boolean isShort(FileBytes b, long entry) throws MediaException {
        return b.u16(entry + 2) == TYPE_SHORT;
    }
}
