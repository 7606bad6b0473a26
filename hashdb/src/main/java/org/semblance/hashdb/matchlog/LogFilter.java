package org.semblance.hashdb.matchlog;

import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of the log are asked for; null leaves a field open.
 *
 * @param visible ids of the banks whose rows are seen at all, or null for all; the rows are then as a log shows them that has
 *     never had the other banks
 * @param banks ids of banks
 * @param from the earliest time, included
 * @param to the latest time, not included
 */
public record LogFilter(
        @Nullable Set<Long> visible,
        @Nullable Set<Long> banks,
        @Nullable Long contentId,
        @Nullable String label,
        @Nullable String key,
        @Nullable String verdict,
        @Nullable Instant from,
        @Nullable Instant to,
        @Nullable String reference,
        @Nullable UUID verdictId) {
    /** Every row of those banks. */
    public static LogFilter of(@Nullable Set<Long> visible) {
        return new LogFilter(visible, null, null, null, null, null, null, null, null, null);
    }

    /** Whether few rows pass, which an index finds. */
    boolean isNarrow() {
        return contentId != null || reference != null || verdictId != null;
    }
}
