package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;

/**
 * A change that waits for a second person, or did.
 *
 * @param entry the row of the journal that proposed it, whose {@code seq} is the number of the proposal
 * @param bank the bank by its present name
 * @param decision the row that decided, or null while it waits
 */
public record Proposal(
        JournalEntry entry,
        String bank,
        ProposalState state,
        @Nullable JournalEntry decision) {}
