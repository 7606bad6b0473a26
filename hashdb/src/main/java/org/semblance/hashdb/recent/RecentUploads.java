package org.semblance.hashdb.recent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.DurableFile;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The uploads of the last days, by their perceptual hashes. Safe for many threads.
 *
 * <p>{@link #offer} is for the path of requests: it neither waits nor touches a file. One thread takes what was offered, has
 * the file keep it ({@link RingFile}), lets the oldest leave, and makes it searchable ({@link HashChains}). A search that
 * begins after an offer finds it. A process that is killed loses what it had not kept yet, some milliseconds of uploads.
 *
 * <p>The index is built from the file at each start, on a thread of its own: opening does not wait for it, uploads are kept
 * meanwhile, and a search says that it is {@linkplain #isLoading not complete}.
 */
public final class RecentUploads implements AutoCloseable {
    /** The most hashes that are kept of one upload. */
    public static final int MAX_HASHES = 100;

    /** The longest reference, in UTF-16 characters. */
    public static final int MAX_REFERENCE_CHARS = 256;

    private static final Logger LOG = LoggerFactory.getLogger(RecentUploads.class);
    private static final String FILE = "recent.uploads";
    private static final String KEYS = "recent.keys";

    /** Some 30 ms of lookups of single hashes on a large machine, and a few MB. */
    private static final int MOST_WAITING = 1 << 15;

    private static final int MOST_AT_ONCE = 1 << 10;

    /** Hashes that are looked at for one search, over all copies of a picture: some 50 ms. */
    private static final int MOST_LOOKED_AT = 200_000;

    private static final int AGED_AT_ONCE = 10_000;
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** Ends the writer's wait when it is to end. */
    private static final Waiting WAKE = new Waiting(new Upload(List.of(), null, null), 0);

    private final Path folder;
    private final Limits limits;
    private final InstantSource clock;
    private final RingFile ring;
    private final KeyNames keys;
    private final HashChains chains;
    private final ArrayBlockingQueue<Waiting> queue = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicLong offered = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final ReentrantLock progress = new ReentrantLock();
    private final Condition moved = progress.newCondition();
    private volatile long taken;
    private volatile boolean loading = true;
    private volatile boolean closing;

    /** Held by searches; the ring is closed by who has it alone. */
    private final ReentrantReadWriteLock open = new ReentrantReadWriteLock();

    private boolean closed;
    private final Thread writer;
    private final Thread loader;

    // The writer's own.
    private long kept;
    private boolean complained;

    /** What is found below it; until the loader has ended, how far that will read. */
    private long indexedTo;

    /** What left the ring while the loader worked. */
    private final List<RingFile.Slot> leftWhileLoading = new ArrayList<>();

    private volatile Loading loadState = Loading.UNDER_WAY;

    private enum Loading {
        UNDER_WAY,
        DONE,
        FAILED
    }

    private record Waiting(Upload upload, long timeMs) {}

    /**
     * What is kept.
     *
     * @param hashes at most so many, at least 1
     * @param age at most so long
     */
    public record Limits(long hashes, Duration age) {}

    private RecentUploads(Path folder, Limits limits, InstantSource clock, RingFile ring, KeyNames keys) {
        this.folder = folder;
        this.limits = limits;
        this.clock = clock;
        this.ring = ring;
        this.keys = keys;
        this.chains = new HashChains(ring.capacity());
        this.indexedTo = ring.head();
        this.writer = Thread.ofPlatform().daemon().name("recent-uploads").unstarted(this::write);
        this.loader = Thread.ofPlatform().daemon().name("recent-loader").unstarted(this::load);
    }

    /**
     * Opens what the folder has of recent uploads, or begins anew. If the limit has changed, the newest ones stay.
     *
     * @throws IOException if the files can be neither read nor made
     */
    public static RecentUploads open(Path folder, Limits limits, InstantSource clock) throws IOException {
        Path file = folder.resolve(FILE);
        Path names = folder.resolve(KEYS);
        KeyNames keys = null;
        RingFile ring = null;
        try {
            keys = KeyNames.open(names);
            ring = RingFile.open(file);
            if (ring == null && Files.exists(file)) {
                LOG.warn("{}: damaged, or of another release; recent uploads begin anew", file);
            }
        } catch (IOException e) {
            LOG.warn("{}; recent uploads begin anew", e.getMessage());
        }
        if (keys == null) {
            keys = KeyNames.empty(names); // Without their names, the uploads would be anybody's.
            Files.deleteIfExists(names);
        }
        if (ring == null) {
            ring = RingFile.create(file, limits.hashes, 0);
        } else if (ring.capacity() != limits.hashes) {
            ring = resized(ring, file, limits.hashes);
        }
        RecentUploads uploads = new RecentUploads(folder, limits, clock, ring, keys);
        uploads.loader.start();
        uploads.writer.start();
        return uploads;
    }

    /** The newest uploads in a ring of another length. */
    private static RingFile resized(RingFile old, Path file, long capacity) throws IOException {
        Path aside = DurableFile.aside(file);
        RingFile fresh = RingFile.create(aside, capacity, 0);
        List<RingFile.Slot> upload = new ArrayList<>();
        for (long seq = Math.max(old.tail(), old.head() - capacity); seq < old.head(); seq++) {
            RingFile.Slot slot = old.read(seq);
            if (slot != null) {
                if (!upload.isEmpty() && upload.getFirst().uploadId() != slot.uploadId()) {
                    move(upload, old, fresh);
                }
                upload.add(slot);
            }
        }
        if (!upload.isEmpty()) {
            move(upload, old, fresh);
        }
        LOG.info("{}: holds at most {} hashes from now on, and did {} until now", file, capacity, old.capacity());
        old.close();
        fresh.close();
        DurableFile.publish(aside, file);
        RingFile ring = RingFile.open(file);
        return ring == null ? RingFile.create(file, capacity, 0) : ring;
    }

    private static void move(List<RingFile.Slot> upload, RingFile from, RingFile to) throws IOException {
        RingFile.Slot first = upload.getFirst();
        byte[] text = utf8(from.reference(first));
        while (!to.hasRoom(upload.size(), text.length)) {
            to.dropOldest();
        }
        List<HashAndQuality> hashes = upload.stream()
                .map(slot -> new HashAndQuality(slot.hash(), slot.quality()))
                .toList();
        to.append(hashes, first.timeMs(), first.key(), text);
        upload.clear();
    }

    /** Removes the files of a folder whose recent uploads are no longer to be kept. */
    public static void delete(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(FILE));
        Files.deleteIfExists(folder.resolve(KEYS));
    }

    private static byte[] utf8(@Nullable String reference) {
        return reference == null ? new byte[0] : reference.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Has the upload kept, soon. Never waits; if too many come at once, it is dropped and counted.
     *
     * @throws IllegalArgumentException if it has no hash, or its reference is longer than {@value #MAX_REFERENCE_CHARS}
     */
    public void offer(Upload upload) {
        if (upload.hashes().isEmpty()) {
            throw new IllegalArgumentException("hashes: none (expected: at least one)");
        }
        String reference = upload.reference();
        if (reference != null && reference.length() > MAX_REFERENCE_CHARS) {
            throw new IllegalArgumentException(
                    "reference: " + reference.length() + " characters (expected: at most " + MAX_REFERENCE_CHARS + ")");
        }
        if (closing || !queue.offer(new Waiting(upload, clock.millis()))) {
            dropped.incrementAndGet();
            return;
        }
        offered.incrementAndGet();
    }

    private void load() {
        try {
            long from = ring.tail();
            long begun = System.nanoTime();
            chains.addAll(() -> LongStream.range(from, indexedTo)
                    .takeWhile(seq -> !closing)
                    .mapToObj(ring::read)
                    .filter(slot -> slot != null)
                    .iterator());
            if (chains.size() > 0) {
                LOG.info(
                        "recent uploads: {} different hashes indexed in {} ms",
                        chains.size(),
                        (System.nanoTime() - begun) / 1_000_000);
            }
            loadState = Loading.DONE;
        } catch (RuntimeException | OutOfMemoryError e) {
            loadState = Loading.FAILED;
            LOG.error("recent uploads cannot be indexed, and are not searched until the next start", e);
        }
    }

    private void write() {
        List<Waiting> some = new ArrayList<>();
        long nextTick = System.nanoTime();
        while (!closing || !queue.isEmpty()) {
            try {
                Waiting first = queue.poll(loading ? 10 : TICK.toMillis(), TimeUnit.MILLISECONDS);
                if (first != null && first != WAKE) {
                    some.add(first);
                    queue.drainTo(some, MOST_AT_ONCE - 1);
                    some.remove(WAKE);
                    keep(some);
                }
                catchUp();
                if (System.nanoTime() - nextTick >= 0) {
                    age();
                    nextTick = System.nanoTime() + TICK.toNanos();
                }
            } catch (InterruptedException e) {
                LOG.debug("recent uploads: interrupted", e);
            } finally {
                took(some.size());
                some.clear();
            }
        }
    }

    private void took(int count) {
        progress.lock();
        try {
            taken += count;
            moved.signalAll();
        } finally {
            progress.unlock();
        }
    }

    private void keep(List<Waiting> some) {
        int done = 0;
        try {
            for (Waiting next : some) {
                List<HashAndQuality> hashes = atMost(next.upload.hashes(), (int) Math.min(MAX_HASHES, ring.capacity()));
                byte[] text = utf8(next.upload.reference());
                int key = keys.number(next.upload.key());
                while (!ring.hasRoom(hashes.size(), text.length)) {
                    dropOldest();
                }
                ring.append(hashes, next.timeMs, key, text);
                done++;
            }
            ring.note();
            complained = false;
        } catch (IOException e) {
            if (!complained) {
                LOG.warn("{}: recent uploads cannot be kept: {}", folder, e.toString());
                complained = true;
            }
        }
        kept += done;
        dropped.addAndGet(some.size() - done);
    }

    /** So many of them, the first and others at even steps. */
    private static List<HashAndQuality> atMost(List<HashAndQuality> hashes, int most) {
        if (hashes.size() <= most) {
            return hashes;
        }
        List<HashAndQuality> some = new ArrayList<>(most);
        for (long i = 0; i < most; i++) {
            some.add(hashes.get((int) (i * hashes.size() / most)));
        }
        return some;
    }

    private void dropOldest() {
        RingFile.Slot oldest = ring.read(ring.tail());
        ring.dropOldest();
        if (oldest != null) {
            if (loadState == Loading.UNDER_WAY) {
                leftWhileLoading.add(oldest);
            } else {
                chains.remove(oldest.hash(), oldest.seq());
            }
        }
    }

    /** Makes searchable what was kept, unless the loader is still at it. */
    private void catchUp() {
        if (loadState != Loading.DONE) {
            return;
        }
        for (; indexedTo < ring.head(); indexedTo++) {
            RingFile.Slot slot = ring.read(indexedTo);
            if (slot != null) {
                chains.add(slot.hash(), slot.seq());
            }
        }
        if (loading) {
            leftWhileLoading.forEach(slot -> chains.remove(slot.hash(), slot.seq()));
            leftWhileLoading.clear();
            progress.lock();
            try {
                loading = false;
                moved.signalAll();
            } finally {
                progress.unlock();
            }
        }
    }

    /** Lets go of what is too old, some at a time. */
    private void age() {
        long oldest = oldestMs();
        boolean some = false;
        for (int i = 0; i < AGED_AT_ONCE && ring.tail() < ring.head(); i++) {
            RingFile.Slot slot = ring.read(ring.tail());
            if (slot != null && slot.timeMs() >= oldest) {
                break;
            }
            dropOldest();
            some = true;
        }
        if (some) {
            try {
                ring.note();
            } catch (IOException e) {
                LOG.debug("recent uploads: what has left cannot be noted", e);
            }
        }
    }

    private long oldestMs() {
        return clock.instant().minus(limits.age).toEpochMilli();
    }

    /** Whether the index is still being built after the start, so that a search misses some. */
    public boolean isLoading() {
        return loading;
    }

    /** Waits until the index is complete. */
    public void awaitLoaded() throws InterruptedException {
        progress.lock();
        try {
            while (loading && writer.isAlive()) {
                moved.await(TICK.toMillis(), TimeUnit.MILLISECONDS);
            }
        } finally {
            progress.unlock();
        }
    }

    /** Waits a moment until what was offered before is kept. */
    private void awaitOffered() {
        long until = offered.get();
        long left = PATIENCE.toNanos();
        progress.lock();
        try {
            while (taken < until && left > 0) {
                left = moved.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            progress.unlock();
        }
    }

    /**
     * Finds uploads near any of these hashes.
     *
     * @param maxDistance 0..256, inclusive
     * @param ofKey whether uploads of the key of that name, or of none, are looked at
     * @param most how many uploads are given, the newest
     * @param stop whether there is no more time
     * @return complete unless it says that there are more, or {@link #isLoading} was true before
     */
    public NearUploads near(
            List<Hash256> hashes, int maxDistance, Predicate<@Nullable String> ofKey, int most, BooleanSupplier stop) {
        awaitOffered();
        Map<Long, Found> found = new HashMap<>();
        boolean complete = reading(() -> {
            LongPredicate isKept = seq -> seq >= ring.tail();
            int[] left = {MOST_LOOKED_AT};
            for (Hash256 hash : hashes) {
                boolean all = !stop.getAsBoolean()
                        && chains.search(hash, maxDistance, isKept, (distance, seq) -> {
                            found.merge(seq, new Found(seq, distance), Found::nearer);
                            return --left[0] > 0;
                        });
                if (!all) {
                    return false;
                }
            }
            return true;
        });
        List<NearUploads.Near> uploads = new ArrayList<>();
        boolean cut = reading(() -> !collect(found.values(), ofKey, most, uploads));
        return new NearUploads(uploads, !complete || cut);
    }

    private record Found(long seq, int distance) {
        Found nearer(Found other) {
            return other.distance < distance ? other : this;
        }
    }

    /** Returns false if there are more uploads than were asked for. */
    private boolean collect(
            Iterable<Found> found, Predicate<@Nullable String> ofKey, int most, List<NearUploads.Near> uploads) {
        long oldest = oldestMs();
        Map<Long, List<Near>> byUpload = new HashMap<>();
        Map<Integer, Boolean> wanted = new HashMap<>();
        for (Found one : found) {
            RingFile.Slot slot = ring.read(one.seq);
            if (slot != null
                    && slot.timeMs() >= oldest
                    && wanted.computeIfAbsent(slot.key(), key -> ofKey.test(keys.name(key)))) {
                byUpload.computeIfAbsent(slot.uploadId(), unused -> new ArrayList<>(1))
                        .add(new Near(slot, one.distance));
            }
        }
        List<Long> ids = new ArrayList<>(byUpload.keySet());
        ids.sort(Comparator.reverseOrder());
        for (Long id : ids.subList(0, Math.min(most, ids.size()))) {
            List<Near> near = byUpload.getOrDefault(id, List.of());
            Near nearest = near.getFirst();
            for (Near other : near) {
                if (other.distance < nearest.distance) {
                    nearest = other;
                }
            }
            uploads.add(new NearUploads.Near(upload(nearest.slot), nearest.distance, near.size()));
        }
        return ids.size() <= most;
    }

    private record Near(RingFile.Slot slot, int distance) {}

    private RecentUpload upload(RingFile.Slot slot) {
        String reference = null;
        try {
            reference = ring.reference(slot);
        } catch (IOException e) {
            LOG.warn("{}: the reference of a recent upload cannot be read: {}", folder, e.toString());
        }
        return new RecentUpload(
                slot.uploadId(),
                slot.hash(),
                slot.quality(),
                slot.hashes(),
                Instant.ofEpochMilli(slot.timeMs()),
                keys.name(slot.key()),
                reference);
    }

    /** Receives how far uploads are. */
    @FunctionalInterface
    public interface DistanceSink {
        /** One hash of an upload is so far from one of the hashes that were asked for. */
        void near(long uploadId, int distance);
    }

    /**
     * Tells of each hash near one of these, of uploads of keys that are wanted, how far it is: no references, no bound, and an
     * upload as often as it is near.
     *
     * @return false if there was no time for all
     */
    public boolean distances(
            List<Hash256> hashes,
            int maxDistance,
            Predicate<@Nullable String> ofKey,
            BooleanSupplier stop,
            DistanceSink sink) {
        awaitOffered();
        long oldest = oldestMs();
        Map<Integer, Boolean> wanted = new HashMap<>();
        return reading(() -> {
            for (Hash256 hash : hashes) {
                if (stop.getAsBoolean()) {
                    return false;
                }
                chains.search(hash, maxDistance, seq -> seq >= ring.tail(), (distance, seq) -> {
                    RingFile.Slot slot = ring.read(seq);
                    if (slot != null
                            && slot.timeMs() >= oldest
                            && wanted.computeIfAbsent(slot.key(), key -> ofKey.test(keys.name(key)))) {
                        sink.near(slot.uploadId(), distance);
                    }
                    return true;
                });
            }
            return true;
        });
    }

    /** Receives uploads one by one. */
    @FunctionalInterface
    public interface Sink {
        /**
         * An upload with all its hashes that are kept.
         *
         * @return whether to go on
         */
        boolean upload(long id, @Nullable String key, List<Hash256> hashes);
    }

    /** Gives all uploads, the newest first, until the sink has enough. References are not read. */
    public void newestFirst(Sink sink) {
        awaitOffered();
        long oldest = oldestMs();
        reading(() -> {
            List<Hash256> hashes = new ArrayList<>();
            RingFile.Slot last = null;
            for (long seq = ring.head() - 1; seq >= ring.tail(); seq--) {
                RingFile.Slot slot = ring.read(seq);
                if (slot == null || slot.timeMs() < oldest) {
                    continue;
                }
                if (last != null && last.uploadId() != slot.uploadId()) {
                    if (!sink.upload(last.uploadId(), keys.name(last.key()), List.copyOf(hashes))) {
                        return false;
                    }
                    hashes.clear();
                }
                hashes.add(slot.hash());
                last = slot;
            }
            return last == null || sink.upload(last.uploadId(), keys.name(last.key()), List.copyOf(hashes));
        });
    }

    private boolean reading(BooleanSupplier what) {
        open.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("recent uploads are closed");
            }
            return what.getAsBoolean();
        } finally {
            open.readLock().unlock();
        }
    }

    /** Above the ids of all uploads that were offered before. */
    public long nextId() {
        awaitOffered();
        return ring.head();
    }

    /** Tells this ring's uploads from those of another one. */
    public long ringId() {
        return ring.id();
    }

    /** How it is now, without waiting for anything. */
    public RecentState state() {
        return new RecentState(
                loading,
                ring.head() - ring.tail(),
                chains.size(),
                ring.capacity(),
                queue.size(),
                kept,
                dropped.get(),
                chains.offHeapBytes(),
                ring.bytes());
    }

    /** Keeps what was offered, and ends. */
    @Override
    public void close() {
        closing = true;
        queue.offer(WAKE); // No interrupt: the thread may be writing, and would close the file by that.
        join(loader);
        join(writer);
        open.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                chains.close();
                ring.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            open.writeLock().unlock();
        }
    }

    private static void join(Thread thread) {
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
