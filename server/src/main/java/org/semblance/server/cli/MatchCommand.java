package org.semblance.server.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.semblance.engine.judge.Verdict;
import org.semblance.server.cli.database.Contents;
import org.semblance.server.cli.database.Database;
import org.semblance.server.cli.database.DatabaseOptions;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "match",
        mixinStandardHelpOptions = true,
        description = "Says whether files are copies of banked content.")
final class MatchCommand implements Callable<Integer> {
    @Mixin
    private DatabaseOptions database;

    @Mixin
    private Contents contents;

    @Option(names = "--json", description = "Prints a JSON object per file, one a line.")
    private boolean json;

    @Option(
            names = "--banks",
            split = ",",
            paramLabel = "BANK",
            description = "Looks in these banks only (default: all).")
    private Set<String> banks = Set.of();

    @Option(
            names = "--explain",
            description =
                    "Tells what lies nearest to each signal, even beyond the threshold, and why it counts or does not.")
    private boolean explain;

    @Option(names = "--fail-on-match", description = "Exits with 1 if any file matches.")
    private boolean failOnMatch;

    @Parameters(arity = "1..*", paramLabel = "FILE")
    private List<Path> files;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        boolean matched = false;
        boolean failed = false;
        try (Database db = database.open(contents);
                Progress progress = Progress.over("match", files.size())) {
            for (Path file : files) {
                ObjectNode answer = db.match(file, banks, explain);
                String verdict = answer.path("verdict").asString("");
                matched |= verdict.equals(Verdict.MATCH.wireName());
                failed |= ReportJson.isFailure(verdict);
                out.println(json ? jsonLine(file, answer) : textLine(file, answer));
                out.flush();
                progress.step();
            }
        }
        if (matched && failOnMatch) {
            return Exit.MATCHED;
        }
        return failed ? Exit.BAD_INPUT : Exit.DONE;
    }

    private static ObjectNode jsonLine(Path file, ObjectNode answer) {
        return ReportJson.MAPPER.createObjectNode().put("file", file.toString()).setAll(answer);
    }

    private static String textLine(Path file, ObjectNode answer) {
        String reason = answer.path("reason").asString("");
        return file + "  " + answer.path("verdict").asString("") + (reason.isEmpty() ? "" : ": " + reason)
                + Findings.text(answer)
                + Findings.explanation(answer.path("explain"));
    }
}
