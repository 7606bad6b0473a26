package org.semblance.server.http;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.semblance.server.auth.AccessRefusedException;
import org.semblance.server.metrics.Metrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the requests that were refused for lack of capacity or of a key, and tells the log now and then instead of each time. */
public final class Refusals {
    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

    private final ConcurrentHashMap<String, LongAdder> counts = new ConcurrentHashMap<>();
    private final Metrics metrics;

    public Refusals(Metrics metrics) {
        this.metrics = metrics;
    }

    /** Counts one; the words are fixed. */
    public void count(String why) {
        count(why, why);
    }

    /**
     * Counts one.
     *
     * @param reason a fixed word, for the metrics
     * @param why for the log
     */
    public void count(String reason, String why) {
        metrics.refused(reason);
        counts.computeIfAbsent(why, unused -> new LongAdder()).increment();
    }

    /** Counts an answer that is one; any other is none. */
    public void count(Throwable why) {
        if (why instanceof AccessRefusedException refusal) {
            count(refusal.reason().wireName(), logged(refusal));
        } else if (why instanceof HttpError error && error.status == 503) {
            count(String.valueOf(error.getMessage()));
        }
    }

    /** Names the key where it is known, and nothing else that came. */
    private static String logged(AccessRefusedException refusal) {
        return switch (refusal.reason()) {
            case NO_KEY -> "no key";
            case BAD_KEY, FORBIDDEN, RATE, CONCURRENCY -> String.valueOf(refusal.getMessage());
        };
    }

    /** Counts one, and makes its error. */
    public HttpError busy(String why) {
        count(why);
        return HttpError.busy(why);
    }

    /** Logs what came since the last call, if anything did. */
    public void report() {
        counts.forEach((why, count) -> {
            long refused = count.sumThenReset();
            if (refused > 0) {
                LOG.warn("refused {} times: {}", refused, why);
            }
        });
    }
}
