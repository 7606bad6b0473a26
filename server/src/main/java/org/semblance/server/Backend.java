package org.semblance.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseRefusedException;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.document.Documents;
import org.semblance.hashdb.document.Lease;
import org.semblance.hashdb.exchange.ExchangeRegistry;
import org.semblance.hashdb.follow.PeerSnapshots;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.peer.Peers;
import org.semblance.server.record.Records;
import org.semblance.server.work.BackgroundThreads;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The side of a server that answers come from: the database and what is kept beside it, the exchanges that fill it, the decoders and the workers. */
record Backend(
        Decoders decoders,
        HashDb db,
        Records records,
        Exchanges exchanges,
        WorkerPool<Worker> workers,
        WorkerPool<Worker> videoWorkers) {
    private static final Logger LOG = LoggerFactory.getLogger(Backend.class);

    /** How long an exchange waits for another node, when the one that fetched it is gone. */
    private static final Duration LEASE = Duration.ofSeconds(30);

    /**
     * Opens the database, and starts the decoders, the exchanges and the workers.
     *
     * @param shared where the exchanges are that nodes share; null if they are in the data folder
     * @throws DatabaseRefusedException if the data folder cannot be served from
     * @throws org.semblance.server.webhook.WebhookRefusedException if the secret of the webhook cannot be used
     * @throws org.semblance.hashdb.exchange.ExchangesRefusedException if its exchanges cannot be read
     */
    static Backend open(ServerConfig config, @Nullable Documents shared, Metrics metrics, Opening opening) {
        // First, since natives are loaded while the database is opened.
        Decoders decoders = opening.add(new Decoders(config, metrics));
        HashDb db;
        try (Peers peers = Peers.of(config)) {
            db = opening.add(HashDb.open(
                    config.dataFolder(),
                    config.catalog(),
                    metrics.databaseEvents(),
                    peers == null ? PeerSnapshots.NONE : peers));
        }
        metrics.watch(db, config.dataFolder());
        Records records = opening.add(Records.open(config, db, metrics));
        ExchangeRegistry registry =
                shared == null ? ExchangeRegistry.open(config.dataFolder()) : ExchangeRegistry.open(shared);
        create(config.exchangeFolder());
        Exchanges exchanges = opening.add(new Exchanges(
                db,
                registry,
                config.exchangeFolder(),
                Duration.ofMillis(config.exchangePollMs()),
                records.guard(),
                name -> shared == null ? Lease.OWN : shared.lease(name, LEASE)));
        WorkerPool<Worker> workers =
                opening.add(new WorkerPool<>(config.workers(), config.workQueueLimit(), () -> decoders.forImages(db)));
        WorkerPool<Worker> videoWorkers = opening.add(new WorkerPool<>(
                config.videoWorkers(),
                config.videoQueueLimit(),
                () -> decoders.forVideos(db),
                new BackgroundThreads("video"),
                workers));
        decoders.begin(db);
        return new Backend(decoders, db, records, exchanges, workers, videoWorkers);
    }

    private static void create(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new DatabaseRefusedException(folder, "cannot be created: " + e, e);
        }
    }

    /** Ends all work and then closes the database, which every other part uses. The front must be closed. */
    void close(Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        for (WorkerPool<Worker> pool : List.of(workers, videoWorkers)) {
            if (!pool.close(until(deadline))) {
                LOG.warn("a worker is still busy and is left behind");
            }
        }
        decoders.close();
        exchanges.close();
        records.close();
        db.close(until(deadline));
    }

    private static Duration until(long deadlineNanos) {
        return Duration.ofNanos(deadlineNanos - System.nanoTime());
    }
}
