package org.semblance.hashdb.view;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentSink;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Content ids to records, digests to content ids and videos to their frames, in three memory-mapped Chronicle Maps, so
 * that a match touches no SQL. Derived from the catalog and worth nothing without it: Chronicle Map does not promise that a killed process
 * leaves its file whole (an update in flight may lose the old value too, a lock may stay and hang the next open).
 *
 * <p>So a file is opened again only if it was closed: {@link #close(String)} leaves {@link CleanStop}, which names
 * the files, their checksums, and the change of the catalog they hold. {@link #reopen} takes that mark away before it
 * touches the files; whatever goes wrong after, they are built anew.
 *
 * <p>A map's capacity is fixed when it is created, and the map fails at about twelve times that, because of its bloat
 * factor of {@value #BLOAT}. A view that holds {@value #OUTGROWN} times what it was made for says so
 * ({@link #outgrown}); then a larger one is built aside from the catalog, under the next number, while this one serves.
 *
 * <p>The frames of a video take pages of {@value #FRAMES_A_PAGE}, because an entry of a map has a largest size. They are
 * there before the video's record is.
 *
 * <p>One thread at a time may change it, any number read. A read of a closed view answers null, as for what is not
 * there, and the reader asks the catalog.
 */
public final class ServingView implements ContentSink {
    private static final Logger LOG = LoggerFactory.getLogger(ServingView.class);

    private static final String PREFIX = "view.";
    private static final long SMALLEST = 1 << 14;
    private static final long FEWEST_PAGES = 1 << 9;
    private static final int BLOAT = 10;
    private static final int OUTGROWN = 4;

    /** Bytes of a record with one short label and a source; larger ones take several chunks of the map. */
    private static final int AVERAGE_RECORD = 24;

    /** Type code and 32 bytes. */
    private static final int AVERAGE_DIGEST = 33;

    /** Frames of a video in one entry, 4,100 bytes. */
    public static final int FRAMES_A_PAGE = 100;

    private static final int PAGE_BYTES = FRAMES_A_PAGE * KnownVideo.FRAME_BYTES;

    /** Bits of a page's number in its key; above them is the content id. */
    private static final int PAGE_BITS = 12;

    private final Path folder;
    private final CleanStop.Shape shape;
    private final ChronicleMap<Long, byte[]> records;
    private final ChronicleMap<byte[], byte[]> digests;
    private final ChronicleMap<Long, byte[]> frames;
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
    private boolean closed;
    private volatile long seq;

    private ServingView(Path folder, CleanStop.Shape shape, long seq) throws IOException {
        this.folder = folder;
        this.shape = shape;
        this.seq = seq;
        List<ChronicleMap<?, ?>> opened = new ArrayList<>();
        boolean whole = false;
        try {
            this.records = byContent("records", shape.contents(), AVERAGE_RECORD)
                    .createPersistedTo(shape.records(folder).toFile());
            opened.add(records);
            this.digests = ChronicleMapBuilder.of(byte[].class, byte[].class)
                    .name("digests")
                    .entries(shape.digests())
                    .averageKeySize(AVERAGE_DIGEST)
                    .averageValueSize(Long.BYTES)
                    .maxBloatFactor(BLOAT)
                    .skipCloseOnExitHook(true)
                    .checksumEntries(false)
                    .createPersistedTo(shape.digests(folder).toFile());
            opened.add(digests);
            this.frames = byContent("frames", shape.pages(), PAGE_BYTES)
                    .createPersistedTo(shape.frames(folder).toFile());
            whole = true;
        } finally {
            if (!whole) {
                opened.forEach(ChronicleMap::close);
            }
        }
    }

    /** The view is closed by its opener: a hook of Chronicle's own would close it under requests that are still answered. */
    private static ChronicleMapBuilder<Long, byte[]> byContent(String name, long entries, int averageValue) {
        return ChronicleMapBuilder.of(Long.class, byte[].class)
                .name(name)
                .entries(entries)
                .averageValueSize(averageValue)
                .maxBloatFactor(BLOAT)
                .skipCloseOnExitHook(true)
                .checksumEntries(false);
    }

    /** Loads what Chronicle Map compiles at run time, which takes about a second of a fresh process. */
    public static void warmUp() {
        try (ChronicleMap<Long, byte[]> map = ChronicleMapBuilder.of(Long.class, byte[].class)
                .name("warm-up")
                .entries(1)
                .averageValueSize(AVERAGE_RECORD)
                .create()) {
            map.put(1L, new byte[1]);
        }
    }

    /** A new, empty view with room for that many contents, digests and pages of frames, and as many again. */
    public static ServingView create(Path folder, long contents, long digests, long framePages) throws IOException {
        long number = 1;
        try (Stream<Path> files = Files.list(folder)) {
            number += files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("view\\.\\d{1,18}\\.(records|digests|frames)"))
                    .mapToLong(name -> Long.parseLong(name.split("\\.")[1]))
                    .max()
                    .orElse(0);
        }
        return new ServingView(
                folder,
                new CleanStop.Shape(
                        number,
                        Math.max(SMALLEST, 2 * contents),
                        Math.max(SMALLEST, 2 * digests),
                        Math.max(FEWEST_PAGES, 2 * framePages)),
                0);
    }

    /**
     * Opens the view that was last closed, and removes every other one.
     *
     * @param journalHash the hash of a change, null if there is none of that number: a view of another catalog is not
     *     taken
     * @return null if there is none that can be trusted; the log says why
     */
    public static @Nullable ServingView reopen(Path folder, LongFunction<@Nullable String> journalHash)
            throws IOException {
        CleanStop stop = CleanStop.take(folder);
        if (stop != null && !stop.headHash().equals(journalHash.apply(stop.seq()))) {
            LOG.warn("{}: the view belongs to another catalog; it is built anew", folder);
            stop = null;
        }
        removeAllBut(folder, stop);
        return stop == null ? null : new ServingView(folder, stop.shape(), stop.seq());
    }

    private static void removeAllBut(Path folder, @Nullable CleanStop stop) throws IOException {
        List<Path> others;
        try (Stream<Path> files = Files.list(folder)) {
            others = files.filter(file -> file.getFileName().toString().startsWith(PREFIX))
                    .filter(file -> stop == null || !stop.shape().files(folder).contains(file))
                    .toList();
        }
        for (Path file : others) {
            Files.delete(file);
        }
    }

    /** The change of the catalog up to which this holds everything. */
    public long seq() {
        return seq;
    }

    /** Bytes of its files, as far as they are used. */
    public long fileBytes() {
        return shape.files(folder).stream()
                .mapToLong(file -> file.toFile().length())
                .sum();
    }

    /** Says that all changes up to this one are in. */
    public void reached(long newSeq) {
        seq = newSeq;
    }

    /** How many contents it holds; 0 if it is closed. */
    public long size() {
        use.readLock().lock();
        try {
            return closed ? 0 : records.longSize();
        } finally {
            use.readLock().unlock();
        }
    }

    /** How many pages of frames it holds. */
    public long framePages() {
        return frames.longSize();
    }

    /** Whether a larger one should be built. */
    public boolean outgrown() {
        return records.longSize() > OUTGROWN * shape.contents()
                || digests.longSize() > OUTGROWN * shape.digests()
                || frames.longSize() > OUTGROWN * shape.pages();
    }

    @Override
    public void content(ContentRecord content) {
        records.put(content.id(), RecordCodec.encode(content));
    }

    @Override
    public void withdrawn(long contentId) {
        records.remove(contentId);
        for (int page = 0; frames.remove(pageKey(contentId, page)) != null; page++) {
            // They have no gaps.
        }
    }

    @Override
    public void frames(long contentId, byte[] stored) {
        for (int page = 0; page * PAGE_BYTES < stored.length; page++) {
            frames.put(
                    pageKey(contentId, page),
                    Arrays.copyOfRange(stored, page * PAGE_BYTES, Math.min(stored.length, (page + 1) * PAGE_BYTES)));
        }
    }

    private static long pageKey(long contentId, int page) {
        return contentId << PAGE_BITS | page;
    }

    @Override
    public void digest(long contentId, boolean live, SignalType type, byte[] value) {
        byte[] key = key(type, value);
        byte[] before = digests.get(key);
        long[] ids = before == null ? new long[0] : ids(before);
        int at = Arrays.binarySearch(ids, contentId);
        if (live && at < 0) {
            ids = Arrays.copyOf(ids, ids.length + 1);
            ids[ids.length - 1] = contentId;
            Arrays.sort(ids);
            digests.put(key, bytes(ids));
        } else if (!live && at >= 0) {
            if (ids.length == 1) {
                digests.remove(key);
            } else {
                System.arraycopy(ids, at + 1, ids, at, ids.length - at - 1);
                digests.put(key, bytes(Arrays.copyOf(ids, ids.length - 1)));
            }
        }
    }

    /** The record of a content; null if there is none or this is closed. */
    public @Nullable ContentRecord get(long contentId) {
        use.readLock().lock();
        try {
            byte[] bytes = closed ? null : records.get(contentId);
            return bytes == null ? null : RecordCodec.decode(contentId, bytes);
        } finally {
            use.readLock().unlock();
        }
    }

    /**
     * The frames of a video in their stored form, see {@link KnownVideo#frameBytes}.
     *
     * @param pictures how many there are
     * @return null if they are not all there, or this is closed
     */
    public byte @Nullable [] framesOf(long contentId, int pictures) {
        byte[] stored = new byte[pictures * KnownVideo.FRAME_BYTES];
        use.readLock().lock();
        try {
            for (int at = 0, page = 0; at < stored.length; at += PAGE_BYTES, page++) {
                byte[] some = closed ? null : frames.get(pageKey(contentId, page));
                if (some == null || some.length != Math.min(PAGE_BYTES, stored.length - at)) {
                    return null;
                }
                System.arraycopy(some, 0, stored, at, some.length);
            }
            return stored;
        } finally {
            use.readLock().unlock();
        }
    }

    /** The ids of contents with that digest, ascending; null if this is closed. */
    public long @Nullable [] contentsWith(Signal digest) {
        byte[] key = key(digest.type(), HexFormat.of().parseHex(digest.value()));
        use.readLock().lock();
        try {
            if (closed) {
                return null;
            }
            byte[] bytes = digests.get(key);
            return bytes == null ? new long[0] : ids(bytes);
        } finally {
            use.readLock().unlock();
        }
    }

    private static byte[] key(SignalType type, byte[] value) {
        byte[] key = new byte[1 + value.length];
        key[0] = switch (type) {
            case MD5 -> 1;
            case SHA256 -> 2;
            case SHA1 -> 3;
            case PDQ -> throw new IllegalArgumentException("pdq (expected: a digest)");
        };
        System.arraycopy(value, 0, key, 1, value.length);
        return key;
    }

    private static long[] ids(byte[] bytes) {
        long[] ids = new long[bytes.length / Long.BYTES];
        ByteBuffer.wrap(bytes).asLongBuffer().get(ids);
        return ids;
    }

    private static byte[] bytes(long[] ids) {
        ByteBuffer bytes = ByteBuffer.allocate(ids.length * Long.BYTES);
        bytes.asLongBuffer().put(ids);
        return bytes.array();
    }

    /**
     * Closes it so that it can be opened again:
     *
     * <ol>
     *   <li>The maps are closed, when the reads that are under way have ended.
     *   <li>Their files are synced and their checksums taken.
     *   <li>The mark is left that says so.
     * </ol>
     *
     * @param headHash the hash of the change it holds last
     */
    public void close(String headHash) throws IOException {
        closeMaps();
        CleanStop.leave(folder, shape, seq, headHash);
    }

    /** Closes it and removes its files. */
    public void discard() {
        closeMaps();
        try {
            for (Path file : shape.files(folder)) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.warn("{}: an old view could not be removed", folder, e);
        }
    }

    private void closeMaps() {
        use.writeLock().lock();
        try {
            closed = true;
            records.close();
            digests.close();
            frames.close();
        } finally {
            use.writeLock().unlock();
        }
    }
}
