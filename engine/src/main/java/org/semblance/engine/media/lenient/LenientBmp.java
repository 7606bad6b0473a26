package org.semblance.engine.media.lenient;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;

/**
 * BMP with headers of 12 to 124 bytes, 1 to 32 bits a pixel, with and without masks and run lengths; as a file, or as the
 * picture in an icon, which has no file header and a mask behind it.
 */
final class LenientBmp {
    private static final int FILE_HEADER = 14;
    private static final int CORE_HEADER = 12;
    private static final int SHORTEST_HEADER = 16;
    private static final int INFO_HEADER = 40;

    private static final int RLE8 = 1;
    private static final int RLE4 = 2;
    private static final int BIT_FIELDS = 3;
    private static final int ALPHA_BIT_FIELDS = 6;

    private final MediaFormat format;
    private final ByteBuffer file;
    private final int width;
    private final int height;
    private final boolean topDown;
    private final int bits;
    private final int compression;
    private final int palette;
    private final int paletteEntry;
    private final int colours;
    private final int data;
    private final int[] masks = new int[3];

    /** Rows of the file that were read, from its first on. */
    private int rows;

    /**
     * @param header where the header begins
     * @param dataAt where the pixels begin, or 0 for behind header and palette
     */
    private LenientBmp(MediaFormat format, ByteBuffer file, int header, int dataAt, MediaLimits limits)
            throws MediaException {
        this.format = format;
        this.file = file;
        require(header, CORE_HEADER);
        long size = file.getInt(header) & 0xFFFFFFFFL;
        boolean core = size == CORE_HEADER;
        // OS/2 allows the header to end behind any field; what is not there is 0.
        boolean isShort = size < INFO_HEADER;
        require(header, core ? CORE_HEADER : isShort ? SHORTEST_HEADER : INFO_HEADER);
        long rawHeight = core ? file.getShort(header + 6) & 0xFFFF : file.getInt(header + 8);
        long rawWidth = core ? file.getShort(header + 4) & 0xFFFF : file.getInt(header + 4);
        // Behind the picture of an icon stands its mask, and both are counted.
        long rawRows = format == MediaFormat.ICO ? Math.abs(rawHeight) / 2 : Math.abs(rawHeight);
        limits.checkPixels(format, rawWidth, rawRows);
        width = (int) rawWidth;
        height = (int) rawRows;
        topDown = rawHeight < 0;
        bits = file.getShort(header + (core ? 10 : 14));
        compression = isShort ? 0 : file.getInt(header + 16);
        boolean ownMasks = !isShort && (compression == BIT_FIELDS || compression == ALPHA_BIT_FIELDS);
        int masksAt = header + INFO_HEADER;
        int behind = (int) Math.min(file.limit(), header + size);
        if (ownMasks && size == INFO_HEADER) {
            behind = Math.min(file.limit(), behind + (compression == BIT_FIELDS ? 12 : 16));
        }
        if (ownMasks && masksAt + 12 <= file.limit()) {
            for (int i = 0; i < 3; i++) {
                masks[i] = file.getInt(masksAt + 4 * i);
            }
        } else if (bits == 16) {
            masks[0] = 0x7C00;
            masks[1] = 0x3E0;
            masks[2] = 0x1F;
        } else {
            masks[0] = 0xFF0000;
            masks[1] = 0xFF00;
            masks[2] = 0xFF;
        }
        palette = behind;
        paletteEntry = core ? 3 : 4;
        long told = isShort ? 0 : file.getInt(header + 32) & 0xFFFFFFFFL;
        int most = bits > 0 && bits <= 8 ? 1 << bits : 0;
        int numbered = told == 0 || told > most ? most : (int) told;
        int dataBehind = palette + numbered * paletteEntry;
        data = dataAt >= palette && dataAt < file.limit() ? dataAt : dataBehind;
        colours = most == 0 ? 0 : Math.min(numbered, (Math.min(data, file.limit()) - palette) / paletteEntry);
    }

    static LenientBmp ofFile(ByteBuffer content, MediaLimits limits) throws MediaException {
        ByteBuffer file = content.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (file.limit() < FILE_HEADER) {
            throw MediaException.corrupt(MediaFormat.BMP, "the file ends within its header");
        }
        return new LenientBmp(MediaFormat.BMP, file, FILE_HEADER, file.getInt(10), limits);
    }

    /** @param content the picture alone, without the icon's directory */
    static LenientBmp ofIcon(ByteBuffer content, MediaLimits limits) throws MediaException {
        return new LenientBmp(MediaFormat.ICO, content.slice().order(ByteOrder.LITTLE_ENDIAN), 0, 0, limits);
    }

