package org.semblance.bench.load;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Clients;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Counts;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.harness.ServerProcess;
import org.semblance.bench.harness.Times;
import org.semblance.bench.video.MadeVideo;
import org.semblance.server.work.BackgroundThreads;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Tells what uploads of videos do to the answers on images: photos over some connections, first alone, then while other connections
 * send a video again and again, which the server has to write to its disk, decode and look up. Latencies are of photos that were
 * answered with a verdict, as the client sees them.
 *
 * <p>Client and server share the machine. The senders of videos stand for other machines, so their threads give way here, or the
 * cost of sending would be counted as well.
 */
public final class VideoLoadRun {
    private static final int PHOTOS = 16;
    private static final int VIDEO_SECONDS = 40;
    private static final double MOST_P99_RATIO = 2;

    private final int port;
    private final byte[][] photos = new byte[PHOTOS][];
    private final byte[] video;
    private boolean failed;

    private VideoLoadRun(int port, byte[] video) throws IOException {
        this.port = port;
        for (int i = 0; i < PHOTOS; i++) {
            photos[i] = Connection.match("image/jpeg", Photos.shapes(Photos.SEED + i));
        }
        this.video = Connection.match("video/mp4", video);
    }

    @Command(
            name = "video-load",
            description = {
                "Sends photos to a server, first alone, then beside videos.",
                "Fails if any status but 200 and 503 was seen, a photo was refused, a connection broke, not a single video was"
                        + " answered, or the 99th percentile of photos rose to more than twice its value."
            })
    static int load(
            @Parameters(description = "Length of a round.") int seconds,
            @Parameters(description = "Connections that send photos, each as fast as it is answered.")
                    int imageConnections,
            @Parameters(description = "Connections that send the video.") int videoConnections,
            @Parameters(arity = "0..1", description = "An MP4 to send (default: 40 s of 720p H.264, made for it).")
                    @Nullable
                    Path video)
            throws IOException, InterruptedException {
        try (ServerProcess server = ServerProcess.start()) {
            byte[] file = video == null ? MadeVideo.mp4(1_280, 720, VIDEO_SECONDS) : Files.readAllBytes(video);
            VideoLoadRun run = new VideoLoadRun(server.port(), file);
            run.rounds(seconds, imageConnections, videoConnections);
            return run.failed ? 1 : 0;
        }
    }

    private void rounds(int seconds, int imageConnections, int videoConnections)
            throws IOException, InterruptedException {
        print("the video has %.1f MB", video.length / 1e6);
        images("warm-up", Math.max(1, seconds / 2), imageConnections);
        double alone = images("images alone", seconds, imageConnections);

        Counts videos = new Counts();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds + 1L);
        BackgroundThreads threads = new BackgroundThreads("video-sender");
        FutureTask<Times> senders = new FutureTask<>(
                () -> Clients.run(threads, videoConnections, videos, (number, times) -> sendVideos(end, videos)));
        Thread.ofVirtual().start(senders);
        TimeUnit.SECONDS.sleep(1); // Until their first blocks are there.
        double beside = images("images beside videos", seconds, imageConnections);
        String within = videos.toString();
        try {
            senders.get();
        } catch (ExecutionException e) {
            throw new IOException("the videos were not sent", e);
        }
        print(
                "%d connections with videos, answers within the round: %s, in the end: %s; p99 of images %.2f of that alone",
                videoConnections, within, videos, beside / alone);
        failed |= beside > MOST_P99_RATIO * alone;
        failed |= !videos.what().contains("200");
        failed |= !Set.of("200", "503").containsAll(videos.what());
    }

    /** One round. Returns the 99th percentile in milliseconds. */
    private double images(String name, int seconds, int connections) throws InterruptedException {
        Counts counts = new Counts();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        Times all = Clients.run(
                Thread.ofPlatform().factory(),
                connections,
                counts,
                (number, times) -> sendPhotos(number, end, counts, times));
        print(
                "%s, %d connections, %d s: %.0f verdicts/s, p50 %.1f ms, p99 %.1f ms, max %.1f ms; %s",
                name,
                connections,
                seconds,
                all.size() / (double) seconds,
                all.percentile(0.5),
                all.percentile(0.99),
                all.percentile(1),
                counts);
        failed |= !Set.of("200").containsAll(counts.what());
        return all.percentile(0.99);
    }

    private void sendPhotos(int number, long end, Counts counts, Times times) throws IOException {
        try (Connection connection = new Connection(port)) {
            for (int i = number; System.nanoTime() < end; i++) {
                long sent = System.nanoTime();
                Connection.Answer answer = connection.send(photos[i % PHOTOS]);
                counts.add(Integer.toString(answer.status()));
                if (answer.status() == 200) {
                    times.addSince(sent);
                }
            }
        }
    }

    private void sendVideos(long end, Counts counts) throws IOException, InterruptedException {
        try (Connection connection = new Connection(port)) {
            while (System.nanoTime() < end) {
                Connection.Answer answer = connection.send(video);
                counts.add(Integer.toString(answer.status()));
                if (answer.status() == 503) {
                    Thread.sleep(1_000L * answer.retryAfterS());
                }
            }
        }
    }
}
