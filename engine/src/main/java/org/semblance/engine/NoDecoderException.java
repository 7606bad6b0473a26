package org.semblance.engine;

/** There is no worker, and none can be started just now. This says nothing of the content. */
public final class NoDecoderException extends RuntimeException {
    /** @param why for the log */
    public NoDecoderException(String why) {
        super("no decoder is running: " + why);
    }
}
