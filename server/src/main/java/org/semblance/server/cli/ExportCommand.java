package org.semblance.server.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.semblance.server.cli.database.Contents;
import org.semblance.server.cli.database.Database;
import org.semblance.server.cli.database.DatabaseOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = {
            "Prints the enabled contents of a bank as a hash list in CSV, which import and partners can read."
        })
final class ExportCommand implements Callable<Integer> {
    @Mixin
    private DatabaseOptions database;

    @Option(names = "--bank", required = true, paramLabel = "BANK", description = "Bank to export.")
    private String bank;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (Database db = database.open(new Contents())) {
            db.export(bank, out);
        }
        out.flush();
        return Exit.DONE;
    }
}
