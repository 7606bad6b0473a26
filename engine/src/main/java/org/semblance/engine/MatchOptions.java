package org.semblance.engine;

import java.util.Set;

/**
 * What a caller may choose for one match.
 *
 * @param banks names of the banks that count; empty for all
 */
public record MatchOptions(Set<String> banks) {
    /** All banks. */
    public static final MatchOptions DEFAULT = new MatchOptions(Set.of());

    public MatchOptions {
        banks = Set.copyOf(banks);
    }
}
