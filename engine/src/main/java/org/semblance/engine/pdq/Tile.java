package org.semblance.engine.pdq;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes square tiles of floats, one vector of the machine wide and high.
 *
 * <p>The tile's line i is first permuted by {@code lane ^ i}, so that the element (i, j) stands in lane {@code i ^ j};
 * now each lane must only be fetched from another line, {@code line ^ lane}, which takes one blend a line for each bit
 * of the index; then the same permutation again brings every element to its place. That is 30 shuffles and 64 blends
 * for 16 lanes, where the usual butterfly needs 64 and 64, and shuffles are the scarce ones. (The two-vector
 * {@code selectFrom} would need no blends, but is not compiled to its one instruction by JDK 25.) All 16 lines stay in
 * registers, hence the unrolled code. With 4 lanes a vector is no gain
 * over plain moves.
 */
final class Tile {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

    /** Lines and columns of a tile. */
    static final int SIDE = FLOATS.length();

    /** The lanes whose index has the bit. */
    private static final VectorMask<Float> BIT_1 = lanesWith(1);

    private static final VectorMask<Float> BIT_2 = lanesWith(2);
    private static final VectorMask<Float> BIT_4 = lanesWith(4);
    private static final VectorMask<Float> BIT_8 = lanesWith(8);

    /** {@code XOR_i} puts lane {@code j ^ i} in lane j. */
    private static final VectorShuffle<Float> XOR_1 = xor(1);

    private static final VectorShuffle<Float> XOR_2 = xor(2);
    private static final VectorShuffle<Float> XOR_3 = xor(3);
    private static final VectorShuffle<Float> XOR_4 = xor(4);
    private static final VectorShuffle<Float> XOR_5 = xor(5);
    private static final VectorShuffle<Float> XOR_6 = xor(6);
    private static final VectorShuffle<Float> XOR_7 = xor(7);
    private static final VectorShuffle<Float> XOR_8 = xor(8);
    private static final VectorShuffle<Float> XOR_9 = xor(9);
    private static final VectorShuffle<Float> XOR_10 = xor(10);
    private static final VectorShuffle<Float> XOR_11 = xor(11);
    private static final VectorShuffle<Float> XOR_12 = xor(12);
    private static final VectorShuffle<Float> XOR_13 = xor(13);
    private static final VectorShuffle<Float> XOR_14 = xor(14);
    private static final VectorShuffle<Float> XOR_15 = xor(15);

    private Tile() {}

    private static VectorMask<Float> lanesWith(int bit) {
        long lanes = 0;
        for (int i = 0; i < SIDE; i++) {
            lanes |= (i & bit) != 0 ? 1L << i : 0;
        }
        return VectorMask.fromLong(FLOATS, lanes);
    }

    private static VectorShuffle<Float> xor(int mask) {
        return VectorShuffle.fromOp(FLOATS, lane -> (lane ^ mask) % SIDE);
    }

    /**
     * Writes a tile's columns as lines.
     *
     * @param from holds line i of the tile at {@code fromAt + i * fromStride}
     * @param to gets column j of it at {@code toAt + j * toStride}
     */
    static void transpose(float[] from, int fromAt, int fromStride, float[] to, int toAt, int toStride) {
        switch (SIDE) {
            case 16 -> transpose16(from, fromAt, fromStride, to, toAt, toStride);
            case 8 -> transpose8(from, fromAt, fromStride, to, toAt, toStride);
            default -> transposeByElement(from, fromAt, fromStride, to, toAt, toStride);
        }
    }

    private static FloatVector load(float[] array, int at) {
        return FloatVector.fromArray(FLOATS, array, at);
    }

