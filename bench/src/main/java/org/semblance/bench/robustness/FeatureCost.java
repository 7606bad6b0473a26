package org.semblance.bench.robustness;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What local features cost an upload that nothing is found for: photos over HTTP with features and without, in turn, to a server
 * of its own that has features of other photos banked. CPU is that of the whole machine, so nothing else may run.
 */
@Command(
        name = "feature-cost",
        description =
                "Banks most photos of a folder, sends the others with features and without, and prints rates and CPU times.")
public final class FeatureCost implements Callable<Integer> {
    private static final int SENT = 200;

    @Option(names = "--corpus", required = true, paramLabel = "DIR", description = "A folder of photos, JPEG or PNG.")
    private Path corpus = Path.of("");

    @Option(names = "--photos", paramLabel = "N", description = "(default: ${DEFAULT-VALUE})")
    private int photos = 2_000;

    @Option(names = "--rounds", paramLabel = "N", description = "(default: ${DEFAULT-VALUE})")
    private int rounds = 6;

    @Option(names = "--seed", paramLabel = "N", description = "(default: ${DEFAULT-VALUE})")
    private long seed = 20_261_129;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("semblance-feature-cost");
        Corpus read = Corpus.of(corpus, photos, seed, Files.createDirectories(folder.resolve("photos")));
        List<byte[]> files = new ArrayList<>();
        for (Corpus.Photo photo : read.photos()) {
            files.add(Files.readAllBytes(photo.file()));
        }
        List<byte[]> sent = files.subList(0, Math.min(SENT, files.size()));
        try (Service with = new Service(folder.resolve("data"), null)) {
            Parallel.map(files.subList(sent.size(), files.size()), with::bank);
            print("%,d photos banked, %,d sent a round, seed %d", files.size() - sent.size(), sent.size(), seed);
            for (int round = 0; round < rounds; round++) {
                run(with, sent, false, round);
                run(with, sent, true, round);
            }
        }
        return CommandLine.ExitCode.OK;
    }

    private void run(Service service, List<byte[]> files, boolean features, int round)
            throws IOException, InterruptedException {
        AtomicInteger found = new AtomicInteger();
        long cpu = cpuTicks();
        long begun = System.nanoTime();
        Parallel.map(files, file -> {
            boolean isMatch = service.match(file, features).verdict().equals("match");
            return isMatch ? found.incrementAndGet() : found.get();
        });
        double seconds = (System.nanoTime() - begun) / 1e9;
        double cpuMs = 10.0 * (cpuTicks() - cpu) / files.size();
        print(
                "round %d, features %s: %.0f photos/s, %.2f ms CPU a photo, client included; %d match",
                round, features ? "on " : "off", files.size() / seconds, cpuMs, found.get());
    }

    /** Hundredths of a second that all processors were busy. */
    private static long cpuTicks() throws IOException {
        String[] fields = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +");
        return Long.parseLong(fields[1]) + Long.parseLong(fields[2]) + Long.parseLong(fields[3]);
    }
}
