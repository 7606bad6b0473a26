package org.semblance.hashdb.file;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.offheap.OffHeap;

/**
 * The frame of the snapshot of an index: a head, and parts one after the other.
 *
 * <pre>
 * head   magic             8 bytes
 *        version           4
 *        0                 4
 *        seq               8   the change up to which the index holds everything
 *        mark             32   what tells the catalog of the index from others
 *        checksum          8   of the head so far
 * part   name              8   see {@link Part}
 *        length            8   of the content, in bytes
 *        checksum          8   of name and length
 *        content
 *        checksum          8   of the content
 * </pre>
 *
 * <p>The snapshot of hashes has the parts {@code SLOTS LISTS MAP TABLES TABLE... END}, that of features {@code PICTURES
 * DESCRIPTORS PLACES END}.
 *
 * <p>Numbers have the byte order of the machine, as the memory has that is copied. On a machine of the other order the
 * magic does not match. Checksums are CRC-32C.
 *
 * <p>A file is put in its place by {@link DurableFile}.
 */
public final class SnapshotFormat {
    public static final int VERSION = 2;

    /** "SEMBLIDX" in ASCII, on a little-endian machine. */
    private static final long MAGIC = 0x5844494C424D4553L;

    /** What messages call the file. */
    private static final String NAME = "index snapshot";

    private static final int SEQ = 16;
    private static final int MARK = 24;
    private static final int HEAD_CHECKSUM = MARK + Hash256.BYTES;
    private static final int HEAD_BYTES = HEAD_CHECKSUM + Long.BYTES;
    private static final int PART_HEAD_BYTES = 24;
    private static final int BUFFER_BYTES = 1 << 20;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private SnapshotFormat() {}

    /** The kinds of part. */
    public enum Part {
        /**
         * The slots of hashes.
         *
         * <pre>
         * slots               8 bytes
         * pairs of hash and content  8
         * slots in use with an even number of bits, and with an odd one  8 each
         * for each chunk of slots: lower halves  16 a slot, upper halves 16 a slot, words of contents 8 a slot
         * </pre>
         */
        SLOTS(1),

        /**
         * The contents of hashes that several contents carry; for each such slot:
         *
         * <pre>
         * slot                8 bytes
         * contents            8
         * content ids         8 each
         * </pre>
         */
        LISTS(2),

        /**
         * The map from hashes to slots; for each of its parts:
         *
         * <pre>
         * cells               4 bytes
         * cells in use        4
         * slots plus one      4 a cell, 0 for an empty one
         * </pre>
         */
        MAP(3),

        /**
         * Which tables follow.
         *
         * <pre>
         * number of the ring  8 bytes, 0 if there are none
         * tables              8
         * </pre>
         */
        TABLES(4),

        /**
         * One table, as it would lie in fresh memory.
         *
         * <pre>
         * units of 16 bytes   8 bytes
         * words of buckets    8 a bucket: place in units (upper half), lanes
         * lanes               16 a unit
         * </pre>
         */
        TABLE(5),

        /** The end, with no content: so a file that was cut short between two parts is noticed. */
        END(6),

        /**
         * The pictures that have features.
         *
         * <pre>
         * version of features 8 bytes
         * pictures            8
         * for each: content id 8, time in ms 4 and number of features 4, width 4 and height 4
         * </pre>
         */
        PICTURES(7),

        /** The descriptors of the features of all pictures, 32 bytes each. */
        DESCRIPTORS(8),

        /** The places of the features of all pictures, 4 bytes each. */
        PLACES(9);

        private final long number;

        Part(long number) {
            this.number = number;
        }
    }

    /** Where a file is written before it is renamed. */
    public static Path unfinished(Path file) {
        return file.resolveSibling(file.getFileName() + ".part");
    }

