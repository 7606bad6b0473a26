package org.semblance.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.video.VideoHashes;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.catalog.Treatment;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;

/**
 * The content that is banked of a file or of its signals, by the one rule that every door asks. A picture without enough detail is not
 * banked by its PDQ hash, or every blank page would match; neither is a frame. Digests are always banked, so that exact
 * copies are found.
 *
 * @param warnings what was left out, and why; a sentence each
 */
public record BankingDraft(ContentDraft content, List<String> warnings) {
    private static final String EXACT_COPIES = ", so that only exact copies match";

    public BankingDraft {
        warnings = List.copyOf(warnings);
    }

    /**
     * What is told of a content beside what it shows; the fields are those of {@link ContentDraft}.
     *
     * @param metadata a JSON object
     */
    public record Details(
            List<String> labels,
            @Nullable String note,
            @Nullable String source,
            @Nullable String metadata,
            @Nullable Integer distanceThreshold,
            @Nullable String handling) {
        /** With the threshold and the handling of the bank. */
        public Details(List<String> labels, @Nullable String note, @Nullable String source, @Nullable String metadata) {
            this(labels, note, source, metadata, null, null);
        }

        private Treatment treatment() {
            return new Treatment(distanceThreshold, handling, null, null);
        }
    }

    /**
     * Of a file that was hashed with {@link ContentHasher#hashToBank}. Whether one that could not be decoded is banked by its
     * digests alone is for the caller to decide.
     */
    public static BankingDraft of(HashReport report, Details details) {
        List<String> warnings = new ArrayList<>();
        if (!report.reason().isEmpty()) {
            warnings.add(report.reason());
        }
        VideoHashes video = report.video();
        KnownVideo known = video == null ? null : video.known().orElse(null);
        List<Signal> kept = withoutFlat(report.signals(), warnings);
        if (video != null && known == null) {
            warnings.add(noFrames());
        }
        ContentDraft content = new ContentDraft(
                kept,
                details.labels,
                details.note,
                details.source,
                details.metadata,
                known,
                report.bankedPictures(),
                details.treatment());
        return new BankingDraft(content, warnings);
    }

    /**
     * Of signals alone.
     *
     * @param video the frames worth banking, or null if there are none
     * @param hadFrames whether frames were given
     */
    public static BankingDraft of(
            List<Signal> signals, @Nullable KnownVideo video, boolean hadFrames, Details details) {
        List<String> warnings = new ArrayList<>();
        if (hadFrames && video == null) {
            warnings.add(noFrames());
        }
        List<Signal> kept = withoutFlat(signals, warnings);
        ContentDraft content = new ContentDraft(
                kept,
                details.labels,
                details.note,
                details.source,
                details.metadata,
                video,
                List.of(),
                details.treatment());
        return new BankingDraft(content, warnings);
    }

    /** Whether nothing is left by which a content could be found. */
    public boolean isEmpty() {
        return content.signals().isEmpty() && content.video() == null;
    }

    private static String noFrames() {
        return "vpdq left out: no frame has a quality of at least " + HashAndQuality.MIN_QUALITY + EXACT_COPIES;
    }

    private static List<Signal> withoutFlat(List<Signal> signals, List<String> warnings) {
        List<Signal> kept = new ArrayList<>();
        for (Signal signal : signals) {
            if (signal.isTooFlat()) {
                warnings.add("pdq left out: quality " + signal.quality() + " (expected: at least "
                        + HashAndQuality.MIN_QUALITY + ")" + EXACT_COPIES);
            } else {
                kept.add(signal);
            }
        }
        return kept;
    }
}
