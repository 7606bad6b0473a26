package org.semblance.bench.hostile;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Folders;
import org.semblance.bench.harness.LaunchedServer;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.harness.Times;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Kills decoders of a server while clients have photos matched, and tells what that costs. The server is the one of an unpacked
 * archive, so that two builds can be measured in turn. Every other photo is a copy of a banked one; each upload differs from all
 * before in its last bytes, which no decoder reads, so that each is decoded. A client that is answered 503 waits as long as it is
 * told to.
 */
public final class KillsRun {
    /** Traffic before the first kill, which is not counted: all decoders are there then, and have warmed up. */
    private static final int WARM_SECONDS = 15;

    private static final int KILL_ONE_MS = 1_200;
    private static final int KILL_ALL_MS = 5_000;
    private static final double LEAST_SHARE_OF_ONE = 0.995;
    private static final double LEAST_SHARE_OF_ALL = 0.97;
    private static final double MOST_P99_MS = 1_000;

    private final LaunchedServer server;
    private final List<Upload> uploads;
    private final AtomicLong uploaded = new AtomicLong();
    private volatile boolean counting;
    private volatile boolean done;

    /** A photo, and the beginning of the right answer. */
    private record Upload(byte[] photo, String right) {}

    /** Of answers and of connections that broke, which no answer came by. */
    private enum Outcome {
        RIGHT,
        WRONG,
        BUSY,
        BUSY_WITHOUT_RETRY_AFTER,
        OTHER
    }

    /** What one client saw. */
    private static final class Seen {
        private final long[] counts = new long[Outcome.values().length];
        private final Times times = new Times();
    }

    private KillsRun(LaunchedServer server, List<Upload> uploads) {
        this.server = server;
        this.uploads = uploads;
    }

    @Command(
            name = "kills",
            description = {
                "Kills decoders of a server with SIGKILL while clients have photos matched.",
                "Fails if fewer than 99.5 % got the right verdict, one was answered 503, or the 99th percentile is more than 1 s;"
                        + " with --all, if fewer than 97 % did or another answer was no 503 with Retry-After."
            })
    static int run(
            @Parameters(description = "The folder of an unpacked archive, such as server/target/dist.") Path archive,
            @Option(
                            names = "--seconds",
                            defaultValue = "600",
                            description = "How long, after a warm-up of 15 s (default: ${DEFAULT-VALUE}).")
                    int seconds,
            @Option(names = "--clients", defaultValue = "4", description = "Clients (default: ${DEFAULT-VALUE}).")
                    int clients,
            @Option(names = "--all", description = "Kills all at once, not one chosen at random.") boolean all,
            @Option(
                            names = "--every-ms",
                            description = "Milliseconds between two kills (default: 1200; with --all 5000).")
                    @Nullable
                    Integer everyMs,
            @Option(
                            names = "--pause-ms",
                            defaultValue = "0",
                            description = "What a client waits before its next photo (default: ${DEFAULT-VALUE}).")
                    int pauseMs,
            @Option(names = "--seed", description = "Of the choice of decoders (default: another each time).") @Nullable
                    Long seed)
            throws IOException, InterruptedException {
        byte[] banked = Photos.shapes(Photos.SEED);
        List<Upload> uploads = List.of(
                new Upload(banked, "{\"verdict\":\"match\""),
                new Upload(Photos.shapes(Photos.SEED + 1), "{\"verdict\":\"no_match\""));
        Path data = Files.createTempDirectory("semblance-bench");
        try (LaunchedServer server = new LaunchedServer(archive, data)) {
            bank(server.port(), banked);
            Kills kills = new Kills(
                    all, everyMs != null ? everyMs : all ? KILL_ALL_MS : KILL_ONE_MS, seed != null ? seed : seed());
            return new KillsRun(server, uploads).isGood(kills, seconds, clients, pauseMs) ? 0 : 1;
        } finally {
            Folders.delete(data);
        }
    }

    private static long seed() {
        return System.nanoTime();
    }

    private static void bank(int port, byte[] photo) throws IOException {
        try (Connection connection = new Connection(port)) {
            connection
                    .send(Connection.post("/v1/banks", "{\"name\":\"KNOWN\"}"))
                    .expect(201);
            connection
                    .send(Connection.post("/v1/banks/KNOWN/content", "image/jpeg", photo))
                    .expect(201);
        }
    }

    /**
     * Which are killed.
     *
     * @param all all at once, or one chosen at random
     */
    private record Kills(boolean all, int everyMs, long seed) {}

