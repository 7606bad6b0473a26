package org.semblance.hashdb.catalog;

import java.util.Locale;

/** The meaning of a hit in a bank. */
public enum BankKind {
    /** Known bad content: a hit is a match. */
    MATCH,
    /** Known harmless content: a hit suppresses the matches of its like. */
    ALLOW;

    /** The name in requests and answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
