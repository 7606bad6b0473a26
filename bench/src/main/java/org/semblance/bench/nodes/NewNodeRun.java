package org.semblance.bench.nodes;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.semblance.bench.harness.Banked;
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

/**
 * How long a server that starts with an empty folder takes until it is ready: with the snapshot of a peer that has warmed up, and from
 * SQL.
 */
public final class NewNodeRun {
    private static final int BULK = 50_000;

    /** Contents that the peer's snapshot lacks, so that a new node reads them from the catalog either way. */
    private static final int LATER = 10_000;

    private NewNodeRun() {}

    /** Returns 1 if a server does not have the whole list, or began in another way than was asked. */
    @Command(
            name = "new-node",
            description = {
                "Measures the start of a server with an empty folder, on a PostgreSQL: with a peer's snapshot, then from SQL.",
                "Starts a PostgreSQL of its own, of the binaries in /usr/lib/postgresql."
            })
    static int run(
            @Parameters(description = "How many millions of hashes it finds.") int millions,
            @Parameters(description = "Of the hashes.") long seed,
            @Option(names = "--rounds", defaultValue = "3", description = "How often each is measured (default: 3).")
                    int rounds)
            throws IOException, InterruptedException {
        boolean sound = true;
        try (Postgres postgres = Postgres.start()) {
            String catalog = Postgres.catalog(postgres);
            try (Node peer = new Node("peer", catalog)) {
                long hashes = fill(peer, catalog, millions * 1_000_000L, new SplittableRandom(seed));
                peer.start();
                peer.awaitIdle();
                postgres.settle();
                print(
                        "%,d hashes; the peer's snapshot has %,d bytes and lacks %,d",
                        hashes,
                        peer.folder()
                                .resolve(IndexKind.HASHES.fileName())
                                .toFile()
                                .length(),
                        LATER);
                for (int round = 0; round < rounds; round++) {
                    sound &= start("with the snapshot of a peer", catalog, List.of("--peers", peer.url()), hashes, 1);
                }
                for (int round = 0; round < rounds; round++) {
                    sound &= start("from SQL", catalog, List.of(), hashes, 0);
                }
            }
        }
        print("every server had the whole list, and began as it was meant to: %s", sound);
        return sound ? 0 : 1;
    }

    /** Has the node bank hashes and save its snapshot, and then some more; returns how many in all. */
    private static long fill(Node node, String catalog, long hashes, SplittableRandom random) {
        SharedCatalog shared = new SharedCatalog(PostgresAddress.parse(catalog), null);
        try (HashDb db = HashDb.open(node.folder(), shared, DatabaseEvents.NONE)) {
            db.apply(new Change.CreateBank(Banked.BANK), Banked.ORIGIN);
            for (long left = hashes; left > 0; left -= BULK) {
                add(db, (int) Math.min(left, BULK), random);
            }
        }
        // Too few for a list of this length to be saved again.
        try (HashDb db = HashDb.open(node.folder(), shared, DatabaseEvents.NONE)) {
            add(db, LATER, random);
            return db.size();
        }
    }

    private static void add(HashDb db, int count, SplittableRandom random) {
        List<ContentDraft> drafts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            drafts.add(Banked.draft(Banked.hash(random)));
        }
        db.apply(new Change.AddContents(Banked.BANK, drafts), Banked.ORIGIN);
    }

    private static boolean start(String how, String catalog, List<String> options, long hashes, int fetches)
            throws IOException {
        try (Node node = new Node("new", catalog, List.of(), options)) {
            long begun = System.nanoTime();
            node.start();
            double took = (System.nanoTime() - begun) / 1e9;
            String metrics = node.send("GET", "/metrics", null, Map.of()).body();
            boolean sound = number(metrics, "semblance_hashes") == hashes
                    && number(metrics, "semblance_index_fetch_seconds_count") == fetches;
            print(
                    "a new server was ready %s after %.1f s, of which fetching and loading took %.1f s, building %.1f s",
                    how,
                    took,
                    number(metrics, "semblance_index_fetch_seconds_sum"),
                    number(metrics, "semblance_index_build_seconds_sum"));
            return sound;
        }
    }

    private static double number(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no metric " + name));
    }
}
