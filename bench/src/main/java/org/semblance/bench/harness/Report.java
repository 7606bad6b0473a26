package org.semblance.bench.harness;

import java.util.Locale;

/** Where a run says what it found. */
public final class Report {
    private Report() {}

    /** Prints a line; numbers look the same in every locale. */
    @SuppressWarnings("SystemOut") // The report is the run's output.
    public static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
