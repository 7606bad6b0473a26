package org.semblance.hashdb.index;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * The file of an index: parts one after the other, each with its checksum.
 *
 * <pre>
 *   head     magic (8 bytes), version (4), reserved (4), seq (8), checksum of these (8)
 *   parts    name and length in bytes (16), checksum of these (8), the bytes, checksum of the bytes (8)
 *            SLOTS, LISTS, MAP, then TABLES (whether there are tables), and a TABLE for each chunk
 *   END      a part of length 0, so that a file cut short between two parts is noticed
 * </pre>
 *
 * Numbers have the byte order of the machine, as the memory has that is copied; on one of the other order the magic does
 * not match. Checksums are CRC-32C. The magic and the version stay where they are in every version to
 * come, so that any release can tell corrupt from too old and too new.
 *
 * <p>A file is written under another name, forced to the disk, and then renamed, so that a crash leaves the old one.
 */
final class SnapshotFormat {
    static final int VERSION = 1;

    /** "SEMBLIDX" in ASCII, on a little-endian machine. */
    private static final long MAGIC = 0x5844494C424D4553L;

    private static final int HEAD_BYTES = 32;
    private static final int PART_HEAD_BYTES = 24;
    private static final int BUFFER_BYTES = 1 << 20;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private SnapshotFormat() {}

    /** The kinds of part, in the order in which they come. */
    enum Part {
        SLOTS(1),
        LISTS(2),
        MAP(3),
        TABLES(4),
        TABLE(5),
        END(6);

        private final long number;

        Part(long number) {
            this.number = number;
        }
    }

