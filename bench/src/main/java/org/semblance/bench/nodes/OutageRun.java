package org.semblance.bench.nodes;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Times;
import org.semblance.bench.nodes.Node.Answer;
import org.semblance.hashdb.hash.Hash256;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Three nodes on one PostgreSQL, and how long they make each other wait: beside a large bulk, without word of changes, when one of them
 * freezes with the head of the journal in its hands, when PostgreSQL is away, and until they refuse a key.
 */
public final class OutageRun {
    private static final int BULK = 20_000;
    private static final int FREEZES = 10;
    private static final int FOUND_WITHOUT_WORD = 40;
    private static final int REVOCATIONS = 20;

    private final SplittableRandom random;
    private final Postgres postgres;

    /** The first takes bulks, and the last hears no word of changes. */
    private final List<Node> nodes;

    private OutageRun(long seed, Postgres postgres, List<Node> nodes) {
        this.random = new SplittableRandom(seed);
        this.postgres = postgres;
        this.nodes = nodes;
    }

    /** Returns 1 if a lookup failed, or a change was acknowledged while PostgreSQL was away. */
    @Command(
            name = "outages",
            description = {
                "Measures what nodes that share a PostgreSQL wait for: a bulk, word of changes, a frozen node, PostgreSQL itself.",
                "Starts a PostgreSQL of its own, of the binaries in /usr/lib/postgresql."
            })
    static int run(
            @Parameters(description = "How many contents are added while single ones are looked for.") int contents,
            @Parameters(description = "How long PostgreSQL is away, in seconds.") int seconds,
            @Parameters(description = "Of the hashes and the moments.") long seed)
            throws IOException, InterruptedException {
        List<Node> nodes = new ArrayList<>();
        try (Postgres postgres = Postgres.start();
                Proxy mute = new Proxy(postgres.port(), seed)) {
            try {
                mute.mute();
                for (int i = 0; i < 3; i++) {
                    String catalog = i < 2 ? Postgres.catalog(postgres) : Postgres.catalog(mute);
                    nodes.add(new Node(Integer.toString(i + 1), catalog));
                    nodes.getLast().start();
                }
                OutageRun run = new OutageRun(seed, postgres, nodes);
                nodes.getFirst().json("POST", "/v1/banks", "{\"name\":\"A\"}");
                run.besideABulk(contents);
                run.withoutWord();
                run.besideAFrozenNode();
                boolean sound = run.withoutPostgres(seconds);
                run.revokedKeys();
                return sound ? 0 : 1;
            } finally {
                Node.closeAll(nodes);
            }
        }
    }

    private static String line(Hash256 hash) {
        return "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]}";
    }

    /** The status that the node answers to an addition with. */
    private static int add(Node node, Hash256 hash) throws IOException {
        return node.json("POST", "/v1/banks/A/content", line(hash)).status();
    }

    private static boolean finds(Node node, Hash256 hash) throws IOException {
        return node.json("POST", "/v1/lookup", "[\"" + hash + "\"]").body().contains("\"match\"");
    }

    /** Adds a content by a node, and notes how long after its answer another one finds it. */
    private void find(Node adding, Node finding, Times found) throws IOException {
        Hash256 hash = Banked.hash(random);
        if (add(adding, hash) != 201) {
            throw new IOException(adding + " did not add");
        }
        long begun = System.nanoTime();
        while (!finds(finding, hash)) {
            Thread.onSpinWait();
        }
        found.addSince(begun);
    }

    /** Adds that many contents in a thread of its own, or as many as it can until it is interrupted. */
    private Thread bulk(long contents) {
        SplittableRandom own = random.split();
        return Thread.ofPlatform().name("bulk").start(() -> {
            for (long left = contents; left > 0 && !Thread.currentThread().isInterrupted(); left -= BULK) {
                StringBuilder lines = new StringBuilder();
                for (int i = 0; i < Math.min(left, BULK); i++) {
                    lines.append(line(Banked.hash(own))).append('\n');
                }
                try {
                    nodes.getFirst()
                            .send(
                                    "POST",
                                    "/v1/banks/A/content",
                                    lines.toString().getBytes(StandardCharsets.UTF_8),
                                    Map.of("Content-Type", "application/x-ndjson"));
                } catch (IOException e) {
                    // It was frozen; the next one may pass.
                }
            }
        });
    }

