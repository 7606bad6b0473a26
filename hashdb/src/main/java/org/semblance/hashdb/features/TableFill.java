package org.semblance.hashdb.features;

import org.semblance.hashdb.features.VoteTable.Merged;
import org.semblance.hashdb.offheap.OffHeap;

/**
 * Makes a table of all features of a store. To put each entry where it belongs at once would miss the cache with every one.
 * So entries are first parted by the bits with which their keys begin, into parts that fit the cache, and each part is sorted
 * then. Parted entries wait where the sorted ones will be; 16 more bits of their keys are held beside.
 */
final class TableFill {
    /** How many bits of a key tell the buckets of one part from each other. */
    private static final int PART_BUCKET_BITS = 12;

    private final int table;
    private final FeatureStore store;
    private final int partBits;
    private final Merged to;
    /** Where each part begins, or, while they are filled, ends so far. */
    private final int[] ends;

    TableFill(int table, FeatureStore store, int bits) {
        this.table = table;
        this.store = store;
        partBits = Math.max(0, bits - PART_BUCKET_BITS);
        to = Merged.allocate(bits, store.features());
        ends = new int[(1 << partBits) + 1];
    }

    Merged fill() {
        store.forEachFeature((feature, descriptor) -> ends[part(key(descriptor)) + 1]++);
        for (int part = 0; part < 1 << partBits; part++) {
            ends[part + 1] += ends[part];
        }
        try (OffHeap moreKeys = OffHeap.allocate(Math.max(1, (long) Short.BYTES * store.features()))) {
            store.forEachFeature((feature, descriptor) -> {
                int key = key(descriptor);
                long at = ends[part(key)]++;
                OffHeap.putInt(to.features() + at * Integer.BYTES, feature);
                OffHeap.putShort(to.sketches() + at * Short.BYTES, (short)
                        FeatureStore.bits(descriptor, VoteTable.sketchBits(table)));
                OffHeap.putShort(moreKeys.address() + at * Short.BYTES, (short) (key << partBits >>> Short.SIZE));
            });
            sort(moreKeys.address());
        }
        return to;
    }

    /** Sorts each part in its place: it is read before it is written. */
    private void sort(long moreKeys) {
        BucketWriter out = new BucketWriter(to, partBits);
        int shift = Short.SIZE - (to.bits() - partBits);
        long at = 0;
        for (int part = 0; part < 1 << partBits; part++) {
            for (; at < ends[part]; at++) {
                out.put(
                        OffHeap.getInt(to.features() + at * Integer.BYTES),
                        (OffHeap.getShort(moreKeys + at * Short.BYTES) & 0xFFFF) >>> shift,
                        OffHeap.getShort(to.sketches() + at * Short.BYTES));
            }
            out.write(part);
        }
        out.end();
    }

    private int key(long descriptor) {
        return VoteTable.key(FeatureStore.bits(descriptor, table));
    }

    private int part(int key) {
        return (int) ((key & 0xFFFF_FFFFL) >>> (Integer.SIZE - partBits));
    }
}
