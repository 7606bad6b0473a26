package org.semblance.bench.retro;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Folders;
import org.semblance.bench.harness.Memory;
import org.semblance.bench.harness.Times;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.recent.RecentState;
import org.semblance.hashdb.recent.RecentUploads;
import org.semblance.hashdb.recent.Upload;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * How long an addition takes that finds what was uploaded before, in a ring that is full, and over a stop and a kill; and what
 * an upload takes of memory. Each content that is banked is a near copy of one upload, which the answer has to name.
 */
public final class RetroRun {
    private static final int AT_ONCE = 10_000;
    private static final int FARTHEST = 31;

    private final long uploads;
    private final int additions;
    private final SplittableRandom random;
    private int missed;

    private RetroRun(long uploads, int additions, long seed) {
        this.uploads = uploads;
        this.additions = additions;
        this.random = new SplittableRandom(seed);
    }

    /** Returns 1 if an addition did not name its upload. */
    @Command(name = "retro", description = "Times additions that find earlier uploads, and tells the memory of these.")
    static int run(
            @Parameters(description = "Uploads in the ring.") long uploads,
            @Parameters(description = "Contents to bank after each start.") int additions,
            @Parameters(description = "Of the hashes.") long seed)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("semblance-retro");
        try {
            return new RetroRun(uploads, additions, seed).run(folder);
        } finally {
            Folders.delete(folder);
        }
    }

    private int run(Path folder) throws IOException, InterruptedException {
        try (HashDb db = HashDb.open(folder)) {
            db.apply(new Change.CreateBank(Banked.BANK), Banked.ORIGIN);
        }
        fill(folder);
        RetroServer.Options options = new RetroServer.Options(uploads, "", folder, 0);
        try (RetroServer server = new RetroServer(folder, options)) {
            measure("started on a full ring", server);
            server.stop();
        }
        try (RetroServer server = new RetroServer(folder, options)) {
            measure("after a stop", server);
            server.kill();
        }
        try (RetroServer server = new RetroServer(folder, options)) {
            measure("after kill -9", server);
        }
        print("missed: %d", missed);
        return missed == 0 ? 0 : 1;
    }

    /** An upload's hash is made of its number. */
    private static Hash256 hash(long number) {
        return Banked.hash(new SplittableRandom(number));
    }

    private void fill(Path folder) throws IOException, InterruptedException {
        long before = Memory.anonymousKb();
        long begun = System.nanoTime();
        RecentUploads.Limits limits = new RecentUploads.Limits(uploads, Duration.ofDays(7));
        try (RecentUploads recent = RecentUploads.open(folder, limits, InstantSource.system())) {
            recent.awaitLoaded();
            for (long number = 0; number < uploads; number++) {
                recent.offer(new Upload(
                        List.of(new HashAndQuality(hash(number), 100)), null, String.format("upload-%012d", number)));
                if (number % AT_ONCE == 0 || number == uploads - 1) {
                    recent.near(List.of(Hash256.ZERO), 0, key -> true, 1, () -> false); // Waits until all are kept.
                }
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            RecentState state = recent.state();
            long heap =
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            print("%,d uploads kept in %.1f s, %d dropped", state.hashes(), seconds, state.dropped());
            print(
                    "an upload: %.1f bytes of the index and its chains, %.1f of the file, of which %d are slots in the page cache",
                    (double) state.indexBytes() / state.hashes(), (double) state.fileBytes() / state.hashes(), 56);
            print("anonymous memory grew by %,d kB; heap in use %,d kB", Memory.anonymousKb() - before, heap / 1_000);
        }
    }

    private void measure(String when, RetroServer server) throws IOException, InterruptedException {
        double loaded = server.awaitLoaded();
        Times times = new Times();
        int found = 0;
        for (int i = 0; i < additions; i++) {
            long number = random.nextLong(uploads);
            Hash256 near = hash(number)
                    .flip(random.ints(0, Hash256.BITS)
                            .distinct()
                            .limit(random.nextInt(FARTHEST + 1))
                            .toArray());
            long begun = System.nanoTime();
            HttpResponse<String> answer = server.post(
                    "/v1/banks/" + Banked.BANK + "/content",
                    "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + near + "\"}]}",
                    Map.of());
            times.addSince(begun);
            found += answer.body().contains(String.format("\"upload-%012d\"", number)) ? 1 : 0;
        }
        missed += additions - found;
        print(
                "%s: searched after %.2f s more; addition p50 %.2f ms, p99 %.2f ms, longest %.2f ms; %d of %d found their upload",
                when, loaded, times.percentile(0.5), times.percentile(0.99), times.percentile(1), found, additions);
    }
}
