package org.semblance.bench.load;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Clients;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Counts;
import org.semblance.bench.harness.Memory;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.harness.ServerProcess;
import org.semblance.bench.video.MadeVideo;
import org.semblance.hashdb.hash.Hash256;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Keeps a server busy below its capacity for a long time and tells whether anything grows.
 *
 * <p>Measures how many photos a second a server answers over {@value #CONNECTIONS} connections, and then sends a share of that at a
 * steady rate. Beside it, {@value
 * #CHANGES_A_SECOND} times a second, a hash is banked and must match at once, and one that was banked before is withdrawn and
 * must be gone at once; and every {@value #VIDEO_PERIOD_S} s a video is sent. Every {@value #SAMPLE_PERIOD_S} s the resident
 * memory and the open files of the server and the processes below it are noted.
 */
public final class Soak {
    private static final int CONNECTIONS = 16;
    private static final int PHOTOS = 32;
    private static final int CAPACITY_SECONDS = 20;
    private static final int CHANGES_A_SECOND = 5;
    private static final int LIFE = 100;
    private static final int VIDEO_PERIOD_S = 20;
    private static final int VIDEO_SECONDS = 20;
    private static final int SAMPLE_PERIOD_S = 10;
    private static final double MOST_GROWTH = 1.05;
    private static final Pattern CONTENT_ID = Pattern.compile("\"(?:content_)?id\":(\\d+)");

    private final ServerProcess server;
    private final byte[][] photos;
    private final byte[] video = Connection.match("video/mp4", MadeVideo.mp4(1_280, 720, VIDEO_SECONDS));
    private final Counts counts = new Counts();
    private final List<Sample> samples = new ArrayList<>();

    private record Sample(long residentKb, long files) {}

    private Soak(ServerProcess server) throws IOException {
        this.server = server;
        this.photos = LoadRun.bankHalf(server.port(), "SOAK", PHOTOS);
    }

    @Command(
            name = "soak",
            description = {
                "Keeps a server busy below its capacity with photos, changes and videos.",
                "Fails if any answer was not as expected, 503 included, or if in the last two thirds the memory or the open files"
                        + " grew: if the mean of the last quarter of that time is more than 1.05 times that of its first."
            })
    static int soak(
            @Parameters(description = "How long.") double minutes,
            @Parameters(
                            arity = "0..1",
                            defaultValue = "0.7",
                            description = "Share of the capacity to use (default: ${DEFAULT-VALUE}).")
                    double share)
            throws IOException, InterruptedException {
        try (ServerProcess server = ServerProcess.start()) {
            return new Soak(server).run(minutes, share) ? 0 : 1;
        }
    }

    private boolean run(double minutes, double share) throws IOException, InterruptedException {
        photos(CAPACITY_SECONDS / 2, 0);
        double capacity = photos(CAPACITY_SECONDS, 0);
        print("%d connections: %.0f photos a second", CONNECTIONS, capacity);
        long seconds = Math.round(60 * minutes);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        List<Thread> beside = List.of(
                Thread.ofPlatform().start(() -> changes(end)),
                Thread.ofPlatform().start(() -> videos(end)),
                Thread.ofPlatform().start(() -> sample(end)));
        double rate = photos(seconds, share * capacity);
        for (Thread thread : beside) {
            thread.join();
        }
        print("%.0f minutes at %.0f photos a second: %s", minutes, rate, counts);
        boolean isFlat = isFlat(
                "resident memory in MB",
                samples.stream().mapToLong(s -> s.residentKb / 1_000).toArray());
        isFlat &= isFlat("open files", samples.stream().mapToLong(Sample::files).toArray());
        return isFlat && counts.what().stream().allMatch(what -> what.startsWith("ok "));
    }

    private boolean expect(String what, int status, Connection.Answer answer) {
        boolean isExpected = answer.status() == status;
        counts.add(isExpected ? "ok " + what : what + " was " + answer.status());
        return isExpected;
    }

    /** Sends photos, so many a second or, for 0, as many as are answered; how many a second it came to. */
    private double photos(long seconds, double rate) throws InterruptedException {
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        AtomicLong sent = new AtomicLong();
        Clients.run(
                Thread.ofPlatform().factory(), CONNECTIONS, counts, (number, times) -> client(sent, start, end, rate));
        return sent.get() / ((System.nanoTime() - start) / 1e9);
    }

    private void client(AtomicLong sent, long start, long end, double rate) throws IOException, InterruptedException {
        try (Connection connection = new Connection(server.port())) {
            while (System.nanoTime() < end) {
                long number = sent.getAndIncrement();
                if (rate > 0) {
                    TimeUnit.NANOSECONDS.sleep(start + (long) (number / rate * 1e9) - System.nanoTime());
                }
                int photo = (int) (number % PHOTOS);
                Connection.Answer answer = connection.send(photos[photo]);
                if (expect("photo", 200, answer) && !LoadRun.isRight(photo, answer)) {
                    counts.add("wrong verdict on a photo");
                }
            }
        }
    }

    private void changes(long end) {
        SplittableRandom random = new SplittableRandom(Photos.SEED);
        Deque<Added> banked = new ArrayDeque<>();
        try (Connection connection = new Connection(server.port())) {
            while (System.nanoTime() < end) {
                long start = System.nanoTime();
                Hash256 hash = Banked.hash(random);
                String body = "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash.toHex() + "\",\"quality\":100}]}";
                Connection.Answer answer = connection.send(Connection.post("/v1/banks/SOAK/content", body));
                Matcher id = CONTENT_ID.matcher(answer.body());
                if (expect("banked", 201, answer) && id.find()) {
                    banked.add(new Added(hash, Long.parseLong(id.group(1))));
                    check(connection, hash, true);
                }
                if (banked.size() > LIFE) {
                    Added old = banked.remove();
                    byte[] delete = ("DELETE /v1/banks/SOAK/content/" + old.id + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII);
                    expect("withdrawn", 200, connection.send(delete));
                    check(connection, old.hash, false);
                }
                TimeUnit.NANOSECONDS.sleep(start + TimeUnit.SECONDS.toNanos(1) / CHANGES_A_SECOND - System.nanoTime());
            }
        } catch (IOException e) {
            counts.add("broken connection of changes: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private record Added(Hash256 hash, long id) {}

    private void check(Connection connection, Hash256 hash, boolean isThere) throws IOException {
        String body = "[\"" + hash.toHex() + "\"]";
        Connection.Answer answer = connection.send(Connection.post("/v1/lookup", body));
        if (expect("lookup", 200, answer) && answer.body().contains("\"verdict\":\"match\"") != isThere) {
            counts.add(isThere ? "banked and not found" : "withdrawn and found");
        }
    }

    private void videos(long end) {
        try (Connection connection = new Connection(server.port())) {
            while (System.nanoTime() < end) {
                expect("video", 200, connection.send(video));
                long left = TimeUnit.NANOSECONDS.toSeconds(end - System.nanoTime());
                TimeUnit.SECONDS.sleep(Math.clamp(left, 0, VIDEO_PERIOD_S));
            }
        } catch (IOException e) {
            counts.add("broken connection of videos: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void sample(long end) {
        try {
            while (System.nanoTime() < end) {
                Sample sample = sample();
                samples.add(sample);
                if (samples.size() % 12 == 1) {
                    print(
                            "%4d s: %d MB resident, %d open files",
                            (samples.size() - 1) * SAMPLE_PERIOD_S, sample.residentKb / 1_000, sample.files);
                }
                TimeUnit.SECONDS.sleep(SAMPLE_PERIOD_S);
            }
        } catch (IOException e) {
            counts.add("not sampled: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Of the server and what it has started; pages that they share count once a process. */
    private Sample sample() throws IOException {
        long resident = 0;
        long files = 0;
        for (ProcessHandle process : Stream.concat(
                        Stream.of(server.handle()), server.handle().descendants())
                .toList()) {
            Path folder = Path.of("/proc", Long.toString(process.pid()));
            try (Stream<Path> open = Files.list(folder.resolve("fd"))) {
                files += open.count();
                resident += Memory.residentKb(process.pid());
            } catch (IOException e) {
                if (process.isAlive()) {
                    throw e;
                }
            }
        }
        return new Sample(resident, files);
    }

    /** Compares the first and the last quarter of the last two thirds. */
    private boolean isFlat(String what, long[] values) {
        long[] late = Arrays.copyOfRange(values, values.length / 3, values.length);
        int quarter = Math.max(1, late.length / 4);
        double first = Arrays.stream(late, 0, quarter).average().orElse(0);
        double last = Arrays.stream(late, late.length - quarter, late.length)
                .average()
                .orElse(0);
        print(
                "%s in the last two thirds: first quarter %.0f, last quarter %.0f, %.1f %% more",
                what, first, last, 100 * (last / first - 1));
        return last <= MOST_GROWTH * first;
    }
}
