package org.semblance.hashdb.catalog;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.hash.Signal;

/**
 * One entry of a bank. Of a video it has only the summary, so that a page of a bank stays small; the frames are given by
 * {@code HashDb.video}.
 *
 * @param id never used again for another content
 * @param disabledUntil when a disabled content matches again by itself, or null for never
 * @param note free text of the analyst, at most 255 characters
 * @param source where the content came from, such as the name of a list
 * @param metadata a JSON object as text, the caller's own
 * @param video null for what is no video
 * @param addedBy who added the content, as the journal names people
 */
public record BankContent(
        long id,
        String bank,
        ContentStatus status,
        @Nullable Instant disabledUntil,
        List<Signal> signals,
        List<String> labels,
        @Nullable String note,
        @Nullable String source,
        @Nullable String metadata,
        Instant createdAt,
        @Nullable VideoSummary video,
        Treatment treatment,
        String addedBy) {
    public BankContent {
        signals = List.copyOf(signals);
        labels = List.copyOf(labels);
    }

    /**
     * A draft of the same content, which nobody has confirmed.
     *
     * @param known the video with its frames, or null
     * @param pictures those with local features
     */
    public ContentDraft draft(@Nullable KnownVideo known, List<BankedPicture> pictures) {
        return new ContentDraft(
                signals,
                labels,
                note,
                source,
                metadata,
                known,
                pictures,
                new Treatment(treatment.distanceThreshold(), treatment.handling(), treatment.quarantine(), null));
    }

    /** Whether the content matches at that time. */
    public boolean enabledAt(Instant now) {
        return status.enabledAt(disabledUntil, now);
    }
}
