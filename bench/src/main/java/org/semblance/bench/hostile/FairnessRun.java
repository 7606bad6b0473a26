package org.semblance.bench.hostile;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Clients;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Counts;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.harness.Report;
import org.semblance.bench.harness.ServedBuild;
import org.semblance.bench.harness.Times;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Tells what a key with heavy files does to a key with photos. Key A sends twenty photos a second, each timed from the moment at which
 * it was due; key B sends over 64 connections, each as fast as it is answered. Both are measured alone and beside each other, for one
 * kind of B's files after the other. Another photo is banked, so that every upload is looked up by its features as well.
 *
 * <p>Clients and server share the machine. B's clients stand for other machines, so their threads give way here.
 */
public final class FairnessRun {
    private static final int PHOTOS_A_SECOND = 20;
    private static final int CONNECTIONS_OF_A = 10;
    private static final int CONNECTIONS_OF_B = 64;
    private static final int WARM_UP_SECONDS = 10;
    private static final double MOST_P99_RATIO = 2;
    private static final double LEAST_RATE_RATIO = 0.5;

    private final ServedBuild server;
    private final int seconds;
    private final byte[] photo;
    private final String secretOfB;

    private FairnessRun(ServedBuild server, int seconds) throws IOException {
        this.server = server;
        this.seconds = seconds;
        String secretOfA = server.secret("a");
        this.secretOfB = server.secret("b");
        this.photo = Connection.withKey(secretOfA, Connection.match("image/jpeg", Photos.shapes(Photos.SEED)));
    }

    /** What a side has had in one round. */
    private record Round(Times times, Counts counts) {
        double p99() {
            return times.percentile(0.99);
        }
    }

    @Command(
            name = "fairness",
            description = {
                "Sends photos with one key beside heavy files with another, over 64 connections.",
                "Fails if the 99th percentile of photos is more than twice what it is alone, a photo was not answered with 200,"
                        + " or the other key comes to less than half of its rate alone."
            })
    static int run(
            @Parameters(description = "Length of a round.") int seconds,
            @Parameters(
                            arity = "0..*",
                            description =
                                    "Of the other key's files: ${COMPLETION-CANDIDATES} (default: one after the other).")
                    HeavyFiles @Nullable [] kinds,
            @Option(
                            names = "--dist",
                            paramLabel = "FOLDER",
                            description = "The folder of another build, as the archive has it (default: this build).")
                    @Nullable
                    Path dist)
            throws IOException, InterruptedException {
        boolean good = true;
        for (HeavyFiles kind : kinds == null ? HeavyFiles.values() : kinds) {
            // Each on a server of its own, so that none begins with what the one before has left behind.
            try (ServedBuild server = ServedBuild.start(dist, List.of("a", "b"))) {
                bankAnother(server);
                good &= new FairnessRun(server, seconds).isFair(kind);
            }
        }
        return good ? 0 : 1;
    }

    private static void bankAnother(ServedBuild server) throws IOException {
        try (Connection connection = new Connection(server.port())) {
            String admin = server.secret(ServedBuild.ADMIN);
            connection.send(Connection.withKey(admin, Connection.post("/v1/banks", "{\"name\":\"OTHER\"}")));
            Connection.Answer added = connection.send(Connection.withKey(
                    admin, Connection.post("/v1/banks/OTHER/content", "image/jpeg", Photos.shapes(Photos.SEED + 1))));
            if (!added.expect(201).body().contains("\"features\"")) {
                throw new IllegalStateException("no features were banked: " + added.body());
            }
        }
    }

    private boolean isFair(HeavyFiles kind) throws IOException, InterruptedException {
        List<byte[]> files = kind.files().stream()
                .map(file -> Connection.withKey(secretOfB, Connection.match("application/octet-stream", file)))
                .toList();
        photos(WARM_UP_SECONDS);
        try (HeavySenders senders = new HeavySenders(server.port(), CONNECTIONS_OF_B, files)) {
            TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
            senders.answered();
        }
        Round photosAlone = photos(seconds);
        print(kind, "A alone", photosAlone);
        double rateAlone;
        Round photosBeside;
        double rateBeside;
        try (HeavySenders senders = new HeavySenders(server.port(), CONNECTIONS_OF_B, files)) {
            senders.answered();
            TimeUnit.SECONDS.sleep(seconds);
            rateAlone = senders.answered() / (double) seconds;
            Report.print("%s, B alone: %.1f/s; %s", kind, rateAlone, senders.counts());
            senders.counts().clear();
            photosBeside = photos(seconds);
            rateBeside = senders.answered() / (double) seconds;
            print(kind, "A beside B", photosBeside);
            Report.print("%s, B beside A: %.1f/s; %s", kind, rateBeside, senders.counts());
        }
        double times = photosBeside.p99() / photosAlone.p99();
        Report.print(
                "%s: p99 of A %.2f times that alone, rate of B %.2f of that alone",
                kind, times, rateBeside / rateAlone);
        return times <= MOST_P99_RATIO
                && Set.of("200").containsAll(photosBeside.counts().what())
                && rateBeside >= LEAST_RATE_RATIO * rateAlone;
    }

    private static void print(HeavyFiles kind, String what, Round round) {
        Times times = round.times();
        Report.print(
                "%s, %s: %d photos, p50 %.1f ms, p99 %.1f ms, max %.1f ms; %s",
                kind,
                what,
                times.size(),
                times.percentile(0.5),
                times.percentile(0.99),
                times.percentile(1),
                round.counts());
    }

    /** Sends A's photos, each when it is due as long as one of A's connections is free. */
    private Round photos(int roundSeconds) throws InterruptedException {
        Counts counts = new Counts();
        long start = System.nanoTime();
        int photos = roundSeconds * PHOTOS_A_SECOND;
        Times times = Clients.run(Thread.ofPlatform().factory(), CONNECTIONS_OF_A, counts, (number, own) -> {
            try (Connection connection = new Connection(server.port())) {
                for (int i = number; i < photos; i += CONNECTIONS_OF_A) {
                    long due = start + i * TimeUnit.SECONDS.toNanos(1) / PHOTOS_A_SECOND;
                    TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                    counts.add(Integer.toString(connection.send(photo).status()));
                    own.addSince(due);
                }
            }
        });
        return new Round(times, counts);
    }
}
