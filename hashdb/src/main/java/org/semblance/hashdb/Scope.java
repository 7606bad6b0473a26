package org.semblance.hashdb;

import java.util.BitSet;
import java.util.Set;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.follow.ContentBanks;

/** The banks of which a lookup is to know. */
final class Scope {
    private final BitSet banks = new BitSet();
    private final ContentBanks contentBanks;
    final int largestThreshold;

    Scope(Seen seen, Set<String> names, ContentBanks contentBanks) {
        this.contentBanks = contentBanks;
        int largest = 0;
        for (String name : names) {
            Bank bank = seen.bank(name);
            if (bank != null) {
                banks.set(Math.toIntExact(bank.id()));
                largest = Math.max(largest, seen.largestThreshold(bank));
            }
        }
        largestThreshold = largest;
    }

    boolean isEmpty() {
        return banks.isEmpty();
    }

    boolean holds(long bankId) {
        return banks.get((int) bankId);
    }

    /** Whether the content is in one of the banks, as far as that can be told without reading it. */
    boolean mayHold(long contentId) {
        int bank = contentBanks.of(contentId);
        return bank == ContentBanks.UNKNOWN || banks.get(bank);
    }
}