    private static long checksum(MemorySegment bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.asByteBuffer());
        return crc.getValue();
    }

    /** Writes a file; used by one thread. */
    public static final class Writer implements AutoCloseable {
        private final Path file;
        private final Path unfinished;
        private final FileChannel channel;
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment buffer = arena.allocate(BUFFER_BYTES);
        private final CRC32C crc = new CRC32C();
        private int used;
        private long left;

        @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
        public Writer(Path file, long seq, Hash256 mark) throws IOException {
            this.file = file;
            unfinished = unfinished(file);
            channel = FileChannel.open(
                    unfinished,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE);
            buffer.set(LONG, 0, MAGIC);
            buffer.set(INT, 8, VERSION);
            buffer.set(INT, 12, 0);
            buffer.set(LONG, SEQ, seq);
            for (int word = 0; word < 4; word++) {
                buffer.set(LONG, MARK + 8L * word, mark.word(word));
            }
            buffer.set(LONG, HEAD_CHECKSUM, checksum(buffer.asSlice(0, HEAD_CHECKSUM)));
            used = HEAD_BYTES;
        }

        /** Begins a part of exactly that many bytes, which must follow. */
        public void begin(Part part, long bytes) throws IOException {
            room(PART_HEAD_BYTES);
            buffer.set(LONG, used, part.number);
            buffer.set(LONG, used + 8L, bytes);
            buffer.set(LONG, used + 16L, checksum(buffer.asSlice(used, 16)));
            used += PART_HEAD_BYTES;
            flush();
            crc.reset();
            left = bytes;
        }

        public void putLong(long value) throws IOException {
            room(Long.BYTES);
            buffer.set(LONG, used, value);
            advance(Long.BYTES);
        }

        public void putInt(int value) throws IOException {
            room(Integer.BYTES);
            buffer.set(INT, used, value);
            advance(Integer.BYTES);
        }

        /** Bytes of off-heap memory. */
        public void putMemory(long address, long bytes) throws IOException {
            for (long done = 0; done < bytes; ) {
                room(1);
                int some = (int) Math.min(bytes - done, BUFFER_BYTES - used);
                MemorySegment.copy(OffHeap.ALL, address + done, buffer, used, some);
                advance(some);
                done += some;
            }
        }

        public void putZeros(int bytes) throws IOException {
            for (int i = 0; i < bytes; i++) {
                room(1);
                buffer.set(ValueLayout.JAVA_BYTE, used, (byte) 0);
                advance(1);
            }
        }

        /** Ends a part. */
        public void end() throws IOException {
            if (left != 0) {
                throw new IllegalStateException("a part of the snapshot is " + left + " bytes short");
            }
            flush();
            buffer.set(LONG, 0, crc.getValue());
            used = Long.BYTES;
        }

        /** Makes the file durable and puts it in its place. */
        public void finish() throws IOException {
            begin(Part.END, 0);
            end();
            flush();
            channel.close();
            DurableFile.publish(unfinished, file);
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

    /** Reads a file part by part; parts that were found may be read by several threads. */
    public static final class Reader implements AutoCloseable {
        private final Path file;
        private final FileChannel channel;
        private final MemorySegment head = MemorySegment.ofArray(new byte[HEAD_BYTES]);
        private long at = HEAD_BYTES;

        public Reader(Path file) throws IOException {
            this.file = file;
            channel = FileChannel.open(file, StandardOpenOption.READ);
            try {
                readHead();
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        }

        private void readHead() throws IOException {
            long size = channel.size();
            read(channel, head.asSlice(0, Math.min(size, HEAD_BYTES)), 0);
            if (size < Long.BYTES || head.get(LONG, 0) != MAGIC) {
                throw new FormatException.OtherFormat(file, "an " + NAME);
            }
            if (size < HEAD_BYTES) {
                throw new FormatException.Damaged(file, "the head is cut short");
            }
            int version = head.get(INT, 8);
            // A version that is out of range by chance is told from a real one by the checksum.
            if (head.get(LONG, HEAD_CHECKSUM) != checksum(head.asSlice(0, HEAD_CHECKSUM))) {
                throw new FormatException.Damaged(file, "wrong checksum of the head");
            }
            if (version != VERSION) {
                throw new FormatException.OtherVersion(file, NAME, version, VERSION);
            }
        }

        public long seq() {
            return head.get(LONG, SEQ);
        }

        public Hash256 mark() {
            return new Hash256(
                    head.get(LONG, MARK + 24L),
                    head.get(LONG, MARK + 16L),
                    head.get(LONG, MARK + 8L),
                    head.get(LONG, MARK));
        }

        /** Says that the file holds what it should not; to be thrown. */
        public FormatException damaged(String problem) {
            return new FormatException.Damaged(file, problem);
        }

        /** The next part, which must be of that kind. */
        public PartReader next(Part part) throws IOException {
            MemorySegment head = MemorySegment.ofArray(new byte[PART_HEAD_BYTES]);
            long left = channel.size() - at - PART_HEAD_BYTES - Long.BYTES;
            if (left >= 0) {
                read(channel, head, at);
            }
            boolean whole = left >= 0 && head.get(LONG, 16) == checksum(head.asSlice(0, 16));
            if (whole && at == HEAD_BYTES && head.get(LONG, 0) != part.number) {
                throw new FormatException.OtherFormat(file, "an " + NAME + " that begins with " + part);
            }
            if (!whole || head.get(LONG, 0) != part.number) {
                throw new FormatException.Damaged(file, "no part " + part + " at byte " + at);
            }
            long bytes = head.get(LONG, 8);
            if (bytes < 0 || bytes > left) {
                throw new FormatException.Damaged(file, "part " + part + " at byte " + at + " is cut short");
            }
            PartReader reader = new PartReader(file, channel, part, at + PART_HEAD_BYTES, bytes);
            at += PART_HEAD_BYTES + bytes + Long.BYTES;
            return reader;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private static void read(FileChannel channel, MemorySegment to, long from) throws IOException {
        ByteBuffer buffer = to.asByteBuffer();
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, from + buffer.position()) < 0) {
                throw new EOFException("the file became shorter while it was read");
            }
        }
    }

    /** Reads one part from its first byte to its last; used by one thread. */
    public static final class PartReader {
        private static final int STEP = 1 << 20;

        private final Path file;
        private final FileChannel channel;
        private final Part part;
        private final long first;
        private final long end;
        private final CRC32C crc = new CRC32C();
        private long at;

        private PartReader(Path file, FileChannel channel, Part part, long first, long bytes) {
            this.file = file;
            this.channel = channel;
            this.part = part;
            this.first = first;
            at = first;
            end = first + bytes;
        }

        /** Checks that exactly so many bytes are still to be read. */
        public void require(long bytes) throws FormatException {
            if (bytes != end - at) {
                throw new FormatException.Damaged(
                        file, "part " + part + ": " + (end - at) + " bytes left (expected: " + bytes + ")");
            }
        }

        /** A number. Nothing may rely on it before {@link #end} has checked the part. */
        public long getLong() throws IOException {
            return get(Long.BYTES).get(LONG, 0);
        }

        /** The next numbers. Nothing may rely on them before {@link #end} has checked the part. */
        public LongBuffer getLongs(int count) throws IOException {
            return get(Math.multiplyExact(Long.BYTES, count))
                    .asByteBuffer()
                    .order(ByteOrder.nativeOrder())
                    .asLongBuffer();
        }

        /** Copies the next bytes to off-heap memory. */
        public void getMemory(long address, long bytes) throws IOException {
            for (long done = 0; done < bytes; ) {
                int some = (int) Math.min(STEP, bytes - done);
                get(OffHeap.ALL.asSlice(address + done, some));
                done += some;
            }
        }

        /** All that is left, checked, so that it may be relied on. */
        public ByteBuffer getRest() throws IOException {
            if (end - at > Integer.MAX_VALUE - 8) {
                throw new FormatException.Damaged(file, "part " + part + " has " + (end - at) + " bytes");
            }
            MemorySegment rest = get((int) (end - at));
            end();
            return rest.asByteBuffer().order(ByteOrder.nativeOrder());
        }

        /** Checks that the part was read whole and is what was written. */
        public void end() throws IOException {
            require(0);
            long sum = crc.getValue();
            MemorySegment written = MemorySegment.ofArray(new byte[Long.BYTES]);
            read(channel, written, end);
            if (written.get(LONG, 0) != sum) {
                throw new FormatException.Damaged(
                        file, "wrong checksum of part " + part + ", bytes " + first + " to " + end);
            }
        }

        private MemorySegment get(int bytes) throws IOException {
            MemorySegment segment = MemorySegment.ofArray(new byte[(int) Math.min(bytes, end - at)]);
            if (segment.byteSize() < bytes) {
                throw new FormatException.Damaged(file, "part " + part + " has no " + bytes + " bytes at " + at);
            }
            get(segment);
            return segment;
        }

        private void get(MemorySegment to) throws IOException {
            if (to.byteSize() > end - at) {
                throw new FormatException.Damaged(
                        file, "part " + part + " has no " + to.byteSize() + " bytes at " + at);
            }
            read(channel, to, at);
            crc.update(to.asByteBuffer());
            at += to.byteSize();
        }
    }
}
