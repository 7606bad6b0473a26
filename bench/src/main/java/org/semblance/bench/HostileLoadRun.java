package org.semblance.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.semblance.server.MatchServer;
import org.semblance.server.config.Isolation;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;

/**
 * Sends damaged files and bombs to a server that decodes in worker processes, and tells what that does to others.
 *
 * <p>{@code HostileLoadRun FILES [SEED [CONNECTIONS]]} starts a server in a JVM of its own and sends it a photo twenty times a
 * second: first for {@link #QUIET_SECONDS} s alone, then while other connections send so many files, each a mutation
 * ({@link Mutator}) of a JPEG, PNG, WebP, GIF or MP4, or one of the {@link Bombs}. Another photo is banked, so
 * that every upload is looked up by its features. Memory is the resident memory of the server and of its workers.
 *
 * <p>Fails with exit status 1 if an answer was neither 200 nor 503, or took longer than {@link #MOST_SECONDS} s, a
 * connection broke, a photo got a wrong answer, the 99th percentile of photos rose by more than {@link #MOST_MORE_MS} ms, or
 * the server is not the same process in the end.
 */
public final class HostileLoadRun {
    private static final int QUIET_SECONDS = 20;
    private static final long PHOTO_MILLIS = 50;
    private static final long MOST_SECONDS = 65;
    private static final double MOST_MORE_MS = 20;
    private static final int BOMB_EVERY = 100;
    private static final long SEED = 20_170_425;

    private final PrintStream out = System.out;
    private final int port;
    private final Process server;
    private final byte[] photo;
    private final HostileFiles files;
    private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();
    private final Map<String, AtomicLong> slowestBombs = new ConcurrentSkipListMap<>();
    private final AtomicLong slowest = new AtomicLong();
    private boolean failed;

    private HostileLoadRun(int port, Process server, HostileFiles files) throws IOException {
        this.port = port;
        this.server = server;
        this.files = files;
        this.photo = LoadRun.request("/v1/match", "image/jpeg", LoadRun.photo(SEED));
    }

    /** The server's own JVM: serves until its standard input ends. */
    static final class Target {
        private Target() {}

        public static void main(String[] args) throws IOException {
            try (MatchServer server = MatchServer.start(ServerConfig.builder(Path.of(args[0]))
                    .set(Setting.PORT, 0)
                    .set(Setting.ISOLATION, Isolation.WORKERS)
                    .build())) {
                server.warmUp();
                System.out.println(server.port());
                while (System.in.read() >= 0) {
                    // Only the end matters.
                }
            }
        }
    }

