package org.semblance.hashdb;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Catalog;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.HashIndex;
import org.semblance.hashdb.index.PigeonringIndex;
import org.semblance.hashdb.index.SnapshotException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the index opened from its snapshot or built from the catalog, kept up with each change, and saved now and then.
 *
 * <p>A snapshot names the change up to which it holds everything, and that change's hash in the journal. At open, what
 * the catalog did after is replayed; a snapshot of another catalog, or one that cannot be read, is not taken. The time to
 * open is therefore that of reading the file and of replaying what came after it, so the index is saved:
 *
 * <ul>
 *   <li>in the background, when a share of it has changed ({@link Saving}), and after it was built from the catalog;
 *   <li>at the end, if there is something to replay that would be felt, or if the index is so small that saving it is
 *       not. It is given some time to end, as is one that is under way; then the snapshot before it stays, and the next
 *       start replays more.
 * </ul>
 *
 * Lookups and changes go on meanwhile ({@link LiveIndex}).
 */
final class IndexKeeper implements AutoCloseable {
    static final String FILE_NAME = "index.snapshot";

    private static final Logger LOG = LoggerFactory.getLogger(IndexKeeper.class);

    /** What one hold of the writers' lock moves over after a save: some milliseconds. */
    private static final int SETTLED_A_STEP = 1000;

    /** To replay so many pairs at open is not felt: some 0.3 s. */
    private static final long REPLAYED_GLADLY = 1 << 16;

    /** Nor is it felt to save an index of so many at the end. */
    private static final long SAVED_GLADLY = 1 << 20;

    /** A pause is at least so many times as long as the save before it. */
    private static final int PAUSE_TO_SAVE = 4;

    private final Path file;
    private final Catalog catalog;
    private final ReentrantLock writing;
    private final Condition turn;
    private final Saving saving;
    private final DatabaseEvents events;
    private final LiveIndex index;
    private final Catalog.State opened;

    // The rest is guarded by the writers' lock.
    private long seq;
    private long unsaved;
    private long notBefore = System.nanoTime();
    private volatile @Nullable Thread saver;
    private boolean closing;
    private long deadline;

    /** Changes since the last call of {@link #reached}. */
    private int fresh;

    /** Whether a save has ended, and what was kept back for it is being moved over. */
    private boolean settling;

    /**
     * When the index is saved in the background.
     *
     * @param changes pairs that must have changed at least
     * @param share likewise, as one so many-th of all pairs
     * @param pause between two saves, so that a long import does not write without end
     * @param unsettled changes during a save from which on further ones wait for its end; some 120 bytes each
     */
    record Saving(long changes, long share, Duration pause, int unsettled) {
        /** With ten million hashes: 150,000 changes, replayed in some 0.8 s, or all that came in the pause. */
        static final Saving STANDARD = new Saving(REPLAYED_GLADLY, 64, Duration.ofSeconds(20), 200_000);
    }

    /** @param writing held by whoever changes the catalog */
    IndexKeeper(Path folder, Catalog catalog, ReentrantLock writing, Saving saving, DatabaseEvents events) {
        this.file = folder.resolve(FILE_NAME);
        this.catalog = catalog;
        this.writing = writing;
        this.turn = writing.newCondition();
        this.saving = saving;
        this.events = events;
        Loaded loaded = load(file, catalog, events);
        this.index = new LiveIndex(loaded.index);
        this.opened = loaded.state;
        this.seq = loaded.state.seq();
        this.unsaved = loaded.unsaved;
        writing.lock();
        try {
            saveIfWorthwhile();
        } finally {
            writing.unlock();
        }
    }

    /** @param unsaved pairs that are not in the snapshot */
    private record Loaded(PigeonringIndex index, Catalog.State state, long unsaved) {}

    private static Loaded load(Path file, Catalog catalog, DatabaseEvents events) {
        PigeonringIndex.Opened snapshot = read(file, catalog);
        long begun = System.nanoTime();
        PigeonringIndex index = snapshot == null ? new PigeonringIndex() : snapshot.index();
        boolean whole = false;
        try {
            Loaded loaded = snapshot == null ? build(index, catalog) : replay(index, snapshot.seq(), catalog);
            whole = true;
            if (snapshot == null) {
                events.indexBuilt(Duration.ofNanos(System.nanoTime() - begun));
            }
            LOG.info("{}: {} hashes, {} of them read from the catalog", file, index.size(), loaded.unsaved);
            return loaded;
        } finally {
            if (!whole) {
                index.close();
            }
        }
    }

    private static Loaded build(PigeonringIndex index, Catalog catalog) {
        AtomicReference<Catalog.@Nullable State> state = new AtomicReference<>();
        index.addAll(pairs -> state.set(catalog.loadHashes(
                (contentId, live, hash) -> pairs.pair(hash.w3(), hash.w2(), hash.w1(), hash.w0(), contentId))));
        return new Loaded(index, Objects.requireNonNull(state.get()), index.size());
    }