    private void besideABulk(int contents) throws IOException {
        Thread bulk = bulk(contents);
        Times there = new Times();
        Times back = new Times();
        long begun = System.nanoTime();
        while (bulk.isAlive()) {
            find(nodes.get(0), nodes.get(1), there);
            find(nodes.get(1), nodes.get(0), back);
        }
        print(
                "beside %,d contents, which took %.0f s, a single one was found by another node after p50 %.0f ms, p99 %.0f ms,"
                        + " longest %.0f ms; one of another node by that of the bulk after p50 %.0f ms, p99 %.0f ms, longest %.0f ms",
                contents,
                (System.nanoTime() - begun) / 1e9,
                there.percentile(0.5),
                there.percentile(0.99),
                there.percentile(1),
                back.percentile(0.5),
                back.percentile(0.99),
                back.percentile(1));
    }

    private void withoutWord() throws IOException {
        Times found = new Times();
        for (int i = 0; i < FOUND_WITHOUT_WORD; i++) {
            Node.pause(random.nextInt(1_000));
            find(nodes.get(0), nodes.get(2), found);
        }
        print(
                "a node without word of changes found one after p50 %.0f ms, longest %.0f ms",
                found.percentile(0.5), found.percentile(1));
    }

    private void besideAFrozenNode() throws IOException, InterruptedException {
        Times back = new Times();
        int held = 0;
        Thread bulk = bulk(Long.MAX_VALUE);
        for (int i = 0; i < FREEZES; i++) {
            do {
                nodes.getFirst().thaw();
                Node.pause(random.nextInt(50, 500));
                nodes.getFirst().freeze();
            } while (!isHeld());
            held++;
            long begun = System.nanoTime();
            while (add(nodes.get(1), Banked.hash(random)) != 201) {
                Node.pause(5);
            }
            back.addSince(begun);
        }
        nodes.getFirst().thaw();
        bulk.interrupt();
        nodes.getFirst().kill(); // The request that is under way would be waited for.
        bulk.join();
        nodes.getFirst().start();
        print(
                "%d times a node froze with the head of the journal: another one made a change after p50 %.0f ms, longest %.0f ms",
                held, back.percentile(0.5), back.percentile(1));
    }

    /** Whether some transaction holds the head. While only the frozen node changes the list, the transaction is that node's. */
    private boolean isHeld() throws IOException {
        return !postgres.ask(
                        "SELECT count(*) FROM pg_locks WHERE relation = 'head'::regclass AND mode = 'RowShareLock'")
                .equals("0");
    }

    /** The number of answered and failed lookups of one node, and their times. */
    private static final class Reader {
        final Times times = new Times();
        long failed;
    }

