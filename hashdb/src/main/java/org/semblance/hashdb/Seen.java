package org.semblance.hashdb;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.catalog.write.NewContents;

/** The state of the catalog that lookups see. */
final class Seen {
    final long seq;
    /** By name. */
    final List<Bank> banks;

    private final Map<String, Bank> byName = new HashMap<>();
    private final Map<Long, Bank> byId = new HashMap<>();
    private final Map<Long, Integer> contentThresholds;
    final int largestThreshold;

    Seen(Catalog.State state) {
        this(state.seq(), state.banks(), state.contentThresholds());
    }

    Seen(long seq, List<Bank> banks, Map<Long, Integer> contentThresholds) {
        this.seq = seq;
        this.banks = List.copyOf(banks);
        this.contentThresholds = Map.copyOf(contentThresholds);
        int largest = 0;
        for (Bank bank : banks) {
            byName.put(bank.name(), bank);
            byId.put(bank.id(), bank);
            largest = Math.max(largest, largestThreshold(bank));
        }
        largestThreshold = largest;
    }

    /** The state of the catalog with what was added just after this one. */
    Catalog.State with(NewContents added) {
        return new Catalog.State(added.seq(), added.hash(), added.seq(), banks, added.thresholds(contentThresholds));
    }

    /** The bank of that name; null if there is none. */
    @Nullable
    Bank bank(String name) {
        return byName.get(name);
    }

    /** The bank of that id; null if there is none. */
    @Nullable
    Bank bank(long id) {
        return byId.get(id);
    }

    /** The largest distance that counts as a match for any content of that bank. */
    int largestThreshold(Bank bank) {
        return Math.max(DistanceThreshold.of(bank).bits(), contentThresholds.getOrDefault(bank.id(), 0));
    }
}
