package org.semblance.server.work;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A fixed number of threads, each with a tool of its own, behind a bounded first-in-first-out queue.
 *
 * <p>The bound is the point: what does not fit is refused at once, by {@link #offer} returning false, so that the
 * time in the queue stays short and the memory of waiting requests stays bounded. A task whose deadline passes while
 * it waits is told so instead of being run; a task that has begun is never interrupted.
 *
 * @param <T> the tool: created and used by one thread only, closed when that thread ends
 */
public final class WorkerPool<T extends AutoCloseable> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);

    private final int queueLimit;
    private final ArrayDeque<Task<T>> queue;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger busy = new AtomicInteger();

    /** How many tasks of one owner may wait. */
    private final int mostOfOne;

    private String lastOwner = "";
    private boolean stopping;

    /** One piece of work. Unless it is withdrawn, exactly one of its two methods is called, once, on a worker thread. */
    public interface Task<T> {
        /** The {@link System#nanoTime} after which it must not begin. */
        long deadlineNanos();

        /** For whom it is: no owner may keep the others from their turn. */
        default String owner() {
            return "";
        }

        /** Does the work. */
        void run(T tool);

        /** Its deadline passed while it waited. */
        void expire();
    }

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
                queueLimit,
                tools,
                Thread.ofPlatform().name("worker-", 0).daemon().factory());
    }

    /**
     * A pool for work that takes long, shared fairly: owners take turns, and none of several may fill the queue.
     *
     * @param factory makes the threads
     */
    public static <T extends AutoCloseable> WorkerPool<T> fair(
            int workers, int queueLimit, Supplier<? extends T> tools, ThreadFactory factory) {
        return new WorkerPool<>(workers, queueLimit, Math.max(1, queueLimit * 3 / 4), tools, factory);
    }

    private WorkerPool(int workers, int queueLimit, int mostOfOne, Supplier<? extends T> tools, ThreadFactory factory) {
        this.queueLimit = queueLimit;
        this.mostOfOne = mostOfOne;
        this.queue = new ArrayDeque<>(queueLimit);
        for (int i = 0; i < workers; i++) {
            T tool = tools.get();
            threads.add(factory.newThread(() -> work(tool)));
        }
        threads.forEach(Thread::start);
    }

    /** Hands the task over. Returns false, and does nothing, if the queue is full or the pool is closed. */
    public boolean offer(Task<T> task) {
        lock.lock();
        try {
            if (stopping || queue.size() >= queueLimit || hasEnough(task.owner())) {
                return false;
            }
            queue.add(task);
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private boolean isFair() {
        return mostOfOne < queueLimit;
    }

    private boolean hasEnough(String owner) {
        return isFair()
                && !owner.isEmpty()
                && queue.stream().filter(task -> task.owner().equals(owner)).count() >= mostOfOne;
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
     * Takes a task back, if it still waits. Returns true if so: then neither of its methods was called, nor will be.
     */
    public boolean withdraw(Task<T> task) {
        lock.lock();
        try {
            return queue.remove(task);
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
        return busy.get() < threads.size() && queued() == 0;
    }

    /** How many threads have a task. */
    public int busy() {
        return busy.get();
    }

    private void work(T tool) {
        try (tool) {
            for (Task<T> task = take(); task != null; task = take()) {
                try {
                    if (System.nanoTime() - task.deadlineNanos() > 0) {
                        task.expire();
                    } else {
                        task.run(tool);
                    }
                } catch (Throwable e) {
                    // A task answers for its own failures; whatever slips through must not cost a worker.
                    LOG.error("a task failed without an answer", e);
                } finally {
                    busy.decrementAndGet();
                }
            }
        } catch (Exception e) {
            LOG.warn("a worker's tool did not close", e);
        }
    }

    /** The next task, or null once the pool is closed and the queue is empty. */
    private @Nullable Task<T> take() {
        lock.lock();
        try {
            while (queue.isEmpty()) {
                if (stopping) {
                    return null;
                }
                changed.awaitUninterruptibly();
            }
            busy.incrementAndGet();
            return next();
        } finally {
            lock.unlock();
        }
    }

    /** The first, or in a fair pool the first that is for another owner than the last was, if there is one. */
    private Task<T> next() {
        Task<T> next = queue.peek();
        if (isFair()) {
            next = queue.stream()
                    .filter(task -> !task.owner().equals(lastOwner))
                    .findFirst()
                    .orElse(next);
            lastOwner = next.owner();
        }
        queue.remove(next);
        return next;
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
