package org.semblance.bench.retro;

import static org.semblance.bench.harness.Report.print;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Folders;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.server.http.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Whether the receiver of the webhook gets each earlier upload, and each once by its id, while the receiver is away half of the
 * time and the server is killed again and again. Contents are banked with an {@code Idempotency-Key} until they are answered, as a
 * client does that wants to be sure.
 */
public final class WebhookRun {
    private static final int UPLOADS_A_CONTENT = 3;
    private static final long LONGEST_LIFE_MS = 700;

    private final SplittableRandom random;
    private final ConcurrentMap<String, String> byId = new ConcurrentHashMap<>();
    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicReference<Boolean> away = new AtomicReference<>(false);

    private WebhookRun(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** Returns 1 if an event was lost, or came with two ids. */
    @Command(name = "webhook", description = "Tells whether each event arrives over outages and kills.")
    static int run(
            @Parameters(description = "Contents to bank, of which each has three earlier uploads.") int contents,
            @Parameters(description = "How often the server is killed.") int kills,
            @Parameters(description = "Of the hashes and the moments.") long seed)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("semblance-webhook");
        try {
            return new WebhookRun(seed).run(folder, contents, kills);
        } finally {
            Folders.delete(folder);
        }
    }

    private int run(Path folder, int contents, int kills) throws IOException, InterruptedException {
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", this::take);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            receiver.setExecutor(threads);
            receiver.start();
            int status = run(folder, receiver.getAddress().getPort(), contents, kills);
            receiver.stop(0);
            return status;
        }
    }

    /** Now and then the answer is lost after the event was taken: then it comes again. */
    private void take(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        if (Boolean.TRUE.equals(away.get())) {
            refused.incrementAndGet();
            exchange.sendResponseHeaders(503, -1);
        } else {
            var event = Json.read(body);
            String what = event.get("content_id") + " " + event.get("reference").stringValue();
            byId.merge(event.get("id").stringValue(), what, (one, other) -> one.equals(other) ? one : "two of one id");
            if (taken.incrementAndGet() % 7 != 0) {
                exchange.sendResponseHeaders(204, -1);
            }
        }
        exchange.close();
    }

    private int run(Path data, int port, int contents, int kills) throws IOException, InterruptedException {
        Path folder = data.resolve("db");
        Path secret = Files.writeString(data.resolve("secret"), "a secret of the benchmark");
        try (HashDb db = HashDb.open(folder)) {
            db.apply(new Change.CreateBank(Banked.BANK), Banked.ORIGIN);
        }
        RetroServer.Options options = new RetroServer.Options(100_000, "http://127.0.0.1:" + port + "/hook", secret, 0);
        Set<String> expected = new HashSet<>();
        int killed = 0;
        int done = 0;
        long events = 0;
        RetroServer server = new RetroServer(folder, options);
        try {
            server.awaitLoaded();
            long dies = nextDeath();
            while (done < contents) {
                away.set(random.nextBoolean());
                Hash256 hash = Banked.hash(random);
                for (int i = 0; i < UPLOADS_A_CONTENT; i++) {
                    server.post(
                            "/v1/lookup", "[{\"hash\":\"" + hash + "\",\"id\":\"" + done + "-" + i + "\"}]", Map.of());
                }
                Map<String, String> key = Map.of("Idempotency-Key", "content-" + done);
                String body = "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]}";
                HttpResponse<String> answer = server.post("/v1/banks/" + Banked.BANK + "/content", body, key);
                if (answer.statusCode() != 201) {
                    throw new IllegalStateException(answer.statusCode() + ": " + answer.body());
                }
                var json = Json.read(answer.body());
                for (var one : json.get("earlier").get("references")) {
                    expected.add(json.get("id") + " " + one.get("reference").stringValue());
                    events++;
                }
                done++;
                if (killed < kills && System.nanoTime() - dies > 0) {
                    server.kill();
                    killed++;
                    server = new RetroServer(folder, options);
                    server.awaitLoaded();
                    dies = nextDeath();
                }
            }
            away.set(false);
            while (server.metric("semblance_webhook_waiting") > 0) {
                LockSupport.parkNanos(20_000_000);
            }
        } finally {
            server.close();
        }
        Set<String> got = new HashSet<>(byId.values());
        Set<String> lost = new HashSet<>(expected);
        lost.removeAll(got);
        int twice = byId.size() - got.size();
        print(
                "%d contents, %d kills, %d events; taken %d posts, refused %d; %d lost, %d with two ids",
                done, killed, events, taken.get(), refused.get(), lost.size(), twice);
        return lost.isEmpty() && twice == 0 && events == (long) contents * UPLOADS_A_CONTENT ? 0 : 1;
    }

    private long nextDeath() {
        return System.nanoTime() + random.nextLong(LONGEST_LIFE_MS) * 1_000_000;
    }
}
