package org.semblance.hashdb.catalog;

import org.jspecify.annotations.Nullable;

/**
 * A named set of known content.
 *
 * @param name UPPER_WITH_UNDERSCORE, unique
 * @param enabledRatio share of lookups that see the bank, 0 (off) to 1, as HMA has it; the native API sees a bank
 *     whenever it is above 0
 * @param distanceThreshold largest PDQ distance that matches, 0..256, or null for the default of 31
 */
public record Bank(
        long id,
        String name,
        BankKind kind,
        double enabledRatio,
        String description,
        @Nullable Integer distanceThreshold) {
    /** Whether any lookup sees the bank. */
    public boolean enabled() {
        return enabledRatio > 0;
    }
}
