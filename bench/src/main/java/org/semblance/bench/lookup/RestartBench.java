package org.semblance.bench.lookup;

import static org.semblance.bench.harness.Report.print;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Jvm;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * How long a database takes to stop, to be ready after a clean stop, and to be ready after {@code kill -9}: each in a
 * process of its own, as an operator sees it.
 */
public final class RestartBench {
    private static final int BULK = 1000;
    private static final int LOOKUPS = 1000;

    /** Long enough for the view to be open, so that stopping has to close it. */
    private static final long SERVING_NS = 8_000_000_000L;

    private static final String CHANGED = "changed";

    private RestartBench() {}

    @Command(name = "restart", description = "Times the stops and starts of a database, clean ones and after kill -9.")
    static void run(
            @Parameters(description = "A data folder that 'import FOLDER ... database' made.") Path folder,
            @Parameters(description = "Contents to bank, in bulks of 1,000, before the kill.") int contents)
            throws IOException, InterruptedException {
        print("first start, as the database was left");
        run(folder, 0, true);
        print("start after a clean stop");
        run(folder, 0, true);
        print("start after a clean stop, then %d contents banked, then kill -9", contents);
        run(folder, contents, false);
        print("start after kill -9");
        run(folder, 0, true);
        print("start after a clean stop");
        run(folder, 0, true);
    }

    /** The process that is started and stopped. */
    public static void main(String[] args) {
        child(Path.of(args[0]), Integer.parseInt(args[1]), args[2].equals("stop"));
    }

    /** Starts a process, which stops by itself, or is killed when it has changed what it should. */
    private static void run(Path folder, int contents, boolean stop) throws IOException, InterruptedException {
        Process process =
                Jvm.start(RestartBench.class, folder.toString(), Integer.toString(contents), stop ? "stop" : "kill");
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.equals(CHANGED)) {
                    break;
                } else if (line.startsWith("  ")) {
                    print("%s", line);
                }
            }
            if (!stop) {
                process.destroyForcibly();
            }
            process.waitFor();
        }
    }

    private static void child(Path folder, int contents, boolean stop) {
        long start = System.nanoTime();
        HashDb db = HashDb.open(folder);
        long opened = System.nanoTime();
        long sinceStart = System.currentTimeMillis()
                - ManagementFactory.getRuntimeMXBean().getStartTime();
        print(
                "  open: %.2f s, %.2f s from the start of the process; %,d hashes",
                (opened - start) / 1e9, sinceStart / 1e3, db.size());
        SplittableRandom random = new SplittableRandom(Banked.SEED);
        int found = 0;
        for (int i = 0; i < LOOKUPS; i++) {
            found += db.lookup(Banked.hash(random)).size();
        }
        print("  found of the first %d banked: %d", LOOKUPS, found);
        while (System.nanoTime() - opened < SERVING_NS) {
            db.lookup(Banked.hash(random));
        }
        SplittableRandom fresh = new SplittableRandom(db.seq());
        long slowest = 0;
        for (int done = 0; done < contents; done += BULK) {
            List<ContentDraft> drafts = new ArrayList<>(BULK);
            for (int i = 0; i < BULK; i++) {
                drafts.add(Banked.draft(Banked.hash(fresh)));
            }
            long before = System.nanoTime();
            db.apply(new Change.AddContents(Banked.BANK, drafts), Banked.ORIGIN);
            slowest = Math.max(slowest, System.nanoTime() - before);
        }
        if (contents > 0) {
            print("  slowest bulk of %,d: %.0f ms", BULK, slowest / 1e6);
        }
        if (!stop) {
            print(CHANGED);
            while (true) {
                Thread.onSpinWait();
            }
        }
        start = System.nanoTime();
        db.close();
        print("  close: %.2f s", (System.nanoTime() - start) / 1e9);
    }
}
