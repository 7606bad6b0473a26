package org.semblance.server.cli.database;

/** The input of the user cannot be used; the message says what came and what was expected. */
public class BadInputException extends RuntimeException {
    public BadInputException(String message) {
        super(message);
    }

    public BadInputException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A file that cannot be banked, and takes no other with it; the message says what is wrong with the file. */
    public static final class Undecodable extends BadInputException {
        Undecodable(String message) {
            super(message);
        }
    }
}
