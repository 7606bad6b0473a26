package org.semblance.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.FileProblem;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.selfbench.BenchPlot;
import org.semblance.server.selfbench.BenchReport;
import org.semblance.server.selfbench.BenchTable;
import org.semblance.server.selfbench.HashSets;
import org.semblance.server.selfbench.SelfBench;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Measures this machine: hashing, decoding, lookups, and an upload over HTTP and back.",
            "The machine should be idle otherwise. The benchmark needs no data folder and leaves nothing behind.",
            "Exit codes: 0 all was measured, 2 wrong usage, 3 bad input, 4 something was not, which the output names."
        })
final class BenchCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(BenchCommand.class);

    /** Of heap that each hash takes while it is put into the index, and what all else takes. */
    private static final long HASH_BYTES = 36;

    private static final long BESIDE_HASHES = 150_000_000;

    @Option(names = "--size", paramLabel = "N", description = "Hashes to look up among (default: 1,000,000).")
    private int size = 1_000_000;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Rounds; the best quarter of them gives each rate (default: 40).")
    private int rounds = 40;

    @Option(
            names = "--round-ms",
            paramLabel = "MS",
            description = "How long each kind of work takes in each round (default: 400).")
    private long roundMs = 400;

    @Option(
            names = "--deadline-ms",
            paramLabel = "MS",
            description = "How long the server may take for an upload (default: 60,000).")
    private long deadlineMs = 60_000;

    @Option(
            names = "--patience-ms",
            paramLabel = "MS",
            description = "How long an upload that a busy machine refuses is sent again (default: 120,000).")
    private long patienceMs = 120_000;

    @Option(
            names = "--results",
            paramLabel = "FILE",
            description =
                    "Writes the figures to this file, as JSON. The console shows those in the folder bench of the data folder.")
    private @Nullable Path results;

    @Option(
            names = "--against",
            paramLabel = "FILE",
            description = "Compares with the figures that an earlier run wrote to this file.")
    private @Nullable Path against;

    @Option(names = "--plot", paramLabel = "FILE", description = "Draws the figures to this file, as SVG.")
    private @Nullable Path plot;

    @Option(names = "--json", description = "Prints the figures as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        SelfBench.Settings settings = settings();
        // Before the minutes of measuring, so that a wrong name costs none.
        BenchReport earlier = against == null ? null : read(against);
        BenchReport report = measure(settings);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report.json());
        } else {
            BenchTable.lines(report, earlier).forEach(out::println);
        }
        out.flush();
        write(results, report::write);
        write(plot, file -> Files.writeString(file, BenchPlot.svg(report, earlier)));
        return report.failures().isEmpty() ? Exit.DONE : Exit.REFUSED;
    }

    private BenchReport measure(SelfBench.Settings settings) throws InterruptedException {
        Path folder;
        try {
            folder = Files.createTempDirectory("semblance-bench");
        } catch (IOException e) {
            throw new BadInputException(
                    "no folder can be made in " + System.getProperty("java.io.tmpdir") + ": " + e, e);
        }
        try (Progress progress = Progress.over("bench", settings.rounds() + 1L)) {
            return SelfBench.run(settings, DemoPhoto.draw(HashSets.SEED), folder, new SelfBench.Listener() {
                @Override
                public void round(int round, int ofRounds) {
                    progress.to(round);
                }

                @Override
                public void busy(String what) {
                    PrintWriter err = spec.commandLine().getErr();
                    err.println("semblance: the machine is busy: " + what);
                    err.flush();
                }
            });
        } finally {
            delete(folder);
        }
    }

    private SelfBench.Settings settings() {
        try {
            SelfBench.Settings settings = new SelfBench.Settings(size, rounds, roundMs, deadlineMs, patienceMs);
            long most = (Runtime.getRuntime().maxMemory() - BESIDE_HASHES) / HASH_BYTES;
            if (size > most) {
                throw new IllegalArgumentException("size: " + size + " (expected: at most " + Math.max(0, most)
                        + " with this heap; SEMBLANCE_JAVA_OPTS=-Xmx6g makes it larger)");
            }
            return settings;
        } catch (IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage()).replace("Ms:", "-ms:");
            throw new ParameterException(spec.commandLine(), "--" + message, e);
        }
    }

    private static BenchReport read(Path file) {
        try {
            return BenchReport.read(file);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new BadInputException(file + ": cannot be read: " + FileProblem.of(e));
        }
    }

    private interface Writing {
        void to(Path file) throws IOException;
    }

    private static void write(@Nullable Path file, Writing writing) {
        if (file == null) {
            return;
        }
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            writing.to(file);
        } catch (IOException e) {
            throw new BadInputException(file + ": cannot be written: " + e);
        }
    }

    /** What cannot be deleted is left to whoever cleans the folder for temporary files. */
    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("{} cannot be deleted: {}", folder, e.toString());
        }
    }
}
