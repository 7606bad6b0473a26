package org.semblance.bench.lookup;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.semblance.bench.harness.Banked;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.VerifyReport;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.sql.Catalog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * How fast contents of one hash each are banked in bulk, through the catalog alone and through the whole database, and
 * how long opening and verifying the result takes.
 */
public final class ImportBench {

    private ImportBench() {}

    /** What is measured. */
    enum What {
        CATALOG,
        DATABASE
    }

    @Command(
            name = "import",
            description = "Banks contents of one random hash each, and opens and verifies the database again.")
    static void run(
            @Parameters(description = "An empty folder.") Path folder,
            @Parameters(description = "How many contents.") int contents,
            @Parameters(description = "Contents a transaction.") int bulk,
            @Parameters(paramLabel = "catalog|database", description = "The catalog alone, or all that a server has.")
                    What what)
            throws IOException {
        print("seed %d, %,d contents, %,d a transaction, %s", Banked.SEED, contents, bulk, what);
        SplittableRandom random = new SplittableRandom(Banked.SEED);
        if (what == What.DATABASE) {
            HashDb db = HashDb.open(folder);
            db.apply(new Change.CreateBank(Banked.BANK), Banked.ORIGIN);
            insert(random, contents, bulk, change -> db.apply(change, Banked.ORIGIN));
            long start = System.nanoTime();
            db.close();
            report("close", contents, start);
            start = System.nanoTime();
            try (HashDb again = HashDb.open(folder)) {
                report("open", again.size(), start);
                start = System.nanoTime();
                VerifyReport verified = again.verify();
                report("verify " + (verified.clean() ? "(clean)" : verified.problems()), verified.hashes(), start);
            }
        } else {
            Files.createDirectories(folder);
            try (Catalog catalog = Catalog.open(folder.resolve("catalog.db"))) {
                commit(catalog, new Change.CreateBank(Banked.BANK));
                insert(random, contents, bulk, change -> commit(catalog, change));
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted(Comparator.naturalOrder()).toList()) {
                print("%s: %.1f bytes a content", file.getFileName(), Files.size(file) / (double) contents);
            }
        }
    }

    private static void commit(Catalog catalog, Change change) {
        if (catalog.commit(List.of(new Catalog.Submission(change, Banked.ORIGIN)), Instant.now())
                        .getFirst()
                instanceof Catalog.Outcome.Refused refused) {
            throw refused.why();
        }
    }

    private interface Target {
        void apply(Change change);
    }

    private static void insert(SplittableRandom random, int contents, int bulk, Target target) {
        long start = System.nanoTime();
        long inTarget = 0;
        for (int done = 0; done < contents; done += bulk) {
            List<ContentDraft> drafts = new ArrayList<>(bulk);
            for (int i = 0; i < Math.min(bulk, contents - done); i++) {
                drafts.add(Banked.draft(Banked.hash(random)));
            }
            long before = System.nanoTime();
            target.apply(new Change.AddContents(Banked.BANK, drafts));
            inTarget += System.nanoTime() - before;
        }
        report("import with making the input", contents, start);
        report("import", contents, System.nanoTime() - inTarget);
    }

    private static void report(String what, long contents, long startNs) {
        double seconds = (System.nanoTime() - startNs) / 1e9;
        print("%s: %.1f s, %,.0f contents/s", what, seconds, contents / seconds);
    }
}
