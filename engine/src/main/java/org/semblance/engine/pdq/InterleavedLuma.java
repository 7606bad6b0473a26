package org.semblance.engine.pdq;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.semblance.engine.pdq.PdqKernels.Pixels;

/**
 * Colour pixels of three bytes as luma: {@code ((0.299f * R) + (0.587f * G)) + (0.114f * B)}, rounded after each
 * operation as the reference rounds.
 *
 * <p>The bytes are read in place, whoever owns them: an array, or a decoder's native buffer, which must then outlive
 * this object. Reading is thread-safe as far as the segment allows it.
 */
public final class InterleavedLuma implements Luma {
    private static final int CHANNELS = 3;

    private final MemorySegment pixels;
    private final int width;
    private final int height;
    private final long stride;
    private final Pixels kind;

    private InterleavedLuma(MemorySegment pixels, int width, int height, long stride, Pixels kind) {
        check(pixels, width, height, stride, CHANNELS);
        this.pixels = pixels;
        this.width = width;
        this.height = height;
        this.stride = stride;
        this.kind = kind;
    }

    /**
     * Pixels in the order red, green, blue.
     *
     * @param pixels row after row, each from left to right; on the heap only over a {@code byte[]}
     * @param width columns, at least 1
     * @param height rows, at least 1
     * @param stride bytes from the start of a row to the start of the next, at least {@code 3 * width}
     * @throws IllegalArgumentException if a number is out of its range, or the segment is too short for them
     */
    public static InterleavedLuma rgb(MemorySegment pixels, int width, int height, long stride) {
        return new InterleavedLuma(pixels, width, height, stride, Pixels.RGB);
    }

    /** Pixels in the order blue, green, red, as OpenCV keeps them; otherwise as {@link #rgb}. */
    public static InterleavedLuma bgr(MemorySegment pixels, int width, int height, long stride) {
        return new InterleavedLuma(pixels, width, height, stride, Pixels.BGR);
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public void row(int y, float[] target, int offset) {
        PdqKernels.best().luma(kind, pixels, rowStart(y, height, stride), width, target, offset);
    }

    /** Checks what both kinds of pixels are made from. */
    static void check(MemorySegment bytes, int width, int height, long stride, int channels) {
        checkAtLeast("width", width, 1);
        checkAtLeast("height", height, 1);
        long row = (long) channels * width;
        checkAtLeast("stride", stride, row);
        long size = bytes.byteSize();
        if (size < row || height > 1 && stride > (size - row) / (height - 1)) {
            throw new IllegalArgumentException("pixels: " + size + " bytes (expected: " + height + " rows of " + row
                    + " bytes, " + stride + " from one to the next)");
        }
    }

    private static void checkAtLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: at least " + least + ")");
        }
    }

    static long rowStart(int y, int height, long stride) {
        return Objects.checkIndex(y, height) * stride;
    }
}
