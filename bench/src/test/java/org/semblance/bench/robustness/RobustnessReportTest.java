package org.semblance.bench.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.bench.Bench;
import org.semblance.bench.edits.Pixels;

/** A whole run over HTTP, small: five originals, four of them photos. */
class RobustnessReportTest {
    private static final long SEED = 20_261_129;

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void tellsWhatIsFoundAndWhatIsNot() throws Exception {
        Path corpus = Files.createDirectories(folder.resolve("corpus/sub"));
        for (int i = 0; i < 16; i++) {
            Files.write(corpus.resolve("photo" + i + ".jpg"), Pixels.jpeg(photo(SEED + i, 500, 400), 90));
        }
        Files.write(corpus.resolve("twin.jpg"), Pixels.jpeg(photo(SEED, 500, 400), 60));
        Files.write(corpus.resolve("small.jpg"), Pixels.jpeg(photo(SEED, 199, 300), 90));
        Files.writeString(corpus.resolve("broken.png"), "not a picture");
        Files.writeString(corpus.resolve("notes.txt"), "no picture either");
        Path results = folder.resolve("out/robustness.md");
        Path details = folder.resolve("details.tsv");

        int code = run("--originals", "6", "--results", results.toString(), "--details", details.toString());

        assertThat(code).as("seed %d: %s", SEED, err).isZero();
        String report = Files.readString(results);
        assertThat(out).hasToString(report);
        assertThat(report)
                .contains("Seed: " + SEED)
                .contains("17 photos of 19 files; 1 were not read, 1 have a side of less than 200 pixels")
                .containsPattern("\\| jpeg_q30 \\| \\d+ \\| 100\\.0 \\| 100\\.0 \\|")
                .containsPattern("\\| mirror \\| \\d+ \\| 100\\.0 \\| 100\\.0 \\|")
                .containsPattern("sub/(twin|photo0)\\.jpg, sub/(twin|photo0)\\.jpg: PDQ distance")
                .containsPattern("\\| photo \\| photo \\| \\d+ \\| 0 \\| 0 \\|");
        assertThat(DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(results.resolveSibling("robustness.svg").toFile())
                        .getElementsByTagName("rect")
                        .getLength())
                .isEqualTo(3 + 2 * 49);
        List<String> lines = Files.readAllLines(details);
        int columns = lines.getFirst().split("\t", -1).length;
        assertThat(lines).allMatch(line -> line.split("\t", -1).length == columns);
    }

    @Test
    void saysWhatACorpusLacks() throws IOException {
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        Files.write(corpus.resolve("one.jpg"), Pixels.jpeg(photo(SEED, 300, 300), 90));

        assertThat(run("--originals", "6")).isEqualTo(2);
        assertThat(err.toString())
                .contains("--corpus: too few photos (expected: at least 10 without a duplicate, for 6 originals)");
        assertThat(run("--edits", "pip30,pip31")).isEqualTo(2);
        assertThat(err.toString()).contains("--edits: pip31 (expected: jpeg_q30, ");
        assertThat(run("--corpus", corpus.resolve("one.jpg").toString())).isEqualTo(2);
        assertThat(err.toString()).contains("one.jpg (expected: a folder)");
    }

    private int run(String... options) {
        List<String> args = new ArrayList<>(List.of("robustness", "--seed", Long.toString(SEED)));
        if (!List.of(options).contains("--corpus")) {
            args.addAll(List.of("--corpus", folder.resolve("corpus").toString()));
        }
        args.addAll(List.of(options));
        return Bench.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args.toArray(String[]::new));
    }

    /** Soft shapes of all sizes. */
    private static BufferedImage photo(long seed, int width, int height) {
        BufferedImage photo = Pixels.blank(width, height);
        Graphics2D g = Pixels.graphics(photo);
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            double size = width * (0.5 - 0.45 * i / 300) * (0.3 + random.nextDouble());
            g.setColor(new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256), 150));
            g.fill(new Ellipse2D.Double(
                    random.nextDouble() * width - size / 2, random.nextDouble() * height - size / 2, size, size / 2));
        }
        g.dispose();
        return photo;
    }
}
