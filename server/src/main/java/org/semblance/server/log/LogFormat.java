package org.semblance.server.log;

/** How a line of the log looks. */
public enum LogFormat {
    /** For people. */
    TEXT,
    /** One JSON object a line. */
    JSON
}
