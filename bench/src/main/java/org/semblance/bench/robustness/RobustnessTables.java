package org.semblance.bench.robustness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.semblance.bench.edits.Edit;

/** The results of a run as Markdown. */
final class RobustnessTables {
    /** From so many features on a picture counts as one that features can find. */
    private static final int ENOUGH_FEATURES = 100;

    private static final int[] FEATURE_STEPS = {0, 1, 20, 50, ENOUGH_FEATURES, Integer.MAX_VALUE};
    private static final int MOST_LISTED = 200;

    private final StringBuilder out = new StringBuilder();
    private final Gallery gallery;
    private final List<Edit> edits;
    private final Score edited;
    private final Score unedited;

    private RobustnessTables(Gallery gallery, List<Edit> edits, Score all) {
        this.gallery = gallery;
        this.edits = edits;
        unedited = all.of(outcome -> outcome.edit().equals(Outcome.UNEDITED));
        edited = all.of(outcome -> !outcome.edit().equals(Outcome.UNEDITED));
    }

    static String of(Gallery gallery, List<Edit> edits, Score all) {
        RobustnessTables tables = new RobustnessTables(gallery, edits, all);
        tables.byEdit();
        tables.byKind();
        tables.byFeatures();
        tables.wrongOfOriginals();
        tables.wrongOfCopies();
        tables.listed();
        return tables.out.toString();
    }

    private void byEdit() {
        add("## Copies found, by edit%n%n");
        add(
                "Of the copies: found by PDQ or a digest, and by all signals, as a match. Matrix: how far the corners of the original");
        add(" that the answer's matrix gives are from the true ones, in %% of the copy's diagonal.%n%n");
        add("| edit | copies | PDQ %% | Semblance %% | of those with %d features or more %% |", ENOUGH_FEATURES);
        add(
                " `likely` alone | other contents: match / `likely` | matrix p50 / p95 / worst %% | within %.0f %% |%n",
                100 * Score.MATRIX_BAR);
        add("|---|---|---|---|---|---|---|---|---|%n");
        for (Edit edit : edits) {
            row(edit.name(), edited.of(edit));
        }
        row("**all**", edited);
        Map<String, Integer> verdicts = new TreeMap<>();
        edited.outcomes().stream()
                .filter(outcome -> !outcome.isFound())
                .forEach(outcome -> verdicts.merge(outcome.verdict(), 1, Integer::sum));
        add("%nVerdicts on the copies that were not found: %s.%n%n", verdicts.isEmpty() ? "none" : verdicts);
    }

    private void row(String name, Score score) {
        double[] errors = score.matrixErrors();
        long within = Arrays.stream(errors).filter(e -> e <= Score.MATRIX_BAR).count();
        add(
                "| %s | %,d | %s | %s | %s | %,d | %,d / %,d | %s | %s |%n",
                name,
                score.count(),
                percent(score.percentByPdq()),
                percent(score.percentFound()),
                percent(score.withFeatures(ENOUGH_FEATURES, Integer.MAX_VALUE).percentFound()),
                score.onlyLikely(),
                score.others(false),
                score.others(true),
                errors.length == 0
                        ? "–"
                        : String.format(
                                Locale.ROOT,
                                "%.2f / %.2f / %.2f",
                                100 * at(errors, 0.5),
                                100 * at(errors, 0.95),
                                100 * at(errors, 1)),
                errors.length == 0 ? "–" : String.format(Locale.ROOT, "%,d of %,d", within, errors.length));
    }

    private void byKind() {
        add("## Copies found, by kind of original%n%n");
        add(
                "| kind | banked | originals edited | copies | PDQ %% | Semblance %% | `likely` alone |%n|---|---|---|---|---|---|---|%n");
        for (Kind kind : Kind.values()) {
            Score score = edited.of(outcome -> outcome.original().kind() == kind);
            add(
                    "| %s | %,d | %,d | %,d | %s | %s | %,d |%n",
                    kind.title,
                    gallery.banked(kind),
                    score.pictures(),
                    score.count(),
                    percent(score.percentByPdq()),
                    percent(score.percentFound()),
                    score.onlyLikely());
        }
        add("%n");
    }

