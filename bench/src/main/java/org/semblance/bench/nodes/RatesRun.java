package org.semblance.bench.nodes;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Folders;
import org.semblance.bench.harness.Times;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.postgres.PostgresAddress;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.follow.IndexKind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How fast nodes of this process change a catalog on PostgreSQL, follow it, and begin with it. */
public final class RatesRun {
    private static final int BULK = 50_000;
    private static final int CLIENTS = 1_000;
    private static final int SINGLES = 1_000;

    /** Single changes before those that count: the first ones meet code that is not compiled. */
    private static final int WARM_UP = 2_000;

    private static final int PAGE = 8 << 10;

    private final SplittableRandom random;
    private final SharedCatalog catalog;
    private final Path folder;
    private final int syncMs;

    private RatesRun(long seed, SharedCatalog catalog, Path folder, int syncMs) {
        this.random = new SplittableRandom(seed);
        this.catalog = catalog;
        this.folder = folder;
        this.syncMs = syncMs;
    }

    /** Returns 1 if a node does not have what was added. */
    @Command(
            name = "rates",
            description = {
                "Measures nodes on a PostgreSQL: bulks, changes of many clients, a node that was away, and a new one.",
                "Starts a PostgreSQL of its own, of the binaries in /usr/lib/postgresql."
            })
    static int run(
            @Parameters(description = "How many millions of hashes a new node finds.") int millions,
            @Parameters(description = "How long clients make single changes, in seconds.") int seconds,
            @Parameters(description = "Of the hashes.") long seed,
            @Option(
                            names = "--sync-ms",
                            defaultValue = "0",
                            description =
                                    "By how much PostgreSQL delays each sync, as if the disk were slower (default: 0).")
                    int syncMs)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("semblance-rates");
        try (Postgres postgres = Postgres.start()) {
            postgres.delaySyncs(syncMs);
            SharedCatalog catalog = new SharedCatalog(PostgresAddress.parse(Postgres.catalog(postgres)), null);
            return new RatesRun(seed, catalog, folder, syncMs).run(millions, seconds) ? 0 : 1;
        } finally {
            Folders.delete(folder);
        }
    }

    private HashDb open(String name) {
        return HashDb.open(folder.resolve(name), catalog, DatabaseEvents.NONE);
    }

    private boolean run(int millions, int seconds) throws IOException, InterruptedException {
        boolean sound = true;
        long all = millions * 1_000_000L;
        try (HashDb one = open("one")) {
            one.apply(new Change.CreateBank(Banked.BANK), Banked.ORIGIN);
            open("copied").close(); // A folder of a node.
            singly(one);
            bulk(one, Math.min(all, 1_000_000L));
            open("away").close();
            long before = one.seq();
            try (HashDb two = open("two")) {
                together(List.of(one, two), seconds);
            }
            long rows = one.seq() - before;
            long begun = System.nanoTime();
            try (HashDb away = open("away")) {
                double took = since(begun);
                print(
                        "a node that was away took in %,d single changes in %.1f s, with its start: %,.0f/s",
                        rows, took, rows / took);
                sound &= away.size() == one.size() && away.seq() == one.seq();
            }
            if (all > one.size()) {
                bulk(one, all - one.size());
            }
            begun = System.nanoTime();
            try (HashDb fresh = open("fresh")) {
                print("a new node began with %,d hashes after %.1f s", fresh.size(), since(begun));
                sound &= fresh.size() == one.size();
            }
            Path copied = folder.resolve("copied");
            String snapshot = IndexKind.HASHES.fileName();
            Files.copy(
                    folder.resolve("fresh").resolve(snapshot),
                    copied.resolve(snapshot),
                    StandardCopyOption.REPLACE_EXISTING);
            begun = System.nanoTime();
            try (HashDb fresh = open("copied")) {
                print("with the snapshot of another node, after %.1f s", since(begun));
                sound &= fresh.size() == one.size();
            }
            print("every node has what was added: %s", sound);
        }
        return sound;
    }

    private static double since(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }

    /** One client, whose every change is a commit of its own; and what this disk takes for one. */
    private void singly(HashDb db) throws IOException {
        Times syncs = new Times();
        Path file = folder.resolve("synced");
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < SINGLES; i++) {
                long begun = System.nanoTime();
                out.write(ByteBuffer.allocate(PAGE), 0);
                out.force(false);
                syncs.addSince(begun);
            }
        }
        Times changes = new Times();
        for (int i = -WARM_UP; i < SINGLES; i++) {
            Change add = new Change.AddContents(Banked.BANK, List.of(Banked.draft(Banked.hash(random))));
            long begun = System.nanoTime();
            db.apply(add, Banked.ORIGIN);
            if (i >= 0) {
                changes.addSince(begun);
            }
        }
        double sync = syncs.percentile(0.5) + syncMs;
        double change = changes.percentile(0.5);
        print(
                "one client: a change p50 %.2f ms, p99 %.2f ms; a sync takes %.2f ms, of which %d ms are PostgreSQL's delay: %.0f %% of"
                        + " the commits that such a disk allows",
                change, changes.percentile(0.99), sync, syncMs, 100 * sync / change);
    }

    private void bulk(HashDb db, long contents) {
        long nanos = 0;
        for (long left = contents; left > 0; left -= BULK) {
            List<ContentDraft> drafts = new ArrayList<>(BULK);
            for (int i = 0; i < Math.min(left, BULK); i++) {
                drafts.add(Banked.draft(Banked.hash(random)));
            }
            long begun = System.nanoTime();
            db.apply(new Change.AddContents(Banked.BANK, drafts), Banked.ORIGIN);
            nanos += System.nanoTime() - begun;
        }
        print(
                "%,d signals in changes of %,d took %.1f s: %,.0f/s",
                contents, BULK, nanos / 1e9, contents / (nanos / 1e9));
    }

    /** Many clients at each node, whose changes share commits. */
    private void together(List<HashDb> nodes, int seconds) throws InterruptedException {
        AtomicLong made = new AtomicLong();
        List<Thread> clients = new ArrayList<>();
        long begun = System.nanoTime();
        long end = begun + TimeUnit.SECONDS.toNanos(seconds);
        for (int i = 0; i < CLIENTS * nodes.size(); i++) {
            HashDb db = nodes.get(i % nodes.size());
            SplittableRandom own = random.split();
            clients.add(Thread.ofVirtual().start(() -> {
                while (System.nanoTime() - end < 0) {
                    db.apply(
                            new Change.AddContents(Banked.BANK, List.of(Banked.draft(Banked.hash(own)))),
                            Banked.ORIGIN);
                    made.incrementAndGet();
                }
            }));
        }
        for (Thread client : clients) {
            client.join();
        }
        double took = since(begun);
        print(
                "%d nodes with %,d clients each: %,d single changes in %.1f s: %,.0f/s",
                nodes.size(), CLIENTS, made.get(), took, made.get() / took);
    }
}
