package org.semblance.engine.media.internal.image;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.pdq.InterleavedLuma;

/**
 * The rows of a damaged WebP that come before the damage, as browsers show them. OpenCV carries libwebp and gives nothing
 * of such a file, but libwebp itself writes row by row into the memory it is given, and what it wrote before it failed is
 * there.
 */
final class WebpRows {
    /** {@code uint8_t* WebPDecodeBGRInto(const uint8_t*, size_t, uint8_t*, size_t, int)} of webp/decode.h. */
    private static final String FUNCTION = "WebPDecodeBGRInto";

    private static final int RIFF_HEADER = 12;
    private static final int CHUNK_HEADER = 8;

    /** {@code ANMF} and {@code ALPH}. */
    private static final int FRAME = 'A' | 'N' << 8 | 'M' << 16 | 'F' << 24;

    private static final int ALPHA = 'A' | 'L' << 8 | 'P' << 16 | 'H' << 24;

    /** Place, size, duration and flags in front of a frame's own chunks. */
    private static final int FRAME_HEADER = 16;

    private static final byte UNTOUCHED = (byte) 128;

    private WebpRows() {}

    private static final class Holder {
        static final @Nullable MethodHandle DECODE = SymbolLookup.loaderLookup()
                .find(FUNCTION)
                .map(function -> Linker.nativeLinker()
                        .downcallHandle(
                                function,
                                FunctionDescriptor.of(
                                        ValueLayout.ADDRESS,
                                        ValueLayout.ADDRESS,
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.ADDRESS,
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.JAVA_INT)))
                .orElse(null);
    }

    /** Whether the function is there: it is no part of OpenCV's interface. */
    static boolean areReadable() {
        return Holder.DECODE != null;
    }

    /** @throws MediaException if there is not a single row */
    @SuppressWarnings("MustBeClosedChecker") // The picture closes it.
    static DecodedImage decode(ByteBuffer content, ImageHeader header) throws MediaException {
        int width = header.width();
        int height = header.height();
        int stride = Math.multiplyExact(width, 3);
        Arena memory = Arena.ofConfined();
        try {
            MemorySegment pixels = memory.allocate((long) stride * height).fill(UNTOUCHED);
            boolean whole = decode(withTrueSizes(stillOf(content)), pixels, stride);
            int rows = whole ? height : touchedRows(pixels, stride, height);
            if (rows == 0) {
                throw MediaException.corrupt(MediaFormat.WEBP, "not a single row of its picture can be read");
            }
            String note = "webp: damaged, hashed from rows 1 to " + rows + " of " + height;
            return new DecodedImage(InterleavedLuma.bgr(pixels, width, height, stride), 0, rows, note, memory);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    private static boolean decode(ByteBuffer file, MemorySegment pixels, int stride) {
        MethodHandle decode = Holder.DECODE;
        if (decode == null) {
            throw new IllegalStateException(FUNCTION + " is in no library that is loaded");
        }
        try {
            MemorySegment got = (MemorySegment) decode.invokeExact(
                    MemorySegment.ofBuffer(file), (long) file.limit(), pixels, pixels.byteSize(), stride);
            return got.address() != 0;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(FUNCTION + " cannot be called", e);
        }
    }

    private static int touchedRows(MemorySegment pixels, int stride, int height) {
        int rows = height;
        while (rows > 0 && isUntouched(pixels.asSlice((long) (rows - 1) * stride, stride))) {
            rows--;
        }
        return rows;
    }

    private static boolean isUntouched(MemorySegment row) {
        for (long at = 0; at < row.byteSize(); at++) {
            if (row.get(ValueLayout.JAVA_BYTE, at) != UNTOUCHED) {
                return false;
            }
        }
        return true;
    }

    /**
     * The file itself, or of an animated one its first frame as a file of its own (RFC 9649, section 2.7.1.1): libwebp's
     * decoder of stills takes no other.
     */
    private static ByteBuffer stillOf(ByteBuffer content) {
        ByteBuffer file = content.slice().order(ByteOrder.LITTLE_ENDIAN);
        for (long at = RIFF_HEADER; at + CHUNK_HEADER + FRAME_HEADER < file.limit(); ) {
            long size = file.getInt((int) at + 4) & 0xFFFFFFFFL;
            if (file.getInt((int) at) == FRAME) {
                int from = (int) at + CHUNK_HEADER + FRAME_HEADER;
                int until = (int) Math.min(file.limit(), at + CHUNK_HEADER + size);
                while (from + CHUNK_HEADER < until && file.getInt(from) == ALPHA) {
                    long alpha = file.getInt(from + 4) & 0xFFFFFFFFL;
                    from = (int) Math.min(until, from + CHUNK_HEADER + alpha + (alpha & 1));
                }
                return ByteBuffer.allocate(RIFF_HEADER + until - from)
                        .put(file.slice(0, RIFF_HEADER))
                        .put(file.slice(from, until - from))
                        .flip();
            }
            at += CHUNK_HEADER + size + (size & 1);
        }
        return content;
    }

    /** A copy whose RIFF and chunk sizes are no more than what follows: libwebp reads no file that says it is longer. */
    private static ByteBuffer withTrueSizes(ByteBuffer content) {
        ByteBuffer file = ByteBuffer.allocateDirect(content.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        file.put(content.duplicate()).flip();
        int even = file.limit() & ~1;
        file.putInt(4, even - CHUNK_HEADER);
        for (long at = RIFF_HEADER; at + CHUNK_HEADER <= file.limit(); ) {
            long size = file.getInt((int) at + 4) & 0xFFFFFFFFL;
            long left = even - at - CHUNK_HEADER;
            if (size > left) {
                file.putInt((int) at + 4, (int) Math.max(0, left));
                break;
            }
            at += CHUNK_HEADER + size + (size & 1);
        }
        return file.limit(even);
    }
}
