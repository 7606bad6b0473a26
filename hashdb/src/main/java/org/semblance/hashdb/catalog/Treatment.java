package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;

/**
 * How a content is treated when it is found.
 *
 * @param distanceThreshold largest PDQ distance that matches, 0..256, or null for that of its bank
 * @param handling what a caller should do about a match, in words that every caller may read; null for that of its bank
 * @param quarantine null if the content is not in quarantine
 * @param confirmedBy the second person who confirmed the content, as the journal names people; null if nobody has
 */
public record Treatment(
        @Nullable Integer distanceThreshold,
        @Nullable String handling,
        @Nullable Quarantine quarantine,
        @Nullable String confirmedBy) {
    /** As the bank says, out of quarantine, and not confirmed. */
    public static final Treatment PLAIN = new Treatment(null, null, null, null);

    public boolean isQuarantined() {
        return quarantine != null;
    }

    /** How many people stand for the content: who added it, and perhaps a second one. */
    public int confirmations() {
        return confirmedBy == null ? 1 : 2;
    }

    /** Whether nothing is peculiar to the content. */
    public boolean isPlain() {
        return equals(PLAIN);
    }
}
