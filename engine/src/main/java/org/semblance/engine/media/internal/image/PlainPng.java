package org.semblance.engine.media.internal.image;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.PngFilter;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.InterleavedLuma;
import org.semblance.engine.pdq.Luma;

/**
 * Decodes the PNGs that most are, faster than OpenCV and to the same samples: of 8 bits, without a palette, not interlaced, not
 * animated, and sound. All others are left to the other decoders.
 *
 * <p>W3C PNG, third edition. The data are inflated as a whole by {@link Libdeflate}.
 */
final class PlainPng {
    private static final int SIGNATURE = 8;

    /** Length and type, in front of the data of a chunk. */
    private static final long DATA = 8;

    /** These and the sum behind the data. */
    private static final int AROUND_DATA = 12;

    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454E44;
    private static final int ACTL = 0x6163544C;

    // Offsets in the file of what IHDR says.
    private static final int BITS = 24;
    private static final int COLOUR_TYPE = 25;
    private static final int COMPRESSION = 26;
    private static final int FILTER = 27;
    private static final int INTERLACE = 28;

    /** More than this stays with OpenCV, which needs less memory. */
    private static final long MOST_BYTES = 1L << 28;

    private final Libdeflate libdeflate;
    private final int width;
    private final int height;

    /** Samples of a pixel in the file, and those of them that are hashed. */
    private final int samples;

    private final int kept;

    private PlainPng(Libdeflate libdeflate, ImageHeader header, int samples) {
        this.libdeflate = libdeflate;
        this.width = header.width();
        this.height = header.height();
        this.samples = samples;
        this.kept = header.grey() ? 1 : 3;
    }

    /**
     * Decodes the file.
     *
     * @param bytes the whole file
     * @param header as its reader gave it: sound, and within the limits
     * @return null if another decoder has to read this file; the pixels live until the picture is closed
     */
    static @Nullable DecodedImage decode(Libdeflate libdeflate, BytePointer bytes, ImageHeader header) {
        ByteBuffer file = bytes.asByteBuffer().order(ByteOrder.BIG_ENDIAN);
        int samples = switch (file.get(COLOUR_TYPE)) {
            case 0 -> 1;
            case 2 -> 3;
            case 4 -> 2;
            case 6 -> 4;
            default -> 0; // a palette
        };
        boolean isPlain = samples > 0
                && file.get(BITS) == 8
                && file.get(COMPRESSION) == 0
                && file.get(FILTER) == 0
                && file.get(INTERLACE) == 0;
        PlainPng png = new PlainPng(libdeflate, header, samples);
        return isPlain && (1 + png.rowBytes()) * png.height <= MOST_BYTES ? png.decode(bytes, file) : null;
    }

    private long rowBytes() {
        return (long) width * samples;
    }

    private @Nullable DecodedImage decode(BytePointer bytes, ByteBuffer file) {
        MemorySegment data = data(segment(bytes), file);
        if (data == null) {
            return null;
        }
        BytePointer rows = new BytePointer((1 + rowBytes()) * height);
        if (!libdeflate.inflate(data, segment(rows)) || !unfilter(segment(rows))) {
            rows.deallocate();
            return null;
        }
        return image(rows);
    }

    private static MemorySegment segment(BytePointer bytes) {
        return MemorySegment.ofAddress(bytes.address()).reinterpret(bytes.capacity());
    }

    /** The data of all IDAT chunks as one; null if they are damaged or do not follow one another, or there are more pictures. */
    private static @Nullable MemorySegment data(MemorySegment bytes, ByteBuffer file) {
        int first = -1;
        int behindLast = -1;
        int chunks = 0;
        int type = 0;
        for (int at = SIGNATURE;
                type != IEND && at + AROUND_DATA <= file.limit();
                at += AROUND_DATA + file.getInt(at)) {
            type = file.getInt(at + 4);
            if (type == ACTL) {
                return null;
            }
            if (type == IDAT) {
                if (chunks > 0 && at != behindLast || !hasItsSum(file, at)) {
                    return null;
                }
                first = chunks == 0 ? at : first;
                behindLast = at + AROUND_DATA + file.getInt(at);
                chunks++;
            }
        }
        if (chunks == 0) {
            return null;
        }
        long size = behindLast - first - (long) AROUND_DATA * chunks;
        if (chunks == 1) {
            return bytes.asSlice(first + DATA, size);
        }
        MemorySegment all = segment(new BytePointer(size));
        long filled = 0;
        for (int at = first; at < behindLast; at += AROUND_DATA + file.getInt(at)) {
            int length = file.getInt(at);
            MemorySegment.copy(bytes, at + DATA, all, filled, length);
            filled += length;
        }
        return all;
    }

    /**
     * Tells whether the CRC-32 behind a chunk's data is right. The Adler-32 of the samples is not enough: some damaged pictures have the
     * right one.
     */
    private static boolean hasItsSum(ByteBuffer file, int at) {
        int length = file.getInt(at);
        CRC32 sum = new CRC32();
        sum.update(file.slice(at + 4, 4 + length));
        return (int) sum.getValue() == file.getInt(at + 8 + length);
    }

    /**
     * Turns the filtered rows into pixels without alpha, which follow one another from the start of the memory. A filter takes each
     * sample of a pixel for itself, so that alpha need not be unfiltered.
     *
     * @return false if a row has a filter that does not exist
     */
    private boolean unfilter(MemorySegment rows) {
        byte[] filtered = new byte[(int) rowBytes()];
        byte[] before = new byte[width * kept];
        byte[] row = new byte[width * kept];
        for (int y = 0; y < height; y++) {
            long from = y * (1 + rowBytes());
            if (samples == kept) {
                MemorySegment.copy(rows, ValueLayout.JAVA_BYTE, from + 1, row, 0, row.length);
            } else {
                MemorySegment.copy(rows, ValueLayout.JAVA_BYTE, from + 1, filtered, 0, filtered.length);
                dropAlpha(filtered, row);
            }
            if (!PngFilter.undo(rows.get(ValueLayout.JAVA_BYTE, from), row, before, 0, kept)) {
                return false;
            }
            MemorySegment.copy(row, 0, rows, ValueLayout.JAVA_BYTE, (long) y * row.length, row.length);
            byte[] used = before;
            before = row;
            row = used;
        }
        return true;
    }

    private void dropAlpha(byte[] from, byte[] to) {
        if (kept == 1) {
            for (int i = 0; i < to.length; i++) {
                to[i] = from[2 * i];
            }
            return;
        }
        for (int i = 0, j = 0; j < to.length; i += samples, j += kept) {
            to[j] = from[i];
            to[j + 1] = from[i + 1];
            to[j + 2] = from[i + 2];
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // The picture closes it.
    private DecodedImage image(BytePointer rows) {
        rows.retainReference(); // Past the end of the pointer scope.
        Arena memory = Arena.ofConfined();
        long stride = (long) width * kept;
        MemorySegment pixels = MemorySegment.ofAddress(rows.address())
                .reinterpret(stride * height, memory, gone -> rows.releaseReference());
        Luma luma = kept == 1
                ? new GreyLuma(pixels, width, height, stride)
                : InterleavedLuma.rgb(pixels, width, height, stride);
        return new DecodedImage(luma, "", memory);
    }
}
