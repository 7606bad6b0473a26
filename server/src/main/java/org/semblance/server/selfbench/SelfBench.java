package org.semblance.server.selfbench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.hashdb.index.PigeonringIndex;
import org.semblance.server.MatchServer;
import org.semblance.server.config.ServerConfig;

/**
 * Measures what Semblance does on this machine: a picture's hash, a JPEG's decoding and hash, lookups among as many hashes as
 * asked, and the whole way of an upload over HTTP and back.
 *
 * <p>The kinds of work take turns for many short rounds, so that what disturbs the machine for a while disturbs some rounds
 * of each and not all rounds of one. A rate is the median of the best quarter of its rounds: other work on the machine, or on
 * the host of a virtual one, can only take away, and two runs are to be held against each other. The median of all rounds
 * stands beside it and tells how much was taken away; the percentiles are of all calls in all rounds. All on one thread, but
 * for the server, whose client is on the same machine.
 */
public final class SelfBench {
    private static final int QUERIES = 4_096;
    /** Queries whose answers are compared with a plain loop over all hashes. */
    private static final int CHECKED = 64;

    private static final int DISTANCE = 31;
    private static final int BATCH = 256;
    private static final int SIDE = 512;
    /** One round in so many counts for a rate. */
    private static final int BEST_SHARE = 4;

    private SelfBench() {}

    /**
     * What to measure.
     *
     * @param size hashes to look up among, 1 to 100 million
     * @param rounds at least 1
     * @param roundMs how long each kind of work takes in each round
     */
    public record Settings(int size, int rounds, long roundMs) {
        public Settings {
            require("size", size, 1, 100_000_000);
            require("rounds", rounds, 1, 1_000);
            require("roundMs", roundMs, 1, 600_000);
        }

