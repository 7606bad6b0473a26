package org.semblance.bench.nodes;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.semblance.bench.harness.Times;
import org.semblance.bench.nodes.Node.Answer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Two nodes on a PostgreSQL that a standby follows. The first server is killed while clients change the list, and the standby takes
 * over. Where it had confirmed each commit nothing may be lost; where it had not, each node must notice what is.
 */
public final class FailoverRun {
    private static final int NODES = 2;
    private static final int WRITERS = 4;
    private static final int LOST_CHANGES = 20;

    private final SplittableRandom random;
    private final Writer.Totals totals = new Writer.Totals();

    private FailoverRun(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** Returns 1 if an acknowledged change was lost or made twice, or a loss was not noticed. */
    @Command(
            name = "failover",
            description = {
                "Kills the PostgreSQL that nodes share and has its standby take over, again and again, under load; then once a standby"
                        + " that had not confirmed the newest changes, and brings the old server back.",
                "Starts servers of its own, of the binaries in /usr/lib/postgresql."
            })
    static int run(
            @Parameters(description = "How often the first server is killed.") int kills,
            @Parameters(description = "Of the hashes.") long seed)
            throws IOException, InterruptedException {
        FailoverRun run = new FailoverRun(seed);
        return run.synchronous(kills) & run.asynchronous() ? 0 : 1;
    }

    /** With a standby that confirms each commit. */
    private boolean synchronous(int kills) throws IOException, InterruptedException {
        Postgres first = Postgres.start();
        Postgres standby = first.standby();
        List<Node> nodes = new ArrayList<>();
        try {
            follow(first);
            String catalog = Postgres.catalog(first, standby);
            for (int i = 0; i < NODES; i++) {
                nodes.add(new Node(Integer.toString(i + 1), catalog));
                nodes.getLast().start();
            }
            List<Writer> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                writers.add(new Writer(i, nodes, random.nextLong(), totals));
                writers.getLast().start();
            }
            Times back = new Times();
            for (int i = 0; i < kills; i++) {
                Node.pause(random.nextInt(500, 3_000));
                first.kill();
                standby.promote();
                long promoted = System.nanoTime();
                long made = totals.changes.get();
                while (totals.changes.get() == made && writers.stream().noneMatch(Writer::hasFailed)) {
                    Node.pause(5);
                }
                back.addSince(promoted);
                // What led before follows now: the same ports, so that the nodes' address holds.
                first.followAnew(standby);
                follow(standby);
                Postgres next = standby;
                standby = first;
                first = next;
            }
            Writer.finish(writers);
            print(
                    "%d failovers under load, %,d changes acknowledged: writes were back after p50 %.0f ms, longest %.0f ms",
                    kills, totals.changes.get(), back.percentile(0.5), back.percentile(1));
            return Proof.of(nodes, writers);
        } finally {
            Node.closeAll(nodes);
            standby.close();
            first.close();
        }
    }

    /** Has commits wait for the standby, once it is there. */
    private static void follow(Postgres leader) throws IOException {
        leader.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
        leader.ask("SELECT pg_reload_conf()");
        while (!leader.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
                .equals("1")) {
            Node.pause(20);
        }
    }

    /** With a standby that does not, and had fallen behind. */
    private boolean asynchronous() throws IOException {
        Postgres first = Postgres.start();
        Postgres standby = first.standby();
        List<Node> nodes = new ArrayList<>();
        try {
            for (int i = 0; i < NODES; i++) {
                nodes.add(new Node(Integer.toString(i + 1), Postgres.catalog(first, standby)));
                nodes.getLast().start();
            }
            nodes.getFirst().json("POST", "/v1/banks", "{\"name\":\"KEPT\"}").json();
            while (!standby.ask("SELECT count(*) FROM bank").equals("1")) {
                Node.pause(20);
            }
            standby.kill();
            for (int i = 0; i < LOST_CHANGES; i++) {
                nodes.getFirst().json("POST", "/v1/banks", "{\"name\":\"LOST_" + i + "\"}");
            }
            while (nodes.getLast().listVersion() < LOST_CHANGES + 1) {
                Node.pause(5);
            }
            first.kill();
            standby.resume();
            standby.promote();
            long promoted = System.nanoTime();
            boolean noticed = true;
            for (Node node : nodes) {
                while (node.listVersion() != 1) {
                    noticed &= System.nanoTime() - promoted < TimeUnit.MINUTES.toNanos(1);
                    if (!noticed) {
                        break;
                    }
                    Node.pause(5);
                }
                print(
                        "%s: %s after %.1f s",
                        node,
                        noticed
                                ? "noticed the loss of changes 2 to " + (LOST_CHANGES + 1) + " and went back"
                                : "noticed nothing",
                        (System.nanoTime() - promoted) / 1e9);
            }
            first.resume(); // With all that was lost, and more to say about it.
            boolean kept = true;
            for (int i = 0; i < LOST_CHANGES; i++) {
                Node node = nodes.get(i % NODES);
                Answer answer = node.json("POST", "/v1/banks", "{\"name\":\"NEW_" + i + "\"}");
                kept &= answer.status() == 201;
            }
            String newer = standby.ask("SELECT count(*) FROM bank WHERE name LIKE 'NEW%'");
            String older = first.ask("SELECT count(*) FROM bank WHERE name LIKE 'NEW%'");
            print(
                    "with the old server back: %s of %d changes in the new one, %s in the old one",
                    newer, LOST_CHANGES, older);
            return noticed && kept && newer.equals(Integer.toString(LOST_CHANGES)) && older.equals("0");
        } finally {
            Node.closeAll(nodes);
            standby.close();
            first.close();
        }
    }
}
