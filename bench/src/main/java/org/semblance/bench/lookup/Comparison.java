package org.semblance.bench.lookup;

import static org.semblance.bench.harness.Report.print;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.semblance.bench.harness.Folders;
import org.semblance.hashdb.index.HashIndex;
import org.semblance.hashdb.index.PigeonringIndex;
import org.semblance.server.selfbench.HashSets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * The index beside those of FAISS, on the same hashes and hit queries at distance {@link #DISTANCE}, on one core and on all. FAISS is
 * built for this CPU by {@code bench/compare}, and set as is best among its exact settings. Semblance's recall is checked by a plain
 * loop over all hashes, and FAISS must find as many hits for the queries that it had time for.
 */
public final class Comparison {
    private static final int DISTANCE = 31;
    private static final int BATCH = 256;
    private static final long WARM_UP_NANOS = 5_000_000_000L;
    private static final double SECONDS = 10;

    /** Exact at distance 31: 31 bits over 11 tables leave one with at most 2, over 16 one with at most 1, over 32 one with none. */
    private static final List<String> MULTIHASHES =
            List.of("multihash:11:23:2", "multihash:16:16:1", "multihash:32:8:0");

    /** Beyond so many, only the first of these settings is measured, which is the best here and wins more the more hashes there are. */
    private static final int MOST_IN_ALL = 1_000_000;

    /** Beyond so many, the tables of multihash want more memory than most machines have, and take an hour to build. */
    private static final int MOST_IN_MULTIHASH = 20_000_000;

    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private final Path faiss;
    private final int size;
    private final long[] stored;
    private final long[] queries;

    /** Lookups a second of one engine in one setting. */
    record Figure(int size, String engine, int threads, double rate) {}

    private Comparison(Path faiss, int size) {
        this.faiss = faiss;
        this.size = size;
        this.stored = HashSets.stored(HashSets.Shape.UNIFORM, size);
        this.queries = HashSets.queries(stored, IndexReport.QUERIES, true);
    }

    @Command(
            name = "compare",
            description = {
                "Compares lookups with those of FAISS; bench/compare builds FAISS and calls this.",
                "Fails if FAISS finds other hits."
            })
    static int run(
            @Parameters(paramLabel = "<faiss>", description = "FAISS's side, built from bench/faiss/lookups.cpp.")
                    Path faiss,
            @Parameters(
                            paramLabel = "<sizes>",
                            arity = "0..*",
                            defaultValue = "1000000",
                            description = "Hashes (default: ${DEFAULT-VALUE}).")
                    List<Integer> sizes)
            throws IOException, InterruptedException {
        List<Figure> figures = new ArrayList<>();
        boolean same = true;
        for (int size : sizes) {
            same &= new Comparison(faiss, size).compare(figures);
        }
        Path plot = Path.of("comparison.svg");
        Files.writeString(plot, ComparisonPlot.svg(figures));
        print("plot: %s", plot.toAbsolutePath());
        return same ? 0 : 1;
    }

    private boolean compare(List<Figure> figures) throws IOException, InterruptedException {
        int[] hits;
        try (PigeonringIndex index = new PigeonringIndex()) {
            long start = System.nanoTime();
            HashSets.load(index, stored);
            print("%,d hashes, distance %d, queries that hit", size, DISTANCE);
            double built = (System.nanoTime() - start) / 1e9;
            for (int threads : CORES == 1 ? new int[] {1} : new int[] {1, CORES}) {
                pin(threads);
                for (int batch : new int[] {1, BATCH}) {
                    double rate = rate(index, batch, threads);
                    String engine = "Semblance, " + (batch == 1 ? "single" : "batches of " + batch);
                    report(new Figure(size, engine, threads, rate), built, figures);
                }
            }
            print(
                    "  recall %s",
                    IndexReport.recall(
                            (some, count, sink) -> index.lookup(some, count, DISTANCE, sink),
                            stored,
                            queries,
                            DISTANCE,
                            BATCH));
            hits = hits(index);
        }
        return compareFaiss(hits, figures);
    }

    private static void report(Figure figure, double built, List<Figure> figures) {
        figures.add(figure);
        print(
                "  %-28s %s  %,13.1f lookups/s  (built in %.1f s)",
                figure.engine, figure.threads == 1 ? "one core " : "all cores", figure.rate, built);
    }

    /** Has all threads of this process run on the first core, or on any. */
    private static void pin(int threads) throws IOException, InterruptedException {
        String cores = threads == 1 ? "0" : "0-" + (CORES - 1);
        long pid = ProcessHandle.current().pid();
        int status = new ProcessBuilder("taskset", "-acp", cores, Long.toString(pid))
                .inheritIO()
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (status != 0) {
            throw new IllegalStateException("taskset failed: " + status);
        }
    }

    private double rate(HashIndex index, int batch, int threads) throws InterruptedException {
        lookUp(index, batch, threads, WARM_UP_NANOS);
        return lookUp(index, batch, threads, (long) (SECONDS * 1e9));
    }

    private double lookUp(HashIndex index, int batch, int threads, long nanos) throws InterruptedException {
        long[][] batches = IndexReport.batches(stored, batch, true);
        AtomicInteger next = new AtomicInteger();
        LongAdder lookups = new LongAdder();
        long start = System.nanoTime();
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            all.add(Thread.ofPlatform().start(() -> {
                long[] hits = {0};
                while (System.nanoTime() - start < nanos) {
                    index.lookup(
                            batches[next.getAndIncrement() % batches.length], batch, DISTANCE, (q, d, id) -> hits[0]++);
                    lookups.add(batch);
                }
            }));
        }
        for (Thread thread : all) {
            thread.join();
        }
        return lookups.sum() * 1e9 / (System.nanoTime() - start);
    }

    /** How many hits each query has. */
    private int[] hits(HashIndex index) {
        int[] hits = new int[queries.length / 4];
        index.lookup(queries, hits.length, DISTANCE, (q, d, id) -> hits[q]++);
        return hits;
    }

    private boolean compareFaiss(int[] hits, List<Figure> figures) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("semblance-compare");
        try {
            IndexReport.write(folder.resolve("hashes"), stored);
            IndexReport.write(folder.resolve("hits"), queries);
            List<String> command = new ArrayList<>(List.of(
                    faiss.toAbsolutePath().toString(),
                    folder.resolve("hashes").toString(),
                    folder.resolve("hits").toString(),
                    Integer.toString(DISTANCE),
                    Double.toString(SECONDS),
                    Integer.toString(CORES),
                    "flat"));
            if (size <= MOST_IN_MULTIHASH) {
                command.addAll(size <= MOST_IN_ALL ? MULTIHASHES : MULTIHASHES.subList(0, 1));
            } else {
                print("  FAISS multihash is left out: its tables want more memory than this machine has");
            }
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            boolean same = true;
            try (BufferedReader lines = process.inputReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    same &= read(line.split(" ", -1), hits, figures);
                }
            }
            return process.waitFor() == 0 && same;
        } finally {
            Folders.delete(folder);
        }
    }

    /** @param fields name, threads, seconds of building, queries, seconds, hits */
    private boolean read(String[] fields, int[] hits, List<Figure> figures) {
        int done = Integer.parseInt(fields[3]);
        double rate = done / Double.parseDouble(fields[4]);
        report(
                new Figure(size, "FAISS " + fields[0], Integer.parseInt(fields[1]), rate),
                Double.parseDouble(fields[2]),
                figures);
        int expected = Arrays.stream(hits, 0, done).sum();
        if (Integer.parseInt(fields[5]) != expected) {
            print("  OTHER HITS: %s of %d queries (expected: %d)", fields[5], done, expected);
            return false;
        }
        return true;
    }
}
