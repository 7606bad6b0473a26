package org.semblance.server.auth;

/** The keys do not allow what was asked: their file is damaged, or a server would be unguarded. Nothing was changed. */
public final class KeysRefusedException extends RuntimeException {
    /** @param message what is wrong and what to do, in one line, without a secret */
    KeysRefusedException(String message) {
        super(message);
    }

    KeysRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
