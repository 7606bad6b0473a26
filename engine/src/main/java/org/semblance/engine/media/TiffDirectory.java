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
    private static final int TYPE_LONG8 = 16;
    private static final int BIG_VERSION = 43;

    /** More than any file has; each is read. */
    private static final int MAX_ENTRIES = 1 << 16;

    private static final int UNASSOCIATED_ALPHA = 2;
    private static final int IEEE_FLOAT = 3;
    private static final int BLACK_IS_ZERO = 1;

    /**
     * Reads the bytes between position and limit (which stay as they are); they open with a TIFF's magic bytes.
     *
     * @throws MediaException if the directory is not within the file
     */
    public static TiffDirectory read(ByteBuffer content) throws MediaException {
        ByteOrder order = content.get(content.position()) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        FileBytes b = new FileBytes(MediaFormat.TIFF, content, order);
        boolean big = b.u16(2) == BIG_VERSION;
        long directory = big ? b.i64(8) : b.u32(4);
        long entries = big ? Math.min(b.i64(directory), MAX_ENTRIES) : b.u16(directory);
        long first = directory + (big ? 8 : 2);
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
            Entry entry = new Entry(b, first + i * (big ? 20L : 12L), big);
            switch (b.u16(entry.at)) {
                case IMAGE_WIDTH -> width = entry.value();
                case IMAGE_LENGTH -> height = entry.value();
                case BITS_PER_SAMPLE -> bits = entry.value();
                case PHOTOMETRIC -> photometric = entry.value();
                case SAMPLES_PER_PIXEL -> samples = entry.value();
                case TILE_WIDTH -> tileWidth = entry.value();
                case TILE_LENGTH -> tileHeight = entry.value();
                case SAMPLE_FORMAT -> format = entry.value();
                case EXTRA_SAMPLES -> {
                    if (entry.isShort() && entry.value() == UNASSOCIATED_ALPHA) {
                        alphaAt = entry.valueAt();
                    }
                }
                default -> {}
            }
        }
        boolean grey = samples <= 2 && photometric <= BLACK_IS_ZERO;
        return new TiffDirectory(width, height, bits, format == IEEE_FLOAT, grey, tileWidth, tileHeight, alphaAt);
    }

    /**
     * An entry of shorts or longs.
     *
     * @param big whether counts and offsets have 64 bits, as in BigTIFF
     */
    private record Entry(FileBytes b, long at, boolean big) {
        /** The first value. */
        long value() throws MediaException {
            long where = valueAt();
            return isShort() ? b.u16(where) : type() == TYPE_LONG8 ? b.i64(where) : b.u32(where);
        }

        /** Where the first value is: in the entry itself if all of them fit into its last field. */
        long valueAt() throws MediaException {
            long count = big ? b.i64(at + 4) : b.u32(at + 4);
            long bytes = isShort() ? 2 : type() == TYPE_LONG8 ? 8 : 4;
            long field = at + (big ? 12 : 8);
            boolean fits = count >= 0 && count <= (big ? 8 : 4) / bytes;
            return fits ? field : big ? b.i64(field) : b.u32(field);
        }

        boolean isShort() throws MediaException {
            return type() == TYPE_SHORT;
        }

        private int type() throws MediaException {
            return b.u16(at + 2);
        }
    }
}
