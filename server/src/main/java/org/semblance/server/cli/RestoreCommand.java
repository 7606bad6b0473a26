package org.semblance.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.backup.Backup;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.cli.database.DataFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        description = {
            "Checks a backup and puts it into the data folder, which no server may have.",
            "With a catalog that nodes share, puts the banks, keys and exchanges into that, which must be empty."
        })
final class RestoreCommand implements Callable<Integer> {
    @Mixin
    private DataFolder data;

    @Option(
            names = "--force",
            description = "Also into a data folder that holds something, which is kept in a folder inside.")
    private boolean force;

    @Parameters(paramLabel = "FOLDER", description = "The folder that 'backup' has written.")
    private Path backup;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path folder = data.path();
        SharedCatalog catalog = data.catalog();
        if (catalog != null) {
            return restore(catalog);
        }
        Optional<Path> aside;
        try {
            aside = Backup.restore(backup, folder, force, Instant.now());
        } catch (IOException e) {
            throw new BadInputException(folder + ": cannot be restored: " + e.getMessage(), e);
        }
        PrintWriter out = spec.commandLine().getOut();
        aside.ifPresent(old -> out.println("what was there is now in " + old));
        out.println(folder + " is restored from " + backup);
        out.flush();
        return Exit.DONE;
    }

    private Integer restore(SharedCatalog catalog) {
        try {
            List<String> names = Backup.restoreShared(backup, catalog);
            PrintWriter out = spec.commandLine().getOut();
            out.println(catalog + " is restored from " + backup + ": " + String.join(", ", names));
            out.flush();
            return Exit.DONE;
        } catch (IOException e) {
            throw new BadInputException(catalog + ": cannot be restored: " + e.getMessage(), e);
        }
    }
}