    private static void transpose16(float[] from, int fromAt, int fromStride, float[] to, int toAt, int toStride) {
        FloatVector a0 = load(from, fromAt);
        FloatVector a1 = load(from, fromAt + fromStride).rearrange(XOR_1);
        FloatVector a2 = load(from, fromAt + 2 * fromStride).rearrange(XOR_2);
        FloatVector a3 = load(from, fromAt + 3 * fromStride).rearrange(XOR_3);
        FloatVector a4 = load(from, fromAt + 4 * fromStride).rearrange(XOR_4);
        FloatVector a5 = load(from, fromAt + 5 * fromStride).rearrange(XOR_5);
        FloatVector a6 = load(from, fromAt + 6 * fromStride).rearrange(XOR_6);
        FloatVector a7 = load(from, fromAt + 7 * fromStride).rearrange(XOR_7);
        FloatVector a8 = load(from, fromAt + 8 * fromStride).rearrange(XOR_8);
        FloatVector a9 = load(from, fromAt + 9 * fromStride).rearrange(XOR_9);
        FloatVector a10 = load(from, fromAt + 10 * fromStride).rearrange(XOR_10);
        FloatVector a11 = load(from, fromAt + 11 * fromStride).rearrange(XOR_11);
        FloatVector a12 = load(from, fromAt + 12 * fromStride).rearrange(XOR_12);
        FloatVector a13 = load(from, fromAt + 13 * fromStride).rearrange(XOR_13);
        FloatVector a14 = load(from, fromAt + 14 * fromStride).rearrange(XOR_14);
        FloatVector a15 = load(from, fromAt + 15 * fromStride).rearrange(XOR_15);

        FloatVector b0 = a0.blend(a8, BIT_8);
        FloatVector b1 = a1.blend(a9, BIT_8);
        FloatVector b2 = a2.blend(a10, BIT_8);
        FloatVector b3 = a3.blend(a11, BIT_8);
        FloatVector b4 = a4.blend(a12, BIT_8);
        FloatVector b5 = a5.blend(a13, BIT_8);
        FloatVector b6 = a6.blend(a14, BIT_8);
        FloatVector b7 = a7.blend(a15, BIT_8);
        FloatVector b8 = a8.blend(a0, BIT_8);
        FloatVector b9 = a9.blend(a1, BIT_8);
        FloatVector b10 = a10.blend(a2, BIT_8);
        FloatVector b11 = a11.blend(a3, BIT_8);
        FloatVector b12 = a12.blend(a4, BIT_8);
        FloatVector b13 = a13.blend(a5, BIT_8);
        FloatVector b14 = a14.blend(a6, BIT_8);
        FloatVector b15 = a15.blend(a7, BIT_8);

        FloatVector c0 = b0.blend(b4, BIT_4);
        FloatVector c1 = b1.blend(b5, BIT_4);
        FloatVector c2 = b2.blend(b6, BIT_4);
        FloatVector c3 = b3.blend(b7, BIT_4);
        FloatVector c4 = b4.blend(b0, BIT_4);
        FloatVector c5 = b5.blend(b1, BIT_4);
        FloatVector c6 = b6.blend(b2, BIT_4);
        FloatVector c7 = b7.blend(b3, BIT_4);
        FloatVector c8 = b8.blend(b12, BIT_4);
        FloatVector c9 = b9.blend(b13, BIT_4);
        FloatVector c10 = b10.blend(b14, BIT_4);
        FloatVector c11 = b11.blend(b15, BIT_4);
        FloatVector c12 = b12.blend(b8, BIT_4);
        FloatVector c13 = b13.blend(b9, BIT_4);
        FloatVector c14 = b14.blend(b10, BIT_4);
        FloatVector c15 = b15.blend(b11, BIT_4);

        FloatVector d0 = c0.blend(c2, BIT_2);
        FloatVector d1 = c1.blend(c3, BIT_2);
        FloatVector d2 = c2.blend(c0, BIT_2);
        FloatVector d3 = c3.blend(c1, BIT_2);
        FloatVector d4 = c4.blend(c6, BIT_2);
        FloatVector d5 = c5.blend(c7, BIT_2);
        FloatVector d6 = c6.blend(c4, BIT_2);
        FloatVector d7 = c7.blend(c5, BIT_2);
        FloatVector d8 = c8.blend(c10, BIT_2);
        FloatVector d9 = c9.blend(c11, BIT_2);
        FloatVector d10 = c10.blend(c8, BIT_2);
        FloatVector d11 = c11.blend(c9, BIT_2);
        FloatVector d12 = c12.blend(c14, BIT_2);
        FloatVector d13 = c13.blend(c15, BIT_2);
        FloatVector d14 = c14.blend(c12, BIT_2);
        FloatVector d15 = c15.blend(c13, BIT_2);

        FloatVector e0 = d0.blend(d1, BIT_1);
        FloatVector e1 = d1.blend(d0, BIT_1);
        FloatVector e2 = d2.blend(d3, BIT_1);
        FloatVector e3 = d3.blend(d2, BIT_1);
        FloatVector e4 = d4.blend(d5, BIT_1);
        FloatVector e5 = d5.blend(d4, BIT_1);
        FloatVector e6 = d6.blend(d7, BIT_1);
        FloatVector e7 = d7.blend(d6, BIT_1);
        FloatVector e8 = d8.blend(d9, BIT_1);
        FloatVector e9 = d9.blend(d8, BIT_1);
        FloatVector e10 = d10.blend(d11, BIT_1);
        FloatVector e11 = d11.blend(d10, BIT_1);
        FloatVector e12 = d12.blend(d13, BIT_1);
        FloatVector e13 = d13.blend(d12, BIT_1);
        FloatVector e14 = d14.blend(d15, BIT_1);
        FloatVector e15 = d15.blend(d14, BIT_1);

        e0.intoArray(to, toAt);
        e1.rearrange(XOR_1).intoArray(to, toAt + toStride);
        e2.rearrange(XOR_2).intoArray(to, toAt + 2 * toStride);
        e3.rearrange(XOR_3).intoArray(to, toAt + 3 * toStride);
        e4.rearrange(XOR_4).intoArray(to, toAt + 4 * toStride);
        e5.rearrange(XOR_5).intoArray(to, toAt + 5 * toStride);
        e6.rearrange(XOR_6).intoArray(to, toAt + 6 * toStride);
        e7.rearrange(XOR_7).intoArray(to, toAt + 7 * toStride);
        e8.rearrange(XOR_8).intoArray(to, toAt + 8 * toStride);
        e9.rearrange(XOR_9).intoArray(to, toAt + 9 * toStride);
        e10.rearrange(XOR_10).intoArray(to, toAt + 10 * toStride);
        e11.rearrange(XOR_11).intoArray(to, toAt + 11 * toStride);
        e12.rearrange(XOR_12).intoArray(to, toAt + 12 * toStride);
        e13.rearrange(XOR_13).intoArray(to, toAt + 13 * toStride);
        e14.rearrange(XOR_14).intoArray(to, toAt + 14 * toStride);
        e15.rearrange(XOR_15).intoArray(to, toAt + 15 * toStride);
    }

