package org.semblance.bench.load;

import static org.semblance.bench.harness.Report.print;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Folders;
import org.semblance.bench.harness.ServerProcess;
import org.semblance.bench.harness.Times;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ContentDraft;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Whether the match log has each match once, what the log costs, and which rows a kill takes from the log.
 *
 * <ol>
 *   <li>Two servers with the same list get the same uploads in turn, at a share of what one of them answers at most: one keeps the
 *       log and one does not. What the first said matched has to be in its log once, and nothing else.
 *   <li>A server under load is killed again and again. Of what it had answered, the rows of the last moment alone may be missing,
 *       and the next start has to say how many.
 *   <li>A client of the stream breaks its connection again and again, and has to get each match once.
 * </ol>
 */
public final class MatchLogRun {
    private static final int CONNECTIONS = 32;
    private static final int CAPACITY_SECONDS = 8;
    private static final int KILL_CLIENTS = 4;
    private static final long MOST_LOST_NANOS = 200_000_000;
    private static final int KEPT_DAYS = 30;
    private static final Pattern LOST = Pattern.compile("(?m)^semblance_matchlog_lost_total (\\S+)$");
    private static final Pattern REFERENCE = Pattern.compile("\"reference\":\"(\\d+)\"");
    private static final Pattern NEXT = Pattern.compile("\"next_after\":(\\d+)");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final SplittableRandom random = new SplittableRandom(Banked.SEED);
    private final int hashes;
    private boolean failed;

    private MatchLogRun(int hashes) {
        this.hashes = hashes;
    }

    @Command(
            name = "matchlog",
            description = {
                "Sends uploads to a server that keeps the match log and to one that does not, in turn; kills a server under load; and"
                        + " breaks the connection of a client of the stream.",
                "Fails if a match is not in the log once, a kill takes more than the last 200 ms or more than the next start says, or"
                        + " the client gets a match twice or not at all."
            })
    static int run(
            @Option(
                            names = "--uploads",
                            defaultValue = "100000",
                            description =
                                    "Uploads to each of the two servers; 0 to leave this part out (default: ${DEFAULT-VALUE}).")
                    long uploads,
            @Option(
                            names = "--warm-up",
                            defaultValue = "20",
                            description =
                                    "Seconds before the first round, for each server (default: ${DEFAULT-VALUE}).")
                    int warmUp,
            @Option(
                            names = "--share",
                            defaultValue = "70",
                            description = "Percent of the most that a server answers (default: ${DEFAULT-VALUE}).")
                    int share,
            @Option(
                            names = "--matching",
                            defaultValue = "1000",
                            description = "One upload in so many matches (default: ${DEFAULT-VALUE}).")
                    int matching,
            @Option(
                            names = "--photos",
                            defaultValue = "1000",
                            description = "One upload in so many is a photo, 0 for none (default: ${DEFAULT-VALUE}).")
                    int photos,
            @Option(
                            names = "--rounds",
                            defaultValue = "5",
                            description = "In so many rounds for each server (default: ${DEFAULT-VALUE}).")
                    int rounds,
            @Option(
                            names = "--kills",
                            defaultValue = "5",
                            description = "How often to kill (default: ${DEFAULT-VALUE}).")
                    int kills,
            @Option(
                            names = "--reconnects",
                            defaultValue = "100",
                            description = "How often the client comes again (default: ${DEFAULT-VALUE}).")
                    int reconnects,
            @Option(
                            names = "--hashes",
                            defaultValue = "100000",
                            description = "Hashes in the list (default: ${DEFAULT-VALUE}).")
                    int hashes)
            throws Exception {
        MatchLogRun run = new MatchLogRun(hashes);
        print("%,d hashes banked, seed %d", hashes, Banked.SEED);
        if (uploads > 0) {
            run.inTurn(uploads, warmUp, share / 100.0, matching, photos, rounds);
        }
        if (kills > 0) {
            run.kill(kills);
        }
        if (reconnects > 0) {
            run.stream(reconnects);
        }
        return run.failed ? 1 : 0;
    }

    private Path list() throws IOException {
        Path folder = Files.createTempDirectory("semblance-matchlog");
        try (HashDb db = HashDb.open(folder)) {
            db.apply(new Change.CreateBank(Banked.BANK), Banked.ORIGIN);
            SplittableRandom banked = new SplittableRandom(Banked.SEED); // as LookupTraffic.First has them
            List<ContentDraft> drafts = new ArrayList<>();
            for (int i = 0; i < hashes; i++) {
                drafts.add(Banked.draft(Banked.hash(banked)));
                if (drafts.size() == 20_000 || i + 1 == hashes) {
                    db.apply(new Change.AddContents(Banked.BANK, drafts), Banked.ORIGIN);
                    drafts = new ArrayList<>();
                }
            }
        }
        return folder;
    }

    // In turn

