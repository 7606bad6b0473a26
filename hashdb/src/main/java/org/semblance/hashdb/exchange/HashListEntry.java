package org.semblance.hashdb.exchange;

import org.semblance.hashdb.catalog.ContentDraft;

/** One entry of a hash list. */
public sealed interface HashListEntry {
    /** The line of the file it ends on, from 1. */
    long line();

    /** An entry that can be banked, in a bank of a kind that its category {@linkplain ListCategory#fits fits}. */
    record Usable(long line, ContentDraft content, ListCategory category) implements HashListEntry {
        /** An entry of a list without categories. */
        public Usable(long line, ContentDraft content) {
            this(line, content, ListCategory.UNSTATED);
        }
    }

    /**
     * An entry that cannot.
     *
     * @param reason what came and what was expected; of a long one its beginning and its end
     */
    record Unusable(long line, String reason) implements HashListEntry {
        public Unusable {
            reason = HashListReader.shortened(reason);
        }
    }
}
