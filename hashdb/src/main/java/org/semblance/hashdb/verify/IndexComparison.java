package org.semblance.hashdb.verify;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.HashIndex;

/**
 * Compares the pairs of an index with those of the catalog, both ways, without a list of either.
 *
 * <p>A lookup at distance 256 reports every pair of an index, as its content and the distance to the query. With
 * {@value #PROBES} random queries that makes a fingerprint of each hash: one bit flipped changes all of its distances;
 * two flipped bits leave a distance as it was with probability 1/2, so all of them with 2^-32, and an unrelated hash
 * sooner differs. For each content a 64-bit sum of mixed distances is kept, to which the index adds and from which the
 * catalog subtracts: what is not zero in the end differs. 8 bytes a content id, off heap.
 */
public final class IndexComparison implements AutoCloseable {
    private static final int PROBES = 32;
    private static final int MAX_NAMED = 100;

    private final Hash256[] probes = new Hash256[PROBES];
    private final long[] weights = new long[PROBES * (Hash256.BITS + 1)];
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment sums;
    private final long maxContentId;
    private long indexPairs;
    private long catalogPairs;
    private long beyond;

    /** @param maxContentId the largest id that the catalog has */
    public IndexComparison(long maxContentId) {
        this.maxContentId = maxContentId;
        sums = arena.allocate(ValueLayout.JAVA_LONG, maxContentId + 1);
        SplittableRandom random = new SplittableRandom(maxContentId);
        for (int i = 0; i < PROBES; i++) {
            probes[i] = new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] = random.nextLong();
        }
    }

    /** Takes in every pair of the index; it must not change meanwhile. */
    public void addAll(HashIndex index) {
        long[] queries = new long[4 * PROBES];
        for (int i = 0; i < PROBES; i++) {
            for (int word = 0; word < 4; word++) {
                queries[4 * i + word] = probes[i].word(3 - word);
            }
        }
        index.lookup(queries, PROBES, Hash256.BITS, (query, distance, contentId) -> {
            if (query == 0) {
                indexPairs++;
            }
            if (contentId < 0 || contentId > maxContentId) {
                beyond++;
            } else {
                add(contentId, weight(query, distance));
            }
        });
    }

    /** Takes out a pair of the catalog. */
    public void subtract(long contentId, Hash256 hash) {
        catalogPairs++;
        long sum = 0;
        for (int i = 0; i < PROBES; i++) {
            sum += weight(i, probes[i].distance(hash));
        }
        add(contentId, -sum);
    }

    private long weight(int probe, int distance) {
        return weights[probe * (Hash256.BITS + 1) + distance];
    }

    private void add(long contentId, long value) {
        sums.setAtIndex(ValueLayout.JAVA_LONG, contentId, sums.getAtIndex(ValueLayout.JAVA_LONG, contentId) + value);
    }

    /** Pairs of the catalog that were compared. */
    public long catalogPairs() {
        return catalogPairs;
    }

    /** The differences; empty if there are none. */
    public List<String> differences() {
        List<String> differences = new ArrayList<>();
        if (indexPairs != catalogPairs) {
            differences.add("index: " + indexPairs + " hashes (catalog: " + catalogPairs + ")");
        }
        if (beyond > 0) {
            differences.add("index: " + beyond / PROBES + " hashes of contents that the catalog does not have");
        }
        for (long id = 0; id <= maxContentId && differences.size() < MAX_NAMED; id++) {
            if (sums.getAtIndex(ValueLayout.JAVA_LONG, id) != 0) {
                differences.add("content " + id + ": the index does not hold the hashes that the catalog has");
            }
        }
        return differences;
    }

    @Override
    public void close() {
        arena.close();
    }
}
