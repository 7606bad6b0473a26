package org.semblance.engine.pdq;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.natives.NativeLibrary;

/** The loops of our own library, {@code picture.c}. */
final class NativePdq implements PdqKernels {
    private static final MemoryLayout LONG = ValueLayout.JAVA_LONG;
    private static final MemoryLayout ARRAY = ValueLayout.ADDRESS;

    /** Rows that are read for a call: enough to make the call cheap, and few enough to stay in the cache. */
    private static final int SAMPLED_ROWS = 16;

    /** Floats (64 MB) of scratch that are kept for the next picture; only absurdly wide ones need more. */
    private static final int KEPT = 1 << 24;

    private static final float[] NOTHING = {};

    /** Instruction sets for which the library has a form of its own, by their numbers in picture.c. */
    private enum Form {
        AVX512(2, 16),
        AVX2(1, 8);

        final long number;
        final int lanes;

        Form(int number, int lanes) {
            this.number = number;
            this.lanes = lanes;
        }
    }

    /** The library, and the forms of it that this processor can run. */
    private static final class Loaded {
        static final @Nullable NativeLibrary LIBRARY;
        static final long FORMS;
        static final String FAILURE;

        static {
            NativeLibrary library = null;
            long forms = 0;
            String failure = "";
            try {
                library = NativeLibrary.get();
                forms = library.value("semblance_picture_forms");
                failure = (forms & Form.AVX2.number) != 0 ? "" : "this processor has no AVX2";
            } catch (IOException e) {
                failure = String.valueOf(e.getMessage());
            }
            LIBRARY = library;
            FORMS = forms;
            FAILURE = failure;
        }

        private Loaded() {}

        static MethodHandle bind(String name, FunctionDescriptor function) {
            return Objects.requireNonNull(LIBRARY, FAILURE).critical("semblance_" + name, function);
        }
    }

    /** Constants, so that the compiler sees what is called. */
    private static final class LumaCalls {
        static final MethodHandle ROW =
                Loaded.bind("luma_row", FunctionDescriptor.ofVoid(LONG, LONG, ARRAY, LONG, ARRAY));

        private LumaCalls() {}
    }

    private static final class TentCalls {
        static final MethodHandle FLOATS =
                Loaded.bind("tent_floats", FunctionDescriptor.of(ValueLayout.JAVA_LONG, LONG, LONG, LONG));
        static final MethodHandle BEGIN = Loaded.bind("tent_begin", FunctionDescriptor.ofVoid(LONG, ARRAY, LONG, LONG));
        static final MethodHandle BAND =
                Loaded.bind("tent_band", FunctionDescriptor.ofVoid(LONG, ARRAY, ARRAY, LONG, ARRAY));

        private TentCalls() {}
    }

    private static final class SamplerCalls {
        static final MethodHandle FLOATS =
                Loaded.bind("sample_floats", FunctionDescriptor.of(ValueLayout.JAVA_LONG, LONG, LONG, LONG));
        static final MethodHandle BEGIN =
                Loaded.bind("sample_begin", FunctionDescriptor.ofVoid(LONG, ARRAY, LONG, LONG));
        static final MethodHandle ROWS =
                Loaded.bind("sample_rows", FunctionDescriptor.ofVoid(LONG, ARRAY, ARRAY, LONG, LONG, ARRAY));

        private SamplerCalls() {}
    }

    private static final class HashCalls {
        static final MethodHandle COSINES =
                Loaded.bind("cosines", FunctionDescriptor.ofVoid(LONG, ARRAY, ARRAY, ARRAY));
        static final MethodHandle ABOVE_MEDIAN =
                Loaded.bind("above_median", FunctionDescriptor.ofVoid(LONG, ARRAY, ARRAY));
        static final MethodHandle GRADIENTS =
                Loaded.bind("gradients", FunctionDescriptor.of(ValueLayout.JAVA_LONG, LONG, ARRAY));

        private HashCalls() {}
    }

    private final Form form;

    private NativePdq(Form form) {
        this.form = form;
    }

    /** The forms that this machine has, the fastest first; none without the library. */
    static List<NativePdq> available() {
        List<NativePdq> forms = new ArrayList<>();
        for (Form form : Form.values()) {
            if ((Loaded.FORMS & form.number) != 0) {
                forms.add(new NativePdq(form));
            }
        }
        return forms;
    }

    /** Why none is available; empty if one is. */
    static String failure() {
        return Loaded.FAILURE;
    }

