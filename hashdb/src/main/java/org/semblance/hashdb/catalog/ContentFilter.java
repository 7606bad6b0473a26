package org.semblance.hashdb.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which contents of a bank to list; null asks nothing of that property.
 *
 * @param label one that the content has, exactly
 * @param status as it was set: a content that is disabled until a time counts as disabled after it too. Null for all
 *     that are not withdrawn
 * @param createdFrom banked then or later
 * @param createdBefore banked earlier
 */
public record ContentFilter(
        @Nullable String label,
        @Nullable ContentStatus status,
        @Nullable Instant createdFrom,
        @Nullable Instant createdBefore) {
    /** All that are not withdrawn. */
    public static final ContentFilter NONE = new ContentFilter(null, null, null, null);
}
