package org.semblance.hashdb.matchlog;

import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rows as a log has them that has never had the other banks, in SQL over a table that has {@code bank_id}, {@code outcome}
 * and {@code across}. A match that only hidden allowed content suppresses is a match; allowed content that suppresses hidden
 * matches alone is none.
 */
final class Visibility {
    private static final int MATCH = Outcome.MATCH.ordinal();
    private static final int SUPPRESSED = Outcome.SUPPRESSED.ordinal();
    private static final int SUPPRESSED_BY = Outcome.SUPPRESSED_BY.ordinal();

    private final @Nullable Set<Long> banks;

    /** @param banks ids, or null for all */
    Visibility(@Nullable Set<Long> banks) {
        this.banks = banks;
    }

    boolean isWhole() {
        return banks == null;
    }

    /** Whether a row is seen. */
    String seen(String table) {
        return banks == null
                ? "1"
                : "(" + in(table + ".bank_id", banks) + " AND (" + table + ".outcome <> " + SUPPRESSED_BY + " OR "
                        + acrossIsSeen(table) + "))";
    }

    /** What a row is shown to be: an ordinal of {@link Outcome}. */
    String outcome(String table) {
        return banks == null
                ? table + ".outcome"
                : "(CASE WHEN " + table + ".outcome = " + SUPPRESSED + " AND NOT " + acrossIsSeen(table) + " THEN "
                        + MATCH + " ELSE " + table + ".outcome END)";
    }

    /** The verdict of a row of {@code match}: that of the rows of its verdict that are seen. */
    String verdict(String table) {
        return banks == null
                ? table + ".verdict"
                : "(SELECT CASE min(" + outcome("s") + ") WHEN " + MATCH + " THEN 'match' WHEN " + SUPPRESSED
                        + " THEN 'suppressed' ELSE CASE " + table + ".verdict WHEN 'likely' THEN 'likely'"
                        + " ELSE 'no_match' END END FROM match AS s WHERE s.verdict_id = " + table
                        + ".verdict_id AND " + seen("s") + ")";
    }

    private String acrossIsSeen(String table) {
        if (banks == null || banks.isEmpty()) {
            return "0";
        }
        return banks.stream()
                .map(bank -> "instr(" + table + ".across, '," + bank + ",') > 0")
                .collect(Collectors.joining(" OR ", "ifnull(", ", 0)"));
    }

    /** Whether a column has one of those values. */
    static String in(String column, Set<Long> values) {
        return column + values.stream().map(String::valueOf).collect(Collectors.joining(", ", " IN (", ")"));
    }
}
