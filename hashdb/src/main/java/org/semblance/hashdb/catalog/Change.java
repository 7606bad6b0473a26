package org.semblance.hashdb.catalog;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A change of the catalog: one transaction and one row of the journal each. In an update, null leaves a field as it is. */
public sealed interface Change {
    /**
     * A new bank; its name must be free.
     *
     * @param fields name, ratio, description and threshold are given; of the others, one that is not given has its default
     */
    record CreateBank(BankKind kind, BankFields fields) implements Change {
        /** A bank with local features and without hints. */
        public CreateBank(
                String name,
                BankKind kind,
                double enabledRatio,
                String description,
                @Nullable Integer distanceThreshold) {
            this(
                    kind,
                    new BankFields(name, enabledRatio, description, new Given<>(distanceThreshold), null, null, null));
        }

        /** A bank of known bad content with the defaults. */
        public CreateBank(String name) {
            this(name, BankKind.MATCH, 1.0, "", null);
        }

        public String name() {
            return Objects.requireNonNull(fields.name());
        }
    }

    /** New values of some fields of the bank of that name. */
    record UpdateBank(String name, BankFields to) implements Change {}

    /** Withdraws the bank's contents and the bank; the name is free again. */
    record DeleteBank(String name) implements Change {}

    /** Contents that are banked together: all of them or none. */
    record AddContents(String bank, List<ContentDraft> contents) implements Change {
        public AddContents {
            contents = List.copyOf(contents);
        }
    }

    /**
     * New values of some fields of a content.
     *
     * @param status enabled or disabled; restores a withdrawn content, and then no other field is given
     * @param disabledUntil with status disabled only: when it matches again by itself
     * @param confirmed whether the one who makes the change vouches for the content, as a second person; false takes back
     *     what was confirmed
     * @param fields all others; its state and who confirmed are not given
     */
    record UpdateContent(
            String bank,
            long contentId,
            @Nullable ContentStatus status,
            @Nullable Instant disabledUntil,
            @Nullable Boolean confirmed,
            ContentFields fields)
            implements Change {
        /** Another status. */
        public UpdateContent(
                String bank, long contentId, @Nullable ContentStatus status, @Nullable Instant disabledUntil) {
            this(bank, contentId, status, disabledUntil, null, ContentFields.NONE);
        }

        /** New values of fields, and the same status. */
        public UpdateContent(String bank, long contentId, ContentFields fields) {
            this(bank, contentId, null, null, null, fields);
        }
    }

    /** Takes a content out; it can be restored. */
    record WithdrawContent(String bank, long contentId) implements Change {}

    /**
     * Undoes an earlier change, if what it changed is still as it left it.
     *
     * @param seq of the change
     */
    record Undo(long seq) implements Change {}

    /**
     * Decides on a proposed change. Only a second person can approve; the first one can reject, and so take it back.
     *
     * @param proposal the {@code seq} of the change that proposed it
     */
    record Decide(long proposal, boolean approve) implements Change {}
}