    private static long checksum(MemorySegment bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.asByteBuffer());
        return crc.getValue();
    }

    /** Writes a file; used by one thread. */
    static final class Writer implements AutoCloseable {
        private final Path file;
        private final Path unfinished;
        private final FileChannel channel;
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment buffer = arena.allocate(BUFFER_BYTES);
        private final CRC32C crc = new CRC32C();
        private int used;
        private long left;

        @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
        Writer(Path file, long seq) throws IOException {
            this.file = file;
            unfinished = file.resolveSibling(file.getFileName() + ".part");
            channel = FileChannel.open(
                    unfinished,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE);
            buffer.set(LONG, 0, MAGIC);
            buffer.set(INT, 8, VERSION);
            buffer.set(INT, 12, 0);
            buffer.set(LONG, 16, seq);
            buffer.set(LONG, 24, checksum(buffer.asSlice(0, 24)));
            used = HEAD_BYTES;
        }

        /** Begins a part of exactly that many bytes, which must follow. */
        void begin(Part part, long bytes) throws IOException {
            room(PART_HEAD_BYTES);
            buffer.set(LONG, used, part.number);
            buffer.set(LONG, used + 8L, bytes);
            buffer.set(LONG, used + 16L, checksum(buffer.asSlice(used, 16)));
            used += PART_HEAD_BYTES;
            flush();
            crc.reset();
            left = bytes;
        }

        void putLong(long value) throws IOException {
            room(Long.BYTES);
            buffer.set(LONG, used, value);
            advance(Long.BYTES);
        }

        void putInt(int value) throws IOException {
            room(Integer.BYTES);
            buffer.set(INT, used, value);
            advance(Integer.BYTES);
        }

        /** Bytes of off-heap memory. */
        void putMemory(long address, long bytes) throws IOException {
            for (long done = 0; done < bytes; ) {
                room(1);
                int some = (int) Math.min(bytes - done, BUFFER_BYTES - used);
                MemorySegment.copy(OffHeap.ALL, address + done, buffer, used, some);
                advance(some);
                done += some;
            }
        }

        void putZeros(int bytes) throws IOException {
            for (int i = 0; i < bytes; i++) {
                room(1);
                buffer.set(ValueLayout.JAVA_BYTE, used, (byte) 0);
                advance(1);
            }
        }

        /** Ends a part. */
        void end() throws IOException {
            if (left != 0) {
                throw new IllegalStateException("a part of the snapshot is " + left + " bytes short");
            }
            flush();
            buffer.set(LONG, 0, crc.getValue());
            used = Long.BYTES;
        }

        /** Makes the file durable and puts it in its place. */
        void finish() throws IOException {
            begin(Part.END, 0);
            end();
            flush();
            channel.force(true);
            channel.close();
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }

        private void advance(int bytes) {
            used += bytes;
            left -= bytes;
        }

        private void room(int bytes) throws IOException {
            if (used + bytes > BUFFER_BYTES) {
                flush();
            }
        }

        private void flush() throws IOException {
            ByteBuffer bytes = buffer.asSlice(0, used).asByteBuffer();
            crc.update(bytes.duplicate());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            used = 0;
        }

        /** Drops what is not finished. */
        @Override
        public void close() throws IOException {
            channel.close();
            Files.deleteIfExists(unfinished);
            arena.close();
        }
    }

    /** Reads a file by mapping it; used by one thread. */
    static final class Reader implements AutoCloseable {
        private final Path file;
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment mapped;
        private final long seq;
        private long at = HEAD_BYTES;
        private long end;

        @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
        Reader(Path file) throws IOException {
            this.file = file;
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            }
            try {
                seq = readHead();
            } catch (IOException e) {
                arena.close();
                throw e;
            }
        }

        private long readHead() throws SnapshotException {
            if (mapped.byteSize() < HEAD_BYTES || mapped.get(LONG, 0) != MAGIC) {
                throw new SnapshotException.Corrupt(file, "not an index snapshot");
            }
            int version = mapped.get(INT, 8);
            // A version that is out of range by chance is told from a real one by the checksum.
            if (mapped.get(LONG, 24) != checksum(mapped.asSlice(0, 24))) {
                throw new SnapshotException.Corrupt(file, "wrong checksum of the head");
            }
            if (version < VERSION) {
                throw new SnapshotException.TooOld(file, version);
            }
            if (version > VERSION) {
                throw new SnapshotException.TooNew(file, version);
            }
            return mapped.get(LONG, 16);
        }

        long seq() {
            return seq;
        }

        /** Goes to the next part, which must be of that kind, and checks it. */
        void begin(Part part) throws SnapshotException {
            if (mapped.byteSize() - at < PART_HEAD_BYTES
                    || mapped.get(LONG, at + 16) != checksum(mapped.asSlice(at, 16))
                    || mapped.get(LONG, at) != part.number) {
                throw new SnapshotException.Corrupt(file, "no part " + part + " at byte " + at);
            }
            long bytes = mapped.get(LONG, at + 8);
            at += PART_HEAD_BYTES;
            if (bytes < 0 || bytes > mapped.byteSize() - at - Long.BYTES) {
                throw new SnapshotException.Corrupt(file, "part " + part + " is cut short at byte " + at);
            }
            CRC32C crc = new CRC32C();
            for (long done = 0; done < bytes; done += 1 << 30) {
                crc.update(mapped.asSlice(at + done, Math.min(1 << 30, bytes - done))
                        .asByteBuffer());
            }
            end = at + bytes;
            if (mapped.get(LONG, end) != crc.getValue()) {
                throw new SnapshotException.Corrupt(
                        file, "wrong checksum of part " + part + ", bytes " + at + " to " + end);
            }
        }

        /** Checks that at least so many bytes of the part are still to be read. */
        void require(Part part, long bytes) throws SnapshotException {
            if (bytes < 0 || bytes > end - at) {
                throw new SnapshotException.Corrupt(
                        file, "part " + part + ": " + (end - at) + " bytes left (expected: " + bytes + ")");
            }
        }

        /** Bytes of the part that are still to be read. */
        long length() {
            return end - at;
        }

        long getLong() {
            at += Long.BYTES;
            return mapped.get(LONG, at - Long.BYTES);
        }

        int getInt() {
            at += Integer.BYTES;
            return mapped.get(INT, at - Integer.BYTES);
        }

        void getMemory(long address, long bytes) {
            MemorySegment.copy(mapped, at, OffHeap.ALL, address, bytes);
            at += bytes;
        }

        /** Leaves a part, which must have been read whole. */
        void end(Part part) throws SnapshotException {
            if (at != end) {
                throw new SnapshotException.Corrupt(file, "part " + part + ": " + (end - at) + " bytes too many");
            }
            at += Long.BYTES;
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
