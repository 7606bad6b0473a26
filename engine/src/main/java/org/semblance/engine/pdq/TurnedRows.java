package org.semblance.engine.pdq;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of grey bytes straight to columns of floats. Four bytes that follow each other are turned as one lane and taken
 * apart afterwards, so that a {@link Tile} turns four times as many samples as it does of floats.
 *
 * <p>Owns its scratch: for one thread.
 */
final class TurnedRows {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class, FLOATS.vectorShape());
    private static final int LANES = FLOATS.length();

    /** Rows, and columns, that are turned at a time. */
    static final int ROWS = LANES;

    static final int COLUMNS = Float.BYTES * LANES;

    private final float[] tile = new float[LANES * LANES];
    private final float[] turned = new float[LANES * LANES];

    /** Whether these rows are there and whole groups of {@link #COLUMNS} can be read of each, if beyond its end. */
    static boolean reaches(GreyLuma luma, int top, int rows) {
        if (top + rows > luma.height()) {
            return false;
        }
        long end = luma.stride() * (top + rows - 1) + (luma.width() + COLUMNS - 1) / COLUMNS * (long) COLUMNS;
        return end <= luma.samples().byteSize();
    }

    /**
     * Turns {@link #ROWS} rows of {@link #COLUMNS} columns.
     *
     * @param to gets column x from {@code toAt + x * stride} on; what lies beyond the end of the rows is no luma
     */
    void turn(GreyLuma luma, int top, int left, float[] to, int toAt, int stride) {
        MemorySegment samples = luma.samples();
        long at = luma.stride() * top + left;
        for (int y = 0; y < ROWS; y++) {
            ByteVector bytes =
                    ByteVector.fromMemorySegment(BYTES, samples, at + y * luma.stride(), ByteOrder.LITTLE_ENDIAN);
            luma.clip(bytes).reinterpretAsFloats().intoArray(tile, y * LANES);
        }
        Tile.transpose(tile, 0, LANES, turned, 0, LANES);
        unpack(luma.scale(), to, toAt, stride);
    }

    /** Without a method for what is done four times: one that is given a vector may be called with it as an object. */
    private void unpack(float scale, float[] to, int toAt, int stride) {
        for (int four = 0; four < LANES; four++) {
            IntVector bytes =
                    FloatVector.fromArray(FLOATS, turned, four * LANES).reinterpretAsInts();
            int x = toAt + four * Float.BYTES * stride;
            ((FloatVector) bytes.and(0xFF).convertShape(VectorOperators.I2F, FLOATS, 0))
                    .mul(scale)
                    .intoArray(to, x);
            ((FloatVector) bytes.lanewise(VectorOperators.LSHR, 8)
                            .and(0xFF)
                            .convertShape(VectorOperators.I2F, FLOATS, 0))
                    .mul(scale)
                    .intoArray(to, x + stride);
            ((FloatVector) bytes.lanewise(VectorOperators.LSHR, 16)
                            .and(0xFF)
                            .convertShape(VectorOperators.I2F, FLOATS, 0))
                    .mul(scale)
                    .intoArray(to, x + 2 * stride);
            ((FloatVector) bytes.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, FLOATS, 0))
                    .mul(scale)
                    .intoArray(to, x + 3 * stride);
        }
    }
}
