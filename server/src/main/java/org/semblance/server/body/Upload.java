package org.semblance.server.body;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Digests;
import org.semblance.engine.media.Animation;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaSource;
import org.semblance.server.http.HttpError;

/**
 * The bytes of one upload: appended on the event loop as they arrive, then read by one worker, then released.
 *
 * <p>They are gathered in one direct buffer that grows by doubling, so that a client which announces much and sends
 * little holds little, and a decoder can read them where they lie. What the buffer holds, not what it was told to
 * expect, is charged to the budget that all uploads share.
 *
 * <p>A large one goes to a file instead, block by block, and its digests are computed on the way, by the threads of the
 * {@link SpillFolder}. While one block is being written the next is gathered; when that is full as well, {@link #isReady}
 * turns false, and whoever appends has to wait until it is told to go on. So an upload holds about two blocks, whatever
 * its size, and a slow disk slows its clients down.
 *
 * <p>What it is, is told by its first bytes, and that decides how long it may be.
 */
public final class Upload {
    private static final int FIRST_CAPACITY = 1 << 16;

    /** Size of a block that is written at once. Handing a block over wakes two threads, so that blocks are large. */
    static final int BLOCK_BYTES = 1 << 20;

    /** A block goes to the file when fewer bytes than these are free in the block: a chunk of a body is no longer. */
    private static final int ROOM_FOR_A_CHUNK = 1 << 16;

    private final ByteBufAllocator allocator;
    private final ByteBudget memory;
    private final long announced;
    private final long limitUnlessVideo;
    private final long videoLimit;

    /** Most bytes, as far as is known. */
    private long limit;

    private final @Nullable Spilling spilling;

    /** What is not in the file, nor on its way there. */
    private @Nullable ByteBuf buffer;

    private int charged;
    private long size;
    private @Nullable MediaFormat format;
    private boolean ended;
    private boolean released;

    private SpillFolder.@Nullable SpillFile file;
    private boolean writing;
    private @Nullable Digests digests;
    private @Nullable HttpError failure;
    private @Nullable Arena mapping;

    /**
     * How a large upload becomes a file.
     *
     * @param folder for the file
     * @param after the bytes from which on it does
     * @param loop the event loop on which bytes are appended
     * @param goOn called there whenever a block has been written, or could not be
     */
    public record Spilling(SpillFolder folder, long after, Executor loop, Runnable goOn) {}

    private Upload(
            ByteBufAllocator allocator,
            ByteBudget memory,
            long announced,
            long limitUnlessVideo,
            long limit,
            @Nullable Spilling spilling) {
        this.allocator = allocator;
        this.memory = memory;
        this.announced = announced;
        this.limitUnlessVideo = limitUnlessVideo;
        this.videoLimit = limit;
        this.limit = limit;
        this.spilling = spilling;
    }

    /** An empty upload that takes at most {@code limit} bytes and stays in memory. */
    public static Upload inMemory(ByteBufAllocator allocator, ByteBudget memory, long limit) {
        return new Upload(allocator, memory, 0, limit, limit, null);
    }

    /**
     * An empty upload that spills.
     *
     * @param announced bytes that it is known to have at least, or 0
     * @param limitUnlessVideo most bytes of anything else
     * @param limit most bytes of a video, at least {@code limitUnlessVideo}
     */
    public static Upload spilling(
            ByteBufAllocator allocator,
            ByteBudget memory,
            long announced,
            long limitUnlessVideo,
            long limit,
            Spilling spilling) {
        return new Upload(allocator, memory, announced, limitUnlessVideo, limit, spilling);
    }

    /**
     * Appends the readable bytes.
     *
     * @throws HttpError 413 if they are more than the limit, 503 if there is no room for them in memory or on the disk
     */
    void append(ByteBuf bytes) {
        check();
        int more = bytes.readableBytes();
        if (size + more > limit) {
            throw tooLarge("more than " + limit);
        }
        if (file == null && maySpill() && size + more > spillsAfter()) {
            spill();
        }
        reserve(more).writeBytes(bytes, bytes.readerIndex(), more);
        size += more;
        if (format == null && size >= MediaSource.HEAD_BYTES) {
            identify();
        }
        if (file != null && isBufferFull()) {
            writeBlock(false);
        }
        check();
    }

