package org.semblance.engine.worker;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.ContentHasher;
import org.semblance.engine.NoDecoderException;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.internal.HostLibraries;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker processes of one kind, and who has which. They are started in the background, as many as are asked for at a
 * time or by {@link #start}, so a content may have to wait for the first. One that ends is replaced at once, and one that
 * is to be replaced goes on until the other is ready.
 */
public final class DecodeWorkers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DecodeWorkers.class);

    /** How often those that wait for a worker look whether anybody waits for them. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** How often workers are looked after that are late with a content that was given up. */
    private static final long LATE_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long END_MILLIS = 500;

    /** So many in a row that cannot begin are no accident, and whoever waits for one need not wait on. */
    private static final int HOPELESS = 3;

    /** Starting keeps a core busy for a second or so, which others need as well. */
    private static final int MOST_STARTING = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

    private final WorkerSettings settings;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition available = lock.newCondition();
    private final Condition attention = lock.newCondition();

    /** All that run, whoever has them. */
    private final Set<WorkerProcess> fleet = new HashSet<>();

    private final Deque<WorkerProcess> idle = new ArrayDeque<>();
    private final List<Late> late = new ArrayList<>();

    /** Workers that are to be replaced, and end as soon as somebody else is there and they are free. */
    private final Set<WorkerProcess> wornOut = new HashSet<>();

    private final Map<Ending, Long> ended = new EnumMap<>(Ending.class);
    private long started;
    private int starting;

    /** How many there should be. */
    private int wanted;

    private int waiting;
    private int failedStarts;
    private long noStartBefore = System.nanoTime();
    private @Nullable String lastFailure;
    private boolean told;

    /** The libraries of the host that workers may use which are started from now on. */
    private HostLibraries libraries = HostLibraries.ofThisProcess();

    private boolean closing;

    /** A worker with a content that nobody waits for any more. */
    private record Late(WorkerProcess worker, long killNanos) {}

    /**
     * How many there are.
     *
     * @param idle without a content
     * @param busy with one, be it that nobody waits for it any more
     * @param sandboxed of both, those that can open neither a file nor a socket
     * @param dav1d of both, those that decode AV1 by libdav1d; the others do by libaom
     * @param started since the beginning
     * @param ended since the beginning, by cause; each cause is there
     */
    public record Counts(int idle, int busy, int sandboxed, int dav1d, long started, Map<Ending, Long> ended) {}

    /** None is started yet. */
    public DecodeWorkers(WorkerSettings settings) {
        this.settings = settings;
        for (Ending cause : Ending.values()) {
            ended.put(cause, 0L);
        }
        Thread.ofPlatform().daemon().name("decoders of " + settings.name()).start(this::lookAfter);
    }

    /** Starts so many of them, or all if there are less, before anybody asks. */
    public void start(int workers) {
        lock.lock();
        try {
            want(workers);
        } finally {
            lock.unlock();
        }
    }

    private void want(int workers) {
        if (workers > wanted && wanted < settings.workers()) {
            wanted = Math.min(workers, settings.workers());
            attention.signal();
        }
    }

    /** Whether this machine can have workers: they need what only Linux has. */
    public static boolean areSupported() {
        return System.getProperty("os.name").equals("Linux");
    }

    /** Whether they have been run on such a machine, held by all that there is. */
    public static boolean areProven() {
        return areSupported() && System.getProperty("os.arch").equals("amd64");
    }

    /** Hashes by these workers; for many threads at once. */
    public ContentHasher hasher(DecodePath path) {
        return new WorkerHasher(this, path);
    }

    /** Of this moment. */
    public Counts counts() {
        lock.lock();
        try {
            int sandboxed = (int)
                    fleet.stream().filter(worker -> worker.strength().holds()).count();
            int dav1d = (int)
                    fleet.stream().filter(worker -> worker.av1().isDav1d()).count();
            return new Counts(idle.size(), fleet.size() - idle.size(), sandboxed, dav1d, started, new EnumMap<>(ended));
        } finally {
            lock.unlock();
        }
    }

    /** The processes that can be given a content, or have one. */
    List<Long> pids() {
        lock.lock();
        try {
            return fleet.stream().map(worker -> worker.process().pid()).toList();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A worker for one content; the caller must give it back, leave it or report its loss.
     *
     * @throws DeadlinePassedException if none was free in time
     * @throws NoDecoderException if there is none, and the last that was started could not begin
     */
    WorkerProcess lend(Deadline deadline) {
        lock.lock();
        waiting++;
        try {
            while (true) {
                if (closing) {
                    throw new NoDecoderException("the server stops");
                }
                WorkerProcess worker = idle.pollFirst();
                if (worker != null) {
                    return worker;
                }
                if (fleet.isEmpty() && failedStarts >= HOPELESS && lastFailure != null) {
                    throw new NoDecoderException(lastFailure);
                }
                deadline.check("a decoder was free");
                want(fleet.size() + waiting);
                available.awaitNanos(Math.clamp(deadline.nanosLeft(), 1, LOOK_NANOS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NoDecoderException("the thread that waited for one was interrupted");
        } finally {
            waiting--;
            lock.unlock();
        }
    }

    /** Takes back a worker that has answered. */
    void giveBack(WorkerProcess worker) {
        boolean old = worker.isWornOut(settings);
        lock.lock();
        try {
            if (closing) {
                end(worker);
                return;
            }
            if (old && wornOut.add(worker)) {
                attention.signal();
            }
            if (wornOut.contains(worker) && fleet.size() > wanted) {
                end(worker);
                count(Ending.WORN_OUT);
                attention.signal();
            } else {
                idle.addFirst(worker); // Its caches are warm.
                available.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes back a worker that has not answered, and for which nobody waits any more. */
    void leave(WorkerProcess worker) {
        lock.lock();
        try {
            late.add(new Late(worker, System.nanoTime() + settings.patience().toNanos()));
            attention.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Ends a worker that is gone, or has to go. */
    void lost(WorkerProcess worker, Ending cause) {
        lock.lock();
        try {
            end(worker);
            if (!closing) {
                count(cause);
                tell(worker, cause);
                attention.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void tell(WorkerProcess worker, Ending cause) {
        worker.process()
                .onExit()
                .thenAccept(process -> LOG.warn(
                        "a decoder of {} has ended: {}, status {}",
                        settings.name(),
                        cause.wireName(),
                        process.exitValue()));
    }

    private void count(Ending cause) {
        ended.merge(cause, 1L, Long::sum);
    }

    private void end(WorkerProcess worker) {
        fleet.remove(worker);
        wornOut.remove(worker);
        worker.destroy();
    }

    /** Sees to it that there are as many as there should be, until the end. */
    private void lookAfter() {
        lock.lock();
        try {
            while (!closing) {
                lookAfterLate();
                buryIdle();
                long pause = startMissing();
                attention.awaitNanos(late.isEmpty() ? pause : Math.min(pause, LATE_LOOK_NANOS));
            }
        } catch (InterruptedException e) {
            LOG.error("decoders of {} are no longer restarted", settings.name(), e);
        } finally {
            lock.unlock();
        }
    }

    private void lookAfterLate() {
        for (Iterator<Late> all = late.iterator(); all.hasNext(); ) {
            Late one = all.next();
            try {
                if (one.worker.isDone()) {
                    all.remove();
                    giveBack(one.worker);
                } else if (System.nanoTime() - one.killNanos > 0) {
                    all.remove();
                    lost(one.worker, Ending.HANG);
                }
            } catch (WorkerProcess.NonsenseException e) {
                all.remove();
                lost(one.worker, Ending.NONSENSE);
            } catch (IOException e) {
                all.remove();
                lost(one.worker, Ending.CRASH);
            }
        }
    }

    private void buryIdle() {
        for (Iterator<WorkerProcess> all = idle.iterator(); all.hasNext(); ) {
            WorkerProcess worker = all.next();
            if (!worker.process().isAlive()) {
                all.remove();
                lost(worker, Ending.IDLE);
            } else if (wornOut.contains(worker) && fleet.size() > wanted) {
                all.remove();
                end(worker);
                count(Ending.WORN_OUT);
            }
        }
    }

    /** Starts those that are missing. Returns the nanoseconds until it should be tried again. */
    private long startMissing() {
        int target = wanted + (wornOut.isEmpty() ? 0 : 1);
        while (fleet.size() + starting < target && starting < MOST_STARTING) {
            long pause = noStartBefore - System.nanoTime();
            if (pause > 0) {
                return pause;
            }
            starting++;
            HostLibraries with = libraries;
            Thread.ofPlatform()
                    .daemon()
                    .name("start of a decoder of " + settings.name())
                    .start(() -> start(with));
        }
        return LONGEST_PAUSE_NANOS;
    }

    private void start(HostLibraries with) {
        WorkerProcess worker = null;
        String failure = "";
        boolean crashed = false;
        try {
            worker = WorkerProcess.start(settings, with);
        } catch (WorkerProcess.CrashException e) {
            failure = String.valueOf(e.getMessage());
            crashed = true;
        } catch (IOException | RuntimeException | Error e) {
            failure = String.valueOf(e.getMessage());
            LOG.debug("no decoder", e);
        }
        lock.lock();
        try {
            starting--;
            if (worker == null) {
                failed(failure);
                if (crashed) {
                    doWithoutHostLibraries();
                }
            } else if (closing) {
                worker.destroy();
            } else {
                begin(worker);
            }
            attention.signal();
        } finally {
            lock.unlock();
        }
    }

    private void failed(String failure) {
        if (closing) {
            return;
        }
        LOG.warn("a decoder of {} could not start: {}", settings.name(), failure);
        count(Ending.START);
        lastFailure = failure;
        long pause = FIRST_PAUSE_NANOS << Math.min(failedStarts, 10);
        failedStarts++;
        noStartBefore = System.nanoTime() + Math.min(pause, LONGEST_PAUSE_NANOS);
        available.signalAll(); // Who waits for it waits in vain.
    }

    /** The host's libraries are those that are not ours: a damaged one must not keep workers from starting. */
    private void doWithoutHostLibraries() {
        if (!libraries.equals(HostLibraries.NO_LIBRARY)) {
            libraries = HostLibraries.NO_LIBRARY;
            LOG.warn(
                    "decoders of {} do without libdav1d and libdeflate from now on, as one has crashed at its start",
                    settings.name());
        }
    }

    private void begin(WorkerProcess worker) {
        started++;
        failedStarts = 0;
        lastFailure = null;
        fleet.add(worker);
        idle.addLast(worker);
        available.signal();
        worker.process().onExit().thenRun(this::attend);
        if (!told) {
            told = true;
            if (worker.strength().holds() && worker.strength().lacks().isEmpty()) {
                LOG.info("decoders of {} are held by {}", settings.name(), worker.strength());
            } else {
                LOG.warn(
                        "decoders of {} are not held by all that they could be: {}",
                        settings.name(),
                        worker.strength());
            }
            LOG.info("decoders of {} decode AV1 by {}", settings.name(), worker.av1());
        }
    }

    private void attend() {
        lock.lock();
        try {
            attention.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Ends them all, at once; a content that one of them has is answered as if it had crashed. */
    @Override
    public void close() {
        List<WorkerProcess> left;
        lock.lock();
        try {
            if (closing) {
                return;
            }
            closing = true;
            available.signalAll();
            attention.signalAll();
            left = List.copyOf(fleet);
            left.forEach(WorkerProcess::release);
            idle.forEach(fleet::remove);
        } finally {
            lock.unlock();
        }
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(END_MILLIS);
        for (WorkerProcess worker : left) {
            try {
                worker.process().waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            worker.process().destroyForcibly();
        }
        lock.lock();
        try {
            idle.forEach(WorkerProcess::destroy);
            idle.clear();
            late.forEach(one -> one.worker.destroy());
            late.clear();
        } finally {
            lock.unlock();
        }
    }
}
