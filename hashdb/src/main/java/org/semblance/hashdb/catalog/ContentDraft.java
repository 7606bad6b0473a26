package org.semblance.hashdb.catalog;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.hash.Signal;

/**
 * A content that is to be banked; the fields are those of {@link BankContent}.
 *
 * @param signals may be none if there is a video
 * @param video null for what is no video; its frames are found as PDQ signals are and need not be among the signals
 * @param pictures those whose local features are banked, each shown later than the one before: at most {@value #MAX_PICTURES}
 *     with {@value #MAX_FEATURES} features
 * @param treatment how the content is treated from the start; nobody has confirmed it
 */
public record ContentDraft(
        List<Signal> signals,
        List<String> labels,
        @Nullable String note,
        @Nullable String source,
        @Nullable String metadata,
        @Nullable KnownVideo video,
        List<BankedPicture> pictures,
        Treatment treatment) {
    /** The most pictures of a content. */
    public static final int MAX_PICTURES = 20_000;

    /** The most features that they have together; some 70 MB. */
    public static final int MAX_FEATURES = 2_000_000;

    public ContentDraft {
        signals = List.copyOf(signals);
        labels = List.copyOf(labels);
        pictures = List.copyOf(pictures);
    }

    /** A draft without features. */
    public ContentDraft(
            List<Signal> signals,
            List<String> labels,
            @Nullable String note,
            @Nullable String source,
            @Nullable String metadata,
            @Nullable KnownVideo video) {
        this(signals, labels, note, source, metadata, video, List.of(), Treatment.PLAIN);
    }

    /** This draft with the features of its pictures. */
    public ContentDraft withPictures(List<BankedPicture> banked) {
        return new ContentDraft(signals, labels, note, source, metadata, video, banked, treatment);
    }

    /** This draft, treated so. */
    public ContentDraft withTreatment(Treatment other) {
        return new ContentDraft(signals, labels, note, source, metadata, video, pictures, other);
    }

    /** A draft that is no video. */
    public ContentDraft(
            List<Signal> signals,
            List<String> labels,
            @Nullable String note,
            @Nullable String source,
            @Nullable String metadata) {
        this(signals, labels, note, source, metadata, null);
    }

    /** A draft of signals alone. */
    public ContentDraft(List<Signal> signals) {
        this(signals, List.of(), null, null, null, null);
    }

    /** A draft of a video alone, with its file's digests or without. */
    public ContentDraft(List<Signal> signals, KnownVideo video) {
        this(signals, List.of(), null, null, null, video);
    }

    /**
     * Returns if this can be banked as it is.
     *
     * @throws ChangeRefusedException if not, naming the field
     */
    public void check() {
        Rules.content(this);
    }
}
