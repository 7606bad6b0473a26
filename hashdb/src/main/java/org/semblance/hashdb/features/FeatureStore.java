package org.semblance.hashdb.features;

import java.util.Arrays;
import java.util.BitSet;
import org.semblance.hashdb.offheap.IntStack;
import org.semblance.hashdb.offheap.OffHeap;

/**
 * The pictures of contents and their features, off heap.
 *
 * <p>A feature has a number; the features of a picture have numbers in a row, from a multiple of {@value #BLOCK} on, and one
 * owner is kept for each block of {@value #BLOCK}. A picture is {@value #PICTURE_BYTES} bytes: content id, time, first
 * block, count, width, height, and the next picture of its content.
 *
 * <p>One writer. Readers follow numbers that they found in a table: what a number names was written before it was
 * published, and is not written again while one of them can hold it.
 */
final class FeatureStore implements AutoCloseable {
    /** Features in a block, which has one owner. */
    static final int BLOCK = 8;

    /** In the place of the content id of a picture that was removed. */
    static final long REMOVED = -1;

    /** Of no picture. */
    static final int NONE = -1;

    private static final int DESCRIPTOR_BYTES = Long.BYTES * Features.WORDS;

    private static final int CHUNK_BITS = 16;
    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final int CHUNK_BLOCKS = CHUNK / BLOCK;
    private static final long PLACES = (long) CHUNK * DESCRIPTOR_BYTES;
    private static final long OWNERS = PLACES + (long) CHUNK * Integer.BYTES;
    private static final long CHUNK_BYTES = OWNERS + (long) CHUNK_BLOCKS * Integer.BYTES;
    private static final int MAX_CHUNKS = 1 << (31 - CHUNK_BITS);

    static final int PICTURE_BYTES = 32;
    private static final int PICTURE_CHUNK_BITS = 15;
    private static final long PICTURE_CHUNK_BYTES = (long) PICTURE_BYTES << PICTURE_CHUNK_BITS;
    private static final int MS = 8;
    private static final int FIRST_BLOCK = 12;
    private static final int COUNT = 16;
    private static final int WIDTH = 18;
    private static final int HEIGHT = 20;
    private static final int NEXT = 24;

    private static final int MAX_BLOCKS = blocks(Features.MAX_COUNT);

    private OffHeap[] memory = new OffHeap[0];
    /** Addresses of the chunks; larger arrays take the place of smaller ones. */
    private volatile long[] chunks = new long[0];

    private volatile long[] pictureChunks = new long[0];
    private int nextBlock;
    private int nextPicture;

    /** Free runs of blocks, by their length. */
    private final IntStack[] freeBlocks = new IntStack[MAX_BLOCKS + 1];

    private final IntStack freePictures = new IntStack();
    /** How many snapshots are being written, which need the features of removed pictures as they were. */
    private int holds;

    private final BitSet deadBlocks = new BitSet();
    private final ContentTable contents = new ContentTable(this);

    private volatile long liveContents;
    private volatile long livePictures;
    private volatile long liveFeatures;
    private volatile long deadFeatures;

    FeatureStore() {
        Arrays.setAll(freeBlocks, length -> new IntStack());
    }

    long contents() {
        return liveContents;
    }

    long pictures() {
        return livePictures;
    }

    /** Features of pictures that are not removed. */
    long features() {
        return liveFeatures;
    }

    /** Features of removed pictures that were not freed. */
    long deadFeatures() {
        return deadFeatures;
    }

    /** Bytes of memory; whole chunks. */
    long bytes() {
        return chunks.length * CHUNK_BYTES + pictureChunks.length * PICTURE_CHUNK_BYTES + contents.bytes();
    }

    // ---- For readers and the writer.

    /** Chunks for {@link #descriptor}; those of numbers that were read before. */
    long[] chunks() {
        return chunks;
    }

    /** The address of a descriptor, {@value Features#WORDS} longs. */
    static long descriptor(long[] chunks, int feature) {
        return chunks[feature >>> CHUNK_BITS] + (long) (feature & CHUNK - 1) * DESCRIPTOR_BYTES;
    }

    /** The place of a feature, as {@link Features#place}. */
    static int place(long[] chunks, int feature) {
        return OffHeap.getInt(chunks[feature >>> CHUNK_BITS] + PLACES + (long) (feature & CHUNK - 1) * Integer.BYTES);
    }

