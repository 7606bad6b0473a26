package org.semblance.hashdb.matchlog;

import java.util.Locale;

/** What a content was in a verdict. The ordinals are stored, and of what a verdict names the first is the verdict. */
public enum Outcome {
    /** Matched, and nothing suppressed the match. */
    MATCH,
    /** Matched, and allowed content suppressed the match. */
    SUPPRESSED,
    /** A person has to look. */
    LIKELY,
    /** Allowed content that suppressed a match. */
    SUPPRESSED_BY,
    /** Would have matched, but was in quarantine. */
    QUARANTINED;

    /** The name in answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
