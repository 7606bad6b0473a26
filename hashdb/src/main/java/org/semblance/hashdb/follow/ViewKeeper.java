package org.semblance.hashdb.follow;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.CatalogRefusedException;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.HashSink;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.PictureSink;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.view.ServingView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a serving view opened or built in the background, kept up with each change, and replaced when it is outgrown or
 * fails. Until there is one the catalog answers, so opening a database waits for no view.
 */
public final class ViewKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ViewKeeper.class);

    /** How often a new view catches up beside the writers before they wait for the rest. */
    private static final int FREE_PASSES = 4;

    private final Path folder;
    private final Catalog catalog;
    private final ReentrantLock writing;
    private final DatabaseEvents events;
    private final Object turn = new Object();
    private volatile @Nullable Thread builder;
    private boolean touchesFiles;
    private volatile boolean closing;
    private volatile @Nullable ServingView view;

    /** Of the change that the view has reached. */
    private volatile String hash = JournalEntry.GENESIS;

    /** Counts the times that the catalog lost something. */
    private volatile int generation;

    /** @param writing held by whoever changes the catalog */
    public ViewKeeper(Path folder, Catalog catalog, ReentrantLock writing, DatabaseEvents events) {
        this.folder = folder;
        this.catalog = catalog;
        this.writing = writing;
        this.events = events;
        start(true);
    }

    /** The view; null while there is none. */
    @Nullable
    public ServingView view() {
        return view;
    }

    /** Whether one is being opened or built; any thread. */
    public boolean isBuilding() {
        return builder != null;
    }

    /** Gives changes to sinks, and says what these hold then. */
    interface Pass {
        /** @param contents null to leave all but hashes and features out */
        Catalog.State give(@Nullable ContentSink contents, HashSink hashes, PictureSink pictures);
    }

    /** Takes in changes, with the lock held; the sinks of the indexes are served in the same pass. */
    Catalog.State follow(Pass pass, HashSink hashes, PictureSink pictures) {
        ServingView current = view;
        try {
            Catalog.State state = pass.give(current, hashes, pictures);
            if (current != null) {
                current.reached(state.seq());
                hash = state.hash();
                if (current.outgrown()) {
                    start(false);
                }
            }
            return state;
        } catch (StorageFailedException | CatalogRefusedException e) {
            throw e;
        } catch (RuntimeException e) {
            if (current == null) {
                throw e;
            }
            events.viewFailed();
            LOG.warn("{}: the view failed; the catalog answers until another is built", folder, e);
            view = null;
            current.discard();
            start(false);
            return pass.give(null, hashes, pictures);
        }
    }

    /** Has a view built if there is none, as when the catalog could not be reached for the last one. */
    public void ensure() {
        if (view == null && builder == null) {
            start(false);
        }
    }

    /** Has a view built of a catalog that has lost what the view holds, with the lock held; the catalog answers until then. */
    public void rebuild() {
        generation++;
        ServingView current = view;
        view = null;
        if (current != null) {
            current.discard();
        }
        start(false);
    }

    private void start(boolean reopen) {
        synchronized (turn) {
            if (builder == null && !closing) {
                builder = Thread.ofPlatform().daemon().name("view-builder").start(() -> build(reopen));
            }
        }
    }

    private void build(boolean reopen) {
        ServingView next = null;
        int of = generation;
        try {
            ServingView.warmUp();
            synchronized (turn) {
                if (closing) {
                    return;
                }
                touchesFiles = true;
            }
            next = reopen ? ServingView.reopen(folder, catalog::journalHash) : null;
            long begun = System.nanoTime();
            boolean built = next == null;
            if (next == null) {
                next = ServingView.create(
                        folder, catalog.contents(), catalog.digests(), catalog.framePages(ServingView.FRAMES_A_PAGE));
                next.reached(catalog.loadContents(unlessClosing(next)).seq());
            }
            if (publish(next, of)) {
                next = null;
            }
            if (built) {
                events.viewBuilt(Duration.ofNanos(System.nanoTime() - begun));
            }
        } catch (CancellationException e) {
            LOG.debug("{}: closed before its view was ready", folder);
            if (next != null && next.seq() > 0) {
                // What it took in beyond that change it takes in again; that does no harm.
                if (closeForReuse(next, hashOf(next.seq()))) {
                    next = null;
                }
            }
        } catch (IOException | RuntimeException e) {
            events.viewFailed();
            LOG.warn("{}: no view could be built; the catalog answers", folder, e);
        } finally {
            if (next != null) {
                next.discard();
            }
            synchronized (turn) {
                builder = null;
                touchesFiles = false;
                turn.notifyAll();
            }
        }
    }

    /** Passes everything on until the database is closed, which must not wait for a large view to be built. */
    private ContentSink unlessClosing(ServingView next) {
        return new ContentSink() {
            @Override
            public void content(ContentRecord content) {
                check();
                next.content(content);
            }

            @Override
            public void withdrawn(long contentId) {
                check();
                next.withdrawn(contentId);
            }

            @Override
            public void frames(long contentId, byte[] stored) {
                check();
                next.frames(contentId, stored);
            }

            @Override
            public void digest(long contentId, boolean live, SignalType type, byte[] value) {
                check();
                next.digest(contentId, live, type, value);
            }

            private void check() {
                if (closing) {
                    throw new CancellationException();
                }
            }
        };
    }

    /**
     * Has lookups ask the view from now on.
     *
     * @param of the generation of catalogs that it was built of
     * @return false if that has passed
     */
    private boolean publish(ServingView next, int of) {
        for (int pass = 0; pass < FREE_PASSES && next.seq() < catalog.seq(); pass++) {
            next.reached(
                    catalog.follow(next.seq(), unlessClosing(next), null, null).seq());
        }
        ServingView old;
        writing.lock();
        try {
            if (of != generation) {
                return false;
            }
            Catalog.State state = catalog.follow(next.seq(), next, null, null);
            next.reached(state.seq());
            hash = state.hash();
            old = view;
            view = next;
        } finally {
            writing.unlock();
        }
        if (old != null) {
            old.discard();
        }
        return true;
    }

    private @Nullable String hashOf(long seq) {
        try {
            return catalog.journalHash(seq);
        } catch (StorageFailedException e) {
            LOG.debug("{}: the view cannot be kept", folder, e);
            return null;
        }
    }

    /** Returns false if the view must be discarded, as it is not known what it is of. */
    private boolean closeForReuse(ServingView last, @Nullable String headHash) {
        try {
            if (headHash == null) {
                return false;
            }
            last.close(headHash);
        } catch (IOException e) {
            LOG.warn("{}: the view could not be closed; it will be built anew", folder, e);
        }
        return true;
    }

    /** Waits until no view is being built. */
    public void await() throws InterruptedException {
        synchronized (turn) {
            while (builder != null) {
                turn.wait();
            }
        }
    }

    /**
     * Closes the view so that it can be opened again; a builder that has files in its hands is waited for. The writers'
     * lock must not be held.
     */
    @Override
    public void close() {
        boolean interrupted = false;
        synchronized (turn) {
            closing = true;
            while (touchesFiles) {
                try {
                    turn.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        ServingView last = view;
        if (last != null && !closeForReuse(last, hash)) {
            last.discard();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