    @Override
    public void luma(Pixels kind, MemorySegment pixels, long start, int width, float[] row, int at) {
        MemorySegment bytes = pixels.asSlice(start, (long) kind.bytes * width);
        MemorySegment floats = MemorySegment.ofArray(row).asSlice((long) Float.BYTES * at, (long) Float.BYTES * width);
        try {
            LumaCalls.ROW.invokeExact(form.number, (long) kind.ordinal(), bytes, (long) width, floats);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** What the calls declare and never throw; but a picture whose memory is closed is refused, as elsewhere. */
    private static RuntimeException failed(Throwable e) {
        return e instanceof RuntimeException refused
                ? refused
                : new IllegalStateException("the native library cannot be called", e);
    }

    private static int fitting(long floats, Luma luma) {
        if (floats > Integer.MAX_VALUE - 8) {
            long widest = Integer.MAX_VALUE / (floats / luma.width() + 1);
            throw new IllegalArgumentException("width: " + luma.width() + " (expected: at most " + widest
                    + " at a height of " + luma.height() + ")");
        }
        return (int) floats;
    }

    @Override
    public Smoothing tent() {
        return new NativeTent(form);
    }

    @Override
    public Smoothing sampler() {
        return new NativeSampler(form);
    }

    private static final class NativeTent implements Smoothing {
        private final Form form;
        private float[] rows = NOTHING;
        private float[] scratch = NOTHING;

        NativeTent(Form form) {
            this.form = form;
        }

        @Override
        public void downsample(Luma luma, float[] small) {
            int width = luma.width();
            int height = luma.height();
            int band = 2 * form.lanes;
            try {
                int floats =
                        fitting((long) TentCalls.FLOATS.invokeExact(form.number, (long) width, (long) height), luma);
                int steps = TentFilter.steps(width, band);
                int stride = steps + form.lanes;
                if (scratch.length < floats) {
                    scratch = new float[floats];
                }
                if (rows.length < band * stride) {
                    rows = new float[band * stride];
                }
                for (int y = 0; y < band; y++) {
                    Arrays.fill(rows, y * stride + width, (y + 1) * stride, 0);
                }
                MemorySegment held = MemorySegment.ofArray(scratch);
                MemorySegment read = MemorySegment.ofArray(rows);
                MemorySegment to = MemorySegment.ofArray(small);
                TentCalls.BEGIN.invokeExact(form.number, held, (long) width, (long) height);
                for (int top = 0; top < TentFilter.steps(height, band); top += band) {
                    int present = Math.clamp(height - top, 0, band);
                    for (int y = 0; y < present; y++) {
                        luma.row(top + y, rows, y * stride);
                    }
                    TentCalls.BAND.invokeExact(form.number, held, read, (long) present, to);
                }
            } catch (Throwable e) {
                throw failed(e);
            }
            if (rows.length + scratch.length > KEPT) {
                rows = NOTHING;
                scratch = NOTHING;
            }
        }
    }

    private static final class NativeSampler implements Smoothing {
        private final Form form;
        private float[] rows = NOTHING;
        private float[] scratch = NOTHING;

        NativeSampler(Form form) {
            this.form = form;
        }

        @Override
        public void downsample(Luma luma, float[] small) {
            int width = luma.width();
            int height = luma.height();
            int stride = Math.ceilDiv(width, 2 * form.lanes) * 2 * form.lanes;
            int together = Math.clamp(KEPT / 2 / stride, 1, SAMPLED_ROWS);
            try {
                int floats =
                        fitting((long) SamplerCalls.FLOATS.invokeExact(form.number, (long) width, (long) height), luma);
                if (scratch.length < floats) {
                    scratch = new float[floats];
                }
                if (rows.length < together * stride) {
                    rows = new float[together * stride];
                }
                MemorySegment held = MemorySegment.ofArray(scratch);
                MemorySegment read = MemorySegment.ofArray(rows);
                MemorySegment to = MemorySegment.ofArray(small);
                SamplerCalls.BEGIN.invokeExact(form.number, held, (long) width, (long) height);
                for (int top = 0; top < height; top += together) {
                    int count = Math.min(together, height - top);
                    for (int y = 0; y < count; y++) {
                        luma.row(top + y, rows, y * stride);
                    }
                    SamplerCalls.ROWS.invokeExact(form.number, held, read, (long) stride, (long) count, to);
                }
            } catch (Throwable e) {
                throw failed(e);
            }
            if (rows.length + scratch.length > KEPT) {
                rows = NOTHING;
                scratch = NOTHING;
            }
        }
    }

    @Override
    public void cosines(float[] picture, float[] coefficients) {
        MemorySegment cosines = MemorySegment.ofArray(CosineHash.COSINES);
        MemorySegment from = MemorySegment.ofArray(picture);
        MemorySegment to = MemorySegment.ofArray(coefficients);
        try {
            HashCalls.COSINES.invokeExact(form.number, cosines, from, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public Hash256 aboveMedian(float[] values) {
        long[] words = new long[4];
        MemorySegment from = MemorySegment.ofArray(values);
        MemorySegment to = MemorySegment.ofArray(words);
        try {
            HashCalls.ABOVE_MEDIAN.invokeExact(form.number, from, to);
        } catch (Throwable e) {
            throw failed(e);
        }
        return new Hash256(words[3], words[2], words[1], words[0]);
    }

    @Override
    public int gradients(float[] picture) {
        MemorySegment from = MemorySegment.ofArray(picture);
        try {
            return (int) (long) HashCalls.GRADIENTS.invokeExact(form.number, from);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public String toString() {
        return form.name();
    }
}
