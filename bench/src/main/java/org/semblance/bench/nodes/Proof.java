package org.semblance.bench.nodes;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.semblance.bench.nodes.Node.Answer;
import tools.jackson.databind.JsonNode;

/** Checks that every acknowledged change is there once, on every node, and that each node proves its list. */
final class Proof {
    private static final int LOOKED_UP_TOGETHER = 1_000;

    private Proof() {}

    /** Waits until the nodes agree, and tells what it finds on each. */
    static boolean of(List<Node> nodes, List<Writer> writers) throws IOException {
        long begun = System.nanoTime();
        long version;
        do {
            for (Node node : nodes) {
                node.awaitReady();
            }
            version = nodes.getFirst().listVersion();
        } while (!same(nodes, version));
        print("all nodes are at change %,d after %.1f s", version, (System.nanoTime() - begun) / 1e9);
        boolean sound = true;
        for (Node node : nodes) {
            long lost = 0;
            long twice = 0;
            long wrong = 0;
            for (Writer writer : writers) {
                List<Writer.Entry> all = writer.entries();
                for (int from = 0; from < all.size(); from += LOOKED_UP_TOGETHER) {
                    List<Writer.Entry> some = all.subList(from, Math.min(all.size(), from + LOOKED_UP_TOGETHER));
                    int[] found = lookUp(node, some);
                    for (int i = 0; i < found.length; i++) {
                        boolean live = Boolean.TRUE.equals(some.get(i).live);
                        lost += live && found[i] == 0 ? 1 : 0;
                        twice += found[i] > 1 ? 1 : 0;
                        wrong += !live && found[i] > 0 ? 1 : 0;
                    }
                }
            }
            JsonNode proof = node.json("POST", "/v1/verify", "").json();
            print(
                    "%s: %d lost, %d twice, %d there though withdrawn; verify: clean %s, %,d rows of the journal, %s",
                    node,
                    lost,
                    twice,
                    wrong,
                    proof.path("clean"),
                    proof.path("journal_rows").asLong(),
                    proof.path("problems"));
            sound &=
                    lost == 0 && twice == 0 && wrong == 0 && proof.path("clean").asBoolean(false);
        }
        return sound;
    }

    private static boolean same(List<Node> nodes, long version) throws IOException {
        for (Node node : nodes) {
            if (node.listVersion() != version) {
                return false;
            }
        }
        return true;
    }

    /** How many contents each hash finds. */
    private static int[] lookUp(Node node, List<Writer.Entry> entries) throws IOException {
        StringBuilder query = new StringBuilder();
        entries.forEach(entry -> query.append(query.isEmpty() ? "[\"" : "\",\"").append(entry.hash));
        Answer answer = node.send(
                "POST",
                "/v1/lookup",
                query.append("\"]").toString().getBytes(StandardCharsets.UTF_8),
                Map.of("Content-Type", "application/json"));
        int[] found = new int[entries.size()];
        for (JsonNode result : answer.json().path("results")) {
            found[result.path("query").asInt()] = result.path("matches").size();
        }
        return found;
    }
}
