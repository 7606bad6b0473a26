package org.semblance.server.log;

/** The form of a line of the log. */
public enum LogFormat {
    /** For people. */
    TEXT,
    /** One JSON object a line. */
    JSON
}
