package org.semblance.engine.features;

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
import org.semblance.hashdb.natives.NativeLibrary;

/** The loops of our own library, {@code features.c}. */
final class NativeFeatures implements FeatureKernels {
    private static final MemoryLayout LONG = ValueLayout.JAVA_LONG;
    private static final MemoryLayout FLOAT = ValueLayout.JAVA_FLOAT;
    private static final MemoryLayout ARRAY = ValueLayout.ADDRESS;

    /** Instruction sets for which the library has a form of its own, by their numbers in features.c. */
    private enum Form {
        AVX512(2),
        AVX2(1);

        final long number;

        Form(int number) {
            this.number = number;
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
                forms = library.value("semblance_feature_forms");
                failure = (forms & Form.AVX2.number) != 0 ? "" : "this processor has no AVX2";
            } catch (IOException e) {
                failure = String.valueOf(e.getMessage());
            }
            LIBRARY = library;
            FORMS = forms;
            FAILURE = failure;
        }

        private Loaded() {}

        static MethodHandle bind(String name, MemoryLayout... arguments) {
            return bind(name, FunctionDescriptor.ofVoid(arguments));
        }

        static MethodHandle bind(String name, FunctionDescriptor function) {
            return Objects.requireNonNull(LIBRARY, FAILURE).critical("semblance_" + name, function);
        }
    }

    /** Constants, so that the compiler sees what is called. */
    private static final class Calls {
        static final MethodHandle ADD_ROW = Loaded.bind("add_row", LONG, ARRAY, FLOAT, ARRAY, LONG, LONG);
        static final MethodHandle REDUCE_ROW = Loaded.bind("reduce_row", LONG, ARRAY, ARRAY, ARRAY, LONG, LONG, ARRAY);
        static final MethodHandle SHRINK = Loaded.bind("shrink", LONG, ARRAY, ARRAY, LONG);
        static final MethodHandle BLUR = Loaded.bind("blur", LONG, ARRAY, ARRAY, ARRAY, LONG);
        static final MethodHandle CORNERS = Loaded.bind(
                "corners", FunctionDescriptor.of(ValueLayout.JAVA_LONG, LONG, ARRAY, ARRAY, LONG, LONG, ARRAY));
        static final MethodHandle SPREAD = Loaded.bind(
                "spread",
                FunctionDescriptor.of(ValueLayout.JAVA_LONG, LONG, ARRAY, LONG, ARRAY, ARRAY, LONG, ARRAY, ARRAY));
        static final MethodHandle MOMENTS = Loaded.bind("moments", LONG, ARRAY, ARRAY, LONG, ARRAY);
        static final MethodHandle DESCRIBE = Loaded.bind("describe", LONG, ARRAY, ARRAY, ARRAY, LONG, ARRAY, ARRAY);

        private Calls() {}
    }

    private final Form form;

    private NativeFeatures(Form form) {
        this.form = form;
    }

    /** The forms that this machine has, the fastest first; none without the library. */
    static List<NativeFeatures> available() {
        List<NativeFeatures> forms = new ArrayList<>();
        for (Form form : Form.values()) {
            if ((Loaded.FORMS & form.number) != 0) {
                forms.add(new NativeFeatures(form));
            }
        }
        return forms;
    }

    /** Why none is available; empty if one is. */
    static String failure() {
        return Loaded.FAILURE;
    }

    private static IllegalStateException failed(Throwable e) {
        return new IllegalStateException("the native library cannot be called", e);
    }

    @Override
    public void addRow(float[] row, float weight, float[] sum, int width, boolean first) {
        MemorySegment from = MemorySegment.ofArray(row);
        MemorySegment to = MemorySegment.ofArray(sum);
        try {
            Calls.ADD_ROW.invokeExact(form.number, from, weight, to, (long) width, first ? 1L : 0L);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void reduceRow(float[] sum, int[] firsts, float[] weights, int most, byte[] out, int at) {
        MemorySegment from = MemorySegment.ofArray(sum);
        MemorySegment begins = MemorySegment.ofArray(firsts);
        MemorySegment factors = MemorySegment.ofArray(weights);
        MemorySegment to = MemorySegment.ofArray(out).asSlice(at, firsts.length);
        try {
            Calls.REDUCE_ROW.invokeExact(form.number, from, begins, factors, (long) most, (long) firsts.length, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void shrink(byte[] plain, int[] levels, int count) {
        MemorySegment pixels = MemorySegment.ofArray(plain);
        MemorySegment sizes = MemorySegment.ofArray(levels);
        try {
            Calls.SHRINK.invokeExact(form.number, pixels, sizes, (long) count);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void blur(byte[] plain, byte[] blurred, int[] levels, int count) {
        MemorySegment pixels = MemorySegment.ofArray(plain);
        MemorySegment to = MemorySegment.ofArray(blurred);
        MemorySegment sizes = MemorySegment.ofArray(levels);
        try {
            Calls.BLUR.invokeExact(form.number, pixels, to, sizes, (long) count);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public int corners(byte[] plain, int[] levels, int count, int threshold, int[] corners) {
        MemorySegment pixels = MemorySegment.ofArray(plain);
        MemorySegment sizes = MemorySegment.ofArray(levels);
        MemorySegment to = MemorySegment.ofArray(corners);
        try {
            return (int)
                    (long) Calls.CORNERS.invokeExact(form.number, pixels, sizes, (long) count, (long) threshold, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public int[] spread(int[] corners, int count, int[] levels, double[] turns, int most) {
        int[] chosen = new int[Math.min(count, most)];
        MemorySegment from = MemorySegment.ofArray(corners);
        MemorySegment sizes = MemorySegment.ofArray(levels);
        MemorySegment times = MemorySegment.ofArray(turns);
        MemorySegment scratch = MemorySegment.ofArray(new int[2 * count]);
        MemorySegment to = MemorySegment.ofArray(chosen);
        try {
            long taken = (long)
                    Calls.SPREAD.invokeExact(form.number, from, (long) count, sizes, times, (long) most, scratch, to);
            return Arrays.copyOf(chosen, (int) taken);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void moments(byte[] plain, int[] centres, int[] downAcross) {
        MemorySegment pixels = MemorySegment.ofArray(plain);
        MemorySegment places = MemorySegment.ofArray(centres);
        MemorySegment to = MemorySegment.ofArray(downAcross);
        try {
            Calls.MOMENTS.invokeExact(form.number, pixels, places, (long) centres.length, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void describe(byte[] blurred, int[] centres, int[] angles, Pattern pattern, long[] descriptors) {
        MemorySegment pixels = MemorySegment.ofArray(blurred);
        MemorySegment places = MemorySegment.ofArray(centres);
        MemorySegment turns = MemorySegment.ofArray(angles);
        MemorySegment tests = MemorySegment.ofArray(pattern.offsets());
        MemorySegment to = MemorySegment.ofArray(descriptors);
        try {
            Calls.DESCRIBE.invokeExact(form.number, pixels, places, turns, (long) centres.length, tests, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public String toString() {
        return form.name();
    }
}