    /** The picture that a feature is of. */
    static int owner(long[] chunks, int feature) {
        return OffHeap.getInt(
                chunks[feature >>> CHUNK_BITS] + OWNERS + (long) ((feature & CHUNK - 1) / BLOCK) * Integer.BYTES);
    }

    /** 32 bits of a descriptor, {@code number} from 0: the low half of each long, then the high one. */
    static int bits(long descriptor, int number) {
        return bits32(OffHeap.getLong(descriptor + (long) (number >> 1) * Long.BYTES), number);
    }

    static int bits32(long word, int number) {
        return (int) (word >>> ((number & 1) * Integer.SIZE));
    }

    private long address(int picture) {
        return pictureChunks[picture >>> PICTURE_CHUNK_BITS]
                + (long) (picture & (1 << PICTURE_CHUNK_BITS) - 1) * PICTURE_BYTES;
    }

    /** The content of a picture, or {@link #REMOVED}. */
    long contentId(int picture) {
        return OffHeap.getLongAcquire(address(picture));
    }

    int ms(int picture) {
        return OffHeap.getInt(address(picture) + MS);
    }

    int firstFeature(int picture) {
        return OffHeap.getInt(address(picture) + FIRST_BLOCK) * BLOCK;
    }

    int count(int picture) {
        return Short.toUnsignedInt(OffHeap.getShort(address(picture) + COUNT));
    }

    int width(int picture) {
        return OffHeap.getShort(address(picture) + WIDTH);
    }

    int height(int picture) {
        return OffHeap.getShort(address(picture) + HEIGHT);
    }

    int next(int picture) {
        return OffHeap.getInt(address(picture) + NEXT);
    }

    Features features(int picture) {
        int count = count(picture);
        int first = firstFeature(picture);
        long[] now = chunks;
        long[] descriptors = new long[Features.WORDS * count];
        int[] places = new int[count];
        for (int i = 0; i < count; i++) {
            long at = descriptor(now, first + i);
            for (int word = 0; word < Features.WORDS; word++) {
                descriptors[Features.WORDS * i + word] = OffHeap.getLong(at + (long) word * Long.BYTES);
            }
            places[i] = place(now, first + i);
        }
        return new Features(width(picture), height(picture), descriptors, places);
    }

    // ---- For the writer.

    boolean holds(long contentId) {
        return contents.find(contentId) != NONE;
    }

    /** Receives contents and their first pictures; the others follow by {@link #next}, by their time. */
    @FunctionalInterface
    interface ContentSink {
        void content(long contentId, int firstPicture);
    }

    /** Receives features and the addresses of their descriptors. */
    @FunctionalInterface
    interface FeatureSink {
        void feature(int feature, long descriptor);
    }

    /** Gives every feature of the pictures that are not removed. */
    void forEachFeature(FeatureSink sink) {
        long[] now = chunks;
        for (int picture = 0; picture < nextPicture; picture++) {
            if (contentId(picture) != REMOVED) {
                int first = firstFeature(picture);
                int end = first + count(picture);
                for (int feature = first; feature < end; feature++) {
                    sink.feature(feature, descriptor(now, feature));
                }
            }
        }
    }

    void forEachContent(ContentSink sink) {
        for (int picture = 0; picture < nextPicture; picture++) {
            long contentId = contentId(picture);
            if (contentId != REMOVED && contents.find(contentId) == picture) {
                sink.content(contentId, picture);
            }
        }
    }

    /** Begins a content with its last picture, or puts a picture before those it has. Returns the number. */
    int add(long contentId, BankedPicture picture) {
        Features features = picture.features();
        int count = features.count();
        int number = add(contentId, picture.ms(), features.width(), features.height(), count);
        int first = firstFeature(number);
        for (int i = 0; i < count; i++) {
            long at = descriptor(chunks, first + i);
            for (int word = 0; word < Features.WORDS; word++) {
                OffHeap.putLong(at + (long) word * Long.BYTES, features.word(i, word));
            }
            OffHeap.putInt(placeAddress(first + i), features.place(i));
        }
        return number;
    }

