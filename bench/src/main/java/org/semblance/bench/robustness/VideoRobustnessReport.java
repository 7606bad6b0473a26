package org.semblance.bench.robustness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Folders;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How many edited re-uploads of known clips are found, and with which seconds; and whether uploads that share no more than a title
 * card and a logo with them are taken for one. All goes over HTTP, to a server of its own on an empty database. Needs the
 * {@code ffmpeg} and {@code ffprobe} commands.
 */
@Command(
        name = "video-robustness",
        description = "Banks clips that it cuts from videos, and sends edited uploads with and without them.")
public final class VideoRobustnessReport implements Callable<Integer> {
    /** By which a second may be off. */
    private static final double EXACT_SECONDS = 2;

    @Option(
            names = "--clips",
            required = true,
            arity = "1..*",
            paramLabel = "PATH",
            description = "Videos to cut the known clips from, or folders of them.")
    private List<Path> videos = List.of();

    @Option(
            names = "--others",
            required = true,
            arity = "1..*",
            paramLabel = "PATH",
            description = "Videos that show nothing of these, to put before and around the clips.")
    private List<Path> others = List.of();

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "Clips, and as many uploads without one (default: ${DEFAULT-VALUE}).")
    private int count = 20;

    @Mixin
    private RunOptions options = new RunOptions();

    @Option(
            names = "--folder",
            required = true,
            paramLabel = "DIR",
            description = "Keeps the files that are made; what is there is not made again.")
    private Path folder = Path.of("");

    @Option(names = "--results", paramLabel = "FILE.md", description = "(default: ${DEFAULT-VALUE})")
    private Path results = Path.of("bench/results/robustness-video.md");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Map<Long, ClipSet.Clip> byId = new LinkedHashMap<>();
    private final StringBuilder out = new StringBuilder();
    private final List<String> details = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path data = Files.createTempDirectory("semblance-robustness");
        try (Service service = new Service(data, options.features)) {
            ClipSet set = ClipSet.of(folder, options.seed, count, videos, others);
            for (ClipSet.Clip clip : set.clips()) {
                byId.put(service.bank(Files.readAllBytes(clip.file())), clip);
            }
            head(set);
            for (VideoEdit edit : VideoEdit.values()) {
                edited(set, edit, service);
            }
            unrelated(set, service);
        } finally {
            Folders.delete(data);
        }
        add("%nOne by one:%n%n");
        details.forEach(line -> add("- %s%n", line));
        spec.commandLine().getOut().print(out);
        spec.commandLine().getOut().flush();
        Files.writeString(results, out);
        return CommandLine.ExitCode.OK;
    }

    private void head(ClipSet set) {
        add("# Edited copies of videos that are found%n%n");
        add("%s%n", options.head(spec));
        add(
                "%d clips of %.0f s in all, cut from %d videos, each with the same title card of 2 s before it and the same logo.",
                set.clips().size(),
                set.clips().stream().mapToDouble(ClipSet.Clip::seconds).sum(),
                set.clips().stream().map(ClipSet.Clip::source).distinct().count());
        add(
                " An upload shows 3 to 8 s of other videos, the clip, and 2 to 6 s of other videos, edited as a whole and encoded at");
        add(
                " CRF 28. Offset: how far a reported second of the clip is from the one that the upload shows then. Ends: how far the");
        add(" reported beginning and end are from the true ones.%n%n");
        add("| edit | uploads | found by PDQ frames | found | found within %.0f s |", EXACT_SECONDS);
        add(
                " offset p50 / worst, s | ends p50 / worst, s | `likely` alone | clips of other videos: match / `likely` |%n");
        add("|---|---|---|---|---|---|---|---|---|%n");
    }

    private void edited(ClipSet set, VideoEdit edit, Service service) throws IOException, InterruptedException {
        int byPdq = 0;
        int found = 0;
        int exact = 0;
        int onlyLikely = 0;
        int[] wrong = new int[2];
        List<Double> offsets = new ArrayList<>();
        List<Double> ends = new ArrayList<>();
        List<String> missed = new ArrayList<>();
        for (ClipSet.Clip clip : set.clips()) {
            ClipSet.Upload upload = set.upload(clip, edit);
            Answer answer = service.match(Files.readAllBytes(upload.file()));
            List<Answer.Match> own = answer.matches().stream()
                    .filter(match -> clipOf(match) == clip)
                    .toList();
            List<Answer.Match> certain =
                    own.stream().filter(match -> !match.isLikely()).toList();
            byPdq += certain.stream().anyMatch(match -> match.signalType().equals("vpdq")) ? 1 : 0;
            onlyLikely += certain.isEmpty() && !own.isEmpty() ? 1 : 0;
            if (certain.isEmpty()) {
                missed.add(clip + (answer.verdict().equals("no_match") ? "" : " (" + answer.verdict() + ")"));
            } else {
                found++;
                Seconds seconds = certain.stream()
                        .map(match -> Seconds.of(match.spans(), upload.from(), clip.seconds()))
                        .reduce((a, b) -> a.ends <= b.ends ? a : b)
                        .orElseThrow();
                offsets.add(seconds.offset);
                ends.add(seconds.ends);
                boolean isExact = seconds.offset <= EXACT_SECONDS && seconds.ends <= EXACT_SECONDS;
                exact += isExact ? 1 : 0;
                if (!isExact) {
                    details.add(String.format(
                            Locale.ROOT,
                            "%s, %s: offset %.2f s, ends %.2f s",
                            edit.title,
                            clip,
                            seconds.offset,
                            seconds.ends));
                }
            }
            countWrong(edit.title + ", " + clip, answer, clip, wrong);
        }
        if (!missed.isEmpty()) {
            details.add(edit.title + ": missed " + String.join("; ", missed));
        }
        add(
                "| %s | %d | %d | %d | %d | %s | %s | %d | %d / %d |%n",
                edit.title,
                set.clips().size(),
                byPdq,
                found,
                exact,
                middleAndWorst(offsets),
                middleAndWorst(ends),
                onlyLikely,
                wrong[0],
                wrong[1]);
    }

    /** In seconds. */
    private record Seconds(double offset, double ends) {
        static Seconds of(List<double[]> spans, double from, double length) {
            if (spans.isEmpty()) {
                return new Seconds(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
            }
            double offset = 0;
            double first = Double.POSITIVE_INFINITY;
            double last = Double.NEGATIVE_INFINITY;
            for (double[] span : spans) {
                offset = Math.max(offset, Math.abs(span[0] - from - span[2]));
                offset = Math.max(offset, Math.abs(span[1] - from - span[3]));
                first = Math.min(first, span[0]);
                last = Math.max(last, span[1]);
            }
            return new Seconds(offset, Math.max(Math.abs(first - from), Math.abs(last - from - length)));
        }
    }

    private void unrelated(ClipSet set, Service service) throws IOException, InterruptedException {
        int[] wrong = new int[2];
        for (int i = 0; i < count; i++) {
            Answer answer = service.match(Files.readAllBytes(set.unrelated(i)));
            countWrong("unrelated " + i, answer, null, wrong);
        }
        add(
                "%nOf %d uploads of other videos with the same title card and logo: named as a match %d, as `likely` %d.%n",
                count, wrong[0], wrong[1]);
    }

    /** Clips of the same video as the right one may show the same place, and are told one by one but not counted. */
    private void countWrong(String upload, Answer answer, ClipSet.@Nullable Clip right, int[] wrong) {
        for (Answer.Match match : answer.matches()) {
            ClipSet.Clip named = clipOf(match);
            if (named != right) {
                boolean isSameVideo = right != null && named.source().equals(right.source());
                wrong[match.isLikely() ? 1 : 0] += isSameVideo ? 0 : 1;
                details.add("%s: names %s%s, %s %s"
                        .formatted(
                                upload,
                                named,
                                isSameVideo ? " of the same video" : "",
                                match.isLikely() ? "likely" : "match",
                                match.counts()));
            }
        }
    }

    private ClipSet.Clip clipOf(Answer.Match match) {
        return Objects.requireNonNull(byId.get(match.contentId()), "a content that was not banked");
    }

    private static String middleAndWorst(List<Double> values) {
        if (values.isEmpty()) {
            return "–";
        }
        List<Double> sorted = values.stream().sorted().toList();
        return String.format(Locale.ROOT, "%.2f / %.2f", sorted.get((sorted.size() - 1) / 2), sorted.getLast());
    }

    private void add(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }
}