    private boolean isGood(Kills kills, int seconds, int clients, int pauseMs) throws InterruptedException {
        List<Seen> seen = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Seen own = new Seen();
            seen.add(own);
            threads.add(Thread.ofPlatform().start(() -> send(own, pauseMs)));
        }
        TimeUnit.SECONDS.sleep(WARM_SECONDS);
        print(
                "%s every %d ms for %d s, %d clients, seed %d; %d decoders; server and decoders have %d MB",
                kills.all ? "all killed" : "one killed",
                kills.everyMs,
                seconds,
                clients,
                kills.seed,
                server.decoders().size(),
                server.residentMb());
        counting = true;
        int killed = kill(kills, seconds);
        done = true;
        for (Thread thread : threads) {
            thread.join();
        }
        return isGood(kills.all, killed, seen);
    }

    /** Kills for so long. Returns how many. */
    private int kill(Kills kills, int seconds) throws InterruptedException {
        Random random = new Random(kills.seed);
        long start = System.nanoTime();
        AtomicInteger killed = new AtomicInteger();
        for (int round = 1; ; round++) {
            long due = start + TimeUnit.MILLISECONDS.toNanos((long) round * kills.everyMs);
            if (due - start > TimeUnit.SECONDS.toNanos(seconds)) {
                return killed.get();
            }
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            List<ProcessHandle> decoders = server.decoders();
            if (!kills.all && !decoders.isEmpty()) {
                decoders = List.of(decoders.get(random.nextInt(decoders.size())));
            }
            decoders.stream().filter(ProcessHandle::destroyForcibly).forEach(one -> killed.incrementAndGet());
        }
    }

    private void send(Seen seen, int pauseMs) {
        while (!done) {
            try (Connection connection = new Connection(server.port())) {
                while (!done) {
                    send(connection, seen);
                    TimeUnit.MILLISECONDS.sleep(pauseMs);
                }
            } catch (IOException e) {
                count(seen, Outcome.OTHER, "a connection broke: " + e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void send(Connection connection, Seen seen) throws IOException, InterruptedException {
        long number = uploaded.getAndIncrement();
        Upload upload = uploads.get((int) (number % uploads.size()));
        byte[] file = ByteBuffer.allocate(upload.photo.length + Long.BYTES)
                .put(upload.photo)
                .putLong(number)
                .array();
        byte[] request = Connection.match("image/jpeg", file);
        long start = System.nanoTime();
        Connection.Answer answer = connection.send(request);
        if (answer.status() == 200) {
            boolean right = answer.body().startsWith(upload.right);
            if (right && counting) {
                seen.times.addSince(start);
            }
            count(seen, right ? Outcome.RIGHT : Outcome.WRONG, answer.body());
        } else if (answer.status() == 503) {
            Outcome busy = answer.retryAfterS() > 0 ? Outcome.BUSY : Outcome.BUSY_WITHOUT_RETRY_AFTER;
            count(seen, busy, answer.body());
            TimeUnit.SECONDS.sleep(answer.retryAfterS());
        } else {
            count(seen, Outcome.OTHER, answer.status() + " " + answer.body());
        }
    }

    private void count(Seen seen, Outcome outcome, String said) {
        if (!counting) {
            return;
        }
        if (outcome != Outcome.RIGHT && seen.counts[outcome.ordinal()] == 0) {
            print("  the first of a client: %s", said);
        }
        seen.counts[outcome.ordinal()]++;
    }

    private boolean isGood(boolean all, int killed, List<Seen> seen) {
        long[] counts = new long[Outcome.values().length];
        for (Seen one : seen) {
            for (int i = 0; i < counts.length; i++) {
                counts[i] += one.counts[i];
            }
        }
        long right = counts[Outcome.RIGHT.ordinal()];
        long busy = counts[Outcome.BUSY.ordinal()];
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        Times times = Times.all(seen.stream().map(one -> one.times).toList());
        double share = sum == 0 ? 0 : (double) right / sum;
        double p99 = times.percentile(0.99);
        print(
                "%d kills; %d uploads: right %d (%.2f %%), wrong %d, 503 with Retry-After %d, without %d, other %d",
                killed,
                sum,
                right,
                100 * share,
                counts[Outcome.WRONG.ordinal()],
                busy,
                counts[Outcome.BUSY_WITHOUT_RETRY_AFTER.ordinal()],
                counts[Outcome.OTHER.ordinal()]);
        print("right ones: p50 %.1f ms, p99 %.1f ms, max %.1f ms", times.percentile(0.5), p99, times.percentile(1));
        boolean othersAreBusy = right + busy == sum;
        boolean good = all
                ? share >= LEAST_SHARE_OF_ALL && othersAreBusy
                : share >= LEAST_SHARE_OF_ONE
                        && busy + counts[Outcome.BUSY_WITHOUT_RETRY_AFTER.ordinal()] == 0
                        && p99 <= MOST_P99_MS;
        return good && killed > 0 && server.isAlive();
    }
}
