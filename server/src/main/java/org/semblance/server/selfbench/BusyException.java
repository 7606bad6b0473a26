package org.semblance.server.selfbench;

import java.io.IOException;

/** A server refused a request for want of capacity for longer than its client would wait. */
public final class BusyException extends IOException {
    BusyException(String message) {
        super(message);
    }
}