    private static void transpose8(float[] from, int fromAt, int fromStride, float[] to, int toAt, int toStride) {
        FloatVector a0 = load(from, fromAt);
        FloatVector a1 = load(from, fromAt + fromStride).rearrange(XOR_1);
        FloatVector a2 = load(from, fromAt + 2 * fromStride).rearrange(XOR_2);
        FloatVector a3 = load(from, fromAt + 3 * fromStride).rearrange(XOR_3);
        FloatVector a4 = load(from, fromAt + 4 * fromStride).rearrange(XOR_4);
        FloatVector a5 = load(from, fromAt + 5 * fromStride).rearrange(XOR_5);
        FloatVector a6 = load(from, fromAt + 6 * fromStride).rearrange(XOR_6);
        FloatVector a7 = load(from, fromAt + 7 * fromStride).rearrange(XOR_7);

        FloatVector b0 = a0.blend(a4, BIT_4);
        FloatVector b1 = a1.blend(a5, BIT_4);
        FloatVector b2 = a2.blend(a6, BIT_4);
        FloatVector b3 = a3.blend(a7, BIT_4);
        FloatVector b4 = a4.blend(a0, BIT_4);
        FloatVector b5 = a5.blend(a1, BIT_4);
        FloatVector b6 = a6.blend(a2, BIT_4);
        FloatVector b7 = a7.blend(a3, BIT_4);

        FloatVector c0 = b0.blend(b2, BIT_2);
        FloatVector c1 = b1.blend(b3, BIT_2);
        FloatVector c2 = b2.blend(b0, BIT_2);
        FloatVector c3 = b3.blend(b1, BIT_2);
        FloatVector c4 = b4.blend(b6, BIT_2);
        FloatVector c5 = b5.blend(b7, BIT_2);
        FloatVector c6 = b6.blend(b4, BIT_2);
        FloatVector c7 = b7.blend(b5, BIT_2);

        FloatVector d0 = c0.blend(c1, BIT_1);
        FloatVector d1 = c1.blend(c0, BIT_1);
        FloatVector d2 = c2.blend(c3, BIT_1);
        FloatVector d3 = c3.blend(c2, BIT_1);
        FloatVector d4 = c4.blend(c5, BIT_1);
        FloatVector d5 = c5.blend(c4, BIT_1);
        FloatVector d6 = c6.blend(c7, BIT_1);
        FloatVector d7 = c7.blend(c6, BIT_1);

        d0.intoArray(to, toAt);
        d1.rearrange(XOR_1).intoArray(to, toAt + toStride);
        d2.rearrange(XOR_2).intoArray(to, toAt + 2 * toStride);
        d3.rearrange(XOR_3).intoArray(to, toAt + 3 * toStride);
        d4.rearrange(XOR_4).intoArray(to, toAt + 4 * toStride);
        d5.rearrange(XOR_5).intoArray(to, toAt + 5 * toStride);
        d6.rearrange(XOR_6).intoArray(to, toAt + 6 * toStride);
        d7.rearrange(XOR_7).intoArray(to, toAt + 7 * toStride);
    }

    private static void transposeByElement(
            float[] from, int fromAt, int fromStride, float[] to, int toAt, int toStride) {
        for (int i = 0; i < SIDE; i++) {
            for (int j = 0; j < SIDE; j++) {
                to[toAt + j * toStride + i] = from[fromAt + i * fromStride + j];
            }
        }
    }
}