    /** Runs it. */
    public static void main(String[] args) throws Exception {
        Usage.require(args, 1, "FILES [SEED [CONNECTIONS]]");
        int count = Integer.parseInt(args[0]);
        long seed = args.length > 1 ? Long.parseLong(args[1]) : System.nanoTime();
        int connections = args.length > 2 ? Integer.parseInt(args[2]) : 2;
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Target.class.getName()));
        command.add(Files.createTempDirectory("semblance-hostile").toString());
        Process server = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        boolean failed;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            String port = lines.readLine();
            if (port == null) {
                throw new IllegalStateException("the server did not start");
            }
            HostileLoadRun run = new HostileLoadRun(Integer.parseInt(port), server, new HostileFiles(seed, BOMB_EVERY));
            failed = !run.run(count, seed, connections);
        } finally {
            server.destroyForcibly();
        }
        System.exit(failed ? 1 : 0);
    }

    /** Banks another photo, so that uploads are looked up by their features as well. */
    private void bankAnother() throws IOException {
        byte[] bank = "{\"name\":\"OTHER\"}".getBytes(StandardCharsets.UTF_8);
        try (LoadRun.Connection connection = new LoadRun.Connection(port)) {
            connection.send(LoadRun.request("/v1/banks", "application/json", bank));
            LoadRun.Answer added =
                    connection.send(LoadRun.request("/v1/banks/OTHER/content", "image/jpeg", LoadRun.photo(SEED + 1)));
            if (added.status() != 201 || !added.body().contains("\"features\"")) {
                throw new IllegalStateException("nothing was banked: " + added);
            }
        }
    }

    private boolean run(int count, long seed, int connections) throws InterruptedException, IOException {
        bankAnother();
        photos(QUIET_SECONDS / 2, new AtomicBoolean());
        double quiet = p99("quiet", photos(QUIET_SECONDS, new AtomicBoolean()));
        out.printf(Locale.ROOT, "memory before: %s%n", memory());
        AtomicInteger next = new AtomicInteger();
        AtomicBoolean done = new AtomicBoolean();
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            senders.add(Thread.ofPlatform().start(() -> send(next, count)));
        }
        Thread watch = Thread.ofPlatform().start(() -> watch(next, count, done));
        Thread end = Thread.ofPlatform().start(() -> {
            senders.forEach(HostileLoadRun::join);
            done.set(true);
        });
        double beside = p99("beside hostile files", photos(Integer.MAX_VALUE / 1_000, done));
        join(end);
        join(watch);
        out.printf(
                Locale.ROOT,
                "seed %d, %d files over %d connections: %s; slowest answer %.0f ms%n",
                seed,
                count,
                connections,
                answers,
                slowest.get() / 1e6);
        slowestBombs.forEach((name, nanos) -> out.printf(Locale.ROOT, "  %s: %.0f ms%n", name, nanos.get() / 1e6));
        out.printf(Locale.ROOT, "memory after: %s; p99 of photos %+.1f ms%n", memory(), beside - quiet);
        failed |= beside - quiet > MOST_MORE_MS || slowest.get() > TimeUnit.SECONDS.toNanos(MOST_SECONDS);
        failed |= answers.keySet().stream().anyMatch(what -> !what.startsWith("200 ") && !what.startsWith("503"));
        failed |= !server.isAlive();
        return !failed;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends photos at a steady pace. Returns the sorted nanoseconds of each, the wait for one that is late included. */
    private long[] photos(int seconds, AtomicBoolean done) throws IOException, InterruptedException {
        long[] taken = new long[1_024];
        int count = 0;
        long start = System.nanoTime();
        try (LoadRun.Connection connection = new LoadRun.Connection(port)) {
            while (!done.get() && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(seconds)) {
                long due = start + TimeUnit.MILLISECONDS.toNanos(count * PHOTO_MILLIS);
                TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                LoadRun.Answer answer = connection.send(photo);
                if (answer.status() != 200 || !answer.body().startsWith("{\"verdict\":\"no_match\"")) {
                    LoadRun.count(answers, "photo: " + answer.status());
                }
                if (count == taken.length) {
                    taken = Arrays.copyOf(taken, 2 * count);
                }
                taken[count++] = System.nanoTime() - due;
            }
        }
        return Arrays.stream(taken, 0, count).sorted().toArray();
    }

    private double p99(String what, long[] taken) {
        double p99 = LoadRun.percentile(taken, 0.99);
        out.printf(
                Locale.ROOT,
                "photos, %s: %d, p50 %.1f ms, p99 %.1f ms, max %.1f ms%n",
                what,
                taken.length,
                LoadRun.percentile(taken, 0.5),
                p99,
                LoadRun.percentile(taken, 1));
        return p99;
    }

    private void send(AtomicInteger next, int count) {
        try (LoadRun.Connection connection = new LoadRun.Connection(port)) {
            for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
                HostileFiles.HostileFile file = files.get(number);
                long start = System.nanoTime();
                LoadRun.Answer answer =
                        connection.send(LoadRun.request("/v1/match", "application/octet-stream", file.bytes()));
                long took = System.nanoTime() - start;
                slowest.accumulateAndGet(took, Math::max);
                if (!file.bomb().isEmpty()) {
                    slowestBombs
                            .computeIfAbsent(file.bomb(), name -> new AtomicLong())
                            .accumulateAndGet(took, Math::max);
                }
                LoadRun.count(answers, answer.status() + " " + verdict(answer.body()));
            }
        } catch (IOException | RuntimeException e) {
            LoadRun.count(answers, "broken connection: " + e);
        }
    }

    private static String verdict(String body) {
        int from = body.indexOf("\"verdict\":\"");
        return from < 0 ? "" : body.substring(from + 11, body.indexOf('"', from + 11));
    }

    /** Prints the memory at each quarter. */
    private void watch(AtomicInteger next, int count, AtomicBoolean done) {
        try {
            for (int quarter = 1; quarter <= 3; quarter++) {
                while (!done.get() && next.get() < (long) count * quarter / 4) {
                    TimeUnit.MILLISECONDS.sleep(200);
                }
                out.printf(Locale.ROOT, "memory after %d files: %s%n", next.get(), memory());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String memory() {
        List<Long> workers;
        try (Stream<ProcessHandle> children = server.toHandle().children()) {
            workers = children.map(child -> residentMb(child.pid())).toList();
        }
        return "server " + residentMb(server.pid()) + " MB, workers " + workers + " MB";
    }

    /** From Linux's /proc; 0 elsewhere, or if it is gone. */
    private static long residentMb(long pid) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) / 1_000;
                }
            }
        } catch (IOException e) {
            return 0;
        }
        return 0;
    }
}
