package org.semblance.bench.hostile;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Counts;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.harness.ServerProcess;
import org.semblance.bench.harness.Times;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Sends damaged files and bombs to a server that decodes in worker processes, and tells what that does to others:
 * photos at a steady pace, first for {@link #QUIET_SECONDS} s alone, then while other connections send a quarter as many sound files,
 * and then while they send the hostile files, each a mutation ({@link Mutator}) of one of the sound ones, or one of the {@link
 * Bombs}. Two connections that send all the time keep both cores of a small machine busy, whatever they send: so photos beside
 * sound files are what photos beside hostile ones are compared with. Another photo is banked, so that every upload is looked up by
 * its features. Memory is the resident memory of the server and of its workers.
 */
public final class HostileLoadRun {
    private static final int QUIET_SECONDS = 20;
    private static final long PHOTO_MILLIS = 50;
    private static final long MOST_SECONDS = 65;
    private static final double MOST_TIMES = 1.5;
    private static final int BOMB_EVERY = 100;

    private final ServerProcess server;
    private final HostileFiles files;
    private final byte[] photo = Connection.match("image/jpeg", Photos.shapes(Photos.SEED));
    private final Counts answers = new Counts();
    private final Map<String, AtomicLong> slowestBombs = new ConcurrentSkipListMap<>();
    private final AtomicLong slowest = new AtomicLong();

    private HostileLoadRun(ServerProcess server, HostileFiles files) throws IOException {
        this.server = server;
        this.files = files;
    }

    @Command(
            name = "hostile",
            description = {
                "Sends damaged files and bombs to a server, and photos beside them, twenty a second.",
                "Fails if an answer was neither 200 nor 503, or took longer than 65 s, a connection broke, a photo got a wrong"
                        + " answer, the 99th percentile of photos is more than 1.5 times what it is beside sound files, or the server"
                        + " is not the same process in the end."
            })
    static int run(
            @Parameters(description = "How many hostile files.") int count,
            @Parameters(
                            paramLabel = "<seed>",
                            arity = "0..1",
                            description = "Of the damages (default: another each time).")
                    @Nullable
                    Long given,
            @Parameters(
                            arity = "0..1",
                            defaultValue = "2",
                            description = "Connections that send them (default: ${DEFAULT-VALUE}).")
                    int connections)
            throws IOException, InterruptedException {
        long seed = given == null ? System.nanoTime() : given;
        try (ServerProcess server = ServerProcess.startReady(Files.createTempDirectory("semblance-bench"))) {
            return new HostileLoadRun(server, new HostileFiles(seed, BOMB_EVERY)).isGood(count, seed, connections)
                    ? 0
                    : 1;
        }
    }

    /** Banks another photo, so that uploads are looked up by their features as well. */
    private void bankAnother() throws IOException {
        try (Connection connection = new Connection(server.port())) {
            connection.send(Connection.post("/v1/banks", "{\"name\":\"OTHER\"}"));
            Connection.Answer added = connection.send(
                    Connection.post("/v1/banks/OTHER/content", "image/jpeg", Photos.shapes(Photos.SEED + 1)));
            if (!added.expect(201).body().contains("\"features\"")) {
                throw new IllegalStateException("no features were banked: " + added.body());
            }
        }
    }

    private boolean isGood(int count, long seed, int connections) throws InterruptedException, IOException {
        bankAnother();
        photos(QUIET_SECONDS / 2, new AtomicBoolean());
        p99("quiet", photos(QUIET_SECONDS, new AtomicBoolean()));
        double besideSound = p99("beside sound files", photosBeside(count / 4, connections, files::sound));
        print("memory before: %s", memory());
        double besideHostile = p99("beside hostile files", photosBeside(count, connections, files::get));
        print(
                "seed %d, %d files over %d connections: %s; slowest answer %.0f ms",
                seed, count, connections, answers, slowest.get() / 1e6);
        slowestBombs.forEach((name, nanos) -> print("  %s: %.0f ms", name, nanos.get() / 1e6));
        print(
                "memory after: %s; p99 of photos beside hostile files %.2f times that beside sound ones",
                memory(), besideHostile / besideSound);
        return besideHostile <= MOST_TIMES * besideSound
                && slowest.get() <= TimeUnit.SECONDS.toNanos(MOST_SECONDS)
                && answers.what().stream().allMatch(what -> what.startsWith("200 ") || what.startsWith("503"))
                && server.handle().isAlive();
    }

    /** The times of photos while so many connections send so many files. */
    private Times photosBeside(int count, int connections, IntFunction<HostileFiles.HostileFile> files)
            throws IOException, InterruptedException {
        AtomicInteger next = new AtomicInteger();
        AtomicBoolean done = new AtomicBoolean();
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            senders.add(Thread.ofPlatform().start(() -> send(next, count, files)));
        }
        Thread watch = Thread.ofPlatform().start(() -> watch(next, count, done));
        Thread end = Thread.ofPlatform().start(() -> {
            senders.forEach(HostileLoadRun::join);
            done.set(true);
        });
        Times times = photos(Integer.MAX_VALUE / 1_000, done);
        join(end);
        join(watch);
        return times;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends photos at a steady pace. Returns the time of each, the wait for one that is late included. */
    private Times photos(int seconds, AtomicBoolean done) throws IOException, InterruptedException {
        Times times = new Times();
        long start = System.nanoTime();
        try (Connection connection = new Connection(server.port())) {
            while (!done.get() && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(seconds)) {
                long due = start + TimeUnit.MILLISECONDS.toNanos(times.size() * PHOTO_MILLIS);
                TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                Connection.Answer answer = connection.send(photo);
                if (answer.status() != 200 || !answer.body().startsWith("{\"verdict\":\"no_match\"")) {
                    answers.add("photo: " + answer.status());
                }
                times.addSince(due);
            }
        }
        return times;
    }

    private static double p99(String what, Times times) {
        double p99 = times.percentile(0.99);
        print(
                "photos, %s: %d, p50 %.1f ms, p99 %.1f ms, max %.1f ms",
                what, times.size(), times.percentile(0.5), p99, times.percentile(1));
        return p99;
    }

    private void send(AtomicInteger next, int count, IntFunction<HostileFiles.HostileFile> files) {
        try (Connection connection = new Connection(server.port())) {
            for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
                HostileFiles.HostileFile file = files.apply(number);
                long start = System.nanoTime();
                Connection.Answer answer = connection.send(Connection.match("application/octet-stream", file.bytes()));
                long took = System.nanoTime() - start;
                slowest.accumulateAndGet(took, Math::max);
                if (!file.bomb().isEmpty()) {
                    slowestBombs
                            .computeIfAbsent(file.bomb(), name -> new AtomicLong())
                            .accumulateAndGet(took, Math::max);
                }
                answers.add(answer.status() + " " + verdict(answer.body()));
            }
        } catch (IOException | RuntimeException e) {
            answers.add("broken connection: " + e);
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
                print("memory after %d files: %s", next.get(), memory());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String memory() {
        return "server " + server.residentMb() + " MB, workers " + server.residentMbOfWorkers() + " MB";
    }
}
