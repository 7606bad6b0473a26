package org.semblance.hashdb;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.hash.SignalType;

/** An enabled content that some queries of a batch found. */
final class Candidate {
    private final Bank bank;
    private final ContentRecord content;
    private final SignalType type;
    final int threshold;
    private @Nullable Match last;

    Candidate(Bank bank, ContentRecord content, SignalType type, int threshold) {
        this.bank = bank;
        this.content = content;
        this.type = type;
        this.threshold = threshold;
    }

    /** One object for queries in a row at the same distance: frames that follow each other are alike. */
    Match match(int distance) {
        Match match = last;
        if (match == null || match.distance() != distance) {
            match = new Match(bank, content, type, distance, threshold);
            last = match;
        }
        return match;
    }
}
