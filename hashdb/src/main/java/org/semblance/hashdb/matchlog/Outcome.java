package org.semblance.hashdb.matchlog;

import java.util.Locale;

/** What a content was in a verdict. The order is that of their weight, and the ordinals are stored. */
public enum Outcome {
    /** Matched, and nothing suppressed the match. */
    MATCH,
    /** Matched, and allowed content suppressed the match. */
    SUPPRESSED,
    /** A person has to look. */
    LIKELY,
    /** Allowed content that suppressed a match. */
    SUPPRESSED_BY,
    /** In quarantine: would have matched, and decided nothing. */
    QUARANTINED;

    /** The name in answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
