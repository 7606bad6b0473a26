package org.semblance.bench.robustness;

import java.awt.image.BufferedImage;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.edits.Edit;
import org.semblance.bench.edits.Edits;
import org.semblance.bench.edits.Pixels;
import org.semblance.bench.edits.Projection;
import org.semblance.bench.harness.Folders;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How many edited copies of banked pictures are found, by PDQ and by all signals, how exact the reported matrices are, and which
 * other pictures are named. All goes over HTTP, to a server of its own on an empty database.
 */
@Command(
        name = "robustness",
        description = {
            "Banks the photos of a folder, and cards, memes and screenshots that are made from it; sends edited copies of some;"
                    + " sends each banked picture while it is not enabled itself.",
            "Prints what was found and what was named wrongly, as Markdown, and writes it with a plot."
        })
public final class RobustnessReport implements Callable<Integer> {
    @Option(names = "--corpus", required = true, paramLabel = "DIR", description = "A folder of photos, JPEG or PNG.")
    private Path corpus = Path.of("");

    @Option(
            names = "--originals",
            paramLabel = "N",
            description = "Pictures to edit, two thirds of them photos; the cards that are made go by it"
                    + " (default: ${DEFAULT-VALUE}).")
    private int originals = Kind.USUAL_SIZE;

    @Option(names = "--photos", paramLabel = "N", description = "Files of the corpus to take at most (default: all).")
    private int photos = Integer.MAX_VALUE;

    @Option(
            names = "--edits",
            split = ",",
            paramLabel = "NAME",
            description = "Only these edits, such as pip30,screenshot (default: all).")
    private List<String> names = List.of();

    @Mixin
    private RunOptions options = new RunOptions();

    @Option(
            names = "--same",
            paramLabel = "FILE",
            description = "Two names in each line, apart by a tab: photos that are the same picture to a person.")
    private @Nullable Path same;

    @Option(
            names = "--results",
            paramLabel = "FILE.md",
            description = "The plot goes beside it (default: ${DEFAULT-VALUE}).")
    private Path results = Path.of("bench/results/robustness.md");

    @Option(
            names = "--details",
            paramLabel = "FILE.tsv",
            description =
                    "For each copy that was missed or only likely, each other content and each matrix that is off: a line.")
    private @Nullable Path details;

