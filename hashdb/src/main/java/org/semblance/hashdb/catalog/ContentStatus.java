package org.semblance.hashdb.catalog;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether a bank content takes part in matching. */
public enum ContentStatus {
    /** Matches. */
    ENABLED,
    /** Does not match, until it is enabled again or its time comes. */
    DISABLED,
    /** Taken out; its row stays, so that the journal can be read and the content restored. */
    WITHDRAWN,
    /** Added by one person to a bank that needs two; does not match until the second one approves. */
    PROPOSED;

    /** Whether a content of this status matches at that time. */
    boolean enabledAt(@Nullable Instant disabledUntil, Instant now) {
        return this == ENABLED || (this == DISABLED && disabledUntil != null && !disabledUntil.isAfter(now));
    }

    /** The name in requests and answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
