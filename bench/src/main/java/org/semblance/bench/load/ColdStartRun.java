package org.semblance.bench.load;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.LaunchedServer;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.harness.Times;
import org.semblance.bench.video.MadeVideo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Starts servers of two builds in turn, each from its unpacked archive, and tells what the first clients see: how long until {@code
 * /readyz} is 200, and the first upload of each kind. Then how much processor time a server takes that nobody asks, its memory after
 * some photos, and how long the short verbs of the command line take. Other pictures are banked with their features.
 */
public final class ColdStartRun {
    private static final int BANKED = 3;
    private static final int PHOTOS = 400;
    private static final long LOOK_MS = 5;
    private static final long SEED = Photos.SEED;

    private final Map<String, byte[]> uploads = new LinkedHashMap<>();
    private final Path folder = Files.createTempDirectory("semblance-bench");
    private final Path photo = folder.resolve("photo.jpg");

    private final byte[] photoUpload;

    private ColdStartRun() throws IOException {
        byte[] jpeg = Photos.shapes(SEED, 1_368, 1_024);
        Files.write(photo, jpeg);
        photoUpload = Connection.match("image/jpeg", jpeg);
        uploads.put("jpeg", photoUpload);
        uploads.put("png", Connection.match("image/png", encoded(jpeg, ".png")));
        uploads.put("webp", Connection.match("image/webp", encoded(jpeg, ".webp")));
        uploads.put("clip", Connection.match("video/mp4", MadeVideo.mp4(1_280, 720, 10)));
    }

    private static byte[] encoded(byte[] jpeg, String format) {
        try (PointerScope scope = new PointerScope()) {
            Mat picture = opencv_imgcodecs.imdecode(
                    new Mat(jpeg), opencv_imgcodecs.IMREAD_COLOR | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION);
            BytePointer file = new BytePointer();
            if (!opencv_imgcodecs.imencode(format, picture, file)) {
                throw new IllegalStateException("OpenCV did not encode a picture as " + format);
            }
            byte[] bytes = new byte[Math.toIntExact(file.limit())];
            file.get(bytes);
            return bytes;
        }
    }

    @Command(
            name = "cold",
            description = {
                "Starts servers of two builds in turn, and tells when they are ready, how long the first uploads take, what an idle"
                        + " server takes of the processor, its memory, and the time of short verbs.",
                "Prints the ratio of the first build to the second."
            })
    static void run(
            @Parameters(description = "The folder of an unpacked archive, such as server/target/dist.") Path archive,
            @Parameters(description = "Another one, to compare with.") Path against,
            @Option(
                            names = "--starts",
                            defaultValue = "12",
                            description =
                                    "Of each, which begin with another kind of upload in turn (default: ${DEFAULT-VALUE}).")
                    int starts,
            @Option(
                            names = "--hashes",
                            defaultValue = "0",
                            description = "Hashes that are banked before (default: ${DEFAULT-VALUE}).")
                    int hashes,
            @Option(
                            names = "--idle-seconds",
                            defaultValue = "60",
                            description = "Without a request, for the processor time (default: ${DEFAULT-VALUE}).")
                    int idleSeconds)
            throws IOException, InterruptedException {
        ColdStartRun run = new ColdStartRun();
        List<Path> builds = List.of(archive, against);
        List<Path> data = new ArrayList<>();
        for (int i = 0; i < builds.size(); i++) {
            data.add(run.prepared(builds.get(i), i, hashes));
        }
        List<Map.Entry<String, byte[]>> kinds = List.copyOf(run.uploads.entrySet());
        Map<String, List<List<Double>>> figures = new TreeMap<>();
        for (int round = 0; round < starts; round++) {
            for (int i = 0; i < builds.size(); i++) {
                run.start(builds.get(i), data.get(i), i, kinds.get(round % kinds.size()), figures);
                run.verbs(builds.get(i), data.get(i), i, figures);
            }
        }
        for (int i = 0; i < builds.size(); i++) {
            run.idle(builds.get(i), data.get(i), i, idleSeconds, figures);
        }
        report(figures);
    }

