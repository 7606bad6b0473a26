package org.semblance.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.HashIndex;
import org.semblance.hashdb.index.PigeonringIndex;

/**
 * Lookup times while the index changes: 1,000 lookups a second at distance 31, first alone, then beside 100 additions and
 * 100 removals a second. Each addition must be found, and each removal gone, by a lookup that begins when it returns.
 *
 * <pre>
 *   java ... org.semblance.bench.IndexLiveReport SIZE SECONDS
 *   java ... org.semblance.bench.IndexLiveReport 10000000 600
 * </pre>
 */
public final class IndexLiveReport {
    private static final PrintStream OUT = System.out;
    private static final long LOOKUP_PERIOD_NANOS = 1_000_000;
    private static final long CHANGE_PERIOD_NANOS = 10_000_000;

    private IndexLiveReport() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        int size = Integer.parseInt(arguments[0]);
        int seconds = Integer.parseInt(arguments[1]);
        long[] stored = HashSets.stored(HashSets.Shape.UNIFORM, size);
        long[] queries = HashSets.queries(stored, 10_000, true);
        try (HashIndex index = new PigeonringIndex()) {
            HashSets.load(index, stored);
            lookups(index, queries, 10);
            report("alone", lookups(index, queries, Math.min(seconds, 30)), index);
            AtomicBoolean stop = new AtomicBoolean();
            AtomicLong wrong = new AtomicLong();
            AtomicLong changes = new AtomicLong();
            Thread writer = Thread.ofPlatform().start(() -> change(index, stored, stop, changes, wrong));
            report("live", lookups(index, queries, seconds), index);
            stop.set(true);
            writer.join();
            OUT.printf("%,d changes, %d of them not seen at once%n", changes.get(), wrong.get());
        }
    }

    /** Nanoseconds of each lookup, at a steady rate. */
    private static long[] lookups(HashIndex index, long[] queries, int seconds) {
        long[] times = new long[seconds * 1_000];
        long due = System.nanoTime();
        for (int i = 0; i < times.length; i++) {
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            Hash256 query = HashSets.hash(queries, i % (queries.length / 4));
            long start = System.nanoTime();
            index.lookup(query, 31, (q, d, id) -> {});
            times[i] = System.nanoTime() - start;
            due += LOOKUP_PERIOD_NANOS;
        }
        return times;
    }

    private static void change(
            HashIndex index, long[] stored, AtomicBoolean stop, AtomicLong changes, AtomicLong wrong) {
        long[] fresh = HashSets.queries(stored, 100_000, false);
        int size = stored.length / 4;
        long due = System.nanoTime();
        for (int i = 0; !stop.get(); i++) {
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            Hash256 added = HashSets.hash(fresh, i % 100_000);
            index.add(added, size + i);
            if (!finds(index, added, size + i)) {
                wrong.incrementAndGet();
            }
            Hash256 removed = HashSets.hash(stored, i % size);
            index.remove(removed, i);
            if (finds(index, removed, i)) {
                wrong.incrementAndGet();
            }
            changes.addAndGet(2);
            due += CHANGE_PERIOD_NANOS;
        }
    }

    private static boolean finds(HashIndex index, Hash256 hash, long contentId) {
        boolean[] found = {false};
        index.lookup(hash, 31, (q, d, id) -> found[0] |= id == contentId);
        return found[0];
    }

    private static void report(String name, long[] times, HashIndex index) throws IOException {
        Arrays.sort(times);
        OUT.printf(
                "%-6s %,d lookups  p50 %.1f us  p99 %.1f us  p99.9 %.1f us  max %.1f us  resident %,d MB  mapped %,d MB%n",
                name,
                times.length,
                times[times.length / 2] / 1e3,
                times[times.length / 100 * 99] / 1e3,
                times[times.length / 1000 * 999] / 1e3,
                times[times.length - 1] / 1e3,
                IndexReport.residentBytes() >> 20,
                index.offHeapBytes() >> 20);
    }
}
