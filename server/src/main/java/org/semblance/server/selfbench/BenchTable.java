package org.semblance.server.selfbench;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A report as lines of text, beside an earlier one if there is one. */
public final class BenchTable {
    /** Two quiet runs on one machine differ by less than this share. */
    private static final double AGREEMENT = 0.10;

    private static final MathContext TWO_DIGITS = new MathContext(2);

    private BenchTable() {}

    /** The lines, without ends. */
    public static List<String> lines(BenchReport report, @Nullable BenchReport earlier) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "Semblance %s, %,d hashes, seed %d, %s",
                report.version(),
                report.size(),
                report.seed(),
                report.madeAt()));
        lines.add(report.machine() + ", " + report.jdk());
        lines.add(String.format(
                Locale.ROOT,
                "%-58s %12s %8s %10s %10s %10s %7s%s",
                "",
                "a second",
                "median",
                "p50 us",
                "p99 us",
                "p99.9 us",
                "recall",
                earlier == null ? "" : "      earlier  change"));
        for (Figure figure : report.figures()) {
            lines.add(String.format(
                            Locale.ROOT,
                            "%-58s %,12.1f %7.0f%% %,10.1f %,10.1f %,10.1f %7s",
                            figure.what(),
                            figure.perSecond(),
                            100 * figure.medianPerSecond() / figure.perSecond(),
                            figure.p50Us(),
                            figure.p99Us(),
                            figure.p999Us(),
                            figure.recall() == null ? "" : String.format(Locale.ROOT, "%.3f", figure.recall()))
                    + (earlier == null ? "" : change(figure, earlier.figure(figure.name()))));
        }
        if (earlier != null) {
            lines.addAll(verdict(report, earlier));
        }
        Capacity capacity = report.capacity();
        if (capacity != null) {
            lines.addAll(capacity(capacity));
        }
        lines.addAll(report.notes());
        report.failures().forEach(failure -> lines.add("Not measured, or not to its end: " + failure));
        return lines;
    }

    private static List<String> capacity(Capacity capacity) {
        return List.of(
                String.format(
                        Locale.ROOT,
                        "Capacity: some %,d uploads a day of JPEGs of %,d kB, at a p99 of %,.1f ms (%,.1f a second).",
                        BigDecimal.valueOf(capacity.perDay()).round(TWO_DIGITS).longValueExact(),
                        capacity.uploadBytes() / 1000,
                        capacity.p99Us() / 1e3,
                        capacity.perSecond()),
                String.format(
                        Locale.ROOT,
                        "Measured with %d connections, as many as workers, each sending its next upload when the last one was"
                                + " answered.",
                        capacity.connections()),
                "Assumed: uploads like this one, spread evenly over the day, no videos, and the client on the same machine."
                        + " Uploads have peaks: plan with a third of it.");
    }

    private static String change(Figure figure, Optional<Figure> earlier) {
        return earlier.map(e -> String.format(
                        Locale.ROOT,
                        " %,12.1f %+6.1f%%",
                        e.perSecond(),
                        100 * (figure.perSecond() / e.perSecond() - 1)))
                .orElse("      not there");
    }

    private static List<String> verdict(BenchReport report, BenchReport earlier) {
        List<String> lines = new ArrayList<>();
        if (report.size() != earlier.size() || report.seed() != earlier.seed()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "The earlier run looked up among %,d hashes of seed %d: its lookups are others.",
                    earlier.size(),
                    earlier.seed()));
        }
        if (!report.machine().equals(earlier.machine()) || !report.jdk().equals(earlier.jdk())) {
            lines.add("The earlier run was on another machine or JDK: " + earlier.machine() + ", " + earlier.jdk());
        }
        double largest = 0;
        for (Figure figure : report.figures()) {
            Optional<Figure> other = earlier.figure(figure.name());
            if (other.isPresent()) {
                largest = Math.max(
                        largest, Math.abs(figure.perSecond() / other.get().perSecond() - 1));
            }
        }
        lines.add(String.format(
                Locale.ROOT,
                "The two runs %s within %.0f %%: the largest change is %.1f %%.",
                largest <= AGREEMENT ? "agree" : "do not agree",
                100 * AGREEMENT,
                100 * largest));
        return lines;
    }
}
