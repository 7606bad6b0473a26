package org.semblance.hashdb.index.kernel;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.natives.NativeLibrary;

/**
 * Our own library's scans, and a whole run of probes as one call of it, which has prefetch instructions and keeps nothing in
 * arrays between two passes. What has no native form is Java's.
 */
public final class NativeKernels implements Kernels {
    /** A call finds no more slots than this. */
    public static final int MOST_FOUND = 1024;

    private static final FunctionDescriptor RUN = FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS);

    /** What the library needs of the processor. */
    public enum Form {
        AVX512("avx512", 2),
        AVX2("avx2", 1);

        final String suffix;
        final long bit;

        Form(String suffix, long bit) {
            this.suffix = suffix;
            this.bit = bit;
        }
    }

    /** The functions of the library that this processor can run. */
    private static final class Loaded {
        static final @Nullable NativeLibrary LIBRARY;
        static final long FORMS;
        /** Why there is none, or none that this processor can run; or empty. */
        static final String FAILURE;

        static {
            NativeLibrary library = null;
            long forms = 0;
            String failure = "";
            try {
                library = NativeLibrary.get();
                forms = library.value("semblance_run_forms");
                failure = (forms & Form.AVX2.bit) != 0 ? "" : "this processor has no AVX2";
            } catch (IOException e) {
                failure = String.valueOf(e.getMessage());
            }
            LIBRARY = library;
            FORMS = forms;
            FAILURE = failure;
        }

        private Loaded() {}

        static MethodHandle run(Form form) {
            return Objects.requireNonNull(LIBRARY, FAILURE).critical("semblance_run_" + form.suffix, RUN);
        }
    }

    /** A constant, so that the compiler sees what is called; bound when it is used, which takes some milliseconds. */
    private static final class Avx512 {
        static final MethodHandle RUN = Loaded.run(Form.AVX512);

        private Avx512() {}
    }

    private static final class Avx2 {
        static final MethodHandle RUN = Loaded.run(Form.AVX2);

        private Avx2() {}
    }

    private static final class Scan {
        static final MethodHandle CALL = Objects.requireNonNull(Loaded.LIBRARY, Loaded.FAILURE)
                .critical(
                        "semblance_scan",
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.ADDRESS));

        private Scan() {}
    }

    private final Form form;
    private final Kernels java;

    /**
     * Kernels with the library's runs.
     *
     * @param form one of {@link #available}
     * @param java has the other loops
     */
    public NativeKernels(Form form, Kernels java) {
        this.form = form;
        this.java = java;
    }

    /** The forms that this machine has, the fastest first; none without the library. */
    public static Set<Form> available() {
        Set<Form> forms = EnumSet.noneOf(Form.class);
        for (Form form : Form.values()) {
            if ((Loaded.FORMS & form.bit) != 0) {
                forms.add(form);
            }
        }
        return forms;
    }

    /** Why none is available; empty if one is. */
    public static String failure() {
        return Loaded.FAILURE;
    }

    @Override
    public String name() {
        return "native-" + form.suffix;
    }

    /**
     * Runs through some tables.
     *
     * @param wide whether sketches have 4 bytes, and not 2
     * @param halfChunks tables with lower numbers are by chunks of the lower half of a hash
     * @param storeChunks where the list of the addresses of the chunks of slots lies
     * @param regions by table: where the list of the addresses of its regions lies
     * @param mostProbes that a run has
     */
    public Run scratch(boolean wide, int halfChunks, long storeChunks, long[] regions, int mostProbes) {
        return new Run(form, wide, halfChunks, storeChunks, regions, mostProbes);
    }

    /** A run, one after the other; for one lookup at a time. */
    public static final class Run {
        // Where things are in the arrays, as in run.c.
        private static final int WIDE = 0;
        private static final int HALF_CHUNKS = 1;
        private static final int STORE_CHUNKS = 2;
        private static final int REGIONS = 3;
        private static final int NEXT_PROBE = 0;
        private static final int BUCKETS = 1;
        private static final int NEXT_BUCKET = 2;
        private static final int NEXT_LINE = 3;
        private static final int FIRST_BUCKET = 4;
        private static final int BUCKET_LONGS = 2;

        private final Form form;
        private final MemorySegment tables;
        /** How far a run has come, and the buckets that are still to be tested. */
        private final long[] state;

        private int total;

        private Run(Form form, boolean wide, int halfChunks, long storeChunks, long[] regions, int mostProbes) {
            this.form = form;
            long[] words = new long[REGIONS + regions.length];
            words[WIDE] = wide ? 1 : 0;
            words[HALF_CHUNKS] = halfChunks;
            words[STORE_CHUNKS] = storeChunks;
            System.arraycopy(regions, 0, words, REGIONS, regions.length);
            tables = MemorySegment.ofArray(words);
            // The place behind the last bucket is written to and not counted.
            state = new long[FIRST_BUCKET + BUCKET_LONGS * (mostProbes + 1)];
        }

        /** A run of so many probes. */
        public void begin(int probes) {
            total = probes;
            state[NEXT_PROBE] = 0;
            state[BUCKETS] = 0;
            state[NEXT_BUCKET] = 0;
            state[NEXT_LINE] = 0;
        }

        /** Whether it has come to its end. */
        public boolean isDone() {
            return state[NEXT_PROBE] == total && state[NEXT_BUCKET] == state[BUCKETS];
        }

        /**
         * Goes on with the run, to its end or until {@link #MOST_FOUND} may be found or it has taken its time.
         *
         * @param cells addresses of the words of the buckets
         * @param probes query (upper 32 bits), chunk (4), limit (6), sketch (22)
         * @param slots receives those that are near
         * @param slotProbes receives by which probe
         * @return how many were found
         */
        public int go(long[] cells, long[] probes, long[] queries, int maxDistance, int[] slots, long[] slotProbes) {
            MemorySegment places = MemorySegment.ofArray(cells);
            MemorySegment wanted = MemorySegment.ofArray(probes);
            MemorySegment of = MemorySegment.ofArray(queries);
            MemorySegment progress = MemorySegment.ofArray(state);
            MemorySegment found = MemorySegment.ofArray(slots);
            MemorySegment by = MemorySegment.ofArray(slotProbes);
            try {
                // Not one call of either, which would be of a function that the compiler does not know.
                return (int)
                        (form == Form.AVX512
                                ? (long) Avx512.RUN.invokeExact(
                                        tables,
                                        places,
                                        wanted,
                                        (long) total,
                                        of,
                                        (long) maxDistance,
                                        progress,
                                        found,
                                        by)
                                : (long) Avx2.RUN.invokeExact(
                                        tables,
                                        places,
                                        wanted,
                                        (long) total,
                                        of,
                                        (long) maxDistance,
                                        progress,
                                        found,
                                        by));
            } catch (Throwable e) {
                throw new IllegalStateException("a run cannot be called", e);
            }
        }
    }

    @Override
    public int scanHalf(long half, long q0, long q1, int maxDistance, int[] found) {
        return scan(half, 0, new long[] {q0, q1}, maxDistance, found);
    }

    @Override
    public int scanWhole(long lower, long upper, long q0, long q1, long q2, long q3, int maxDistance, int[] found) {
        return scan(lower, upper, new long[] {q0, q1, q2, q3}, maxDistance, found);
    }

    private int scan(long lower, long upper, long[] query, int maxDistance, int[] found) {
        MemorySegment wanted = MemorySegment.ofArray(query);
        MemorySegment places = MemorySegment.ofArray(found);
        try {
            return (int) (long) Scan.CALL.invokeExact(form.bit, lower, upper, wanted, (long) maxDistance, places);
        } catch (Throwable e) {
            throw new IllegalStateException("a scan cannot be called", e);
        }
    }

    @Override
    public int testSketches(long[] bases, int[] lanes, long[] probes, int first, int end, long[] survivors) {
        return java.testSketches(bases, lanes, probes, first, end, survivors);
    }

    @Override
    public long testCells(long[] cells, long[] words, long[] probes, int count, long[] survivors, int[] others) {
        return java.testCells(cells, words, probes, count, survivors, others);
    }

    @Override
    public int testWideSketches(long[] bases, int[] lanes, long[] probes, int first, int end, long[] survivors) {
        return java.testWideSketches(bases, lanes, probes, first, end, survivors);
    }

    @Override
    public int lanesAStep(int sketchBytes) {
        return java.lanesAStep(sketchBytes);
    }
}
