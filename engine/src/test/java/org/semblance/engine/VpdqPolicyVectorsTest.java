package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.engine.judge.Alignment;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.VideoPolicy;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.hash.FrameSpan;

/**
 * vPDQ's rule against python-threatexchange's {@code VPDQIndex}: with the frames banked that the reference banks, one a
 * second, an uploaded file gives its percentages.
 */
@EnabledIfSystemProperty(named = "semblance.vectors", matches = ".+")
class VpdqPolicyVectorsTest {
    private static final Path FOLDER = Path.of(System.getProperty("semblance.vectors", "."), "vpdq");
    private static final Origin TEST = new Origin("test", "");

    @TempDir
    private Path data;

    /** The reference's frames at one a second, and of them those with enough quality. */
    private static Optional<KnownVideo> reference(String stem) throws IOException {
        List<FrameSpan> spans = new ArrayList<>();
        int end = 0;
        for (FrameHash frame : Vpdq.parseText(Files.readString(FOLDER.resolve("hashes/" + stem + ".r1.x86.txt")))) {
            int from = (int) Math.round(frame.seconds() * 1000);
            end = from + 900;
            if (frame.pdq().quality() >= 50) {
                spans.add(new FrameSpan(frame.pdq().hash(), frame.pdq().quality(), from, end));
            }
        }
        return spans.isEmpty() ? Optional.empty() : Optional.of(new KnownVideo(end, spans));
    }

    @Test
    void givesThePercentagesOfTheReference() throws Exception {
        Map<String, Path> files = new LinkedHashMap<>();
        try (Stream<String> rows = Files.lines(FOLDER.resolve("videos.csv")).skip(1)) {
            rows.map(row -> row.split(",", -1))
                    .forEach(f -> files.put(f[0], FOLDER.resolve("videos").resolve(f[1])));
        }
        int compared = 0;
        int above = 0;
        try (HashDb db = HashDb.open(data);
                ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.EXACT)) {
            db.apply(new Change.CreateBank("BAD", BankKind.MATCH, 1.0, "", null), TEST);
            ContentMatcher matcher = new ContentMatcher(hasher, db);
            Map<String, Long> ids = new HashMap<>();
            for (String stem : files.keySet()) {
                if (Files.exists(FOLDER.resolve("hashes/" + stem + ".r1.x86.txt"))) {
                    Optional<KnownVideo> known = reference(stem);
                    if (known.isPresent()) {
                        ContentDraft draft = new ContentDraft(List.of(), known.get());
                        ids.put(
                                stem,
                                db.apply(new Change.AddContents("BAD", List.of(draft)), TEST)
                                        .firstContentId());
                    }
                }
            }
            MatchOptions anything = new MatchOptions(Set.of(), new VideoPolicy.Vpdq(0, 0, 31, 50));
            Map<String, MatchReport> reports = new HashMap<>();
            for (String row : Files.readAllLines(FOLDER.resolve("match.csv"))) {
                String[] f = row.split(",", -1);
                Path file = files.get(f[0]);
                if (!f[2].equals("1")
                        || !f[3].equals("31")
                        || !f[4].equals("50")
                        || file == null
                        || file.toString().endsWith(".gif")) {
                    continue;
                }
                MatchReport report = reports.get(f[0]);
                if (report == null) {
                    MediaSource source = MediaSource.of(file);
                    report = matcher.match(source, Digests.of(source), anything, Deadline.NONE);
                    reports.put(f[0], report);
                }
                Long id = ids.get(f[1]);
                Alignment found = report.matches().stream()
                        .filter(m -> Objects.equals(m.content().id(), id))
                        .map(Finding::alignment)
                        .findFirst()
                        .orElse(null);
                double query = found == null ? 0 : Objects.requireNonNull(found.queryMatchPercent());
                double bank = found == null ? 0 : Objects.requireNonNull(found.bankMatchPercent());
                String what = f[0] + " in " + f[1];
                assertThat(query).as(what).isEqualTo(percent(f[9]), within(2.0));
                assertThat(bank).as(what).isEqualTo(percent(f[10]), within(2.0));
                compared++;
                above += query > 0 ? 1 : 0;
            }
        }
        assertThat(compared).isGreaterThan(200);
        assertThat(above).isGreaterThan(30);
    }

    /** The reference's index tells of no pair without a frame in common. */
    private static double percent(String text) {
        return text.isEmpty() ? 0 : Double.parseDouble(text);
    }
}
