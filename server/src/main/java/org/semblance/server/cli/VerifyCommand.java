package org.semblance.server.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.VerifyReport;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = "Recomputes the chain of the journal and compares both indexes with the catalog.")
final class VerifyCommand implements Callable<Integer> {
    @Mixin
    private DataFolder data;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        VerifyReport report;
        try (HashDb db = data.open()) {
            report = db.verify();
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectNode line = ReportJson.MAPPER.createObjectNode();
            line.put("clean", report.clean())
                    .put("journal_rows", report.journalRows())
                    .put("hashes", report.hashes())
                    .put("feature_pictures", report.pictures());
            ArrayNode problems = line.putArray("problems");
            report.problems().forEach(problems::add);
            out.println(line);
        } else {
            report.problems().forEach(out::println);
            out.println((report.clean() ? "clean: " : "NOT clean: ") + report.journalRows() + " journal rows, "
                    + report.hashes() + " hashes and the features of " + report.pictures() + " pictures compared");
        }
        out.flush();
        return report.clean() ? Main.DONE : Main.REFUSED;
    }
}
