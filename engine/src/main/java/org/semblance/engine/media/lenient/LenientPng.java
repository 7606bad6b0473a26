package org.semblance.engine.media.lenient;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.PngFilter;

/**
 * PNG (W3C PNG, third edition). Of an interlaced file each pixel fills the block that no later pass has reached, so that a
 * file without its last passes shows the whole picture, coarser.
 */
final class LenientPng {
    private static final int SIGNATURE = 8;
    private static final int IHDR = 0x49484452;
    private static final int PLTE = 0x504C5445;
    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454E44;

    private static final int GREY = 0;
    private static final int RGB = 2;
    private static final int PALETTE = 3;
    private static final int GREY_ALPHA = 4;
    private static final int RGB_ALPHA = 6;

    /** Method and flags in front of the compressed data. */
    private static final int ZLIB_HEADER = 2;

    /**
     * A pass over the picture: where its first pixel lies, the steps between its pixels, and the block that each fills.
     * Section 8.1.
     */
    private record Pass(int x, int y, int stepX, int stepY, int blockX, int blockY) {}

    private static final Pass[] WHOLE = {new Pass(0, 0, 1, 1, 1, 1)};
    private static final Pass[] ADAM7 = {
        new Pass(0, 0, 8, 8, 8, 8),
        new Pass(4, 0, 8, 8, 4, 8),
        new Pass(0, 4, 4, 8, 4, 4),
        new Pass(2, 0, 4, 4, 2, 4),
        new Pass(0, 2, 2, 4, 2, 2),
        new Pass(1, 0, 2, 2, 1, 2),
        new Pass(0, 1, 1, 2, 1, 1)
    };

    private final ByteBuffer file;
    private final int width;
    private final int height;
    private final int bits;
    private final int colourType;
    private final Pass[] passes;
    private byte[] palette = new byte[0];

    private int pass = -1;
    private int passWidth;
    private int passHeight;
    private int row;
    private byte[] line = new byte[0];
    private byte[] before = new byte[0];
    private int filled;
    private int knownRows;
    private boolean done;

    /** The pass from which on pixels fill their blocks: those before it are covered by later ones. */
    private int fillFrom;

    LenientPng(ByteBuffer content, MediaLimits limits) throws MediaException {
        file = content.slice().order(ByteOrder.BIG_ENDIAN);
        if (file.limit() < SIGNATURE + 8 + 13 || file.getInt(SIGNATURE + 4) != IHDR) {
            throw corrupt("no IHDR at offset 8");
        }
        limits.checkPixels(MediaFormat.PNG, file.getInt(16) & 0xFFFFFFFFL, file.getInt(20) & 0xFFFFFFFFL);
        width = file.getInt(16);
        height = file.getInt(20);
        bits = file.get(24);
        colourType = file.get(25);
        passes = file.get(28) == 0 ? WHOLE : ADAM7;
        checkSamples();
    }

    /** Section 11.2.1: table 12. */
    private void checkSamples() throws MediaException {
        boolean known = switch (colourType) {
            case GREY -> bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
            case PALETTE -> bits == 1 || bits == 2 || bits == 4 || bits == 8;
            case RGB, GREY_ALPHA, RGB_ALPHA -> bits == 8 || bits == 16;
            default -> false;
        };
        if (!known) {
            throw corrupt("colour type " + colourType + " of " + bits + " bits does not exist");
        }
    }

    private static MediaException corrupt(String reason) {
        return MediaException.corrupt(MediaFormat.PNG, reason);
    }

    DecodedImage decode() throws MediaException {
        boolean grey = colourType == GREY || colourType == GREY_ALPHA;
        try (Raster raster = new Raster(width, height, grey);
                Inflater inflater = new Inflater(true)) {
            if (passes == ADAM7) {
                fillFrom = completePasses() - 1;
            }
            nextPass();
            walk(data -> inflate(raster, inflater, data));
            return raster.image(MediaFormat.PNG, 0, Math.min(knownRows, height));
        }
    }

    /** How many passes are there from their first row to their last; found by unpacking the data and dropping them. */
    private int completePasses() {
        byte[] dropped = new byte[1 << 16];
        long[] bytes = {0};
        try (Inflater inflater = new Inflater(true)) {
            walk(data -> {
                inflater.setInput(data);
                try {
                    while (!inflater.needsInput() && !inflater.finished() && !inflater.needsDictionary()) {
                        bytes[0] += inflater.inflate(dropped);
                    }
                } catch (DataFormatException e) {
                    inflater.setInput(dropped, 0, 0); // The rows before the damage count.
                }
            });
        }
        int complete = 0;
        for (Pass next : ADAM7) {
            long columns = Math.ceilDiv(width - next.x, next.stepX);
            long lines = Math.ceilDiv(height - next.y, next.stepY);
            bytes[0] -= columns <= 0 || lines <= 0 ? 0 : lines * (1 + (columns * bitsPerPixel() + 7) / 8);
            if (bytes[0] < 0) {
                break;
            }
            complete++;
        }
        return complete;
    }

