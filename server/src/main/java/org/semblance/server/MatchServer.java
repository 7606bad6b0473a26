package org.semblance.server;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.ContentMatcher;
import org.semblance.engine.WarmUp;
import org.semblance.engine.media.DecodePath;
import org.semblance.hashdb.HashDb;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.HttpTransport;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running server: the database, the workers that use it, and the transport that feeds them. */
public final class MatchServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MatchServer.class);

    private final ServerConfig config;
    private final HashDb db;
    private final WorkerPool<Worker> workers;
    private final HttpTransport transport;
    private boolean closed;

    private MatchServer(ServerConfig config, HashDb db, WorkerPool<Worker> workers, HttpTransport transport) {
        this.config = config;
        this.db = db;
        this.workers = workers;
        this.transport = transport;
    }

    /**
     * Opens the database and begins to answer.
     *
     * @throws org.semblance.hashdb.DatabaseRefusedException if the data folder cannot be served from
     * @throws IOException if the port is taken or the address is not this machine's
     */
    public static MatchServer start(ServerConfig config) throws IOException {
        HashDb db = HashDb.open(config.dataFolder());
        WorkerPool<Worker> workers = null;
        try {
            workers = new WorkerPool<>(config.workers(), config.workQueueLimit(), () -> {
                ContentHasher exact = new ContentHasher(config.mediaLimits(), DecodePath.EXACT);
                ContentHasher fast = new ContentHasher(config.mediaLimits(), config.decodePath());
                return new Worker(exact, fast, new ContentMatcher(fast, db));
            });
            HttpTransport transport = HttpTransport.start(config, db, workers, version());
            LOG.info(
                    "listening on {}:{}, {} workers, {} hashes, data in {}",
                    config.bindAddress(),
                    transport.port(),
                    config.workers(),
                    db.size(),
                    config.dataFolder());
            return new MatchServer(config, db, workers, transport);
        } catch (IOException | RuntimeException | Error e) {
            if (workers != null) {
                workers.close();
            }
            db.close();
            throw e;
        }
    }

    /** Makes the first uploads as fast as the later ones, on a thread of its own; about a second. */
    public void warmUp() {
        Thread.ofPlatform().daemon().name("warm-up").start(() -> {
            long start = System.nanoTime();
            try {
                WarmUp.run(db);
                LOG.info("warmed up in {} ms", (System.nanoTime() - start) / 1_000_000);
            } catch (IllegalStateException e) {
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
        return "http://"
                + (config.bindAddress().contains(":") ? "[" + config.bindAddress() + "]" : config.bindAddress()) + ":"
                + port();
    }

    /** The workers, so that a test can keep them busy. */
    WorkerPool<Worker> workers() {
        return workers;
    }

    /**
     * Accepts nothing more, lets requests that are under way finish, and closes the database; within {@code
     * stopTimeoutMs}, after which requests are cut off. A second call does nothing.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        long start = System.nanoTime();
        // Most of the time is for the requests; what comes after them is quick.
        transport.close(Duration.ofMillis(config.stopTimeoutMs() * 7 / 10));
        Duration left = Duration.ofMillis(config.stopTimeoutMs()).minusNanos(System.nanoTime() - start);
        if (!workers.close(left)) {
            LOG.warn("a worker is still busy and is left behind");
        }
        db.close();
        LOG.info("stopped after {} ms", (System.nanoTime() - start) / 1_000_000);
    }
}
