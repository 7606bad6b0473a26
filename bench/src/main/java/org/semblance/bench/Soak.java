package org.semblance.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.semblance.hashdb.hash.Hash256;

/**
 * Keeps a server busy below its capacity for a long time and tells whether anything grows.
 *
 * <p>{@code Soak MINUTES [SHARE]} starts a server as {@link LoadRun} does, measures how many photos a second it answers over
 * {@value #CONNECTIONS} connections, and then sends {@code SHARE} (0.7) of that at a steady rate. Beside it, {@value
 * #CHANGES_A_SECOND} times a second, a hash is banked and must match at once, and one that was banked before is withdrawn and
 * must be gone at once; and every {@value #VIDEO_PERIOD_S} s a video is sent. Every {@value #SAMPLE_PERIOD_S} s the resident
 * memory and the open files of the server and the processes below it are noted.
 *
 * <p>Fails with exit status 1 if any answer was not as expected, 503 included, or if in the last two thirds the memory or the
 * open files grew: if the mean of the last quarter of that time is more than {@value #MOST_GROWTH} times that of its first.
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
    private static final long SEED = 20_170_425;
    private static final Pattern CONTENT_ID = Pattern.compile("\"(?:content_)?id\":(\\d+)");

    private final PrintStream out = System.out;
    private final int port;
    private final long pid;
    private final byte[][] photos = new byte[PHOTOS][];
    private final byte[] video;
    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
    private final List<Sample> samples = new ArrayList<>();

    private record Sample(long residentKb, long files) {}

    private Soak(int port, long pid) throws IOException {
        this.port = port;
        this.pid = pid;
        Path file = Files.createTempFile("semblance-soak", ".mp4");
        VideoBenchmark.write(file, "mp4", 1_280, 720, VIDEO_SECONDS);
        this.video = LoadRun.request("/v1/match", "video/mp4", Files.readAllBytes(file));
        Files.delete(file);
    }

    /** Runs it. */
    public static void main(String[] args) throws Exception {
        Usage.require(args, 1, "MINUTES [SHARE]");
        double minutes = Double.parseDouble(args[0]);
        double share = args.length > 1 ? Double.parseDouble(args[1]) : 0.7;
        Process server = LoadRun.startServer();
        boolean isGood;
        try (BufferedReader answers =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            String port = answers.readLine();
            if (port == null) {
                throw new IllegalStateException("the server did not start");
            }
            isGood = new Soak(Integer.parseInt(port), server.pid()).run(minutes, share);
        } finally {
            server.destroyForcibly();
        }
        System.exit(isGood ? 0 : 1);
    }

    private boolean run(double minutes, double share) throws IOException, InterruptedException {
        prepare();
        photos(CAPACITY_SECONDS / 2, 0);
        double capacity = photos(CAPACITY_SECONDS, 0);
        out.printf(Locale.ROOT, "%d connections: %.0f photos a second%n", CONNECTIONS, capacity);
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
        out.printf(Locale.ROOT, "%.0f minutes at %.0f photos a second: %s%n", minutes, rate, counts);
        boolean isFlat = isFlat(
                "resident memory in MB",
                samples.stream().mapToLong(s -> s.residentKb / 1_000).toArray());
        isFlat &= isFlat("open files", samples.stream().mapToLong(Sample::files).toArray());
        return isFlat && counts.keySet().stream().allMatch(what -> what.startsWith("ok "));
    }

    private void prepare() throws IOException {
        try (LoadRun.Connection connection = new LoadRun.Connection(port)) {
            byte[] bank = "{\"name\":\"SOAK\"}".getBytes(StandardCharsets.UTF_8);
            expect("bank", 201, connection.send(LoadRun.request("/v1/banks", "application/json", bank)));
            for (int i = 0; i < PHOTOS; i++) {
                byte[] photo = LoadRun.photo(SEED + i);
                photos[i] = LoadRun.request("/v1/match", "image/jpeg", photo);
                if (i % 2 == 0) {
                    byte[] known = Arrays.copyOf(photo, photo.length + 1);
                    expect(
                            "banked",
                            201,
                            connection.send(LoadRun.request("/v1/banks/SOAK/content", "image/jpeg", known)));
                }
            }
        }
        counts.clear();
    }

    private boolean expect(String what, int status, LoadRun.Answer answer) {
        boolean isExpected = answer.status() == status;
        LoadRun.count(counts, isExpected ? "ok " + what : what + " was " + answer.status());
        return isExpected;
    }

    /** Sends photos, so many a second or, for 0, as many as are answered; how many a second it came to. */
    private double photos(long seconds, double rate) throws InterruptedException {
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        AtomicLong sent = new AtomicLong();
        Thread[] clients = new Thread[CONNECTIONS];
        for (int i = 0; i < CONNECTIONS; i++) {
            clients[i] = Thread.ofPlatform().start(() -> client(sent, start, end, rate));
        }
        for (Thread client : clients) {
            client.join();
        }
        return sent.get() / ((System.nanoTime() - start) / 1e9);
    }

    private void client(AtomicLong sent, long start, long end, double rate) {
        try (LoadRun.Connection connection = new LoadRun.Connection(port)) {
            while (System.nanoTime() < end) {
                long number = sent.getAndIncrement();
                if (rate > 0) {
                    TimeUnit.NANOSECONDS.sleep(start + (long) (number / rate * 1e9) - System.nanoTime());
                }
                int photo = (int) (number % PHOTOS);
                LoadRun.Answer answer = connection.send(photos[photo]);
                String verdict = photo % 2 == 0 ? "match" : "no_match";
                if (expect("photo", 200, answer) && !answer.body().startsWith("{\"verdict\":\"" + verdict + "\"")) {
                    LoadRun.count(counts, "wrong verdict on a photo");
                }
            }
        } catch (IOException e) {
            LoadRun.count(counts, "broken connection: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void changes(long end) {
        SplittableRandom random = new SplittableRandom(SEED);
        Deque<Banked> banked = new ArrayDeque<>();
        try (LoadRun.Connection connection = new LoadRun.Connection(port)) {
            while (System.nanoTime() < end) {
                long start = System.nanoTime();
                Hash256 hash = new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
                byte[] body = ("{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash.toHex() + "\",\"quality\":100}]}")
                        .getBytes(StandardCharsets.UTF_8);
                LoadRun.Answer answer =
                        connection.send(LoadRun.request("/v1/banks/SOAK/content", "application/json", body));
                Matcher id = CONTENT_ID.matcher(answer.body());
                if (expect("banked", 201, answer) && id.find()) {
                    banked.add(new Banked(hash, Long.parseLong(id.group(1))));
                    check(connection, hash, true);
                }
                if (banked.size() > LIFE) {
                    Banked old = banked.remove();
                    byte[] delete = ("DELETE /v1/banks/SOAK/content/" + old.id + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII);
                    expect("withdrawn", 200, connection.send(delete));
                    check(connection, old.hash, false);
                }
                TimeUnit.NANOSECONDS.sleep(start + TimeUnit.SECONDS.toNanos(1) / CHANGES_A_SECOND - System.nanoTime());
            }
        } catch (IOException e) {
            LoadRun.count(counts, "broken connection of changes: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private record Banked(Hash256 hash, long id) {}

    private void check(LoadRun.Connection connection, Hash256 hash, boolean isThere) throws IOException {
        byte[] body = ("[\"" + hash.toHex() + "\"]").getBytes(StandardCharsets.UTF_8);
        LoadRun.Answer answer = connection.send(LoadRun.request("/v1/lookup", "application/json", body));
        if (expect("lookup", 200, answer) && answer.body().contains("\"verdict\":\"match\"") != isThere) {
            LoadRun.count(counts, isThere ? "banked and not found" : "withdrawn and found");
        }
    }

    private void videos(long end) {
        try (LoadRun.Connection connection = new LoadRun.Connection(port)) {
            while (System.nanoTime() < end) {
                expect("video", 200, connection.send(video));
                long left = TimeUnit.NANOSECONDS.toSeconds(end - System.nanoTime());
                TimeUnit.SECONDS.sleep(Math.clamp(left, 0, VIDEO_PERIOD_S));
            }
        } catch (IOException e) {
            LoadRun.count(counts, "broken connection of videos: " + e.getMessage());
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
                    out.printf(
                            Locale.ROOT,
                            "%4d s: %d MB resident, %d open files%n",
                            (samples.size() - 1) * SAMPLE_PERIOD_S,
                            sample.residentKb / 1_000,
                            sample.files);
                }
                TimeUnit.SECONDS.sleep(SAMPLE_PERIOD_S);
            }
        } catch (IOException e) {
            LoadRun.count(counts, "not sampled: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Of the server and what it has started; pages that they share count once a process. */
    private Sample sample() throws IOException {
        long resident = 0;
        long files = 0;
        ProcessHandle server = ProcessHandle.of(pid).orElseThrow(() -> new IOException("the server is gone"));
        for (ProcessHandle process :
                Stream.concat(Stream.of(server), server.descendants()).toList()) {
            Path folder = Path.of("/proc", Long.toString(process.pid()));
            try (Stream<Path> open = Files.list(folder.resolve("fd"))) {
                files += open.count();
                resident += LoadRun.residentKb(process.pid());
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
        out.printf(
                Locale.ROOT,
                "%s in the last two thirds: first quarter %.0f, last quarter %.0f, %.1f %% more%n",
                what,
                first,
                last,
                100 * (last / first - 1));
        return last <= MOST_GROWTH * first;
    }
}
