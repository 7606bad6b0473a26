package org.semblance.hashdb.catalog;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The facts about a content in a match: a {@link BankContent} without its signals, which may be many, and with the id of its
 * bank, which stays when the bank's name changes.
 *
 * @param labels sorted, each once
 * @param videoMs length of a video in milliseconds
 * @param pictures how many frames are banked of a video, 0 if the content is no video
 * @param exactOnly whether the content has digests alone, so that only its very bytes are found
 */
public record ContentRecord(
        long id,
        long bankId,
        ContentStatus status,
        @Nullable Instant disabledUntil,
        List<String> labels,
        @Nullable String note,
        @Nullable String source,
        @Nullable String metadata,
        Instant createdAt,
        int videoMs,
        int pictures,
        boolean exactOnly,
        Treatment treatment) {
    public ContentRecord {
        labels = List.copyOf(labels);
    }

    /** Whether the content is a video. */
    public boolean isVideo() {
        return pictures > 0;
    }

    /** Whether the content matches at that time. */
    public boolean enabledAt(Instant now) {
        return status.enabledAt(disabledUntil, now);
    }
}