    private void byFeatures() {
        add("## Copies found, by the features of the original%n%n");
        if (edited.withFeatures(0, Integer.MAX_VALUE).count() == 0) {
            add("The server counts no features.%n%n");
            return;
        }
        add(
                "| features | banked pictures | originals edited | PDQ %% | Semblance %% | `likely` alone |%n|---|---|---|---|---|---|%n");
        for (int i = 1; i < FEATURE_STEPS.length; i++) {
            int from = FEATURE_STEPS[i - 1];
            int until = FEATURE_STEPS[i];
            Score score = edited.withFeatures(from, until);
            add(
                    "| %s | %,d | %,d | %s | %s | %,d |%n",
                    until == Integer.MAX_VALUE
                            ? from + " and more"
                            : until == from + 1 ? "" + from : from + " to " + (until - 1),
                    unedited.withFeatures(from, until).count(),
                    score.pictures(),
                    percent(score.percentByPdq()),
                    percent(score.percentFound()),
                    score.onlyLikely());
        }
        add("%n");
    }

    private void wrongOfOriginals() {
        add("## Other contents named for originals%n%n");
        add("Each banked picture was sent once while it was not enabled itself. A pair is an ordered one.%n%n");
        add("| sent | banked | pairs | match | `likely` |%n|---|---|---|---|---|%n");
        for (Kind sent : Kind.values()) {
            for (Kind content : Kind.values()) {
                long pairs = gallery.banked(sent) * (gallery.banked(content) - (sent == content ? 1 : 0));
                Score score = unedited.of(outcome -> outcome.original().kind() == sent);
                wrongRow(sent, content, pairs, score, sent == content);
            }
        }
        add("%n");
    }

    private void wrongOfCopies() {
        add("## Other contents named for edited copies%n%n");
        add("| edited | banked | pairs | match | `likely` |%n|---|---|---|---|---|%n");
        for (Kind sent : Kind.values()) {
            Score score = edited.of(outcome -> outcome.original().kind() == sent);
            for (Kind content : Kind.values()) {
                long pairs = score.count() * (gallery.banked(content) - (sent == content ? 1 : 0));
                wrongRow(sent, content, pairs, score, sent == content);
            }
        }
        add("%n");
    }

    /** @param always whether the row is there even if nothing was named */
    private void wrongRow(Kind sent, Kind content, long pairs, Score score, boolean always) {
        long matches = score.others(false, content);
        long likely = score.others(true, content);
        if (pairs > 0 && (always || matches + likely > 0)) {
            add("| %s | %s | %,d | %,d | %,d |%n", sent.title, content.title, pairs, matches, likely);
        }
    }

    private void listed() {
        add("## Pairs one by one%n%n");
        add(
                "Photos that are the same picture, and count neither as found nor as wrong: %,d pairs.%n%n",
                gallery.same().lines().size());
        gallery.same().lines().forEach(line -> add("- %s%n", line));
        List<String> photos = new ArrayList<>();
        List<String> all = new ArrayList<>();
        for (Score score : List.of(unedited, edited)) {
            for (Outcome outcome : score.outcomes()) {
                for (Outcome.Hit hit : outcome.others(false)) {
                    boolean isPhoto = outcome.original().kind() == Kind.PHOTO
                            && hit.content().kind() == Kind.PHOTO;
                    (isPhoto ? photos : all)
                            .add("%s, %s, for %s: %s %s"
                                    .formatted(
                                            outcome.original().name(),
                                            outcome.edit(),
                                            hit.content().name(),
                                            hit.signalType(),
                                            hit.counts()));
                }
            }
        }
        list("Photos that were taken for another photo", photos);
        list("Other pictures that were taken for another one", all);
    }

    private void list(String what, List<String> lines) {
        add(
                "%n%s: %,d.%s%n%n",
                what, lines.size(), lines.size() > MOST_LISTED ? " The first " + MOST_LISTED + ":" : "");
        lines.stream().limit(MOST_LISTED).forEach(line -> add("- %s%n", line));
    }

    private static double at(double[] sorted, double share) {
        return sorted[(int) Math.round(share * (sorted.length - 1))];
    }

    private static String percent(double percent) {
        return Double.isNaN(percent) ? "–" : String.format(Locale.ROOT, "%.1f", percent);
    }

    private void add(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }
}
