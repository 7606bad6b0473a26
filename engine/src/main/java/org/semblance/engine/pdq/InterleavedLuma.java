package org.semblance.engine.pdq;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Colour pixels of three bytes as luma: {@code ((0.299f * R) + (0.587f * G)) + (0.114f * B)}, rounded after each
 * operation as the reference rounds.
 *
 * <p>The bytes are read in place, whoever owns them: an array, or a decoder's native buffer, which must then outlive
 * this object. Reading is thread-safe as far as the segment allows it.
 *
 * <p>One byte shuffle spreads the pixels of a vector over its 32-bit lanes, and each channel is then a shift and a
 * mask away.
 */
public final class InterleavedLuma implements Luma {
    private static final int CHANNELS = 3;

    /** The weights of BT.601, as floats. */
    private static final float RED = 0.299f;

    private static final float GREEN = 0.587f;
    private static final float BLUE = 0.114f;

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_PREFERRED;
    /** Three bytes of a pixel to the low end of a lane; what the fourth byte gets does not matter. */
    private static final VectorShuffle<Byte> PIXEL_TO_LANE =
            VectorShuffle.fromOp(BYTES, i -> i / 4 * CHANNELS + Math.min(i % 4, CHANNELS - 1));

    private final MemorySegment pixels;
    private final int width;
    private final int height;
    private final long stride;
    /** Where red and blue lie in a lane; green is always in the middle. */
    private final int redShift;

    private final int blueShift;

    private InterleavedLuma(MemorySegment pixels, int width, int height, long stride, boolean blueFirst) {
        check(pixels, width, height, stride, CHANNELS);
        this.pixels = pixels;
        this.width = width;
        this.height = height;
        this.stride = stride;
        this.redShift = blueFirst ? 16 : 0;
        this.blueShift = blueFirst ? 0 : 16;
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
        return new InterleavedLuma(pixels, width, height, stride, false);
    }

    /** Pixels in the order blue, green, red, as OpenCV keeps them; otherwise as {@link #rgb}. */
    public static InterleavedLuma bgr(MemorySegment pixels, int width, int height, long stride) {
        return new InterleavedLuma(pixels, width, height, stride, true);
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
        long start = rowStart(y, height, stride);
        int wholeVectors = wholeVectors(start);
        for (int x = 0; x < wholeVectors; x += FLOATS.length()) {
            IntVector lanes = ByteVector.fromMemorySegment(
                            BYTES, pixels, start + (long) CHANNELS * x, ByteOrder.LITTLE_ENDIAN)
                    .rearrange(PIXEL_TO_LANE)
                    .reinterpretAsInts();
            channel(lanes, redShift)
                    .mul(RED)
                    .add(channel(lanes, 8).mul(GREEN))
                    .add(channel(lanes, blueShift).mul(BLUE))
                    .intoArray(target, offset + x);
        }
        for (int x = wholeVectors; x < width; x++) {
            long pixel = start + (long) CHANNELS * x;
            int red = pixels.get(ValueLayout.JAVA_BYTE, pixel + redShift / 8) & 0xFF;
            int green = pixels.get(ValueLayout.JAVA_BYTE, pixel + 1) & 0xFF;
            int blue = pixels.get(ValueLayout.JAVA_BYTE, pixel + blueShift / 8) & 0xFF;
            target[offset + x] = RED * red + GREEN * green + BLUE * blue;
        }
    }

    private static FloatVector channel(IntVector lanes, int shift) {
        return (FloatVector)
                lanes.lanewise(VectorOperators.LSHR, shift).and(0xFF).convertShape(VectorOperators.I2F, FLOATS, 0);
    }

    /** The columns, whole vectors of them, that can be loaded without reading past the end of the segment. */
    private int wholeVectors(long start) {
        long loadable = Math.floorDiv(pixels.byteSize() - start - BYTES.length(), CHANNELS) + FLOATS.length();
        return FLOATS.loopBound(Math.clamp(loadable, 0, width));
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
