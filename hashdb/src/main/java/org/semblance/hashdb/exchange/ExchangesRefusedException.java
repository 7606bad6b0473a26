package org.semblance.hashdb.exchange;

import org.jspecify.annotations.Nullable;

/** The file of the exchanges is damaged or cannot be read or written; it was not changed. */
public final class ExchangesRefusedException extends RuntimeException {
    ExchangesRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
