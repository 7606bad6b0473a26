package org.semblance.hashdb.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.kernel.Kernels;

/** Tables from the first hash on, with vector instructions, that are copied to fresh memory all the time. */
class PigeonringIndexTest extends HashIndexContractTest {
    private final RandomHashes hashes = RandomHashes.fromRunSeed();

    @Override
    HashIndex newIndex() {
        return new PigeonringIndex(Kernels.best(), new PigeonringIndex.Tuning(0, false, 256, Ring.SIXTEEN));
    }

    private record Hit(int query, int distance, long contentId) {}

    private static final class Hits implements Forms.Hits {
        final Set<Hit> found = new HashSet<>();

        @Override
        public void hit(int query, int distance, long contentId) {
            assertThat(found.add(new Hit(query, distance, contentId)))
                    .as("reported once")
                    .isTrue();
        }

        @Override
        public Set<Hit> sorted() {
            return found;
        }
    }

    private static Set<Hit> lookup(HashIndex index, long[] queries, int maxDistance) {
        return Forms.lookup(index, queries, queries.length / 4, maxDistance, Hits::new).found;
    }

    /** In all sizes of batches; of each group of near hashes every other content is wanted, and some share a hash. */
    @ParameterizedTest
    @ValueSource(ints = {1, 300, 3_000})
    void passesOverContentsThatAreNotWanted(int count) {
        try (PigeonringIndex index =
                new PigeonringIndex(Kernels.best(), new PigeonringIndex.Tuning(0, false, 256, Ring.SIXTEEN))) {
            long[] queries = new long[4 * count];
            for (int q = 0; q < count; q++) {
                Hash256 hash = hashes.uniform();
                for (int w = 0; w < 4; w++) {
                    queries[4 * q + w] = hash.word(3 - w);
                }
                for (int i = 0; i < 4; i++) {
                    Hash256 near = hashes.at(hash, 3 * i);
                    index.add(near, 8L * q + 2 * i);
                    index.add(i < 2 ? near : hashes.at(hash, 3 * i), 8L * q + 2 * i + 1);
                }
            }
            Set<Hit> all = lookup(index, queries, 31);
            for (Kernels form : Forms.ALL) {
                Set<Hit> wanted = new HashSet<>();
                long[] passed = {0};
                index.lookup(form, queries, count, 31, contentId -> contentId % 2 == 0, (q, d, id) -> {
                    if (id % 2 == 0) {
                        assertThat(wanted.add(new Hit(q, d, id))).isTrue();
                    } else {
                        passed[0]++;
                    }
                });
                assertThat(wanted)
                        .as(form.name())
                        .isEqualTo(all.stream()
                                .filter(hit -> hit.contentId % 2 == 0)
                                .collect(Collectors.toSet()));
                // Where one hash stands for a wanted content and another, that is left to who asks.
                assertThat(passed[0]).as(form.name()).isEqualTo(2L * count);
            }
        }
    }

    /** How many hits, and a sum of all. */
    private static final class Sums implements Forms.Hits {
        long hits;
        long sum;

        @Override
        public void hit(int query, int distance, long contentId) {
            hits++;
            sum += (((long) query << 32 | contentId) * 257 + distance) * 0x9E3779B97F4A7C15L >>> 7;
        }

        @Override
        public String sorted() {
            return hits + " hits with the sum " + sum;
        }
    }

    /**
     * Buckets of thousands of lanes, in one part of which nearly all survive and in the other nearly none, both more than
     * is taken at a time; and in batches that begin anew in the middle of them.
     */
    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void findsAllInBucketsOfThousandsOfLanes(int sketchBytes) {
        Ring ring = sketchBytes == 2 ? Ring.SIXTEEN : new Ring(3, Integer.BYTES, 8, 8, 14, 17, 15, 18);
        try (PigeonringIndex index =
                        new PigeonringIndex(Kernels.best(), new PigeonringIndex.Tuning(0, false, 1 << 20, ring));
                HashIndex scan = new LinearScanIndex()) {
            Hash256 seed = hashes.uniform();
            for (HashIndex each : new HashIndex[] {index, scan}) {
                RandomHashes same = RandomHashes.of(hashes.seed);
                each.addAll(sink -> {
                    for (int i = 0; i < 16_000; i++) {
                        Hash256 hash = i % 8 == 0
                                ? same.at(seed, same.random.nextInt(24))
                                : new Hash256(same.random.nextLong(), same.random.nextLong(), seed.w1(), seed.w0());
                        sink.pair(hash.w3(), hash.w2(), hash.w1(), hash.w0(), i);
                    }
                });
            }
            int count = 100;
            long[] queries = new long[4 * count];
            for (int q = 0; q < count; q++) {
                Hash256 query = q % 2 == 0
                        ? hashes.at(seed, hashes.random.nextInt(8))
                        : new Hash256(hashes.random.nextLong(), hashes.random.nextLong(), seed.w1(), seed.w0());
                for (int w = 0; w < 4; w++) {
                    queries[4 * q + w] = query.word(3 - w);
                }
            }
            for (int d : new int[] {15, 31}) {
                Sums expected = new Sums();
                scan.lookup(queries, count, d, expected);
                assertThat(Forms.lookup(index, queries, count, d, Sums::new).sorted())
                        .as("distance %d, %s", d, hashes.replay())
                        .isEqualTo(expected.sorted());
                assertThat(expected.hits).isGreaterThan(10_000);
            }
        }
    }

