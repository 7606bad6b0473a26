package org.semblance.hashdb.index;

import org.semblance.hashdb.hash.Hash256;

/** Checks what callers of an index pass. */
final class Arguments {
    private Arguments() {}

    static void checkContentId(long contentId) {
        if (contentId < 0) {
            throw new IllegalArgumentException("content id: " + contentId + " (expected: 0 or more)");
        }
    }

    static void checkLookup(long[] queries, int count, int maxDistance) {
        if (maxDistance < 0 || maxDistance > Hash256.BITS) {
            throw new IllegalArgumentException("max distance: " + maxDistance + " (expected: 0 to 256)");
        }
        if (count < 0 || count > queries.length / 4) {
            throw new IllegalArgumentException(
                    "count of queries: " + count + " (expected: 0 to " + queries.length / 4 + ", four longs a query)");
        }
    }
}
