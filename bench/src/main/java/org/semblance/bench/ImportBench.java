package org.semblance.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.VerifyReport;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * How fast contents of one hash each are banked in bulk, through the catalog alone and through the whole database, and
 * how long opening and verifying the result takes.
 *
 * <p>Arguments: an empty folder, the number of contents, contents a transaction, and what to measure, {@code catalog} or
 * {@code database}.
 */
public final class ImportBench {
    static final long SEED = 20261124;
    private static final Origin ORIGIN = new Origin("bench", "");

    private ImportBench() {}

    public static void main(String[] args) throws IOException {
        Usage.require(args, 4, "FOLDER CONTENTS BULK catalog|database");
        Path folder = Path.of(args[0]);
        int contents = Integer.parseInt(args[1]);
        int bulk = Integer.parseInt(args[2]);
        boolean whole = args[3].equals("database");
        print("seed %d, %,d contents, %,d a transaction, %s", SEED, contents, bulk, args[3]);
        SplittableRandom random = new SplittableRandom(SEED);
        if (whole) {
            HashDb db = HashDb.open(folder);
            db.apply(new Change.CreateBank("BENCH"), ORIGIN);
            insert(random, contents, bulk, change -> db.apply(change, ORIGIN));
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
                commit(catalog, new Change.CreateBank("BENCH"));
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
        if (catalog.commit(List.of(new Catalog.Proposal(change, ORIGIN)), Instant.now())
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
                Hash256 hash = new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
                drafts.add(new ContentDraft(List.of(new Signal(SignalType.PDQ, hash.toHex(), 100))));
            }
            long before = System.nanoTime();
            target.apply(new Change.AddContents("BENCH", drafts));
            inTarget += System.nanoTime() - before;
        }
        report("import with making the input", contents, start);
        report("import", contents, System.nanoTime() - inTarget);
    }

    private static void report(String what, long contents, long startNs) {
        double seconds = (System.nanoTime() - startNs) / 1e9;
        print("%s: %.1f s, %,.0f contents/s", what, seconds, contents / seconds);
    }

    @SuppressWarnings("SystemOut") // The report is this program's output.
    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
