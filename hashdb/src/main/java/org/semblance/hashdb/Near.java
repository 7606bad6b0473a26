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
public record Near(
        Bank bank, ContentRecord content, Hash256 hash, int distance, DistanceThreshold threshold, boolean enabled) {
    /** Whether the distance counts. */
    public boolean isWithinThreshold() {
        return distance <= threshold.bits();
    }
}
