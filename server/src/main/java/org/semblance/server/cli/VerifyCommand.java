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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description =
                "Recomputes the chain of the journal, compares both indexes with the catalog, and checks the match log.")
final class VerifyCommand implements Callable<Integer> {
    @Mixin
    private DatabaseOptions database;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        ObjectNode report;
        try (Database db = database.open(new Contents())) {
            report = db.verify();
        }
        boolean clean = report.path("clean").asBoolean(false);
        JsonNode logProblems = report.path("match_log_problems");
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report);
        } else {
            report.path("problems").forEach(problem -> out.println(problem.asString("")));
            out.println((clean ? "clean: " : "NOT clean: ") + report.get("journal_rows") + " journal rows, "
                    + report.get("hashes") + " hashes and the features of " + report.get("feature_pictures")
                    + " pictures compared");
            logProblems.forEach(problem -> out.println("match log: " + problem.asString("")));
            out.println(
                    logProblems.isEmpty() ? "match log: sound" : "match log: NOT sound, which the list is not part of");
        }
        out.flush();
        return clean && logProblems.isEmpty() ? Exit.DONE : Exit.REFUSED;
    }
}
