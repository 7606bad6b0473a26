package org.semblance.server.cli;

/** What the user gave cannot be used; the message says what came and what was expected. */
final class BadInputException extends RuntimeException {
    BadInputException(String message) {
        super(message);
    }

    BadInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
