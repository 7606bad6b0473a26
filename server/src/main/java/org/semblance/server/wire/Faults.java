package org.semblance.server.wire;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import org.slf4j.Logger;

/** Tells connections that their clients broke from errors of the server. */
final class Faults {
    private Faults() {}

    /** Logs why a connection or stream ended: an error of the server always, a client's fault only for debugging. */
    static void log(Logger log, String what, Throwable cause) {
        if (isClients(cause)) {
            log.debug("{} ended by its client", what, cause);
        } else {
            log.error("{} ended by an error", what, cause);
        }
    }

    /** Whether the connection broke, or the client spoke neither TLS nor HTTP/2 as it should. */
    static boolean isClients(Throwable cause) {
        return cause instanceof IOException
                || cause instanceof Http2Exception
                || cause instanceof DecoderException && cause.getCause() instanceof IOException;
    }
}