        private static void require(String name, long value, long least, long most) {
            if (value < least || value > most) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: " + least + " to " + most + ")");
            }
        }
    }

    /** Is told of each step. */
    public interface Listener {
        /** Round {@code round} of {@code rounds} begins; round 0 is to warm up. */
        void round(int round, int rounds);
    }

    private interface Call {
        void run() throws IOException, InterruptedException;
    }

    /** A kind of work, and what was measured of it so far. */
    private static final class Work {
        private final String name;
        private final String what;
        private final int pieces;
        private final Call call;
        private final @Nullable Double recall;
        private final Histogram nanos = new Histogram(TimeUnit.MINUTES.toNanos(10), 3);
        private final List<Double> rates = new ArrayList<>();

        /** @param pieces how many of what is counted a call does */
        Work(String name, String what, int pieces, @Nullable Double recall, Call call) {
            this.name = name;
            this.what = what;
            this.pieces = pieces;
            this.recall = recall;
            this.call = call;
        }

        void round(long roundMs, boolean isMeasured) throws IOException, InterruptedException {
            long start = System.nanoTime();
            long end = start + TimeUnit.MILLISECONDS.toNanos(roundMs);
            long now = start;
            long calls = 0;
            while (now < end) {
                call.run();
                long then = now;
                now = System.nanoTime();
                calls++;
                if (isMeasured) {
                    nanos.recordValue(Math.min(now - then, nanos.getHighestTrackableValue()));
                }
            }
            if (isMeasured) {
                rates.add(calls * pieces / ((now - start) / 1e9));
            }
        }

        Figure figure() {
            double[] sorted = rates.stream().mapToDouble(r -> r).sorted().toArray();
            int best = sorted.length - Math.ceilDiv(sorted.length, BEST_SHARE);
            return new Figure(
                    name,
                    what,
                    median(sorted, best, sorted.length),
                    median(sorted, 0, sorted.length),
                    percentile(50),
                    percentile(99),
                    percentile(99.9),
                    recall);
        }

        private static double median(double[] sorted, int first, int end) {
            return (sorted[(first + end - 1) / 2] + sorted[(first + end) / 2]) / 2;
        }

        private double percentile(double percent) {
            return nanos.getValueAtPercentile(percent) / 1e3;
        }
    }

    /**
     * Measures.
     *
     * @param photo a JPEG to be decoded and matched
     * @param folder for the server's database; to be deleted by the caller
     * @throws IOException if the server cannot be started or reached
     */
    public static BenchReport run(Settings settings, byte[] photo, Path folder, Listener listener)
            throws IOException, InterruptedException {
        long[] stored = HashSets.stored(HashSets.Shape.UNIFORM, settings.size);
        List<Figure> figures;
        try (PigeonringIndex index = new PigeonringIndex();
                ContentHasher hasher = new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST);
                MatchServer server =
                        MatchServer.start(ServerConfig.builder(folder).port(0).build());
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            HashSets.load(index, stored);
            List<Work> works = new ArrayList<>(List.of(picture(), photo(hasher, photo)));
            works.addAll(lookups(index, stored));
            stored = new long[0];
            works.add(match(client, server.url(), photo));
            for (int round = 0; round <= settings.rounds; round++) {
                listener.round(round, settings.rounds);
                for (Work work : works) {
                    work.round(settings.roundMs, round > 0);
                }
            }
            figures = works.stream().map(Work::figure).toList();
        }
        return new BenchReport(
                MatchServer.version(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                machine(),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                HashSets.SEED,
                settings.size,
                figures);
    }

    private static Work picture() {
        byte[] samples = new byte[SIDE * SIDE];
        Random random = new Random(HashSets.SEED);
        for (int i = 0; i < samples.length; i++) {
            double wave = Math.sin(i % SIDE / 40.0) + Math.cos(i / SIDE / 25.0);
            samples[i] = (byte) (128 + 50 * wave + random.nextInt(16));
        }
        GreyLuma luma = new GreyLuma(samples, SIDE, SIDE);
        PdqHasher pdq = new PdqHasher();
        return new Work("hash", "PDQ of a grey picture of 512x512", 1, null, () -> pdq.hash(luma));
    }

    private static Work photo(ContentHasher hasher, byte[] photo) {
        ByteBuffer content = ByteBuffer.allocateDirect(photo.length).put(photo).flip();
        return new Work(
                "decode",
                "a JPEG of " + photo.length / 1000 + " kB to its signals",
                1,
                null,
                () -> hasher.hash(content));
    }

    private static List<Work> lookups(PigeonringIndex index, long[] stored) {
        long[] queries = HashSets.queries(stored, QUERIES, true);
        return List.of(
                lookup(index, queries, 1, recall(index, stored, queries, 1)),
                lookup(index, queries, BATCH, recall(index, stored, queries, BATCH)));
    }

    private static Work lookup(PigeonringIndex index, long[] queries, int batch, double recall) {
        long[][] batches = new long[QUERIES / batch][];
        Arrays.setAll(batches, i -> Arrays.copyOfRange(queries, 4 * batch * i, 4 * batch * (i + 1)));
        long[] state = new long[2];
        return new Work(
                batch == 1 ? "lookup" : "lookup_" + batch,
                batch == 1 ? "lookup of a hash, distance 31" : "lookups in batches of " + batch + ", distance 31",
                batch,
                recall,
                () -> index.lookup(
                        batches[(int) (state[0]++ % batches.length)], batch, DISTANCE, (q, d, id) -> state[1] += id));
    }

    /** The share of the pairs a plain loop finds that the index finds, or 0 if it finds one that is none. */
    private static double recall(PigeonringIndex index, long[] stored, long[] queries, int batch) {
        long expected = 0;
        for (int at = 0; at < stored.length; at += 4) {
            for (int q = 0; q < 4 * CHECKED; q += 4) {
                expected += distance(stored, at, queries, q) <= DISTANCE ? 1 : 0;
            }
        }
        long[] found = new long[2];
        for (int first = 0; first < CHECKED; first += batch) {
            int start = first;
            long[] some = Arrays.copyOfRange(queries, 4 * first, 4 * (first + batch));
            index.lookup(some, batch, DISTANCE, (q, d, id) -> {
                if (start + q < CHECKED) {
                    boolean isRight = distance(stored, (int) (4 * id), some, 4 * q) == d && d <= DISTANCE;
                    found[isRight ? 0 : 1]++;
                }
            });
        }
        return found[1] > 0 ? 0 : (double) found[0] / expected;
    }

    private static int distance(long[] a, int i, long[] b, int j) {
        return Long.bitCount(a[i] ^ b[j])
                + Long.bitCount(a[i + 1] ^ b[j + 1])
                + Long.bitCount(a[i + 2] ^ b[j + 2])
                + Long.bitCount(a[i + 3] ^ b[j + 3]);
    }

    private static Work match(HttpClient client, String url, byte[] photo) throws IOException, InterruptedException {
        send(client, url + "/v1/banks", "application/json", "{\"name\":\"BENCH\"}".getBytes(StandardCharsets.US_ASCII));
        send(client, url + "/v1/banks/BENCH/content", "application/octet-stream", photo);
        // Bytes beyond the JPEG's end, other ones each time: the server shall not know the file by its digest.
        ByteBuffer upload = ByteBuffer.allocate(photo.length + Long.BYTES).put(photo);
        long[] number = new long[1];
        return new Work("http_match", "POST /v1/match of an edited copy and its answer, HTTP", 1, null, () -> {
            upload.putLong(photo.length, ++number[0]);
            String answer = send(client, url + "/v1/match", "application/octet-stream", upload.array());
            if (!answer.contains("\"verdict\":\"match\"")) {
                throw new IllegalStateException("the banked photo did not match: " + answer);
            }
        });
    }

    private static String send(HttpClient client, String url, String type, byte[] body)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create(url))
                        .header("Content-Type", type)
                        .POST(BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException("POST " + url + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    private static String machine() throws IOException {
        String processor = linuxFact("/proc/cpuinfo", "model name");
        String memory = linuxFact("/proc/meminfo", "MemTotal");
        return String.join(
                ", ",
                processor.isEmpty() ? System.getProperty("os.arch") : processor,
                Runtime.getRuntime().availableProcessors() + " cores",
                memory.isEmpty() ? "memory unknown" : memory,
                System.getProperty("os.name") + " " + System.getProperty("os.version"));
    }

    private static String linuxFact(String file, String name) throws IOException {
        Path path = Path.of(file);
        if (!Files.exists(path)) {
            return "";
        }
        return Files.readAllLines(path).stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("");
    }
}
