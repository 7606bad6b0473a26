package org.semblance.bench.harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.semblance.engine.worker.DecodeWorker;

/** A server as an unpacked archive's launcher starts it, of whichever build. */
public final class LaunchedServer implements AutoCloseable {
    private static final String ANSWERS_ON = "Semblance answers on http://127.0.0.1:";
    private static final int STOP_SECONDS = 20;

    private final Process process;
    private final BufferedReader output;
    private final int port;

    /** Starts one, and returns when it answers; what it logs goes where this process's errors go. */
    public LaunchedServer(Path archive, Path data) throws IOException {
        process = new ProcessBuilder(
                        archive.resolve("bin/semblance").toAbsolutePath().toString(),
                        "serve",
                        "--port",
                        "0",
                        "--data",
                        data.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        output = process.inputReader();
        String line = output.readLine();
        if (line == null || !line.startsWith(ANSWERS_ON)) {
            close();
            throw new IllegalStateException("the server did not start, and said: " + line);
        }
        port = Integer.parseInt(line.substring(ANSWERS_ON.length()));
    }

    public int port() {
        return port;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** The processes in which it decodes or is about to, the oldest first. */
    public List<ProcessHandle> decoders() {
        try (Stream<ProcessHandle> children = process.children()) {
            return children.filter(LaunchedServer::isDecoder)
                    .sorted(Comparator.comparingLong(ProcessHandle::pid))
                    .toList();
        }
    }

    private static boolean isDecoder(ProcessHandle child) {
        return child.info().commandLine().orElse("").contains(DecodeWorker.class.getName());
    }

    /** The resident memory of the server and of all its decoders. */
    public long residentMb() {
        return Stream.concat(Stream.of(process.toHandle()), decoders().stream())
                        .mapToLong(one -> Memory.residentKb(one.pid()))
                        .sum()
                / 1_000;
    }

    /** The processor time of the server and of its decoders that run, in milliseconds. */
    public long processorMs() {
        return Stream.concat(Stream.of(process.toHandle()), decoders().stream())
                .mapToLong(one ->
                        one.info().totalCpuDuration().orElse(Duration.ZERO).toMillis())
                .sum();
    }

    /** The memory of the server and of all its decoders, in MB; what several share counts once. */
    public long proportionalMb() {
        return Stream.concat(Stream.of(process.toHandle()), decoders().stream())
                        .mapToLong(one -> Memory.proportionalKb(one.pid()))
                        .sum()
                / 1_000;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        output.close();
    }
}
