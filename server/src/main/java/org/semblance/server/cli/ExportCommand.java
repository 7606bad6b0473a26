package org.semblance.server.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.semblance.server.cli.database.Contents;
import org.semblance.server.cli.database.Database;
import org.semblance.server.cli.database.DatabaseOptions;
import org.semblance.server.list.ListExport;
import org.semblance.server.list.ListFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = {
            "Prints contents of a bank as a hash list, which import reads.",
            "CSV, for partners, has what is enabled. NDJSON has all that is banked, so that nothing is lost."
        })
final class ExportCommand implements Callable<Integer> {
    @Mixin
    private DatabaseOptions database;

    @Option(names = "--bank", required = true, paramLabel = "BANK", description = "Bank to export.")
    private String bank;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "csv",
            description = "csv or ndjson (default: ${DEFAULT-VALUE}).")
    private ListFormat format;

    @Option(names = "--label", paramLabel = "LABEL", description = "Exports contents with this label only.")
    private @Nullable String label;

    @Option(names = "--source", paramLabel = "TEXT", description = "Exports contents of this source only.")
    private @Nullable String source;

    @Option(
            names = "--created-from",
            paramLabel = "TIME",
            description = "Exports what was banked at this time or later, as in 2027-01-31T12:00:00Z.")
    private @Nullable Instant createdFrom;

    @Option(names = "--created-before", paramLabel = "TIME", description = "Exports what was banked before this time.")
    private @Nullable Instant createdBefore;

    @Option(
            names = "--no-features",
            description = "Leaves out the local features, of which rough pictures can be made; CSV never has them.")
    private boolean withoutFeatures;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (Database db = database.open(new Contents())) {
            db.export(
                    bank,
                    new ListExport.Wanted(format, label, source, createdFrom, createdBefore, !withoutFeatures),
                    out);
        }
        out.flush();
        return Exit.DONE;
    }
}
