package org.semblance.hashdb.index.kernel;

import java.util.ArrayList;
import java.util.List;
import org.semblance.hashdb.natives.NativeLibrary;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The inner loops of the indexes, over raw memory, in several forms that give the same results: native code, Java's vector
 * instructions, and neither.
 */
public interface Kernels {
    /** Slots that a scan looks at in one go: 16 KiB of halves, which a batch of queries finds in the first cache. */
    int BLOCK = 1024;

    /** Bytes of the word that begins a cell. */
    int WORD_BYTES = Long.BYTES;

    /**
     * Finds the hashes of a block whose half is near that of the query. Which of them count is up to the caller: up to
     * {@link #BLOCK} slots are read, whatever they hold, and memory must be there for them.
     *
     * @param half address of the first half, 16 bytes a slot
     * @param q0 lower word of the query's half
     * @param q1 its upper word
     * @param maxDistance 0..127
     * @param found receives positions in the block, 0..1023; has at least {@link #BLOCK} places
     * @return how many were found
     */
    int scanHalf(long half, long q0, long q1, int maxDistance, int[] found);

    /**
     * Compares the query with both halves of each hash of a block, as {@link #scanHalf} does with one.
     *
     * @param maxDistance 0..256
     */
    int scanWhole(long lower, long upper, long q0, long q1, long q2, long q3, int maxDistance, int[] found);

    /**
     * Tests the sketches of 2 bytes of buckets, and makes of each step that leaves survivors a pair of
     * longs: the number of the probe (upper 32 bits) and that of the step's first lane; and the lanes that survive (bit k:
     * k lanes after the first one).
     *
     * @param bases addresses of the first sketches
     * @param lanes how many each has, 1 or more
     * @param probes in the lower 26 bits the limit (4) and the query's sketch (22); a lane survives whose sketch differs
     *     from it in at most limit bits
     * @param first the first bucket to test
     * @param end one more than the last
     * @param survivors has room for a pair of each step, and one more
     * @return how many pairs
     */
    int testSketches(long[] bases, int[] lanes, long[] probes, int first, int end, long[] survivors);

    /**
     * Tests the sketches of 2 bytes that are copied to cells, each of which lies on one cache line: 8 bytes for a word, then
     * the sketches. A cell is a step.
     *
     * @param cells addresses of the cells
     * @param words what begins each cell: how many lanes there are (lower 31 bits), and in the bit above whether their
     *     sketches follow
     * @param probes as in {@link #testSketches}
     * @param count how many cells
     * @param survivors as in {@link #testSketches}: has room for a pair of each cell, and one more
     * @param others receives the numbers of the probes whose cells have lanes but not their sketches; has room for all, and
     *     one more
     * @return how many pairs (upper 32 bits) and how many others
     */
    long testCells(long[] cells, long[] words, long[] probes, int count, long[] survivors, int[] others);

    /** Tests sketches of 4 bytes, as {@link #testSketches} does those of 2. */
    int testWideSketches(long[] bases, int[] lanes, long[] probes, int first, int end, long[] survivors);

    /** Lanes of a step; a bucket takes one step more than that says if its lanes begin within one. */
    int lanesAStep(int sketchBytes);

    /** What the log, the metrics and {@link Best#PROPERTY} call this form, such as java-vector. */
    String name();

    /** The fastest form this machine has, or the one that {@link Best#PROPERTY} names; the choice is logged once. */
    static Kernels best() {
        return Best.KERNELS;
    }

    /** The forms that this machine has, the fastest first. */
    static List<Kernels> available() {
        List<Kernels> java = new ArrayList<>();
        if (ModuleLayer.boot().findModule(Best.VECTOR_MODULE).isPresent()) {
            java.add(new VectorKernels());
        }
        java.add(new ScalarKernels());
        List<Kernels> all = new ArrayList<>();
        NativeKernels.available().forEach(form -> all.add(new NativeKernels(form, java.getFirst())));
        all.addAll(java);
        return all;
    }

    /** Holds the choice. */
    final class Best {
        /** The system property that names a form, for tests and for support. */
        public static final String PROPERTY = "semblance.kernel";

        private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);
        private static final String VECTOR_MODULE = "jdk.incubator.vector";
        static final Kernels KERNELS = choose(System.getProperty(PROPERTY, ""));

        private Best() {}

        private static Kernels choose(String wanted) {
            List<Kernels> available = available();
            for (Kernels kernels : available) {
                if (kernels.name().equals(wanted)) {
                    LOG.info("lookups run as {}, as -D{} says", wanted, PROPERTY);
                    return kernels;
                }
            }
            Kernels best = available.getFirst();
            if (!wanted.isEmpty()) {
                LOG.warn(
                        "-D{}={}: this machine has not that form (expected: one of {})",
                        PROPERTY,
                        wanted,
                        available.stream().map(Kernels::name).toList());
            }
            if (best instanceof NativeKernels) {
                LOG.info("lookups run as {}", best.name());
            } else {
                LOG.atLevel(NativeLibrary.IS_FOR_THIS_PLATFORM ? Level.WARN : Level.INFO)
                        .log("lookups run as {}, without the native library: {}", best.name(), NativeKernels.failure());
            }
            if (best instanceof ScalarKernels) {
                LOG.warn(
                        "lookups run without vector instructions, several times slower: start java with --add-modules={}",
                        VECTOR_MODULE);
            }
            return best;
        }
    }
}
