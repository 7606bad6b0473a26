package org.semblance.server.selfbench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A report as a picture: for each kind of work how long a call takes, from the median over 99 to 99.9 of 100, on an axis of
 * powers of ten; an earlier report below it in grey.
 */
public final class BenchPlot {
    private static final int WIDTH = 960;
    private static final int LEFT = 380;
    private static final int RIGHT = 170;
    private static final int TOP = 64;
    private static final int ROW = 54;
    private static final String NEW = "#1f5fa8";
    private static final String OLD = "#9a9a9a";

    private final StringBuilder svg = new StringBuilder();
    private final int least;
    private final int most;

    private BenchPlot(List<Figure> all) {
        least = (int) Math.floor(
                Math.log10(all.stream().mapToDouble(Figure::p50Us).min().orElse(1)));
        most = Math.max(least + 1, (int) Math.ceil(
                Math.log10(all.stream().mapToDouble(Figure::p999Us).max().orElse(10))));
    }

    /** The plot as an SVG document. */
    public static String svg(BenchReport report, @Nullable BenchReport earlier) {
        List<Figure> all = new ArrayList<>(report.figures());
        if (earlier != null) {
            all.addAll(earlier.figures());
        }
        return new BenchPlot(all).draw(report, earlier);
    }

    private String draw(BenchReport report, @Nullable BenchReport earlier) {
        int height = TOP + ROW * report.figures().size() + 60;
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\"",
                WIDTH, height);
        add(" font-size=\"13\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n");
        text(
                16,
                24,
                "start",
                "black",
                "Semblance " + report.version() + ", " + count(report.size()) + " hashes: time of a"
                        + " call, p50 to p99 to p99.9");
        text(16, 42, "start", "#555555", report.machine() + ", " + report.madeAt());
        int bottom = TOP + ROW * report.figures().size();
        for (int power = least; power <= most; power++) {
            double x = x(Math.pow(10, power));
            add("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#dddddd\"/>%n", x, x, TOP, bottom);
            text(x, bottom + 18, "middle", "#555555", time(power));
        }
        int y = TOP;
        for (Figure figure : report.figures()) {
            text(LEFT - 14, y + 24, "end", "black", figure.what());
            row(figure, y + 20, NEW);
            Figure old = earlier == null ? null : earlier.figure(figure.name()).orElse(null);
            if (old != null) {
                row(old, y + 40, OLD);
            }
            y += ROW;
        }
        if (earlier != null) {
            text(16, bottom + 42, "start", OLD, "grey: " + earlier.version() + ", " + earlier.madeAt());
        }
        add("</svg>%n");
        return svg.toString();
    }

    private void row(Figure figure, int y, String colour) {
        double p50 = x(figure.p50Us());
        double p99 = x(figure.p99Us());
        double p999 = x(figure.p999Us());
        add(
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\"/>%n",
                p50, p999, y, y, colour);
        add(
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"8\"/>%n",
                p50, p99, y, y, colour);
        add("<circle cx=\"%.1f\" cy=\"%d\" r=\"6\" fill=\"%s\"/>%n", p50, y, colour);
        add("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\"/>%n", p999, p999, y - 6, y + 6, colour);
        text(WIDTH - RIGHT + 20, y + 4, "start", colour, count(figure.perSecond()) + " a second");
    }

    private double x(double micros) {
        double share = (Math.log10(micros) - least) / (most - least);
        return LEFT + share * (WIDTH - LEFT - RIGHT);
    }

    private static String time(int power) {
        return switch (Math.floorDiv(power, 3)) {
            case -1 -> (long) Math.pow(10, power + 3) + " ns";
            case 0 -> (long) Math.pow(10, power) + " µs";
            case 1 -> (long) Math.pow(10, power - 3) + " ms";
            default -> (long) Math.pow(10, power - 6) + " s";
        };
    }

    private static String count(double number) {
        return String.format(Locale.ROOT, "%,.0f", number);
    }

    private void text(double x, double y, String anchor, String colour, String text) {
        add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>%n",
                x, y, anchor, colour, escaped(text));
    }

    private static String escaped(String text) {
        return Stream.of(new String[] {"&", "&amp;"}, new String[] {"<", "&lt;"}, new String[] {">", "&gt;"})
                .reduce(text, (t, rule) -> t.replace(rule[0], rule[1]), (a, b) -> b);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values));
    }
}
