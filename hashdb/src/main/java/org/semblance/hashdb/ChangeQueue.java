package org.semblance.hashdb;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Applied;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.catalog.sql.Catalog.Outcome;
import org.semblance.hashdb.catalog.write.NewContents;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.follow.Followers;

/**
 * Makes changes, those that wait at the same time in one commit: one of the threads that wait leads, and commits for all. The others
 * sleep until their change is made, or until it is theirs to lead; so they take the writers' lock from nobody.
 *
 * <ol>
 *   <li>The catalog commits: the changes are durable.
 *   <li>The {@link Followers} take them in.
 *   <li>Lookups see the new state of the banks: the changes are matchable.
 *   <li>Those who wait are answered.
 * </ol>
 */
final class ChangeQueue {
    /** What one commit takes together, so that its first change does not wait for long. */
    private static final int GROUP_CHANGES = 1000;

    /** Added contents after which a commit takes no more with it. */
    private static final int GROUP_CONTENTS = 1000;

    private static final long FOLLOWING_NANOS = 3_000_000_000L;
    private static final long FOLLOWING_PAUSE_NANOS = 50_000_000;

    private final Catalog catalog;
    private final InstantSource clock;
    private final DatabaseEvents events;
    private final ReentrantLock writing;
    private final Runnable requireOpen;
    private final Runnable requireReady;
    private final Followers followers;
    private final LiveStock stock;
    private final LastAcknowledged acknowledged;
    private final ConcurrentLinkedQueue<Waiting> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean led = new AtomicBoolean();

    /** A change whose thread waits for it. */
    private static final class Waiting {
        private final Catalog.Submission submission;
        private final Thread thread = Thread.currentThread();
        private volatile @Nullable Outcome outcome;

        Waiting(Catalog.Submission submission) {
            this.submission = submission;
        }
    }

    /**
     * An empty queue.
     *
     * @param writing held by whoever changes the catalog
     * @param requireOpen throws if the database is closed
     * @param requireReady throws if no change may be made now
     */
    ChangeQueue(
            Catalog catalog,
            InstantSource clock,
            DatabaseEvents events,
            ReentrantLock writing,
            Runnable requireOpen,
            Runnable requireReady,
            Followers followers,
            LiveStock stock,
            LastAcknowledged acknowledged) {
        this.catalog = catalog;
        this.clock = clock;
        this.events = events;
        this.writing = writing;
        this.requireOpen = requireOpen;
        this.requireReady = requireReady;
        this.followers = followers;
        this.stock = stock;
        this.acknowledged = acknowledged;
    }

    /** Returns when the change is made, or throws what it was refused with. */
    Applied apply(Catalog.Submission submission) {
        requireReady.run();
        Waiting own = new Waiting(submission);
        queue.add(own);
        boolean interrupted = false;
        Outcome outcome;
        for (outcome = own.outcome; outcome == null; outcome = own.outcome) {
            if (led.compareAndSet(false, true)) {
                lead(own);
            } else {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return switch (outcome) {
            case Outcome.Committed committed -> committed.applied();
            case Outcome.Refused refused -> throw refused.why();
        };
    }

    /**
     * Commits until the change is made, for those as well whose changes come with it:
     *
     * <ol>
     *   <li>The thread of the oldest waiting change is woken, to lead from here on.
     *   <li>The threads whose changes are made are woken: these threads answer while the next commit is under way.
     * </ol>
     */
    private void lead(Waiting own) {
        List<Waiting> made = new ArrayList<>();
        boolean done = false;
        try {
            writing.lock();
            try {
                while (own.outcome == null) {
                    requireOpen.run();
                    requireReady.run();
                    if (followers.hashes().hasRoom()) {
                        commitWaiting(made);
                    } else {
                        followers.hashes().awaitRoom();
                    }
                }
            } finally {
                writing.unlock();
            }
            done = true;
        } finally {
            if (!done) {
                queue.remove(own); // What is refused is not made later.
            }
            led.set(false);
            Waiting next = queue.peek();
            if (next != null) {
                LockSupport.unpark(next.thread);
            }
            made.forEach(waiting -> LockSupport.unpark(waiting.thread));
        }
    }

    /**
     * Takes in what was committed. A database that goes away just then is waited for a while.
     *
     * @throws StorageFailedException if it stays away; what was committed stands
     */
    private void follow() {
        NewContents added = catalog.takeAdded();
        long deadline = System.nanoTime() + FOLLOWING_NANOS;
        while (true) {
            try {
                Catalog.State state = follow(added);
                stock.see(new Seen(state));
                if (state.seq() >= Math.min(catalog.committedSeq(), state.newest())) {
                    return;
                }
            } catch (StorageFailedException e) {
                if (!e.isAway()) {
                    throw e;
                }
                if (System.nanoTime() > deadline) {
                    throw new StorageFailedException(
                            "changes up to " + catalog.committedSeq()
                                    + " were made, and cannot be taken in by this node yet: " + e.getMessage(),
                            StorageFailedException.Kind.AWAY,
                            e);
                }
                LockSupport.parkNanos(FOLLOWING_PAUSE_NANOS);
            }
        }
    }

    /**
     * Takes in what comes next.
     *
     * @param added what was committed, if this node need not read it
     */
    private Catalog.State follow(@Nullable NewContents added) {
        Seen seen = stock.seen();
        if (added == null || seen.seq > added.afterSeq()) {
            return followers.follow(seen.seq, null);
        }
        return seen.seq < added.afterSeq()
                ? followers.follow(seen.seq, added.afterSeq(), null)
                : followers.follow(added, seen.with(added));
    }

    /** @param made the changes whose outcomes are known then are added to it */
    private void commitWaiting(List<Waiting> made) {
        List<Waiting> group = new ArrayList<>();
        List<Catalog.Submission> submissions = new ArrayList<>();
        int contents = 0;
        for (Waiting next = queue.poll(); next != null; next = queue.poll()) {
            group.add(next);
            submissions.add(next.submission);
            if (next.submission.change() instanceof Change.AddContents add) {
                contents += add.contents().size();
            }
            if (group.size() == GROUP_CHANGES || contents >= GROUP_CONTENTS) {
                break;
            }
        }
        try {
            long begun = System.nanoTime();
            List<Outcome> outcomes = catalog.commit(submissions, clock.instant());
            events.committed(group.size(), Duration.ofNanos(System.nanoTime() - begun));
            if (outcomes.stream().anyMatch(Outcome.Committed.class::isInstance)) {
                follow();
            }
            for (int i = 0; i < group.size(); i++) {
                if (catalog.isShared()) {
                    acknowledged.add(submissions.get(i), outcomes.get(i));
                }
                group.get(i).outcome = outcomes.get(i);
            }
            made.addAll(group);
        } catch (RuntimeException | Error e) {
            // Nobody waits for ever. What was committed all the same is followed with the next change.
            RuntimeException why = e instanceof RuntimeException r ? r : new IllegalStateException(e);
            group.forEach(waiting -> waiting.outcome = new Outcome.Refused(why));
            made.addAll(group);
            throw e;
        }
    }
}
