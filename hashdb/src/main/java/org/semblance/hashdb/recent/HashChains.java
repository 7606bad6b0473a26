package org.semblance.hashdb.recent;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.PigeonringIndex;
import org.semblance.hashdb.offheap.OffHeap;

/**
 * The search among the hashes of the ring. The index has each distinct hash once, with the newest sequence number that has
 * it; from there a chain leads to those before it with exactly the same hash. So a picture that a million people upload costs
 * the index no more than any other, neither when it comes nor when it leaves.
 *
 * <p>One thread changes it, any number search beside it.
 */
final class HashChains implements AutoCloseable {
    private final PigeonringIndex index = new PigeonringIndex();
    private final OffHeap steps;
    private final long capacity;

    /** @param capacity of the ring */
    HashChains(long capacity) {
        this.capacity = capacity;
        this.steps = OffHeap.allocate(capacity * Integer.BYTES);
    }

    /** Makes that hash found; sequence numbers must come in order. */
    void add(Hash256 hash, long seq) {
        link(hash, seq);
        index.put(hash, seq);
    }

    /** Makes many found in one go, which is much faster. */
    void addAll(Iterable<RingFile.Slot> slots) {
        index.putAll(put -> slots.forEach(slot -> {
            link(slot.hash(), slot.seq());
            put.accept(slot.hash(), slot.seq());
        }));
    }

    /** The step is there before the index leads to it. */
    private void link(Hash256 hash, long seq) {
        long before = index.carrier(hash);
        long step = before < 0 ? 0 : seq - before;
        OffHeap.putInt(step(seq), step <= 0 || step >= capacity ? 0 : (int) step);
    }

    /** The oldest one leaves the ring. If others have its hash, the chain to them is cut by its number alone. */
    void remove(Hash256 hash, long seq) {
        index.remove(hash, seq);
    }

    private long step(long seq) {
        return steps.address() + seq % capacity * Integer.BYTES;
    }

    /** Receives what a search finds. */
    @FunctionalInterface
    interface Sink {
        /**
         * A hash of the ring within the distance.
         *
         * @return whether the search goes on
         */
        boolean near(int distance, long seq);
    }

    /**
     * Finds every hash within the distance of the query.
     *
     * @param isKept whether the ring still has that number; asked after a step was read, so that no step of another is taken
     * @return false if the sink ended it
     */
    boolean search(Hash256 query, int maxDistance, LongPredicate isKept, Sink sink) {
        List<long[]> newest = new ArrayList<>();
        index.lookup(query, maxDistance, (unused, distance, seq) -> newest.add(new long[] {distance, seq}));
        for (long[] hit : newest) {
            long seq = hit[1];
            int step;
            do {
                step = OffHeap.getInt(step(seq));
                if (!isKept.test(seq)) {
                    break;
                }
                if (!sink.near((int) hit[0], seq)) {
                    return false;
                }
                seq -= step;
            } while (step != 0);
        }
        return true;
    }

    /** How many distinct hashes are found. */
    long size() {
        return index.size();
    }

    long offHeapBytes() {
        return index.offHeapBytes() + steps.bytes();
    }

    @Override
    public void close() {
        index.close(); // Waits for lookups; whoever still follows a chain is waited for by the owner.
        steps.close();
    }
}
