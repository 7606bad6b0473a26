package org.semblance.hashdb.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.hash.Hash256;

/** What every index must do, against a naive model; each implementation inherits it. */
abstract class HashIndexContractTest {
    private final RandomHashes hashes = RandomHashes.fromRunSeed();

    /** An empty index. */
    abstract HashIndex newIndex();

    private record Hit(int query, int distance, long contentId) {
        static final Comparator<Hit> ORDER = Comparator.comparingInt(Hit::query)
                .thenComparingInt(Hit::distance)
                .thenComparingLong(Hit::contentId);
    }

    /** Each expected hit once and no other, in any order. */
    private static void assertHits(List<Hit> hits, List<Hit> expected, String description, Object... arguments) {
        assertThat(hits.stream().sorted(Hit.ORDER).toList())
                .as(description, arguments)
                .isEqualTo(expected.stream().sorted(Hit.ORDER).toList());
    }

    /** Every pair in a map; compares with each. */
    private static final class Model {
        final Map<Hash256, Set<Long>> pairs = new HashMap<>();

        boolean add(Hash256 hash, long contentId) {
            return pairs.computeIfAbsent(hash, h -> new HashSet<>()).add(contentId);
        }

        boolean remove(Hash256 hash, long contentId) {
            Set<Long> contents = pairs.get(hash);
            boolean there = contents != null && contents.remove(contentId);
            if (contents != null && contents.isEmpty()) {
                pairs.remove(hash);
            }
            return there;
        }

        List<Hit> lookup(int query, Hash256 hash, int maxDistance) {
            List<Hit> hits = new ArrayList<>();
            pairs.forEach((stored, contents) -> {
                int distance = stored.distance(hash);
                if (distance <= maxDistance) {
                    contents.forEach(id -> hits.add(new Hit(query, distance, id)));
                }
            });
            return hits;
        }

        long size() {
            return pairs.values().stream().mapToLong(Set::size).sum();
        }
    }

    private static final class Hits implements Forms.Hits {
        final List<Hit> found = new ArrayList<>();

        @Override
        public void hit(int query, int distance, long contentId) {
            found.add(new Hit(query, distance, contentId));
        }

        @Override
        public List<Hit> sorted() {
            return found.stream().sorted(Hit.ORDER).toList();
        }
    }

    private static List<Hit> lookup(HashIndex index, Hash256 query, int maxDistance) {
        return lookup(index, List.of(query), maxDistance);
    }

    private static List<Hit> lookup(HashIndex index, List<Hash256> queries, int maxDistance) {
        return Forms.lookup(index, words(queries), queries.size(), maxDistance, Hits::new).found;
    }

    private static long[] words(List<Hash256> hashes) {
        long[] words = new long[4 * hashes.size()];
        for (int i = 0; i < hashes.size(); i++) {
            for (int w = 0; w < 4; w++) {
                words[4 * i + w] = hashes.get(i).word(3 - w);
            }
        }
        return words;
    }

