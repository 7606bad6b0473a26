package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;

/**
 * A row of the journal, and what became of it.
 *
 * @param undoneBy the {@code seq} of the change that undid it, or null
 */
public record JournalRow(JournalEntry entry, @Nullable Long undoneBy) {}
