package org.semblance.server.config;

/** The processes in which uploads are decoded. */
public enum Isolation {
    /** In processes of their own, which on Linux have no rights: a file that breaks a decoder costs one answer. */
    WORKERS,
    /** In the server's process. */
    NONE
}
