package org.semblance.hashdb.index;

import static org.semblance.hashdb.offheap.OffHeap.getLong;
import static org.semblance.hashdb.offheap.OffHeap.getLongAcquire;
import static org.semblance.hashdb.offheap.OffHeap.putLong;
import static org.semblance.hashdb.offheap.OffHeap.putLongRelease;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.semblance.hashdb.file.SnapshotFormat;
import org.semblance.hashdb.file.SnapshotFormat.Part;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.offheap.Extents;
import org.semblance.hashdb.offheap.Limbo;
import org.semblance.hashdb.offheap.OffHeap;
import org.semblance.hashdb.offheap.Readers;

/**
 * The stored hashes by slot number, off heap, with the contents that carry each: what a scan reads and what tables refer
 * to.
 *
 * <p>A distinct hash has one slot, however many contents carry it. A chunk holds 2^18 slots as three planes:
 *
 * <pre>
 *   lower     16 bytes a slot: w0, w1
 *   upper     16 bytes a slot: w2, w3
 *   contents   8 bytes a slot: the one content id, 0 or more
 *                              or -1 - number of a list in {@link #lists}
 *                              or {@link #FREE}
 *   list      count, capacity, then the content ids, 8 bytes each
 * </pre>
 *
 * Halves, because a half decides: of two unrelated hashes the halves differ in 64 bits on average, in 31 or fewer once in
 * 300 million times. So a scan reads 16 bytes a hash and not 32, and a candidate costs one cache line.
 *
 * <p>The word of {@code contents} publishes a slot: it is written last, with release, and a reader that takes it with
 * acquire sees the hash. A slot is used again only when no lookup can hold it.
 */
final class SlotStore implements AutoCloseable {
    static final int CHUNK_SHIFT = 18;
    static final int CHUNK_SLOTS = 1 << CHUNK_SHIFT;

    private static final long MAX_CHUNKS = 1L << Integer.SIZE - 1 - CHUNK_SHIFT;
    private static final int CHUNK_MASK = CHUNK_SLOTS - 1;
    private static final long HALF_BYTES = 16;
    private static final long UPPER = CHUNK_SLOTS * HALF_BYTES;
    private static final long CONTENTS = 2 * UPPER;
    private static final long CHUNK_BYTES = CONTENTS + CHUNK_SLOTS * (long) Long.BYTES;

    private static final long FREE = Long.MIN_VALUE;

    private static final long LIST_IDS = 2L * Long.BYTES;
    private static final int FIRST_CAPACITY = 4;

    private final Limbo limbo;
    private final SlotMap map = new SlotMap(this);
    private final Extents lists;
    private final List<OffHeap> blocks = new ArrayList<>();
    /** Address of each chunk, written before any slot number that is of it is published. */
    private final OffHeap chunks = OffHeap.allocatePages(MAX_CHUNKS * Long.BYTES);

    /** Slots ever used. */
    private volatile int slots;

    private final AtomicLong pairs = new AtomicLong();

    /** How many slots hold a hash with an even number of bits, and with an odd one. */
    private final int[] live = new int[2];

    private volatile boolean evenSeen;
    private volatile boolean oddSeen;

    SlotStore(Readers readers) {
        limbo = new Limbo(readers);
        lists = new Extents(readers);
    }

    /** How many pairs of hash and content are stored. */
    long pairs() {
        return pairs.get();
    }

    /** How many distinct hashes are stored; exact for the writer. */
    int liveSlots() {
        return live[0] + live[1];
    }

    /** One more than the highest slot ever used. */
    int slots() {
        return slots;
    }

    /** How many slots there is memory for. */
    long slotsAllocated() {
        return (long) blocks.size() << CHUNK_SHIFT;
    }

    /** Whether the bit counts of all hashes have this parity (0 or 1), seen from a lookup that has begun. */
    boolean hasOnlyParity(int parity) {
        return parity == 0 ? !oddSeen : !evenSeen;
    }

