package org.semblance.hashdb.features;

import java.util.Arrays;
import org.semblance.hashdb.offheap.OffHeap;

/**
 * Finds the banked features near those of a query: each pair once. Scratch of one lookup at a time.
 *
 * <p>A pair is found if, in a table whose bucket is no hub, both features lie in the same bucket, their sketches differ in at
 * most {@value #SKETCH_DISTANCE} bits, and their descriptors in at most so many as asked. It is reported through the first
 * such table, so nothing is remembered of what was found.
 *
 * <p>Nearly every read misses the cache. So reads that do not depend on each other are made together: first where the buckets
 * of many probes begin and end, then their sketches, then the features behind those that pass, then the descriptors.
 */
final class FeatureLookup {
    /** Of the 16 bits of a sketch, how many may differ. */
    static final int SKETCH_DISTANCE = 3;

    private static final int TABLES = VoteTable.TABLES;

    /** Features of a query that are probed together; their lines fit the second cache. */
    private static final int TOGETHER = 128;

    private static final int PROBES = TOGETHER * TABLES;
    private static final int CANDIDATES = 4096;

    /** Larger scratch is not kept. */
    private static final int KEPT = 1 << 20;

    private final FeatureStore store;
    private final VoteTables tables;
    private final int hub;

    // The query.
    private long[] words = new long[0];
    private int maxDistance;
    private int bucketBits;

    // The tables as they were when the lookup began.
    private final int[] mergedBits = new int[TABLES];
    private final long[] bucketStarts = new long[TABLES];
    private final long[] bucketSketches = new long[TABLES];
    private final long[] bucketFeatures = new long[TABLES];
    private final int[] headBits = new int[TABLES];
    private final long[] heads = new long[TABLES];
    private final long[] entries = new long[TABLES];
    private boolean anyRecent;

    /** A bit for each table in which a feature has a hub. */
    private byte[] hubTables = new byte[0];

    // Probes of some features: table after table within a feature.
    private int first;
    private final int[] keys = new int[PROBES];
    private final short[] sketches = new short[PROBES];
    private final int[] starts = new int[PROBES];
    private final int[] ends = new int[PROBES];
    private final int[] recentMatches = new int[PROBES];

    // Chains that are being walked.
    private int[] walked = new int[PROBES];
    private int[] walkers = new int[PROBES];
    private int walking;

    // Entries of chains that pass.
    private int[] recentProbes = new int[256];
    private int[] recentFeatures = new int[256];
    private int recents;

    // Entries of buckets that pass.
    private final int[] candidateProbes = new int[CANDIDATES];
    private final long[] candidateAddresses = new long[CANDIDATES];
    private final int[] candidateFeatures = new int[CANDIDATES];
    private int candidates;

    private long[] pairs = new long[1024];
    private int pairCount;
    private long compared;
    private int hubs;

    /** Keeps reads that only bring a line into the cache. */
    private int touched;

    FeatureLookup(FeatureStore store, VoteTables tables, int hub) {
        this.store = store;
        this.tables = tables;
        this.hub = hub;
    }

    /** What was found: the feature of the query in the upper half, the banked one in the lower. */
    long[] pairs() {
        return pairs;
    }

    int pairCount() {
        return pairCount;
    }

    /** Descriptors that were compared. */
    long compared() {
        return compared;
    }

    /** Buckets that were skipped. */
    int hubs() {
        return hubs;
    }

    /** In how many tables the feature's bucket is a hub. */
    int hubs(int feature) {
        return Integer.bitCount(hubTables[feature] & 0xFF);
    }

    /** Whether this is small enough to be kept for another lookup. */
    boolean isSmall() {
        return pairs.length <= KEPT && recentProbes.length <= KEPT && walked.length <= KEPT;
    }

    /** Of no meaning; as it can be asked for, the reads behind it are made. */
    int touched() {
        return touched;
    }

