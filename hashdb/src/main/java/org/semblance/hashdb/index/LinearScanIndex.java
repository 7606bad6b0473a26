package org.semblance.hashdb.index;

import java.util.function.Consumer;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.kernel.Kernels;
import org.semblance.hashdb.offheap.Readers;
import org.semblance.hashdb.offheap.ScratchPool;

/**
 * Compares the query with every stored hash: exact by construction, the fastest for small sets, and what every other
 * index must equal.
 *
 * <p>Up to distance {@value #HALF_LIMIT} a scan reads half of each hash: where the halves alone differ in more bits than
 * allowed, the hashes do. A batch goes through the hashes once, block by block, each block read by all queries while it
 * is in the first cache.
 */
public final class LinearScanIndex implements HashIndex {
    /** Above this distance unrelated halves begin to pass, and reading both at once is faster. */
    private static final int HALF_LIMIT = 44;

    private final Readers readers = new Readers();
    private final SlotStore store = new SlotStore(readers);
    private final ScratchPool<int[]> scratch = new ScratchPool<>(() -> new int[Kernels.BLOCK]);
    private final Kernels kernels;

    /** An empty index. */
    public LinearScanIndex() {
        this(Kernels.best());
    }

    LinearScanIndex(Kernels kernels) {
        this.kernels = kernels;
    }

    @Override
    public boolean add(Hash256 hash, long contentId) {
        return add(hash.w3(), hash.w2(), hash.w1(), hash.w0(), contentId);
    }

    private boolean add(long w3, long w2, long w1, long w0, long contentId) {
        Arguments.checkContentId(contentId);
        readers.phase();
        int slot = store.find(w3, w2, w1, w0);
        if (slot != SlotMap.NONE) {
            return store.attach(slot, contentId);
        }
        store.insert(w3, w2, w1, w0, contentId);
        return true;
    }

    @Override
    public void addAll(Consumer<PairSink> pairs) {
        pairs.accept(this::add);
    }

    @Override
    public boolean remove(Hash256 hash, long contentId) {
        readers.phase();
        int slot = store.find(hash, contentId);
        if (slot == SlotMap.NONE) {
            return false;
        }
        store.detach(slot, contentId);
        if (store.isFree(slot)) {
            store.retire(slot);
        }
        return true;
    }

    @Override
    public void lookup(Hash256 query, int maxDistance, HitSink sink) {
        lookup(new long[] {query.w3(), query.w2(), query.w1(), query.w0()}, 1, maxDistance, sink);
    }

    @Override
    public void lookup(long[] queries, int count, int maxDistance, HitSink sink) {
        Arguments.checkLookup(queries, count, maxDistance);
        int ticket = readers.enter();
        int[] found = scratch.take();
        try {
            scan(store, kernels, queries, count, maxDistance, found, sink);
        } finally {
            scratch.give(found);
            readers.exit(ticket);
        }
    }

    /** Scans for the queries; the caller has entered {@link Readers}. */
    static void scan(
            SlotStore store, Kernels kernels, long[] queries, int count, int maxDistance, int[] found, HitSink sink) {
        int slots = store.slots();
        for (int block = 0; block < slots; block += Kernels.BLOCK) {
            long lower = store.half(block, 0);
            long upper = store.half(block, 1);
            for (int q = 0; q < count; q++) {
                long w3 = queries[4 * q];
                long w2 = queries[4 * q + 1];
                long w1 = queries[4 * q + 2];
                long w0 = queries[4 * q + 3];
                int near = readsHalves(maxDistance)
                        ? kernels.scanHalf(lower, w0, w1, maxDistance, found)
                        : kernels.scanWhole(lower, upper, w0, w1, w2, w3, maxDistance, found);
                for (int i = 0; i < near; i++) {
                    int slot = block + found[i];
                    if (slot < slots) {
                        store.report(slot, w3, w2, w1, w0, maxDistance, q, sink);
                    }
                }
            }
        }
    }

    /** Whether a scan at that distance reads 16 bytes of each hash and not 32. */
    static boolean readsHalves(int maxDistance) {
        return maxDistance <= HALF_LIMIT;
    }

    @Override
    public long size() {
        return store.pairs();
    }

    @Override
    public long offHeapBytes() {
        return store.offHeapBytes();
    }

    @Override
    public void close() {
        if (readers.close()) {
            store.close();
        }
    }
}
