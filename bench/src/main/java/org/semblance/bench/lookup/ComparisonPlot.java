package org.semblance.bench.lookup;

import java.util.List;
import java.util.Locale;
import org.semblance.bench.lookup.Comparison.Figure;

/** Lookups a second on a logarithmic scale: for each number of hashes and each engine a bar for one core and one for all. */
final class ComparisonPlot {
    private static final int WIDTH = 900;
    private static final int LEFT = 210;
    private static final int RIGHT = 110;
    private static final int TOP = 70;
    private static final int ROW = 32;
    private static final int HEAD = 30;
    private static final int BAR = 11;
    private static final String ONE = "#b8b8b8";
    private static final String ALL = "#1f5fa8";

    private final StringBuilder svg = new StringBuilder();
    private final List<Figure> figures;
    private final int lowest;
    private final int highest;

    private ComparisonPlot(List<Figure> figures) {
        this.figures = figures;
        double least = figures.stream().mapToDouble(Figure::rate).min().orElse(1);
        double most = figures.stream().mapToDouble(Figure::rate).max().orElse(10);
        // A bar needs some length.
        lowest = (int) Math.floor(Math.log10(least) - 0.1);
        highest = (int) Math.ceil(Math.log10(most));
    }

    static String svg(List<Figure> figures) {
        return new ComparisonPlot(figures).draw();
    }

    private String draw() {
        List<Integer> sizes = figures.stream().map(Figure::size).distinct().toList();
        int rows = (int) figures.stream()
                .map(figure -> figure.size() + figure.engine())
                .distinct()
                .count();
        int bottom = TOP + HEAD * sizes.size() + ROW * rows;
        add("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\"", WIDTH, bottom + 40);
        add(" font-family=\"sans-serif\" font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n");
        add("<text x=\"16\" y=\"26\" font-size=\"15\">Lookups a second within 31 bits, recall 1.0</text>%n");
        legend(LEFT, ONE, "one core");
        legend(LEFT + 120, ALL, "all cores");
        for (int power = lowest; power <= highest; power++) {
            double x = x(Math.pow(10, power));
            add("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#dddddd\"/>%n", x, x, TOP, bottom);
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#555555\">%s</text>%n",
                    x, bottom + 18, number(Math.pow(10, power)));
        }
        int y = TOP;
        for (int size : sizes) {
            add("<text x=\"16\" y=\"%d\" font-weight=\"bold\">%,d hashes</text>%n", y + 20, size);
            y += HEAD;
            List<Figure> ofSize =
                    figures.stream().filter(figure -> figure.size() == size).toList();
            for (String engine : ofSize.stream().map(Figure::engine).distinct().toList()) {
                row(
                        y,
                        engine,
                        ofSize.stream()
                                .filter(figure -> figure.engine().equals(engine))
                                .toList());
                y += ROW;
            }
        }
        add("</svg>%n");
        return svg.toString();
    }

    private void row(int y, String engine, List<Figure> bars) {
        add("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n", LEFT - 10, y + 16, engine);
        int at = y + 2;
        for (Figure bar : bars) {
            double x = x(bar.rate());
            String colour = bar.threads() == 1 ? ONE : ALL;
            add(
                    "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                    LEFT, at, x - LEFT, BAR, colour);
            add("<text x=\"%.1f\" y=\"%d\" font-size=\"11\">%s</text>%n", x + 6, at + 10, number(bar.rate()));
            at += BAR + 1;
        }
    }

    private void legend(int x, String colour, String what) {
        add("<rect x=\"%d\" y=\"44\" width=\"14\" height=\"10\" fill=\"%s\"/>%n", x, colour);
        add("<text x=\"%d\" y=\"54\">%s</text>%n", x + 20, what);
    }

    private static String number(double rate) {
        return String.format(Locale.ROOT, rate < 10 ? "%,.1f" : "%,.0f", rate);
    }

    private double x(double rate) {
        return LEFT + (Math.log10(rate) - lowest) / (highest - lowest) * (WIDTH - LEFT - RIGHT);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values));
    }
}
