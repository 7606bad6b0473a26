package org.semblance.hashdb.follow;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.sql.Catalog;
import org.semblance.hashdb.hash.Hash256;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has an index opened from its snapshot or built from the catalog, kept up with each change, and saved now and then.
 *
 * <p>A snapshot names the change up to which it holds everything, and that change's hash in the journal. At open, what
 * the catalog did after is replayed; a snapshot of another catalog, or one that cannot be read, is not taken ({@link Snapshots}). The
 * time to open is therefore that of reading the file and of replaying what came after it, so the index is saved:
 *
 * <ul>
 *   <li>in the background, when a share of it has changed ({@link Saving}), and after it was built from the catalog;
 *   <li>at the end, if there is something to replay that would be felt, or if the index is so small that saving it is
 *       not. It is given some time to end, as is one that is under way; then the snapshot before it stays, and the next
 *       start replays more.
 * </ul>
 *
 * Lookups and changes go on meanwhile ({@link KeptIndex}).
 */
public final class IndexKeeper<I extends KeptIndex> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IndexKeeper.class);

    /** What one hold of the writers' lock moves over after a save: some milliseconds. */
    private static final int SETTLED_A_STEP = 1000;

    /** To replay so many hashes or features at open is not felt: some 0.3 s. */
    private static final long REPLAYED_GLADLY = 1 << 16;

    /** Nor is it felt to save an index of so many at the end. */
    private static final long SAVED_GLADLY = 1 << 20;

    /** A pause is at least so many times as long as the save before it. */
    private static final int PAUSE_TO_SAVE = 4;

    /** How long an index that was replaced is kept: longer than from the moment a lookup takes it to the one it enters it. */
    private static final int RETIRED_SECONDS = 30;

    private final KeptIndex.Source<I> source;
    private final IndexKind kind;
    private final Path file;
    private final Catalog catalog;
    private final ReentrantLock writing;
    private final Condition turn;
    private final Saving saving;
    private final DatabaseEvents events;
    private final Catalog.State opened;
    private boolean askedPeers;

    /** Replaced with the writers' lock held. */
    private volatile I index;

    // The rest is guarded by the writers' lock.
    private long seq;
    private Hash256 hash;
    private long unsaved;
    private long notBefore = System.nanoTime();
    private volatile @Nullable Thread saver;
    private boolean closing;
    private long deadline;

    /** Changes since the last call of {@link #reached}. */
    private long fresh;

    /** Whether a save has ended, and what was kept back for it is being moved over. */
    private boolean settling;

    /**
     * When the index is saved in the background.
     *
     * @param changes hashes or features that must have changed at least
     * @param share the same bound as a divisor: one in so many hashes or features must have changed
     * @param pause between two saves, so that a long import does not write without end
     * @param unsettled changes during a save from which on further ones wait for its end; some 120 bytes each
     */
    public record Saving(long changes, long share, Duration pause, int unsettled) {
        /** With ten million hashes: 150,000 changes, replayed in some 0.8 s, or all that came in the pause. */
        public static final Saving STANDARD = new Saving(REPLAYED_GLADLY, 64, Duration.ofSeconds(20), 200_000);
    }

    /**
     * Opens or builds the index.
     *
     * @param writing held by whoever changes the catalog
     * @param peers who may have a snapshot where this node has none
     */
    public IndexKeeper(
            KeptIndex.Source<I> source,
            Path folder,
            Catalog catalog,
            ReentrantLock writing,
            Saving saving,
            DatabaseEvents events,
            PeerSnapshots peers) {
        this.source = source;
        this.kind = source.kind();
        this.file = folder.resolve(kind.fileName());
        this.catalog = catalog;
        this.writing = writing;
        this.turn = writing.newCondition();
        this.saving = saving;
        this.events = events;
        KeptIndex.Filled<I> filled = load(peers);
        this.index = filled.index();
        this.opened = filled.state();
        this.seq = filled.state().seq();
        this.hash = Hash256.parse(filled.state().hash());
        this.unsaved = filled.changes();
        writing.lock();
        try {
            saveIfWorthwhile();
        } finally {
            writing.unlock();
        }
    }

    private KeptIndex.Filled<I> load(PeerSnapshots peers) {
        Snapshots<I> snapshots = new Snapshots<>(source, file, catalog, peers, events);
        KeptIndex.Opened<I> snapshot = snapshots.open();
        askedPeers = snapshots.haveAsked();
        if (snapshot == null) {
            long begun = System.nanoTime();
            KeptIndex.Filled<I> built = source.build(catalog);
            if (built.index().size() > 0) {
                events.built(kind, Duration.ofNanos(System.nanoTime() - begun));
            }
            return built.changes() == 0 ? built : told(built);
        }
        boolean whole = false;
        try {
            KeptIndex.Filled<I> replayed = source.replay(snapshot.index(), snapshot.seq(), catalog);
            whole = true;
            return told(replayed);
        } finally {
            if (!whole) {
                snapshot.index().close();
            }
        }
    }

    private KeptIndex.Filled<I> told(KeptIndex.Filled<I> filled) {
        LOG.info(
                "{}: {} {}, {} of them read from the catalog",
                file,
                filled.index().size(),
                kind.units(),
                filled.changes());
        return filled;
    }

    /** Whether this node had no snapshot to begin with, or one that is far behind, so that peers were asked for theirs. */
    boolean hasAskedPeers() {
        return askedPeers;
    }

    /** The state of the catalog that the index held first. */
    public Catalog.State opened() {
        return opened;
    }

    /** About how many hashes or features changed since the snapshot; any thread, without the lock. */
    public long unsaved() {
        return unsaved;
    }

    /** Whether a save is under way, or waits for its time; any thread. */
    public boolean isSaving() {
        return saver != null;
    }

    public I index() {
        return index;
    }

    /** Says that so many hashes or features came or went, with the lock held. */
    public void changed(long count) {
        unsaved += count;
        fresh += count;
    }

    /**
     * Says that all changes up to that state are in, with the lock held. After a save whoever changes helps to move over
     * what was kept back, twice what it brings itself: otherwise a bulk import would bring more than is moved, and no
     * other save could begin before it ends.
     */
    public void reached(Catalog.State state) {
        seq = state.seq();
        hash = Hash256.parse(state.hash());
        if (settling) {
            index.settle((int) Math.min(2 * fresh, Integer.MAX_VALUE));
        }
        fresh = 0;
        saveIfWorthwhile();
    }

    /**
     * Whether more changes may come, with the lock held. During a save they are kept on the heap, and the lock is not a
     * fair one: a bulk import would fill the heap and let nobody move them over.
     */
    public boolean hasRoom() {
        return closing || index.unsettled() < saving.unsettled;
    }

    /** Waits a while for room, with the lock held, which is given back meanwhile. */
    public void awaitRoom() {
        turn.awaitUninterruptibly();
    }

    private void saveIfWorthwhile() {
        if (saver == null && !closing && unsaved >= Math.max(saving.changes, index.size() / saving.share)) {
            startSaver();
        }
    }

    private void startSaver() {
        saver = Thread.ofPlatform().daemon().name(kind.units() + "-saver").start(this::saveInBackground);
    }

    private boolean isWorthwhileAtTheEnd() {
        return unsaved > REPLAYED_GLADLY || (unsaved > 0 && index.size() <= SAVED_GLADLY);
    }

    private void saveInBackground() {
        try {
            if (awaitPause()) {
                save();
            }
        } catch (InterruptedException e) {
            LOG.debug("{}: closed before it was saved", file);
        } finally {
            writing.lock();
            try {
                saver = null;
                turn.signalAll();
            } finally {
                writing.unlock();
            }
        }
    }

    /** Returns false if the index is closed and need not be saved. */
    private boolean awaitPause() throws InterruptedException {
        writing.lock();
        try {
            for (long left = notBefore - System.nanoTime();
                    left > 0 && !closing;
                    left = notBefore - System.nanoTime()) {
                turn.awaitNanos(left);
            }
            return !closing || isWorthwhileAtTheEnd();
        } finally {
            writing.unlock();
        }
    }

    /**
     * Saves the index:
     *
     * <ol>
     *   <li>With the lock held, the index is held, and the change is noted up to which it goes.
     *   <li>It is written while lookups and changes go on.
     *   <li>What changed meanwhile is moved over, some at a time. This happens if the write failed as well.
     *   <li>The pause before the next save begins.
     * </ol>
     */
    private void save() {
        long begun = System.nanoTime();
        long savedSeq;
        Hash256 savedHash;
        long saved;
        I held;
        writing.lock();
        try {
            held = index;
            held.hold();
            savedSeq = seq;
            savedHash = hash;
            saved = unsaved;
        } finally {
            writing.unlock();
        }
        boolean done = false;
        try {
            held.save(file, savedSeq, savedHash);
            done = true;
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            events.saved(kind, took);
            LOG.info("{}: saved up to change {} in {} ms", file, savedSeq, took.toMillis());
        } catch (ClosedByInterruptException e) {
            LOG.debug("{}: closed while it was saved", file);
        } catch (IOException e) {
            events.saveFailed(kind);
            LOG.warn("{}: cannot be saved: {}; the next start reads more from the catalog", file, e.toString());
        } finally {
            settle();
            writing.lock();
            try {
                long now = System.nanoTime();
                notBefore = now + Math.max(saving.pause.toNanos(), PAUSE_TO_SAVE * (now - begun));
                unsaved -= done ? saved : 0;
            } finally {
                writing.unlock();
            }
        }
    }

    private void settle() {
        for (boolean held = true; held; ) {
            writing.lock();
            try {
                index.settle(SETTLED_A_STEP);
                held = index.isHeld();
                settling = held;
                turn.signalAll();
            } finally {
                writing.unlock();
            }
        }
    }

    /**
     * Builds the index anew from the catalog, which has lost what this one holds, with the lock held. Until it is there lookups
     * have the one before.
     *
     * @return the state of the catalog that it holds
     */
    public Catalog.State rebuild() {
        awaitSettled();
        long begun = System.nanoTime();
        KeptIndex.Filled<I> built = source.build(catalog);
        events.built(kind, Duration.ofNanos(System.nanoTime() - begun));
        I before = index;
        index = built.index();
        seq = built.state().seq();
        hash = Hash256.parse(built.state().hash());
        unsaved = built.changes();
        fresh = 0;
        // Some lookups have it in their hands.
        CompletableFuture.delayedExecutor(RETIRED_SECONDS, TimeUnit.SECONDS).execute(before::close);
        saveIfWorthwhile();
        return built.state();
    }

    /** Waits until the index is not held, with the lock held, which is given back meanwhile. */
    public void awaitSettled() {
        while (index.isHeld()) {
            turn.awaitUninterruptibly();
        }
    }

    /** For tests: waits until the index is not being saved. */
    public void await() throws InterruptedException {
        writing.lock();
        try {
            while (saver != null) {
                turn.await();
            }
        } finally {
            writing.unlock();
        }
    }

    /**
     * Begins to save, if that is worthwhile. Nothing may change any more; the lock must not be held.
     *
     * @param patience how long {@link #close} waits for it
     */
    public void beginClose(Duration patience) {
        writing.lock();
        try {
            closing = true;
            deadline = System.nanoTime() + patience.toNanos();
            turn.signalAll();
            if (saver == null && isWorthwhileAtTheEnd()) {
                startSaver();
            }
        } finally {
            writing.unlock();
        }
    }

    /** Ends what {@link #beginClose} began. */
    @Override
    public void close() {
        awaitSaver();
        index.close();
    }

    /** An interrupted save leaves the snapshot before it. */
    private void awaitSaver() {
        boolean interrupted = false;
        writing.lock();
        try {
            while (saver != null) {
                long left = deadline - System.nanoTime();
                try {
                    if (left > 0) {
                        turn.awaitNanos(left);
                    } else {
                        saver.interrupt();
                        turn.awaitUninterruptibly();
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            writing.unlock();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