    /** Takes the palette, and shows each piece of the compressed data, up to the end of the file or until it is done. */
    private void walk(Consumer<ByteBuffer> to) {
        int headerLeft = ZLIB_HEADER;
        for (long at = SIGNATURE; at + 8 <= file.limit() && !done; ) {
            long length = file.getInt((int) at) & 0xFFFFFFFFL;
            int type = file.getInt((int) at + 4);
            int from = (int) at + 8;
            int until = (int) Math.min(file.limit(), from + length);
            if (type == PLTE && palette.length == 0) {
                palette = new byte[Math.min(until - from, 3 * 256)];
                file.get(from, palette);
            } else if (type == IDAT) {
                int skipped = Math.min(headerLeft, until - from);
                headerLeft -= skipped;
                to.accept(file.slice(from + skipped, until - from - skipped));
            } else if (type == IEND) {
                return;
            }
            at = from + length + 4;
        }
    }

    private void inflate(Raster raster, Inflater inflater, ByteBuffer data) {
        inflater.setInput(data);
        try {
            while (!done && !inflater.needsInput() && !inflater.finished()) {
                filled += inflater.inflate(line, filled, line.length - filled);
                if (filled == line.length) {
                    endRow(raster);
                } else if (inflater.needsDictionary()) {
                    done = true;
                }
            }
            done |= inflater.finished();
        } catch (DataFormatException e) {
            done = true;
        }
    }

    private void nextPass() {
        do {
            if (++pass == passes.length) {
                done = true;
                return;
            }
            Pass next = passes[pass];
            passWidth = Math.ceilDiv(width - next.x, next.stepX);
            passHeight = Math.ceilDiv(height - next.y, next.stepY);
        } while (passWidth <= 0 || passHeight <= 0);
        int bytes = (int) (((long) passWidth * bitsPerPixel() + 7) / 8);
        line = new byte[1 + bytes];
        before = new byte[1 + bytes];
        row = 0;
        filled = 0;
    }

    private int bitsPerPixel() {
        return bits
                * switch (colourType) {
                    case RGB -> 3;
                    case GREY_ALPHA -> 2;
                    case RGB_ALPHA -> 4;
                    default -> 1;
                };
    }

    private void endRow(Raster raster) {
        if (!PngFilter.undo(line[0], line, before, 1, Math.max(1, bitsPerPixel() / 8))) {
            done = true;
            return;
        }
        show(raster);
        byte[] free = before;
        before = line;
        line = free;
        filled = 0;
        if (++row == passHeight) {
            nextPass();
        }
    }

    private void show(Raster raster) {
        Pass current = passes[pass];
        int y0 = current.y + row * current.stepY;
        boolean fills = pass >= fillFrom;
        int y1 = Math.min(height, y0 + (fills ? current.blockY : 1));
        for (int i = 0; i < passWidth; i++) {
            int x0 = current.x + i * current.stepX;
            int x1 = Math.min(width, x0 + (fills ? current.blockX : 1));
            for (int y = y0; y < y1; y++) {
                for (int x = x0; x < x1; x++) {
                    pixel(raster, i, x, y);
                }
            }
        }
        knownRows = Math.max(knownRows, Math.min(height, y0 + current.blockY));
    }

    private void pixel(Raster raster, int i, int x, int y) {
        int bytes = bits / 8;
        switch (colourType) {
            case GREY -> raster.grey(x, y, bits >= 8 ? line[1 + i * bytes] : packed(i) * 255 / ((1 << bits) - 1));
            case GREY_ALPHA -> raster.grey(x, y, line[1 + 2 * i * bytes]);
            case PALETTE -> {
                int at = 3 * packed(i);
                if (at + 3 <= palette.length) {
                    raster.colour(x, y, palette[at], palette[at + 1], palette[at + 2]);
                } else {
                    raster.colour(x, y, 0, 0, 0);
                }
            }
            default -> {
                int at = 1 + i * bitsPerPixel() / 8;
                raster.colour(x, y, line[at], line[at + bytes], line[at + 2 * bytes]);
            }
        }
    }

    /** A sample of at most 8 bits; the leftmost is in the highest bits. */
    private int packed(int i) {
        int bit = i * bits;
        return (line[1 + (bit >> 3)] & 0xFF) >> (8 - bits - (bit & 7)) & ((1 << bits) - 1);
    }
}
