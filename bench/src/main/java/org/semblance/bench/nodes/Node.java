package org.semblance.bench.nodes;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Folders;
import org.semblance.bench.harness.Jvm;
import org.semblance.hashdb.json.StrictJson;
import org.semblance.server.cli.Main;
import tools.jackson.databind.JsonNode;

/** A server in a process of its own, as the command line starts it, on a catalog that others have as well. */
final class Node implements AutoCloseable {
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();

    private static final int PATIENCE_SECONDS = 120;

    private final String name;
    private final String catalog;
    private final List<String> startedBy;
    private final List<String> options;
    private final Path folder;
    private volatile @Nullable Process process;
    private volatile int port;

    /** The status and the body of an answer. */
    record Answer(int status, String body) {
        JsonNode json() {
            return StrictJson.ANSWERS.readTree(body);
        }
    }

    /** A node that does not run yet. */
    Node(String name, String catalog) throws IOException {
        this(name, catalog, List.of());
    }

    /** @param startedBy a command that starts another, such as {@code taskset -c 0} */
    Node(String name, String catalog, List<String> startedBy) throws IOException {
        this(name, catalog, startedBy, List.of());
    }

    /** @param options of its command line, beside those that every node has */
    Node(String name, String catalog, List<String> startedBy, List<String> options) throws IOException {
        this.startedBy = startedBy;
        this.options = options;
        this.name = name;
        this.catalog = catalog;
        this.folder = Files.createTempDirectory("semblance-node");
    }

    /** Starts it, and returns when it is ready. */
    void start() throws IOException {
        begin();
        awaitReady();
    }

    /** Starts it. */
    void begin() throws IOException {
        Path announcement = folder.resolve("server.json");
        Files.deleteIfExists(announcement);
        port = 0;
        List<String> arguments = new ArrayList<>(List.of(
                "serve", "--data", folder.toString(), "--catalog", catalog, "--port", "0", "--isolation", "none"));
        arguments.addAll(options);
        process = Jvm.start(startedBy, Main.class, arguments.toArray(String[]::new));
    }

    void awaitReady() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!isReady()) {
            Process running = process;
            if (System.nanoTime() - end > 0 || running == null || !running.isAlive()) {
                throw new IllegalStateException(this + " is not ready");
            }
            pause(20);
        }
    }

    /** Waits until it has warmed up: until it uses less than a tenth of a core. */
    void awaitIdle() {
        Process running = process;
        if (running == null) {
            throw new IllegalStateException(this + " does not run");
        }
        Duration before = Duration.ZERO;
        for (int second = 0; second < PATIENCE_SECONDS; second++) {
            Duration used = running.info().totalCpuDuration().orElse(Duration.ZERO);
            if (used.minus(before).toMillis() < 100) {
                return;
            }
            before = used;
            pause(1_000);
        }
        throw new IllegalStateException(this + " does not come to rest");
    }

    private boolean isReady() {
        try {
            Path announcement = folder.resolve("server.json");
            if (port == 0 && Files.exists(announcement)) {
                URI url = URI.create(StrictJson.ANSWERS
                        .readTree(Files.readString(announcement))
                        .path("url")
                        .asString());
                port = url.getPort();
            }
            return port != 0 && send("GET", "/readyz", null, Map.of()).status() == 200;
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    /**
     * Sends a request to the node.
     *
     * @param body null for none
     * @throws IOException if there is no answer
     */
    Answer send(String method, String path, byte @Nullable [] body, Map<String, String> headers) throws IOException {
        if (port == 0) {
            throw new IOException(this + " does not run");
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url() + path))
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        boolean isLookup = path.startsWith("/v1/lookup");
        while (true) {
            try {
                HttpResponse<String> answer =
                        CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
                return new Answer(answer.statusCode(), answer.body());
            } catch (IOException e) {
                if (!isLookup || !isClosedByThePool(e)) {
                    throw e;
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /**
     * Whether the client closed a connection that it had just taken from its own pool. The JDK's client does so when an answer
     * arrives before the client's selector has heard that the connection left the pool, and repeats no POST by itself.
     */
    private static boolean isClosedByThePool(IOException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            if (message != null && message.startsWith("Unexpected cleanup triggered for non pooled connection")) {
                return true;
            }
        }
        return false;
    }

    /** Sends JSON. */
    Answer json(String method, String path, String json) throws IOException {
        return send(method, path, json.getBytes(StandardCharsets.UTF_8), Map.of("Content-Type", "application/json"));
    }

    /** The newest change that its lookups see. */
    long listVersion() throws IOException {
        return json("POST", "/v1/lookup", "[]").json().path("list_version").asLong(-1);
    }

    /** The data folder, which may be filled before it starts. */
    Path folder() {
        return folder;
    }

    /** Where it answers. */
    String url() {
        return "http://127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    void kill() throws InterruptedException {
        Process running = process;
        if (running != null) {
            signal(Signals.THAW);
            running.destroyForcibly().waitFor();
            port = 0;
        }
    }

    void freeze() {
        signal(Signals.FREEZE);
    }

    void thaw() {
        signal(Signals.THAW);
    }

    private void signal(String signal) {
        Process running = process;
        if (running != null) {
            Signals.send(signal, Stream.of(running.toHandle()));
        }
    }

    static void pause(long ms) {
        try {
            TimeUnit.MILLISECONDS.sleep(ms);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static void closeAll(List<Node> nodes) throws IOException {
        for (Node node : nodes) {
            node.close();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            kill();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        Folders.delete(folder);
    }

    @Override
    public String toString() {
        return "node " + name;
    }
}
