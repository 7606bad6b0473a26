package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;

/**
 * Which part of a long list to read.
 *
 * @param cursor the list goes on behind the row of that number; null for its beginning
 * @param newestFirst whether the largest number comes first
 * @param limit the most rows, 1 or more
 */
public record Paging(@Nullable Long cursor, boolean newestFirst, int limit) {
    /** From the oldest row above that number on. */
    public static Paging after(long number, int limit) {
        return new Paging(number, false, limit);
    }

    /** The first number that may be listed, or the last one where the newest comes first. */
    public long bound() {
        if (cursor == null) {
            return newestFirst ? Long.MAX_VALUE : Long.MIN_VALUE;
        }
        return cursor;
    }
}