    private void inTurn(long uploads, int warmUp, double share, int matching, int photos, int rounds) throws Exception {
        Path onFolder = list();
        Path offFolder = list();
        LookupTraffic.First banked = new LookupTraffic.First(hashes);
        MatchedUploads on = new MatchedUploads(banked, matching, photos);
        MatchedUploads off = new MatchedUploads(banked, matching, photos);
        try (ServerProcess onServer = ServerProcess.start(onFolder, KEPT_DAYS);
                ServerProcess offServer = ServerProcess.start(offFolder, 0);
                LoadClient onClient = new LoadClient(onServer.port());
                LoadClient offClient = new LoadClient(offServer.port())) {
            for (ServerProcess server : List.of(onServer, offServer)) {
                bank(server.port(), on.bankedPhoto());
            }
            onClient.run(on, CONNECTIONS, 0, warmUp);
            offClient.run(off, CONNECTIONS, 0, warmUp);
            LoadClient.Result most = offClient.run(off, CONNECTIONS, 0, CAPACITY_SECONDS);
            double rate = share * most.latencies().length / most.seconds();
            int seconds = (int) Math.max(1, Math.ceil(uploads / rate / rounds));
            print(
                    "%,.0f uploads/s at most; %d rounds of %d s each at %,.0f/s, one in %,d matches, one in %,d is a photo",
                    most.latencies().length / most.seconds(), rounds, seconds, rate, matching, photos);
            double[] throughput = new double[rounds];
            double[] onP99 = new double[rounds];
            double[] offP99 = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                boolean onFirst = i % 2 == 0;
                LoadClient.Result first =
                        (onFirst ? onClient : offClient).run(onFirst ? on : off, CONNECTIONS, rate, seconds);
                LoadClient.Result second =
                        (onFirst ? offClient : onClient).run(onFirst ? off : on, CONNECTIONS, rate, seconds);
                LoadClient.Result kept = onFirst ? first : second;
                LoadClient.Result none = onFirst ? second : first;
                throughput[i] = rateOf(kept) / rateOf(none);
                onP99[i] = Times.percentile(kept.latencies(), 0.99);
                offP99[i] = Times.percentile(none.latencies(), 0.99);
                failed |= !kept.isRight() | !none.isRight();
                print(
                        "  round %d: log on %,.0f/s, p99 %.2f ms; off %,.0f/s, p99 %.2f ms; ratios %.3f and %.3f; %s %s",
                        i + 1,
                        rateOf(kept),
                        onP99[i],
                        rateOf(none),
                        offP99[i],
                        throughput[i],
                        onP99[i] / offP99[i],
                        kept.statuses(),
                        none.statuses());
            }
            // A pause of the machine falls into one round of one server, so the p99 of all rounds together would be its
            // length.
            print(
                    "log on to off: median throughput %.3f; median p99 of the rounds %.2f ms and %.2f ms, ratio %.3f",
                    Times.median(throughput),
                    Times.median(onP99),
                    Times.median(offP99),
                    Times.median(onP99) / Times.median(offP99));
            compare(on.matched(), references(onServer.port(), 0).all);
        } finally {
            Folders.delete(onFolder);
            Folders.delete(offFolder);
        }
    }

    private static double rateOf(LoadClient.Result result) {
        return result.latencies().length / result.seconds();
    }

    private static void bank(int port, byte[] photo) throws IOException {
        try (Connection connection = new Connection(port)) {
            connection
                    .send(Connection.post("/v1/banks/" + Banked.BANK + "/content", "image/jpeg", photo))
                    .expect(201);
        }
    }

    /** Fails unless the log has what matched, each as often as it was told. */
    private void compare(List<Long> told, List<Long> logged) {
        Map<Long, Integer> difference = new HashMap<>();
        told.forEach(number -> difference.merge(number, 1, Integer::sum));
        logged.forEach(number -> difference.merge(number, -1, Integer::sum));
        difference.values().removeIf(times -> times == 0);
        print("%,d matches told, %,d rows in the log, %,d differ", told.size(), logged.size(), difference.size());
        failed |= !difference.isEmpty() || told.isEmpty();
    }

    /** The references of all rows after that id, in their order, and the id of the last row. */
    private record Logged(List<Long> all, long lastId) {}

    private Logged references(int port, long after) throws IOException, InterruptedException {
        List<Long> all = new ArrayList<>();
        long from = after;
        while (true) {
            String page = get(port, "/v1/matches?limit=1000&order=oldest&after=" + from);
            REFERENCE.matcher(page).results().forEach(row -> all.add(Long.parseLong(row.group(1))));
            Matcher next = NEXT.matcher(page);
            if (!next.find()) {
                Matcher ids = Pattern.compile("\\{\"id\":(\\d+)").matcher(page);
                while (ids.find()) {
                    from = Long.parseLong(ids.group(1));
                }
                return new Logged(all, from);
            }
            from = Long.parseLong(next.group(1));
        }
    }

    private String get(int port, String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    // Kills

    private void kill(int kills) throws Exception {
        Path folder = list();
        LookupTraffic.First banked = new LookupTraffic.First(hashes);
        AtomicLong number = new AtomicLong();
        long lastId = 0;
        double worstMs = 0;
        long missingInAll = 0;
        try {
            for (int kill = 0; kill < kills; kill++) {
                Map<Long, Long> answered = new ConcurrentHashMap<>();
                long killed;
                try (ServerProcess server = ServerProcess.start(folder, KEPT_DAYS)) {
                    AtomicBoolean over = new AtomicBoolean();
                    List<Thread> clients = new ArrayList<>();
                    for (int i = 0; i < KILL_CLIENTS; i++) {
                        clients.add(
                                Thread.ofPlatform().start(() -> ask(server.port(), banked, number, answered, over)));
                    }
                    while (answered.isEmpty() && !over.get()) {
                        LockSupport.parkNanos(1_000_000);
                    }
                    LockSupport.parkNanos(random.nextLong(3_000_000_000L));
                    killed = System.nanoTime();
                    server.handle().destroyForcibly();
                    over.set(true);
                    for (Thread client : clients) {
                        client.join();
                    }
                }
                try (ServerProcess server = ServerProcess.start(folder, KEPT_DAYS)) {
                    Logged logged = references(server.port(), lastId);
                    lastId = logged.lastId;
                    Map<Long, Long> missing = new HashMap<>(answered);
                    logged.all.forEach(missing::remove);
                    boolean once = logged.all.stream().distinct().count() == logged.all.size();
                    Matcher metric = LOST.matcher(get(server.port(), "/metrics"));
                    long told = metric.find() ? (long) Double.parseDouble(metric.group(1)) : -1;
                    long oldest = missing.values().stream()
                            .mapToLong(at -> killed - at)
                            .max()
                            .orElse(0);
                    worstMs = Math.max(worstMs, oldest / 1e6);
                    missingInAll += missing.size();
                    // What was taken and not answered may be lost as well.
                    boolean right = once
                            && !answered.isEmpty()
                            && oldest <= MOST_LOST_NANOS
                            && told >= missing.size()
                            && told <= missing.size() + KILL_CLIENTS;
                    failed |= !right;
                    print(
                            "  kill %d: %,d matches answered, %,d missing, the oldest %.0f ms before the kill; the log says %,d%s",
                            kill + 1, answered.size(), missing.size(), oldest / 1e6, told, right ? "" : ": WRONG");
                    server.stop(30);
                }
            }
            print(
                    "%d kills: %,d rows missing in all, the oldest %.0f ms before its kill",
                    kills, missingInAll, worstMs);
        } finally {
            Folders.delete(folder);
        }
    }

    /** Asks for one banked hash after the other, and notes when each was answered. */
    private static void ask(
            int port, LookupTraffic.First banked, AtomicLong number, Map<Long, Long> answered, AtomicBoolean over) {
        try (Connection connection = new Connection(port)) {
            while (!over.get()) {
                long reference = number.getAndIncrement();
                Connection.Answer answer = connection.send(lookup(banked, reference));
                answer.expect(200);
                answered.put(reference, System.nanoTime());
            }
        } catch (IOException e) {

            over.set(true); // The server is gone, as it has to be.
        }
    }

    private static byte[] lookup(LookupTraffic.First banked, long reference) {
        ByteBuffer hash = ByteBuffer.allocate(32);
        for (long word : banked.query(reference)) {
            hash.putLong(word);
        }
        return Connection.post("/v1/lookup?reference=" + reference, "application/octet-stream", hash.array());
    }

    // The stream

    private void stream(int reconnects) throws Exception {
        Path folder = list();
        LookupTraffic.First banked = new LookupTraffic.First(hashes);
        try (ServerProcess server = ServerProcess.start(folder, KEPT_DAYS)) {
            AtomicLong number = new AtomicLong();
            AtomicBoolean over = new AtomicBoolean();
            Map<Long, Long> answered = new ConcurrentHashMap<>();
            Thread client = Thread.ofPlatform().start(() -> ask(server.port(), banked, number, answered, over));
            List<Long> got = new ArrayList<>();
            long last = 0;
            for (int i = 0; i < reconnects; i++) {
                last = read(server.port(), last, 1 + random.nextInt(200), got);
            }
            over.set(true);
            client.join();
            long left = answered.size() - got.size();
            if (left > 0) {
                read(server.port(), last, (int) left, got);
            }
            print("stream: %d connections", reconnects + 1);
            compare(List.copyOf(answered.keySet()), got);
        } finally {
            Folders.delete(folder);
        }
    }

    /** Reads so many events after that id and breaks the connection; gives the id of the last one. */
    private long read(int port, long after, int events, List<Long> got) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/matches/stream"))
                .header("Last-Event-ID", Long.toString(after))
                .header("Accept", "text/event-stream")
                .build();
        long last = after;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                http.send(request, HttpResponse.BodyHandlers.ofInputStream()).body(), StandardCharsets.UTF_8))) {
            int left = events;
            while (left > 0) {
                String line = lines.readLine();
                if (line == null) {
                    throw new IOException("the stream ended");
                }
                if (line.startsWith("id: ")) {
                    last = Long.parseLong(line.substring(4));
                } else if (line.startsWith("data: ")) {
                    Matcher reference = REFERENCE.matcher(line);
                    if (reference.find()) {
                        got.add(Long.parseLong(reference.group(1)));
                    }
                    left--;
                }
            }
        }
        return last;
    }
}