    /**
     * Finds the pairs.
     *
     * @param bucketBits how many bits of the keys tell the bucket
     */
    void find(Features query, int maxDistance, int bucketBits) {
        this.maxDistance = maxDistance;
        this.bucketBits = bucketBits;
        int count = query.count();
        if (words.length < Features.WORDS * count) {
            words = new long[Features.WORDS * count];
            hubTables = new byte[count];
        }
        for (int feature = 0; feature < count; feature++) {
            for (int word = 0; word < Features.WORDS; word++) {
                words[Features.WORDS * feature + word] = query.word(feature, word);
            }
        }
        Arrays.fill(hubTables, (byte) 0);
        takeVersions();
        pairCount = 0;
        compared = 0;
        hubs = 0;
        for (first = 0; first < count; first += TOGETHER) {
            int probes = Math.min(TOGETHER, count - first) * TABLES;
            locate(probes);
            walkChains(probes);
            skipHubs(probes);
            compareRecent();
            compareMerged(probes);
        }
    }

    private void takeVersions() {
        anyRecent = false;
        for (int table = 0; table < TABLES; table++) {
            VoteTable.Version version = tables.get(table).version();
            VoteTable.Merged merged = version.merged();
            mergedBits[table] = merged.bits();
            bucketStarts[table] = merged.starts();
            bucketSketches[table] = merged.sketches();
            bucketFeatures[table] = merged.features();
            headBits[table] = version.recent().headBits;
            heads[table] = version.recent().heads;
            entries[table] = version.recent().entries;
            anyRecent |= version.recent().size() > 0;
        }
    }

    private void locate(int probes) {
        for (int probe = 0; probe < probes; probe++) {
            int table = probe % TABLES;
            int word = (first + probe / TABLES) * Features.WORDS;
            int key = VoteTable.key(FeatureStore.bits32(words[word + (table >> 1)], table));
            int sketchBits = VoteTable.sketchBits(table);
            keys[probe] = key;
            sketches[probe] = (short) FeatureStore.bits32(words[word + (sketchBits >> 1)], sketchBits);
            int bits = Math.min(bucketBits, mergedBits[table]);
            int bucket = key >>> (Integer.SIZE - bits);
            int shift = mergedBits[table] - bits;
            starts[probe] = start(table, bucket << shift);
            ends[probe] = start(table, bucket + 1 << shift);
        }
    }

    private int start(int table, int bucket) {
        return OffHeap.getInt(bucketStarts[table] + (long) bucket * Integer.BYTES);
    }

    /** Walks all chains one entry at a time. */
    private void walkChains(int probes) {
        Arrays.fill(recentMatches, 0, probes, 0);
        recents = 0;
        if (!anyRecent) {
            return;
        }
        walking = 0;
        for (int probe = 0; probe < probes; probe++) {
            int table = probe % TABLES;
            int shift = Math.max(0, headBits[table] - bucketBits);
            int chain = keys[probe] >>> (Integer.SIZE - headBits[table]) >>> shift << shift;
            for (int end = chain + (1 << shift); chain < end; chain++) {
                walk(probe, RecentEntries.head(heads[table], chain));
            }
        }
        while (walking > 0) {
            int walkersNow = walking;
            walking = 0;
            for (int i = 0; i < walkersNow; i++) {
                int probe = walkers[i];
                int number = walked[i];
                long from = entries[probe % TABLES];
                if (RecentEntries.isNear(
                        RecentEntries.moreKey(from, number), keys[probe], headBits[probe % TABLES], bucketBits)) {
                    recentMatches[probe]++;
                    if (passes(RecentEntries.sketch(from, number), sketches[probe])) {
                        addRecent(probe, RecentEntries.feature(from, number));
                    }
                }
                walk(probe, RecentEntries.next(from, number));
            }
        }
    }

    /** Goes on with that entry, if there is one. */
    private void walk(int probe, int number) {
        if (number == 0) {
            return;
        }
        if (walking == walkers.length) {
            walkers = Arrays.copyOf(walkers, 2 * walking);
            walked = Arrays.copyOf(walked, 2 * walking);
        }
        walkers[walking] = probe;
        walked[walking++] = number;
    }

    private void addRecent(int probe, int feature) {
        if (recents == recentProbes.length) {
            recentProbes = Arrays.copyOf(recentProbes, 2 * recents);
            recentFeatures = Arrays.copyOf(recentFeatures, 2 * recents);
        }
        recentProbes[recents] = probe;
        recentFeatures[recents++] = feature;
    }