    /** Adds a picture whose descriptors and places the caller has still to write; returns its number. */
    int add(long contentId, int ms, int width, int height, int count) {
        int blocks = blocks(count);
        int firstBlock = allocate(blocks);
        int number = freePictures.isEmpty() ? newPicture() : freePictures.pop();
        long[] now = chunks;
        for (int block = firstBlock; block < firstBlock + blocks; block++) {
            OffHeap.putInt(now[block / CHUNK_BLOCKS] + OWNERS + (long) (block % CHUNK_BLOCKS) * Integer.BYTES, number);
        }
        long address = address(number);
        int before = contents.find(contentId);
        OffHeap.putInt(address + MS, ms);
        OffHeap.putInt(address + FIRST_BLOCK, firstBlock);
        OffHeap.putShort(address + COUNT, (short) count);
        OffHeap.putShort(address + WIDTH, (short) width);
        OffHeap.putShort(address + HEIGHT, (short) height);
        OffHeap.putInt(address + NEXT, before);
        OffHeap.putLongRelease(address, contentId);
        contents.put(contentId, number);
        liveContents += before == NONE ? 1 : 0;
        livePictures++;
        liveFeatures += count;
        return number;
    }

    long descriptorAddress(int feature) {
        return descriptor(chunks, feature);
    }

    long placeAddress(int feature) {
        return chunks[feature >>> CHUNK_BITS] + PLACES + (long) (feature & CHUNK - 1) * Integer.BYTES;
    }

    /**
     * Takes a content out; no lookup that begins after finds its pictures.
     *
     * @param gone gets the numbers of its pictures, to be freed when no table has their features
     */
    void remove(long contentId, IntStack gone) {
        int next;
        for (int picture = contents.remove(contentId); picture != NONE; picture = next) {
            long address = address(picture);
            next = OffHeap.getInt(address + NEXT);
            OffHeap.putLongRelease(address, REMOVED);
            int count = count(picture);
            int firstBlock = OffHeap.getInt(address + FIRST_BLOCK);
            deadBlocks.set(firstBlock, firstBlock + blocks(count));
            gone.push(picture);
            livePictures--;
            liveFeatures -= count;
            deadFeatures += count;
        }
        liveContents--;
    }

    /** Whether the feature is of a picture that was removed. */
    boolean isDead(int feature) {
        return deadBlocks.get(feature / BLOCK);
    }

    /** Lets the memory of a removed picture be used again: no table has its features, and no lookup can hold them. */
    void free(int picture) {
        int count = count(picture);
        int firstBlock = OffHeap.getInt(address(picture) + FIRST_BLOCK);
        int blocks = blocks(count);
        deadBlocks.clear(firstBlock, firstBlock + blocks);
        if (blocks > 0) {
            freeBlocks[blocks].push(firstBlock);
        }
        freePictures.push(picture);
        deadFeatures -= count;
    }

    /** From now on features of removed pictures stay as they are; ended by {@link #release}. */
    void hold() {
        holds++;
    }

    void release() {
        holds--;
    }

    static int blocks(int features) {
        return (features + BLOCK - 1) / BLOCK;
    }

    /** The first of so many blocks in a row, all of one chunk. */
    private int allocate(int blocks) {
        if (blocks == 0) {
            return 0;
        }
        if (holds == 0) {
            for (int length = blocks; length <= MAX_BLOCKS; length++) {
                if (!freeBlocks[length].isEmpty()) {
                    int first = freeBlocks[length].pop();
                    if (length > blocks) {
                        freeBlocks[length - blocks].push(first + blocks);
                    }
                    return first;
                }
            }
        }
        int left = chunks.length * CHUNK_BLOCKS - nextBlock;
        if (left < blocks) {
            if (left > 0) {
                freeBlocks[left].push(nextBlock);
            }
            nextBlock = chunks.length * CHUNK_BLOCKS;
            if (chunks.length == MAX_CHUNKS) {
                throw new IllegalStateException("the index of features is full: 2^31 features");
            }
            chunks = withNew(chunks, CHUNK_BYTES);
        }
        int first = nextBlock;
        nextBlock += blocks;
        return first;
    }

    private int newPicture() {
        if (nextPicture >>> PICTURE_CHUNK_BITS == pictureChunks.length) {
            pictureChunks = withNew(pictureChunks, PICTURE_CHUNK_BYTES);
        }
        return nextPicture++;
    }

    private long[] withNew(long[] addresses, long bytes) {
        OffHeap block = OffHeap.allocate(bytes);
        memory = Arrays.copyOf(memory, memory.length + 1);
        memory[memory.length - 1] = block;
        long[] more = Arrays.copyOf(addresses, addresses.length + 1);
        more[addresses.length] = block.address();
        return more;
    }

    @Override
    public void close() {
        for (OffHeap block : memory) {
            block.close();
        }
        contents.close();
    }
}
