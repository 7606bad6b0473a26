package org.semblance.bench.load;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.semblance.bench.harness.Clients;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Counts;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.harness.ServerProcess;
import org.semblance.bench.harness.Times;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Sends photos to a server over many connections and tells what came back.
 *
 * <p>Each connection sends one photo after the other as fast as it is answered, and waits for as long as {@code Retry-After} says
 * when it is refused. Latencies are of requests that were answered with a verdict, as the client sees them. Client and server share
 * the machine, so the rate is a lower bound.
 */
public final class LoadRun {
    private static final int PHOTOS = 32;
    private static final int MOST_SECONDS_TO_STOP = 5;

    private final ServerProcess server;
    private final byte[][] requests;
    private boolean failed;

    private LoadRun(ServerProcess server) throws IOException {
        this.server = server;
        this.requests = bankHalf(server.port(), "LOAD", PHOTOS);
    }

    @Command(
            name = "load",
            description = {
                "Sends photos to a server with an empty database that has half of them banked: one round for each number of"
                        + " connections.",
                "Fails if any status but 200 and 503 was seen, a connection broke, a verdict was wrong, or the server took longer"
                        + " than 5 s to stop."
            })
    static int load(
            @Parameters(description = "Length of a round.") int seconds,
            @Parameters(arity = "1..*", description = "One round for each of these numbers.") int[] connections)
            throws IOException, InterruptedException {
        try (ServerProcess server = ServerProcess.start()) {
            LoadRun run = new LoadRun(server);
            for (int some : connections) {
                run.round(some, seconds);
            }
            run.stop();
            return run.failed ? 1 : 0;
        }
    }

    /**
     * Makes photos and banks every second one.
     *
     * @return the requests that have them matched
     */
    static byte[][] bankHalf(int port, String bank, int photos) throws IOException {
        byte[][] requests = new byte[photos][];
        long bytes = 0;
        try (Connection connection = new Connection(port)) {
            connection
                    .send(Connection.post("/v1/banks", "{\"name\":\"" + bank + "\"}"))
                    .expect(201);
            for (int i = 0; i < photos; i++) {
                byte[] photo = Photos.shapes(Photos.SEED + i);
                bytes += photo.length;
                requests[i] = Connection.match("image/jpeg", photo);
                if (i % 2 == 0) {
                    // Another file of the same picture, so that the match is by its hash and everything is decoded.
                    byte[] known = Arrays.copyOf(photo, photo.length + 1);
                    connection
                            .send(Connection.post("/v1/banks/" + bank + "/content", "image/jpeg", known))
                            .expect(201);
                }
            }
        }
        print(
                "%d photos of %dx%d, %d kB on average, every second one banked; seed %d",
                photos, Photos.WIDTH, Photos.HEIGHT, bytes / photos / 1_000, Photos.SEED);
        return requests;
    }

    /** Whether the verdict on the photo of that number is right, of those of {@link #bankHalf}. */
    static boolean isRight(int photo, Connection.Answer answer) {
        return answer.body().startsWith(photo % 2 == 0 ? "{\"verdict\":\"match\"" : "{\"verdict\":\"no_match\"");
    }

    private void round(int connections, int seconds) throws InterruptedException {
        Counts counts = new Counts();
        StringBuilder resident = new StringBuilder(Long.toString(server.residentMb()));
        long start = System.nanoTime();
        long nanos = TimeUnit.SECONDS.toNanos(seconds);
        Thread watch = Thread.ofVirtual().start(() -> {
            for (int i = 1; i <= 4; i++) {
                LockSupport.parkNanos(start + nanos * i / 4 - System.nanoTime());
                resident.append(' ').append(server.residentMb());
            }
        });
        Times all = Clients.run(
                Thread.ofVirtual().factory(),
                connections,
                counts,
                (number, times) -> client(new Random(Photos.SEED + number), start + nanos, counts, times));
        double took = (System.nanoTime() - start) / 1e9;
        watch.join();
        print(
                "%d connections, %d s: %.0f verdicts/s, p50 %.1f ms, p99 %.1f ms, max %.1f ms; %s; resident MB %s",
                connections,
                seconds,
                all.size() / took,
                all.percentile(0.5),
                all.percentile(0.99),
                all.percentile(1),
                counts,
                resident);
        failed |= !Set.of("200", "503").containsAll(counts.what());
    }

    /** One connection until the end. */
    private void client(Random random, long end, Counts counts, Times times) throws IOException, InterruptedException {
        try (Connection connection = new Connection(server.port())) {
            while (System.nanoTime() < end) {
                int photo = random.nextInt(PHOTOS);
                long sent = System.nanoTime();
                Connection.Answer answer = connection.send(requests[photo]);
                counts.add(Integer.toString(answer.status()));
                if (answer.status() == 200) {
                    times.addSince(sent);
                    if (!isRight(photo, answer)) {
                        counts.add("wrong verdict");
                    }
                } else if (answer.status() == 503) {
                    Thread.sleep(1_000L * answer.retryAfterS());
                }
            }
        }
    }

    private void stop() throws IOException, InterruptedException {
        long start = System.nanoTime();
        boolean stopped = server.stop(MOST_SECONDS_TO_STOP);
        print(stopped ? "stopped in %.0f ms" : "not stopped after %.0f ms", (System.nanoTime() - start) / 1e6);
        failed |= !stopped;
    }
}
