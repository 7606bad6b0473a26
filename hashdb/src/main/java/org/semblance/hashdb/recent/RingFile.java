package org.semblance.hashdb.recent;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.DurableFile;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * The file of recent uploads: a ring of slots, one for each hash, and a ring of texts, one for each reference. The oldest
 * leave when either is full. All numbers are little-endian.
 *
 * <pre>
 * head          {@value #HEAD_BYTES} bytes: magic, version, check of both and of the three that follow, slots, bytes of text, id;
 *               at {@value #AT_HEAD} the next sequence number, the oldest one, and the next position of a text
 * slot          {@value #SLOT_BYTES} bytes
 *   0   hash     w3, w2, w1, w0
 *   32  time     ms since 1970, shifted by 16; frame, 8 bits; quality, 8 bits
 *   40  text     position, which counts on over all texts, shifted by 16; bytes, 16 bits
 *   48  key      16 bits; hashes of the upload less one, 8 bits; 8 bits that are 0
 *   52  check    CRC-32C of the slot and of its sequence number
 * text          check, then UTF-8
 * </pre>
 *
 * <p>A slot is written by the system's own write and read through a mapping of the file. So a full disk is an exception and
 * not the end of the process, a killed process loses nothing that was written, and memory is the page cache's. A slot that a
 * power cut or another writer tore fails its check and is none.
 *
 * <p>One thread writes; any number reads beside it. A reader gets a slot whole or not at all.
 */
final class RingFile implements AutoCloseable {
    static final int SLOT_BYTES = 56;

    /** Of text for each slot; what is longer on average makes the ring shorter. */
    static final int TEXT_BYTES_A_SLOT = 64;

    /** The longest reference, 256 characters, in UTF-8. */
    static final int MAX_TEXT_BYTES = 3 * 256;

    private static final int HEAD_BYTES = 4_096;
    private static final int AT_HEAD = 48;
    private static final int AT_CHECK = 12;
    private static final long MAGIC = 0x746e63526c626d53L; // "SmblRcnt"
    private static final int VERSION = 1;
    private static final int CHECKED = 52;
    private static final int TEXT_CHECK = Integer.BYTES;

    private final FileChannel out;
    private final FileChannel in;
    private final Arena arena;
    private final MemorySegment slots;
    private final ByteBuffer buffer;
    private final long capacity;
    private final long textBytes;
    private final long id;
    private volatile long head;
    private volatile long tail;
    private long textHead;

    /** A hash as it was kept. */
    record Slot(long seq, Hash256 hash, int quality, int frame, int hashes, long timeMs, int key, long text) {
        long uploadId() {
            return seq - frame;
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    private RingFile(Path file, FileChannel out, ByteBuffer first) throws IOException {
        this.out = out;
        this.capacity = first.getLong(16);
        this.textBytes = first.getLong(24);
        this.id = first.getLong(32);
        this.head = first.getLong(AT_HEAD);
        this.tail = first.getLong(AT_HEAD + 8);
        this.textHead = first.getLong(AT_HEAD + 16);
        this.buffer = ByteBuffer.allocateDirect(256 * SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        this.in = FileChannel.open(file, StandardOpenOption.READ);
        this.arena = Arena.ofShared();
        this.slots = in.map(MapMode.READ_ONLY, HEAD_BYTES, capacity * SLOT_BYTES, arena);
    }

    /** Opens the file; null if it is not there, is not one of these, or is damaged: its uploads are lost. */
    static @Nullable RingFile open(Path file) throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        RingFile ring = null;
        try {
            ByteBuffer first = read(file, HEAD_BYTES);
            if (first != null && isWhole(first, Files.size(file))) {
                ring = new RingFile(file, out, first);
            }
        } finally {
            if (ring == null) {
                out.close();
            }
        }
        return ring;
    }

    private static @Nullable ByteBuffer read(Path file, int bytes) throws IOException {
        ByteBuffer first = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (first.hasRemaining()) {
                if (channel.read(first) < 0) {
                    return null;
                }
            }
        }
        return first.flip();
    }

    private static boolean isWhole(ByteBuffer first, long size) {
        long capacity = first.getLong(16);
        long textBytes = first.getLong(24);
        long head = first.getLong(AT_HEAD);
        long tail = first.getLong(AT_HEAD + 8);
        return first.getLong(0) == MAGIC
                && first.getInt(8) == VERSION
                && first.getInt(AT_CHECK) == headCheck(first)
                && size == size(capacity, textBytes)
                && 0 <= tail
                && tail <= head
                && head - tail <= capacity
                && first.getLong(AT_HEAD + 16) >= 0;
    }

    private static long size(long capacity, long textBytes) {
        return HEAD_BYTES + capacity * SLOT_BYTES + textBytes;
    }

    private static int headCheck(ByteBuffer first) {
        CRC32C crc = new CRC32C();
        crc.update(first.slice(0, AT_CHECK));
        crc.update(first.slice(AT_CHECK + Integer.BYTES, AT_HEAD - AT_CHECK - Integer.BYTES));
        return (int) crc.getValue();
    }

    /** An empty ring in the place of what is there. The file takes no room on the disk until it is written to. */
    static RingFile create(Path file, long capacity, long firstSeq) throws IOException {
        Files.deleteIfExists(file);
        long textBytes = Math.max(4L * (TEXT_CHECK + MAX_TEXT_BYTES), capacity * TEXT_BYTES_A_SLOT);
        FileChannel out = DurableFile.openPrivate(file, StandardOpenOption.CREATE_NEW);
        RingFile ring = null;
        try {
            ByteBuffer first = ByteBuffer.allocate(HEAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            first.putLong(0, MAGIC).putInt(8, VERSION);
            first.putLong(16, capacity).putLong(24, textBytes).putLong(32, new SecureRandom().nextLong());
            first.putLong(AT_HEAD, firstSeq).putLong(AT_HEAD + 8, firstSeq).putLong(AT_HEAD + 16, 0);
            first.putInt(AT_CHECK, headCheck(first));
            writeAll(out, first.duplicate(), 0);
            writeAll(out, ByteBuffer.allocate(1), size(capacity, textBytes) - 1);
            ring = new RingFile(file, out, first);
        } finally {
            if (ring == null) {
                out.close();
            }
        }
        return ring;
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
        long to = at;
        while (bytes.hasRemaining()) {
            to += channel.write(bytes, to);
        }
    }

    long capacity() {
        return capacity;
    }

    /** Random, so that uploads of different rings are never taken for each other. */
    long id() {
        return id;
    }

    /** The sequence number that the next hash gets. */
    long head() {
        return head;
    }

    /** The oldest that is kept; {@link #head} if none is. */
    long tail() {
        return tail;
    }

    long bytes() {
        return size(capacity, textBytes);
    }

    /** Whether so many hashes of one upload and a text of so many bytes fit without the oldest one leaving. */
    boolean hasRoom(int hashes, int bytes) {
        if (tail == head) {
            return true;
        }
        Slot oldest = read(tail);
        return head + hashes - tail <= capacity
                && (oldest == null || textHead + TEXT_CHECK + bytes - (oldest.text >>> 16) <= textBytes);
    }

    /** Lets go of the oldest one. */
    void dropOldest() {
        tail++;
    }

    /**
     * Keeps an upload, for which there must be room.
     *
     * @param hashes 1 to 256
     * @param reference UTF-8 of at most {@value #MAX_TEXT_BYTES} bytes; empty for none
     * @throws IOException if the disk does not take it; then it is not kept
     */
    void append(List<HashAndQuality> hashes, long timeMs, int key, byte[] reference) throws IOException {
        long text = textHead << 16 | reference.length;
        if (reference.length > 0) {
            ByteBuffer bytes =
                    ByteBuffer.allocate(TEXT_CHECK + reference.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putInt(check(reference)).put(reference).flip();
            writeText(bytes, textHead);
        }
        long seq = head;
        for (int from = 0; from < hashes.size(); ) {
            long slot = (seq + from) % capacity;
            int some = (int) Math.min(hashes.size() - from, capacity - slot);
            buffer.clear();
            for (int i = from; i < from + some; i++) {
                HashAndQuality hash = hashes.get(i);
                put(hash, timeMs << 16 | i << 8 | hash.quality(), text, key, hashes.size(), seq + i);
            }
            writeAll(out, buffer.flip(), HEAD_BYTES + slot * SLOT_BYTES);
            from += some;
        }
        if (reference.length > 0) {
            textHead += TEXT_CHECK + reference.length;
        }
        head = seq + hashes.size();
    }

    private void put(HashAndQuality hash, long time, long text, int key, int hashes, long seq) {
        int at = buffer.position();
        Hash256 bits = hash.hash();
        buffer.putLong(bits.w3()).putLong(bits.w2()).putLong(bits.w1()).putLong(bits.w0());
        buffer.putLong(time).putLong(text).putInt(key | hashes - 1 << 16);
        byte[] checked = new byte[CHECKED];
        buffer.get(at, checked);
        buffer.putInt(check(checked, seq));
    }

    /** Notes how far the ring has come. What was appended after the last call is not there after the process ends. */
    void note() throws IOException {
        ByteBuffer numbers = ByteBuffer.allocate(3 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        numbers.putLong(head).putLong(tail).putLong(textHead).flip();
        writeAll(out, numbers, AT_HEAD);
    }

    /** The hash of that sequence number; null if it has left, or is damaged. */
    @Nullable
    Slot read(long seq) {
        if (seq < tail || seq >= head) {
            return null;
        }
        byte[] bytes = new byte[SLOT_BYTES];
        MemorySegment.copy(slots, JAVA_BYTE, seq % capacity * SLOT_BYTES, bytes, 0, SLOT_BYTES);
        ByteBuffer slot = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (slot.getInt(CHECKED) != check(bytes, seq)) {
            return null;
        }
        long time = slot.getLong(32);
        int rest = slot.getInt(48);
        return new Slot(
                seq,
                new Hash256(slot.getLong(0), slot.getLong(8), slot.getLong(16), slot.getLong(24)),
                (int) (time & 0xff),
                (int) (time >>> 8 & 0xff),
                (rest >>> 16 & 0xff) + 1,
                time >>> 16,
                rest & 0xffff,
                slot.getLong(40));
    }

    /** The reference of an upload, or null if it has none, or it cannot be read any more. */
    @Nullable
    String reference(Slot slot) throws IOException {
        int length = (int) (slot.text & 0xffff);
        if (length == 0 || length > MAX_TEXT_BYTES) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate(TEXT_CHECK + length).order(ByteOrder.LITTLE_ENDIAN);
        readText(bytes, slot.text >>> 16);
        int check = bytes.flip().getInt();
        byte[] reference = new byte[length];
        bytes.get(reference);
        return check == check(reference) ? new String(reference, StandardCharsets.UTF_8) : null;
    }

    /** A text that reaches the end of the ring goes on at its beginning. */
    private void writeText(ByteBuffer bytes, long position) throws IOException {
        int length = bytes.limit();
        for (int done = 0; done < length; done = bytes.position()) {
            long at = (position + done) % textBytes;
            bytes.limit((int) Math.min(length, done + textBytes - at));
            writeAll(out, bytes, HEAD_BYTES + capacity * SLOT_BYTES + at);
            bytes.limit(length);
        }
    }

    private void readText(ByteBuffer bytes, long position) throws IOException {
        int length = bytes.limit();
        for (int done = 0; done < length; done = bytes.position()) {
            long at = (position + done) % textBytes;
            bytes.limit((int) Math.min(length, done + textBytes - at));
            if (in.read(bytes, HEAD_BYTES + capacity * SLOT_BYTES + at) < 0) {
                throw new EOFException("the ring of recent uploads became shorter");
            }
            bytes.limit(length);
        }
    }

    private static int check(byte[] slot, long seq) {
        CRC32C crc = new CRC32C();
        crc.update(slot, 0, CHECKED);
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            crc.update((int) (seq >>> shift) & 0xff);
        }
        return (int) crc.getValue();
    }

    private static int check(byte[] text) {
        CRC32C crc = new CRC32C();
        crc.update(text);
        return (int) crc.getValue();
    }

    /** Nobody may read or write any more. */
    @Override
    public void close() throws IOException {
        try {
            note();
        } finally {
            arena.close();
            in.close();
            out.close();
        }
    }
}
