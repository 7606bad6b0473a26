package org.semblance.bench.video;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Folders;
import org.semblance.bench.video.RecallSet.Edit;
import org.semblance.bench.video.RecallSet.Still;
import org.semblance.bench.video.RecallSet.Upload;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.Digests;
import org.semblance.engine.HashReport;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.MatchReport;
import org.semblance.engine.judge.Alignment.Span;
import org.semblance.engine.judge.Alignment.Stretch;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * How many known clips are found in edited uploads, how exact the seconds are, and whether uploads without a clip match.
 *
 * <p>All goes the way of a real upload: the known clips and images are banked in a database of their own, in a temporary
 * folder, and each upload is a file that the matcher gives its verdict on.
 *
 * <p>The {@code ffmpeg} and {@code ffprobe} commands must be there ({@code apt-get install ffmpeg}; FFmpeg's Java build here has no
 * x264). The table goes to the output, each miss and each wrong match to the error stream.
 */
public final class VideoRecall {
    private static final PrintStream OUT = System.out;
    private static final PrintStream LOG = System.err;

    /** By which a second may be off. */
    private static final double EXACT_SECONDS = 1.5;

    /** A still lies within a stretch of banked frames; half a second is for the rounding of frames to times. */
    private static final double STILL_SECONDS = 0.5;

    private static final int STILLS = 100;

    private final RecallSet set;
    private final HashDb db;
    private final ContentHasher hasher;
    private final ContentMatcher matcher;
    private final List<Long> clips = new ArrayList<>();
    private final List<Long> images = new ArrayList<>();

    /** So that no wrong match is told twice. */
    private final Map<Long, String> names = new HashMap<>();

    private VideoRecall(RecallSet set, HashDb db, ContentHasher hasher) {
        this.set = set;
        this.db = db;
        this.hasher = hasher;
        this.matcher = new ContentMatcher(hasher, db);
    }

