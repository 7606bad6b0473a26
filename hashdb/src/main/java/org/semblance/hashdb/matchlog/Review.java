package org.semblance.hashdb.matchlog;

import java.time.Instant;
import java.util.Locale;

/**
 * A person's word on what a verdict said of a content.
 *
 * @param actor as the journal names one
 * @param reason may be empty
 */
public record Review(Word word, String reason, String actor, Instant at) {
    /** What a person may say. */
    public enum Word {
        CONFIRMED,
        FALSE_MATCH;

        /** The name in requests and answers: lower case. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
