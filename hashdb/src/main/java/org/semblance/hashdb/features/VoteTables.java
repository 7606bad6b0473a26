package org.semblance.hashdb.features;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.features.VoteTable.Tuning;
import org.semblance.hashdb.features.VoteTable.Version;
import org.semblance.hashdb.offheap.IntStack;

/**
 * All tables of an index, and the work on them that is put off: merges, a share of which is done with each change, and sweeps,
 * after which the memory of removed pictures is free. For the one writer.
 */
final class VoteTables {
    private final FeatureStore store;
    private final Tuning tuning;
    private final Deferred deferred;
    private final VoteTable[] tables = new VoteTable[VoteTable.TABLES];

    /** The table that is being merged, or whose turn is next. */
    private int turn;

    // Pictures that were removed: since the sweep began, and before, which are swept.
    private IntStack removed = new IntStack();
    private @Nullable IntStack swept;
    private long removedFeatures;

    VoteTables(FeatureStore store, Tuning tuning, Deferred deferred) {
        this.store = store;
        this.tuning = tuning;
        this.deferred = deferred;
        Arrays.setAll(tables, number -> new VoteTable(number, store, tuning, deferred));
    }

    VoteTable get(int number) {
        return tables[number];
    }

    /** Takes in the features of a picture. */
    void add(int picture) {
        int first = store.firstFeature(picture);
        int count = store.count(picture);
        for (VoteTable table : tables) {
            for (int feature = first; feature < first + count; feature++) {
                table.add(feature);
            }
        }
        maintain(count);
    }

    /** Takes a content out of the store; its features leave the tables with a later sweep. */
    void remove(long contentId) {
        long before = store.features();
        store.remove(contentId, removed);
        long gone = before - store.features();
        removedFeatures += gone;
        maintain(gone);
    }

    /** Takes in all features of the store in place of what was here. */
    void fill() {
        Version[] filled =
                Arrays.stream(tables).parallel().map(VoteTable::filled).toArray(Version[]::new);
        for (int number = 0; number < tables.length; number++) {
            tables[number].publish(filled[number]);
        }
        deferred.runDue();
    }

    /** Does the share of the work that is due with so many features. */
    private void maintain(long features) {
        deferred.runDue();
        if (swept == null && removedFeatures > Math.max(tuning.recent(), store.features() / 8)) {
            beginSweep();
        }
        long budget = features * tuning.mergedAFeature();
        while (budget > 0 && (tables[turn].isMerging() || begunNext())) {
            budget = tables[turn].mergeSome(budget);
        }
        endSweepIfDone();
    }

    /** Begins the next merge that is due; returns whether there is one. */
    private boolean begunNext() {
        for (int i = 0; i < tables.length; i++) {
            turn = (turn + 1) % tables.length;
            VoteTable next = tables[turn];
            if (next.isSweepDue() || next.recentSize() > tuning.recent(store.features())) {
                next.beginMerge();
                return true;
            }
        }
        return false;
    }

    private void beginSweep() {
        swept = removed;
        removed = new IntStack();
        removedFeatures = 0;
        for (VoteTable table : tables) {
            table.askForSweep();
        }
    }

    private void endSweepIfDone() {
        IntStack pictures = swept;
        if (pictures != null && Arrays.stream(tables).noneMatch(VoteTable::isSweepDue)) {
            swept = null;
            deferred.later(() -> {
                while (!pictures.isEmpty()) {
                    store.free(pictures.pop());
                }
            });
        }
    }

    /** The most entries of a table that wait to be merged; any thread, as are the next two. */
    int recent() {
        return Arrays.stream(tables).mapToInt(VoteTable::recentSize).max().orElse(0);
    }

    /** How often a table was merged. */
    long merges() {
        return Arrays.stream(tables).mapToLong(VoteTable::merges).sum();
    }

    /** Bytes of memory in use. */
    long bytes() {
        return Arrays.stream(tables).mapToLong(VoteTable::bytes).sum();
    }

    /** Frees everything; no lookup may be running. */
    void close() {
        for (VoteTable table : tables) {
            table.close();
        }
    }
}
