package org.semblance.hashdb.catalog;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change of the catalog: one transaction and one row of the journal each. In an update, null leaves a field as it is. */
public sealed interface Change {
    /** A new bank with these fields, which are those of {@link Bank}; its name must be free. */
    record CreateBank(
            String name,
            BankKind kind,
            double enabledRatio,
            String description,
            @Nullable Integer distanceThreshold,
            boolean features)
            implements Change {
        /** A bank with local features. */
        public CreateBank(
                String name,
                BankKind kind,
                double enabledRatio,
                String description,
                @Nullable Integer distanceThreshold) {
            this(name, kind, enabledRatio, description, distanceThreshold, true);
        }

        /** A bank of known bad content with the defaults. */
        public CreateBank(String name) {
            this(name, BankKind.MATCH, 1.0, "", null);
        }
    }

    /**
     * New properties of the bank of that name.
     *
     * @param distanceThreshold 0..256, or {@link #DEFAULT_THRESHOLD}
     */
    record UpdateBank(
            String name,
            @Nullable String newName,
            @Nullable Double enabledRatio,
            @Nullable String description,
            @Nullable Integer distanceThreshold,
            @Nullable Boolean features)
            implements Change {
        /** New properties of the bank but for its features. */
        public UpdateBank(
                String name,
                @Nullable String newName,
                @Nullable Double enabledRatio,
                @Nullable String description,
                @Nullable Integer distanceThreshold) {
            this(name, newName, enabledRatio, description, distanceThreshold, null);
        }

        /** As distance threshold: the bank has none of its own any more. */
        public static final int DEFAULT_THRESHOLD = Integer.MIN_VALUE;
    }

    /** Withdraws the bank's contents and the bank; the name is free again. */
    record DeleteBank(String name) implements Change {}

    /** Contents that are banked together: all of them or none. */
    record AddContents(String bank, List<ContentDraft> contents) implements Change {
        public AddContents {
            contents = List.copyOf(contents);
        }
    }

    /**
     * New properties of a content.
     *
     * @param status enabled or disabled; a withdrawn content stays withdrawn
     * @param disabledUntil with status disabled only: when it matches again by itself
     */
    record UpdateContent(
            String bank,
            long contentId,
            @Nullable ContentStatus status,
            @Nullable Instant disabledUntil,
            @Nullable List<String> labels,
            @Nullable String note,
            @Nullable String metadata)
            implements Change {}

    /** Takes a content out for good. */
    record WithdrawContent(String bank, long contentId) implements Change {}
}
