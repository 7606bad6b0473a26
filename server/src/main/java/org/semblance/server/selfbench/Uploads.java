package org.semblance.server.selfbench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/** Uploads of one photo to a server that has it banked; each is edited, so that none is known by its digest. */
final class Uploads {
    private static final String OCTETS = "application/octet-stream";
    private static final long LONGEST_NS = TimeUnit.HOURS.toNanos(1);

    private final PatientClient client;
    private final byte[] photo;
    private final AtomicLong number = new AtomicLong();

    private Uploads(PatientClient client, byte[] photo) {
        this.client = client;
        this.photo = photo;
    }

    /** Waits until the server is ready, and banks the photo there. */
    static Uploads banked(PatientClient client, byte[] photo) throws IOException, InterruptedException {
        client.awaitReady();
        client.post("/v1/banks", "application/json", "{\"name\":\"BENCH\"}".getBytes(StandardCharsets.US_ASCII));
        client.post("/v1/banks/BENCH/content", OCTETS, photo);
        return new Uploads(client, photo);
    }

    /** Sends an edited copy and waits for its verdict. */
    void match() throws IOException, InterruptedException {
        // Bytes beyond the JPEG's end, which no decoder reads.
        byte[] upload = ByteBuffer.allocate(photo.length + Long.BYTES)
                .put(photo)
                .putLong(number.incrementAndGet())
                .array();
        String answer = client.post("/v1/match", OCTETS, upload);
        if (!answer.contains("\"verdict\":\"match\"")) {
            throw new IOException("the banked photo did not match: " + answer.strip());
        }
    }

    /** Sends copies over so many connections at once, each of them the next one when the last one was answered. */
    Capacity closedLoop(int connections, long ms) throws IOException, InterruptedException {
        load(connections, Math.max(1, ms / 4)); // Until all connections and workers have begun.
        long start = System.nanoTime();
        Histogram nanos = load(connections, ms);
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Capacity(
                photo.length,
                connections,
                nanos.getTotalCount() / seconds,
                nanos.getValueAtPercentile(50) / 1e3,
                nanos.getValueAtPercentile(99) / 1e3);
    }

    private Histogram load(int connections, long ms) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        Histogram all = new Histogram(LONGEST_NS, 3);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Histogram>> clients = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                clients.add(threads.submit(() -> sendUntil(end)));
            }
            for (Future<Histogram> sent : clients) {
                all.add(sent.get());
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
        return all;
    }

    private Histogram sendUntil(long end) throws IOException, InterruptedException {
        Histogram nanos = new Histogram(LONGEST_NS, 3);
        long now = System.nanoTime();
        do { // At least one, however short the time is.
            long start = now;
            match();
            now = System.nanoTime();
            nanos.recordValue(Math.min(now - start, LONGEST_NS));
        } while (now < end);
        return nanos;
    }
}
