package org.semblance.hashdb.matchlog;

import java.util.List;
import org.semblance.hashdb.catalog.JournalEntry;

/** Where changes of the catalog are read that the counters count. */
public interface ChangeFeed {
    /** No change. */
    ChangeFeed NONE = new ChangeFeed() {
        @Override
        public long seq() {
            return 0;
        }

        @Override
        public List<JournalEntry> journal(long afterSeq, int limit) {
            return List.of();
        }
    };

    /** The number of the newest change. */
    long seq();

    /** Rows of the journal in order, from the first after {@code afterSeq} on. */
    List<JournalEntry> journal(long afterSeq, int limit);
}
