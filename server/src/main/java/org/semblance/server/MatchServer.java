package org.semblance.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.NoDecoderException;
import org.semblance.hashdb.DatabaseRefusedException;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.exchange.ExchangeRegistry;
import org.semblance.server.auth.Gate;
import org.semblance.server.body.SpillFolder;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.http.Lifecycle;
import org.semblance.server.memory.HeapWatch;
import org.semblance.server.memory.MemoryBounds;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.route.Router;
import org.semblance.server.wire.HttpTransport;
import org.semblance.server.work.BackgroundThreads;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running server: the database, the workers that use it, and the transport that feeds them. */
public final class MatchServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MatchServer.class);

    private final ServerConfig config;
    private final Gate gate;
    private final Metrics metrics;
    private final HeapWatch heap;
    private final Decoders decoders;
    private final HashDb db;
    private final Exchanges exchanges;
    private final WorkerPool<Worker> workers;
    private final WorkerPool<Worker> videoWorkers;
    private final HttpTransport transport;
    private boolean closed;

    private MatchServer(
            ServerConfig config,
            Gate gate,
            Metrics metrics,
            HeapWatch heap,
            Decoders decoders,
            HashDb db,
            Exchanges exchanges,
            WorkerPool<Worker> workers,
            WorkerPool<Worker> videoWorkers,
            HttpTransport transport) {
        this.config = config;
        this.gate = gate;
        this.metrics = metrics;
        this.heap = heap;
        this.decoders = decoders;
        this.db = db;
        this.exchanges = exchanges;
        this.workers = workers;
        this.videoWorkers = videoWorkers;
        this.transport = transport;
    }

    /**
     * Opens the database and begins to answer.
     *
     * @throws org.semblance.hashdb.DatabaseRefusedException if the data folder cannot be served from
     * @throws org.semblance.hashdb.exchange.ExchangesRefusedException if its exchanges cannot be read
     * @throws org.semblance.server.auth.KeysRefusedException if the keys cannot be read, or there are none and the
     *     address is not this machine's own
     * @throws org.semblance.server.tls.TlsRefusedException if the certificate or its key cannot be used
     * @throws IOException if the port is taken or the address is not this machine's
     */
    public static MatchServer start(ServerConfig config) throws IOException {
        return start(config, port -> {});
    }

    /** @param listening told the port when it answers that it is not ready yet, before the database is opened */
    static MatchServer start(ServerConfig config, IntConsumer listening) throws IOException {
        Gate gate = Gate.start(config.dataFolder(), config.access(), config.bindAddress());
        Metrics metrics = new Metrics();
        HeapWatch heap = watchHeap(metrics);
        Decoders decoders = null;
        HashDb db = null;
        Exchanges exchanges = null;
        WorkerPool<Worker> workers = null;
        WorkerPool<Worker> videoWorkers = null;
        HttpTransport transport = null;
        try {
            Lifecycle lifecycle = new Lifecycle();
            transport =
                    new HttpTransport(config, lifecycle, Routes.whileOpening(metrics, lifecycle::told), gate, metrics);
            LOG.info("listening on {}:{}", config.bindAddress(), transport.port());
            listening.accept(transport.port());
            Decoders begun = new Decoders(config, metrics);
            decoders = begun;
            HashDb opened = HashDb.open(config.dataFolder(), metrics.databaseEvents());
            db = opened;
            metrics.watch(opened, config.dataFolder());
            ExchangeRegistry registry = ExchangeRegistry.open(config.dataFolder());
            create(config.exchangeFolder());
            exchanges =
                    new Exchanges(db, registry, config.exchangeFolder(), Duration.ofMillis(config.exchangePollMs()));
            workers = new WorkerPool<>(config.workers(), config.workQueueLimit(), () -> begun.forImages(opened));
            videoWorkers = WorkerPool.fair(
                    config.videoWorkers(),
                    config.videoQueueLimit(),
                    () -> begun.forVideos(opened),
                    new BackgroundThreads("video"));
            Router router = new Router(Routes.all(config, opened, exchanges, gate, metrics, lifecycle::told));
            transport.serve(router, workers, videoWorkers, SpillFolder.open(config));
            lifecycle.ready(begun::haveBegun);
            begun.begin();
            LOG.info(
                    "ready: {} workers and {} for videos, {}, {} hashes, data in {}",
                    config.workers(),
                    config.videoWorkers(),
                    begun.describe(),
                    db.size(),
                    config.dataFolder());
            return new MatchServer(config, gate, metrics, heap, begun, db, exchanges, workers, videoWorkers, transport);
        } catch (IOException | RuntimeException | Error e) {
            if (transport != null) {
                transport.close(Duration.ofSeconds(1));
            }
            if (workers != null) {
                workers.close();
            }
            if (videoWorkers != null) {
                videoWorkers.close();
            }
            if (decoders != null) {
                decoders.close();
            }
            if (exchanges != null) {
                exchanges.close();
            }
            if (db != null) {
                db.close();
            }
            heap.close();
            metrics.close();
            gate.close();
            throw e;
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

    private static void create(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new DatabaseRefusedException(folder, "cannot be created: " + e, e);
        }
    }

    private static void waitFor(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Whoever is in a hurry need not wait.
        }
    }

    /**
     * Makes the first uploads as fast as the later ones, on a thread of its own; about a second. Not while the database is
     * opened: that wants both cores of a small machine.
     */
    public void warmUp() {
        Thread.ofPlatform().daemon().name("warm-up").start(() -> {
            long start = System.nanoTime();
            try {
                decoders.warmUp(db);
                LOG.info("warmed up in {} ms", (System.nanoTime() - start) / 1_000_000);
            } catch (IllegalStateException | NoDecoderException e) {
                LOG.debug("stopped while warming up", e);
            }
        });
    }

    /** The version of the jar, or {@code development} where there is none. */
    public static String version() {
        @Nullable String version = MatchServer.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** The port it listens on. */
    public int port() {
        return transport.port();
    }

    /** Where a client on this machine reaches it. */
    public String url() {
        return (config.tls() == null ? "http://" : "https://")
                + (config.bindAddress().contains(":") ? "[" + config.bindAddress() + "]" : config.bindAddress()) + ":"
                + port();
    }

    /** The workers, so that a test can keep them busy. */
    WorkerPool<Worker> workers() {
        return workers;
    }

    WorkerPool<Worker> videoWorkers() {
        return videoWorkers;
    }

    /**
     * Says for {@code drainMs} that it is not ready, but answers; then refuses requests, lets those that are under way finish,
     * and closes the port and the database, within {@code stopTimeoutMs}, after which requests are cut off. A second call
     * does nothing.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        transport.drain();
        if (config.drainMs() > 0) {
            LOG.info("draining for {} ms", config.drainMs());
            waitFor(config.drainMs());
        }
        long start = System.nanoTime();
        // Most of the time is for the requests; what comes after them is quick.
        transport.close(Duration.ofMillis(config.stopTimeoutMs() * 7 / 10));
        for (WorkerPool<Worker> pool : List.of(workers, videoWorkers)) {
            Duration left = Duration.ofMillis(config.stopTimeoutMs()).minusNanos(System.nanoTime() - start);
            if (!pool.close(left)) {
                LOG.warn("a worker is still busy and is left behind");
            }
        }
        decoders.close();
        exchanges.close();
        db.close(Duration.ofMillis(config.stopTimeoutMs()).minusNanos(System.nanoTime() - start));
        heap.close();
        metrics.close();
        gate.close();
        LOG.info("stopped after {} ms", (System.nanoTime() - start) / 1_000_000);
    }
}
