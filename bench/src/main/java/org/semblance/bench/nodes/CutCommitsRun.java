package org.semblance.bench.nodes;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.semblance.bench.nodes.Proxy.Cut;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Two nodes whose connections to PostgreSQL are cut while they commit, so that they do not hear what became of it. Every change that
 * is acknowledged in the end must be there once.
 */
public final class CutCommitsRun {
    private static final int NODES = 2;
    private static final int WRITERS = 8;

    /** One in so many commits is cut. */
    private static final int SHARE = 6;

    private CutCommitsRun() {}

    /** Returns 1 if an acknowledged change was lost or made twice. */
    @Command(
            name = "cut-commits",
            description = {
                "Cuts nodes off from the PostgreSQL that they share while they commit, and looks whether a change is lost or made"
                        + " twice.",
                "Starts a PostgreSQL of its own, of the binaries in /usr/lib/postgresql."
            })
    static int run(
            @Parameters(description = "How many commits are cut off from their answer; others are cut before that.")
                    int cuts,
            @Parameters(description = "Of the hashes and the cuts.") long seed)
            throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom(seed);
        Writer.Totals totals = new Writer.Totals();
        List<Proxy> proxies = new ArrayList<>();
        List<Node> nodes = new ArrayList<>();
        try (Postgres postgres = Postgres.start()) {
            try {
                for (int i = 0; i < NODES; i++) {
                    proxies.add(new Proxy(postgres.port(), random.nextLong()));
                    nodes.add(new Node(Integer.toString(i + 1), Postgres.catalog(proxies.getLast())));
                    nodes.getLast().start();
                }
                List<Writer> writers = new ArrayList<>();
                for (int i = 0; i < WRITERS; i++) {
                    writers.add(new Writer(i, nodes, random.nextLong(), totals));
                    writers.getLast().start();
                }
                proxies.forEach(proxy -> proxy.cutOneIn(SHARE));
                while (count(proxies, Cut.AFTER) + count(proxies, Cut.ANSWERED) < cuts
                        && writers.stream().noneMatch(Writer::hasFailed)) {
                    Node.pause(20);
                }
                proxies.forEach(proxy -> proxy.cutOneIn(0));
                Writer.finish(writers);
                print(
                        "%,d commits were cut when the server had heard of them and %,d when it had answered; %,d within and %,d before",
                        count(proxies, Cut.AFTER),
                        count(proxies, Cut.ANSWERED),
                        count(proxies, Cut.WITHIN),
                        count(proxies, Cut.BEFORE));
                print(
                        "%,d changes of %,d contents acknowledged; %d requests without an answer and %d refused were sent again",
                        totals.changes.get(), totals.contents.get(), totals.repeated.get(), totals.refused.get());
                return Proof.of(nodes, writers) ? 0 : 1;
            } finally {
                Node.closeAll(nodes);
                for (Proxy proxy : proxies) {
                    proxy.close();
                }
            }
        }
    }

    private static int count(List<Proxy> proxies, Cut how) {
        return proxies.stream().mapToInt(proxy -> proxy.cuts(how)).sum();
    }
}
