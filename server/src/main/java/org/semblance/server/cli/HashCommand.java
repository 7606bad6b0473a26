package org.semblance.server.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.HashReport;
import org.semblance.engine.media.DecodePath;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "hash", mixinStandardHelpOptions = true, description = "Prints the signals of files.")
final class HashCommand implements Callable<Integer> {
    @Mixin
    private Contents contents;

    @Option(names = "--json", description = "One JSON object a file and line.")
    private boolean json;

    @Option(names = "--dihedral", description = "Also the PDQ hashes of the seven turned and mirrored variants.")
    private boolean dihedral;

    @Parameters(arity = "1..*", paramLabel = "FILE")
    private List<Path> files;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        int exit = Main.DONE;
        try (ContentHasher hasher = contents.hasher(DecodePath.EXACT);
                Progress progress = Progress.over("hash", files.size())) {
            for (Path file : files) {
                HashReport report = hash(hasher, file);
                if (report.failure() != null) {
                    exit = Main.BAD_INPUT;
                }
                out.println(json ? jsonLine(file, report) : textLine(file, report));
                out.flush();
                progress.step();
            }
        }
        return exit;
    }

    private HashReport hash(ContentHasher hasher, Path file) {
        return dihedral ? hasher.hashDihedral(Contents.read(file)) : hasher.hash(Contents.read(file));
    }

    private static String jsonLine(Path file, HashReport report) {
        return ReportJson.addHash(ReportJson.MAPPER.createObjectNode().put("file", file.toString()), report)
                .toString();
    }

    private static String textLine(Path file, HashReport report) {
        StringBuilder line = new StringBuilder(file.toString());
        if (report.failure() != null) {
            line.append("  ").append(report.failure().wireName()).append(": ").append(report.reason());
        }
        for (Signal signal : report.signals()) {
            line.append("\n  ").append(signal.type().wireName()).append(' ').append(signal.value());
            if (signal.quality() != null) {
                line.append(" quality ").append(signal.quality());
            }
        }
        report.dihedral()
                .forEach((transform, hash) -> line.append("\n    ")
                        .append(transform.wireName())
                        .append(' ')
                        .append(hash));
        return line.toString();
    }
}
