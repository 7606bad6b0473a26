package org.semblance.server.call;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.semblance.server.route.LineAnswerer;

/** Lines that have come and are to be answered. What of a line is beyond the longest is dropped. */
final class LineBuffer {
    /** From so many bytes on nothing more is read: about a thousand hashes. */
    static final int FULL_BYTES = 65_536;

    /** So that a longer one can be told from a line of that length. */
    private static final int KEPT_OF_A_LINE = LineAnswerer.LONGEST_LINE + 1;

    private final ByteBufAllocator allocator;
    private @Nullable ByteBuf incoming;

    /** How much of what came is whole lines, and how long the one is that is coming, as far as that matters. */
    private int wholeBytes;

    private int lineBytes;

    LineBuffer(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /** Whether no more should come before some of it is cut. */
    boolean isFull() {
        return incoming != null && incoming.readableBytes() >= FULL_BYTES;
    }

    /** Appends what came, but for what is beyond the longest line; all in as few pieces as that leaves. */
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
     * The whole lines that have come, for the caller to release; null if there are none.
     *
     * @param ended whether no more will come, so that the last line needs no end
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
