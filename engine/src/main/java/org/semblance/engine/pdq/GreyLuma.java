package org.semblance.engine.pdq;

import java.lang.foreign.MemorySegment;
import org.semblance.engine.pdq.PdqKernels.Pixels;

/**
 * A plane of grey bytes as luma: the sample itself, 0..255, or, of studio video, what 16 to 235 stand for.
 *
 * <p>The bytes are read in place, whoever owns them: an array, or a decoder's native buffer, which must then outlive
 * this object. Reading is thread-safe as far as the segment allows it.
 */
public final class GreyLuma implements Luma {
    private final MemorySegment samples;
    private final int width;
    private final int height;
    private final long stride;
    private final Pixels kind;

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
        this(samples, width, height, stride, Pixels.GREY);
    }

    private GreyLuma(MemorySegment samples, int width, int height, long stride, Pixels kind) {
        InterleavedLuma.check(samples, width, height, stride, 1);
        this.kind = kind;
        this.samples = samples;
        this.width = width;
        this.height = height;
        this.stride = stride;
    }

    /** The luma plane of studio video: 16 is black and 235 white, and what lies beyond is no more than that. */
    public static GreyLuma studio(MemorySegment samples, int width, int height, long stride) {
        return new GreyLuma(samples, width, height, stride, Pixels.STUDIO);
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
        PdqKernels.best().luma(kind, samples, InterleavedLuma.rowStart(y, height, stride), width, target, offset);
    }
}
