package org.semblance.server.wire;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import org.slf4j.Logger;

/** Tells what a client did to its connection from what is wrong with the server. */
final class Faults {
    private Faults() {}

    /** Logs what ended a connection or stream. A client's fault is not worth a line for each. */
    static void log(Logger log, String what, Throwable cause) {
        if (isClients(cause)) {
            log.debug("{} ended by its client", what, cause);
        } else {
            log.error("{} ended by an error", what, cause);
        }
    }

    /** Whether the connection broke, or what came on it is neither TLS nor HTTP/2. */
    static boolean isClients(Throwable cause) {
        return cause instanceof IOException
                || cause instanceof Http2Exception
                || cause instanceof DecoderException && cause.getCause() instanceof IOException;
    }
}
