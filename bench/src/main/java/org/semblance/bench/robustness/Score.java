package org.semblance.bench.robustness;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.semblance.bench.edits.Edit;

/** Counts over outcomes. */
final class Score {
    /** Bar of the corner error, as a share of the diagonal. */
    static final double MATRIX_BAR = 0.02;

    private final List<Outcome> outcomes;

    Score(List<Outcome> outcomes) {
        this.outcomes = outcomes;
    }

    Score of(Predicate<Outcome> kind) {
        return new Score(outcomes.stream().filter(kind).toList());
    }

    Score of(Edit edit) {
        return of(outcome -> outcome.edit().equals(edit.name()));
    }

    /** Of pictures with that many features, the last of which is not among them. */
    Score withFeatures(int from, int until) {
        return of(outcome ->
                outcome.original().features() >= from && outcome.original().features() < until);
    }

    int count() {
        return outcomes.size();
    }

    long pictures() {
        return outcomes.stream().map(o -> o.original().name()).distinct().count();
    }

    /** 0 to 100; NaN of none. */
    double percentByPdq() {
        return percent(Outcome::isFoundByPdq);
    }

    /** 0 to 100; NaN of none. */
    double percentFound() {
        return percent(Outcome::isFound);
    }

    long onlyLikely() {
        return outcomes.stream().filter(Outcome::isOnlyLikely).count();
    }

    private double percent(Predicate<Outcome> kind) {
        return outcomes.isEmpty()
                ? Double.NaN
                : 100.0 * outcomes.stream().filter(kind).count() / outcomes.size();
    }

    /** How many times another picture was named. */
    long others(boolean isLikely) {
        return outcomes.stream().mapToLong(o -> o.others(isLikely).size()).sum();
    }

    /** Of them, those of that kind. */
    long others(boolean isLikely, Kind kind) {
        return outcomes.stream()
                .flatMap(o -> o.others(isLikely).stream())
                .filter(hit -> hit.content().kind() == kind)
                .count();
    }

    /** In order. */
    double[] matrixErrors() {
        return outcomes.stream()
                .flatMapToDouble(o -> Arrays.stream(o.matrixErrors()))
                .sorted()
                .toArray();
    }

    List<Outcome> outcomes() {
        return outcomes;
    }
}