    private boolean withoutPostgres(int seconds) throws IOException, InterruptedException {
        Hash256 known = Banked.hash(random);
        add(nodes.getFirst(), known);
        for (Node node : nodes) {
            while (!finds(node, known)) {
                Node.pause(20);
            }
            // One that began a moment ago asks PostgreSQL what a hit is until it has its view.
            while (!node.send("GET", "/metrics", null, Map.of()).body().contains("semblance_view_ready 1")) {
                Node.pause(100);
            }
        }
        List<Reader> before = readers(known, Math.min(seconds, 10), () -> {});
        postgres.kill();
        Times refused = new Times();
        AtomicLong others = new AtomicLong();
        List<Reader> during = readers(known, seconds, () -> {
            for (Node node : nodes) {
                long begun = System.nanoTime();
                try {
                    if (add(node, Banked.hash(random)) == 503) {
                        refused.addSince(begun);
                    } else {
                        others.incrementAndGet();
                    }
                } catch (IOException e) {
                    others.incrementAndGet();
                }
                Node.pause(300);
            }
        });
        postgres.resume();
        long resumed = System.nanoTime();
        Hash256 next = Banked.hash(random);
        while (add(nodes.getFirst(), next) != 201) {
            Node.pause(5);
        }
        double added = (System.nanoTime() - resumed) / 1e9;
        for (Node node : nodes) {
            while (!finds(node, next)) {
                Node.pause(5);
            }
        }
        double found = (System.nanoTime() - resumed) / 1e9;
        long failed = during.stream().mapToLong(reader -> reader.failed).sum();
        Times all = Times.all(during.stream().map(reader -> reader.times).toList());
        print(
                "PostgreSQL away for %d s: %,d lookups, %d failed, p99 %.1f ms (before: %.1f ms); %d changes refused with 503 after"
                        + " p50 %.0f ms, longest %.0f ms, %d answered otherwise",
                seconds,
                all.size(),
                failed,
                all.percentile(0.99),
                Times.all(before.stream().map(reader -> reader.times).toList()).percentile(0.99),
                refused.size(),
                refused.percentile(0.5),
                refused.percentile(1),
                others.get());
        print("when it was back: a change was made after %.1f s, and found by all nodes after %.1f s", added, found);
        return failed == 0 && others.get() == 0;
    }

    /** How long after a key was revoked by one node another one refuses it. The last, as nobody is let in without a key then. */
    private void revokedKeys() throws IOException {
        Times refused = new Times();
        Node revoking = nodes.get(0);
        Node refusing = nodes.get(1);
        Map<String, String> boss = key(revoking, Map.of("Content-Type", "application/json"), "boss", "admin");
        for (int i = 0; i < REVOCATIONS; i++) {
            Map<String, String> clerk = key(revoking, boss, "clerk" + i, "match");
            while (lookUp(refusing, clerk) != 200) {
                Node.pause(1);
            }
            Node.pause(random.nextInt(1_000));
            revoking.send("DELETE", "/v1/keys/clerk" + i, null, boss);
            long begun = System.nanoTime();
            while (lookUp(refusing, clerk) != 401) {
                Node.pause(1);
            }
            refused.addSince(begun);
        }
        print(
                "%d keys revoked by one node were refused by another after p50 %.0f ms, longest %.0f ms",
                refused.size(), refused.percentile(0.5), refused.percentile(1));
    }

    private static int lookUp(Node node, Map<String, String> headers) throws IOException {
        return node.send("POST", "/v1/lookup", "[]".getBytes(StandardCharsets.UTF_8), headers)
                .status();
    }

    /** The headers of who has a new key. */
    private static Map<String, String> key(Node node, Map<String, String> maker, String name, String role)
            throws IOException {
        String request = "{\"name\":\"" + name + "\",\"role\":\"" + role + "\"}";
        Answer made = node.send("POST", "/v1/keys", request.getBytes(StandardCharsets.UTF_8), maker);
        return Map.of(
                "Content-Type",
                "application/json",
                "Authorization",
                "Bearer " + made.json().path("secret").asString());
    }

    /** Looks a content up at each node for so long, and does something beside that again and again. */
    private List<Reader> readers(Hash256 known, int seconds, Step beside) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        List<Reader> readers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        String query = "[\"" + known + "\"]";
        for (Node node : nodes) {
            Reader reader = new Reader();
            readers.add(reader);
            threads.add(Thread.ofPlatform().name("reader").start(() -> {
                while (System.nanoTime() - end < 0) {
                    long begun = System.nanoTime();
                    try {
                        Answer answer = node.json("POST", "/v1/lookup", query);
                        reader.failed += answer.status() == 200 && answer.body().contains("\"match\"") ? 0 : 1;
                    } catch (IOException e) {
                        reader.failed++;
                    }
                    reader.times.addSince(begun);
                    Node.pause(2);
                }
            }));
        }
        while (System.nanoTime() - end < 0) {
            beside.run();
            Node.pause(5);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return readers;
    }

    /** Something that may need a node or PostgreSQL. */
    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }
}
