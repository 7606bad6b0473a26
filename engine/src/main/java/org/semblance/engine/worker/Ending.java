package org.semblance.engine.worker;

import java.util.Locale;

/** Why a worker process is no more. */
public enum Ending {
    /** The worker was replaced in good time: by age, by contents, by memory. */
    WORN_OUT,
    /** The worker ended while it had a content, or was ended by somebody else. */
    CRASH,
    /** The worker ended while it had no content. */
    IDLE,
    /** The worker did not come back from a content, and was killed. */
    HANG,
    /** The worker sent what no worker sends, and was killed. */
    NONSENSE,
    /** The worker could not start. */
    START;

    /** The name in metrics: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
