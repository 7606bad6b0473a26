package org.semblance.hashdb.matchlog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A row of the log: one content in one verdict.
 *
 * @param id grows from row to row; never used again
 * @param verdict the rest of the verdict, without its hits
 * @param review the newest one, or null
 */
public record LogRow(
        long id,
        LoggedVerdict verdict,
        LoggedHit hit,
        @Nullable Review review) {
    /** When the verdict was given. */
    public Instant at() {
        return Instant.ofEpochMilli(verdict.atMs());
    }
}
