package org.semblance.server.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

@Command(name = "lookup", mixinStandardHelpOptions = true, description = "Looks hashes up in the database.")
final class LookupCommand implements Callable<Integer> {
    @Mixin
    private DataFolder data;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            defaultValue = "pdq",
            description = "pdq, md5, sha1 or sha256 (default: ${DEFAULT-VALUE}).")
    private String type;

    @Option(names = "--json", description = "One JSON object a hash and line.")
    private boolean json;

    @Option(names = "--fail-on-match", description = "Exit code 1 if any hash matches.")
    private boolean failOnMatch;

    @Parameters(arity = "1..*", paramLabel = "HASH")
    private List<String> hashes;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        List<Signal> signals = hashes.stream().map(this::signal).toList();
        PrintWriter out = spec.commandLine().getOut();
        boolean matched = false;
        try (HashDb db = data.open()) {
            for (Signal signal : signals) {
                List<Match> matches = signal.type().isDigest() ? db.lookupDigest(signal) : db.lookup(signal.hash());
                matches =
                        matches.stream().filter(match -> match.bank().enabled()).toList();
                matched |= !matches.isEmpty();
                out.println(json ? jsonLine(signal, matches) : textLine(signal, matches));
            }
        }
        out.flush();
        return matched && failOnMatch ? Main.MATCHED : Main.DONE;
    }

    private Signal signal(String hash) {
        try {
            return new Signal(SignalType.parse(type), hash);
        } catch (IllegalArgumentException e) {
            throw new BadInputException("'" + hash + "': " + e.getMessage(), e);
        }
    }

    private static String jsonLine(Signal signal, List<Match> matches) {
        ObjectNode line = ReportJson.MAPPER.createObjectNode();
        line.put("type", signal.type().wireName()).put("hash", signal.value());
        line.set("matches", ReportJson.matches(matches));
        return line.toString();
    }

    private static String textLine(Signal signal, List<Match> matches) {
        StringBuilder line = new StringBuilder(signal.value());
        if (matches.isEmpty()) {
            line.append("  no match");
        }
        matches.forEach(match -> line.append("\n  ").append(MatchCommand.describe(match)));
        return line.toString();
    }
}
