package org.semblance.engine.media.lenient;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;

/**
 * The first picture of a GIF (GIF89a) of which anything can be read. The screen grows until the picture is on it, as in
 * browsers. Of an interlaced one each row stands for those that did not come.
 */
final class LenientGif {
    private static final int SCREEN_WIDTH = 6;
    private static final int SCREEN_HEIGHT = 8;
    private static final int SCREEN_FLAGS = 10;
    private static final int SCREEN_END = 13;
    private static final int IMAGE = 0x2C;
    private static final int EXTENSION = 0x21;
    private static final int TABLE = 0x80;
    private static final int INTERLACED = 0x40;

    /** Pictures without a row that are passed over: each takes memory for the screen. */
    private static final int MOST_PICTURES = 8;

    private static final int MOST_CODES = 1 << 12;
    private static final int MOST_CODE_SIZE = 11;

    /** Appendix E: where each pass begins, its step, and how many rows a row of it stands for. */
    private static final int[][] PASSES = {{0, 8, 8}, {4, 8, 4}, {2, 4, 2}, {1, 2, 1}};

    private final ByteBuffer file;
    private final MediaLimits limits;

    LenientGif(ByteBuffer content, MediaLimits limits) {
        this.file = content.slice().order(ByteOrder.LITTLE_ENDIAN);
        this.limits = limits;
    }

    DecodedImage decode() throws MediaException {
        if (file.limit() < SCREEN_END) {
            throw MediaException.corrupt(MediaFormat.GIF, "the file ends within its header");
        }
        int at = SCREEN_END + tableBytes(u8(SCREEN_FLAGS));
        int pictures = 0;
        while (at < file.limit() && pictures < MOST_PICTURES) {
            int block = u8(at);
            if (block == EXTENSION) {
                at = behindSubBlocks(at + 2);
            } else if (block == IMAGE && at + 11 <= file.limit()) {
                pictures++;
                DecodedImage image = picture(at);
                if (image != null) {
                    return image;
                }
                at = behindSubBlocks(at + 11 + tableBytes(u8(at + 9)));
            } else {
                at++; // No block of that name: the next may follow.
            }
        }
        throw MediaException.corrupt(MediaFormat.GIF, "no picture in it");
    }

    private int u8(int at) {
        return at < file.limit() ? file.get(at) & 0xFF : 0;
    }

    private int u16(int at) {
        return file.getShort(at) & 0xFFFF;
    }

    private static int tableBytes(int flags) {
        return (flags & TABLE) == 0 ? 0 : 3 << (flags & 7) + 1;
    }

    private int behindSubBlocks(int start) {
        int at = start;
        while (at < file.limit() && u8(at) != 0) {
            at += u8(at) + 1;
        }
        return at + 1;
    }

    /** Null if not a single row can be read. */
    @org.jspecify.annotations.Nullable
    private DecodedImage picture(int descriptor) throws MediaException {
        int left = u16(descriptor + 1);
        int top = u16(descriptor + 3);
        int width = u16(descriptor + 5);
        int height = u16(descriptor + 7);
        int flags = u8(descriptor + 9);
        if (width == 0 || height == 0) {
            width = u16(SCREEN_WIDTH);
            height = u16(SCREEN_HEIGHT);
        }
        int screenWidth = Math.max(u16(SCREEN_WIDTH), left + width);
        int screenHeight = Math.max(u16(SCREEN_HEIGHT), top + height);
        limits.checkPixels(MediaFormat.GIF, screenWidth, screenHeight);
        boolean own = (flags & TABLE) != 0;
        int table = own ? descriptor + 10 : SCREEN_END;
        int colours = tableBytes(own ? flags : u8(SCREEN_FLAGS)) / 3;
        int data = descriptor + 10 + (own ? 3 * colours : 0);
        if (u8(data + 1) == 0) {
            return null; // Without data a screen of any size would be made for nothing.
        }
        try (Raster raster = new Raster(screenWidth, screenHeight, false)) {
            Rows rows = new Rows(raster, left, top, width, height, (flags & INTERLACED) != 0, table, colours);
            unpack(data, rows);
            if (rows.until() == 0) {
                return null;
            }
            boolean whole = rows.until() == height;
            return raster.image(MediaFormat.GIF, whole ? 0 : top, whole ? screenHeight : top + rows.until());
        }
    }

