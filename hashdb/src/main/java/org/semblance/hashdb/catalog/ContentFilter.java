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
 * @param text what the note or a value of the metadata contains, in any case; at least {@value #SHORTEST_TEXT} characters
 * @param source where the content came from, exactly
 * @param actor who added the content: a key, or a key with a person behind a slash
 * @param hash a PDQ hash or digest of the content in hex; a withdrawn content is found by its digests alone
 * @param exactOnly true for contents that are known by their digests alone, false for the others
 * @param quarantined true for contents in quarantine, false for the others
 */
public record ContentFilter(
        @Nullable String label,
        @Nullable ContentStatus status,
        @Nullable Instant createdFrom,
        @Nullable Instant createdBefore,
        @Nullable String text,
        @Nullable String source,
        @Nullable String actor,
        @Nullable String hash,
        @Nullable Boolean exactOnly,
        @Nullable Boolean quarantined) {
    /** The fewest characters that text search takes. */
    public static final int SHORTEST_TEXT = 3;

    /** All that are not withdrawn. */
    public static final ContentFilter NONE = new ContentFilter(null, null, null, null);

    /** A filter that asks nothing of the other properties. */
    public ContentFilter(
            @Nullable String label,
            @Nullable ContentStatus status,
            @Nullable Instant createdFrom,
            @Nullable Instant createdBefore) {
        this(label, status, createdFrom, createdBefore, null, null, null, null, null, null);
    }
}
