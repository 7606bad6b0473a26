package org.semblance.server.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.semblance.engine.Digests;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.SeenPicture;
import org.semblance.engine.features.Profile;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.VideoHashes;
import org.semblance.engine.video.Vpdq;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Signal;
import org.semblance.server.cli.database.BadInputException;
import org.semblance.server.cli.database.Contents;
import org.semblance.server.json.ReportJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

@Command(name = "hash", mixinStandardHelpOptions = true, description = "Prints the signals of files.")
final class HashCommand implements Callable<Integer> {
    @Mixin
    private Contents contents;

    @Option(names = "--json", description = "Prints a JSON object per file, one a line.")
    private boolean json;

    @Option(names = "--dihedral", description = "Also prints the PDQ hashes of the seven turned and mirrored variants.")
    private boolean dihedral;

    @Option(
            names = "--features",
            description = "Also prints the local features of images, by which edited copies are found, in Base64.")
    private boolean features;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description =
                    "signals: those of the whole file. vpdq: a video's frames as Meta's vPDQ tools print them, a line"
                            + " each of frame, quality, hash and second (default: signals).")
    private Format format = Format.SIGNALS;

    @Option(
            names = "--seconds-per-hash",
            paramLabel = "S",
            description = "With --format vpdq: seconds between hashed frames, 0 for every frame (default: 1).")
    private double secondsPerHash = 1;

    @Parameters(arity = "1..*", paramLabel = "FILE")
    private List<Path> files;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        int exit = Exit.DONE;
        try (InProcessHasher hasher = contents.hasher(DecodePath.EXACT);
                Progress progress = Progress.over("hash", files.size())) {
            for (Path file : files) {
                exit = Math.max(exit, hash(hasher, file, out));
                out.flush();
                progress.step();
            }
        }
        return exit;
    }

    /** What is printed of a file. */
    enum Format {
        SIGNALS,
        VPDQ
    }

    private int hash(InProcessHasher hasher, Path file, PrintWriter out) {
        if (format == Format.VPDQ) {
            return hashFrames(hasher, file, out);
        }
        HashReport report = report(hasher, file);
        out.println(json ? jsonLine(file, report) : textLine(file, report));
        return report.failure() == null ? Exit.DONE : Exit.BAD_INPUT;
    }

    private int hashFrames(InProcessHasher hasher, Path file, PrintWriter out) {
        try {
            FrameSampling sampling = new FrameSampling.TimeStep(secondsPerHash);
            List<FrameHash> frames = hasher.hashVideo(MediaSource.of(file), sampling, Deadline.NONE)
                    .vpdqFrames();
            out.print(json ? framesJson(file, frames) : Vpdq.toText(frames));
            return Exit.DONE;
        } catch (MediaException e) {
            spec.commandLine().getErr().println("semblance: " + file + ": " + e.reason());
            return Exit.BAD_INPUT;
        } catch (IllegalArgumentException e) {
            throw new BadInputException("--seconds-per-hash: " + e.getMessage(), e);
        } catch (NoSuchFileException e) {
            throw new BadInputException(file + ": no such file", e);
        } catch (IOException e) {
            throw new BadInputException(file + ": " + e.getMessage(), e);
        }
    }

    private static String framesJson(Path file, List<FrameHash> frames) {
        ObjectNode line = ReportJson.MAPPER
                .createObjectNode()
                .put("file", file.toString())
                .put("verdict", "hashed");
        line.putArray("signals").addObject().put("type", "vpdq").put("hash", Vpdq.toJson(frames));
        return line + "\n";
    }

    private HashReport report(InProcessHasher hasher, Path file) {
        MediaSource source = Contents.open(file);
        Digests digests = Contents.digests(file, source);
        return hasher.hash(
                source,
                digests,
                dihedral ? HashRequest.Variants.DIHEDRAL : HashRequest.Variants.NONE,
                features ? Profile.UPLOADED : null,
                Deadline.NONE);
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
        VideoHashes video = report.video();
        if (video != null) {
            line.append("\n  vpdq ").append(video.frames().size()).append(" frames, one a second");
        } else {
            for (SeenPicture picture : report.pictures()) {
                line.append("\n  ")
                        .append(Features.SIGNAL_TYPE)
                        .append(' ')
                        .append(picture.features().toBase64());
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