    private static boolean passes(short sketch, short of) {
        return Integer.bitCount((sketch ^ of) & 0xFFFF) <= SKETCH_DISTANCE;
    }

    private void skipHubs(int probes) {
        for (int probe = 0; probe < probes; probe++) {
            int table = probe % TABLES;
            // Where a table still has shorter keys than the set should have, its bucket is that of several.
            int shift = Math.max(0, bucketBits - mergedBits[table]);
            int size = (ends[probe] - starts[probe] >>> shift) + recentMatches[probe];
            if (size > hub) {
                ends[probe] = starts[probe];
                hubTables[first + probe / TABLES] |= (byte) (1 << table);
                hubs++;
            }
        }
    }

    private void compareRecent() {
        long[] chunks = store.chunks();
        for (int i = 0; i < recents; i++) {
            int probe = recentProbes[i];
            if ((hubTables[first + probe / TABLES] >>> probe % TABLES & 1) == 0) {
                compare(chunks, probe, recentFeatures[i]);
            }
        }
    }

    private void compareMerged(int probes) {
        int sum = 0;
        for (int probe = 0; probe < probes; probe++) {
            if (starts[probe] < ends[probe]) {
                sum += OffHeap.getShort(bucketSketches[probe % TABLES] + (long) starts[probe] * Short.BYTES);
            }
        }
        touched += sum;
        candidates = 0;
        for (int probe = 0; probe < probes; probe++) {
            long sketchesAt = bucketSketches[probe % TABLES];
            long featuresAt = bucketFeatures[probe % TABLES];
            short sketch = sketches[probe];
            int end = ends[probe];
            for (int at = starts[probe]; at < end; at++) {
                if (passes(OffHeap.getShort(sketchesAt + (long) at * Short.BYTES), sketch)) {
                    if (candidates == CANDIDATES) {
                        compareCandidates();
                    }
                    candidateProbes[candidates] = probe;
                    candidateAddresses[candidates++] = featuresAt + (long) at * Integer.BYTES;
                }
            }
        }
        compareCandidates();
    }

    private void compareCandidates() {
        for (int i = 0; i < candidates; i++) {
            candidateFeatures[i] = OffHeap.getInt(candidateAddresses[i]);
        }
        long[] chunks = store.chunks();
        for (int i = 0; i < candidates; i++) {
            compare(chunks, candidateProbes[i], candidateFeatures[i]);
        }
        candidates = 0;
    }

    private void compare(long[] chunks, int probe, int banked) {
        compared++;
        long at = FeatureStore.descriptor(chunks, banked);
        int feature = first + probe / TABLES;
        int word = feature * Features.WORDS;
        long x0 = OffHeap.getLong(at) ^ words[word];
        long x1 = OffHeap.getLong(at + Long.BYTES) ^ words[word + 1];
        long x2 = OffHeap.getLong(at + 2 * Long.BYTES) ^ words[word + 2];
        long x3 = OffHeap.getLong(at + 3 * Long.BYTES) ^ words[word + 3];
        int distance = Long.bitCount(x0) + Long.bitCount(x1) + Long.bitCount(x2) + Long.bitCount(x3);
        if (distance <= maxDistance && firstTable(x0, x1, x2, x3, hubTables[feature]) == probe % TABLES) {
            if (pairCount == pairs.length) {
                pairs = Arrays.copyOf(pairs, 2 * pairCount);
            }
            pairs[pairCount++] = (long) feature << Integer.SIZE | banked;
        }
    }

    /** The first table through which two descriptors with these differences find each other. */
    private int firstTable(long x0, long x1, long x2, long x3, byte hubTables) {
        int mask = (1 << bucketBits) - 1;
        for (int table = 0; table < TABLES; table++) {
            if ((hubTables >>> table & 1) == 0
                    && (difference(x0, x1, x2, x3, table) & mask) == 0
                    && passes((short) difference(x0, x1, x2, x3, VoteTable.sketchBits(table)), (short) 0)) {
                return table;
            }
        }
        return TABLES;
    }

    private static int difference(long x0, long x1, long x2, long x3, int number) {
        long word = number < 4 ? number < 2 ? x0 : x1 : number < 6 ? x2 : x3;
        return FeatureStore.bits32(word, number);
    }
}
