package org.semblance.bench.lookup;

import static org.semblance.bench.harness.Report.print;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Memory;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.hash.Hash256;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Lookup times of a whole database while it changes: 1,000 lookups a second, in turns alone for 30 s and for 60 s beside
 * 100 additions and 100 withdrawals a second, each of them one change that is durable when it is answered. Each addition
 * must be found, and each withdrawal gone, by a lookup that begins when the change is answered.
 *
 * <p>Every query lies up to 31 bits from a banked hash.
 */
public final class LiveReport {
    private static final long LOOKUP_PERIOD_NANOS = 1_000_000;
    private static final long CHANGE_PERIOD_NANOS = 10_000_000;
    private static final int QUERIES = 10_000;
    private static final int WARM_UP_SECONDS = 20;
    private static final int ALONE_SECONDS = 30;
    private static final int LIVE_SECONDS = 60;

    /** Contents that were added here wait so long for their withdrawal, counted in changes. */
    private static final int LIFE = 500;

    private LiveReport() {}

    @Command(name = "live", description = "Times the lookups of a database while it changes, and while it does not.")
    static void run(
            @Parameters(description = "A data folder that 'import FOLDER ... database' made.") Path folder,
            @Parameters(description = "Rounds, each of 30 s alone and of 60 s beside changes.") int rounds)
            throws InterruptedException {
        try (HashDb db = HashDb.open(folder)) {
            Hash256[] queries = queries(db.size());
            print("%,d hashes; 1,000 lookups a second on one thread", db.size());
            lookups(db, queries, WARM_UP_SECONDS);
            Changes changes = new Changes(db);
            Thread writer = Thread.ofPlatform().name("changes").start(changes);
            long[][] alone = new long[rounds][];
            long[][] live = new long[rounds][];
            for (int i = 0; i < rounds; i++) {
                alone[i] = lookups(db, queries, ALONE_SECONDS);
                report("alone", alone[i]);
                changes.pause(false);
                live[i] = lookups(db, queries, LIVE_SECONDS);
                changes.pause(true);
                report("live", live[i]);
            }
            changes.stop();
            writer.join();
            double quiet = report("alone, all", joined(alone));
            double busy = report("live, all", joined(live));
            print("p99 beside changes: %.2f times that alone", busy / quiet);
            print(
                    "%,d added, %,d withdrawn, of them %d not seen at once; a change took p50 %.2f ms, p99 %.2f ms",
                    changes.added, changes.withdrawn, changes.wrong, changes.millis(50), changes.millis(99));
        }
    }

    private static long[] joined(long[][] parts) {
        return Arrays.stream(parts).flatMapToLong(Arrays::stream).toArray();
    }

    /** The generator that the verb {@code import} drew the banked hashes from, each moved by up to 31 bits. */
    private static Hash256[] queries(long size) {
        SplittableRandom banked = new SplittableRandom(Banked.SEED);
        SplittableRandom random = new SplittableRandom(Banked.SEED + 1);
        int step = (int) Math.max(1, size / QUERIES);
        Hash256[] queries = new Hash256[(int) Math.min(size, QUERIES)];
        for (int i = 0; i < queries.length; i++) {
            long[] words = new long[4];
            for (int word = 0; word < 4 * step; word++) {
                words[word % 4] = banked.nextLong();
            }
            for (int flips = random.nextInt(32); flips > 0; flips--) {
                words[random.nextInt(4)] ^= 1L << random.nextInt(64);
            }
            queries[i] = new Hash256(words[0], words[1], words[2], words[3]);
        }
        return queries;
    }

    /** Nanoseconds of each lookup, at a steady rate. */
    private static long[] lookups(HashDb db, Hash256[] queries, int seconds) {
        long[] times = new long[seconds * 1_000];
        int found = 0;
        long due = System.nanoTime();
        for (int i = 0; i < times.length; i++) {
            awaitTime(due);
            long start = System.nanoTime();
            found += db.lookup(queries[i % queries.length]).size();
            times[i] = System.nanoTime() - start;
            due += LOOKUP_PERIOD_NANOS;
        }
        if (found < times.length) {
            throw new IllegalStateException(
                    "found " + found + " in " + times.length + " lookups, each has a neighbour");
        }
        return times;
    }

    private static void awaitTime(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Prints the times and returns their 99th percentile, in nanoseconds. */
    private static double report(String name, long[] unsorted) {
        long[] times = unsorted.clone();
        Arrays.sort(times);
        print(
                "%-10s %,9d lookups  p50 %.1f us  p99 %.1f us  p99.9 %.1f us  max %.1f us  resident %,d MB, heap %,d MB",
                name,
                times.length,
                times[times.length / 2] / 1e3,
                times[times.length / 100 * 99] / 1e3,
                times[times.length / 1000 * 999] / 1e3,
                times[times.length - 1] / 1e3,
                Memory.anonymousKb() >> 10,
                Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory() >> 20);
        return times[times.length / 100 * 99];
    }

    /** Adds and withdraws while it may; begins paused. */
    private static final class Changes implements Runnable {
        private final HashDb db;
        private final Semaphore go = new Semaphore(0);
        private volatile boolean stopped;
        private final SplittableRandom random;
        private long[] nanos = new long[1 << 12];
        private int added;
        private int withdrawn;
        private int wrong;

        private record Added(long id, Hash256 hash) {}

        Changes(HashDb db) {
            this.db = db;
            this.random = new SplittableRandom(db.seq());
        }

        @Override
        public void run() {
            ArrayDeque<Added> living = new ArrayDeque<>();
            long due = System.nanoTime();
            while (true) {
                if (!go.tryAcquire()) {
                    go.acquireUninterruptibly();
                    due = System.nanoTime();
                }
                go.release();
                if (stopped) {
                    return;
                }
                awaitTime(due);
                due += CHANGE_PERIOD_NANOS;
                Hash256 hash = Banked.hash(random);
                long id = timed(new Change.AddContents(Banked.BANK, List.of(Banked.draft(hash))));
                living.add(new Added(id, hash));
                added++;
                wrong += finds(hash, id) ? 0 : 1;
                if (living.size() > LIFE) {
                    Added oldest = living.remove();
                    timed(new Change.WithdrawContent(Banked.BANK, oldest.id));
                    withdrawn++;
                    wrong += finds(oldest.hash, oldest.id) ? 1 : 0;
                }
            }
        }

        void pause(boolean paused) {
            if (paused) {
                go.acquireUninterruptibly();
            } else {
                go.release();
            }
        }

        void stop() {
            stopped = true;
            go.release();
        }

        private long timed(Change change) {
            long start = System.nanoTime();
            long id = db.apply(change, Banked.ORIGIN).firstContentId();
            int at = added + withdrawn;
            if (at == nanos.length) {
                nanos = Arrays.copyOf(nanos, 2 * at);
            }
            nanos[at] = System.nanoTime() - start;
            return id;
        }

        private boolean finds(Hash256 hash, long id) {
            return db.lookup(hash).stream().anyMatch(match -> match.content().id() == id);
        }

        double millis(int percentile) {
            long[] sorted = Arrays.copyOf(nanos, added + withdrawn);
            Arrays.sort(sorted);
            return sorted.length == 0 ? 0 : sorted[sorted.length * percentile / 100] / 1e6;
        }
    }
}
