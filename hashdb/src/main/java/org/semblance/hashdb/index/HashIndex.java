package org.semblance.hashdb.index;

import java.util.function.Consumer;
import org.semblance.hashdb.hash.Hash256;

/**
 * Every stored hash within a distance of a query, exactly.
 *
 * <p>Entries are pairs of a hash and a content id; many contents may carry the same hash and one content many hashes.
 * A lookup at distance {@code d} reports each live pair whose distance is {@code <= d}, once, in no particular order,
 * for every {@code d} from 0 to 256: an approximate index would miss known items silently. A pair that was there
 * before the lookup began and was not removed meanwhile is always reported.
 *
 * <p>One thread at a time may change the index; any number may look up beside it and are not blocked.
 */
public interface HashIndex extends AutoCloseable {
    /**
     * Adds the pair; adding one that is there already does nothing. It is found by every lookup that begins after.
     *
     * @param contentId 0 or more
     * @return false if the pair was there already
     */
    boolean add(Hash256 hash, long contentId);

    /**
     * Adds many pairs in one go, which costs far less a pair when the index is small or empty. They are found by every
     * lookup that begins after this call, some of them by earlier ones.
     *
     * @param pairs hands each pair to the sink it is given; what it throws passes through, and the pairs handed over
     *     until then stay
     */
    void addAll(Consumer<PairSink> pairs);

    /**
     * Removes the pair; no lookup that begins after finds it.
     *
     * @param contentId 0 or more
     * @return false if the pair was not there
     */
    boolean remove(Hash256 hash, long contentId);

    /** Reports every pair within {@code maxDistance} (0..256, inclusive) of the query to the sink. */
    void lookup(Hash256 query, int maxDistance, HitSink sink);

    /**
     * Looks up many hashes in one call, which costs less a hash than one call each.
     *
     * @param queries four longs a hash: w3, w2, w1, w0
     * @param count how many hashes
     */
    void lookup(long[] queries, int count, int maxDistance, HitSink sink);

    /** How many pairs are stored. */
    long size();

    /** Bytes of memory mapped outside the Java heap. */
    long offHeapBytes();

    /**
     * Waits until no lookup is running and frees the memory. Later calls of anything but {@code close} throw {@link
     * IllegalStateException}. Must not be called from a sink.
     */
    @Override
    void close();

    /** Receives the hits of a lookup. */
    @FunctionalInterface
    interface HitSink {
        /**
         * One stored pair within the distance.
         *
         * @param query which query of the batch, from 0
         * @param distance 0..256
         */
        void hit(int query, int distance, long contentId);
    }

    /** Which contents a lookup is to look at. */
    @FunctionalInterface
    interface ContentFilter {
        /** Whether the content may be wanted; quick, and asked of a content as often as tables hold it. */
        boolean wants(long contentId);
    }

    /** Receives the pairs of {@link #addAll}. */
    @FunctionalInterface
    interface PairSink {
        /** One pair: the four words of the hash, highest first, and the content id (0 or more). */
        void pair(long w3, long w2, long w1, long w0, long contentId);
    }
}
