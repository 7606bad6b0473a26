package org.semblance.server.log;

/** From which level on something is logged. */
public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    /** A line a request as well. */
    DEBUG
}
