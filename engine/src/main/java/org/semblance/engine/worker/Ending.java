package org.semblance.engine.worker;

import java.util.Locale;
import java.util.Set;

/** Why a worker process is no more. */
public enum Ending {
    /** The worker was replaced in good time: by age, by contents, by memory. */
    WORN_OUT,
    /** The worker ended while it had a content, and by itself. */
    CRASH,
    /** The worker was ended by somebody else while it had a content. */
    KILLED,
    /** The worker ended while it had no content. */
    IDLE,
    /** The worker did not come back from a content, and was killed. */
    HANG,
    /** The worker sent what no worker sends, and was killed. */
    NONSENSE,
    /** The worker could not start, or was ended before it had. */
    START;

    /** To this Java adds the number of the signal that has ended a process. */
    private static final int BY_SIGNAL = 128;

    private static final int MOST_SIGNAL = 64;

    /** Signals that a process gets for what it does itself: ILL, TRAP, ABRT, BUS, FPE, SEGV, XCPU, XFSZ, SYS. */
    private static final Set<Integer> OWN_SIGNALS = Set.of(4, 5, 6, 7, 8, 11, 24, 25, 31);

    /** The name in metrics: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether somebody else has ended a process that has this status. The kernel is somebody else, too, when memory runs out for
     * all.
     */
    static boolean isFromOutside(int status) {
        int signal = status - BY_SIGNAL;
        return signal > 0 && signal <= MOST_SIGNAL && !OWN_SIGNALS.contains(signal);
    }
}
