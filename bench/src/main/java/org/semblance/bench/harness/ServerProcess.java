package org.semblance.bench.harness;

import static org.semblance.bench.harness.Report.print;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.semblance.server.MatchServer;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import org.semblance.server.selfbench.PatientClient;

/** A server in a JVM of its own, on a free port of this machine, with the flags of this JVM. */
public final class ServerProcess implements AutoCloseable {
    private static final String READY = "ready";

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Process process;
    private final BufferedReader output;
    private final int port;

    private ServerProcess(String... arguments) throws IOException {
        process = Jvm.start(ServerProcess.class, arguments);
        output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = output.readLine();
        if (line == null) {
            close();
            throw new IllegalStateException("the server did not start");
        }
        port = Integer.parseInt(line);
    }

    /** Starts one on an empty database. */
    public static ServerProcess start() throws IOException {
        return start(Files.createTempDirectory("semblance-bench"));
    }

    /** Starts one on that data folder. */
    public static ServerProcess start(Path data) throws IOException {
        return new ServerProcess(data.toString());
    }

    /** Starts one on that data folder, with a match log of so many days. */
    public static ServerProcess start(Path data, int matchLogDays) throws IOException {
        return new ServerProcess(data.toString(), Integer.toString(matchLogDays));
    }

    /** Starts one on that data folder, which is ready when this returns. */
    public static ServerProcess startReady(Path data) throws IOException {
        return new ServerProcess(data.toString(), READY);
    }

    /** The server's side: prints its port and serves until its standard input ends. */
    public static void main(String[] args) throws IOException {
        ServerConfig.Builder settings = ServerConfig.builder(Path.of(args[0])).set(Setting.PORT, 0);
        boolean ready = args.length > 1 && args[1].equals(READY);
        if (args.length > 1 && !ready) {
            settings.set(Setting.MATCH_LOG_DAYS, Integer.valueOf(args[1]));
        }
        try (MatchServer server = MatchServer.start(settings.build())) {
            if (ready) {
                awaitReady(server);
            }
            print("%d", server.port());
            while (System.in.read() >= 0) {
                // Only the end matters.
            }
        }
    }

    private static void awaitReady(MatchServer server) throws IOException {
        try (PatientClient client = new PatientClient(server.url(), PATIENCE, refusal -> {})) {
            client.awaitReady();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public int port() {
        return port;
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    public long residentMb() {
        return Memory.residentKb(process.pid()) / 1_000;
    }

    /** The resident memory of the processes in which the server decodes. */
    public List<Long> residentMbOfWorkers() {
        try (Stream<ProcessHandle> workers = process.children()) {
            return workers.map(worker -> Memory.residentKb(worker.pid()) / 1_000)
                    .toList();
        }
    }

    /** Has it stop in order. Returns whether it did so within that time. */
    public boolean stop(int seconds) throws IOException, InterruptedException {
        process.getOutputStream().close();
        return process.waitFor(seconds, TimeUnit.SECONDS);
    }

    /** Kills it if it still runs. */
    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        output.close();
    }
}