    long offHeapBytes() {
        return blocks.size() * CHUNK_BYTES + lists.mappedBytes();
    }

    /** The slot of that hash, or {@link SlotMap#NONE}; writer only. */
    int find(long w3, long w2, long w1, long w0) {
        return map.find(w3, w2, w1, w0);
    }

    /** Stores a hash that is not there and returns its slot, which a scan finds from now on. */
    int insert(long w3, long w2, long w1, long w0, long contentId) {
        int slot = (int) limbo.poll();
        boolean fresh = slot == Limbo.NONE;
        if (fresh) {
            slot = slots;
            if (slot == Integer.MAX_VALUE) {
                throw new IllegalStateException("the index is full: 2^31 hashes");
            }
            if (slot >>> CHUNK_SHIFT == blocks.size()) {
                addChunk();
            }
        }
        long lower = half(slot, 0);
        putLong(lower, w0);
        putLong(lower + Long.BYTES, w1);
        putLong(lower + UPPER, w2);
        putLong(lower + UPPER + Long.BYTES, w3);
        int parity = Long.bitCount(w3 ^ w2 ^ w1 ^ w0) & 1;
        if (live[parity]++ == 0) {
            setSeen(parity, true);
        }
        putLongRelease(contents(slot), contentId);
        map.put(slot);
        if (fresh) {
            slots = slot + 1;
        }
        pairs.incrementAndGet();
        return slot;
    }

    /** Gives a stored hash one more content. Returns false if it has it already. */
    boolean attach(int slot, long contentId) {
        long word = getLong(contents(slot));
        if (word >= 0) {
            if (word == contentId) {
                return false;
            }
            publishList(slot, new long[] {word, contentId}, 2);
        } else {
            long list = lists.address((int) (-1 - word));
            int count = (int) getLong(list);
            if (position(list, count, contentId) >= 0) {
                return false;
            }
            if (count < getLong(list + Long.BYTES)) {
                putLong(id(list, count), contentId);
                putLongRelease(list, count + 1);
            } else {
                long[] ids = read(list, count, count + 1);
                ids[count] = contentId;
                publishList(slot, ids, count + 1);
                retireList(word, count);
            }
        }
        pairs.incrementAndGet();
        return true;
    }

    /**
     * Has a content carry a stored hash in the place of the one that does.
     *
     * @throws IllegalStateException if several do
     */
    void replace(int slot, long contentId) {
        if (hasList(slot)) {
            throw new IllegalStateException("slot " + slot + ": several contents carry its hash");
        }
        putLongRelease(contents(slot), contentId);
    }

    /** The slot of the hash if that content carries it, or {@link SlotMap#NONE}; writer only. */
    int find(Hash256 hash, long contentId) {
        Arguments.checkContentId(contentId);
        int slot = find(hash.w3(), hash.w2(), hash.w1(), hash.w0());
        return slot == SlotMap.NONE || carries(slot, contentId) ? slot : SlotMap.NONE;
    }

    private boolean carries(int slot, long contentId) {
        long word = getLong(contents(slot));
        if (word >= 0) {
            return word == contentId;
        }
        long list = lists.address((int) (-1 - word));
        return position(list, (int) getLong(list), contentId) >= 0;
    }

    /** Takes one of several contents, which is there, from a hash; or its last one, which unlinks the slot. */
    void detach(int slot, long contentId) {
        long word = getLong(contents(slot));
        pairs.decrementAndGet();
        if (word >= 0) {
            putLongRelease(contents(slot), FREE);
            map.remove(slot);
            int parity = Long.bitCount(word(slot, 3) ^ word(slot, 2) ^ word(slot, 1) ^ word(slot, 0)) & 1;
            if (--live[parity] == 0) {
                setSeen(parity, false);
            }
            return;
        }
        long list = lists.address((int) (-1 - word));
        int count = (int) getLong(list);
        long capacity = getLong(list + Long.BYTES);
        long[] ids = read(list, count, count);
        ids[position(list, count, contentId)] = ids[count - 1];
        if (count == 2) {
            putLongRelease(contents(slot), ids[0]);
        } else {
            publishList(slot, ids, count - 1);
        }
        retireList(word, capacity);
    }