    /** With the tuning of the product: scanned at first, with tables at the end. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void equalsTheScanWhileTablesReplaceIt(boolean inOneCall) {
        int size = 40_000;
        long[] stored = new long[4 * size];
        Hash256 seed = hashes.halfSet();
        for (int i = 0; i < size; i++) {
            Hash256 hash = hashes.any(seed);
            for (int w = 0; w < 4; w++) {
                stored[4 * i + w] = hash.word(3 - w);
            }
        }
        long[] queries = new long[4 * 5];
        System.arraycopy(stored, 4 * 1_000, queries, 0, queries.length);
        try (HashIndex index = new PigeonringIndex();
                HashIndex scan = new LinearScanIndex()) {
            if (inOneCall) {
                for (HashIndex each : new HashIndex[] {index, scan}) {
                    each.addAll(sink -> {
                        for (int i = 0; i < size; i++) {
                            sink.pair(stored[4 * i], stored[4 * i + 1], stored[4 * i + 2], stored[4 * i + 3], i);
                        }
                    });
                }
            } else {
                for (int i = 0; i < size; i++) {
                    Hash256 hash = new Hash256(stored[4 * i], stored[4 * i + 1], stored[4 * i + 2], stored[4 * i + 3]);
                    index.add(hash, i);
                    scan.add(hash, i);
                    if (i > 32_000 && i % 2_000 == 0) {
                        assertThat(lookup(index, queries, 31))
                                .as("%d hashes, %s", i, hashes.replay())
                                .isEqualTo(lookup(scan, queries, 31));
                    }
                }
            }
            for (int d : new int[] {0, 5, 31, 40, 63, 64}) {
                assertThat(lookup(index, queries, d))
                        .as("distance %d, %s", d, hashes.replay())
                        .isEqualTo(lookup(scan, queries, d));
            }
        }
    }

    /** So many that runs end within a table; with sketches copied to the cells, and without. */
    @ParameterizedTest
    @CsvSource({"2, 64", "2, 8", "4, 8"})
    void answersTwoThousandQueriesInOneCall(int sketchBytes, int largestCell) {
        Ring ring = sketchBytes == 4 ? Ring.TWELVE : new Ring(1, Short.BYTES, 32, largestCell, 16, 16, 16, 16);
        try (HashIndex index = new PigeonringIndex(Kernels.best(), new PigeonringIndex.Tuning(0, false, 256, ring));
                HashIndex scan = new LinearScanIndex()) {
            Hash256[] seeds = {hashes.halfSet(), hashes.halfSet(), hashes.uniform()};
            for (int i = 0; i < 2_000; i++) {
                Hash256 hash = hashes.any(seeds);
                index.add(hash, i);
                scan.add(hash, i);
            }
            long[] queries = new long[4 * 2_000];
            for (int q = 0; q < 2_000; q++) {
                Hash256 hash = q % 10 == 0 ? hashes.any(seeds) : hashes.uniform();
                for (int w = 0; w < 4; w++) {
                    queries[4 * q + w] = hash.word(3 - w);
                }
            }
            int[] distances = sketchBytes == 2 ? new int[] {3, 30, 31, 47} : new int[] {3, 31};
            for (int d : distances) {
                assertThat(lookup(index, queries, d))
                        .as("distance %d, %s", d, hashes.replay())
                        .isEqualTo(lookup(scan, queries, d));
            }
        }
    }

