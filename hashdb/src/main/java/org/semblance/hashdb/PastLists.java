package org.semblance.hashdb;

import java.util.LinkedHashMap;
import java.util.Map;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.follow.ContentBanks;

/** The lists of earlier changes that were asked for last, since more than one question is asked of each. */
final class PastLists {
    private static final int KEPT = 4;

    /** Changes that are undone at most: each is read from the journal, and what it changed is held on the heap. */
    private static final long MOST_UNDONE = 1_000_000;

    private final LiveStock present;
    private final Catalog catalog;
    private final ContentBanks contentBanks;
    private final Map<Long, BankedList> kept = new LinkedHashMap<>(KEPT, 0.75F, true);

    PastLists(LiveStock present, Catalog catalog, ContentBanks contentBanks) {
        this.present = present;
        this.catalog = catalog;
        this.contentBanks = contentBanks;
    }

    /** Forgets the lists, of a catalog that has lost changes. */
    synchronized void forget() {
        kept.clear();
    }

    /** As {@link HashDb#asOf}. */
    synchronized BankedList asOf(long seq) {
        long newest = present.seen().seq;
        if (seq < 0 || seq > newest) {
            throw new ChangeRefusedException(
                    Reason.INVALID, "as_of", "as_of: " + seq + " (expected: a change from 0 to " + newest + ")");
        }
        if (newest - seq > MOST_UNDONE) {
            throw new ChangeRefusedException(
                    Reason.INVALID,
                    "as_of",
                    "as_of: " + seq + ", after which " + (newest - seq) + " changes were made (expected: at most "
                            + MOST_UNDONE + ")");
        }
        BankedList list = kept.get(seq);
        if (list == null) {
            list = new Lookups(new PastStock(present, catalog, seq), contentBanks);
            kept.put(seq, list);
            if (kept.size() > KEPT) {
                kept.remove(kept.keySet().iterator().next());
            }
        }
        return list;
    }
}
