package org.semblance.hashdb.matchlog;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.JournalEntry;
import org.semblance.hashdb.catalog.StorageFailedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/**
 * Takes verdicts from any thread without a lock, and writes them on a thread of its own: what has come since the first one that
 * is not written, in one transaction each {@link #GATHER_NANOS}. A second thread copies SQLite's log into the file, which syncs
 * the disk, so that no row waits for that.
 *
 * <p>If the disk fails, what was taken waits in the queue until that is full; what comes then is dropped and counted.
 */
final class LogWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogWriter.class);

    /** Rows that wait at most. */
    static final int QUEUE_ROWS = 1 << 18;

    private static final long GATHER_NANOS = 20_000_000;
    private static final long IDLE_NANOS = 1_000_000_000;
    private static final int ROWS_A_COMMIT = 8_192;
    private static final int CHANGES_A_COMMIT = 200;
    private static final int MOST_FAILURES_AT_CLOSE = 2;
    private static final long PRUNE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long CHECKPOINT_BYTES = 4 << 20;

    private final LogFile file;
    private final MatchLogSettings settings;
    private final InstantSource clock;
    private final ChangeFeed changes;
    private final UploadCounts uploads;
    private final OfferMark mark;
    private final Runnable committed;
    private final Thread thread = Thread.ofPlatform().daemon().name("match-log").unstarted(this::run);
    private final Thread keeper =
            Thread.ofPlatform().daemon().name("match-log-checkpoint").unstarted(this::checkpoint);

    private final Queue<LoggedVerdict> queue = new ConcurrentLinkedQueue<>();
    private final AtomicLong queued = new AtomicLong();
    private final Queue<Task<?>> tasks = new ConcurrentLinkedQueue<>();
    private volatile boolean idle;
    private volatile boolean closing;
    private volatile boolean closed;

    private final AtomicLong rows = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final AtomicLong cut = new AtomicLong();
    private final AtomicLong commits = new AtomicLong();
    private final AtomicLong commitNanos = new AtomicLong();

    // Of the thread alone.
    private @Nullable LogStore store;
    private final List<LoggedVerdict> batch = new ArrayList<>();
    private long droppedStored;
    private long cutStored;
    private long journalSeq;
    private boolean failing;
    private long prunedNanos;
    private long countersPrunedHour = -1;

    /** Something that is done on the thread, after what came before it is stored. */
    private record Task<T>(Action<T> action, CompletableFuture<T> result) {}

    @FunctionalInterface
    interface Action<T extends @Nullable Object> {
        T run(LogStore store) throws SQLException;
    }

    LogWriter(
            LogFile file,
            MatchLogSettings settings,
            InstantSource clock,
            ChangeFeed changes,
            UploadCounts uploads,
            OfferMark mark,
            Runnable committed) {
        this.file = file;
        this.settings = settings;
        this.clock = clock;
        this.changes = changes;
        this.uploads = uploads;
        this.mark = mark;
        this.committed = committed;
        try {
            store();
        } catch (SQLException | StorageFailedException e) {
            failing = true;
            LOG.warn("{}: cannot be opened, so that rows wait: {}", file.path(), e.getMessage());
        }
        thread.start();
        keeper.start();
    }

    /** The file as it is open; opened if it was not, or another one took its place. */
    private LogStore store() throws SQLException {
        LogStore open = store;
        if (open == null) {
            file.prepare(clock.instant());
            open = new LogStore(file);
            try {
                begin(open);
            } catch (SQLException e) {
                open.close();
                throw e;
            }
            store = open;
        }
        return open;
    }

    /** Counts what a kill has lost, and begins a session. */
    private void begin(LogStore open) throws SQLException {
        long onTheirWay = mark.offered(open.session()) - open.settled();
        if (onTheirWay > 0) {
            LOG.warn(
                    "{}: {} rows were on their way when the process was killed, and are lost", file.path(), onTheirWay);
            open.missing("lost", onTheirWay, clock.millis());
            lost.addAndGet(onTheirWay);
        }
        long session = new SplittableRandom().nextLong() | 1;
        open.beginSession(session);
        journalSeq = Math.min(open.journalSeq(), changes.seq()); // A backup may have taken the catalog's place.
        open.commit();
        mark.begin(session, queued.get());
        open.warmUp(clock.millis());
    }

    // For any thread

    /** Takes a verdict, whose rows are stored soon; drops it if too many wait. Returns at once. */
    void offer(LoggedVerdict verdict) {
        int size = verdict.hits().size();
        mark.add(size);
        if (closing) {
            dropped.addAndGet(size);
            return;
        }
        if (queued.addAndGet(size) > QUEUE_ROWS) {
            queued.addAndGet(-size);
            dropped.addAndGet(size);
            return;
        }
        queue.add(verdict);
        if (idle) {
            idle = false;
            LockSupport.unpark(thread);
        }
    }

    /** So many rows of a verdict are too many. */
    void cut(long more) {
        cut.addAndGet(more);
    }

    /**
     * Does something on the thread of the writer, after all that was offered before is stored.
     *
     * @throws StorageFailedException if it or what came before cannot be stored
     */
    <T extends @Nullable Object> T call(Action<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        tasks.add(new Task<>(action, result));
        idle = false;
        LockSupport.unpark(thread);
        if (closed) {
            failTasks(new StorageFailedException(file.path() + ": closed", false, new IllegalStateException()));
        }
        try {
            return result.join();
        } catch (java.util.concurrent.CompletionException e) {
            if (e.getCause() instanceof StorageFailedException failure) {
                throw failure;
            }
            throw e;
        }
    }

    MatchLogState state() {
        return new MatchLogState(
                rows.get(),
                dropped.get(),
                lost.get(),
                cut.get(),
                queued.get(),
                file.bytes(),
                commits.get(),
                commitNanos.get());
    }

    // The thread

    private void run() {
        try {
            boolean last = false;
            while (!last) {
                last = closing;
                if (!last) {
                    awaitWork();
                }
                cycle(last);
            }
        } catch (RuntimeException | Error e) {
            LOG.error("{}: the match log has failed and writes no more", file.path(), e);
        } finally {
            closed = true;
            failTasks(new StorageFailedException(file.path() + ": closed", false, new IllegalStateException()));
            closeStore();
        }
    }

    private void closeStore() {
        LogStore open = store;
        if (open != null) {
            store = null;
            open.close();
        }
    }

    private void awaitWork() {
        long since = System.nanoTime();
        idle = true;
        while (idle && queue.isEmpty() && tasks.isEmpty() && !closing && System.nanoTime() - since < IDLE_NANOS) {
            LockSupport.parkNanos(this, IDLE_NANOS);
        }
        idle = false;
        if (failing) {
            pause(IDLE_NANOS);
        } else if (!queue.isEmpty()) {
            pause(GATHER_NANOS);
        }
    }

    /** Waits so long, or until somebody waits for a task. */
    private void pause(long nanos) {
        long until = System.nanoTime() + nanos;
        for (long left = nanos; left > 0 && tasks.isEmpty() && !closing; left = until - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
    }

    private void cycle(boolean last) {
        List<Task<?>> waiting = new ArrayList<>();
        for (Task<?> task = tasks.poll(); task != null; task = tasks.poll()) {
            waiting.add(task);
        }
        int failures = 0;
        boolean more = true;
        while (more) {
            try {
                more = commitSome(!waiting.isEmpty() || last);
                if (failing) {
                    failing = false;
                    LOG.info("{}: rows are stored again", file.path());
                }
            } catch (SQLException | StorageFailedException e) {
                failures++;
                StorageFailedException failure = failed(e);
                more = last && failures < MOST_FAILURES_AT_CLOSE;
                waiting.forEach(task -> task.result().completeExceptionally(failure));
                waiting.clear();
            }
        }
        waiting.forEach(this::run);
        if (!failing && !last) {
            prune();
        }
    }

    /** Returns whether there is more to be stored at once. */
    private boolean commitSome(boolean all) throws SQLException {
        LogStore store = store();
        int size = batch.stream().mapToInt(verdict -> verdict.hits().size()).sum();
        while (size < ROWS_A_COMMIT) {
            LoggedVerdict verdict = queue.poll();
            if (verdict == null) {
                break;
            }
            batch.add(verdict);
            size += verdict.hits().size();
        }
        long nowDropped = dropped.get();
        long nowCut = cut.get();
        boolean changed = changes.seq() > journalSeq;
        if (batch.isEmpty() && !changed && nowDropped == droppedStored && nowCut == cutStored && uploads.isEmpty()) {
            return false;
        }
        long start = System.nanoTime();
        long now = clock.millis();
        try {
            for (LoggedVerdict verdict : batch) {
                store.write(verdict, settings.keepsRows());
            }
            long missing = nowDropped - droppedStored;
            if (missing > 0) {
                store.missing("dropped", missing, now);
            }
            if (nowCut > cutStored) {
                store.missing("cut", nowCut - cutStored, now);
            }
            if (size + missing > 0) {
                store.settle(size + missing);
            }
            List<Asked> asked = new ArrayList<>();
            uploads.forEachNew((key, hashes, verdict, questions) -> {
                store.asked(key, hashes, verdict, questions, now);
                asked.add(new Asked(key, hashes, verdict, questions));
            });
            long seq = changed ? follow(store) : journalSeq;
            store.commit();
            asked.forEach(one -> uploads.settle(one.key, one.hashes, one.verdict, one.questions));
            journalSeq = seq;
        } catch (SQLException | RuntimeException e) {
            store.rollBack();
            throw e;
        }
        commits.incrementAndGet();
        commitNanos.addAndGet(System.nanoTime() - start);
        droppedStored = nowDropped;
        cutStored = nowCut;
        boolean stored = !batch.isEmpty();
        batch.clear();
        queued.addAndGet(-size);
        if (stored) {
            rows.addAndGet(settings.keepsRows() ? size : 0);
            committed.run();
        }
        return all && (!queue.isEmpty() || changes.seq() > journalSeq) || size >= ROWS_A_COMMIT;
    }

    private record Asked(String key, boolean hashes, String verdict, long questions) {}

    /** Counts some changes; gives the newest one that is counted then. */
    private long follow(LogStore store) throws SQLException {
        long seq = journalSeq;
        for (JournalEntry entry : changes.journal(seq, CHANGES_A_COMMIT)) {
            store.changed(entry);
            seq = entry.seq();
        }
        if (seq == journalSeq) {
            seq = changes.seq(); // Nothing is there, though it should be.
        }
        store.journalSeq(seq);
        return seq;
    }

    private <T> void run(Task<T> task) {
        try {
            LogStore open = store();
            try {
                task.result().complete(task.action().run(open));
            } catch (SQLException | RuntimeException | Error e) {
                open.rollBack();
                throw e;
            }
        } catch (SQLException e) {
            task.result().completeExceptionally(file.failure(e));
        } catch (RuntimeException | Error e) {
            task.result().completeExceptionally(e);
        }
    }

    private void failTasks(StorageFailedException why) {
        for (Task<?> task = tasks.poll(); task != null; task = tasks.poll()) {
            task.result().completeExceptionally(why);
        }
    }

    private StorageFailedException failed(Exception e) {
        StorageFailedException failure = e instanceof SQLException sql
                ? file.failure(sql)
                : e instanceof StorageFailedException known
                        ? known
                        : new StorageFailedException(e.toString(), false, e);
        if (!failing) {
            LOG.warn("{}: rows cannot be stored, and wait: {}", file.path(), failure.getMessage());
        }
        failing = true;
        if (e instanceof SQLException sql && LogFile.isDamage(sql)) {
            closeStore();
            try {
                file.setAside(clock.instant(), String.valueOf(failure.getMessage()));
            } catch (StorageFailedException other) {
                LOG.warn("{}", other.getMessage());
            }
        }
        return failure;
    }

    private void prune() {
        long nanos = System.nanoTime();
        if (prunedNanos != 0 && nanos - prunedNanos < PRUNE_NANOS) {
            return;
        }
        LogStore open = store;
        if (open == null) {
            return;
        }
        try {
            long now = clock.millis();
            boolean more = open.prune(now - TimeUnit.DAYS.toMillis(settings.days()), settings.mostBytes());
            long hour = now / LogStore.HOUR_MS;
            if (hour != countersPrunedHour) {
                open.pruneCounters(now);
            }
            open.commit();
            countersPrunedHour = hour;
            if (!more) {
                prunedNanos = nanos; // Else the next step is taken after the next rows.
            }
        } catch (SQLException e) {
            open.rollBack();
            failed(e);
        }
    }

    /** Copies SQLite's log into the file now and then, beside the writer, which neither waits for the other. */
    private void checkpoint() {
        Connection connection = null;
        while (!closed) {
            LockSupport.parkNanos(this, IDLE_NANOS);
            if (closed || file.walBytes() < CHECKPOINT_BYTES) {
                continue;
            }
            try {
                if (connection == null) {
                    connection = file.connect(SQLiteConfig.SynchronousMode.NORMAL, false);
                }
                try (Statement statement = connection.createStatement()) {
                    statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
                }
            } catch (SQLException e) {
                LOG.debug("{}: no checkpoint", file.path(), e);
                closeQuietly(connection);
                connection = null;
            }
        }
        closeQuietly(connection);
    }

    private static void closeQuietly(@Nullable Connection connection) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                LOG.debug("cannot be closed", e);
            }
        }
    }

    /** Stores what waits, and ends. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        for (Thread each : List.of(thread, keeper)) {
            while (each.isAlive()) {
                LockSupport.unpark(each);
                try {
                    each.join(20);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
