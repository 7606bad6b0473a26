package org.semblance.server.selfbench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
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
import org.semblance.server.config.Setting;

/**
 * Measures what Semblance does on this machine: a picture's hash, a JPEG's decoding and hash, lookups among as many hashes as
 * asked, and the whole way of an upload over HTTP and back.
 *
 * <p>The kinds of work take turns for many short rounds, so that what disturbs the machine for a while disturbs some rounds
 * of each and not all rounds of one. A rate is the median of the best quarter of its rounds: other work on the machine, or on
 * the host of a virtual one, can only take away, and two runs are to be held against each other. The median of all rounds
 * stands beside it and tells how much was taken away; the percentiles are of all calls in all rounds. All on one thread, but
 * for the server, whose client is on the same machine. At the end as many clients as the server has workers send uploads at
 * once, which tells how many the machine takes.
 */
public final class SelfBench {
    private static final int QUERIES = 4_096;
    /** Queries whose answers are compared with a plain loop over all hashes. */
    private static final int CHECKED = 64;

    private static final int DISTANCE = 31;
    private static final int BATCH = 256;
    private static final int SIDE = 512;

    /** The load of all clients at once lasts as long as so many rounds of one kind of work. */
    private static final int ROUNDS_OF_LOAD = 20;

    private final Settings settings;
    private final byte[] photo;
    private final Listener listener;
    private final List<String> notes = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private final AtomicBoolean refusalTold = new AtomicBoolean();

    private SelfBench(Settings settings, byte[] photo, Listener listener) {
        this.settings = settings;
        this.photo = photo;
        this.listener = listener;
    }

    /**
     * What to measure.
     *
     * @param size hashes to look up among, 1 to 100 million
     * @param rounds 1 to 1,000
     * @param roundMs how long each kind of work takes in each round, 1 to 600,000
     * @param deadlineMs how long the server may take for an upload, 1 to 600,000
     * @param patienceMs how long an upload that is refused is sent again, 1 to 3,600,000
     */
    public record Settings(int size, int rounds, long roundMs, long deadlineMs, long patienceMs) {
        public Settings {
            require("size", size, 1, 100_000_000);
            require("rounds", rounds, 1, 1_000);
            require("roundMs", roundMs, 1, 600_000);
            require("deadlineMs", deadlineMs, 1, 600_000);
            require("patienceMs", patienceMs, 1, 3_600_000);
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

        /** The machine has other work to do, as that says; the run goes on. May come from any thread. */
        default void busy(String what) {}
    }

    /**
     * Measures. What cannot be measured is told in the report, and takes nothing else with it.
     *
     * @param photo a JPEG to be decoded and matched
     * @param folder for the server's database; to be deleted by the caller
     */
    public static BenchReport run(Settings settings, byte[] photo, Path folder, Listener listener)
            throws InterruptedException {
        return new SelfBench(settings, photo, listener).measure(folder);
    }

    private BenchReport measure(Path folder) throws InterruptedException {
        noteLoad();
        long[] stored = HashSets.stored(HashSets.Shape.UNIFORM, settings.size);
        Capacity capacity = null;
        List<Work> works = new ArrayList<>();
        try (PigeonringIndex index = new PigeonringIndex();
                ContentHasher hasher =
                        attempt("decoding", () -> new InProcessHasher(MediaLimits.DEFAULT, DecodePath.FAST));
                MatchServer server = attempt("a server", () -> server(folder));
                PatientClient client = new PatientClient(
                        server == null ? "" : server.url(), Duration.ofMillis(settings.patienceMs), this::refused)) {
            HashSets.load(index, stored);
            works.add(picture());
            if (hasher != null) {
                works.add(photo(hasher, photo));
            }
            works.addAll(lookups(index, stored));
            stored = new long[0];
            Uploads uploads =
                    server == null ? null : attempt("POST /v1/match over HTTP", () -> Uploads.banked(client, photo));
            if (uploads != null) {
                works.add(new Work(
                        "http_match",
                        "POST /v1/match of an edited copy and its answer, HTTP",
                        1,
                        null,
                        uploads::match));
            }
            for (int round = 0; round <= settings.rounds; round++) {
                listener.round(round, settings.rounds);
                for (Work work : works) {
                    work.round(settings.roundMs, round > 0);
                }
            }
            if (uploads != null) {
                capacity = attempt(
                        "uploads by all clients at once",
                        () -> uploads.closedLoop(config(folder).workers(), ROUNDS_OF_LOAD * settings.roundMs));
            }
            noteRefusals(client.refusals());
        }
        works.forEach(work -> work.failure().ifPresent(failures::add));
        return new BenchReport(
                MatchServer.version(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                Machine.describe(),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                HashSets.SEED,
                settings.size,
                works.stream().flatMap(work -> work.figure().stream()).toList(),
                capacity,
                notes,
                failures);
    }

    private interface Attempt<T> {
        T make() throws IOException, InterruptedException;
    }

    /** What it makes, or null if that fails, which the report then tells. */
    private <T> @Nullable T attempt(String what, Attempt<T> attempt) throws InterruptedException {
        try {
            return attempt.make();
        } catch (IOException | RuntimeException | LinkageError e) {
            failures.add(what + ": " + reason(e));
            return null;
        }
    }

    /** In a line, for a person. */
    static String reason(Throwable e) {
        String message = e.getMessage();
        String text = message == null || message.isBlank() ? e.getClass().getSimpleName() : message;
        return text.strip().replaceAll("\\s+", " ");
    }

    private ServerConfig config(Path folder) {
        return ServerConfig.builder(folder)
                .set(Setting.PORT, 0)
                .set(Setting.DEADLINE_MS, settings.deadlineMs)
                .build();
    }

    private MatchServer server(Path folder) throws IOException {
        return MatchServer.start(config(folder));
    }

    private void refused(String answer) {
        if (!refusalTold.getAndSet(true)) {
            listener.busy(answer + "; what is refused is sent again");
        }
    }

    private void noteRefusals(long refusals) {
        if (refusals > 0) {
            notes.add(String.format(
                    Locale.ROOT,
                    "The machine is busy: uploads were refused %,d times for want of capacity, and sent again. The times of"
                            + " uploads include that.",
                    refusals));
        }
    }

    private void noteLoad() {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        int processors = Runtime.getRuntime().availableProcessors();
        if (load > processors / 2.0) {
            String text = String.format(
                    Locale.ROOT, "a load of %.1f on %d processors before anything was measured", load, processors);
            notes.add("The machine is busy: " + text + ".");
            listener.busy(text);
        }
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
}
