package org.semblance.bench.nodes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.harness.Banked;
import org.semblance.bench.nodes.Node.Answer;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.json.StrictJson;
import tools.jackson.databind.JsonNode;

/**
 * One client that changes a bank of its own, by one node, and by another one as soon as that gives no answer: it sends the same
 * request again, with the same {@code Idempotency-Key}, until it is answered. So each change that it asks for is made once.
 */
final class Writer implements Runnable {
    private static final int BULK = 50;

    private final int number;
    private final List<Node> nodes;
    private final SplittableRandom random;
    private final Totals totals;
    private final List<Entry> entries = Collections.synchronizedList(new ArrayList<>());
    private int node;
    private int names;
    private volatile String bank;
    private volatile boolean stopping;
    private volatile @Nullable Thread thread;
    private volatile @Nullable Throwable failure;

    /** Counts over all writers. */
    static final class Totals {
        final AtomicLong changes = new AtomicLong();
        final AtomicLong contents = new AtomicLong();
        final AtomicLong repeated = new AtomicLong();
        final AtomicLong refused = new AtomicLong();
    }

    /** A content whose addition was acknowledged. */
    static final class Entry {
        final Hash256 hash;
        final long contentId;

        /** The number of the newest change of it that was acknowledged. */
        volatile long seq;

        /** Whether the content matches; null while the content is being withdrawn. */
        volatile @Nullable Boolean live = true;

        Entry(Hash256 hash, long contentId, long seq) {
            this.hash = hash;
            this.contentId = contentId;
            this.seq = seq;
        }
    }

    Writer(int number, List<Node> nodes, long seed, Totals totals) {
        this.number = number;
        this.nodes = nodes;
        this.node = number % nodes.size();
        this.random = new SplittableRandom(seed);
        this.totals = totals;
        this.bank = "W" + number;
    }

    List<Entry> entries() {
        return entries;
    }

    void stop() {
        stopping = true;
    }

    /** Works in a thread of its own. */
    void start() {
        thread = Thread.ofPlatform().name("writer").start(() -> {
            try {
                run();
            } catch (RuntimeException | Error e) {
                failure = e;
            }
        });
    }

    /** Whether the writer's thread has ended with a failure. */
    boolean hasFailed() {
        return failure != null;
    }

    /** Ends the threads of writers that were started. */
    static void finish(List<Writer> writers) throws InterruptedException {
        writers.forEach(Writer::stop);
        for (Writer writer : writers) {
            Thread started = writer.thread;
            if (started != null) {
                started.join();
            }
            if (writer.failure != null) {
                throw new IllegalStateException("a client failed", writer.failure);
            }
        }
    }

    @Override
    public void run() {
        ask("POST", "/v1/banks", "application/json", "{\"name\":\"" + bank + "\"}", 201);
        while (!stopping) {
            int kind = random.nextInt(100);
            if (kind < 70 || entries.isEmpty()) {
                add();
            } else if (kind < 75) {
                addBulk();
            } else if (kind < 85) {
                label(entries.get(random.nextInt(entries.size())));
            } else if (kind < 95) {
                withdraw(entries.get(random.nextInt(entries.size())));
            } else {
                rename();
            }
        }
    }

    private static String line(Hash256 hash) {
        return "{\"signals\":[{\"type\":\"pdq\",\"hash\":\"" + hash + "\"}]}";
    }

    private void add() {
        Hash256 hash = Banked.hash(random);
        JsonNode answer =
                ask("POST", contents(), "application/json", line(hash), 201).json();
        note(hash, answer);
    }

    private void note(Hash256 hash, JsonNode answer) {
        entries.add(
                new Entry(hash, answer.path("id").asLong(-1), answer.path("seq").asLong(-1)));
        totals.contents.incrementAndGet();
    }

    private void addBulk() {
        List<Hash256> hashes = new ArrayList<>();
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < BULK; i++) {
            hashes.add(Banked.hash(random));
            lines.append(line(hashes.getLast())).append('\n');
        }
        String[] answers = ask("POST", contents(), "application/x-ndjson", lines.toString(), 200)
                .body()
                .split("\n", -1);
        for (int i = 0; i < BULK; i++) {
            note(hashes.get(i), StrictJson.ANSWERS.readTree(answers[i]));
        }
    }

    private void label(Entry entry) {
        if (Boolean.TRUE.equals(entry.live)) {
            String labels = "{\"labels\":[\"l" + random.nextInt(20) + "\"]}";
            entry.seq = ask("PATCH", contents() + "/" + entry.contentId, "application/json", labels, 200)
                    .json()
                    .path("seq")
                    .asLong(-1);
        }
    }

    private void withdraw(Entry entry) {
        if (Boolean.TRUE.equals(entry.live)) {
            entry.live = null;
            Answer answer = ask("DELETE", contents() + "/" + entry.contentId, "application/json", null, 200);
            // A repeated withdrawal is told that the content is not there.
            entry.seq = Math.max(
                    entry.seq,
                    answer.status() == 200 ? answer.json().path("seq").asLong(-1) : 0);
            entry.live = false;
        }
    }

    private void rename() {
        String name = "W" + number + "_" + ++names;
        Answer answer = ask("PATCH", "/v1/banks/" + bank, "application/json", "{\"name\":\"" + name + "\"}", 200);
        if (answer.status() == 200 || answer.status() == 404) { // The bank has its new name already.
            bank = name;
        }
    }

    private String contents() {
        return "/v1/banks/" + bank + "/content";
    }

    /** The answer to a request that some node makes in the end. */
    private Answer ask(String method, String path, String type, @Nullable String body, int expected) {
        Map<String, String> headers = new HashMap<>(Map.of("Content-Type", type));
        if (method.equals("POST")) {
            headers.put("Idempotency-Key", UUID.randomUUID().toString());
        }
        boolean again = false;
        while (true) {
            try {
                Answer answer = nodes.get(node)
                        .send(method, path, body == null ? null : body.getBytes(StandardCharsets.UTF_8), headers);
                // An addition that is asked for again is answered as it was; other changes find that they were made.
                boolean wasMade =
                        again && !path.endsWith("/content") && (answer.status() == 404 || answer.status() == 409);
                if ((answer.status() == expected || wasMade) && isWhole(answer)) {
                    totals.changes.incrementAndGet();
                    return answer;
                }
                if (answer.status() != 503 && answer.status() != expected) {
                    throw new IllegalStateException(method + " " + path + ": " + answer);
                }
                totals.refused.incrementAndGet();
            } catch (IOException e) {
                totals.repeated.incrementAndGet();
            }
            again = true;
            node = (node + 1) % nodes.size();
            Node.pause(50);
        }
    }

    /** A bulk is answered with 200 before its lines are made, so each line of it says what became of it. */
    private static boolean isWhole(Answer answer) {
        return !answer.body().contains("\"status\":503") && !answer.body().contains("\"status\":500");
    }
}
