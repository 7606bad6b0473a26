package org.semblance.engine.judge;

import java.util.Locale;

/** The answer about an upload. The caller takes the action. */
public enum Verdict {
    /** A copy of banked content. */
    MATCH,
    /** Shows what banked content shows, but others as well: for a person. Given only to those who ask for it. */
    LIKELY,
    /** Hashed and looked up: nothing banked is near. */
    NO_MATCH,
    /** Too little picture to be looked up: quality below the gate. */
    UNDECIDABLE,
    /** Not media we know. */
    UNSUPPORTED,
    /** Media that does not decode. */
    CORRUPT,
    /** Media beyond a limit. */
    TOO_LARGE,
    /** Near banked content, and near allowed content as well. */
    SUPPRESSED;

    /** The name in answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
