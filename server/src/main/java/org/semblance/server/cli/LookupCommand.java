package org.semblance.server.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.semblance.engine.judge.Verdict;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.cli.database.Contents;
import org.semblance.server.cli.database.Database;
import org.semblance.server.cli.database.DatabaseOptions;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "lookup",
        mixinStandardHelpOptions = true,
        description = "Looks hashes or local features up in the database.")
final class LookupCommand implements Callable<Integer> {
    @Mixin
    private DatabaseOptions database;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            defaultValue = "pdq",
            description = "pdq, md5, sha1 or sha256 (default: ${DEFAULT-VALUE}).")
    private String type;

    @Option(names = "--json", description = "Prints a JSON object per hash, one a line.")
    private boolean json;

    @Option(names = "--fail-on-match", description = "Exits with 1 if any hash matches.")
    private boolean failOnMatch;

    @Option(
            names = "--features",
            paramLabel = "FILE",
            description =
                    "A file with the local features of a picture, in Base64 as `semblance hash --features` prints them.")
    private List<Path> features = List.of();

    @Option(
            names = "--banks",
            split = ",",
            paramLabel = "BANK",
            description = "Looks in these banks only (default: all).")
    private Set<String> banks = Set.of();

    @Parameters(arity = "0..*", paramLabel = "HASH")
    private List<String> hashes = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (hashes.isEmpty() && features.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "nothing to look up (expected: a HASH or --features FILE)");
        }
        List<Signal> signals = hashes.stream().map(this::signal).toList();
        Map<Path, Features> pictures = new LinkedHashMap<>();
        features.forEach(file -> pictures.put(file, read(file)));
        boolean matched = false;
        try (Database db = database.open(new Contents())) {
            List<ObjectNode> answers = signals.isEmpty() ? List.of() : db.lookup(signals, banks);
            for (int i = 0; i < answers.size(); i++) {
                Signal signal = signals.get(i);
                ObjectNode asked = ReportJson.MAPPER.createObjectNode();
                asked.put("type", signal.type().wireName()).put("hash", signal.value());
                matched |= tell(signal.value(), asked, answers.get(i));
            }
            for (Map.Entry<Path, Features> picture : pictures.entrySet()) {
                String file = picture.getKey().toString();
                ObjectNode asked = ReportJson.MAPPER.createObjectNode();
                asked.put("type", Features.SIGNAL_TYPE).put("file", file);
                matched |= tell(file, asked, db.lookup(picture.getValue(), banks));
            }
        }
        spec.commandLine().getOut().flush();
        return matched && failOnMatch ? Exit.MATCHED : Exit.DONE;
    }

    /** Prints an answer; returns whether it is a match. */
    private boolean tell(String what, ObjectNode asked, ObjectNode answer) {
        String verdict = answer.path("verdict").asString("");
        spec.commandLine()
                .getOut()
                .println(json ? asked.setAll(answer).toString() : what + "  " + verdict + Findings.text(answer));
        return verdict.equals(Verdict.MATCH.wireName());
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
}
