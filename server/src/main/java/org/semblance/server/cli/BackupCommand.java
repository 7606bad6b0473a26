package org.semblance.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.semblance.hashdb.FileProblem;
import org.semblance.hashdb.backup.Backup;
import org.semblance.hashdb.exchange.ExchangeRegistry;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.cli.database.DataFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "backup",
        mixinStandardHelpOptions = true,
        description = {
            "Copies the database with its keys, exchanges and match log, whether a server has it or not, and proves the copy.",
            "Exit codes: 0 all is in the backup, 3 bad input, 4 no backup was made, or without what the output names."
        })
final class BackupCommand implements Callable<Integer> {
    @Mixin
    private DataFolder data;

    @Parameters(paramLabel = "FOLDER", description = "A new or an empty folder, which receives the backup.")
    private Path target;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        List<String> others = Stream.concat(KeyRing.FILES.stream(), Stream.of(ExchangeRegistry.FILE_NAME))
                .toList();
        Backup.Made made;
        try {
            made = Backup.write(data.path(), data.catalog(), target, others, Instant.now());
        } catch (IOException e) {
            throw new BadInputException(target + ": the backup cannot be written: " + FileProblem.of(e), e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println("change " + made.seq() + " and all before it are in " + target + ": "
                + made.files().stream().map(Backup.Entry::name).collect(Collectors.joining(", ")));
        out.flush();
        PrintWriter err = spec.commandLine().getErr();
        made.leftOut().forEach(problem -> err.println("semblance: left out: " + problem));
        err.flush();
        return made.leftOut().isEmpty() ? Exit.DONE : Exit.REFUSED;
    }
}
