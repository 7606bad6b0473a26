package org.semblance.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.server.selfbench.BenchPlot;
import org.semblance.server.selfbench.BenchReport;
import org.semblance.server.selfbench.BenchTable;
import org.semblance.server.selfbench.HashSets;
import org.semblance.server.selfbench.SelfBench;
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
            "Leave the machine alone meanwhile. Needs no data folder and leaves nothing behind."
        })
final class BenchCommand implements Callable<Integer> {
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

    @Option(names = "--results", paramLabel = "FILE", description = "Writes the figures there, as JSON.")
    private @Nullable Path results;

    @Option(names = "--against", paramLabel = "FILE", description = "Compares with what an earlier run wrote there.")
    private @Nullable Path against;

    @Option(names = "--plot", paramLabel = "FILE", description = "Draws the figures there, as SVG.")
    private @Nullable Path plot;

    @Option(names = "--json", description = "Prints the figures as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        SelfBench.Settings settings = settings();
        // Before the minutes of measuring, so that a wrong name costs none.
        BenchReport earlier = against == null ? null : read(against);
        Path folder = Files.createTempDirectory("semblance-bench");
        BenchReport report;
        try (Progress progress = Progress.over("bench", settings.rounds() + 1L)) {
            report = SelfBench.run(
                    settings, DemoPhoto.draw(HashSets.SEED), folder, (round, ofRounds) -> progress.to(round));
        } finally {
            delete(folder);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report.json());
        } else {
            BenchTable.lines(report, earlier).forEach(out::println);
        }
        out.flush();
        write(results, report::write);
        write(plot, file -> Files.writeString(file, BenchPlot.svg(report, earlier)));
        return Main.DONE;
    }

    private SelfBench.Settings settings() {
        try {
            return new SelfBench.Settings(size, rounds, roundMs);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), ("--" + e.getMessage()).replace("roundMs", "round-ms"), e);
        }
    }

    private static BenchReport read(Path file) {
        try {
            return BenchReport.read(file);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new BadInputException(file + ": cannot be read: " + e);
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
            writing.to(file);
        } catch (IOException e) {
            throw new BadInputException(file + ": cannot be written: " + e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
