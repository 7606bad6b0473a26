package org.semblance.hashdb.catalog;

import java.util.Locale;

/** What became of a proposed change. */
public enum ProposalState {
    /** It waits for a second person. */
    OPEN,
    /** A second person approved it, and so made it. */
    APPROVED,
    /** It was dropped. */
    REJECTED;

    /** The name in requests and answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
