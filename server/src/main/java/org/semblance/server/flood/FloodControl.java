package org.semblance.server.flood;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.judge.Finding;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ContentFields;
import org.semblance.hashdb.catalog.Given;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.metrics.Metrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a content into quarantine that matches more often than the operator finds possible: then it is a mistake that hits
 * everybody, such as a logo or an empty page. Every door counts the matches of its verdicts here, those that nothing
 * suppresses. The change has its row in the journal, by the actor {@value #ACTOR}; taking the quarantine away is all it takes
 * to restore the content, whose count begins anew.
 *
 * <p>The content goes into quarantine within the request that makes it one match too many; others that match it at that moment
 * wait for the change. So each of the requests that were under way then may still be answered with a match, and no later one
 * is. Of a request with many hashes all are looked up before any is counted.
 *
 * <p>Counts are in memory and end with the process. They are kept of the contents that match most, if there are very many.
 */
public final class FloodControl {
    /** Who the journal says makes the change. */
    static final String ACTOR = "flood-control";

    private static final Logger LOG = LoggerFactory.getLogger(FloodControl.class);

    /** Some 600 bytes each. */
    private static final int MOST_CONTENTS = 20_000;

    private final HashDb db;
    private final long limit;
    private final Duration window;
    private final boolean exactCount;
    private final LongSupplier nanoClock;
    private final Map<Long, Counter> counters = new ConcurrentHashMap<>();
    private final LongAdder quarantined = new LongAdder();

    /** The matches of one content; the lock of them all is this. */
    private static final class Counter {
        SlidingCount matches;

        Counter(SlidingCount matches) {
            this.matches = matches;
        }
    }

    /**
     * Counts as it is told to.
     *
     * @param limit matches of a content in the window that are not too many; 0 for no limit
     * @param exactCount whether matches by the exact bytes of a file count, and are in quarantine as well
     * @param nanoClock as {@link System#nanoTime}
     */
    FloodControl(HashDb db, long limit, Duration window, boolean exactCount, LongSupplier nanoClock) {
        this.db = db;
        this.limit = limit;
        this.window = window;
        this.exactCount = exactCount;
        this.nanoClock = nanoClock;
    }

    /** Without a limit. */
    public static FloodControl off(HashDb db) {
        return new FloodControl(db, 0, Duration.ofHours(1), true, System::nanoTime);
    }

    /** As the settings say. */
    public static FloodControl of(ServerConfig config, HashDb db, Metrics metrics) {
        FloodControl flood = new FloodControl(
                db,
                config.floodMatches(),
                Duration.ofSeconds(config.floodWindowS()),
                !config.floodExemptsDigests(),
                System::nanoTime);
        metrics.counter(
                "semblance.flood.quarantines",
                "Contents that were put into quarantine because they matched too often",
                flood.quarantined::sum);
        metrics.gauge(
                "semblance.flood.contents",
                "Contents of which matches are counted, to see floods",
                flood.counters::size);
        return flood;
    }

    /** Has the count of a content begin anew, as somebody has taken it out of quarantine. */
    public void forget(long contentId) {
        counters.remove(contentId);
    }

    /** Counts what a verdict says to be matches. */
    public void count(List<Finding> matches) {
        if (limit == 0 || matches.isEmpty()) {
            return;
        }
        for (Finding match : matches) {
            if (exactCount
                    || match.match() == null
                    || !match.match().signalType().isDigest()) {
                count(match);
            }
        }
    }

    private void count(Finding match) {
        long id = match.content().id();
        Counter counter = counter(id);
        synchronized (counter) {
            long now = nanoClock.getAsLong();
            long matches = counter.matches.add(now);
            if (matches > limit && quarantine(match, matches)) {
                counter.matches = fresh(now);
            }
        }
    }

    private Counter counter(long contentId) {
        Counter known = counters.get(contentId);
        if (known != null) {
            return known;
        }
        if (counters.size() >= MOST_CONTENTS) {
            makeRoom();
        }
        return counters.computeIfAbsent(contentId, unused -> new Counter(fresh(nanoClock.getAsLong())));
    }

    private SlidingCount fresh(long nowNanos) {
        return new SlidingCount(window.toNanos(), nowNanos);
    }

    /** Forgets contents that have not matched lately, and those that are far from the limit if that is not enough. */
    private void makeRoom() {
        synchronized (counters) {
            for (long few : new long[] {0, limit / 8, limit / 2, limit}) {
                if (counters.size() < MOST_CONTENTS) {
                    return;
                }
                long now = nanoClock.getAsLong();
                counters.values().removeIf(counter -> {
                    synchronized (counter) {
                        return counter.matches.sum(now) <= few;
                    }
                });
            }
        }
    }

    /** Returns false if the change could not be made; then the next match tries again. */
    private boolean quarantine(Finding match, long matches) {
        String bank = bankOf(match);
        long id = match.content().id();
        String reason =
                "matched " + matches + " uploads within " + window.toSeconds() + " s (flood_matches: " + limit + ")";
        ContentFields fields = new ContentFields(
                null, null, null, null, null, null, null, new Given<>(new Quarantine(reason, exactCount)), null);
        if (bank == null || isQuarantined(bank, id)) {
            return true; // Deleted meanwhile, or this match was looked up before.
        }
        try {
            db.apply(new Change.UpdateContent(bank, id, fields), Origin.ofProgram(ACTOR, reason));
            quarantined.increment();
            LOG.warn("content {} of bank {} is put into quarantine: it {}", id, bank, reason);
            return true;
        } catch (ChangeRefusedException e) {
            LOG.debug("content {} cannot be put into quarantine", id, e);
            return true; // It was withdrawn meanwhile.
        } catch (StorageFailedException e) {
            LOG.error("content {} of bank {} floods, and cannot be put into quarantine: {}", id, bank, e.getMessage());
            return false;
        }
    }

    private boolean isQuarantined(String bank, long contentId) {
        return db.content(bank, contentId)
                .filter(content -> content.treatment().isQuarantined())
                .isPresent();
    }

    /** The bank's name of now. */
    private @Nullable String bankOf(Finding match) {
        return db.banks().stream()
                .filter(bank -> bank.id() == match.bank().id())
                .map(bank -> bank.name())
                .findFirst()
                .orElse(null);
    }
}
