package org.semblance.server.recent;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.hash.Hash256;

/** The contents that were banked last: more than are in the time that an upload is on its way. Safe for many threads. */
final class Additions {
    private static final int MOST = 2_000;

    /** So that long videos do not take much memory: some 12 MB. */
    private static final int MOST_HASHES = 200_000;

    private final Deque<Addition> newestLast = new ArrayDeque<>();
    private int hashes;

    /**
     * A content that was banked.
     *
     * @param seq of the change that banked it
     * @param threshold the largest distance that matches
     * @param pictures how many it has: 1 if it is no video
     */
    record Addition(long seq, Bank bank, long contentId, Set<Hash256> hashes, int threshold, int pictures) {}

    synchronized void add(Addition addition) {
        newestLast.addLast(addition);
        hashes += addition.hashes.size();
        while (newestLast.size() > 1 && (newestLast.size() > MOST || hashes > MOST_HASHES)) {
            hashes -= newestLast.removeFirst().hashes.size();
        }
    }

    /** Those of later changes. */
    synchronized List<Addition> after(long seq) {
        return newestLast.stream().filter(addition -> addition.seq > seq).toList();
    }
}
