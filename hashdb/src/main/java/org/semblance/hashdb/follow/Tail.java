package org.semblance.hashdb.follow;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.StorageFailedException.Kind;
import org.semblance.hashdb.catalog.postgres.ChangeListener;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows what other nodes change in a catalog that is shared. Word of a change wakes it, and it looks each second all the same, as
 * word can be lost. Each look is:
 *
 * <ol>
 *   <li>Is the newest change that this node has seen still there, with the same hash? If not, another database took the place of
 *       the one that this node knew: the node refuses changes, says which are lost, and builds everything anew from what is there.
 *   <li>What came after it is taken in, a page at a time, so that changes of this node wait for no more than a page.
 * </ol>
 *
 * <p>While the catalog cannot be reached lookups go on from memory. A change of a kind that this release does not know ends the
 * following: the node says that it is not ready, as what it answers could be wrong.
 */
public final class Tail implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tail.class);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Catalog catalog;
    private final ChangeListener listener;
    private final ReentrantLock writing;
    private final Followers followers;
    private final Sight sight;
    private final Thread thread;
    private volatile boolean closing;
    private volatile @Nullable String unready;
    private volatile boolean reachable = true;
    private volatile long newest;
    private volatile long currentAt = System.nanoTime();
    private volatile boolean current = true;

    /** What lookups see. */
    public interface Sight {
        /** The newest change that they see. */
        long seq();

        /** From now on they see that state, with the writers' lock held; the followers hold all of it. */
        void see(Catalog.State newest);

        /** The catalog has lost changes; what is known of them is put where somebody finds it, with the writers' lock held. */
        void lost();

        /** Forgets how the list stood in the past, as it was another one. */
        void forgetPast();
    }

    /**
     * Begins to follow.
     *
     * @param writing held by whoever changes the catalog
     */
    public Tail(Catalog catalog, ChangeListener listener, ReentrantLock writing, Followers followers, Sight sight) {
        this.catalog = catalog;
        this.listener = listener;
        this.writing = writing;
        this.followers = followers;
        this.sight = sight;
        this.thread = Thread.ofPlatform().daemon().name("catalog-tail").start(this::run);
    }

    public FollowState state() {
        return new FollowState(
                true,
                unready,
                reachable,
                Math.max(0, newest - sight.seq()),
                current ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - currentAt));
    }

    /**
     * Lets changes pass.
     *
     * @throws StorageFailedException if this node must make none
     */
    public void requireReady() {
        String why = unready;
        if (why != null) {
            throw new StorageFailedException(why, Kind.AWAY, new IllegalStateException(why));
        }
    }

    private void run() {
        try (listener) {
            while (!closing) {
                listener.await(LOOK);
                if (!closing) {
                    lookOrSayWhy();
                }
            }
        }
    }

    private void lookOrSayWhy() {
        try {
            look();
            if (!reachable) {
                LOG.info("the catalog can be reached again; the list is at change {}", sight.seq());
            }
            reachable = true;
            current = true;
            currentAt = System.nanoTime();
        } catch (StorageFailedException e) {
            current = false;
            if (reachable && !closing) {
                LOG.warn("{}; lookups go on, changes are refused", e.getMessage());
            }
            reachable = false;
        } catch (RuntimeException e) {
            current = false;
            String why = String.valueOf(e.getMessage());
            if (!why.equals(unready) && !closing) {
                if (e instanceof CatalogRefusedException) {
                    LOG.error("{}; this node follows no further and is not ready", why);
                } else {
                    LOG.error("changes of other nodes cannot be followed; this node is not ready", e);
                }
                unready = why;
            }
        }
    }

    private void look() {
        Catalog.Look look = catalog.look();
        newest = look.newest();
        if (look.lost() != null) {
            takeAnew(look.lost());
        }
        boolean more = newest > sight.seq() || unready != null;
        while (more && !closing) {
            current = false;
            writing.lock();
            try {
                if (closing) {
                    return;
                }
                if (newest <= sight.seq() && unready == null) {
                    break; // Whoever held the lock has taken it in.
                }
                if (!followers.hashes().hasRoom()) {
                    followers.hashes().awaitRoom();
                    continue;
                }
                Catalog.State state = followers.follow(sight.seq(), null);
                sight.see(state);
                catalog.note(state.seq(), state.hash());
                newest = state.newest();
                more = state.seq() < state.newest();
            } finally {
                writing.unlock();
            }
        }
        followers.views().ensure();
        if (unready != null) {
            LOG.info("this node follows the catalog again, to change {}", sight.seq());
            unready = null;
        }
    }

    /** Takes the catalog as it is now in place of what this node has seen. */
    private void takeAnew(String lost) {
        if (!lost.equals(unready)) {
            LOG.error("{}; this node takes no changes until it has read the list anew", lost);
        }
        unready = lost;
        writing.lock();
        try {
            if (closing) {
                return;
            }
            sight.lost();
            Catalog.State state = followers.rebuild();
            sight.forgetPast();
            sight.see(state);
            catalog.accept(state);
            newest = state.newest();
        } finally {
            writing.unlock();
        }
    }

    /** Ends the following; the writers' lock must not be held. */
    @Override
    public void close() {
        closing = true;
        listener.stop();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
