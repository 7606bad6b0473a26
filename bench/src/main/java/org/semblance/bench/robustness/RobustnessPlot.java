package org.semblance.bench.robustness;

import java.util.List;
import java.util.Locale;
import org.semblance.bench.edits.Edit;

/** For each edit the share of the copies that are found, as two bars: by PDQ alone, and by all signals. */
final class RobustnessPlot {
    private static final int WIDTH = 900;
    private static final int LEFT = 190;
    private static final int RIGHT = 60;
    private static final int TOP = 70;
    private static final int ROW = 20;
    private static final String ALL = "#1f5fa8";
    private static final String PDQ = "#b8b8b8";

    private final StringBuilder svg = new StringBuilder();

    private RobustnessPlot() {}

    /** @param outcomes of edited copies */
    static String svg(List<Edit> edits, Score outcomes) {
        return new RobustnessPlot().draw(edits, outcomes);
    }

    private String draw(List<Edit> edits, Score outcomes) {
        int bottom = TOP + ROW * edits.size();
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\"",
                WIDTH, bottom + 40);
        add(" font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n");
        add(
                "<text x=\"16\" y=\"26\" font-size=\"15\">Edited copies that are found, of %,d originals, %%</text>%n",
                outcomes.pictures());
        legend(LEFT, ALL, "all signals", outcomes.percentFound());
        legend(LEFT + 220, PDQ, "PDQ alone", outcomes.percentByPdq());
        for (int percent = 0; percent <= 100; percent += 20) {
            double x = x(percent);
            add("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#dddddd\"/>%n", x, x, TOP, bottom);
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#555555\">%d</text>%n",
                    x, bottom + 18, percent);
        }
        int y = TOP;
        for (Edit edit : edits) {
            Score score = outcomes.of(edit);
            add("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n", LEFT - 10, y + 14, edit.name());
            bar(y + 2, 9, ALL, score.percentFound());
            bar(y + 12, 5, PDQ, score.percentByPdq());
            add("<text x=\"%.1f\" y=\"%d\" fill=\"%s\">%.1f</text>%n", x(100) + 10, y + 14, ALL, score.percentFound());
            y += ROW;
        }
        add("</svg>%n");
        return svg.toString();
    }

    private void legend(int x, String colour, String what, double mean) {
        add("<rect x=\"%d\" y=\"44\" width=\"14\" height=\"10\" fill=\"%s\"/>%n", x, colour);
        add("<text x=\"%d\" y=\"54\">%s, mean %.1f</text>%n", x + 20, what, mean);
    }

    private void bar(int y, int height, String colour, double percent) {
        add(
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                LEFT, y, x(percent) - LEFT, height, colour);
    }

    private static double x(double percent) {
        return LEFT + percent / 100 * (WIDTH - LEFT - RIGHT);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values));
    }
}
