package org.semblance.hashdb.index;

import static org.semblance.hashdb.offheap.OffHeap.getLong;
import static org.semblance.hashdb.offheap.OffHeap.putLong;

import java.util.Arrays;
import org.semblance.hashdb.offheap.OffHeap;

/**
 * The slots in use, those of neighbouring buckets together: to enter one bucket after the other as the slots come would
 * wait for memory each time.
 */
final class SlotsByBucket {
    private static final int SLOT_BITS = 25;
    /** Slots that are put in order in one go: there are then several for most buckets. */
    static final int AT_ONCE = 1 << SLOT_BITS;
    /** The buckets of a group lie in the second cache: their memory is a thousandth of the table's. */
    private static final int GROUP_BITS = 10;

    private static final int GROUPS = 1 << GROUP_BITS;

    private final SlotStore store;
    private final Ring ring;
    private final int chunk;
    private final int groupShift;
    private final int[] ends = new int[GROUPS];

    /** What to do with each. */
    interface Sink {
        /**
         * A slot in use.
         *
         * @param bucket value of the chunk
         * @param sketch value of the next one
         */
        void slot(int bucket, int sketch, int slot);
    }

    SlotsByBucket(SlotStore store, Ring ring, int chunk) {
        this.store = store;
        this.ring = ring;
        this.chunk = chunk;
        groupShift = ring.width(chunk) - GROUP_BITS;
    }

    /**
     * Hands all over.
     *
     * @param atOnce how many slots are put in order before any is handed over, up to {@link #AT_ONCE}: 8 bytes each
     */
    void forEach(int atOnce, Sink sink) {
        int slots = store.slots();
        try (OffHeap memory = OffHeap.allocate((long) Long.BYTES * Math.clamp(slots, 1, atOnce))) {
            for (int first = 0; first < slots; first += Math.min(atOnce, slots - first)) {
                order(first, first + Math.min(atOnce, slots - first), memory.address());
                handOver(first, memory.address(), sink);
            }
        }
    }

    /** Writes the lower bits of the bucket, the sketch, and the number from {@code first} on of each slot, by groups. */
    private void order(int first, int end, long items) {
        Arrays.fill(ends, 0);
        for (int slot = first; slot < end; slot++) {
            if (!store.isFree(slot)) {
                ends[value(slot, chunk) >>> groupShift]++;
            }
        }
        int sum = 0;
        for (int group = 0; group < GROUPS; group++) {
            int count = ends[group];
            ends[group] = sum;
            sum += count;
        }
        int next = ring.next(chunk);
        int inGroup = (1 << groupShift) - 1;
        for (int slot = first; slot < end; slot++) {
            if (!store.isFree(slot)) {
                int bucket = value(slot, chunk);
                long item = ((long) (bucket & inGroup) << Ring.MAX_WIDTH | value(slot, next)) << SLOT_BITS;
                putLong(items + 8L * ends[bucket >>> groupShift]++, item | slot - first);
            }
        }
    }

    private void handOver(int first, long items, Sink sink) {
        int i = 0;
        for (int group = 0; group < GROUPS; group++) {
            for (; i < ends[group]; i++) {
                long item = getLong(items + 8L * i);
                int bucket = group << groupShift | (int) (item >>> SLOT_BITS + Ring.MAX_WIDTH);
                int sketch = (int) (item >>> SLOT_BITS) & (1 << Ring.MAX_WIDTH) - 1;
                sink.slot(bucket, sketch, first + ((int) item & AT_ONCE - 1));
            }
        }
    }

    private int value(int slot, int ofChunk) {
        return ring.value(store.word(slot, ring.word(ofChunk)), ofChunk);
    }
}
