package org.semblance.hashdb.catalog;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Signal;

/** A content that is to be banked; the fields are those of {@link BankContent}. */
public record ContentDraft(
        List<Signal> signals,
        List<String> labels,
        @Nullable String note,
        @Nullable String source,
        @Nullable String metadata) {
    public ContentDraft {
        signals = List.copyOf(signals);
        labels = List.copyOf(labels);
    }

    /** A draft of signals alone. */
    public ContentDraft(List<Signal> signals) {
        this(signals, List.of(), null, null, null);
    }
}
