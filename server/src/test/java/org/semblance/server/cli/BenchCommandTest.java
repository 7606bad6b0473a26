package org.semblance.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.selfbench.BenchReport;
import org.semblance.server.selfbench.Capacity;
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
        assertThat(report.failures()).isEmpty();
        Capacity capacity = Objects.requireNonNull(report.capacity());
        assertThat(capacity.connections()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(capacity.perDay()).isPositive();
        assertThat(capacity.p99Us()).isPositive().isGreaterThanOrEqualTo(capacity.p50Us());
        assertThat(out.toString()).contains("Capacity: some ", " uploads a day of JPEGs of ");
        assertThat(run("bench", size, "--rounds=1", "--round-ms=5", "--against=" + first, "--plot=" + plot))
                .isZero();
        assertThat(out.toString()).contains("The two runs ");
        assertThat(plot).content().startsWith("<svg").contains("grey: ");
    }

    @Test
    void tellsWhatItMeasuredThoughTheServerRefusesEveryUpload() {
        // No decoder reads a photo within a millisecond: as on a machine so busy that none does within seconds.
        int code = run("bench", "--size=2000", "--rounds=1", "--round-ms=5", "--deadline-ms=1", "--patience-ms=1500");
        assertThat(code).isEqualTo(Exit.REFUSED);
        assertThat(out.toString())
                .contains("PDQ of a grey picture", "to its signals", "lookups in batches of 256")
                .containsPattern("The machine is busy: uploads were refused [0-9]+ times for want of capacity")
                .containsPattern(
                        "Not measured, or not to its end: POST /v1/match over HTTP: refused for 1500 ms, at last"
                                + " with POST /v1/\\S+: 503 .*deadline passed");
        assertThat(err.toString())
                .contains("semblance: the machine is busy: POST /v1/")
                .doesNotContain("Exception", "\tat ");
    }

    @Test
    void saysWhatIsWrongWithItsArguments() throws IOException {
        assertThat(run("bench", "--size=0")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err.toString()).contains("--size: 0 (expected: 1 to 100000000)");
        assertThat(run("bench", "--patience-ms=0")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err.toString()).contains("--patience-ms: 0 (expected: 1 to 3600000)");
        assertThat(run("bench", "--size=100000000")).isEqualTo(Exit.WRONG_USAGE);
        assertThat(err.toString()).contains("--size: 100000000 (expected: at most ", "SEMBLANCE_JAVA_OPTS=-Xmx6g");
        Path other = Files.writeString(folder.resolve("other.json"), "[]");
        assertThat(run("bench", "--against=" + other)).isEqualTo(Exit.BAD_INPUT);
        assertThat(err.toString()).contains("semblance: " + other + ": figures: missing (expected: a list");
        assertThat(run("bench", "--against=" + folder.resolve("none"))).isEqualTo(Exit.BAD_INPUT);
        assertThat(err.toString()).contains("none: cannot be read");
    }
}
