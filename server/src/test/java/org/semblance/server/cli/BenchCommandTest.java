package org.semblance.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.selfbench.BenchReport;
import org.semblance.server.selfbench.Figure;
import picocli.CommandLine;

class BenchCommandTest {
    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        CommandLine line = Main.commandLine(args).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return line.execute(args);
    }

    @Test
    void measuresEachKindOfWorkFindsAllThereIsAndCompares() throws IOException {
        Path first = folder.resolve("first.json");
        Path plot = folder.resolve("plot.svg");
        String size = "--size=40000";
        assertThat(run("bench", size, "--rounds=2", "--round-ms=20", "--results=" + first))
                .isZero();
        BenchReport report = BenchReport.read(first);
        assertThat(report.size()).isEqualTo(40_000);
        assertThat(report.figures().stream().map(Figure::name))
                .containsExactly("hash", "decode", "lookup", "lookup_256", "http_match");
        for (Figure figure : report.figures()) {
            assertThat(figure.perSecond())
                    .as(figure.name())
                    .isPositive()
                    .isGreaterThanOrEqualTo(figure.medianPerSecond());
            assertThat(figure.p50Us()).as(figure.name()).isPositive().isLessThanOrEqualTo(figure.p99Us());
            assertThat(figure.p99Us()).as(figure.name()).isLessThanOrEqualTo(figure.p999Us());
            if (figure.name().startsWith("lookup")) {
                assertThat(figure.recall()).isEqualTo(1.0);
            }
            assertThat(out.toString()).contains(figure.what());
        }
        assertThat(run("bench", size, "--rounds=1", "--round-ms=5", "--against=" + first, "--plot=" + plot))
                .isZero();
        assertThat(out.toString()).contains("The two runs ");
        assertThat(plot).content().startsWith("<svg").contains("grey: ");
    }

    @Test
    void saysWhatIsWrongWithItsArguments() throws IOException {
        assertThat(run("bench", "--size=0")).isEqualTo(Main.WRONG_USAGE);
        assertThat(err.toString()).contains("--size: 0 (expected: 1 to 100000000)");
        Path other = Files.writeString(folder.resolve("other.json"), "[]");
        assertThat(run("bench", "--against=" + other)).isEqualTo(Main.BAD_INPUT);
        assertThat(err.toString()).contains("semblance: " + other + ": figures: missing (expected: a list");
        assertThat(run("bench", "--against=" + folder.resolve("none"))).isEqualTo(Main.BAD_INPUT);
        assertThat(err.toString()).contains("none: cannot be read");
    }
}
