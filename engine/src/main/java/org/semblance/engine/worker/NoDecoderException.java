package org.semblance.engine.worker;

/** There is no worker, and none can be started just now. This says nothing of the content. */
public final class NoDecoderException extends RuntimeException {
    NoDecoderException(String why) {
        super("no decoder is running: " + why);
    }
}
