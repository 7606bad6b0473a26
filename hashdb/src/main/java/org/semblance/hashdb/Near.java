package org.semblance.hashdb;

import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.hash.Hash256;

/**
 * A content near a hash, whether or not it matches.
 *
 * @param hash the nearest of its hashes
 * @param threshold the largest distance that counts for this content
 * @param enabled whether the content took part in matching at the time of the lookup
 */
public record Near(Bank bank, ContentRecord content, Hash256 hash, int distance, int threshold, boolean enabled) {
    /** What a threshold comes from. */
    public enum ThresholdOf {
        CONTENT,
        BANK,
        DEFAULT
    }

    public ThresholdOf thresholdOf() {
        if (content.treatment().distanceThreshold() != null) {
            return ThresholdOf.CONTENT;
        }
        return bank.distanceThreshold() != null ? ThresholdOf.BANK : ThresholdOf.DEFAULT;
    }
}
