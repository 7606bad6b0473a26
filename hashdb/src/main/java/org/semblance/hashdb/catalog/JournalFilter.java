package org.semblance.hashdb.catalog;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of the journal to list; null asks nothing of that property.
 *
 * @param banks the names of the banks that rows may be of, as they are now or were when they were deleted; empty for all
 * @param actor who made the change: a key, or a key with a person behind a slash
 * @param contentId the content that was added or changed
 * @param kind of the change, see {@link PayloadCodec}
 * @param reasonContains a part of the reason, exactly
 * @param from made then or later
 * @param before made earlier
 */
public record JournalFilter(
        Set<String> banks,
        @Nullable String actor,
        @Nullable Long contentId,
        @Nullable String kind,
        @Nullable String reasonContains,
        @Nullable Instant from,
        @Nullable Instant before) {
    /** All rows. */
    public static final JournalFilter NONE = new JournalFilter(Set.of(), null, null, null, null, null, null);

    public JournalFilter {
        banks = Set.copyOf(banks);
    }

    /** Whether the actor of a row is the one asked for: the same, or the same key with any person behind it. */
    public static boolean isBy(String actor, String asked) {
        return actor.equals(asked) || actor.startsWith(asked + "/");
    }
}
