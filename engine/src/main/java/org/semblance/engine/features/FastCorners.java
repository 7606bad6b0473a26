package org.semblance.engine.features;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * FAST-9 corners (Rosten and Drummond, 2006): pixels of which nine neighbours in a row, on a circle of sixteen, are all
 * brighter or all darker by more than a threshold. Of corners that touch, the one with the highest score stays; the score
 * is the highest threshold at which the pixel would still be a corner.
 *
 * <p>A vector compares as many pixels at once as it has lanes; the masks of the sixteen neighbours become words of one bit a
 * pixel, in which nine in a row are found by a few ANDs for all of them.
 *
 * <p>Owns its scratch: for one thread.
 */
final class FastCorners {
    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_PREFERRED;

    private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;
    private static final int LANES = SHORTS.length();

    private static final int[] CIRCLE_X = {0, 1, 2, 3, 3, 3, 2, 1, 0, -1, -2, -3, -3, -3, -2, -1};
    private static final int[] CIRCLE_Y = {3, 3, 2, 1, 0, -1, -2, -3, -3, -3, -2, -1, 0, 1, 2, 3};
    private static final int POINTS = 16;

    /** Neighbours in a row that make a corner. */
    private static final int ARC = 9;

    private static final int[] CIRCLE = new int[POINTS];

    static {
        for (int i = 0; i < POINTS; i++) {
            CIRCLE[i] = CIRCLE_Y[i] * Pyramid.STRIDE + CIRCLE_X[i];
        }
    }

    private static final int O0 = CIRCLE[0];
    private static final int O1 = CIRCLE[1];
    private static final int O2 = CIRCLE[2];
    private static final int O3 = CIRCLE[3];
    private static final int O4 = CIRCLE[4];
    private static final int O5 = CIRCLE[5];
    private static final int O6 = CIRCLE[6];
    private static final int O7 = CIRCLE[7];
    private static final int O8 = CIRCLE[8];
    private static final int O9 = CIRCLE[9];
    private static final int O10 = CIRCLE[10];
    private static final int O11 = CIRCLE[11];
    private static final int O12 = CIRCLE[12];
    private static final int O13 = CIRCLE[13];
    private static final int O14 = CIRCLE[14];
    private static final int O15 = CIRCLE[15];

    private final Row[] rows = {new Row(), new Row(), new Row()};

    /** Of each neighbour, how much brighter it is than the corner in that lane; then what the scores are made from. */
    private final short[] differences = new short[POINTS * LANES];

    private final short[] least = new short[POINTS * LANES];
    private final short[] most = new short[POINTS * LANES];
    private final short[] firstLow = new short[POINTS * LANES];
    private final short[] firstHigh = new short[POINTS * LANES];
    private final short[] results = new short[LANES];

    /** The corners of a row, and their scores by column: 0 for what is no corner. */
    private static final class Row {
        final int[] scores = new int[Pyramid.STRIDE];
        final int[] found = new int[Pyramid.STRIDE];
        int count;

        void clear() {
            for (int i = 0; i < count; i++) {
                scores[found[i]] = 0;
            }
            count = 0;
        }
    }

    /** Receives a corner. */
    @FunctionalInterface
    interface Sink {
        /** @param score at least the threshold, at most 254 */
        void corner(int x, int y, int score);
    }

    /** Reports the corners of a level, row by row, that keep {@link Pyramid#MARGIN} off its edges. */
    void detect(Pyramid pyramid, int level, int threshold, Sink sink) {
        int from = Pyramid.MARGIN - 1;
        int toX = pyramid.width(level) - Pyramid.MARGIN + 1;
        int toY = pyramid.height(level) - Pyramid.MARGIN + 1;
        if (toX - from <= 2 || toY - from <= 2) {
            return;
        }
        for (Row row : rows) {
            row.clear();
        }
        for (int y = from; y < toY; y++) {
            Row row = rows[y % 3];
            row.clear();
            find(pyramid.plain(), pyramid.at(level, 0, y), from, toX, threshold, row);
            if (y >= from + 2) {
                report(y - 1, toX - 1, sink);
            }
        }
    }