    @Option(names = "--keep", paramLabel = "DIR", description = "Keeps the copies that were missed.")
    private @Nullable Path keep;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Map<Long, Picture> byId = new LinkedHashMap<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Edit> edits = Edits.named(names);
        Path folder = Files.createTempDirectory("semblance-robustness");
        try (Service service = new Service(folder.resolve("data"), options.features)) {
            progress("seed %d", options.seed);
            Corpus read = Corpus.of(corpus, photos, options.seed, Files.createDirectories(folder.resolve("photos")));
            progress("%s", read);
            Gallery gallery = Gallery.of(read, originals, options.seed, SamePictures.known(same), service, folder);
            bank(gallery.banked(), service);
            List<Outcome> outcomes = new ArrayList<>();
            for (Picture picture : gallery.banked()) {
                outcomes.add(unedited(picture, gallery.same(), service));
            }
            progress("%,d originals sent", outcomes.size());
            outcomes.addAll(edited(gallery, edits, service));
            report(read, gallery, edits, outcomes);
        } finally {
            Folders.delete(folder);
        }
        return CommandLine.ExitCode.OK;
    }

    private void bank(List<Picture> pictures, Service service) throws IOException, InterruptedException {
        List<Long> ids = Parallel.map(pictures, picture -> service.bank(Files.readAllBytes(picture.file())));
        for (int i = 0; i < pictures.size(); i++) {
            byId.put(ids.get(i), pictures.get(i));
        }
        progress("%,d pictures banked", pictures.size());
    }

    /** One at a time, so that all others are enabled meanwhile. */
    private Outcome unedited(Picture picture, SamePictures same, Service service)
            throws IOException, InterruptedException {
        long id = byId.entrySet().stream()
                .filter(entry -> entry.getValue() == picture)
                .findFirst()
                .orElseThrow()
                .getKey();
        service.enable(id, false);
        Answer answer = service.match(Files.readAllBytes(picture.file()));
        service.enable(id, true);
        return outcome(picture, Outcome.UNEDITED, answer, null, same);
    }

    private List<Outcome> edited(Gallery gallery, List<Edit> edits, Service service)
            throws IOException, InterruptedException {
        List<Picture> all = gallery.originals();
        AtomicInteger done = new AtomicInteger();
        List<List<Outcome>> outcomes = Parallel.map(all, original -> {
            BufferedImage picture = Pixels.read(original.file());
            List<Outcome> ofOriginal = new ArrayList<>();
            for (Edit edit : edits) {
                Edit.Copy copy = edit.apply(picture, gallery.helper(original, edit));
                Outcome outcome = outcome(original, edit.name(), service.match(copy.jpeg()), copy, gallery.same());
                ofOriginal.add(outcome);
                if (keep != null && !outcome.isFound()) {
                    Files.createDirectories(keep);
                    String name = (original.name() + "." + edit.name()).replaceAll("[^A-Za-z0-9.+-]", "_");
                    Files.write(keep.resolve(name + ".jpg"), copy.jpeg());
                }
            }
            if (done.incrementAndGet() % 20 == 0) {
                progress("copies of %,d of %,d originals sent", done.get(), all.size());
            }
            return ofOriginal;
        });
        return outcomes.stream().flatMap(List::stream).toList();
    }

    /** @param copy that was sent; null for an original itself */
    private Outcome outcome(Picture original, String edit, Answer answer, Edit.@Nullable Copy copy, SamePictures same) {
        List<Outcome.Hit> hits = new ArrayList<>();
        for (Answer.Match match : answer.matches()) {
            Picture content = Objects.requireNonNull(byId.get(match.contentId()), "a content that was not banked");
            if (!same.has(original, content)) {
                boolean hasTruth = copy != null && content == original && match.matrix() != null;
                double error = hasTruth ? matrixError(original, match, copy) : Double.NaN;
                hits.add(new Outcome.Hit(content, match.signalType(), match.isLikely(), error, match.counts()));
            }
        }
        return new Outcome(original, edit, answer.verdict(), hits);
    }

    private static double matrixError(Picture original, Answer.Match match, Edit.@Nullable Copy copy) {
        Edit.Copy sent = Objects.requireNonNull(copy);
        Projection told = Projection.scaling(sent.width(), sent.height())
                .after(Objects.requireNonNull(match.matrix()))
                .after(Projection.scaling(1.0 / original.width(), 1.0 / original.height()));
        return told.cornerError(sent.fromOriginal(), original.width(), original.height()) / sent.diagonal();
    }

    private void report(Corpus read, Gallery gallery, List<Edit> edits, List<Outcome> outcomes) throws IOException {
        Score all = new Score(outcomes);
        String tables = RobustnessTables.of(gallery, edits, all);
        String head = String.format(
                Locale.ROOT,
                """
                # Edited copies that are found

                %s
                                %s. %,d pictures banked, %,d of them edited by %d edits, %,d copies sent. All over HTTP, two requests at a time.

                ![Copies found, by edit](%s)

                """,
                options.head(spec),
                read,
                gallery.banked().size(),
                gallery.originals().size(),
                edits.size(),
                outcomes.size() - gallery.banked().size(),
                plotFile().getFileName());
        spec.commandLine().getOut().print(head + tables);
        spec.commandLine().getOut().flush();
        Path parent = results.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.writeString(results, head + tables);
        Score edited = all.of(outcome -> !outcome.edit().equals(Outcome.UNEDITED));
        Files.writeString(plotFile(), RobustnessPlot.svg(edits, edited));
        if (details != null) {
            Files.write(details, Details.lines(outcomes));
        }
    }

    private Path plotFile() {
        String name = Objects.requireNonNull(results.getFileName()).toString().replaceAll("\\.md$", "");
        return results.resolveSibling(name + ".svg");
    }

    private void progress(String format, Object... values) {
        spec.commandLine().getErr().println(String.format(Locale.ROOT, format, values));
    }
}
