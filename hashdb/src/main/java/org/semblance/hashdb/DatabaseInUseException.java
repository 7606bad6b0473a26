package org.semblance.hashdb;

import java.nio.file.Path;

/** Another process has the data folder. */
public final class DatabaseInUseException extends DatabaseRefusedException {
    DatabaseInUseException(Path folder, String owner) {
        super(folder, "is in use by " + owner);
    }
}
