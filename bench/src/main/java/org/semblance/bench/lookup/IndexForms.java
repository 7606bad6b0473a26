package org.semblance.bench.lookup;

import static org.semblance.bench.harness.Report.print;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import org.semblance.bench.harness.Times;
import org.semblance.hashdb.index.PigeonringIndex;
import org.semblance.hashdb.index.kernel.Kernels;
import org.semblance.server.selfbench.HashSets;

/**
 * The forms of the lookup's kernels beside each other, in turn in one process, over the same tables: lookups a second of CPU
 * time of the thread, so that a busy machine spoils less.
 */
final class IndexForms {
    private static final long CPU_NANOS_A_FIGURE = 700_000_000L;
    private static final long WARM_UP_NANOS = 2_500_000_000L;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private IndexForms() {}

    static void compare(int size, HashSets.Shape shape, int distance, int[] batches, String targets, int rounds) {
        long[] stored = HashSets.stored(shape, size);
        List<Kernels> forms = Kernels.available();
        try (PigeonringIndex index = new PigeonringIndex()) {
            HashSets.load(index, stored);
            for (String target : targets.split(",", -1)) {
                for (int batch : batches) {
                    print("%,d %s hashes, distance %d, %s, batches of %,d", size, shape, distance, target, batch);
                    compare(index, forms, stored, distance, batch, target.equals("hit"), rounds);
                }
            }
        }
    }

    private static void compare(
            PigeonringIndex index,
            List<Kernels> forms,
            long[] stored,
            int distance,
            int batch,
            boolean hit,
            int rounds) {
        long[][] parts = IndexReport.batches(stored, batch, hit);
        double[][] rates = new double[forms.size()][rounds];
        for (Kernels form : forms) {
            rate(index, form, parts, distance, WARM_UP_NANOS);
        }
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < forms.size(); i++) {
                rates[i][round] = rate(index, forms.get(i), parts, distance, CPU_NANOS_A_FIGURE);
            }
        }
        long[] queries = IndexReport.queries(stored, batch, hit);
        long digest = digest(index, forms.getFirst(), parts, distance);
        double java = 0;
        for (int i = 0; i < forms.size(); i++) {
            java = forms.get(i).name().equals("java-vector") ? Times.median(rates[i]) : java;
        }
        for (int i = 0; i < forms.size(); i++) {
            Kernels form = forms.get(i);
            double median = Times.median(rates[i]);
            print(
                    "  %-13s  %,11.0f lookups a second of CPU  (%,.0f to %,.0f)  %5.2f times java-vector  recall %s%s",
                    form.name(),
                    median,
                    Arrays.stream(rates[i]).min().orElse(0),
                    Arrays.stream(rates[i]).max().orElse(0),
                    median / java,
                    IndexReport.recall(
                            (some, count, sink) -> index.lookup(form, some, count, distance, null, sink),
                            stored,
                            queries,
                            distance,
                            batch),
                    digest(index, form, parts, distance) == digest
                            ? ""
                            : "  OTHER HITS than " + forms.getFirst().name());
        }
    }

    private static double rate(PigeonringIndex index, Kernels form, long[][] parts, int distance, long nanos) {
        long lookups = 0;
        long start = THREADS.getCurrentThreadCpuTime();
        long now = start;
        long[] hits = {0};
        while (now - start < nanos) {
            // The clock is a system call.
            for (int i = 0; i < Math.max(1, 256 / (parts[0].length / 4)); i++) {
                long[] part = parts[(int) (lookups * 4 / parts[0].length % parts.length)];
                index.lookup(form, part, part.length / 4, distance, null, (q, d, id) -> hits[0]++);
                lookups += part.length / 4;
            }
            now = THREADS.getCurrentThreadCpuTime();
        }
        return lookups * 1e9 / (now - start);
    }

    /** A digest of all hits of all queries, the same for every form that finds the same. */
    private static long digest(PigeonringIndex index, Kernels form, long[][] parts, int distance) {
        long[] sum = {0};
        for (int i = 0; i < parts.length; i++) {
            int first = i * parts[i].length / 4;
            index.lookup(
                    form,
                    parts[i],
                    parts[i].length / 4,
                    distance,
                    null,
                    (q, d, id) -> sum[0] += IndexReport.digest(d, id) * (2L * (first + q) + 1));
        }
        return sum[0];
    }
}
