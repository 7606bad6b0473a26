package org.semblance.server.http;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the requests that were refused for lack of capacity, and tells the log now and then instead of each time. */
final class Refusals {
    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

    private final ConcurrentHashMap<String, LongAdder> counts = new ConcurrentHashMap<>();

    /** Counts one. */
    void count(String why) {
        counts.computeIfAbsent(why, unused -> new LongAdder()).increment();
    }

    /** Counts one, and makes its error. */
    HttpError busy(String why) {
        count(why);
        return HttpError.busy(why);
    }

    /** Logs what came since the last call, if anything did. */
    void report() {
        counts.forEach((why, count) -> {
            long refused = count.sumThenReset();
            if (refused > 0) {
                LOG.warn("refused {} times: {}", refused, why);
            }
        });
    }
}
