package org.semblance.server.cli.database;

import org.jspecify.annotations.Nullable;

/** A server does not answer, or does not let this caller do what the verb asks for. */
public final class ServerRefusedException extends RuntimeException {
    ServerRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
