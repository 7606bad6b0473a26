package org.semblance.bench.retro;

import static org.semblance.bench.harness.Report.print;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.semblance.bench.harness.Jvm;
import org.semblance.server.MatchServer;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;

/** A server in a JVM of its own that remembers uploads, as a run sets it. */
final class RetroServer implements AutoCloseable {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final Process process;
    private final String url;

    /**
     * The settings of the server that differ from the defaults.
     *
     * @param recentUploads the ring's length
     * @param webhookUrl where events are posted, or empty
     * @param floodMatches the limit, or 0
     */
    record Options(long recentUploads, String webhookUrl, Path secretFile, long floodMatches) {}

    RetroServer(Path data, Options options) throws IOException {
        process = Jvm.start(
                RetroServer.class,
                data.toString(),
                Long.toString(options.recentUploads),
                options.webhookUrl,
                options.secretFile.toString(),
                Long.toString(options.floodMatches));
        BufferedReader output = process.inputReader();
        String line = output.readLine();
        if (line == null) {
            process.destroyForcibly();
            throw new IllegalStateException("the server did not start");
        }
        url = "http://127.0.0.1:" + line;
    }

    /** The server's side: warms up, prints its port and serves until its standard input ends. */
    public static void main(String[] args) throws IOException {
        ServerConfig.Builder settings = ServerConfig.builder(Path.of(args[0]))
                .set(Setting.PORT, 0)
                .set(Setting.RECENT_UPLOADS, Long.parseLong(args[1]))
                .set(Setting.FLOOD_MATCHES, Long.parseLong(args[4]));
        if (!args[2].isEmpty()) {
            settings.set(Setting.WEBHOOK_URL, args[2])
                    .set(Setting.WEBHOOK_SECRET_FILE, Path.of(args[3]))
                    .set(Setting.WEBHOOK_RETRY_MS, 20L);
        }
        try (MatchServer server = MatchServer.start(settings.build())) {
            print("%d", server.port());
            while (System.in.read() >= 0) {
                // Only the end matters.
            }
        }
    }

    int port() {
        return URI.create(url).getPort();
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return CLIENT.send(HttpRequest.newBuilder(URI.create(url + path)).build(), BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String json, Map<String, String> headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json));
        headers.forEach(request::header);
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    /** Waits until all uploads of before are searched; returns the seconds from now. */
    double awaitLoaded() throws IOException, InterruptedException {
        long begun = System.nanoTime();
        while (!get("/metrics").body().contains("\nsemblance_recent_loading 0")) {
            LockSupport.parkNanos(20_000_000);
        }
        return (System.nanoTime() - begun) / 1e9;
    }

    /** The value of a metric without labels. */
    long metric(String name) throws IOException, InterruptedException {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    boolean stop() throws IOException, InterruptedException {
        process.getOutputStream().close();
        return process.waitFor(60, TimeUnit.SECONDS);
    }

    /** Ends the server as {@code kill -9} does, and waits until the process is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
