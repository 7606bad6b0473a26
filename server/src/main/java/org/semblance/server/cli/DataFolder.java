package org.semblance.server.cli;

import java.nio.file.Path;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Origin;
import picocli.CommandLine.Option;

/** The option of every verb that needs the database. */
final class DataFolder {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "data",
            description = "Folder of the database, created if it is not there (default: ${DEFAULT-VALUE}).")
    private Path folder;

    Path path() {
        return folder;
    }

    HashDb open() {
        return HashDb.open(folder);
    }

    /** Who changes the database from a terminal, for the journal. */
    static Origin origin(String reason) {
        return new Origin("cli:" + System.getProperty("user.name", "unknown"), reason);
    }
}