    private static Loaded replay(PigeonringIndex index, long afterSeq, Catalog catalog) {
        AtomicLong changes = new AtomicLong();
        Catalog.State state = catalog.follow(afterSeq, null, (contentId, live, hash) -> {
            if (live ? index.add(hash, contentId) : index.remove(hash, contentId)) {
                changes.incrementAndGet();
            }
        });
        return new Loaded(index, state, changes.get());
    }

    /** The index from its file; null if there is none that can be taken, and the log says why. */
    private static PigeonringIndex.@Nullable Opened read(Path file, Catalog catalog) {
        PigeonringIndex.Opened snapshot;
        try {
            Files.deleteIfExists(PigeonringIndex.unfinished(file));
            snapshot = PigeonringIndex.open(file);
        } catch (NoSuchFileException e) {
            LOG.info("{}: not there; the index is built from the catalog", file);
            return null;
        } catch (SnapshotException e) {
            LOG.warn("{}; the index is built from the catalog", e.getMessage());
            return null;
        } catch (IOException e) {
            LOG.warn("{}: cannot be read: {}; the index is built from the catalog", file, e.toString());
            return null;
        } catch (RuntimeException e) {
            LOG.warn("{}: cannot be read; the index is built from the catalog", file, e);
            return null;
        }
        boolean taken = false;
        try {
            String hash = catalog.journalHash(snapshot.seq());
            if (hash == null) {
                LOG.warn(
                        "{}: holds change {}, the catalog goes to {} only; the index is built from the catalog",
                        file,
                        snapshot.seq(),
                        catalog.seq());
            } else if (!Hash256.parse(hash).equals(snapshot.mark())) {
                LOG.warn("{}: belongs to another catalog; the index is built from this one", file);
            } else {
                taken = true;
            }
        } finally {
            if (!taken) {
                snapshot.index().close();
            }
        }
        return taken ? snapshot : null;
    }

    /** The state of the catalog that the index held first. */
    Catalog.State opened() {
        return opened;
    }

    /** About how many pairs changed since the snapshot; any thread, without the lock. */
    long unsaved() {
        return unsaved;
    }

    /** Whether a save is under way, or waits for its time; any thread. */
    boolean isSaving() {
        return saver != null;
    }

    LiveIndex index() {
        return index;
    }

    /** Takes in what became of a hash, with the lock held. */
    void change(long contentId, boolean live, Hash256 hash) {
        if (index.change(contentId, live, hash)) {
            unsaved++;
            fresh++;
        }
    }

    /**
     * Says that all changes up to this one are in, with the lock held. After a save whoever changes helps to move over
     * what was kept back, twice what it brings itself: otherwise a bulk import would bring more than is moved, and no
     * other save could begin before it ends.
     */
    void reached(long newSeq) {
        seq = newSeq;
        if (settling) {
            index.settle(2 * fresh);
        }
        fresh = 0;
        saveIfWorthwhile();
    }

    /**
     * Whether more changes may come, with the lock held. During a save they are kept on the heap, and the lock is not a
     * fair one: a bulk import would fill the heap and let nobody move them over.
     */
    boolean hasRoom() {
        return closing || index.unsettled() < saving.unsettled;
    }

    /** Waits a while for room, with the lock held, which is given back meanwhile. */
    void awaitRoom() {
        turn.awaitUninterruptibly();
    }

    private void saveIfWorthwhile() {
        if (saver == null && !closing && unsaved >= Math.max(saving.changes, index.size() / saving.share)) {
            startSaver();
        }
    }

    private void startSaver() {
        saver = Thread.ofPlatform().daemon().name("index-saver").start(this::saveInBackground);
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

    private void save() {
        long begun = System.nanoTime();
        long savedSeq;
        long saved;
        writing.lock();
        try {
            index.hold();
            savedSeq = seq;
            saved = unsaved;
        } finally {
            writing.unlock();
        }
        boolean done = false;
        try {
            index.save(file, savedSeq, Hash256.parse(String.valueOf(catalog.journalHash(savedSeq))));
            done = true;
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            events.indexSaved(took);
            LOG.info("{}: saved up to change {} in {} ms", file, savedSeq, took.toMillis());
        } catch (ClosedByInterruptException e) {
            LOG.debug("{}: closed while it was saved", file);
        } catch (IOException | StorageFailedException e) {
            events.indexSaveFailed();
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

    /** All pairs in one index, with the lock held; waits for a save that is under way, and gives the lock back meanwhile. */
    HashIndex settled() {
        while (index.isHeld()) {
            turn.awaitUninterruptibly();
        }
        return index.settled();
    }

    /** For tests: waits until the index is not being saved. */
    void await() throws InterruptedException {
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
    void beginClose(Duration patience) {
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
