package org.semblance.bench.browser;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.semblance.engine.MatchReport;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.pdq.InterleavedLuma;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.hashdb.hash.HashAndQuality;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Which changes of a file a browser shows like the original, and what Semblance says of them.
 *
 * <p>Makes {@link OneStepChanges}, has Chromium draw each file, and
 * matches each among the unchanged files. A file is shown like the original if the PDQ hashes of the two drawings are within
 * the distance of a match. Prints a table by format and each file that is shown and not matched; writes to the folder
 * {@code changes.tsv} (name, distance of the drawings, verdict), {@code shown.txt} (what is shown like the original) and the
 * drawings of what was missed.
 */
public final class BrowserReport {
    private static final int MATCH_DISTANCE = 31;

    /** The margin shows what is drawn outside of the picture's size. */
    private static final int MARGIN = 16;

    private final PrintStream out = System.out;

    /** Counts of one format. */
    private static final class Row {
        int files;
        int shown;
        int matched;
        int hashed;
    }

    @Command(
            name = "browser",
            description = {
                "Changes pictures of each format in one step, and compares what Chromium shows of them with what is matched.",
                "Fails if anything is shown like the original and not matched."
            })
    static int compare(
            @Parameters(description = "Of the pictures and the changes.") long seed,
            @Parameters(description = "How many pictures.") int pictures,
            @Parameters(description = "Where the findings go.") Path folder,
            @Parameters(
                            arity = "0..1",
                            defaultValue = Chromium.USUAL_PROGRAM,
                            description = "(default: ${DEFAULT-VALUE})")
                    Path chromium)
            throws IOException, InterruptedException {
        return new BrowserReport().run(OneStepChanges.of(seed, pictures), folder, chromium) ? 0 : 1;
    }

    private boolean run(List<Change> changes, Path folder, Path program) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Chromium chromium = new Chromium(program, OneStepChanges.WIDTH + MARGIN, OneStepChanges.HEIGHT + MARGIN);
        List<BufferedImage> drawn =
                chromium.draw(changes.stream().map(Change::file).toList());
        PdqHasher pdq = new PdqHasher();
        Map<String, HashAndQuality> originals = new LinkedHashMap<>();
        Map<String, Row> rows = new TreeMap<>();
        List<String> lines = new ArrayList<>();
        List<String> names = new ArrayList<>();
        int missed = 0;
        Path data = Files.createTempDirectory("semblance-browser");
        try (Verdicts verdicts = new Verdicts(data)) {
            for (Change change : changes) {
                if (change.isOriginal()) {
                    verdicts.bank(change.file());
                }
            }
            for (int i = 0; i < changes.size(); i++) {
                Change change = changes.get(i);
                HashAndQuality seen = pdq.hash(luma(drawn.get(i)));
                if (change.isOriginal()) {
                    originals.put(change.base(), seen);
                    continue;
                }
                HashAndQuality original = originals.get(change.base());
                int distance = original == null ? 256 : original.hash().distance(seen.hash());
                boolean isShown = distance <= MATCH_DISTANCE && seen.quality() >= HashAndQuality.MIN_QUALITY;
                MatchReport report = verdicts.of(change.file());
                Row row = rows.computeIfAbsent(change.format(), format -> new Row());
                row.files++;
                row.shown += isShown ? 1 : 0;
                row.hashed += report.hashed().failure() == null ? 1 : 0;
                row.matched += isShown && report.verdict() == Verdict.MATCH ? 1 : 0;
                String verdict = report.verdict().wireName();
                if (isShown) {
                    names.add(change.name());
                }
                lines.add(change.name() + "\t" + distance + "\t" + verdict + "\t" + report.reason());
                if (isShown && report.verdict() != Verdict.MATCH) {
                    missed++;
                    out.println("missed: " + change.name() + ": " + verdict + " " + report.reason());
                    String file = change.name().replaceAll("[^A-Za-z0-9.%-]+", "_");
                    ImageIO.write(
                            drawn.get(i), "png", folder.resolve(file + ".png").toFile());
                    Files.write(folder.resolve(file + "." + change.format()), change.file());
                }
            }
        }
        Files.write(folder.resolve("changes.tsv"), lines);
        Files.write(folder.resolve("shown.txt"), names);
        print(rows, missed);
        return missed == 0;
    }

    private void print(Map<String, Row> rows, int missed) {
        out.println("| format | changed files | shown like the original | of them matched | hashed in all |");
        out.println("|---|---|---|---|---|");
        rows.forEach((format, row) -> out.printf(
                Locale.ROOT, "| %s | %d | %d | %d | %d |%n", format, row.files, row.shown, row.matched, row.hashed));
        out.println(missed + " missed");
    }

    private static InterleavedLuma luma(BufferedImage image) {
        int width = OneStepChanges.WIDTH;
        int height = OneStepChanges.HEIGHT;
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < width * height; i++) {
            int pixel = image.getRGB(i % width, i / width);
            rgb[3 * i] = (byte) (pixel >> 16);
            rgb[3 * i + 1] = (byte) (pixel >> 8);
            rgb[3 * i + 2] = (byte) pixel;
        }
        return InterleavedLuma.rgb(MemorySegment.ofArray(rgb), width, height, 3L * width);
    }
}
