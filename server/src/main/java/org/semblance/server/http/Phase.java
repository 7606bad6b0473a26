package org.semblance.server.http;

import java.util.Locale;

/** What a server does with requests. */
public enum Phase {
    /** The database is being opened: it says how it is, and refuses all else for now. */
    STARTING,
    READY,
    /** It will stop: it still answers, but each answer ends its connection, and it says that it is not ready. */
    DRAINING,
    /** It waits for the requests that are under way, and refuses others. */
    STOPPING;

    /** In an answer; a client need not tell the last two apart. */
    public String wireName() {
        return this == STOPPING ? DRAINING.wireName() : name().toLowerCase(Locale.ROOT);
    }
}
