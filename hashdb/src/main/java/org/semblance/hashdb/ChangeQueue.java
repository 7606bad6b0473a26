package org.semblance.hashdb;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.catalog.sql.Catalog.Outcome;
import org.semblance.hashdb.hash.Hash256;

/**
 * Makes changes, those that wait at the same time in one commit: the first thread to get the writers' lock commits for all.
 *
 * <ol>
 *   <li>The catalog commits: the changes are durable.
 *   <li>{@link ContentBanks} knows the banks of new contents, so that lookups in some banks know the bank of each hit.
 *   <li>The view and then the indexes take in what the changes touched.
 *   <li>Lookups see the new state of the banks.
 *   <li>The keepers of the indexes are told, and may begin to save.
 *   <li>Those who wait are answered.
 * </ol>
 */
final class ChangeQueue {
    /** What one commit takes together, so that its first change does not wait for long. */
    private static final int GROUP_CHANGES = 1000;

    private final Catalog catalog;
    private final InstantSource clock;
    private final DatabaseEvents events;
    private final ReentrantLock writing;
    private final Runnable requireOpen;
    private final IndexKeeper<LiveIndex> hashKeeper;
    private final IndexKeeper<LiveFeatures> featureKeeper;
    private final ViewKeeper views;
    private final ContentBanks contentBanks;
    private final Lookups lookups;
    private final ConcurrentLinkedQueue<Waiting> queue = new ConcurrentLinkedQueue<>();

    /** A change whose thread waits for it. Guarded by the writers' lock. */
    private static final class Waiting {
        private final Catalog.Proposal proposal;
        private @Nullable Outcome outcome;

        Waiting(Catalog.Proposal proposal) {
            this.proposal = proposal;
        }
    }

    /**
     * An empty queue.
     *
     * @param writing held by whoever changes the catalog
     * @param requireOpen throws if the database is closed
     */
    ChangeQueue(
            Catalog catalog,
            InstantSource clock,
            DatabaseEvents events,
            ReentrantLock writing,
            Runnable requireOpen,
            IndexKeeper<LiveIndex> hashKeeper,
            IndexKeeper<LiveFeatures> featureKeeper,
            ViewKeeper views,
            ContentBanks contentBanks,
            Lookups lookups) {
        this.catalog = catalog;
        this.clock = clock;
        this.events = events;
        this.writing = writing;
        this.requireOpen = requireOpen;
        this.hashKeeper = hashKeeper;
        this.featureKeeper = featureKeeper;
        this.views = views;
        this.contentBanks = contentBanks;
        this.lookups = lookups;
    }

    /** Returns when the change is made, or throws what it was refused with. */
    Applied apply(Catalog.Proposal proposal) {
        Waiting own = new Waiting(proposal);
        queue.add(own);
        writing.lock();
        try {
            while (own.outcome == null) {
                requireOpen.run();
                if (hashKeeper.hasRoom()) {
                    commitWaiting();
                } else {
                    hashKeeper.awaitRoom();
                }
            }
        } finally {
            writing.unlock();
        }
        return switch (own.outcome) {
            case Outcome.Committed committed -> committed.applied();
            case Outcome.Refused refused -> throw refused.why();
        };
    }

    private void commitWaiting() {
        List<Waiting> group = new ArrayList<>();
        List<Catalog.Proposal> proposals = new ArrayList<>();
        for (Waiting next = queue.poll(); next != null; next = queue.poll()) {
            group.add(next);
            proposals.add(next.proposal);
            if (group.size() == GROUP_CHANGES || next.proposal.change() instanceof Change.AddContents) {
                break;
            }
        }
        try {
            long begun = System.nanoTime();
            List<Outcome> outcomes = catalog.commit(proposals, clock.instant());
            events.committed(group.size(), Duration.ofNanos(System.nanoTime() - begun));
            follow();
            for (int i = 0; i < group.size(); i++) {
                group.get(i).outcome = outcomes.get(i);
            }
        } catch (RuntimeException | Error e) {
            // Nobody waits for ever. What was committed all the same is followed with the next change.
            RuntimeException why = e instanceof RuntimeException r ? r : new IllegalStateException(e);
            group.forEach(waiting -> waiting.outcome = new Outcome.Refused(why));
            throw e;
        }
    }

    private void follow() {
        contentBanks.catchUp();
        Catalog.State state = views.follow(lookups.seen().seq, this::change, featureKeeper.index());
        lookups.see(new Seen(state));
        hashKeeper.reached(state.seq());
        featureKeeper.changed(featureKeeper.index().takeChanges());
        featureKeeper.reached(state.seq());
    }

    private void change(long contentId, boolean live, Hash256 hash) {
        if (hashKeeper.index().change(contentId, live, hash)) {
            hashKeeper.changed(1);
        }
    }
}
