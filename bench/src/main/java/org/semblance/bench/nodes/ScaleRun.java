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
import org.semblance.bench.harness.Clients;
import org.semblance.bench.harness.Connection;
import org.semblance.bench.harness.Counts;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.harness.Times;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * What two nodes on one PostgreSQL answer together, each on a core of its own, beside what each answers alone. The clients are in
 * this process, on whichever core has time; what they take is told, since two nodes have to share their cores with them.
 */
public final class ScaleRun {
    private static final int HASHES = 100_000;
    private static final int LINES = 5_000;
    private static final int QUERIES = 1_024;
    private static final int BODIES = 32;
    private static final int CONNECTIONS_OF_EACH = 2;

    private final int seconds;
    private final int rounds;
    private final SplittableRandom random;
    private final Counts refused = new Counts();

    private ScaleRun(int seconds, int rounds, long seed) {
        this.seconds = seconds;
        this.rounds = rounds;
        this.random = new SplittableRandom(seed);
    }

    /** Returns 1 if a request was refused. */
    @Command(
            name = "scale",
            description = {
                "Compares what two nodes answer together with what each answers alone, each pinned to a core.",
                "Starts a PostgreSQL of its own, of the binaries in /usr/lib/postgresql. Needs taskset and two cores."
            })
    static int run(
            @Parameters(description = "Length of a measurement, in seconds.") int seconds,
            @Parameters(description = "How often each is measured.") int rounds,
            @Parameters(description = "Of the hashes and the photos.") long seed)
            throws IOException, InterruptedException {
        return new ScaleRun(seconds, rounds, seed).run();
    }

    private int run() throws IOException, InterruptedException {
        try (Postgres postgres = Postgres.start()) {
            List<Node> nodes = List.of(
                    new Node("1", Postgres.catalog(postgres), List.of("taskset", "-c", "0")),
                    new Node("2", Postgres.catalog(postgres), List.of("taskset", "-c", "1")));
            try {
                for (Node node : nodes) {
                    node.start();
                }
                long version = fill(nodes.getFirst());
                for (Node node : nodes) {
                    while (node.listVersion() < version) {
                        Node.pause(20);
                    }
                }
                compare("POST /v1/lookup, " + QUERIES + " hashes as octets, of " + HASHES, nodes, lookups());
                compare("POST /v1/match, a photo of " + Photos.WIDTH + "x" + Photos.HEIGHT, nodes, photos());
            } finally {
                Node.closeAll(nodes);
            }
        }
        print("refused: %s", refused);
        return refused.what().isEmpty() ? 0 : 1;
    }

    /** Banks hashes, and returns the version of the list that has them. */
    private long fill(Node node) throws IOException {
        node.json("POST", "/v1/banks", "{\"name\":\"SCALE\"}");
        for (int done = 0; done < HASHES; done += LINES) {
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < LINES; i++) {
                lines.append("{\"signals\":[{\"type\":\"pdq\",\"hash\":\"")
                        .append(Banked.hash(random))
                        .append("\"}]}\n");
            }
            Node.Answer answer = node.send(
                    "POST",
                    "/v1/banks/SCALE/content",
                    lines.toString().getBytes(StandardCharsets.UTF_8),
                    Map.of("Content-Type", "application/x-ndjson"));
            if (answer.status() != 200 || answer.body().contains("\"status\":5")) {
                throw new IllegalStateException("not banked: " + answer);
            }
        }
        return node.listVersion();
    }

    private List<byte[]> lookups() {
        List<byte[]> requests = new ArrayList<>();
        for (int i = 0; i < BODIES; i++) {
            byte[] hashes = new byte[32 * QUERIES];
            random.nextBytes(hashes);
            requests.add(Connection.post("/v1/lookup", "application/octet-stream", hashes));
        }
        return requests;
    }

    private List<byte[]> photos() throws IOException {
        List<byte[]> requests = new ArrayList<>();
        for (int i = 0; i < BODIES / 4; i++) {
            requests.add(Connection.match("image/jpeg", Photos.shapes(random.nextLong())));
        }
        return requests;
    }

    private void compare(String what, List<Node> nodes, List<byte[]> requests) throws InterruptedException {
        print("%s; %d connections to each node", what, CONNECTIONS_OF_EACH);
        load(nodes, requests, seconds); // Warms up.
        double[] ratios = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            double first = load(nodes.subList(0, 1), requests, seconds);
            double both = load(nodes, requests, seconds);
            double second = load(nodes.subList(1, 2), requests, seconds);
            ratios[i] = both / ((first + second) / 2);
            print(
                    "  round %d: %,.1f/s and %,.1f/s alone, %,.1f/s together: %.2f times",
                    i + 1, first, second, both, ratios[i]);
        }
        print("  two nodes to one: median %.2f", Times.median(ratios));
    }

    /** The requests a second that the nodes answer. */
    private double load(List<Node> nodes, List<byte[]> requests, int length) throws InterruptedException {
        AtomicLong answered = new AtomicLong();
        double clientBegan = cpuSeconds(ProcessHandle.current());
        long begun = System.nanoTime();
        long end = begun + TimeUnit.SECONDS.toNanos(length);
        Clients.run(Thread.ofPlatform().factory(), CONNECTIONS_OF_EACH * nodes.size(), refused, (number, times) -> {
            try (Connection connection =
                    new Connection(nodes.get(number % nodes.size()).port())) {
                for (int i = number; System.nanoTime() - end < 0; i++) {
                    Connection.Answer answer = connection.send(requests.get(i % requests.size()));
                    if (answer.status() == 200) {
                        answered.incrementAndGet();
                    } else {
                        refused.add(Integer.toString(answer.status()));
                    }
                }
            }
        });
        double took = (System.nanoTime() - begun) / 1e9;
        print(
                "    %d of the nodes: %,.1f/s; the clients took %.3f of a core",
                nodes.size(), answered.get() / took, (cpuSeconds(ProcessHandle.current()) - clientBegan) / took);
        return answered.get() / took;
    }

    private static double cpuSeconds(ProcessHandle process) {
        return process.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
    }
}
