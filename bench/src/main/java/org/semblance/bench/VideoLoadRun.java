package org.semblance.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
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
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.semblance.server.work.BackgroundThreads;

/**
 * Tells what uploads of videos do to the answers on images.
 *
 * <p>{@code VideoLoadRun SECONDS IMAGE_CONNECTIONS VIDEO_CONNECTIONS [VIDEO]} starts a server as {@link LoadRun} does,
 * and sends photos over that many connections, each as fast as it is answered: first alone, then while other connections
 * send a video again and again (40 s of 720p H.264 that it makes, if none is given), which the server has to write to its disk, decode and look up. Latencies
 * are of photos that were answered with a verdict, as the client sees them.
 *
 * <p>Client and server share the machine. The senders of videos stand for other machines, so their threads give way
 * here, or the cost of sending would be counted as well.
 *
 * <p>Fails with exit status 1 if any status but 200 and 503 was seen, a photo was refused, a connection broke, not a
 * single video was answered, or the 99th percentile of images rose to more than twice its value.
 */
public final class VideoLoadRun {
    private static final int PHOTOS = 16;
    private static final long SEED = 20_170_425;
    private static final int VIDEO_SECONDS = 40;
    private static final double MOST_P99_RATIO = 2;

    private final PrintStream out = System.out;
    private final int port;
    private final byte[][] photos = new byte[PHOTOS][];
    private final byte[] video;
    private boolean failed;

    /** @param video one that is there, or null to make one */
    private VideoLoadRun(int port, @Nullable Path video) throws IOException {
        this.port = port;
        for (int i = 0; i < PHOTOS; i++) {
            photos[i] = LoadRun.request("/v1/match", "image/jpeg", LoadRun.photo(SEED + i));
        }
        Path file = video == null ? Files.createTempFile("semblance-load", ".mp4") : video;
        if (video == null) {
            VideoBenchmark.write(file, "mp4", 1_280, 720, VIDEO_SECONDS);
        }
        this.video = LoadRun.request("/v1/match", "video/mp4", Files.readAllBytes(file));
        if (video == null) {
            Files.delete(file);
        }
    }

    /** Runs the two rounds. */
    public static void main(String[] args) throws Exception {
        Usage.require(args, 3, "SECONDS IMAGE_CONNECTIONS VIDEO_CONNECTIONS [VIDEO]");
        int seconds = Integer.parseInt(args[0]);
        Process server = LoadRun.startServer();
        boolean failed;
        try (BufferedReader answers =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            String port = answers.readLine();
            if (port == null) {
                throw new IllegalStateException("the server did not start");
            }
            VideoLoadRun run = new VideoLoadRun(Integer.parseInt(port), args.length > 3 ? Path.of(args[3]) : null);
            run.rounds(seconds, Integer.parseInt(args[1]), Integer.parseInt(args[2]));
            failed = run.failed;
        } finally {
            server.destroyForcibly();
        }
        System.exit(failed ? 1 : 0);
    }

    private void rounds(int seconds, int imageConnections, int videoConnections) throws Exception {
        out.printf(Locale.ROOT, "the video has %.1f MB%n", video.length / 1e6);
        images("warm-up", Math.max(1, seconds / 2), imageConnections);
        double alone = images("images alone", seconds, imageConnections);

        Map<String, LongAdder> videos = new ConcurrentSkipListMap<>();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds + 1L);
        BackgroundThreads threads = new BackgroundThreads("video-sender");
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < videoConnections; i++) {
            Thread sender = threads.newThread(() -> sendVideos(end, videos));
            sender.start();
            senders.add(sender);
        }
        TimeUnit.SECONDS.sleep(1); // Until their first blocks are there.
        double beside = images("images beside videos", seconds, imageConnections);
        String within = videos.toString();
        for (Thread sender : senders) {
            sender.join();
        }
        out.printf(
                Locale.ROOT,
                "%d connections with videos, answers within the round: %s, in the end: %s; p99 of images %.2f of that"
                        + " alone%n",
                videoConnections,
                within,
                videos,
                beside / alone);
        failed |= beside > MOST_P99_RATIO * alone;
        failed |= !videos.containsKey("200");
        failed |= videos.keySet().stream().anyMatch(what -> !what.equals("200") && !what.equals("503"));
    }

    /** One round. Returns the 99th percentile in milliseconds. */
    private double images(String name, int seconds, int connections) throws InterruptedException {
        Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
        long[][] latencies = new long[connections][];
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        Thread[] clients = new Thread[connections];
        for (int i = 0; i < connections; i++) {
            int number = i;
            clients[i] = Thread.ofPlatform().start(() -> latencies[number] = sendPhotos(number, end, counts));
        }
        for (Thread client : clients) {
            client.join();
        }
        long[] all =
                Arrays.stream(latencies).flatMapToLong(Arrays::stream).sorted().toArray();
        double p99 = LoadRun.percentile(all, 0.99);
        out.printf(
                Locale.ROOT,
                "%s, %d connections, %d s: %.0f verdicts/s, p50 %.1f ms, p99 %.1f ms, max %.1f ms; %s%n",
                name,
                connections,
                seconds,
                all.length / (double) seconds,
                LoadRun.percentile(all, 0.5),
                p99,
                LoadRun.percentile(all, 1),
                counts);
        failed |= counts.keySet().stream().anyMatch(what -> !what.equals("200"));
        return p99;
    }

    private long[] sendPhotos(int number, long end, Map<String, LongAdder> counts) {
        long[] latencies = new long[1_024];
        int verdicts = 0;
        try (LoadRun.Connection connection = new LoadRun.Connection(port)) {
            for (int i = number; System.nanoTime() < end; i++) {
                long sent = System.nanoTime();
                LoadRun.Answer answer = connection.send(photos[i % PHOTOS]);
                LoadRun.count(counts, Integer.toString(answer.status()));
                if (answer.status() == 200) {
                    if (verdicts == latencies.length) {
                        latencies = Arrays.copyOf(latencies, 2 * verdicts);
                    }
                    latencies[verdicts++] = System.nanoTime() - sent;
                }
            }
        } catch (IOException e) {
            LoadRun.count(counts, "broken connection: " + e.getMessage());
        }
        return Arrays.copyOf(latencies, verdicts);
    }

    private void sendVideos(long end, Map<String, LongAdder> counts) {
        try (LoadRun.Connection connection = new LoadRun.Connection(port)) {
            while (System.nanoTime() < end) {
                LoadRun.Answer answer = connection.send(video);
                LoadRun.count(counts, Integer.toString(answer.status()));
                if (answer.status() == 503) {
                    Thread.sleep(1_000L * answer.retryAfterS());
                }
            }
        } catch (IOException e) {
            LoadRun.count(counts, "broken connection: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