    /**
     * Says that all bytes have been appended.
     *
     * @throws HttpError as {@link #append}
     */
    void end() {
        ended = true;
        if (format == null) {
            identify();
        }
        if (file != null) {
            writeBlock(true);
        }
        check();
    }

    /**
     * Whether it can take more or, after {@link #end}, be read. If not, it will be told by the one who was given to go on.
     */
    boolean isReady() {
        if (failure != null || file == null) {
            return true;
        }
        return ended ? digests != null : !(writing && isBufferFull());
    }

    /**
     * Returns unless the disk has failed this upload.
     *
     * @throws HttpError 503 if it has
     */
    void check() {
        if (failure != null) {
            throw failure;
        }
    }

    private boolean maySpill() {
        return spilling != null && size >= MediaSource.HEAD_BYTES && buffer != null;
    }

    /** An upload that is known to become large need not fill memory first. */
    private long spillsAfter() {
        if (spilling == null) {
            return Long.MAX_VALUE;
        }
        return announced > spilling.after() ? Math.min(spilling.after(), BLOCK_BYTES) : spilling.after();
    }

    private void spill() {
        if (spilling != null) {
            file = spilling.folder().newFile();
            writeBlock(false);
            check();
        }
    }

    private void identify() {
        MediaFormat found = buffer == null ? MediaFormat.UNKNOWN : MediaFormat.detect(head(buffer));
        format = found;
        if (found.isVideo()) {
            return;
        }
        limit = Math.min(limit, limitUnlessVideo);
        if (announced > limit) {
            throw tooLarge(announced + " announced");
        }
        if (size > limit) {
            throw tooLarge("more than " + limit);
        }
    }

    private static ByteBuffer head(ByteBuf bytes) {
        return bytes.nioBuffer(bytes.readerIndex(), Math.min(bytes.readableBytes(), MediaSource.HEAD_BYTES));
    }

    private HttpError tooLarge(String much) {
        String expected = format != null && !format.isVideo() && videoLimit > limit
                ? limit + ", or " + videoLimit + " of a video"
                : Long.toString(limit);
        return new HttpError(413, "body: " + much + " bytes (expected: at most " + expected + ")");
    }

    private boolean isBufferFull() {
        return buffer != null && charged - buffer.readableBytes() < ROOM_FOR_A_CHUNK;
    }

    /** The buffer, with room for that many more bytes. */
    private ByteBuf reserve(int more) {
        ByteBuf old = buffer;
        int needed = (old == null ? 0 : old.readableBytes()) + more;
        if (old != null && needed <= charged) {
            return old;
        }
        int capacity = Math.max(needed, file != null ? BLOCK_BYTES : capacityInMemory());
        if (!memory.take(capacity - charged)) {
            if (file == null && maySpill()) {
                spill();
                return reserve(more);
            }
            // On its way to a file it goes on in smaller steps.
            capacity = needed;
            if (file == null || !memory.take(capacity - charged)) {
                throw HttpError.busy("too many bytes of uploads are in work");
            }
        }
        try {
            ByteBuf grown = old == null ? allocator.directBuffer(capacity) : old.capacity(capacity);
            charged = capacity;
            buffer = grown;
            return grown;
        } catch (OutOfMemoryError e) {
            memory.giveBack(capacity - charged);
            throw HttpError.busy("no memory for this upload");
        }
    }

    private int capacityInMemory() {
        return (int) Math.min(Math.max(2L * charged, FIRST_CAPACITY), Math.min(limit, spillsAfter()));
    }

    /** Has the buffer written, unless a block is being written already: then it follows that one. */
    private void writeBlock(boolean last) {
        SpillFolder.SpillFile to = file;
        Spilling how = spilling;
        if (writing || to == null || how == null) {
            return;
        }
        ByteBuf block = buffer;
        int cost = charged;
        buffer = null;
        charged = 0;
        writing = true;
        try {
            to.write(block == null ? ByteBuffer.allocate(0) : block.nioBuffer(), last, outcome -> {
                try {
                    how.loop().execute(() -> written(block, cost, outcome));
                } catch (RejectedExecutionException e) {
                    written(block, cost, outcome); // The server has stopped, and with it the loop.
                }
            });
        } catch (HttpError e) {
            writing = false;
            free(block, cost);
            failure = e;
            removeFile();
        }
    }