    /** Whether the slot has no content left; writer only. */
    boolean isFree(int slot) {
        return getLong(contents(slot)) == FREE;
    }

    /** Gives an unlinked slot back, to be used again when no lookup can hold it. */
    void retire(int slot) {
        limbo.retire(slot);
    }

    /** Word 0 to 3 of a slot's hash, lowest first. */
    long word(int slot, int word) {
        return getLong(half(slot, word >> 1) + (word & 1) * (long) Long.BYTES);
    }

    boolean holds(int slot, long w3, long w2, long w1, long w0) {
        return word(slot, 0) == w0 && word(slot, 1) == w1 && word(slot, 2) == w2 && word(slot, 3) == w3;
    }

    /** The address of a slot's lower (0) or upper (1) half: two words, the lower one first. */
    long half(int slot, int half) {
        return chunk(slot) + half * UPPER + (slot & CHUNK_MASK) * HALF_BYTES;
    }

    /**
     * Hands the contents of a slot to the sink if it is in use and its hash is within the distance.
     *
     * <p>The contents are read before the hash: a scan may have seen the words of a slot that was being written, and only
     * what is read after the word that publishes them is one hash.
     */
    void report(int slot, long w3, long w2, long w1, long w0, int maxDistance, int query, HashIndex.HitSink sink) {
        long word = getLongAcquire(contents(slot));
        if (word == FREE) {
            return;
        }
        int distance = distance(slot, w3, w2, w1, w0);
        if (distance > maxDistance) {
            return;
        }
        if (word >= 0) {
            sink.hit(query, distance, word);
            return;
        }
        long list = lists.address((int) (-1 - word));
        int count = (int) getLongAcquire(list);
        for (int i = 0; i < count; i++) {
            sink.hit(query, distance, getLong(id(list, i)));
        }
    }

    int distance(int slot, long w3, long w2, long w1, long w0) {
        return Long.bitCount(word(slot, 3) ^ w3)
                + Long.bitCount(word(slot, 2) ^ w2)
                + Long.bitCount(word(slot, 1) ^ w1)
                + Long.bitCount(word(slot, 0) ^ w0);
    }

    /** Writes everything; the writer's thread. */
    void save(SnapshotFormat.Writer out) throws IOException {
        int count = slots;
        out.begin(Part.SLOTS, 4L * Long.BYTES + count * (2 * HALF_BYTES + Long.BYTES));
        out.putLong(count);
        out.putLong(pairs.get());
        out.putLong(live[0]);
        out.putLong(live[1]);
        for (int first = 0; first < count; first += CHUNK_SLOTS) {
            int some = Math.min(CHUNK_SLOTS, count - first);
            out.putMemory(half(first, 0), some * HALF_BYTES);
            out.putMemory(half(first, 1), some * HALF_BYTES);
            out.putMemory(contents(first), some * (long) Long.BYTES);
        }
        out.end();
        saveLists(out);
        map.save(out);
    }

    /** Slot, count, and the content ids of each list. */
    private void saveLists(SnapshotFormat.Writer out) throws IOException {
        long bytes = 0;
        for (int slot = 0; slot < slots; slot++) {
            if (hasList(slot)) {
                bytes += 2L * Long.BYTES + getLong(list(slot)) * Long.BYTES;
            }
        }
        out.begin(Part.LISTS, bytes);
        for (int slot = 0; slot < slots; slot++) {
            if (hasList(slot)) {
                long list = list(slot);
                out.putLong(slot);
                out.putLong(getLong(list));
                out.putMemory(id(list, 0), getLong(list) * Long.BYTES);
            }
        }
        out.end();
    }

