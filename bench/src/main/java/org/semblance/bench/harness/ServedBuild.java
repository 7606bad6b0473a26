package org.semblance.bench.harness;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.server.auth.RunningServer;
import org.semblance.server.cli.Main;

/** A server of this build or of another, as its command line starts it, on an empty database that has keys. */
public final class ServedBuild implements AutoCloseable {
    /** The name of the key that may do everything. */
    public static final String ADMIN = "admin";

    private static final int PATIENCE_SECONDS = 120;
    private static final long IDLE_MILLIS = 100;

    private final @Nullable Path dist;
    private final Path data;
    private final Map<String, String> secrets = new HashMap<>();
    private final Process process;
    private final int port;

    private ServedBuild(@Nullable Path dist, List<String> keys) throws IOException, InterruptedException {
        this.dist = dist;
        this.data = Files.createTempDirectory("semblance-bench");
        makeKey(ADMIN, "admin");
        for (String key : keys) {
            makeKey(key, "match");
        }
        this.process = run("serve", "--data", data.toString(), "--port", "0", "--log-level", "warn");
        this.port = awaitPort();
        awaitIdle();
    }

    /**
     * Starts one, which has warmed up when this returns.
     *
     * @param dist the folder of another build; null for this one
     * @param keys names of the keys of the role match
     */
    public static ServedBuild start(@Nullable Path dist, List<String> keys) throws IOException, InterruptedException {
        return new ServedBuild(dist, keys);
    }

    private Process run(String... arguments) throws IOException {
        if (dist == null) {
            return Jvm.start(Main.class, arguments);
        }
        List<String> command = Stream.concat(
                        Stream.of(dist.resolve("bin/semblance").toString()), Stream.of(arguments))
                .toList();
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private void makeKey(String name, String role) throws IOException {
        Process made = run("key", "create", name, "--role", role, "--data", data.toString());
        String secret = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (secret.isEmpty()) {
            throw new IllegalStateException("key " + name + " was not made");
        }
        secrets.put(name, secret);
    }

    private int awaitPort() throws IOException, InterruptedException {
        for (int look = 0; look < PATIENCE_SECONDS * 10; look++) {
            RunningServer running = RunningServer.of(data).orElse(null);
            if (running != null) {
                return URI.create(running.url()).getPort();
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        close();
        throw new IllegalStateException("the server did not start");
    }

    /** Waits until it has warmed up: until it uses less than a tenth of a core. */
    private void awaitIdle() throws InterruptedException {
        Duration before = Duration.ZERO;
        for (int second = 0; second < PATIENCE_SECONDS; second++) {
            TimeUnit.SECONDS.sleep(1);
            Duration used = process.info().totalCpuDuration().orElse(Duration.ZERO);
            if (used.minus(before).toMillis() < IDLE_MILLIS) {
                return;
            }
            before = used;
        }
        throw new IllegalStateException("the server does not come to rest");
    }

    public int port() {
        return port;
    }

    /** The secret of the key of that name. */
    public String secret(String key) {
        String secret = secrets.get(key);
        if (secret == null) {
            throw new IllegalArgumentException("key: " + key);
        }
        return secret;
    }

    @Override
    public void close() {
        process.destroy();
    }
}