    private void report(int y, int end, Sink sink) {
        int[] above = rows[(y + 2) % 3].scores;
        Row row = rows[y % 3];
        int[] scores = row.scores;
        int[] below = rows[(y + 1) % 3].scores;
        for (int i = 0; i < row.count; i++) {
            int x = row.found[i];
            int score = scores[x];
            if (x >= Pyramid.MARGIN
                    && x < end
                    && score > scores[x - 1]
                    && score > scores[x + 1]
                    && score > above[x - 1]
                    && score > above[x]
                    && score > above[x + 1]
                    && score > below[x - 1]
                    && score > below[x]
                    && score > below[x + 1]) {
                sink.corner(x, y, score);
            }
        }
    }

    private void find(byte[] pixels, int start, int from, int to, int threshold, Row row) {
        for (int x = from; x < to; x += BYTES.length()) {
            long corners = corners(pixels, start + x, (byte) threshold);
            int left = to - x;
            if (left < Long.SIZE) {
                corners &= (1L << left) - 1;
            }
            for (; corners != 0; corners &= corners - 1) {
                row.found[row.count++] = x + Long.numberOfTrailingZeros(corners);
            }
        }
        for (int first = 0; first < row.count; first += LANES) {
            int together = Math.min(LANES, row.count - first);
            score(pixels, start, row.found, first, together);
            for (int i = 0; i < together; i++) {
                row.scores[row.found[first + i]] = results[i];
            }
        }
    }

    /** A bit for each of a vector's pixels from {@code at} on: whether it is a corner. */
    private static long corners(byte[] pixels, int at, byte threshold) {
        ByteVector centre = ByteVector.fromArray(BYTES, pixels, at);
        ByteVector high = centre.lanewise(VectorOperators.SUADD, threshold);
        ByteVector low = centre.lanewise(VectorOperators.SUSUB, threshold);
        ByteVector p0 = ByteVector.fromArray(BYTES, pixels, at + O0);
        ByteVector p4 = ByteVector.fromArray(BYTES, pixels, at + O4);
        ByteVector p8 = ByteVector.fromArray(BYTES, pixels, at + O8);
        ByteVector p12 = ByteVector.fromArray(BYTES, pixels, at + O12);
        long b0 = above(p0, high);
        long b4 = above(p4, high);
        long b8 = above(p8, high);
        long b12 = above(p12, high);
        long d0 = above(low, p0);
        long d4 = above(low, p4);
        long d8 = above(low, p8);
        long d12 = above(low, p12);
        // Nine in a row cover two neighbours of these four.
        long bright = (b0 | b8) & (b4 | b12);
        long dark = (d0 | d8) & (d4 | d12);
        if ((bright | dark) == 0) {
            return 0;
        }
        ByteVector p1 = ByteVector.fromArray(BYTES, pixels, at + O1);
        ByteVector p2 = ByteVector.fromArray(BYTES, pixels, at + O2);
        ByteVector p3 = ByteVector.fromArray(BYTES, pixels, at + O3);
        ByteVector p5 = ByteVector.fromArray(BYTES, pixels, at + O5);
        ByteVector p6 = ByteVector.fromArray(BYTES, pixels, at + O6);
        ByteVector p7 = ByteVector.fromArray(BYTES, pixels, at + O7);
        ByteVector p9 = ByteVector.fromArray(BYTES, pixels, at + O9);
        ByteVector p10 = ByteVector.fromArray(BYTES, pixels, at + O10);
        ByteVector p11 = ByteVector.fromArray(BYTES, pixels, at + O11);
        ByteVector p13 = ByteVector.fromArray(BYTES, pixels, at + O13);
        ByteVector p14 = ByteVector.fromArray(BYTES, pixels, at + O14);
        ByteVector p15 = ByteVector.fromArray(BYTES, pixels, at + O15);
        long corners = 0;
        if (bright != 0) {
            corners = arcs(
                    b0,
                    above(p1, high),
                    above(p2, high),
                    above(p3, high),
                    b4,
                    above(p5, high),
                    above(p6, high),
                    above(p7, high),
                    b8,
                    above(p9, high),
                    above(p10, high),
                    above(p11, high),
                    b12,
                    above(p13, high),
                    above(p14, high),
                    above(p15, high));
        }
        if (dark != 0) {
            corners |= arcs(
                    d0,
                    above(low, p1),
                    above(low, p2),
                    above(low, p3),
                    d4,
                    above(low, p5),
                    above(low, p6),
                    above(low, p7),
                    d8,
                    above(low, p9),
                    above(low, p10),
                    above(low, p11),
                    d12,
                    above(low, p13),
                    above(low, p14),
                    above(low, p15));
        }
        return corners;
    }

