package org.semblance.engine.media;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The place of the bytes of a content. Nothing is copied: a video is read from there, as often as needed; an image in a file
 * is mapped.
 */
public sealed interface MediaSource {
    /** How many first bytes are enough to tell a format. */
    int HEAD_BYTES = 2048;

    /** The container, told from the first bytes. */
    MediaFormat format();

    /** The number of bytes. */
    long size();

    /** The bytes between position and limit of a buffer, which must not change while they are read. */
    static MediaSource of(ByteBuffer content) {
        return new InMemory(content.slice(), MediaFormat.detect(content));
    }

    /**
     * A file, which must not change while it is read.
     *
     * @throws IOException if it cannot be read
     */
    static MediaSource of(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
            while (head.hasRemaining() && channel.read(head) >= 0) {
                // A read may give less than there is.
            }
            return new InFile(file, channel.size(), MediaFormat.detect(head.flip()));
        }
    }

    /** Bytes in memory. */
    record InMemory(ByteBuffer content, MediaFormat format) implements MediaSource {
        @Override
        public long size() {
            return content.remaining();
        }
    }

    /** Bytes in a file. */
    record InFile(Path path, long size, MediaFormat format) implements MediaSource {}

    /** Bytes of what this process has no path to, and may not open either: a file that another process has opened for it. */
    record Opened(Reader reader, long size, MediaFormat format) implements MediaSource {
        /** All of them, in memory. */
        public ByteBuffer content() throws IOException {
            ByteBuffer content = ByteBuffer.allocateDirect(Math.toIntExact(size));
            MemorySegment target = MemorySegment.ofBuffer(content);
            for (long at = 0; at < size; ) {
                int read = reader.read(at, target.asSlice(at));
                if (read <= 0) {
                    throw new EOFException("the file ends after " + at + " of " + size + " bytes");
                }
                at += read;
            }
            return content;
        }
    }

    /** Gives bytes at a position. */
    interface Reader {
        /** Reads at least one byte and tells how many, or returns 0 or less at the end. */
        int read(long position, MemorySegment target) throws IOException;
    }
}
