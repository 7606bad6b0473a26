package org.semblance.hashdb;

import java.nio.file.Path;

/** The data folder cannot be opened or is damaged: it must not be served from, and nothing in it was changed. */
public class DatabaseRefusedException extends RuntimeException {
    public DatabaseRefusedException(Path folder, String reason) {
        super(folder + ": " + reason);
    }

    public DatabaseRefusedException(Path folder, String reason, Throwable cause) {
        super(folder + ": " + reason, cause);
    }
}
