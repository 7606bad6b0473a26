package org.semblance.server.record;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseRefusedException;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.matchlog.ChangeFeed;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.recent.UploadMemory;
import org.semblance.server.webhook.Webhook;

/**
 * What the server keeps beside the catalog: what matched, what was uploaded, and what the webhook has still to be told.
 *
 * @param webhook null if there is none
 */
public record Records(
        MatchLog log, UploadMemory uploads, @Nullable Webhook webhook) implements AutoCloseable {
    /**
     * Opens the files in the data folder.
     *
     * @throws DatabaseRefusedException if events for the webhook cannot be kept
     * @throws org.semblance.server.webhook.WebhookRefusedException if the secret of the webhook cannot be used
     */
    public static Records open(ServerConfig config, HashDb db, Metrics metrics) {
        Webhook webhook = openWebhook(config, metrics);
        MatchLog log = MatchLog.open(
                config.dataFolder(), config.matchLog(), VerdictRecorder.VERDICTS, changes(db), InstantSource.system());
        measure(log, metrics);
        return new Records(log, UploadMemory.open(config, metrics), webhook);
    }

    private static @Nullable Webhook openWebhook(ServerConfig config, Metrics metrics) {
        try {
            return Webhook.open(config, metrics);
        } catch (IOException e) {
            throw new DatabaseRefusedException(config.dataFolder(), "takes no events for the webhook: " + e, e);
        }
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

    @Override
    public void close() {
        log.close();
        uploads.close();
        if (webhook != null) {
            webhook.close();
        }
    }
}
