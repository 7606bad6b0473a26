package org.semblance.bench.retro;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Folders;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.hash.Hash256;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * When a harmless picture that was banked goes into quarantine, while other contents match and most uploads match nothing: it
 * has to within a hundredth of the limit, and every other match has to stay one.
 */
public final class FloodRun {
    private static final int CLIENTS = 4;
    private static final int BAD = 100;

    private final AtomicLong benign = new AtomicLong();
    private final AtomicLong bad = new AtomicLong();
    private final AtomicLong badMatched = new AtomicLong();
    private final AtomicLong wrong = new AtomicLong();
    private final AtomicLong left;
    private final List<Hash256> known = new ArrayList<>();

    private FloodRun(long matches) {
        left = new AtomicLong(matches);
    }

    /** Returns 1 if the content was put into quarantine too late, or another answer was not as it should be. */
    @Command(name = "flood", description = "Tells when a content that matches too often is put into quarantine.")
    static int run(
            @Parameters(description = "flood_matches.") long limit,
            @Parameters(description = "Uploads of the harmless picture, among four times as many others.") long matches,
            @Parameters(description = "Of the hashes.") long seed)
            throws IOException, InterruptedException, ExecutionException {
        Path folder = Files.createTempDirectory("semblance-flood");
        try {
            return new FloodRun(matches).run(folder, limit, new SplittableRandom(seed));
        } finally {
            Folders.delete(folder);
        }
    }

    private int run(Path folder, long limit, SplittableRandom random)
            throws IOException, InterruptedException, ExecutionException {
        try (HashDb db = HashDb.open(folder)) {
            db.apply(new Change.CreateBank(Banked.BANK), Banked.ORIGIN);
            for (int i = 0; i <= BAD; i++) {
                known.add(Banked.hash(random));
            }
            db.apply(
                    new Change.AddContents(
                            Banked.BANK, known.stream().map(Banked::draft).toList()),
                    Banked.ORIGIN);
        }
        try (RetroServer server = new RetroServer(folder, new RetroServer.Options(1_000, "", folder, limit));
                ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                SplittableRandom own = random.split();
                ends.add(clients.submit(() -> {
                    send(server.port(), own);
                    return null;
                }));
            }
            for (Future<?> end : ends) {
                end.get();
            }
            long quarantines = server.metric("semblance_flood_quarantines_total");
            double over = 100.0 * (benign.get() - limit) / limit;
            print(
                    "limit %d: the harmless picture was answered with a match %d times (%.2f %% above the limit), %d in quarantine;"
                            + " %d of %d other known uploads matched, %d of the unknown ones",
                    limit, benign.get(), over, quarantines, badMatched.get(), bad.get(), wrong.get());
            boolean good = quarantines == 1
                    && benign.get() >= limit
                    && over <= 1
                    && badMatched.get() == bad.get()
                    && wrong.get() == 0;
            return good ? 0 : 1;
        }
    }

    private void send(int port, SplittableRandom random) throws IOException {
        try (Connection connection = new Connection(port)) {
            while (left.getAndDecrement() > 0) {
                benign.addAndGet(matches(connection, known.getFirst()) ? 1 : 0);
                for (int i = 0; i < 4; i++) {
                    if (random.nextInt(40) == 0) {
                        bad.incrementAndGet();
                        badMatched.addAndGet(matches(connection, known.get(1 + random.nextInt(BAD))) ? 1 : 0);
                    } else {
                        wrong.addAndGet(matches(connection, Banked.hash(random)) ? 1 : 0);
                    }
                }
            }
        }
    }

    private static boolean matches(Connection connection, Hash256 hash) throws IOException {
        return connection
                .send(Connection.post("/v1/lookup", "[\"" + hash + "\"]"))
                .expect(200)
                .body()
                .contains("\"verdict\":\"match\"");
    }
}