    private static long above(ByteVector a, ByteVector b) {
        return a.compare(VectorOperators.UGT, b).toLong();
    }

    /** The bits that are set in nine words in a row, the first of which follows the last. */
    private static long arcs(
            long w0,
            long w1,
            long w2,
            long w3,
            long w4,
            long w5,
            long w6,
            long w7,
            long w8,
            long w9,
            long w10,
            long w11,
            long w12,
            long w13,
            long w14,
            long w15) {
        long a0 = w0 & w1;
        long a1 = w1 & w2;
        long a2 = w2 & w3;
        long a3 = w3 & w4;
        long a4 = w4 & w5;
        long a5 = w5 & w6;
        long a6 = w6 & w7;
        long a7 = w7 & w8;
        long a8 = w8 & w9;
        long a9 = w9 & w10;
        long a10 = w10 & w11;
        long a11 = w11 & w12;
        long a12 = w12 & w13;
        long a13 = w13 & w14;
        long a14 = w14 & w15;
        long a15 = w15 & w0;
        long b0 = a0 & a2;
        long b1 = a1 & a3;
        long b2 = a2 & a4;
        long b3 = a3 & a5;
        long b4 = a4 & a6;
        long b5 = a5 & a7;
        long b6 = a6 & a8;
        long b7 = a7 & a9;
        long b8 = a8 & a10;
        long b9 = a9 & a11;
        long b10 = a10 & a12;
        long b11 = a11 & a13;
        long b12 = a12 & a14;
        long b13 = a13 & a15;
        long b14 = a14 & a0;
        long b15 = a15 & a1;
        return (b0 & b4 & w8)
                | (b1 & b5 & w9)
                | (b2 & b6 & w10)
                | (b3 & b7 & w11)
                | (b4 & b8 & w12)
                | (b5 & b9 & w13)
                | (b6 & b10 & w14)
                | (b7 & b11 & w15)
                | (b8 & b12 & w0)
                | (b9 & b13 & w1)
                | (b10 & b14 & w2)
                | (b11 & b15 & w3)
                | (b12 & b0 & w4)
                | (b13 & b1 & w5)
                | (b14 & b2 & w6)
                | (b15 & b3 & w7);
    }

    /** The highest thresholds at which some corners of a row still are corners, a lane each. */
    private void score(byte[] pixels, int start, int[] found, int first, int count) {
        for (int lane = 0; lane < count; lane++) {
            int at = start + found[first + lane];
            int centre = pixels[at] & 0xff;
            for (int i = 0; i < POINTS; i++) {
                differences[i * LANES + lane] = (short) ((pixels[at + CIRCLE[i]] & 0xff) - centre);
            }
        }
        extend(differences, differences, 1, least, most);
        extend(least, most, 2, least, most);
        extend(least, most, 4, least, most);
        ShortVector brightest = ShortVector.broadcast(SHORTS, Short.MIN_VALUE);
        ShortVector darkest = ShortVector.broadcast(SHORTS, Short.MAX_VALUE);
        for (int i = 0; i < POINTS; i++) {
            ShortVector ninth = load(differences, (i + ARC - 1) % POINTS);
            brightest = brightest.max(load(least, i).min(ninth));
            darkest = darkest.min(load(most, i).max(ninth));
        }
        brightest.max(darkest.neg()).sub((short) 1).intoArray(results, 0);
    }

    /** For each neighbour, from the extremes of as many in a row from it on, those of twice as many. */
    private void extend(short[] low, short[] high, int length, short[] toLow, short[] toHigh) {
        // The first ones are needed again at the end, when they are twice as long already.
        System.arraycopy(low, 0, firstLow, 0, length * LANES);
        System.arraycopy(high, 0, firstHigh, 0, length * LANES);
        for (int i = 0; i < POINTS; i++) {
            int next = i + length;
            ShortVector nextLow = next < POINTS ? load(low, next) : load(firstLow, next - POINTS);
            ShortVector nextHigh = next < POINTS ? load(high, next) : load(firstHigh, next - POINTS);
            load(low, i).min(nextLow).intoArray(toLow, i * LANES);
            load(high, i).max(nextHigh).intoArray(toHigh, i * LANES);
        }
    }

    private static ShortVector load(short[] lanes, int neighbour) {
        return ShortVector.fromArray(SHORTS, lanes, neighbour * LANES);
    }
}