    private void assertSame(HashIndex index, Model model, List<Hash256> queries, int maxDistance) {
        List<Hit> expected = new ArrayList<>();
        for (int q = 0; q < queries.size(); q++) {
            List<Hit> alone = model.lookup(0, queries.get(q), maxDistance);
            assertHits(
                    lookup(index, queries.get(q), maxDistance),
                    alone,
                    "%s at distance %d, %s",
                    queries.get(q),
                    maxDistance,
                    hashes.replay());
            expected.addAll(model.lookup(q, queries.get(q), maxDistance));
        }
        assertHits(
                lookup(index, queries, maxDistance),
                expected,
                "batch of %d at distance %d, %s",
                queries.size(),
                maxDistance,
                hashes.replay());
        assertThat(index.size()).as(hashes.replay()).isEqualTo(model.size());
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 256, 257, 1023, 1024, 1025, 4095, 4096, 4097,
                20_000
            })
    void findsEveryPlantedNeighbourAndNoneBeyond(int size) {
        try (HashIndex index = newIndex()) {
            Model model = new Model();
            for (long id = 0; id < size; id++) {
                Hash256 hash = hashes.random.nextBoolean() ? hashes.halfSet() : hashes.uniform();
                index.add(hash, id);
                model.add(hash, id);
            }
            Hash256 query = hashes.halfSet();
            for (int d = 0; d <= 40; d++) {
                Hash256 near = hashes.random.nextBoolean() ? hashes.at(query, d) : hashes.atCrowded(query, d);
                index.add(near, 1_000_000 + d);
                model.add(near, 1_000_000 + d);
            }
            for (int d = 0; d <= 40; d++) {
                List<Hit> expected = model.lookup(0, query, d);
                assertThat(expected).hasSizeGreaterThanOrEqualTo(d + 1);
                assertHits(lookup(index, query, d), expected, "distance %d of %d hashes, %s", d, size, hashes.replay());
            }
        }
    }

    @Test
    void answersEveryDistanceFrom0To256() {
        try (HashIndex index = newIndex()) {
            Model model = new Model();
            Hash256 seed = hashes.halfSet();
            for (int d = 0; d <= 256; d++) {
                Hash256 hash = hashes.at(seed, d);
                index.add(hash, d);
                model.add(hash, d);
            }
            for (int i = 0; i < 800; i++) {
                Hash256 hash = hashes.any(seed, Hash256.ZERO);
                index.add(hash, i);
                model.add(hash, i);
            }
            List<Hash256> queries = List.of(seed, hashes.uniform());
            for (int d = 0; d <= 256; d++) {
                assertSame(index, model, queries, d);
            }
        }
    }

    @Test
    void equalsTheModelThroughRandomChanges() {
        try (HashIndex index = newIndex()) {
            Model model = new Model();
            List<Hash256> known = new ArrayList<>();
            Hash256[] seeds = {hashes.halfSet(), hashes.halfSet(), hashes.uniform()};
            for (int step = 0; step < 12_000; step++) {
                boolean again = !known.isEmpty() && hashes.random.nextInt(3) == 0;
                Hash256 hash = again ? known.get(hashes.random.nextInt(known.size())) : hashes.any(seeds);
                long id = hashes.random.nextInt(50);
                // Phases that grow, and phases that shrink to almost nothing.
                if (hashes.random.nextInt(10) < (step / 3_000 % 2 == 0 ? 8 : 3) || known.isEmpty()) {
                    assertThat(index.add(hash, id)).as(hashes.replay()).isEqualTo(model.add(hash, id));
                    if (!again) {
                        known.add(hash);
                    }
                } else if (hashes.random.nextBoolean() && model.pairs.containsKey(hash)) {
                    for (long each : List.copyOf(model.pairs.get(hash))) {
                        assertThat(index.remove(hash, each)).as(hashes.replay()).isTrue();
                        model.remove(hash, each);
                    }
                } else {
                    assertThat(index.remove(hash, id)).as(hashes.replay()).isEqualTo(model.remove(hash, id));
                }
                if (step % 400 == 0) {
                    List<Hash256> queries = new ArrayList<>(List.of(seeds));
                    queries.add(hash);
                    queries.add(hashes.any(seeds));
                    assertSame(index, model, queries, hashes.random.nextInt(40));
                    assertSame(index, model, queries, hashes.random.nextInt(257));
                }
            }
            for (Map.Entry<Hash256, Set<Long>> entry : Map.copyOf(model.pairs).entrySet()) {
                entry.getValue()
                        .forEach(id ->
                                assertThat(index.remove(entry.getKey(), id)).isTrue());
            }
            assertThat(index.size()).isZero();
            assertThat(lookup(index, Hash256.ZERO, 256)).as(hashes.replay()).isEmpty();
        }
    }

    @Test
    void addsManyInOneCallBetweenSingleOnes() {
        try (HashIndex index = newIndex()) {
            Model model = new Model();
            Hash256[] seeds = {hashes.halfSet(), hashes.uniform()};
            List<Hash256> queries = new ArrayList<>(List.of(seeds));
            for (int round = 0; round < 4; round++) {
                int count = 1 << (4 * round);
                index.addAll(sink -> {
                    for (int i = 0; i < count; i++) {
                        Hash256 hash = hashes.any(seeds);
                        long id = hashes.random.nextInt(20);
                        sink.pair(hash.w3(), hash.w2(), hash.w1(), hash.w0(), id);
                        model.add(hash, id);
                        if (i % 100 == 0) {
                            queries.add(hash);
                        }
                    }
                });
                assertSame(index, model, queries, 31);
                Hash256 hash = queries.getLast();
                model.pairs.getOrDefault(hash, Set.of()).stream().toList().forEach(id -> {
                    assertThat(index.remove(hash, id)).isTrue();
                    model.remove(hash, id);
                });
                assertSame(index, model, queries, 31);
            }
        }
    }

    @Test
    void keepsThePairsHandedOverBeforeTheSourceFailed() {
        try (HashIndex index = newIndex()) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> index.addAll(sink -> {
                        for (int i = 0; i < 500; i++) {
                            sink.pair(i, 0, 0, 0, i);
                        }
                        throw new IllegalStateException("the source broke");
                    }));
            assertThat(index.size()).isEqualTo(500);
            assertThat(lookup(index, new Hash256(499, 0, 0, 0), 0)).containsExactly(new Hit(0, 0, 499));
        }
    }

    @Test
    void reportsEveryContentThatCarriesTheHash() {
        try (HashIndex index = newIndex()) {
            Hash256 hub = hashes.halfSet();
            Set<Long> contents = new HashSet<>();
            for (long id = 0; id < 3_000; id++) {
                assertThat(index.add(hub, id)).isTrue();
                assertThat(index.add(hub, id)).isFalse();
                contents.add(id);
            }
            assertThat(index.size()).isEqualTo(3_000);
            assertContents(index, hub, contents);
            while (!contents.isEmpty()) {
                long id = contents.stream()
                        .skip(hashes.random.nextInt(contents.size()))
                        .findFirst()
                        .orElseThrow();
                assertThat(index.remove(hub, id)).isTrue();
                assertThat(index.remove(hub, id)).isFalse();
                contents.remove(id);
                if (contents.size() % 250 < 3) {
                    assertContents(index, hub, contents);
                }
            }
        }
    }

    private void assertContents(HashIndex index, Hash256 hash, Set<Long> contents) {
        assertHits(
                lookup(index, hash, 0),
                contents.stream().map(id -> new Hit(0, 0, id)).toList(),
                "contents of one hash, %s",
                hashes.replay());
    }

    @Test
    void missesNothingThatStaysWhileOthersComeAndGo() throws Exception {
        int stable = 400;
        try (HashIndex index = newIndex();
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Hash256> queries = new ArrayList<>();
            List<Hash256> stored = new ArrayList<>();
            for (int i = 0; i < stable; i++) {
                Hash256 query = i % 2 == 0 ? hashes.halfSet() : hashes.at(Hash256.ZERO, hashes.random.nextInt(20));
                queries.add(query);
                stored.add(hashes.at(query, i % 32));
                index.add(stored.get(i), i);
            }
            AtomicBoolean stop = new AtomicBoolean();
            List<Future<Long>> readers = new ArrayList<>();
            for (int r = 0; r < 2; r++) {
                boolean batch = r == 0;
                readers.add(threads.submit(() -> {
                    long lookups = 0;
                    while (!stop.get()) {
                        int first = (int) (lookups * 16 % stable);
                        List<Hash256> some = queries.subList(first, batch ? first + 16 : first + 1);
                        Set<Hit> hits = new HashSet<>();
                        Forms.lookup(
                                index,
                                lookups,
                                words(some),
                                some.size(),
                                31,
                                (q, d, id) -> hits.add(new Hit(q, d, id)));
                        for (int q = 0; q < some.size(); q++) {
                            int distance = some.get(q).distance(stored.get(first + q));
                            assertThat(hits)
                                    .as("stable entry, %s", hashes.replay())
                                    .contains(new Hit(q, distance, first + q));
                        }
                        lookups++;
                    }
                    return lookups;
                }));
            }
            churn(index, stored);
            stop.set(true);
            for (Future<Long> reader : readers) {
                assertThat(reader.get()).isPositive();
            }
            assertThat(index.size()).isEqualTo(stable);
        }
    }

    /** Neighbours of the stable entries come and go, other contents of their hashes as well, and so do unrelated ones. */
    private void churn(HashIndex index, List<Hash256> stored) {
        for (int round = 0; round < 4; round++) {
            Map<Hash256, Long> passing = new HashMap<>();
            for (int i = 0; i < 4_000; i++) {
                Hash256 near = stored.get(hashes.random.nextInt(stored.size()));
                Hash256 hash = hashes.any(near, hashes.at(near, hashes.random.nextInt(8)), near);
                long id = 1_000_000L + i;
                if (passing.putIfAbsent(hash, id) == null) {
                    index.add(hash, id);
                }
            }
            passing.forEach((hash, id) -> assertThat(index.remove(hash, id)).isTrue());
        }
    }

    /** Hashes that Meta's tools found among others: 31 bits apart at most, and how many at each distance. */
    @Test
    void agreesWithTheReferenceSearch() throws IOException {
        Path folder = Path.of("src/test/resources/org/semblance/hashdb/search");
        List<Hash256> haystack = Files.readAllLines(folder.resolve("haystack.txt")).stream()
                .map(Hash256::parse)
                .toList();
        List<Hash256> needles = Files.readAllLines(folder.resolve("needles.txt")).stream()
                .map(Hash256::parse)
                .toList();
        try (HashIndex index = newIndex()) {
            for (int line = 1; line <= haystack.size(); line++) {
                index.add(haystack.get(line - 1), line);
            }
            List<Hit> expected = new ArrayList<>();
            for (String[] row : rows(folder.resolve("neighbours_le31.csv"))) {
                expected.add(new Hit(Integer.parseInt(row[0]) - 1, Integer.parseInt(row[2]), Long.parseLong(row[1])));
            }
            assertThat(expected).isNotEmpty();
            assertHits(lookup(index, needles, 31), expected, "needles within 31");
            for (String[] row : rows(folder.resolve("counts.csv"))) {
                Hash256 needle = needles.get(Integer.parseInt(row[0]) - 1);
                assertThat(lookup(index, needle, Integer.parseInt(row[1])))
                        .as("needle %s within %s", row[0], row[1])
                        .hasSize(Integer.parseInt(row[2]));
            }
        }
    }

    private static List<String[]> rows(Path csv) throws IOException {
        return Files.readAllLines(csv).stream()
                .skip(1)
                .map(line -> line.split(",", -1))
                .toList();
    }

    @Test
    void namesTheBadArgument() {
        try (HashIndex index = newIndex()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> index.add(Hash256.ZERO, -1))
                    .withMessage("content id: -1 (expected: 0 or more)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> index.remove(Hash256.ZERO, -7))
                    .withMessage("content id: -7 (expected: 0 or more)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> lookup(index, Hash256.ZERO, 257))
                    .withMessage("max distance: 257 (expected: 0 to 256)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> lookup(index, Hash256.ZERO, -1))
                    .withMessage("max distance: -1 (expected: 0 to 256)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> index.lookup(new long[7], 2, 0, (q, d, id) -> {}))
                    .withMessage("count of queries: 2 (expected: 0 to 1, four longs a query)");
            assertThat(lookup(index, List.of(), 31)).isEmpty();
        }
    }

    @Test
    void refusesEverythingOnceClosed() {
        HashIndex index = newIndex();
        index.add(Hash256.ZERO, 1);
        index.close();
        index.close();
        assertThatIllegalStateException().isThrownBy(() -> lookup(index, Hash256.ZERO, 0));
        assertThatIllegalStateException().isThrownBy(() -> index.add(Hash256.ZERO, 2));
        assertThatIllegalStateException().isThrownBy(() -> index.remove(Hash256.ZERO, 1));
    }
}
