package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;

/**
 * A named set of known content.
 *
 * @param name UPPER_WITH_UNDERSCORE, unique
 * @param enabledRatio share of lookups that see the bank, 0 (off) to 1, as HMA has it; the native API sees a bank
 *     whenever it is above 0
 * @param distanceThreshold largest PDQ distance that matches, 0..256, or null for the default of 31
 * @param features whether its pictures are banked, and found, by their local features
 * @param handling what a caller should do about a match, in words that every caller may read, or null
 * @param legalBasis on what legal ground its content is removed, as reports count by it, or null
 * @param needsApproval whether people's changes of the bank and its contents wait for a second person
 */
public record Bank(
        long id,
        String name,
        BankKind kind,
        double enabledRatio,
        String description,
        @Nullable Integer distanceThreshold,
        boolean features,
        @Nullable String handling,
        @Nullable String legalBasis,
        boolean needsApproval) {
    /** A bank whose pictures are found by their local features as well. */
    public Bank(
            long id,
            String name,
            BankKind kind,
            double enabledRatio,
            String description,
            @Nullable Integer distanceThreshold) {
        this(id, name, kind, enabledRatio, description, distanceThreshold, true, null, null, false);
    }

    /** Whether any lookup sees the bank. */
    public boolean enabled() {
        return enabledRatio > 0;
    }
}
