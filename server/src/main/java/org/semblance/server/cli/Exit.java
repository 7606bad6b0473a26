package org.semblance.server.cli;

/** The exit codes of the verbs. */
final class Exit {
    static final int DONE = 0;

    /** The answer is a match, where {@code --fail-on-match} asks for it. */
    static final int MATCHED = 1;

    static final int WRONG_USAGE = 2;
    static final int BAD_INPUT = 3;

    /** The database, its keys or its server refused, or what was checked has a fault. */
    static final int REFUSED = 4;

    private Exit() {}
}
