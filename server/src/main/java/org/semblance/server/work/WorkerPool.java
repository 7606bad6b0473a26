package org.semblance.server.work;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A fixed number of threads, each with a tool of its own, behind a bounded queue in which owners wait for themselves rather than
 * for each other ({@link FairQueue}).
 *
 * <p>The bound is the point: a task for which there is no place is refused at once, so that the time in the queue stays short and
 * the memory of waiting requests stays bounded. A task whose deadline passes while it waits is told so instead of being run; a task
 * that has begun is never interrupted.
 *
 * <p>Heavy tasks never have all the threads: one is left for the next task that is not heavy, unless there is only one. Beyond
 * that, threads of another pool help with heavy tasks while they have none of their own.
 *
 * @param <T> the tool: created and used by one thread only, closed when that thread ends
 */
public final class WorkerPool<T extends AutoCloseable> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);

    private final FairQueue<Task<T>> queue;

    /** Shared with the pool that this one helps. */
    private final ReentrantLock lock;

    private final Condition changed;
    private final int mostHeavy;
    private final List<Thread> threads = new ArrayList<>();

    /** The pool that this one helps, and the pool that helps this one. */
    private final @Nullable WorkerPool<T> helped;

    private @Nullable WorkerPool<T> helper;

    private int busy;

    /** How many of its own threads have a heavy task. */
    private int heavy;

    private boolean stopping;

    /** One piece of work. Unless it is withdrawn, exactly one of its methods that do something with it is called, once. */
    public interface Task<T> {
        /** The {@link System#nanoTime} after which it must not begin. */
        long deadlineNanos();

        /** For whom it is. Owners with tasks have an equal share of the time, whatever each task takes. */
        default String owner() {
            return "";
        }

        /** Whether it takes so long that others should not have to wait until it has ended. */
        default boolean isHeavy() {
            return false;
        }

        /** Does the work, on a worker thread. */
        void run(T tool);

        /** Its deadline passed while it waited. Called on a worker thread. */
        void expire();

        /** After it was accepted, another owner's task got its place. Called on the thread that offered the other. */
        default void refuse() {}
    }

    /** A task that a thread of this pool has, and the pool that the task was offered to. */
    private record Begun<T extends AutoCloseable>(WorkerPool<T> of, FairQueue.Turn<Task<T>> turn) {}

    /**
     * Starts the threads.
     *
     * @param workers how many, at least 1
     * @param queueLimit how many tasks may wait beside those that run, at least 1
     * @param tools called once for each thread, by the calling thread
     */
    public WorkerPool(int workers, int queueLimit, Supplier<? extends T> tools) {
        this(
                workers,
                queueLimit,
                tools,
                Thread.ofPlatform().name("worker-", 0).daemon().factory(),
                null);
    }

    /** Starts threads that this factory makes. */
    public WorkerPool(int workers, int queueLimit, Supplier<? extends T> tools, ThreadFactory factory) {
        this(workers, queueLimit, tools, factory, null);
    }

    /**
     * Starts threads that also help another pool.
     *
     * @param factory makes the threads
     * @param helped a pool that nobody helps yet; to be closed first
     */
    public WorkerPool(
            int workers,
            int queueLimit,
            Supplier<? extends T> tools,
            ThreadFactory factory,
            @Nullable WorkerPool<T> helped) {
        this.queue = new FairQueue<>(queueLimit);
        this.mostHeavy = Math.max(1, workers - 1);
        this.helped = helped;
        this.lock = helped == null ? new ReentrantLock() : helped.lock;
        this.changed = lock.newCondition();
        for (int i = 0; i < workers; i++) {
            T tool = tools.get();
            threads.add(factory.newThread(() -> work(tool)));
        }
        if (helped != null) {
            helped.helpedBy(this);
        }
        threads.forEach(Thread::start);
    }

    private void helpedBy(WorkerPool<T> other) {
        lock.lock();
        try {
            helper = other;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Hands the task over. Returns false, and does nothing, if there is no place for it or the pool is closed. If an earlier task of
     * another owner has to go instead, that one is told so.
     */
    public boolean offer(Task<T> task) {
        Task<T> refused;
        lock.lock();
        try {
            refused = stopping ? task : queue.add(task.owner(), task);
            if (refused != task) {
                wake(task.isHeavy());
            }
        } finally {
            lock.unlock();
        }
        if (refused != null && refused != task) {
            refused.refuse();
        }
        return refused != task;
    }

    /**
     * Whether a task that runs has had its share of the time, while others wait: then it should come to an end.
     *
     * @param beganNanos the {@link System#nanoTime} when it began
     * @param deadlineNanos its deadline
     */
    public boolean wantsBack(long beganNanos, long deadlineNanos) {
        int waiting = queued();
        long share = (deadlineNanos - beganNanos) / (threads.size() + waiting) * threads.size();
        return waiting > 0 && System.nanoTime() - beganNanos > share;
    }

    /**
     * Takes a task back, if it still waits. Returns true if so: then none of its methods that do something was called, nor will be.
     */
    public boolean withdraw(Task<T> task) {
        lock.lock();
        try {
            return queue.remove(task.owner(), task);
        } finally {
            lock.unlock();
        }
    }

    /** How many tasks wait. */
    public int queued() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }

    /** Whether a task would hardly wait. */
    public boolean hasFreeThread() {
        lock.lock();
        try {
            return busy < threads.size() && queue.size() == 0;
        } finally {
            lock.unlock();
        }
    }

    /** How many threads have a task. */
    public int busy() {
        lock.lock();
        try {
            return busy;
        } finally {
            lock.unlock();
        }
    }

    private void work(T tool) {
        try (tool) {
            for (Begun<T> begun = take(); begun != null; begun = take()) {
                Task<T> task = begun.turn.task();
                long beganNanos = System.nanoTime();
                boolean late = beganNanos - task.deadlineNanos() > 0;
                try {
                    if (late) {
                        task.expire();
                    } else {
                        task.run(tool);
                    }
                } catch (Throwable e) {
                    // A task answers for its own failures; whatever slips through must not cost a worker.
                    LOG.error("a task failed without an answer", e);
                } finally {
                    done(begun, late, System.nanoTime() - beganNanos);
                }
            }
        } catch (Exception e) {
            LOG.warn("a worker's tool did not close", e);
        }
    }

    /** The next task, or null once the pool is closed and the queue is empty. */
    private @Nullable Begun<T> take() {
        lock.lock();
        try {
            Begun<T> next = next();
            while (next == null && !stopping) {
                changed.awaitUninterruptibly();
                next = next();
            }
            if (next != null) {
                busy++;
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Begun<T> next() {
        FairQueue.Turn<Task<T>> own = queue.next(heavy < mostHeavy ? task -> true : task -> !task.isHeavy());
        if (own != null) {
            if (own.task().isHeavy()) {
                heavy++;
                wake(true); // The next heavy one may be for the helper.
            }
            return new Begun<>(this, own);
        }
        if (helped == null || stopping || helped.heavy < helped.mostHeavy) {
            return null;
        }
        FairQueue.Turn<Task<T>> theirs = helped.queue.next(Task::isHeavy);
        return theirs == null ? null : new Begun<>(helped, theirs);
    }

    /** Wakes a thread for a task. */
    private void wake(boolean isHeavy) {
        changed.signal();
        if (isHeavy && helper != null) {
            helper.changed.signal();
        }
    }

    private void done(Begun<T> begun, boolean late, long nanos) {
        lock.lock();
        try {
            busy--;
            if (begun.of == this && begun.turn.task().isHeavy()) {
                heavy--;
            }
            if (late) {
                begun.of.queue.unused(begun.turn);
            } else {
                begun.of.queue.ended(begun.turn, nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Accepts nothing more and waits until all that was accepted is done. Returns false if that took longer. */
    public boolean close(Duration atMost) {
        lock.lock();
        try {
            stopping = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        long deadline = System.nanoTime() + atMost.toNanos();
        try {
            for (Thread thread : threads) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (!thread.join(Duration.ofMillis(Math.max(left, 1)))) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** As {@link #close(Duration)}, without a bound in practice. */
    @Override
    public void close() {
        close(Duration.ofDays(1));
    }
}
