package org.semblance.hashdb.exchange;

import org.semblance.hashdb.catalog.ContentDraft;

/** One entry of a hash list. */
public sealed interface HashListEntry {
    /** The line of the file it ends on, from 1. */
    long line();

    /** An entry that can be banked. */
    record Usable(long line, ContentDraft content) implements HashListEntry {}

    /**
     * An entry that cannot.
     *
     * @param reason what came and what was expected
     */
    record Unusable(long line, String reason) implements HashListEntry {}
}
