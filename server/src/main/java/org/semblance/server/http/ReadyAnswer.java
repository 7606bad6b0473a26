package org.semblance.server.http;

/** A refusal that is worded already, to the byte: {@link Errors} has nothing to add to it. */
public abstract class ReadyAnswer extends RuntimeException {
    /** @param message for the log alone */
    protected ReadyAnswer(String message) {
        super(message, null, false, false);
    }

    /** What the caller gets. */
    public abstract Response answer();
}