    /** Appendix F: LZW with codes of growing size, lowest bits first. Ends at a code that cannot be. */
    private void unpack(int start, Rows to) {
        int codeSize = u8(start);
        if (codeSize < 1 || codeSize > MOST_CODE_SIZE) {
            return;
        }
        int clear = 1 << codeSize;
        short[] prefix = new short[MOST_CODES];
        byte[] suffix = new byte[MOST_CODES];
        byte[] string = new byte[MOST_CODES + 1];
        int size = codeSize + 1;
        int next = clear + 2;
        int previous = -1;
        int first = 0;
        int bits = 0;
        int buffer = 0;
        int at = start + 1;
        int blockEnd = at;
        while (!to.isFull()) {
            while (bits < size) {
                if (at == blockEnd) {
                    int length = u8(at);
                    if (length == 0) {
                        return;
                    }
                    blockEnd = ++at + length;
                }
                if (at >= file.limit()) {
                    return;
                }
                buffer |= u8(at++) << bits;
                bits += 8;
            }
            int code = buffer & ((1 << size) - 1);
            buffer >>>= size;
            bits -= size;
            if (code == clear) {
                size = codeSize + 1;
                next = clear + 2;
                previous = -1;
                continue;
            } else if (code == clear + 1 || code > next || (code == next && previous < 0)) {
                return;
            }
            int length = 0;
            int rest = code;
            if (code == next) {
                string[length++] = (byte) first;
                rest = previous;
            }
            while (rest >= clear) {
                if (rest <= clear + 1) {
                    return;
                }
                string[length++] = suffix[rest];
                rest = prefix[rest];
            }
            first = rest;
            string[length++] = (byte) rest;
            while (length > 0) {
                to.add(string[--length] & 0xFF);
            }
            if (previous >= 0 && next < MOST_CODES) {
                prefix[next] = (short) previous;
                suffix[next] = (byte) first;
                next++;
                if (next == 1 << size && size < 12) {
                    size++;
                }
            }
            previous = code;
        }
    }

    /** Where the colour numbers of a picture go, as they come. */
    private final class Rows {
        private final Raster raster;
        private final int left;
        private final int top;
        private final int width;
        private final int height;
        private final boolean interlaced;
        private final int table;
        private final int colours;
        private int pass;
        private int x;
        private int y;
        private int until;

        Rows(Raster raster, int left, int top, int width, int height, boolean interlaced, int table, int colours) {
            this.raster = raster;
            this.left = left;
            this.top = top;
            this.width = width;
            this.height = height;
            this.interlaced = interlaced;
            this.table = table;
            this.colours = colours;
        }

        boolean isFull() {
            return interlaced ? pass == PASSES.length : y >= height;
        }

        /** The row of the picture behind the last that is known. */
        int until() {
            return until;
        }

        void add(int number) {
            if (isFull()) {
                return;
            }
            int at = table + 3 * number;
            boolean known = number < colours && at + 3 <= file.limit();
            int rows = interlaced ? PASSES[pass][2] : 1;
            for (int row = y; row < Math.min(height, y + rows); row++) {
                raster.colour(
                        left + x,
                        top + row,
                        known ? file.get(at) : 0,
                        known ? file.get(at + 1) : 0,
                        known ? file.get(at + 2) : 0);
            }
            if (++x == width) {
                x = 0;
                until = Math.max(until, Math.min(height, y + rows));
                nextRow();
            }
        }

        private void nextRow() {
            y += interlaced ? PASSES[pass][1] : 1;
            while (interlaced && y >= height && ++pass < PASSES.length) {
                y = PASSES[pass][0];
            }
        }
    }
}
