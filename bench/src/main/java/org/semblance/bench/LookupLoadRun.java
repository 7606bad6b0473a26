package org.semblance.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.semblance.hashdb.hash.Hash256;

/**
 * How many hashes a server looks up a second over HTTP: {@code POST /v1/lookup} with {@code application/octet-stream}, on
 * connections that send the next request when the last is answered. The server is a JVM of its own on the same cores, on a
 * folder that {@link ImportBench} made; one hash of each request is banked, and the answer has to say so.
 *
 * <p>Arguments: the folder, seconds to warm up, seconds to measure, hashes a request, then for each round the number of
 * connections.
 */
public final class LookupLoadRun {
    private static final int REQUESTS = 200;

    private LookupLoadRun() {}

    /** Runs the rounds. */
    public static void main(String[] args) throws Exception {
        Usage.require(args, 5, "FOLDER WARM_UP_SECONDS SECONDS HASHES CONNECTIONS...");
        int hashes = Integer.parseInt(args[3]);
        Process server = LoadRun.startServer(Path.of(args[0]));
        try (BufferedReader answers =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            String port = answers.readLine();
            if (port == null) {
                throw new IllegalStateException("the server did not start");
            }
            byte[][] requests = requests(hashes);
            round(Integer.parseInt(port), requests, hashes, Integer.parseInt(args[4]), Integer.parseInt(args[1]));
            for (int i = 4; i < args.length; i++) {
                round(Integer.parseInt(port), requests, hashes, Integer.parseInt(args[i]), Integer.parseInt(args[2]));
            }
            server.getOutputStream().close();
            server.waitFor(20, TimeUnit.SECONDS);
        } finally {
            server.destroyForcibly();
        }
    }

    /** Of random hashes, but for one in each, which is one of the first that were banked. */
    private static byte[][] requests(int hashes) {
        SplittableRandom banked = new SplittableRandom(ImportBench.SEED);
        SplittableRandom random = new SplittableRandom(ImportBench.SEED + 1);
        byte[][] requests = new byte[REQUESTS][];
        for (int i = 0; i < REQUESTS; i++) {
            ByteBuffer body = ByteBuffer.allocate(hashes * Hash256.BYTES);
            random.nextBytes(body.array());
            int at = i % hashes * Hash256.BYTES;
            for (int word = 0; word < 4; word++) {
                body.putLong(at + 8 * word, banked.nextLong());
            }
            requests[i] = LoadRun.request("/v1/lookup", "application/octet-stream", body.array());
        }
        return requests;
    }

    private static void round(int port, byte[][] requests, int hashes, int connections, int seconds)
            throws InterruptedException {
        Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
        long[][] latencies = new long[connections][];
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        Thread[] clients = new Thread[connections];
        for (int i = 0; i < connections; i++) {
            int number = i;
            clients[i] = Thread.ofPlatform()
                    .start(() -> latencies[number] = client(port, requests, hashes, number, end, counts));
        }
        for (Thread client : clients) {
            client.join();
        }
        double took = (System.nanoTime() - start) / 1e9;
        long[] all =
                Arrays.stream(latencies).flatMapToLong(Arrays::stream).sorted().toArray();
        print(
                "%d connections, %d s, %d hashes a request: %,.0f hashes/s, p50 %.1f ms, p99 %.1f ms a request; %s",
                connections,
                seconds,
                hashes,
                all.length * (double) hashes / took,
                LoadRun.percentile(all, 0.5),
                LoadRun.percentile(all, 0.99),
                counts);
    }

    /** One connection until the end. Returns the nanoseconds of each answer that is right. */
    private static long[] client(
            int port, byte[][] requests, int hashes, int number, long end, Map<String, LongAdder> counts) {
        long[] latencies = new long[1_024];
        int answered = 0;
        try (LoadRun.Connection connection = new LoadRun.Connection(port)) {
            for (int i = number; System.nanoTime() < end; i++) {
                int request = i % requests.length;
                long sent = System.nanoTime();
                LoadRun.Answer answer = connection.send(requests[request]);
                boolean right = answer.status() == 200
                        && answer.body().contains("{\"query\":" + request % hashes + ",\"verdict\":\"match\"");
                LoadRun.count(
                        counts, answer.status() == 200 && !right ? "wrong answer" : Integer.toString(answer.status()));
                if (right) {
                    if (answered == latencies.length) {
                        latencies = Arrays.copyOf(latencies, 2 * answered);
                    }
                    latencies[answered++] = System.nanoTime() - sent;
                }
            }
        } catch (IOException e) {
            LoadRun.count(counts, "broken connection: " + e.getMessage());
        }
        return Arrays.copyOf(latencies, answered);
    }

    @SuppressWarnings("SystemOut") // The report is this program's output.
    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
