package org.semblance.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.MatchOptions;
import org.semblance.engine.MatchReport;
import org.semblance.engine.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.features.Features;
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

@Command(
        name = "lookup",
        mixinStandardHelpOptions = true,
        description = "Looks hashes or local features up in the database.")
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

    @Option(
            names = "--features",
            paramLabel = "FILE",
            description =
                    "A file with the local features of a picture, in Base64 as `semblance hash --features` prints them.")
    private List<Path> features = List.of();

    @Parameters(arity = "0..*", paramLabel = "HASH")
    private List<String> hashes = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (hashes.isEmpty() && features.isEmpty()) {
            throw new BadInputException("nothing to look up (expected: a HASH or --features FILE)");
        }
        List<Signal> signals = hashes.stream().map(this::signal).toList();
        Map<Path, Features> pictures = new LinkedHashMap<>();
        features.forEach(file -> pictures.put(file, read(file)));
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
            for (Map.Entry<Path, Features> picture : pictures.entrySet()) {
                MatchReport report = ContentMatcher.match(db, picture.getValue(), MatchOptions.DEFAULT, Deadline.NONE);
                matched |= report.verdict() == Verdict.MATCH;
                out.println(json ? jsonLine(picture.getKey(), report) : textLine(picture.getKey(), report));
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

    private static Features read(Path file) {
        try {
            return Features.ofBase64(
                    Files.readString(file, StandardCharsets.ISO_8859_1).strip());
        } catch (NoSuchFileException e) {
            throw new BadInputException(file + ": no such file", e);
        } catch (IOException | IllegalArgumentException e) {
            throw new BadInputException(file + ": " + e.getMessage(), e);
        }
    }

    private static String jsonLine(Path file, MatchReport report) {
        ObjectNode line = ReportJson.MAPPER.createObjectNode();
        line.put("type", Features.SIGNAL_TYPE)
                .put("file", file.toString())
                .put("verdict", report.verdict().wireName());
        line.set("matches", ReportJson.findings(report.matches()));
        if (!report.likely().isEmpty()) {
            line.set("likely", ReportJson.findings(report.likely()));
        }
        return line.toString();
    }

    private static String textLine(Path file, MatchReport report) {
        return file + "  " + report.verdict().wireName() + MatchCommand.describe(report);
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
