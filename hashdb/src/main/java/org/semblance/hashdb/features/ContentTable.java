package org.semblance.hashdb.features;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.offheap.OffHeap;

/** The first picture of each content: a hash table off heap with linear probing, for the writer alone. */
final class ContentTable implements AutoCloseable {
    private static final int FIRST_BITS = 10;

    private final FeatureStore store;
    private @Nullable OffHeap memory;
    private long slots;
    private int bits;
    private int used;

    ContentTable(FeatureStore store) {
        this.store = store;
    }

    long bytes() {
        return bits == 0 ? 0 : (long) Integer.BYTES << bits;
    }

    /** The first picture of the content, or {@link FeatureStore#NONE}. */
    int find(long contentId) {
        if (bits == 0) {
            return FeatureStore.NONE;
        }
        return get(slot(contentId));
    }

    /** Notes the first picture of a content, in place of the one it had. */
    void put(long contentId, int picture) {
        if (bits == 0 || 2 * used >= 1 << bits) {
            grow();
        }
        int slot = slot(contentId);
        used += get(slot) == FeatureStore.NONE ? 1 : 0;
        set(slot, picture);
    }

    /** Takes a content out; returns its first picture, or {@link FeatureStore#NONE}. */
    int remove(long contentId) {
        int gone = find(contentId);
        if (gone == FeatureStore.NONE) {
            return gone;
        }
        int mask = (1 << bits) - 1;
        int hole = slot(contentId);
        for (int slot = hole + 1 & mask; get(slot) != FeatureStore.NONE; slot = slot + 1 & mask) {
            int home = home(store.contentId(get(slot)));
            // Whatever would not be found behind the hole moves into it.
            if ((slot - home & mask) >= (slot - hole & mask)) {
                set(hole, get(slot));
                hole = slot;
            }
        }
        set(hole, FeatureStore.NONE);
        used--;
        return gone;
    }

    private int slot(long contentId) {
        int mask = (1 << bits) - 1;
        int slot = home(contentId);
        while (get(slot) != FeatureStore.NONE && store.contentId(get(slot)) != contentId) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private int home(long contentId) {
        return (int) (contentId * 0x9E3779B97F4A7C15L >>> (Long.SIZE - bits));
    }

    /** Memory is zero at first, so a slot has the picture's number plus one. */
    private int get(int slot) {
        return OffHeap.getInt(slots + (long) slot * Integer.BYTES) - 1;
    }

    private void set(int slot, int picture) {
        OffHeap.putInt(slots + (long) slot * Integer.BYTES, picture + 1);
    }

    private void grow() {
        OffHeap old = memory;
        long oldSlots = slots;
        int oldLength = bits == 0 ? 0 : 1 << bits;
        bits = bits == 0 ? FIRST_BITS : bits + 1;
        OffHeap larger = OffHeap.allocate((long) Integer.BYTES << bits);
        memory = larger;
        slots = larger.address();
        for (int i = 0; i < oldLength; i++) {
            int picture = OffHeap.getInt(oldSlots + (long) i * Integer.BYTES) - 1;
            if (picture != FeatureStore.NONE) {
                set(slot(store.contentId(picture)), picture);
            }
        }
        if (old != null) {
            old.close();
        }
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.close();
        }
    }
}
