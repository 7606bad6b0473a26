package org.semblance.bench.robustness;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A line of tab-separated values for each thing that went wrong, for whoever looks for the reason. */
final class Details {
    private static final String HEADER =
            "what\tedit\tkind\toriginal\tfeatures\tverdict\tcontent\tcontent_kind\tsignal_type\tmatrix_error\tcounts";

    private Details() {}

    static List<String> lines(List<Outcome> outcomes) {
        List<String> lines = new ArrayList<>();
        lines.add(HEADER);
        for (Outcome outcome : outcomes) {
            if (!outcome.edit().equals(Outcome.UNEDITED) && !outcome.isFound() && !outcome.isOnlyLikely()) {
                lines.add(line("missed", outcome, "\t\t\t\t"));
            }
            for (Outcome.Hit hit : outcome.hits()) {
                boolean isOwn = hit.content() == outcome.original();
                boolean isOff = hit.matrixError() > Score.MATRIX_BAR;
                if (!isOwn || hit.isLikely() || isOff) {
                    String what = !isOwn ? "other" : isOff ? "matrix" : "own";
                    String strength = hit.isLikely() ? " likely" : " match";
                    lines.add(line(what + strength, outcome, hit(hit)));
                }
            }
        }
        return lines;
    }

    private static String line(String what, Outcome outcome, String hit) {
        Picture original = outcome.original();
        return String.join(
                "\t",
                what,
                outcome.edit(),
                original.kind().title,
                original.name(),
                original.features() == Picture.UNKNOWN ? "" : Integer.toString(original.features()),
                outcome.verdict(),
                hit);
    }

    private static String hit(Outcome.Hit hit) {
        String error = Double.isNaN(hit.matrixError()) ? "" : String.format(Locale.ROOT, "%.4f", hit.matrixError());
        return String.join(
                "\t", hit.content().name(), hit.content().kind().title, hit.signalType(), error, hit.counts());
    }
}
