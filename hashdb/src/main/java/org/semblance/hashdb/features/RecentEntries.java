package org.semblance.hashdb.features;

import java.util.NavigableMap;
import java.util.TreeMap;
import org.semblance.hashdb.offheap.OffHeap;

/**
 * The entries of a table that came since its last merge: chains by the first bits of the key, newest first, in one block off
 * heap.
 *
 * <p>An entry is {@value #ENTRY_BYTES} bytes: the feature, the next entry of the chain, the sketch, and the 16 bits of the key
 * that follow those of the chain. No chain has more entries of one bucket than make it a hub: those beyond would be walked
 * past by every lookup that comes near. They wait in a chain of their own for the merge.
 *
 * <p>One writer; readers walk from heads that they read with acquire.
 */
final class RecentEntries {
    static final int ENTRY_BYTES = 12;
    private static final int NEXT = 4;
    private static final int SKETCH = 8;
    private static final int MORE_KEY = 10;

    /** From so many entries of a bucket on they are counted, and no longer searched for. */
    private static final int COUNTED_FROM = 64;

    private final OffHeap block;
    final int headBits;
    final long heads;
    final long entries;
    private final int bucketBits;
    private final int hub;
    private final int capacity;
    private volatile int size;

    /** Buckets with many entries. */
    private final NavigableMap<Integer, Large> large = new TreeMap<>();

    private static final class Large {
        private int count = COUNTED_FROM;
        private int overflow;
    }

    /**
     * Room for entries.
     *
     * @param headBits how many bits of the key tell the chain
     * @param bucketBits how many tell the bucket, as far as hubs are concerned; at most 16 more
     * @param hub how many entries a bucket may have and be looked at
     */
    RecentEntries(int headBits, int bucketBits, int hub, int capacity) {
        this.headBits = headBits;
        this.bucketBits = bucketBits;
        this.hub = hub;
        this.capacity = capacity;
        long headBytes = (long) Integer.BYTES << headBits;
        block = OffHeap.allocate(headBytes + (long) capacity * ENTRY_BYTES);
        heads = block.address();
        entries = heads + headBytes;
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return size == capacity;
    }

    /** Bytes that are in use. */
    long bytes() {
        return entries - heads + (long) size * ENTRY_BYTES;
    }

    void add(int feature, int key, short sketch) {
        int number = size;
        long at = entries + (long) number * ENTRY_BYTES;
        OffHeap.putInt(at, feature);
        OffHeap.putShort(at + SKETCH, sketch);
        OffHeap.putShort(at + MORE_KEY, moreKey(key, headBits));
        long headAt = heads + (long) (key >>> (Integer.SIZE - headBits)) * Integer.BYTES;
        int head = OffHeap.getInt(headAt);
        int bucket = key >>> (Integer.SIZE - bucketBits);
        Large counted = large.get(bucket);
        if (counted == null && head != 0 && hasMany(head, key)) {
            counted = new Large();
            large.put(bucket, counted);
        }
        if (counted != null && counted.count > hub) {
            OffHeap.putInt(at + NEXT, counted.overflow);
            counted.overflow = number + 1;
        } else {
            if (counted != null) {
                counted.count++;
            }
            OffHeap.putInt(at + NEXT, head);
            OffHeap.putIntRelease(headAt, number + 1);
        }
        size = number + 1;
    }

    private boolean hasMany(int head, int key) {
        int found = 0;
        for (int number = head; number != 0 && found < COUNTED_FROM; number = next(entries, number)) {
            found += isNear(moreKey(entries, number), key, headBits, bucketBits) ? 1 : 0;
        }
        return found >= COUNTED_FROM;
    }

    /** The number of the chain's newest entry, or 0. */
    static int head(long heads, int chain) {
        return OffHeap.getIntAcquire(heads + (long) chain * Integer.BYTES);
    }

    static int feature(long entries, int number) {
        return OffHeap.getInt(entries + (long) (number - 1) * ENTRY_BYTES);
    }

    static int next(long entries, int number) {
        return OffHeap.getInt(entries + (long) (number - 1) * ENTRY_BYTES + NEXT);
    }

    static short sketch(long entries, int number) {
        return OffHeap.getShort(entries + (long) (number - 1) * ENTRY_BYTES + SKETCH);
    }

    static short moreKey(long entries, int number) {
        return OffHeap.getShort(entries + (long) (number - 1) * ENTRY_BYTES + MORE_KEY);
    }

    private static short moreKey(int key, int headBits) {
        return (short) (key << headBits >>> Short.SIZE);
    }

    /** Whether an entry of the key's chain has the first so many bits of the key as well. */
    static boolean isNear(short moreKey, int key, int headBits, int bits) {
        int more = bits - headBits;
        return more <= 0 || ((moreKey ^ moreKey(key, headBits)) & 0xFFFF) >>> (Short.SIZE - more) == 0;
    }

    /** Receives entries with the first bits of their keys. */
    @FunctionalInterface
    interface Sink {
        void entry(int feature, int key, short sketch);
    }

    /** Gives the entries with numbers up to that one of all keys that begin with the prefix; writer only. */
    void under(int prefix, int prefixBits, int upTo, Sink sink) {
        int chains = 1 << (headBits - prefixBits);
        for (int chain = prefix * chains; chain < (prefix + 1) * chains; chain++) {
            give(chain, head(heads, chain), upTo, sink);
        }
        if (large.isEmpty()) {
            return;
        }
        int buckets = 1 << (bucketBits - prefixBits);
        large.subMap(prefix * buckets, (prefix + 1) * buckets)
                .forEach((bucket, counted) -> give(bucket >>> (bucketBits - headBits), counted.overflow, upTo, sink));
    }

    private void give(int chain, int first, int upTo, Sink sink) {
        for (int number = first; number != 0; number = next(entries, number)) {
            if (number <= upTo) {
                int key = chain << (Integer.SIZE - headBits)
                        | (moreKey(entries, number) & 0xFFFF) << Short.SIZE >>> headBits;
                sink.entry(feature(entries, number), key, sketch(entries, number));
            }
        }
    }

    void free() {
        block.close();
    }
}
