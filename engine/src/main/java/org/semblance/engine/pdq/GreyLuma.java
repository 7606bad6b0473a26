package org.semblance.engine.pdq;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * A plane of grey bytes as luma: the sample itself, 0..255, or, of studio video, what 16 to 235 stand for.
 *
 * <p>The bytes are read in place, whoever owns them: an array, or a decoder's native buffer, which must then outlive
 * this object. Reading is thread-safe as far as the segment allows it.
 */
public final class GreyLuma implements Luma {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    /** As many bytes as there are float lanes, or the 8 of the narrowest shape. */
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, FLOATS.length() * Byte.SIZE)));

    private static final float BLACK = 16;
    private static final float STUDIO_SCALE = 255f / 219;

    private final MemorySegment samples;
    private final int width;
    private final int height;
    private final long stride;
    private final boolean isStudio;

    /**
     * Samples that use all their values.
     *
     * @param samples row after row, each from left to right; on the heap only over a {@code byte[]}
     * @param width columns, at least 1
     * @param height rows, at least 1
     * @param stride bytes from the start of a row to the start of the next, at least {@code width}
     * @throws IllegalArgumentException if a number is out of its range, or the segment is too short for them
     */
    public GreyLuma(MemorySegment samples, int width, int height, long stride) {
        this(samples, width, height, stride, false);
    }

    private GreyLuma(MemorySegment samples, int width, int height, long stride, boolean isStudio) {
        InterleavedLuma.check(samples, width, height, stride, 1);
        this.isStudio = isStudio;
        this.samples = samples;
        this.width = width;
        this.height = height;
        this.stride = stride;
    }

    /** The luma plane of studio video: 16 is black and 235 white, and what lies beyond is no more than that. */
    public static GreyLuma studio(MemorySegment samples, int width, int height, long stride) {
        return new GreyLuma(samples, width, height, stride, true);
    }

    /** A plane without gaps between its rows. */
    public GreyLuma(byte[] samples, int width, int height) {
        this(MemorySegment.ofArray(samples), width, height, width);
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
        long start = InterleavedLuma.rowStart(y, height, stride);
        int vectors = width < BYTES.length()
                ? 0
                : (width - BYTES.length()) / FLOATS.length() * FLOATS.length() + FLOATS.length();
        if (isStudio) {
            studioVectors(start, vectors, target, offset);
        } else {
            vectors(start, vectors, target, offset);
        }
        for (int x = vectors; x < width; x++) {
            float sample = samples.get(ValueLayout.JAVA_BYTE, start + x) & 0xFF;
            target[offset + x] = isStudio ? Math.clamp((sample - BLACK) * STUDIO_SCALE, 0f, 255f) : sample;
        }
    }

    private void vectors(long start, int end, float[] target, int offset) {
        for (int x = 0; x < end; x += FLOATS.length()) {
            IntVector grey =
                    (IntVector) ByteVector.fromMemorySegment(BYTES, samples, start + x, ByteOrder.LITTLE_ENDIAN)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
            ((FloatVector) grey.convertShape(VectorOperators.I2F, FLOATS, 0)).intoArray(target, offset + x);
        }
    }

    private void studioVectors(long start, int end, float[] target, int offset) {
        for (int x = 0; x < end; x += FLOATS.length()) {
            IntVector grey =
                    (IntVector) ByteVector.fromMemorySegment(BYTES, samples, start + x, ByteOrder.LITTLE_ENDIAN)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
            ((FloatVector) grey.convertShape(VectorOperators.I2F, FLOATS, 0))
                    .sub(BLACK)
                    .mul(STUDIO_SCALE)
                    .max(0f)
                    .min(255f)
                    .intoArray(target, offset + x);
        }
    }
}