    /** The tables of large sets, made in one go and by single additions. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void twelveTablesEqualTheScanAtEveryDistance(boolean inOneCall) {
        try (PigeonringIndex index =
                        new PigeonringIndex(Kernels.best(), new PigeonringIndex.Tuning(100, false, 256, Ring.TWELVE));
                HashIndex scan = new LinearScanIndex()) {
            Hash256 seed = hashes.halfSet();
            Hash256[] stored = new Hash256[6_000];
            for (int i = 0; i < stored.length; i++) {
                stored[i] = i <= 40 ? hashes.at(seed, i) : hashes.any(seed, Hash256.ZERO);
                scan.add(stored[i], i);
                if (!inOneCall) {
                    index.add(stored[i], i);
                }
            }
            if (inOneCall) {
                index.addAll(sink -> {
                    for (int i = 0; i < stored.length; i++) {
                        sink.pair(stored[i].w3(), stored[i].w2(), stored[i].w1(), stored[i].w0(), i);
                    }
                });
            }
            assertThat(index.state().tables()).isEqualTo(12);
            for (Hash256 query : new Hash256[] {seed, stored[5_000], hashes.at(seed, 9)}) {
                long[] words = {query.w3(), query.w2(), query.w1(), query.w0()};
                for (int d = 0; d <= 50; d++) {
                    assertThat(lookup(index, words, d))
                            .as("distance %d, %s", d, hashes.replay())
                            .isEqualTo(lookup(scan, words, d));
                }
            }
        }
    }

    /** From where cells of the directories have room for 28 sketches to where they have room for 12, and back. */
    @Test
    void equalsTheScanWhileDirectoriesAreReshaped() {
        int most = 410_000;
        int fewest = 300_000;
        try (PigeonringIndex index = new PigeonringIndex();
                HashIndex scan = new LinearScanIndex()) {
            Hash256[] stored = new Hash256[most];
            Arrays.setAll(stored, i -> hashes.uniform());
            for (HashIndex each : new HashIndex[] {index, scan}) {
                each.addAll(sink -> {
                    for (int i = 0; i < most; i++) {
                        sink.pair(stored[i].w3(), stored[i].w2(), stored[i].w1(), stored[i].w0(), i);
                    }
                });
            }
            long[] queries = new long[4 * 64];
            for (int q = 0; q < 64; q++) {
                Hash256 query = hashes.at(stored[hashes.random.nextInt(most)], hashes.random.nextInt(32));
                for (int w = 0; w < 4; w++) {
                    queries[4 * q + w] = query.word(3 - w);
                }
            }
            long before = index.offHeapBytes();
            assertThat(lookup(index, queries, 31)).as(hashes.replay()).isEqualTo(lookup(scan, queries, 31));
            for (int i = most - 1; i >= fewest; i--) {
                index.remove(stored[i], i);
                scan.remove(stored[i], i);
            }
            assertThat(index.offHeapBytes()).as(hashes.replay()).isLessThan(before - (20 << 20));
            assertThat(lookup(index, queries, 31)).as(hashes.replay()).isEqualTo(lookup(scan, queries, 31));
            for (int i = fewest; i < most; i++) {
                index.add(stored[i], i);
                scan.add(stored[i], i);
            }
            assertThat(lookup(index, queries, 31)).as(hashes.replay()).isEqualTo(lookup(scan, queries, 31));
        }
    }

    /** Even bit counts alone, as PDQ hashes have: one unit less is looked at. */
    @Test
    void findsAllWhenEveryHashHasTheSameParity() {
        try (HashIndex index = newIndex();
                HashIndex scan = new LinearScanIndex()) {
            Hash256 seed = hashes.halfSet();
            for (int i = 0; i < 2_000; i++) {
                Hash256 hash = hashes.atCrowded(seed, 2 * hashes.random.nextInt(24));
                index.add(hash, i);
                scan.add(hash, i);
            }
            for (int round = 0; round < 2; round++) {
                for (Hash256 query : new Hash256[] {seed, seed.flip(7), hashes.at(seed, 9)}) {
                    long[] words = {query.w3(), query.w2(), query.w1(), query.w0()};
                    for (int d = 0; d <= 63; d++) {
                        assertThat(lookup(index, words, d))
                                .as("distance %d, %s", d, hashes.replay())
                                .isEqualTo(lookup(scan, words, d));
                    }
                }
                Hash256 odd = hashes.at(seed, 31);
                index.add(odd, 9_999);
                scan.add(odd, 9_999);
            }
        }
    }

    @Test
    void givesTheMemoryOfOutgrownBucketsBack() {
        int size = 30_000;
        try (PigeonringIndex index =
                new PigeonringIndex(Kernels.best(), new PigeonringIndex.Tuning(0, false, 1 << 16, Ring.SIXTEEN))) {
            Hash256[] all = new Hash256[size];
            for (int i = 0; i < size; i++) {
                // Three of the chunks are the same for all: three buckets that outgrow their memory again and again.
                all[i] = new Hash256(hashes.random.nextLong() & 0xFFFFL, hashes.random.nextLong(), 0, 0);
                index.add(all[i], i);
            }
            long grown = index.offHeapBytes();
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 3_000; i++) {
                    assertThat(index.remove(all[i], i)).isTrue();
                    assertThat(index.add(all[i], i)).isTrue();
                }
            }
            assertThat(index.offHeapBytes()).as(hashes.replay()).isLessThan(grown + grown / 4);
            assertThat(index.size()).isEqualTo(size);
        }
    }
}
