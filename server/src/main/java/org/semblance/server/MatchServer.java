package org.semblance.server;

import java.io.IOException;
import java.time.Duration;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseFolder;
import org.semblance.hashdb.SharedCatalog;
import org.semblance.hashdb.document.Documents;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.KeyRing;
import org.semblance.server.auth.RunningServer;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.memory.HeapWatch;
import org.semblance.server.memory.MemoryBounds;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running server: the database, the workers that use it, and the transport that feeds them. */
public final class MatchServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MatchServer.class);

    private final ServerConfig config;

    /** What nodes share beside their catalog; null if this one has its own. */
    private final @Nullable Documents shared;

    private final Gate gate;
    private final Metrics metrics;
    private final HeapWatch heap;
    private final Front front;
    private final Backend backend;
    private final RunningServer.Announcement announcement;
    private boolean closed;

    private MatchServer(
            ServerConfig config,
            @Nullable Documents shared,
            Gate gate,
            Metrics metrics,
            HeapWatch heap,
            Front front,
            Backend backend,
            RunningServer.Announcement announcement) {
        this.config = config;
        this.shared = shared;
        this.gate = gate;
        this.metrics = metrics;
        this.heap = heap;
        this.front = front;
        this.backend = backend;
        this.announcement = announcement;
    }

    /**
     * Opens the database and begins to answer.
     *
     * @throws org.semblance.hashdb.DatabaseRefusedException if the data folder cannot be served from
     * @throws org.semblance.hashdb.exchange.ExchangesRefusedException if its exchanges cannot be read
     * @throws org.semblance.server.auth.KeysRefusedException if the keys cannot be read, or there are none and the
     *     address is not this machine's own
     * @throws org.semblance.server.webhook.WebhookRefusedException if the secret of the webhook cannot be used
     * @throws org.semblance.server.tls.TlsRefusedException if the certificate or its key cannot be used
     * @throws IOException if the port is taken or the address is not this machine's
     */
    public static MatchServer start(ServerConfig config) throws IOException {
        return start(config, port -> {});
    }

    /**
     * Starts a server, in an order that clients see:
     *
     * <ol>
     *   <li>The keys are read, so that nobody is let in who has none.
     *   <li>The port opens. From now on probes are told that the server is starting.
     *   <li>The database opens, which can take minutes.
     *   <li>Requests are answered. This step comes last, since every other part must be there for it.
     * </ol>
     *
     * @param listening told the port as soon as it is open
     */
    static MatchServer start(ServerConfig config, IntConsumer listening) throws IOException {
        try (Opening opening = new Opening()) {
            DatabaseFolder.requireNoFile(config.dataFolder());
            SharedCatalog catalog = config.catalog();
            Documents shared = catalog == null ? null : opening.add(catalog.documents(config.dataFolder()));
            KeyRing keys = shared == null ? new KeyRing(config.dataFolder()) : new KeyRing(shared);
            Gate gate = opening.add(Gate.start(keys, config.access(), config.bindAddress()));
            Metrics metrics = opening.add(new Metrics());
            HeapWatch heap = opening.add(watchHeap(metrics));
            Front front = Front.open(config, gate, metrics, opening);
            int port = front.transport().port();
            LOG.info("listening on {}:{}", config.bindAddress(), port);
            listening.accept(port);
            Backend backend = Backend.open(config, shared, metrics, opening);
            front.serve(backend);
            opening.add(metrics.keepHistory());
            RunningServer.Announcement announcement = opening.add(
                    new RunningServer(url(config, port), gate.makeOwnerSecret()).announce(config.dataFolder()));
            LOG.info(
                    "ready: {} workers and {} for videos, {}, {} hashes, data in {}",
                    config.workers(),
                    config.videoWorkers(),
                    backend.decoders().describe(),
                    backend.db().size(),
                    config.dataFolder());
            opening.complete();
            return new MatchServer(config, shared, gate, metrics, heap, front, backend, announcement);
        }
    }

    private static HeapWatch watchHeap(Metrics metrics) {
        HeapWatch heap = HeapWatch.start();
        metrics.gauge("semblance.heap.max.bytes", "Heap that the server may take", MemoryBounds::heapBytes);
        metrics.gauge(
                "semblance.heap.after.gc.bytes",
                "Heap in use after the last garbage collection",
                heap::bytesAfterCollection);
        LOG.info("heap: {}", MemoryBounds.heap());
        return heap;
    }

    private static void waitFor(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // A caller in a hurry need not wait.
        }
    }

    /** The version of the jar, or {@code development} where there is none. */
    public static String version() {
        @Nullable String version = MatchServer.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** The port it listens on. */
    public int port() {
        return front.transport().port();
    }

    /** Where a client on this machine reaches it. */
    public String url() {
        return url(config, port());
    }

    private static String url(ServerConfig config, int port) {
        String host = config.bindAddress();
        if (host.equals("0.0.0.0") || host.equals("::")) {
            host = "127.0.0.1"; // Every address of this machine is one of its own as well.
        }
        return (config.tls() == null ? "http://" : "https://") + (host.contains(":") ? "[" + host + "]" : host) + ":"
                + port;
    }

    /** The workers, so that a test can keep them busy. */
    WorkerPool<Worker> workers() {
        return backend.workers();
    }

    WorkerPool<Worker> videoWorkers() {
        return backend.videoWorkers();
    }

    /**
     * Stops the server, in an order that loses nothing. A second call does nothing.
     *
     * <ol>
     *   <li>For {@code drainMs} the server says that it is not ready, but still answers, so that clients go elsewhere.
     *   <li>New requests are refused, requests under way finish, and the port closes. Most of {@code stopTimeoutMs} is for this
     *       step; a request that is not answered by then is cut off.
     *   <li>The workers end, and the database closes when nothing uses it any more.
     *   <li>The heap watch, the metrics and the keys close last.
     * </ol>
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        front.transport().drain();
        if (config.drainMs() > 0) {
            LOG.info("draining for {} ms", config.drainMs());
            waitFor(config.drainMs());
        }
        long start = System.nanoTime();
        announcement.close();
        front.close(Duration.ofMillis(config.stopTimeoutMs() * 7 / 10));
        metrics.history().close();
        backend.close(Duration.ofMillis(config.stopTimeoutMs()).minusNanos(System.nanoTime() - start));
        heap.close();
        metrics.close();
        gate.close();
        if (shared != null) {
            shared.close();
        }
        LOG.info("stopped after {} ms", (System.nanoTime() - start) / 1_000_000);
    }
}