    /** A database with hashes and with pictures that have features. */
    private Path prepared(Path archive, int number, int hashes) throws IOException, InterruptedException {
        Path data = folder.resolve("data-" + number);
        if (hashes > 0) {
            SplittableRandom random = new SplittableRandom(SEED);
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < hashes; i++) {
                for (int word = 0; word < 4; word++) {
                    lines.append(String.format("%016x", random.nextLong()));
                }
                lines.append('\n');
            }
            Path list = Files.writeString(folder.resolve("list.txt"), lines);
            verb(archive, "bank", "create", "MANY", "--data", data.toString());
            verb(archive, "import", "--bank", "MANY", list.toString(), "--data", data.toString());
        }
        try (LaunchedServer server = new LaunchedServer(archive, data);
                Connection connection = new Connection(server.port())) {
            awaitReady(connection);
            connection.send(Connection.post("/v1/banks", "{\"name\":\"OTHERS\"}"));
            for (int i = 1; i <= BANKED; i++) {
                connection.send(Connection.post("/v1/banks/OTHERS/content", "image/jpeg", Photos.shapes(SEED + i)));
            }
        }
        return data;
    }

    private static void awaitReady(Connection connection) throws IOException, InterruptedException {
        byte[] ready = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        while (connection.send(ready).status() != 200) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
    }

    private void start(
            Path archive,
            Path data,
            int build,
            Map.Entry<String, byte[]> upload,
            Map<String, List<List<Double>>> figures)
            throws IOException, InterruptedException {
        long began = System.nanoTime();
        try (LaunchedServer server = new LaunchedServer(archive, data);
                Connection connection = new Connection(server.port())) {
            awaitReady(connection);
            note(figures, "1 ready, s", build, seconds(began));
            long sent = System.nanoTime();
            int status = connection.send(upload.getValue()).status();
            if (status != 200) {
                throw new IllegalStateException(upload.getKey() + ": " + status);
            }
            note(figures, "1 first of all a " + upload.getKey() + ", s", build, seconds(sent));
        }
    }

    private void idle(Path archive, Path data, int build, int idleSeconds, Map<String, List<List<Double>>> figures)
            throws IOException, InterruptedException {
        try (LaunchedServer server = new LaunchedServer(archive, data)) {
            TimeUnit.SECONDS.sleep(idleSeconds);
            note(figures, "2 processor time until " + idleSeconds + " s, s", build, server.processorMs() / 1_000.0);
            note(figures, "6 memory idle, MB", build, (double) server.proportionalMb());
            try (Connection connection = new Connection(server.port())) {
                for (int i = 0; i < PHOTOS; i++) {
                    connection.send(photoUpload);
                }
                for (byte[] upload : uploads.values()) {
                    connection.send(upload);
                }
            }
            note(figures, "6 memory after " + PHOTOS + " photos and one of each, MB", build, (double)
                    server.proportionalMb());
        }
    }

    private void verbs(Path archive, Path data, int build, Map<String, List<List<Double>>> figures)
            throws IOException, InterruptedException {
        String hash = "a5".repeat(32);
        note(figures, "7 --version, s", build, verb(archive, "--version"));
        note(figures, "7 hash, s", build, verb(archive, "hash", photo.toString()));
        note(figures, "7 lookup, s", build, verb(archive, "lookup", hash, "--data", data.toString()));
    }

    /** Runs a verb and returns the seconds that it took. */
    private static double verb(Path archive, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(archive.resolve("bin/semblance").toAbsolutePath().toString());
        command.addAll(Arrays.asList(arguments));
        long began = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int exit = process.waitFor();
        if (exit != 0) {
            throw new IllegalStateException(command + " ended with " + exit);
        }
        return seconds(began);
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private static void note(Map<String, List<List<Double>>> figures, String name, int build, double value) {
        figures.computeIfAbsent(name, unused -> List.of(new ArrayList<>(), new ArrayList<>()))
                .get(build)
                .add(value);
    }

    private static void report(Map<String, List<List<Double>>> figures) {
        print("%-46s %10s %10s %10s %10s %7s", "bar, figure", "median", "most", "against", "most", "ratio");
        figures.forEach((name, builds) -> {
            double[] own = builds.get(0).stream().mapToDouble(x -> x).toArray();
            double[] other = builds.get(1).stream().mapToDouble(x -> x).toArray();
            print(
                    "%-46s %10.3f %10.3f %10.3f %10.3f %7.3f",
                    name,
                    Times.median(own),
                    Arrays.stream(own).max().orElse(0),
                    Times.median(other),
                    Arrays.stream(other).max().orElse(0),
                    Times.median(own) / Times.median(other));
        });
    }
}
