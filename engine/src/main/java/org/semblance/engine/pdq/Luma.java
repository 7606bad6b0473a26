package org.semblance.engine.pdq;

/**
 * A picture as luma, read row by row: what lies behind it (a decoder's buffer, a pattern) never has to exist as floats.
 */
public interface Luma {
    /** Columns, at least 1. */
    int width();

    /** Rows, at least 1. */
    int height();

    /**
     * Writes the luma of row {@code y}, {@code width()} values of 0..255 from left to right, to {@code target} from
     * {@code offset} on. For a colour pixel that is {@code ((0.299f * R) + (0.587f * G)) + (0.114f * B)}, rounded after
     * each operation; for a grey one the sample itself.
     */
    void row(int y, float[] target, int offset);
}
