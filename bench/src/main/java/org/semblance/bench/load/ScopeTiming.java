package org.semblance.bench.load;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Folders;
import org.semblance.bench.harness.Times;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.MatchServer;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.Role;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Whether the time of an answer tells a key what banks hold that it may not see.
 *
 * <p>Near copies of one hash are banked in a hidden bank, among 100,000 other hashes. A key of another bank asks near the hidden
 * contents and near nothing, in pairs whose order is random, no hash twice. For each route the medians are told, and how often the
 * answer near the hidden contents was the slower one of its pair: 50 % tells nothing, and the interval is that of chance (three
 * standard deviations). {@code all banks} is a key that sees the hidden bank, to show what there is to be seen.
 */
public final class ScopeTiming {
    private static final String HIDDEN = "HIDDEN";
    private static final String SEEN = "SEEN";
    private static final int OTHERS = 100_000;
    private static final int TOGETHER = 256;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final SplittableRandom random;
    private final Hash256 crowded;
    private final String url;
    private final int pairs;

    private ScopeTiming(SplittableRandom random, Hash256 crowded, String url, int pairs) {
        this.random = random;
        this.crowded = crowded;
        this.url = url;
        this.pairs = pairs;
    }

    @Command(
            name = "scope-timing",
            description = "Tells whether the time of an answer gives away what banks hold that a key may not see.")
    static void run(
            @Parameters(description = "Hidden near copies.") int contents,
            @Parameters(description = "Pairs of requests for each route.") int pairs,
            @Parameters(description = "Of the hashes and the order.") long seed)
            throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom(seed);
        Path folder = Files.createTempDirectory("semblance-scope");
        try {
            Hash256 crowded = Banked.hash(random);
            bank(folder, contents, crowded, random);
            String all = key(folder, "all", Set.of());
            String some = key(folder, "some", Set.of(SEEN));
            try (MatchServer server = MatchServer.start(
                    ServerConfig.builder(folder).set(Setting.PORT, 0).build())) {
                ScopeTiming timing = new ScopeTiming(random, crowded, server.url(), pairs);
                print("%,d hidden contents near one hash, %,d others, seed %d", contents, OTHERS, seed);
                for (int pass = 0; pass < 2; pass++) { // The first one warms up.
                    timing.compare("GET /m/lookup, all banks", all, 1, pass > 0);
                    timing.compare("GET /m/lookup, another bank", some, 1, pass > 0);
                    timing.compare("POST /v1/lookup, " + TOGETHER + " hashes, all banks", all, TOGETHER, pass > 0);
                    timing.compare("POST /v1/lookup, " + TOGETHER + " hashes, another bank", some, TOGETHER, pass > 0);
                }
            }
        } finally {
            Folders.delete(folder);
        }
    }

    private static void bank(Path folder, int contents, Hash256 crowded, SplittableRandom random) {
        try (HashDb db = HashDb.open(folder)) {
            db.apply(new Change.CreateBank(HIDDEN), Banked.ORIGIN);
            db.apply(new Change.CreateBank(SEEN), Banked.ORIGIN);
            List<ContentDraft> hidden = new ArrayList<>();
            for (int i = 0; i < contents; i++) {
                hidden.add(Banked.draft(near(crowded, 10, random)));
            }
            db.apply(new Change.AddContents(HIDDEN, hidden), Banked.ORIGIN);
            for (String name : List.of(HIDDEN, SEEN)) {
                List<ContentDraft> others = new ArrayList<>();
                for (int i = 0; i < OTHERS / 2; i++) {
                    others.add(Banked.draft(Banked.hash(random)));
                }
                db.apply(new Change.AddContents(name, others), Banked.ORIGIN);
            }
        }
    }

    private static String key(Path folder, String name, Set<String> banks) {
        return new KeyRing(folder)
                .create(new KeyRing.Draft(name, Role.MATCH, banks, false, null, null, null), Instant.now())
                .secret();
    }

    /** With that many bits of each half flipped, at most. */
    private static Hash256 near(Hash256 hash, int bits, SplittableRandom random) {
        long[] words = {hash.w3(), hash.w2(), hash.w1(), hash.w0()};
        for (int i = 0; i < bits; i++) {
            words[random.nextInt(words.length)] ^= 1L << random.nextInt(Long.SIZE);
        }
        return new Hash256(words[0], words[1], words[2], words[3]);
    }

    private void compare(String what, String secret, int together, boolean told)
            throws IOException, InterruptedException {
        double[] near = new double[pairs];
        double[] far = new double[pairs];
        int slower = 0;
        for (int i = 0; i < pairs; i++) {
            boolean nearFirst = random.nextBoolean();
            for (int turn = 0; turn < 2; turn++) {
                boolean isNear = (turn == 0) == nearFirst;
                List<Hash256> hashes = new ArrayList<>();
                for (int n = 0; n < together; n++) {
                    hashes.add(isNear ? near(crowded, 5, random) : Banked.hash(random));
                }
                (isNear ? near : far)[i] = ask(secret, hashes);
            }
            slower += near[i] > far[i] ? 1 : 0;
        }
        if (told) {
            print(
                    "%s: median %.3f ms near them, %.3f ms near nothing; slower near them in %.1f %% of %,d pairs (chance: 50 +- %.1f %%)",
                    what, Times.median(near), Times.median(far), 100.0 * slower / pairs, pairs, 150 / Math.sqrt(pairs));
        }
    }

    /** Milliseconds until the answer is there. */
    private double ask(String secret, List<Hash256> hashes) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder().header("Authorization", "Bearer " + secret);
        if (hashes.size() == 1) {
            request.uri(URI.create(url + "/m/lookup?signal_type=pdq&signal="
                    + hashes.getFirst().toHex()));
        } else {
            ByteBuffer octets = ByteBuffer.allocate(hashes.size() * Hash256.BYTES);
            hashes.forEach(hash -> octets.putLong(hash.w3())
                    .putLong(hash.w2())
                    .putLong(hash.w1())
                    .putLong(hash.w0()));
            request.uri(URI.create(url + "/v1/lookup"))
                    .header("Content-Type", "application/octet-stream")
                    .POST(BodyPublishers.ofByteArray(octets.array()));
        }
        HttpRequest ready = request.build();
        long begun = System.nanoTime();
        HttpResponse<byte[]> answer = http.send(ready, HttpResponse.BodyHandlers.ofByteArray());
        double ms = (System.nanoTime() - begun) / 1e6;
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(
                    answer.statusCode() + " " + new String(answer.body(), StandardCharsets.UTF_8));
        }
        return ms;
    }
}
