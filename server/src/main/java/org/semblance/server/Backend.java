package org.semblance.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.semblance.hashdb.DatabaseRefusedException;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.exchange.ExchangeRegistry;
import org.semblance.hashdb.matchlog.ChangeFeed;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.matchlog.VerdictLog;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.work.BackgroundThreads;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The side of a server that answers come from: the database, the match log, the exchanges that fill it, the decoders and the workers. */
record Backend(
        Decoders decoders,
        HashDb db,
        MatchLog log,
        Exchanges exchanges,
        WorkerPool<Worker> workers,
        WorkerPool<Worker> videoWorkers) {
    private static final Logger LOG = LoggerFactory.getLogger(Backend.class);

    /**
     * Opens the database, and starts the decoders, the exchanges and the workers.
     *
     * @throws DatabaseRefusedException if the data folder cannot be served from
     * @throws org.semblance.hashdb.exchange.ExchangesRefusedException if its exchanges cannot be read
     */
    static Backend open(ServerConfig config, Metrics metrics, Opening opening) {
        // First, since natives are loaded while the database is opened.
        Decoders decoders = opening.add(new Decoders(config, metrics));
        HashDb db = opening.add(HashDb.open(config.dataFolder(), metrics.databaseEvents()));
        metrics.watch(db, config.dataFolder());
        MatchLog log = opening.add(MatchLog.open(
                config.dataFolder(), config.matchLog(), VerdictLog.VERDICTS, changes(db), InstantSource.system()));
        measure(log, metrics);
        ExchangeRegistry registry = ExchangeRegistry.open(config.dataFolder());
        create(config.exchangeFolder());
        Exchanges exchanges = opening.add(
                new Exchanges(db, registry, config.exchangeFolder(), Duration.ofMillis(config.exchangePollMs())));
        WorkerPool<Worker> workers =
                opening.add(new WorkerPool<>(config.workers(), config.workQueueLimit(), () -> decoders.forImages(db)));
        WorkerPool<Worker> videoWorkers = opening.add(WorkerPool.fair(
                config.videoWorkers(),
                config.videoQueueLimit(),
                () -> decoders.forVideos(db),
                new BackgroundThreads("video")));
        decoders.begin();
        return new Backend(decoders, db, log, exchanges, workers, videoWorkers);
    }

    private static void measure(MatchLog log, Metrics metrics) {
        String name = "semblance.matchlog.";
        metrics.counter(
                name + "rows",
                "Rows of the match log that were stored",
                () -> log.state().rows());
        metrics.counter(
                name + "dropped",
                "Rows of the match log that were not stored: too many waited, or the disk failed",
                () -> log.state().dropped());
        metrics.counter(
                name + "lost",
                "Rows of the match log that were on their way when the process before this one was killed",
                () -> log.state().lost());
        metrics.counter(
                name + "cut",
                "Hits beyond the most that are kept of one verdict",
                () -> log.state().cut());
        metrics.gauge(
                name + "queue",
                "Rows of the match log that wait to be stored",
                () -> log.state().queued());
        metrics.gauge(
                name + "bytes",
                "Size of the match log's file",
                () -> log.state().bytes());
        metrics.timer(
                name + "commit",
                "Time in which rows of the match log were stored together",
                () -> log.state().commits(),
                () -> log.state().commitNanos());
    }

    private static ChangeFeed changes(HashDb db) {
        return new ChangeFeed() {
            @Override
            public long seq() {
                return db.seq();
            }

            @Override
            public List<JournalEntry> journal(long afterSeq, int limit) {
                return db.journal(afterSeq, limit);
            }
        };
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
        log.close();
        db.close(until(deadline));
    }

    private static Duration until(long deadlineNanos) {
        return Duration.ofNanos(deadlineNanos - System.nanoTime());
    }
}
