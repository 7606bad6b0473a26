package org.semblance.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one upload: appended on the event loop as they arrive, then read by one worker, then released.
 *
 * <p>They are gathered in one direct buffer that grows by doubling, so that a client which announces much and sends
 * little holds little, and a decoder can read them where they lie. What the buffer holds, not what it was told to
 * expect, is charged to the budget that all uploads share.
 */
final class Upload {
    private static final int FIRST_CAPACITY = 1 << 16;

    private final ByteBufAllocator allocator;
    private final ByteBudget budget;
    private final long limit;
    private @Nullable ByteBuf buffer;
    private int charged;

    /** An empty upload that takes at most {@code limit} bytes. */
    Upload(ByteBufAllocator allocator, ByteBudget budget, long limit) {
        this.allocator = allocator;
        this.budget = budget;
        this.limit = limit;
    }

    /**
     * Appends the readable bytes.
     *
     * @throws HttpError 413 if they are more than the limit, 503 if there is no memory left for them
     */
    void append(ByteBuf bytes) {
        long size = size() + (long) bytes.readableBytes();
        if (size > limit) {
            throw new HttpError(413, "body: more than " + limit + " bytes (expected: at most " + limit + ")");
        }
        reserve((int) size).writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
    }

    private ByteBuf reserve(int size) {
        ByteBuf old = buffer;
        if (old != null && size <= charged) {
            return old;
        }
        int capacity = (int) Math.min(Math.max(Math.max(2L * charged, FIRST_CAPACITY), size), limit);
        int more = capacity - charged;
        if (!budget.take(more)) {
            throw HttpError.busy("too many bytes of uploads are in work");
        }
        try {
            ByteBuf grown = old == null ? allocator.directBuffer(capacity) : old.capacity(capacity);
            charged = capacity;
            buffer = grown;
            return grown;
        } catch (OutOfMemoryError e) {
            budget.giveBack(more);
            throw HttpError.busy("no memory for this upload");
        }
    }

    /** Bytes so far. */
    int size() {
        return buffer == null ? 0 : buffer.readableBytes();
    }

    /** A view of the bytes, valid until {@link #release}. */
    ByteBuffer bytes() {
        return buffer == null ? ByteBuffer.allocate(0) : buffer.nioBuffer();
    }

    /** Frees the bytes; a second call does nothing. */
    void release() {
        ByteBuf held = buffer;
        if (held != null) {
            buffer = null;
            held.release();
            budget.giveBack(charged);
            charged = 0;
        }
    }
}