    /** Fills an empty store with what {@link #save} wrote. */
    void load(SnapshotFormat.Reader in) throws IOException {
        SnapshotFormat.PartReader part = in.next(Part.SLOTS);
        int count = (int) part.getLong();
        pairs.set(part.getLong());
        live[0] = (int) part.getLong();
        live[1] = (int) part.getLong();
        evenSeen = live[0] > 0;
        oddSeen = live[1] > 0;
        part.require(count * (2 * HALF_BYTES + Long.BYTES));
        for (int first = 0; first < count; first += CHUNK_SLOTS) {
            int some = Math.min(CHUNK_SLOTS, count - first);
            addChunk();
            part.getMemory(half(first, 0), some * HALF_BYTES);
            part.getMemory(half(first, 1), some * HALF_BYTES);
            part.getMemory(contents(first), some * (long) Long.BYTES);
        }
        part.end();
        for (int slot = 0; slot < count; slot++) {
            if (isFree(slot)) {
                limbo.retire(slot);
            }
        }
        for (ByteBuffer rest = in.next(Part.LISTS).getRest(); rest.hasRemaining(); ) {
            int slot = (int) rest.getLong();
            long[] ids = new long[(int) rest.getLong()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = rest.getLong();
            }
            publishList(slot, ids, ids.length);
        }
        map.load(in);
        slots = count;
    }

    private boolean hasList(int slot) {
        long word = getLong(contents(slot));
        return word < 0 && word != FREE;
    }

    private long list(int slot) {
        return lists.address((int) (-1 - getLong(contents(slot))));
    }

    private void setSeen(int parity, boolean seen) {
        if (parity == 0) {
            evenSeen = seen;
        } else {
            oddSeen = seen;
        }
    }

    /** The content id of a slot, or a negative number if it has none or several; {@link #report} looks at it again. */
    long contentWord(int slot) {
        return getLong(contents(slot));
    }

    private long contents(int slot) {
        return chunk(slot) + CONTENTS + (long) (slot & CHUNK_MASK) * Long.BYTES;
    }

    private long chunk(int slot) {
        return getLong(chunks.address() + (long) (slot >>> CHUNK_SHIFT) * Long.BYTES);
    }

    /** Where the list of the chunks' addresses lies; what is read from it after a slot number is the chunk of that slot. */
    long chunks() {
        return chunks.address();
    }

    private void addChunk() {
        OffHeap block = OffHeap.allocate(CHUNK_BYTES);
        putLong(chunks.address() + (long) blocks.size() * Long.BYTES, block.address());
        blocks.add(block);
    }

    private void publishList(int slot, long[] ids, int count) {
        long capacity = Math.max(FIRST_CAPACITY, 2L * Integer.highestOneBit(count));
        int number = lists.allocate(listBytes(capacity));
        long list = lists.address(number);
        putLong(list, count);
        putLong(list + Long.BYTES, capacity);
        for (int i = 0; i < count; i++) {
            putLong(id(list, i), ids[i]);
        }
        putLongRelease(contents(slot), -1L - number);
    }

    private void retireList(long word, long capacity) {
        lists.retire((int) (-1 - word), listBytes(capacity));
    }

    private static long[] read(long list, int count, int length) {
        long[] ids = new long[length];
        for (int i = 0; i < count; i++) {
            ids[i] = getLong(id(list, i));
        }
        return ids;
    }

    private static int position(long list, int count, long contentId) {
        for (int i = 0; i < count; i++) {
            if (getLong(id(list, i)) == contentId) {
                return i;
            }
        }
        return -1;
    }

    private static long id(long list, int i) {
        return list + LIST_IDS + (long) i * Long.BYTES;
    }

    private static long listBytes(long capacity) {
        return LIST_IDS + capacity * Long.BYTES;
    }

    @Override
    public void close() {
        blocks.forEach(OffHeap::close);
        chunks.close();
        lists.close();
    }
}
