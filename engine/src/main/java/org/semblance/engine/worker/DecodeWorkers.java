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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
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
 * time or by {@link #start}, so a content may have to wait for the first. Once there is one, a spare is started, too: a worker
 * that ends leaves its place to it at once, and all that are missing start side by side.
 */
public final class DecodeWorkers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DecodeWorkers.class);

    /** How often those that wait for a worker look whether anybody waits for them. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** How often workers are looked after that are late with a content that was given up. */
    private static final long LATE_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long LONGEST_SLEEP_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long END_MILLIS = 500;

    /** One is enough where two are seldom lost within the second or so that a start takes, and each takes memory. */
    private static final int SPARES = 1;

    private final WorkerSettings settings;
    private final CompletableFuture<Void> first = new CompletableFuture<>();
    private final CompletableFuture<Void> firstSpare = new CompletableFuture<>();

    /** Before it is done no spare is started. */
    private CompletableFuture<?> calm = CompletableFuture.completedFuture(null);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition available = lock.newCondition();
    private final Condition attention = lock.newCondition();

    /** All that run, whoever has them. */
    private final Set<WorkerProcess> fleet = new HashSet<>();

    /** The last used first, as its caches are warm: so the last one is fresh while there is a spare. */
    private final Deque<WorkerProcess> idle = new ArrayDeque<>();

    private final List<Late> late = new ArrayList<>();
    private final Map<Ending, Long> ended = new EnumMap<>(Ending.class);
    private final Starts starts = new Starts(System::nanoTime);
    private long started;
    private int starting;
    private long retries;

    /** How many there should be beside the spare, which is how many contents there were at a time. */
    private int wanted;

    private int waiting;
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
     * @param spare beside these, ready for the place of one that ends
     * @param sandboxed of all, those that can open neither a file nor a socket
     * @param dav1d of all, those that decode AV1 by libdav1d; the others do by libaom
     * @param started since the beginning
     * @param retries since the beginning: contents that another worker was given, since theirs was ended from outside
     * @param ended since the beginning, by cause; each cause is there
     */
    public record Counts(
            int idle,
            int busy,
            int spare,
            int sandboxed,
            int dav1d,
            long started,
            long retries,
            Map<Ending, Long> ended) {
        /** All that run. */
        public int all() {
            return idle + busy + spare;
        }
    }

    /** None is started yet. */
    public DecodeWorkers(WorkerSettings settings) {
        this.settings = settings;
        for (Ending cause : Ending.values()) {
            ended.put(cause, 0L);
        }
        Thread.ofPlatform().daemon().name("decoders of " + settings.name()).start(this::lookAfter);
    }

    /** Starts so many of them, or all if there are less, before anybody asks. Returns what is done once the first can begin. */
    public CompletableFuture<Void> start(int workers) {
        lock.lock();
        try {
            want(workers);
            return first;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Starts no spare before that moment, at which others need the processor more. Returns what is done once there is a spare.
     */
    public CompletableFuture<Void> spareAfter(CompletableFuture<?> moment) {
        lock.lock();
        try {
            calm = moment;
        } finally {
            lock.unlock();
        }
        moment.thenRun(this::attend);
        return firstSpare;
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
            int spare = Math.max(0, fleet.size() - wanted);
            return new Counts(
                    idle.size() - spare, busy(), spare, sandboxed, dav1d, started, retries, new EnumMap<>(ended));
        } finally {
            lock.unlock();
        }
    }

    /** The processes that have a content, and then those that can be given one, the spare last. */
    List<Long> pids() {
        lock.lock();
        try {
            return Stream.concat(fleet.stream().filter(worker -> !idle.contains(worker)), idle.stream())
                    .map(worker -> worker.process().pid())
                    .toList();
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
                want(busy() + waiting);
                if (!idle.isEmpty() && busy() < settings.workers()) {
                    return idle.removeFirst();
                }
                String despair = starts.despair();
                if (fleet.isEmpty() && despair != null) {
                    throw new NoDecoderException(despair);
                }
                deadline.check("a decoder was free");
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

    private int busy() {
        return fleet.size() - idle.size();
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
            if (!old || !retire(worker)) {
                idle.addFirst(worker);
            }
            available.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Ends a worker that is worn out, unless there is no spare: then it goes on until there is one. */
    private boolean retire(WorkerProcess worker) {
        if (fleet.size() <= wanted) {
            return false;
        }
        end(worker);
        count(Ending.WORN_OUT);
        attention.signal();
        return true;
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

    /** Ends a worker that is gone, or has to go, without a content that is known. */
    void lost(WorkerProcess worker, Ending cause) {
        lost(worker, cause, "");
    }

    /**
     * Ends a worker that is gone, or has to go.
     *
     * @param content that it had, for the log; empty if it had none
     */
    void lost(WorkerProcess worker, Ending cause, String content) {
        lock.lock();
        try {
            end(worker);
            if (!closing) {
                count(cause);
                tell(worker, cause, content);
                starts.workerIsGone();
                available.signal();
                attention.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void tell(WorkerProcess worker, Ending cause, String content) {
        worker.process()
                .onExit()
                .thenAccept(process -> LOG.warn(
                        "a decoder of {} has ended: {}, status {}{}{}",
                        settings.name(),
                        cause.wireName(),
                        process.exitValue(),
                        content.isEmpty() ? "" : ", with ",
                        content));
    }

    /** A content is given to another worker, since the one that had it was ended from outside. */
    void countRetry() {
        lock.lock();
        try {
            retries++;
        } finally {
            lock.unlock();
        }
    }

    boolean isClosing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    private void count(Ending cause) {
        ended.merge(cause, 1L, Long::sum);
    }

    private void end(WorkerProcess worker) {
        fleet.remove(worker);
        worker.destroy();
    }

    /** Sees to it that there are as many as there should be, until the end. */
    private void lookAfter() {
        lock.lock();
        try {
            while (!closing) {
                lookAfterLate();
                lookAfterIdle();
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
            boolean over = System.nanoTime() - one.killNanos > 0;
            try {
                if (one.worker.isDone()) {
                    all.remove();
                    giveBack(one.worker);
                } else if (over) {
                    all.remove();
                    lost(one.worker, Ending.HANG);
                }
            } catch (WorkerProcess.NonsenseException e) {
                all.remove();
                lost(one.worker, Ending.NONSENSE);
            } catch (IOException e) {
                if (!one.worker.process().isAlive()) {
                    all.remove();
                    lost(one.worker, one.worker.isKilled() ? Ending.KILLED : Ending.CRASH);
                } else if (over) { // It has closed its socket, and goes on.
                    all.remove();
                    lost(one.worker, Ending.HANG);
                }
            }
        }
    }

    private void lookAfterIdle() {
        for (Iterator<WorkerProcess> all = idle.iterator(); all.hasNext(); ) {
            WorkerProcess worker = all.next();
            if (!worker.process().isAlive()) {
                all.remove();
                lost(worker, Ending.IDLE);
            } else if (worker.isWornOut(settings) && retire(worker)) {
                all.remove();
            }
        }
    }

    /** Starts those that are missing. Returns the nanoseconds until it should be tried again. */
    private long startMissing() {
        // A start is mostly work for the processor: where there is no worker, the first is there sooner without a
        // spare.
        int target = fleet.isEmpty() || !calm.isDone() ? wanted : wanted + SPARES;
        int missing = starts.allowed(target - fleet.size() - starting, starting);
        long pause = starts.pauseNanos();
        if (missing > 0 && pause > 0) {
            return pause;
        }
        int round = starts.round();
        HostLibraries with = libraries;
        for (; missing > 0; missing--) {
            starting++;
            Thread.ofPlatform()
                    .daemon()
                    .name("start of a decoder of " + settings.name())
                    .start(() -> start(with, round));
        }
        return LONGEST_SLEEP_NANOS;
    }

    private void start(HostLibraries with, int round) {
        WorkerProcess worker = null;
        Throwable failure = null;
        try {
            worker = WorkerProcess.start(settings, with);
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            LOG.debug("no decoder", e);
        }
        lock.lock();
        try {
            starting--;
            if (closing) {
                if (worker != null) {
                    worker.destroy();
                }
            } else if (worker != null) {
                begin(worker);
            } else if (failure != null) {
                failed(failure, round);
            }
            attention.signal();
        } finally {
            lock.unlock();
        }
    }

    private void failed(Throwable failure, int round) {
        count(Ending.START);
        String why = String.valueOf(failure.getMessage());
        if (failure instanceof WorkerProcess.KilledException) {
            starts.killed(round);
            LOG.warn("a decoder of {} was ended from outside while it started: {}", settings.name(), why);
            return;
        }
        if (starts.failed(why, round)) {
            LOG.warn(
                    "a decoder of {} could not start, {} go on, and it is tried again: {}",
                    settings.name(),
                    fleet.size(),
                    why);
        }
        if (failure instanceof WorkerProcess.CrashException) {
            doWithoutHostLibraries();
        }
        available.signalAll(); // Who waits for it may wait in vain.
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
        fleet.add(worker);
        idle.addLast(worker);
        if (starts.succeeded()) {
            LOG.info("decoders of {} start again", settings.name());
        }
        available.signal();
        first.complete(null);
        if (fleet.size() > wanted) {
            firstSpare.complete(null);
        }
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

    /** Ends them all, at once; whoever waits for a content that one of them has is told so. */
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
