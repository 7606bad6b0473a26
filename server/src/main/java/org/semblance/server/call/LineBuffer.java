package org.semblance.server.call;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.semblance.server.route.LineAnswerer;

/** Lines that have arrived and are not answered yet. The part of a line beyond the longest allowed is dropped. */
final class LineBuffer {
    /** With so many bytes the buffer is full: about a thousand hashes. */
    static final int FULL_BYTES = 65_536;

    /** So that a longer one can be told from a line of that length. */
    private static final int KEPT_OF_A_LINE = LineAnswerer.LONGEST_LINE + 1;

    private final ByteBufAllocator allocator;
    private @Nullable ByteBuf incoming;

    /** The bytes of whole lines, and the length of the line that is still arriving, as far as that matters. */
    private int wholeBytes;

    private int lineBytes;

    LineBuffer(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /** Whether nothing more should be read before lines are cut. */
    boolean isFull() {
        return incoming != null && incoming.readableBytes() >= FULL_BYTES;
    }

    /** Appends these bytes, without those beyond the longest line, in as few pieces as possible. */
    void add(ByteBuf bytes) {
        if (!bytes.isReadable()) {
            return;
        }
        ByteBuf to = incoming;
        if (to == null) {
            to = allocator.buffer(bytes.readableBytes());
            incoming = to;
        }
        ByteBuffer in = bytes.nioBuffer();
        int from = 0;
        for (int i = 0; i < in.limit(); i++) {
            if (in.get(i) == '\n') {
                if (lineBytes > KEPT_OF_A_LINE) {
                    from = i;
                }
                lineBytes = 0;
                wholeBytes = to.readableBytes() + i + 1 - from;
            } else if (lineBytes <= KEPT_OF_A_LINE && ++lineBytes > KEPT_OF_A_LINE) {
                to.writeBytes(in.slice(from, i - from));
            }
        }
        if (lineBytes <= KEPT_OF_A_LINE) {
            to.writeBytes(in.slice(from, in.limit() - from));
        }
    }

    /**
     * Takes out the whole lines, which the caller releases; null if there are none.
     *
     * @param ended whether the body has ended, so that its last line needs no line break
     */
    @Nullable
    ByteBuf cut(boolean ended) {
        ByteBuf all = incoming;
        if (all == null || (wholeBytes == 0 && !ended)) {
            return null;
        }
        int rest = all.readableBytes() - wholeBytes;
        if (rest == 0 || ended) {
            incoming = null;
        } else {
            incoming = allocator.buffer(rest + LineAnswerer.LONGEST_LINE).writeBytes(all, wholeBytes, rest);
            all.writerIndex(wholeBytes);
        }
        wholeBytes = 0;
        return all;
    }

    void release() {
        if (incoming != null) {
            incoming.release();
            incoming = null;
        }
    }
}
