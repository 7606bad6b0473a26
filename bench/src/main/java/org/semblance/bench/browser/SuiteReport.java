package org.semblance.bench.browser;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.semblance.server.MatchServer;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Files of test suites against what Chromium and the {@code ffmpeg} command show of them.
 *
 * <p>Each file goes to {@code POST /v1/match} of a server with worker processes, and both are asked whether they show anything of it.
 */
public final class SuiteReport {
    private static final int BATCH = 60;
    private static final long FFMPEG_SECONDS = 20;
    private static final double MOST_MISSED = 0.01;
    private static final Pattern VERDICT = Pattern.compile("\"verdict\":\"([a-z_]+)\"");
    private static final Pattern REASON = Pattern.compile("\"reason\":\"([^\"]*)\"");

    private final PrintStream out = System.out;
    private final HttpClient client = HttpClient.newHttpClient();
    private final Path root;
    private final Map<String, Integer> verdicts = new TreeMap<>();
    private final List<Path> asked = new ArrayList<>();
    private final Map<Path, String> refused = new TreeMap<>();
    private boolean failed;

    private SuiteReport(Path root) {
        this.root = root;
    }

    /** The files that the programs are asked about. */
    enum Asked {
        ALL,
        REFUSED
    }

    @Command(
            name = "suites",
            description = {
                "Matches each file below a folder, and asks Chromium and ffmpeg whether they show it.",
                "Fails if an answer was not 200, or if more than one in a hundred files that are shown has no hash."
            })
    static int compare(
            @Parameters(description = "Files of test suites.") Path folder,
            @Parameters(description = "Gets a line for each file that is shown and has no hash, with the reason.")
                    Path result,
            @Parameters(
                            arity = "0..1",
                            paramLabel = "all|refused",
                            defaultValue = "all",
                            description =
                                    "Asks of these only: all, or those without a hash (default: ${DEFAULT-VALUE}).")
                    Asked which)
            throws IOException, InterruptedException {
        return new SuiteReport(folder).run(result, which == Asked.REFUSED) ? 0 : 1;
    }

    private boolean run(Path result, boolean refusedOnly) throws IOException, InterruptedException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(root)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        try (MatchServer server = MatchServer.start(ServerConfig.builder(Files.createTempDirectory("semblance-suite"))
                .set(Setting.PORT, 0)
                .set(Setting.ISOLATION, Isolation.WORKERS)
                .build())) {
            for (Path file : files) {
                send(server.port(), file);
            }
        }
        List<String> lines = new ArrayList<>();
        refused.forEach((file, why) -> lines.add(root.relativize(file) + "\t" + why));
        Files.write(result.resolveSibling(result.getFileName() + ".refused"), lines);
        for (Path file : files) {
            if (!refusedOnly || refused.containsKey(file)) {
                asked.add(file);
            }
        }
        List<Boolean> inChromium = chromium();
        int shown = 0;
        int documents = 0;
        List<String> missed = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            Path file = asked.get(i);
            boolean byChromium = inChromium.get(i);
            boolean byFfmpeg = ffmpeg(file);
            if (refused.getOrDefault(file, "").startsWith("unsupported svg")) {
                documents++; // Some builds of ffmpeg draw these; an SVG has no pixels of its own.
            } else if (byChromium || byFfmpeg) {
                shown++;
                if (refused.containsKey(file)) {
                    String by = (byChromium ? "chromium " : "") + (byFfmpeg ? "ffmpeg" : "");
                    missed.add(root.relativize(file) + "\t" + by.strip() + "\t" + refused.get(file));
                }
            }
        }
        Files.write(result, missed);
        int ofAll = refusedOnly ? shown + files.size() - refused.size() : shown;
        out.println(files.size() + " files, verdicts " + verdicts + "; SVG, which is not asked for: " + documents);
        out.println("shown by Chromium or ffmpeg: " + ofAll + (refusedOnly ? " or less" : "")
                + "; of them without a hash: " + missed.size());
        return !failed && missed.size() <= MOST_MISSED * ofAll;
    }

    private void send(int port, Path file) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/match"))
                .header("Content-Type", "application/octet-stream")
                .timeout(Duration.ofMinutes(3))
                .POST(HttpRequest.BodyPublishers.ofFile(file))
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        Matcher verdict = VERDICT.matcher(response.body());
        String what = response.statusCode() == 200 && verdict.find()
                ? verdict.group(1)
                : Integer.toString(response.statusCode());
        verdicts.merge(what, 1, Integer::sum);
        if (response.statusCode() != 200) {
            failed = true;
            out.println(root.relativize(file) + ": " + response.statusCode() + " " + response.body());
        }
        if (!response.body().contains("\"type\":\"pdq\"") && !response.body().contains("\"content_type\":\"video\"")
                || what.equals("corrupt")
                || what.equals("unsupported")
                || what.equals("too_large")) {
            Matcher reason = REASON.matcher(response.body());
            refused.put(file, what + " " + (reason.find() ? reason.group(1) : ""));
        }
    }

    private List<Boolean> chromium() throws IOException, InterruptedException {
        Chromium chromium = new Chromium(Path.of(Chromium.USUAL_PROGRAM), 1, 1);
        List<Boolean> shown = new ArrayList<>();
        for (int from = 0; from < asked.size(); from += BATCH) {
            List<byte[]> batch = new ArrayList<>();
            for (Path file : asked.subList(from, Math.min(asked.size(), from + BATCH))) {
                batch.add(Files.readAllBytes(file));
            }
            shown.addAll(chromium.shows(batch));
        }
        return shown;
    }

    /** Whether {@code ffmpeg} decodes a frame of it, as a file without a name. */
    private static boolean ffmpeg(Path file) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "ffmpeg",
                        "-nostdin",
                        "-loglevel",
                        "quiet",
                        "-i",
                        file.toString(),
                        "-map",
                        "0:v:0",
                        "-frames:v",
                        "1",
                        "-f",
                        "framecrc",
                        "-")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.onExit().orTimeout(FFMPEG_SECONDS, TimeUnit.SECONDS).exceptionally(late -> process.destroyForcibly());
        byte[] output = process.getInputStream().readAllBytes();
        return new String(output, java.nio.charset.StandardCharsets.US_ASCII)
                .lines()
                .anyMatch(line -> line.startsWith("0,"));
    }
}