    @Command(
            name = "video-recall",
            description = "Banks clips and pictures, and matches edited uploads with them and without.")
    static void run(
            @Parameters(description = "Keeps what is made; about 2 GB for 50 clips.") Path folder,
            @Parameters(description = "Known clips, and as many uploads without one.") int clips,
            @Parameters(description = "Of the footage and the edits.") long seed,
            @Parameters(arity = "0..1", description = "A folder of videos to cut from (default: made-up footage).")
                    @Nullable
                    Path videos)
            throws IOException {
        RecallSet set =
                videos == null ? RecallSet.made(folder, seed, clips) : RecallSet.of(folder, seed, clips, videos);
        Path data = Files.createTempDirectory("semblance-recall");
        try (HashDb db = HashDb.open(data);
                ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST)) {
            VideoRecall recall = new VideoRecall(set, db, hasher);
            recall.bank();
            recall.report();
        } finally {
            Folders.delete(data);
        }
    }

    private void bank() throws IOException {
        db.apply(new Change.CreateBank("KNOWN", BankKind.MATCH, 1.0, "", null), Banked.ORIGIN);
        int pictures = 0;
        double seconds = 0;
        for (int i = 0; i < set.clips(); i++) {
            HashReport hashed = hashed(set.known(i));
            ContentDraft draft = new ContentDraft(
                    hashed.signals(),
                    Objects.requireNonNull(hashed.video()).known().orElseThrow());
            pictures += Objects.requireNonNull(draft.video()).frames().size();
            seconds += set.seconds(i);
            clips.add(add(draft));
            names.put(clips.getLast(), "clip " + i);
        }
        for (Path image : set.images()) {
            images.add(add(new ContentDraft(hashed(image).signals())));
            names.put(images.getLast(), "image " + (images.size() - 1));
        }
        OUT.printf(
                Locale.ROOT,
                "%d clips of %.0f s, %d pictures of them banked; %d images%n%n",
                clips.size(),
                seconds,
                pictures,
                images.size());
    }

    private HashReport hashed(Path file) throws IOException {
        MediaSource source = MediaSource.of(file);
        return hasher.hashToBank(source, Digests.of(source), Deadline.NONE);
    }

    private long add(ContentDraft draft) {
        return db.apply(new Change.AddContents("KNOWN", List.of(draft)), Banked.ORIGIN)
                .firstContentId();
    }

    private MatchReport match(Path file) throws IOException {
        MediaSource source = MediaSource.of(file);
        return matcher.match(source, Digests.of(source), MatchOptions.DEFAULT, Deadline.NONE);
    }

    private void report() throws IOException {
        String header =
                "| found | span error p50 / p95 / worst, s | within 1.5 s | of the clip covered, median / least |"
                        + " further spans | other contents matched |\n|---|---|---|---|---|---|---|";
        OUT.println("| 5 to 10 minutes with a clip " + header);
        withClips(Edit.ALL);
        OUT.println("\n| 5 to 10 minutes without a clip | uploads | matched |\n|---|---|---|");
        withoutClips(Edit.REENCODE);
        withoutClips(Edit.ALL);
        OUT.println(
                "\n| pictures | asked | found | with the right second | other contents matched |\n|---|---|---|---|---|");
        stills();
        images();
        OUT.println("\n| a clip and 20 to 30 s " + header);
        for (Edit edit : Edit.values()) {
            if (edit != Edit.ALL) {
                withClips(edit);
            }
        }
    }

    private void withClips(Edit edit) throws IOException {
        List<Double> errors = new ArrayList<>();
        List<Double> covered = new ArrayList<>();
        int further = 0;
        int others = 0;
        int asked = edit.clips(set.clips());
        for (int clip = 0; clip < asked; clip++) {
            Upload upload = set.upload(clip, edit);
            MatchReport report = match(upload.file());
            others += others(report, clips.get(clip), upload.file());
            Optional<Finding> found = finding(report, clips.get(clip));
            if (found.isEmpty()) {
                LOG.println("missed: " + upload + ": " + report.verdict() + " " + report.reason());
                continue;
            }
            List<Span> spans = spans(found.get());
            Span longest = spans.stream()
                    .max(Comparator.comparingDouble(s -> length(s.bank())))
                    .orElseThrow();
            double error = Math.max(
                    error(longest.query(), upload.from(), upload.until()), error(longest.bank(), 0, set.seconds(clip)));
            if (error > EXACT_SECONDS) {
                LOG.printf(Locale.ROOT, "off by %.2f s: %s of %.2f s: %s%n", error, upload, set.seconds(clip), spans);
            }
            errors.add(error);
            covered.add(Objects.requireNonNull(
                    Objects.requireNonNull(found.get().alignment()).bankMatchPercent()));
            further += spans.size() - 1;
        }
        errors.sort(null);
        covered.sort(null);
        OUT.printf(
                Locale.ROOT,
                "| %s | %d of %d | %.2f / %.2f / %.2f | %d | %.0f / %.0f %% | %d | %d |%n",
                edit.title,
                errors.size(),
                asked,
                at(errors, 0.5),
                at(errors, 0.95),
                at(errors, 1),
                errors.stream().filter(e -> e <= EXACT_SECONDS).count(),
                at(covered, 0.5),
                at(covered, 0),
                further,
                others);
    }

    private void withoutClips(Edit edit) throws IOException {
        int asked = 0;
        int matched = 0;
        for (int number = edit == Edit.ALL ? 1 : 0; number < set.clips(); number += 2) {
            Upload upload = set.uploadWithoutClip(number, edit);
            MatchReport report = match(upload.file());
            asked++;
            matched += report.verdict() == Verdict.NO_MATCH ? 0 : 1;
            others(report, -1, upload.file());
        }
        OUT.printf(Locale.ROOT, "| %s | %d | %d |%n", edit.title, asked, matched);
    }

    private void stills() throws IOException {
        int asked = 0;
        int found = 0;
        int right = 0;
        int others = 0;
        int tooFlat = 0;
        for (int number = 0; asked < STILLS && number < 10 * STILLS; number++) {
            Still still = set.still(number);
            MatchReport report = match(still.file());
            if (report.verdict() == Verdict.UNDECIDABLE) {
                LOG.println("too flat: " + still + ": " + report.reason());
                tooFlat++;
                continue;
            }
            long id = clips.get(still.clip());
            Optional<Finding> finding = finding(report, id);
            boolean isRight = finding.isPresent()
                    && spans(finding.get()).stream().anyMatch(s -> isIn(s.bank(), still.seconds(), STILL_SECONDS));
            if (!isRight) {
                LOG.println("still: " + still + ": " + report.verdict() + " " + report.reason() + " " + finding);
            }
            asked++;
            found += finding.isPresent() ? 1 : 0;
            right += isRight ? 1 : 0;
            others += others(report, id, still.file());
        }
        OUT.printf(
                Locale.ROOT,
                "| stills of known clips, JPEG; %d more were too flat | %d | %d | %d | %d |%n",
                tooFlat,
                asked,
                found,
                right,
                others);
    }

    private void images() throws IOException {
        int found = 0;
        int right = 0;
        int others = 0;
        for (int image = 0; image < images.size(); image++) {
            Upload upload = set.uploadWithImage(image);
            MatchReport report = match(upload.file());
            Optional<Finding> finding = finding(report, images.get(image));
            double middle = (upload.from() + upload.until()) / 2;
            double reach = (upload.until() - upload.from()) / 2 + STILL_SECONDS;
            boolean isRight =
                    finding.isPresent() && spans(finding.get()).stream().allMatch(s -> isIn(s.query(), middle, reach));
            if (!isRight) {
                LOG.println("image: " + upload + ": " + report.verdict() + " " + report.reason() + " " + finding);
            }
            found += finding.isPresent() ? 1 : 0;
            right += isRight ? 1 : 0;
            others += others(report, images.get(image), upload.file());
        }
        OUT.printf(
                Locale.ROOT,
                "| banked images within uploads, 3 s each, CRF 28 | %d | %d | %d | %d |%n",
                images.size(),
                found,
                right,
                others);
    }

    private static Optional<Finding> finding(MatchReport report, long id) {
        return report.matches().stream().filter(f -> f.content().id() == id).findFirst();
    }

    /** How many contents match besides that one. */
    private int others(MatchReport report, long id, Path file) {
        Predicate<Finding> isOther = f -> f.content().id() != id;
        List<Finding> others = report.matches().stream().filter(isOther).toList();
        for (Finding other : others) {
            LOG.println("also matched in " + file.getFileName() + ": "
                    + names.get(other.content().id()) + ", " + other.match() + ", "
                    + other.alignment());
        }
        return others.size();
    }

    private static List<Span> spans(Finding finding) {
        return finding.alignment() == null ? List.of() : finding.alignment().spans();
    }

    private static double length(@Nullable Stretch stretch) {
        return stretch == null ? 0 : stretch.until() - stretch.from();
    }

    private static double error(@Nullable Stretch stretch, double from, double until) {
        return stretch == null
                ? Double.POSITIVE_INFINITY
                : Math.max(Math.abs(stretch.from() - from), Math.abs(stretch.until() - until));
    }

    private static boolean isIn(@Nullable Stretch stretch, double second, double reach) {
        return stretch != null && second >= stretch.from() - reach && second <= stretch.until() + reach;
    }

    private static double at(List<Double> sorted, double share) {
        return sorted.isEmpty()
                ? Double.NaN
                : Objects.requireNonNull(sorted.get((int) Math.round(share * (sorted.size() - 1))));
    }
}
