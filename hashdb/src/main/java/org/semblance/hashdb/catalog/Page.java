package org.semblance.hashdb.catalog;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a long list. It may have few rows or none and yet not be the last: one answer looks through a bounded number of rows.
 *
 * @param next the cursor of the part that follows; null if this is the last one
 */
public record Page<T>(List<T> rows, @Nullable Long next) {
    public Page {
        rows = List.copyOf(rows);
    }
}
