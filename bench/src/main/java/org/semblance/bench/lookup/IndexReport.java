package org.semblance.bench.lookup;

import static org.semblance.bench.harness.Report.print;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Memory;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.HashIndex;
import org.semblance.hashdb.index.LinearScanIndex;
import org.semblance.hashdb.index.PigeonringIndex;
import org.semblance.hashdb.offheap.HugePages;
import org.semblance.server.selfbench.HashSets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Lookups a second of an index on one thread, with the recall beside each figure.
 *
 * <p>With a file, the index is also saved and opened again. Recall is the share of the pairs that a plain loop over the
 * generated hashes finds within the distance and the index found too; the index must also find no other.
 *
 * <p>To keep to one core: {@code taskset -c 0}.
 */
public final class IndexReport {
    static final int QUERIES = 20_000;
    private static final int CHECKED = 64;
    private static final long NANOS_A_FIGURE = 2_000_000_000L;
    private static final long WARM_UP_NANOS = 2_500_000_000L;

    private IndexReport() {}

    /** Which index. */
    enum Kind {
        PIGEONRING,
        SCAN
    }

    @Command(name = "index", description = "Measures the lookups of an index, with the recall beside each figure.")
    static void measure(
            @Parameters(arity = "0..1", defaultValue = "1000000", description = "Hashes (default: ${DEFAULT-VALUE}).")
                    int size,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "uniform|clustered",
                            defaultValue = "uniform",
                            description = "How they lie (default: ${DEFAULT-VALUE}).")
                    HashSets.Shape shape,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "pigeonring|scan",
                            defaultValue = "pigeonring",
                            description = "The index (default: ${DEFAULT-VALUE}).")
                    Kind kind,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "<distances>",
                            defaultValue = "31",
                            description = "Such as 0,15,31,63 (default: ${DEFAULT-VALUE}).")
                    String distances,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "<batches>",
                            defaultValue = "1,256",
                            description = "Hashes a call, such as 1,256,20000 (default: ${DEFAULT-VALUE}).")
                    String batches,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "hit,miss",
                            defaultValue = "hit,miss",
                            description = "Queries near what is stored, or near nothing (default: ${DEFAULT-VALUE}).")
                    String targets,
            @Parameters(
                            arity = "0..1",
                            description = "Where the index is saved, to be opened again (default: nowhere).")
                    @Nullable
                    Path file)
            throws IOException {
        long[] stored = HashSets.stored(shape, size);
        try (HashIndex index = kind == Kind.SCAN ? new LinearScanIndex() : new PigeonringIndex()) {
            long before = Memory.anonymousKb();
            long start = System.nanoTime();
            HashSets.load(index, stored);
            print(
                    "%s of %,d %s hashes: loaded in %.1f s, mapped %.0f bytes a hash, resident %.0f",
                    kind.name().toLowerCase(Locale.ROOT),
                    index.size(),
                    shape.name().toLowerCase(Locale.ROOT),
                    (System.nanoTime() - start) / 1e9,
                    (double) index.offHeapBytes() / size,
                    1_024.0 * (Memory.anonymousKb() - before) / size);
            HugePages.Share pages = HugePages.share();
            print("on huge pages %,d MB, on small ones %,d MB", pages.hugeBytes() >> 20, pages.smallBytes() >> 20);
            if (file != null && index instanceof PigeonringIndex ring) {
                reopen(ring, file);
            }
            for (int distance : numbers(distances)) {
                for (String target : targets.split(",", -1)) {
                    for (int batch : numbers(batches)) {
                        measure(index, stored, distance, batch, target.equals("hit"));
                    }
                }
            }
        }
    }

    @Command(
            name = "index-forms",
            description = "Compares the forms of the lookups (native code, Java with vectors, Java without) in turn.")
    static void forms(
            @Parameters(arity = "0..1", defaultValue = "1000000", description = "Hashes (default: ${DEFAULT-VALUE}).")
                    int size,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "uniform|clustered",
                            defaultValue = "uniform",
                            description = "How they lie (default: ${DEFAULT-VALUE}).")
                    HashSets.Shape shape,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "<distance>",
                            defaultValue = "31",
                            description = "Such as 31 (default: ${DEFAULT-VALUE}).")
                    int distance,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "<batches>",
                            defaultValue = "1,256,20000",
                            description = "Hashes a call (default: ${DEFAULT-VALUE}).")
                    String batches,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "hit,miss",
                            defaultValue = "hit,miss",
                            description = "Queries near what is stored, or near nothing (default: ${DEFAULT-VALUE}).")
                    String targets,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "<rounds>",
                            defaultValue = "5",
                            description =
                                    "Figures of each form, of which the median is given (default: ${DEFAULT-VALUE}).")
                    int rounds) {
        IndexForms.compare(size, shape, distance, numbers(batches), targets, rounds);
    }

    @Command(
            name = "index-files",
            description =
                    "Writes the hashes and the queries of 'index' to files, 32 bytes a hash, for other libraries to look up.")
    static void write(
            @Parameters(description = "Where they go.") Path folder,
            @Parameters(description = "Hashes.") int size,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "uniform|clustered",
                            defaultValue = "uniform",
                            description = "How they lie (default: ${DEFAULT-VALUE}).")
                    HashSets.Shape shape)
            throws IOException {
        Files.createDirectories(folder);
        long[] stored = HashSets.stored(shape, size);
        write(folder.resolve("hashes"), stored);
        write(folder.resolve("hits"), HashSets.queries(stored, QUERIES, true));
        write(folder.resolve("misses"), HashSets.queries(stored, QUERIES, false));
    }

    static void write(Path file, long[] words) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            for (long word : words) {
                out.writeLong(word);
            }
        }
    }

    private static void reopen(PigeonringIndex index, Path file) throws IOException {
        long start = System.nanoTime();
        index.save(file, 1, Hash256.ZERO);
        long saved = System.nanoTime();
        try (PigeonringIndex again = PigeonringIndex.open(file).index()) {
            print(
                    "snapshot of %,d bytes: saved in %.2f s, opened in %.2f s with %,d pairs",
                    Files.size(file), (saved - start) / 1e9, (System.nanoTime() - saved) / 1e9, again.size());
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static void measure(HashIndex index, long[] stored, int distance, int batch, boolean hit) {
        long[] queries = queries(stored, batch, hit);
        long[][] batches = batches(stored, batch, hit);
        int sets = batches.length;
        Counter counter = new Counter();
        int next = 0;
        for (long end = System.nanoTime() + WARM_UP_NANOS; System.nanoTime() < end; ) {
            index.lookup(batches[next++ % sets], batch, distance, counter);
        }
        counter.hits = 0;
        long calls = 0;
        long[] times = new long[1 << 20];
        long start = System.nanoTime();
        long now = start;
        while (now - start < NANOS_A_FIGURE) {
            index.lookup(batches[next++ % sets], batch, distance, counter);
            long then = now;
            now = System.nanoTime();
            times[(int) (calls++ & times.length - 1)] = now - then;
        }
        double seconds = (now - start) / 1e9;
        long hits = counter.hits;
        Arrays.sort(times, 0, (int) Math.min(calls, times.length));
        print(
                "distance %2d  %-4s  batch %6d  %,11.0f lookups/s  p50 %,9.1f us  p99 %,9.1f us  %6.2f matches a lookup"
                        + "  recall %s",
                distance,
                hit ? "hit" : "miss",
                batch,
                calls * batch / seconds,
                times[(int) (Math.min(calls, times.length) / 2)] / 1e3,
                times[(int) (Math.min(calls, times.length) * 99 / 100)] / 1e3,
                (double) hits / calls / batch,
                recall(
                        (some, count, sink) -> index.lookup(some, count, distance, sink),
                        stored,
                        queries,
                        distance,
                        batch));
    }

    static long[] queries(long[] stored, int batch, boolean hit) {
        return HashSets.queries(stored, Math.max(batch, QUERIES), hit);
    }

    /** The same, cut into batches. */
    static long[][] batches(long[] stored, int batch, boolean hit) {
        long[] queries = queries(stored, batch, hit);
        long[][] batches = new long[queries.length / 4 / batch][];
        Arrays.setAll(batches, i -> Arrays.copyOfRange(queries, 4 * batch * i, 4 * batch * (i + 1)));
        return batches;
    }

    /** A lookup that is to be checked. */
    interface Lookup {
        void lookup(long[] queries, int count, HashIndex.HitSink sink);
    }

    static String recall(Lookup lookup, long[] stored, long[] queries, int distance, int batch) {
        int count = Math.min(CHECKED, queries.length / 4);
        long expected = 0;
        long[] sums = new long[count];
        for (int i = 0; i < stored.length; i += 4) {
            long a = stored[i];
            long b = stored[i + 1];
            long c = stored[i + 2];
            long d = stored[i + 3];
            for (int q = 0; q < count; q++) {
                int far = Long.bitCount(a ^ queries[4 * q])
                        + Long.bitCount(b ^ queries[4 * q + 1])
                        + Long.bitCount(c ^ queries[4 * q + 2])
                        + Long.bitCount(d ^ queries[4 * q + 3]);
                if (far <= distance) {
                    expected++;
                    sums[q] += digest(far, i / 4);
                }
            }
        }
        long[] found = {0};
        long[] foundSums = new long[count];
        for (int q = 0; q < count; q += batch) {
            int first = q;
            int some = Math.min(batch, count - q);
            // The whole batch, so that the path that was measured is the one that is checked.
            int whole = Math.min(batch, queries.length / 4 - q);
            lookup.lookup(Arrays.copyOfRange(queries, 4 * q, 4 * (q + whole)), whole, (i, d, id) -> {
                if (i < some) {
                    found[0]++;
                    foundSums[first + i] += digest(d, id);
                }
            });
        }
        if (!Arrays.equals(sums, foundSums)) {
            return String.format("WRONG: %d found, %d expected", found[0], expected);
        }
        return expected == 0 ? "1.0 (0 pairs)" : String.format("1.0 (%d pairs)", expected);
    }

    static long digest(int distance, long contentId) {
        long x = (contentId * 257 + distance + 1) * 0x9E3779B97F4A7C15L;
        return x ^ x >>> 29;
    }

    static int[] numbers(String list) {
        return Arrays.stream(list.split(",", -1)).mapToInt(Integer::parseInt).toArray();
    }

    private static final class Counter implements HashIndex.HitSink {
        long hits;

        @Override
        public void hit(int query, int distance, long contentId) {
            hits++;
        }
    }
}
