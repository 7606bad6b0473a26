package org.semblance.server.http;

import java.util.Locale;

/** The phases in which a server treats requests differently, in their order. */
public enum Phase {
    /** The database is being opened: it says how it is, and refuses all else for now. */
    STARTING,
    READY,
    /** The server will stop: it still answers, but each answer ends its connection, and it says that it is not ready. */
    DRAINING,
    /** The server waits for the requests that are under way, and refuses others. */
    STOPPING,
    /** The port is closed, and each connection ends as soon as nothing is under way on it. */
    STOPPED;

    /** In an answer; a client need not tell the last three apart. */
    public String wireName() {
        return (compareTo(DRAINING) > 0 ? DRAINING : this).name().toLowerCase(Locale.ROOT);
    }
}