    private void require(int at, int bytes) throws MediaException {
        if (file.limit() - at < bytes) {
            throw MediaException.corrupt(format, "the file ends within its header");
        }
    }

    DecodedImage decode() throws MediaException {
        boolean runs = (compression == RLE8 && bits == 8) || (compression == RLE4 && bits == 4);
        boolean plain = compression == 0 || compression == BIT_FIELDS || compression == ALPHA_BIT_FIELDS;
        boolean knownBits = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
        if (!knownBits || !(runs || plain)) {
            throw MediaException.unsupported(format, bits + " bits a pixel with compression " + compression);
        }
        try (Raster raster = new Raster(width, height, false)) {
            if (runs) {
                runs(raster);
            } else {
                plain(raster);
            }
            return topDown ? raster.image(format, 0, rows) : raster.image(format, height - rows, height);
        }
    }

    private void plain(Raster raster) {
        long stride = ((long) width * bits + 31) / 32 * 4;
        for (int y = 0; y < height; y++) {
            long start = data + y * stride;
            if (start + ((long) width * bits + 7) / 8 > file.limit()) {
                return;
            }
            for (int x = 0; x < width; x++) {
                pixel(raster, x, y, (int) start);
            }
            rows = y + 1;
        }
    }

    private void pixel(Raster raster, int x, int y, int start) {
        switch (bits) {
            case 16 -> masked(raster, x, y, file.getShort(start + 2 * x) & 0xFFFF);
            case 24 -> {
                int at = start + 3 * x;
                put(raster, x, y, file.get(at + 2), file.get(at + 1), file.get(at));
            }
            case 32 -> masked(raster, x, y, file.getInt(start + 4 * x));
            default -> {
                int bit = x * bits;
                indexed(
                        raster,
                        x,
                        y,
                        (file.get(start + (bit >> 3)) & 0xFF) >> (8 - bits - (bit & 7)) & (1 << bits) - 1);
            }
        }
    }

    private void masked(Raster raster, int x, int y, int pixel) {
        put(raster, x, y, channel(pixel, masks[0]), channel(pixel, masks[1]), channel(pixel, masks[2]));
    }

    /** The bits under the mask, spread over 0..255. */
    private static int channel(int pixel, int mask) {
        if (mask == 0) {
            return 0;
        }
        long value = (pixel & mask & 0xFFFFFFFFL) >>> Integer.numberOfTrailingZeros(mask);
        long most = (mask & 0xFFFFFFFFL) >>> Integer.numberOfTrailingZeros(mask);
        return (int) ((value * 255 + most / 2) / most);
    }

    private void indexed(Raster raster, int x, int y, int number) {
        int at = palette + paletteEntry * number;
        if (number < colours) {
            put(raster, x, y, file.get(at + 2), file.get(at + 1), file.get(at));
        } else {
            put(raster, x, y, 0, 0, 0);
        }
    }

    private void put(Raster raster, int x, int y, int red, int green, int blue) {
        raster.colour(x, topDown ? y : height - 1 - y, red, green, blue);
    }

    /** Pairs of a count and colour numbers; a count of 0 escapes. What a row has too much is dropped. */
    private void runs(Raster raster) {
        int at = data;
        int x = 0;
        int y = 0;
        while (at + 2 <= file.limit() && y < height) {
            int count = file.get(at) & 0xFF;
            int value = file.get(at + 1) & 0xFF;
            at += 2;
            if (count > 0) {
                for (int i = 0; i < Math.min(count, width - x); i++) {
                    indexed(raster, x + i, y, number(value, i));
                }
                x = Math.min(width, x + count);
                continue;
            }
            switch (value) {
                case 0 -> {
                    x = 0;
                    rows = ++y;
                }
                case 1 -> {
                    rows = height; // The rest is background.
                    return;
                }
                case 2 -> {
                    if (at + 2 > file.limit()) {
                        return;
                    }
                    x = Math.min(width, x + (file.get(at) & 0xFF));
                    y += file.get(at + 1) & 0xFF;
                    rows = Math.min(height, y);
                    at += 2;
                }
                default -> {
                    int bytes = bits == 8 ? value : (value + 1) / 2;
                    for (int i = 0; i < Math.min(value, width - x) && at + i * bits / 8 < file.limit(); i++) {
                        indexed(raster, x + i, y, number(file.get(at + i * bits / 8) & 0xFF, i));
                    }
                    x = Math.min(width, x + value);
                    at += bytes + (bytes & 1);
                }
            }
        }
        if (y < height && x >= width) {
            rows = y + 1;
        }
    }

    private int number(int value, int i) {
        return bits == 8 ? value : (i & 1) == 0 ? value >> 4 : value & 15;
    }
}
