package org.semblance.engine.worker;

import java.util.Locale;

/** Why a worker process is no more. */
public enum Ending {
    /** It was replaced in good time: by age, by contents, by memory. */
    WORN_OUT,
    /** It ended while it had a content, or was ended by somebody else. */
    CRASH,
    /** It ended while it had none. */
    IDLE,
    /** It did not come back from a content, and was killed. */
    HANG,
    /** It said what no worker says, and was killed. */
    NONSENSE,
    /** It could not begin. */
    START;

    /** The name in metrics: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
