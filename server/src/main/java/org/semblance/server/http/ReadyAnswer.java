package org.semblance.server.http;

/** A refusal that brings its complete answer, to the byte. {@link Errors} passes the answer on unchanged. */
public abstract class ReadyAnswer extends RuntimeException {
    /** @param message for the log only */
    protected ReadyAnswer(String message) {
        super(message, null, false, false);
    }

    /** The answer that the caller gets. */
    public abstract Response answer();
}
