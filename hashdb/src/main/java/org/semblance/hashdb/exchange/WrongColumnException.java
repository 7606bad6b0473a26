package org.semblance.hashdb.exchange;

import java.io.IOException;

/** A column that was named for a field is not in the list, or the field is none. The message names what came and what was expected. */
public final class WrongColumnException extends IOException {
    WrongColumnException(String message) {
        super(message);
    }
}
