package org.semblance.bench.nodes;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.harness.Times;
import org.semblance.bench.nodes.Node.Answer;
import org.semblance.hashdb.hash.Hash256;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/**
 * Three nodes on one PostgreSQL, which clients change and ask while nodes are killed and frozen, and now and then PostgreSQL is
 * killed. In the end every acknowledged change must be there once, on every node, and each node must prove its list.
 */
public final class NodesRun {
    private static final int NODES = 3;
    private static final int LAGS = 200;

    private final SplittableRandom random;
    private final Writer.Totals totals = new Writer.Totals();
    private final AtomicLong lookups = new AtomicLong();
    private final AtomicLong late = new AtomicLong();
    private final AtomicLong missed = new AtomicLong();
    private final AtomicLong unanswered = new AtomicLong();
    private volatile boolean stopping;

    private NodesRun(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** Returns 1 if a change was lost or made twice, a lookup missed one, or a node could not prove its list. */
    @Command(
            name = "nodes",
            description = {
                "Kills and freezes nodes that share a PostgreSQL while clients change the list, and looks whether anything is lost.",
                "Starts a PostgreSQL of its own, of the binaries in /usr/lib/postgresql."
            })
    static int run(
            @Parameters(description = "How long, in seconds.") int seconds,
            @Parameters(description = "How many clients change the list by each node.") int writers,
            @Parameters(description = "Seconds from one fault to the next.") int every,
            @Parameters(description = "Of the hashes and the faults.") long seed)
            throws IOException, InterruptedException {
        return new NodesRun(seed).run(seconds, writers, every);
    }

    private int run(int seconds, int writersOfEach, int every) throws IOException, InterruptedException {
        try (Postgres postgres = Postgres.start()) {
            List<Node> nodes = new ArrayList<>();
            try {
                for (int i = 0; i < NODES; i++) {
                    nodes.add(new Node(Integer.toString(i + 1), Postgres.catalog(postgres)));
                    nodes.getLast().start();
                }
                measureLag(nodes);
                List<Writer> writers = work(postgres, nodes, NODES * writersOfEach, seconds, every);
                return Proof.of(nodes, writers) && missed.get() == 0 ? 0 : 1;
            } finally {
                Node.closeAll(nodes);
            }
        }
    }

    /** How long after the answer of one node to an addition another node finds the content. */
    private void measureLag(List<Node> nodes) throws IOException {
        nodes.get(0).json("POST", "/v1/banks", "{\"name\":\"LAG\"}");
        Times found = new Times();
        Times waited = new Times();
        for (int i = 0; i < LAGS; i++) {
            Hash256 hash = Banked.hash(random);
            JsonNode added = nodes.get(0)
                    .json(
                            "POST",
                            "/v1/banks/LAG/content",
                            "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]}")
                    .json();
            long begun = System.nanoTime();
            String query = "[\"" + hash + "\"]";
            if (i % 2 == 0) {
                while (!nodes.get(1).json("POST", "/v1/lookup", query).body().contains("\"match\"")) {
                    Thread.onSpinWait();
                }
                found.addSince(begun);
            } else {
                String path = "/v1/lookup?min_list_version=" + added.path("seq").asLong();
                boolean isFound = nodes.get(2).json("POST", path, query).body().contains("\"match\"");
                waited.addSince(begun);
                missed.addAndGet(isFound ? 0 : 1);
            }
        }
        print(
                "found by another node after p50 %.1f ms, p99 %.1f ms, longest %.1f ms; with min_list_version p50 %.1f ms, p99 %.1f ms",
                found.percentile(0.5),
                found.percentile(0.99),
                found.percentile(1),
                waited.percentile(0.5),
                waited.percentile(0.99));
    }

    private List<Writer> work(Postgres postgres, List<Node> nodes, int count, int seconds, int every)
            throws IOException, InterruptedException {
        List<Writer> writers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            writers.add(new Writer(i, nodes, random.nextLong(), totals));
            threads.add(start("writer", failures, writers.getLast()));
        }
        for (Node node : nodes) {
            SplittableRandom own = random.split();
            threads.add(start("reader", failures, () -> read(node, writers, own)));
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        int kills = 0;
        int freezes = 0;
        int crashes = 0;
        while (System.nanoTime() - end < 0 && failures.isEmpty()) {
            Node.pause(TimeUnit.SECONDS.toMillis(every));
            Node node = nodes.get(random.nextInt(nodes.size()));
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    node.kill();
                    node.start();
                    kills++;
                }
                case 2, 3 -> {
                    node.freeze();
                    Node.pause(random.nextInt(500, 6_000));
                    node.thaw();
                    freezes++;
                }
                default -> {
                    postgres.kill();
                    Node.pause(random.nextInt(2_000));
                    postgres.resume();
                    crashes++;
                }
            }
        }
        writers.forEach(Writer::stop);
        stopping = true;
        for (Thread thread : threads) {
            thread.join();
        }
        for (Throwable failure : failures) {
            throw new IllegalStateException("a client failed", failure);
        }
        print(
                "%,d changes of %,d contents acknowledged to %d clients; %d nodes killed, %d frozen, PostgreSQL killed %d times;"
                        + " %d requests without an answer and %d refused were sent again",
                totals.changes.get(),
                totals.contents.get(),
                count,
                kills,
                freezes,
                crashes,
                totals.repeated.get(),
                totals.refused.get());
        print(
                "%,d lookups of what was acknowledged: %d missed it, %d were refused with 503, %d had no answer",
                lookups.get(), missed.get(), late.get(), unanswered.get());
        return writers;
    }

    private static Thread start(String name, List<Throwable> failures, Runnable work) {
        return Thread.ofPlatform().name(name).start(() -> {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                synchronized (failures) {
                    failures.add(e);
                }
            }
        });
    }

    /** Asks a node for what was acknowledged, perhaps by another. */
    private void read(Node node, List<Writer> writers, SplittableRandom own) {
        while (!stopping) {
            List<Writer.Entry> entries =
                    writers.get(own.nextInt(writers.size())).entries();
            Writer.Entry entry = entries.isEmpty() ? null : entries.get(own.nextInt(entries.size()));
            if (entry == null || !Boolean.TRUE.equals(entry.live)) {
                continue;
            }
            try {
                Answer answer =
                        node.json("POST", "/v1/lookup?min_list_version=" + entry.seq, "[\"" + entry.hash + "\"]");
                boolean isFound = answer.body().contains("\"content_id\":" + entry.contentId + ",");
                lookups.incrementAndGet();
                if (answer.status() == 503) {
                    late.incrementAndGet();
                } else if (!isFound && Boolean.TRUE.equals(entry.live)) {
                    print("%s: misses %d of change %d: %s", node, entry.contentId, entry.seq, answer);
                    missed.incrementAndGet();
                }
            } catch (IOException e) {
                unanswered.incrementAndGet();
                Node.pause(20);
            }
        }
    }
}
