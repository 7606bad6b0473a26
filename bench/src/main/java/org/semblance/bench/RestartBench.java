package org.semblance.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * How long a database takes to stop, to be ready after a clean stop, and to be ready after {@code kill -9}: each in a
 * process of its own, as an operator sees it.
 *
 * <p>Arguments: the folder of a database that {@link ImportBench} made, and how many contents are banked (in bulks of
 * 1,000) before the process is killed.
 */
public final class RestartBench {
    private static final Origin ORIGIN = new Origin("bench", "");
    private static final int BULK = 1000;
    private static final int LOOKUPS = 1000;

    /** Long enough for the view to be open, so that stopping has to close it. */
    private static final long SERVING_NS = 8_000_000_000L;

    private static final String CHANGED = "changed";

    private RestartBench() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Usage.require(args, 2, "FOLDER CONTENTS_BEFORE_THE_KILL");
        if (args[0].equals("child")) {
            child(Path.of(args[1]), Integer.parseInt(args[2]), args[3].equals("stop"));
            return;
        }
        print("first start, as the database was left");
        run(args[0], 0, true);
        print("start after a clean stop");
        run(args[0], 0, true);
        print("start after a clean stop, then %s contents banked, then kill -9", args[1]);
        run(args[0], Integer.parseInt(args[1]), false);
        print("start after kill -9");
        run(args[0], 0, true);
        print("start after a clean stop");
        run(args[0], 0, true);
    }

    /** Starts a process, which stops by itself, or is killed when it has changed what it should. */
    private static void run(String folder, int contents, boolean stop) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(RestartBench.class.getName());
        command.addAll(List.of("child", folder, Integer.toString(contents), stop ? "stop" : "kill"));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
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
        SplittableRandom random = new SplittableRandom(ImportBench.SEED);
        int found = 0;
        for (int i = 0; i < LOOKUPS; i++) {
            found += db.lookup(hash(random)).size();
        }
        print("  found of the first %d banked: %d", LOOKUPS, found);
        while (System.nanoTime() - opened < SERVING_NS) {
            db.lookup(hash(random));
        }
        SplittableRandom fresh = new SplittableRandom(db.seq());
        long slowest = 0;
        for (int done = 0; done < contents; done += BULK) {
            List<ContentDraft> drafts = new ArrayList<>(BULK);
            for (int i = 0; i < BULK; i++) {
                drafts.add(new ContentDraft(
                        List.of(new Signal(SignalType.PDQ, hash(fresh).toHex()))));
            }
            long before = System.nanoTime();
            db.apply(new Change.AddContents("BENCH", drafts), ORIGIN);
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

    private static Hash256 hash(SplittableRandom random) {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    @SuppressWarnings("SystemOut") // The report is this program's output.
    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