    private void free(@Nullable ByteBuf block, int cost) {
        if (block != null) {
            block.release();
            memory.giveBack(cost);
        }
    }

    private void written(@Nullable ByteBuf block, int cost, SpillFolder.Outcome outcome) {
        writing = false;
        free(block, cost);
        digests = outcome.digests();
        if (failure == null) {
            failure = outcome.failure();
        }
        if (released || failure != null) {
            removeFile();
        } else if (digests == null && (ended || isBufferFull())) {
            writeBlock(ended);
        }
        if (!released && spilling != null) {
            spilling.goOn().run();
        }
    }

    private void removeFile() {
        SpillFolder.SpillFile unwanted = file;
        if (unwanted != null) {
            file = null;
            unwanted.delete();
        }
    }

    /** Bytes so far. */
    public long size() {
        return size;
    }

    /** Where the bytes of a complete upload lie until {@link #release}. */
    MediaSource source() {
        return file == null
                ? new MediaSource.InMemory(bytes(), format())
                : new MediaSource.InFile(file.path(), size, format());
    }

    /**
     * Whether a complete upload may take long: a video, an animated image, or a picture that is far larger than its file, as far as
     * can be told at once. One that is in a file counts as animated if its format allows for that.
     */
    public boolean isSlow() {
        MediaFormat kind = format();
        if (file != null) {
            return kind.isVideo() || kind.canBeAnimated();
        }
        return kind.isVideo()
                || kind.canBeAnimated() && Animation.mayBeAnimated(bytes(), kind)
                || ImageHeader.isInflated(bytes(), kind);
    }

    /**
     * Whether a complete upload is a picture that takes long to decode, as far as can be told at once. One that is in a file is large
     * enough.
     */
    public boolean isHeavy() {
        return format().isSupportedImage() && (file != null || ImageHeader.isHeavy(bytes(), format()));
    }

    /** What it is, by its first bytes; of a complete upload. */
    public MediaFormat format() {
        return format == null ? MediaFormat.UNKNOWN : format;
    }

    /** The digests of a complete upload: as they were computed on the way, or by the first who asks. */
    Digests digests() {
        Digests known = digests;
        if (known == null) {
            known = Digests.of(bytes());
            digests = known;
        }
        return known;
    }

    /**
     * A view of the bytes of a complete upload, valid until {@link #release}.
     *
     * @throws HttpError 413 if a buffer cannot have so many
     */
    @SuppressWarnings("MustBeClosedChecker") // The mapping is closed by release.
    ByteBuffer bytes() {
        if (file == null) {
            return buffer == null ? ByteBuffer.allocate(0) : buffer.nioBuffer();
        }
        if (size > Integer.MAX_VALUE) {
            throw new HttpError(413, "body: " + size + " bytes (expected: at most " + Integer.MAX_VALUE + " here)");
        }
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            Arena arena = mapping;
            if (arena == null) {
                arena = Arena.ofShared();
                mapping = arena;
            }
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            return mapped.asByteBuffer();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first bytes of a complete upload, at most so many; from the disk if it is there. */
    ByteBuffer start(int most) {
        if (file == null) {
            ByteBuffer all = bytes();
            return all.limit(Math.min(all.limit(), most));
        }
        ByteBuffer start = ByteBuffer.allocate((int) Math.min(size, most));
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            while (start.hasRemaining() && channel.read(start, start.position()) >= 0) {
                // A read may give less than was asked for.
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return start.flip();
    }

    /** Frees the bytes and removes the file, once nothing is being written to it; a second call does nothing. */
    public void release() {
        if (released) {
            return;
        }
        released = true;
        free(buffer, charged);
        buffer = null;
        charged = 0;
        if (mapping != null) {
            mapping.close();
        }
        if (!writing) {
            removeFile();
        }
    }
}
