package org.semblance.server.selfbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.server.json.ReportJson;
import org.xml.sax.InputSource;
import tools.jackson.databind.node.ObjectNode;

class BenchReportTest {
    @TempDir
    private Path folder;

    private static BenchReport report(String madeAt, double rate) {
        return new BenchReport(
                "1.0",
                madeAt,
                "a processor, 2 cores",
                "a JDK",
                HashSets.SEED,
                1_000,
                List.of(
                        new Figure("hash", "PDQ of <a picture> & more", 100, 80, 10, 20, 30.5, null),
                        new Figure("lookup", "lookup of a hash", rate, rate, 1, 2, 3, 1.0)),
                new Capacity(226_123, 2, 451.5, 4_000, 12_340.5),
                List.of(),
                List.of());
    }

    @Test
    void isReadAsItWasWritten() throws IOException {
        Path file = folder.resolve("report.json");
        BenchReport report = report("2026-11-27T00:00:00Z", 50);
        report.write(file);
        assertThat(BenchReport.read(file)).isEqualTo(report);
    }

    @Test
    void refusesAFileThatIsNoReport() throws IOException {
        Path file = Files.writeString(folder.resolve("other.json"), "{\"figures\":[{\"name\":7}]}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchReport.read(file))
                .withMessage(file + ": name: 7 (expected: a text, as semblance bench --results writes it)");
        Files.writeString(file, "{\"figures\":");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchReport.read(file))
                .withMessageContaining("not valid JSON");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SelfBench.Settings(0, 1, 1, 1, 1))
                .withMessage("size: 0 (expected: 1 to 100000000)");
    }

    @Test
    void saysHowFarTwoRunsAreApart() {
        BenchReport earlier = report("2026-11-26T00:00:00Z", 50);
        assertThat(BenchTable.lines(report("2026-11-27T00:00:00Z", 54), earlier))
                .anySatisfy(line -> assertThat(line).contains("lookup of a hash", "54.0", "1.000", "50.0", "+8.0%"))
                .contains("The two runs agree within 10 %: the largest change is 8.0 %.");
        assertThat(BenchTable.lines(report("2026-11-27T00:00:00Z", 40), earlier))
                .contains("The two runs do not agree within 10 %: the largest change is 20.0 %.");
        assertThat(BenchTable.lines(earlier, null)).noneMatch(line -> line.contains("agree"));
    }

    @Test
    void readsWhatAnEarlierVersionWrote() throws IOException {
        Path file = folder.resolve("report.json");
        report("2026-11-27T00:00:00Z", 50).write(file);
        ObjectNode json = (ObjectNode) ReportJson.MAPPER.readTree(Files.readString(file));
        json.remove(List.of("capacity", "notes", "failures"));
        Files.writeString(file, json.toString());
        BenchReport read = BenchReport.read(file);
        assertThat(read.capacity()).isNull();
        assertThat(read.notes()).isEmpty();
        assertThat(read.failures()).isEmpty();
        assertThat(read.figures()).hasSize(2);
    }

    @Test
    void tellsTheUploadsOfADayAndWhatTheReaderHasToKnow() {
        BenchReport report = report("2026-11-27T00:00:00Z", 54);
        BenchReport busy = new BenchReport(
                report.version(),
                report.madeAt(),
                report.machine(),
                report.jdk(),
                report.seed(),
                report.size(),
                report.figures(),
                report.capacity(),
                List.of("The machine is busy: it is."),
                List.of("decoding: no decoder"));
        // 451.5 a second are 39.0096 million a day.
        assertThat(BenchTable.lines(busy, null))
                .contains(
                        "Capacity: some 39,000,000 uploads a day of JPEGs of 226 kB, at a p99 of 12.3 ms (451.5 a second).",
                        "The machine is busy: it is.",
                        "Not measured, or not to its end: decoding: no decoder")
                .anySatisfy(line -> assertThat(line).startsWith("Measured with 2 connections"))
                .anySatisfy(line -> assertThat(line).startsWith("Assumed: "));
    }

    @Test
    void plotsWithoutBreakingTheDocument() throws Exception {
        String svg = BenchPlot.svg(report("2026-11-27T00:00:00Z", 54), report("2026-11-26T00:00:00Z", 50));
        var document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
        // A point for each figure of each report.
        assertThat(document.getElementsByTagName("circle").getLength()).isEqualTo(4);
        assertThat(svg).contains("PDQ of &lt;a picture&gt; &amp; more", "grey: 1.0, 2026-11-26T00:00:00Z");
    }
}
