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
import org.semblance.engine.Judgement;
import org.semblance.engine.SignalMatcher;
import org.semblance.engine.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.hashdb.HashDb;
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

    @Mixin
    private WantedBanks banks;

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
            SignalMatcher matcher = new SignalMatcher(db, banks.options(db));
            for (Signal signal : signals) {
                Judgement judgement = matcher.matchContent(List.of(signal));
                matched |= judgement.verdict() == Verdict.MATCH;
                ObjectNode line = ReportJson.MAPPER.createObjectNode();
                line.put("type", signal.type().wireName()).put("hash", signal.value());
                out.println(json ? jsonLine(line, judgement) : textLine(signal.value(), judgement));
            }
            for (Map.Entry<Path, Features> picture : pictures.entrySet()) {
                Judgement judgement = matcher.match(picture.getValue(), Deadline.NONE);
                matched |= judgement.verdict() == Verdict.MATCH;
                String file = picture.getKey().toString();
                ObjectNode line = ReportJson.MAPPER.createObjectNode();
                line.put("type", Features.SIGNAL_TYPE).put("file", file);
                out.println(json ? jsonLine(line, judgement) : textLine(file, judgement));
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

    private static String jsonLine(ObjectNode line, Judgement judgement) {
        line.put("verdict", judgement.verdict().wireName());
        line.set("matches", ReportJson.findings(judgement.matches()));
        if (!judgement.likely().isEmpty()) {
            line.set("likely", ReportJson.findings(judgement.likely()));
        }
        if (!judgement.suppressedBy().isEmpty()) {
            line.set("suppressed_by", ReportJson.findings(judgement.suppressedBy()));
        }
        return line.toString();
    }

    private static String textLine(String what, Judgement judgement) {
        return what + "  " + judgement.verdict().wireName()
                + MatchCommand.describe(judgement.matches(), judgement.likely());
    }
}
