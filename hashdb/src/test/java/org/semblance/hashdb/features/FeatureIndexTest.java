package org.semblance.hashdb.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.RandomSeed;
import org.semblance.hashdb.file.FormatException;
import org.semblance.hashdb.hash.Hash256;

class FeatureIndexTest {
    private static final int DISTANCE = 34;
    private static final Hash256 MARK = new Hash256(1, 2, 3, 4);

    /** Merges all the time; no bucket is a hub. */
    private static final VoteTable.Tuning RESTLESS = new VoteTable.Tuning(200, Integer.MAX_VALUE, 6, 12);

    private final SplittableRandom random = RandomSeed.random();
    private final RandomFeatures source = new RandomFeatures(random, 60, 40);

    /** What a lookup finds by definition. */
    private record Model(VoteTable.Tuning tuning, Map<Long, List<BankedPicture>> contents) {
        int bucketBits() {
            long features = contents.values().stream()
                    .flatMap(List::stream)
                    .mapToLong(picture -> picture.features().count())
                    .sum();
            return tuning.bucketBits(features);
        }

        /** How many features each bucket of each table holds. */
        Map<Long, Integer> buckets(int bits) {
            Map<Long, Integer> sizes = new HashMap<>();
            contents.values()
                    .forEach(pictures -> pictures.forEach(picture -> {
                        for (int feature = 0; feature < picture.features().count(); feature++) {
                            for (int table = 0; table < 8; table++) {
                                sizes.merge(bucket(picture.features(), feature, table, bits), 1, Integer::sum);
                            }
                        }
                    }));
            return sizes;
        }

        static long bucket(Features features, int feature, int table, int bits) {
            return (long) table << 32 | word(features, feature, table) & (1L << bits) - 1;
        }

        static int word(Features features, int feature, int number) {
            long word = features.word(feature, number / 2);
            return (int) (number % 2 == 0 ? word : word >>> 32);
        }

        List<PictureVotes> lookup(Features query, int minVotes, int maxPictures) {
            int bits = bucketBits();
            Map<Long, Integer> sizes = buckets(bits);
            List<PictureVotes> found = new ArrayList<>();
            contents.forEach((id, pictures) -> pictures.forEach(picture -> {
                for (boolean mirrored : new boolean[] {false, true}) {
                    List<int[]> votes = new ArrayList<>();
                    for (int i = 0; i < query.count(); i++) {
                        for (int j = 0; j < picture.features().count(); j++) {
                            if (query.isSwapped(i) != picture.features().isSwapped(j) == mirrored
                                    && isVote(query, i, picture.features(), j, bits, sizes)) {
                                votes.add(new int[] {i, j});
                            }
                        }
                    }
                    if (votes.size() >= minVotes) {
                        found.add(new PictureVotes(
                                id,
                                picture.ms(),
                                mirrored,
                                picture.features(),
                                votes.stream().mapToInt(vote -> vote[0]).toArray(),
                                votes.stream().mapToInt(vote -> vote[1]).toArray()));
                    }
                }
            }));
            // The contents come by id already, their pictures by time.
            found.sort((one, other) -> other.votes() - one.votes());
            return found.subList(0, Math.min(maxPictures, found.size()));
        }

        boolean isVote(Features query, int i, Features banked, int j, int bits, Map<Long, Integer> sizes) {
            if (query.distance(i, banked, j) > DISTANCE) {
                return false;
            }
            for (int table = 0; table < 8; table++) {
                long bucket = bucket(query, i, table, bits);
                int sketch = (table + 1) % 4 + table / 4 * 4;
                if (bucket == bucket(banked, j, table, bits)
                        && sizes.getOrDefault(bucket, 0) <= tuning.hub()
                        && Integer.bitCount((word(query, i, sketch) ^ word(banked, j, sketch)) & 0xFFFF)
                                <= FeatureLookup.SKETCH_DISTANCE) {
                    return true;
                }
            }
            return false;
        }

        int[] frequency(Features banked, long except) {
            int bits = bucketBits();
            Map<Long, Integer> sizes = buckets(bits);
            int[] found = new int[banked.count()];
            contents.forEach((id, pictures) -> {
                BitSet near = new BitSet();
                for (int i = 0; i < found.length; i++) {
                    int feature = i;
                    near.set(i, pictures.stream().anyMatch(picture -> {
                        for (int j = 0; j < picture.features().count(); j++) {
                            if (isVote(banked, feature, picture.features(), j, bits, sizes)) {
                                return true;
                            }
                        }
                        return false;
                    }));
                }
                // What has most of the features is the same picture.
                if (id != except && near.cardinality() <= 0.7 * banked.count()) {
                    near.stream().forEach(i -> found[i]++);
                }
            });
            return found;
        }
    }

    private static String text(List<PictureVotes> votes) {
        StringBuilder text = new StringBuilder();
        for (PictureVotes picture : votes) {
            text.append(picture.contentId())
                    .append('@')
                    .append(picture.ms())
                    .append(picture.mirrored() ? " mirrored" : "")
                    .append(picture.banked().hashCode());
            for (int i = 0; i < picture.votes(); i++) {
                text.append(' ').append(picture.queryFeatures()[i]).append('-').append(picture.bankFeatures()[i]);
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static void assertSame(FeatureIndex index, Model model, Features query, int minVotes, int most) {
        assertThat(text(index.lookup(query, DISTANCE, null, minVotes, most)))
                .as(RandomSeed.replay())
                .isEqualTo(text(model.lookup(query, minVotes, most)));
    }

    private Features near(Map<Long, List<BankedPicture>> contents) {
        if (contents.isEmpty() || random.nextInt(4) == 0) {
            return source.picture(random.nextInt(150));
        }
        List<List<BankedPicture>> all = new ArrayList<>(contents.values());
        List<BankedPicture> pictures = all.get(random.nextInt(all.size()));
        return pictures.get(random.nextInt(pictures.size())).features();
    }

    @Test
    void findsWhatTheTablesReachAndNothingElseWhateverWasAddedAndRemoved() {
        Model model = new Model(RESTLESS, new TreeMap<>());
        try (FeatureIndex index = new FeatureIndex(RESTLESS)) {
            for (int step = 0; step < 400; step++) {
                long id = random.nextInt(120);
                // Grows and shrinks by turns, so that keys become longer and shorter.
                if (random.nextInt(100) < (step / 100 % 2 == 0 ? 80 : 25)) {
                    List<BankedPicture> pictures = source.content(3, 60);
                    assertThat(index.add(id, pictures)).isEqualTo(model.contents.putIfAbsent(id, pictures) == null);
                } else {
                    assertThat(index.remove(id)).isEqualTo(model.contents.remove(id) != null);
                }
                if (step % 4 == 0) {
                    assertSame(index, model, near(model.contents), 1 + random.nextInt(3), 1 + random.nextInt(40));
                }
            }
            assertThat(index.state().merges()).as(RandomSeed.replay()).isGreaterThan(8);
            for (int table = 0; table < FeatureIndex.TABLES; table++) {
                assertThat(index.isSound(table)).as(RandomSeed.replay()).isTrue();
            }
            assertThat(index.state().contents()).isEqualTo(model.contents.size());
            Features query = near(model.contents);
            long except = random.nextInt(120);
            assertThat(index.documentFrequency(query, DISTANCE, id -> id != except))
                    .as(RandomSeed.replay())
                    .containsExactly(model.frequency(query, except));
        }
    }

    @Test
    void skipsLargeBucketsWhereverTheirEntriesLie() {
        // So many bits that no set of this test asks for more.
        VoteTable.Tuning tuning = new VoteTable.Tuning(1000, 100, 12, 3);
        RandomFeatures template = new RandomFeatures(random, 30, 6);
        Model model = new Model(tuning, new TreeMap<>());
        try (FeatureIndex index = new FeatureIndex(tuning)) {
            for (long id = 0; id < 250; id++) {
                List<BankedPicture> pictures = List.of(
                        new BankedPicture(0, random.nextInt(3) == 0 ? source.picture(30) : template.picture(30)));
                index.add(id, pictures);
                model.contents.put(id, pictures);
                if (id % 25 == 24) {
                    assertSame(index, model, near(model.contents), 1, 1000);
                    assertSame(index, model, template.picture(40), 1, 1000);
                }
            }
            FeatureIndexState state = index.state();
            assertThat(state.hubs()).as(RandomSeed.replay()).isPositive();
            assertThat(state.merges()).as(RandomSeed.replay()).isPositive();
            int[] frequency = index.documentFrequency(template.picture(100), DISTANCE, id -> true);
            assertThat(frequency).as(RandomSeed.replay()).contains(FeatureIndex.MAX_FREQUENCY);
        }
    }

    @Test
    void answersAlikeInWhateverOrderContentsCame() {
        List<List<BankedPicture>> contents = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            contents.add(source.content(2, 50));
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(random.nextLong()));
        try (FeatureIndex oneByOne = new FeatureIndex(RESTLESS);
                FeatureIndex shuffled = new FeatureIndex(new VoteTable.Tuning(1 << 16, Integer.MAX_VALUE, 6, 256));
                FeatureIndex atOnce = new FeatureIndex(RESTLESS)) {
            for (int i = 0; i < 200; i++) {
                oneByOne.add(i, contents.get(i));
                shuffled.add(order.get(i), contents.get(order.get(i)));
            }
            atOnce.addAll(sink -> order.forEach(i -> sink.content(i, contents.get(i))));
            for (int i = 0; i < 20; i++) {
                Features query = source.picture(100);
                String expected = text(oneByOne.lookup(query, DISTANCE, null, 2, 30));
                assertThat(text(shuffled.lookup(query, DISTANCE, null, 2, 30))).isEqualTo(expected);
                assertThat(text(atOnce.lookup(query, DISTANCE, null, 2, 30))).isEqualTo(expected);
            }
        }
    }

    @Test
    void filtersBeforeItLeavesPicturesOut() {
        Features picture = source.picture(50);
        try (FeatureIndex index = new FeatureIndex()) {
            for (long id = 0; id < 20; id++) {
                index.add(id, List.of(new BankedPicture(0, picture)));
            }
            assertThat(index.lookup(picture, 0, null, 40, 3))
                    .extracting(PictureVotes::contentId)
                    .containsExactly(0L, 1L, 2L);
            assertThat(index.lookup(picture, 0, id -> id % 2 == 1, 40, 3))
                    .extracting(PictureVotes::contentId)
                    .containsExactly(1L, 3L, 5L);
            assertThat(index.state().cappedPictures()).isEqualTo(17 + 7);
        }
    }

    @Test
    void lookupsFindEveryContentThatStaysWhileOthersComeAndGo() throws Exception {
        List<List<BankedPicture>> staying = new ArrayList<>();
        try (FeatureIndex index = new FeatureIndex(RESTLESS);
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (long id = 0; id < 40; id++) {
                staying.add(List.of(new BankedPicture(0, source.picture(60))));
                index.add(id, staying.getLast());
            }
            AtomicBoolean done = new AtomicBoolean();
            List<Future<Integer>> readers = new ArrayList<>();
            for (int thread = 0; thread < 2; thread++) {
                SplittableRandom own = random.split();
                readers.add(threads.submit(() -> {
                    int lookups = 0;
                    while (!done.get() || lookups < 20) {
                        long id = own.nextInt(40);
                        Features query = staying.get((int) id).getFirst().features();
                        List<PictureVotes> found = index.lookup(query, 0, found1 -> found1 < 40, 60, 1000);
                        assertThat(found).as(RandomSeed.replay()).anySatisfy(picture -> {
                            assertThat(picture.contentId()).isEqualTo(id);
                            assertThat(picture.banked()).isEqualTo(query);
                        });
                        lookups++;
                    }
                    return lookups;
                }));
            }
            try {
                for (int i = 0; i < 1000; i++) {
                    long id = 40 + random.nextInt(100);
                    if (!index.remove(id)) {
                        List<BankedPicture> pictures = source.content(2, 60);
                        index.add(id, pictures);
                        Features query = pictures.getFirst().features();
                        if (query.count() > 0) {
                            assertThat(index.lookup(query, 0, null, 1, 1000))
                                    .as(RandomSeed.replay())
                                    .extracting(PictureVotes::contentId)
                                    .contains(id);
                        }
                    } else {
                        assertThat(index.holds(id)).isFalse();
                    }
                }
            } finally {
                done.set(true);
            }
            for (Future<Integer> reader : readers) {
                assertThat(reader.get()).isPositive();
            }
        }
    }

    @Test
    void memoryOfRemovedPicturesIsUsedAgain() {
        try (FeatureIndex index = new FeatureIndex(RESTLESS)) {
            long after = 0;
            for (long id = 0; id < 4000; id++) {
                index.add(id, List.of(new BankedPicture(0, source.picture(50))));
                if (id >= 100) {
                    index.remove(id - 100);
                }
                after = id == 1000 ? index.state().bytes() : after;
            }
            FeatureIndexState state = index.state();
            assertThat(state.contents()).isEqualTo(100);
            assertThat(state.features()).isEqualTo(5000);
            assertThat(state.removedFeatures()).isLessThan(5000);
            assertThat(state.bytes()).isLessThan(after + after / 10);
        }
    }

    @Test
    void aPictureOfTwoHundredFeaturesTakesAtMost21Kilobytes() {
        int pictures = 2000;
        try (FeatureIndex index = new FeatureIndex()) {
            index.addAll(sink -> {
                for (long id = 0; id < pictures; id++) {
                    sink.content(id, List.of(new BankedPicture(0, source.picture(200))));
                }
            });
            assertThat(index.state().bytes() / pictures).isLessThan(21_000);
        }
    }

    @Test
    void aSnapshotHoldsWhatWasThereWhenItBegan(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("features.snapshot");
        Model model = new Model(RESTLESS, new TreeMap<>());
        try (FeatureIndex index = new FeatureIndex(RESTLESS)) {
            for (long id = 0; id < 150; id++) {
                List<BankedPicture> pictures = source.content(3, 60);
                index.add(id, pictures);
                model.contents.put(id, pictures);
            }
            for (long id = 0; id < 40; id++) {
                index.remove(id);
                model.contents.remove(id);
            }
            FeatureSnapshot save = index.beginSave();
            for (long id = 50; id < 100; id++) {
                index.remove(id);
                index.add(id + 1000, source.content(3, 60));
            }
            save.write(file, 7, MARK);
            save.end();
        }
        FeatureIndex.Opened opened = FeatureIndex.open(file, RESTLESS);
        try (FeatureIndex index = opened.index()) {
            assertThat(opened.seq()).isEqualTo(7);
            assertThat(opened.mark()).isEqualTo(MARK);
            Map<Long, List<BankedPicture>> held = new TreeMap<>();
            index.forEach(held::put);
            assertThat(held).as(RandomSeed.replay()).isEqualTo(model.contents);
            for (int i = 0; i < 10; i++) {
                assertSame(index, model, near(model.contents), 1, 50);
            }
            // Removal finds all pictures of a content.
            for (Long id : new HashSet<>(model.contents.keySet())) {
                assertThat(index.remove(id)).isTrue();
            }
            assertThat(index.size()).isZero();
        }
    }

    @Test
    void aSnapshotWithOneBitFlippedIsRefused(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("features.snapshot");
        try (FeatureIndex index = new FeatureIndex(RESTLESS)) {
            for (long id = 0; id < 5; id++) {
                index.add(id, source.content(2, 20));
            }
            index.save(file, 7, MARK);
        }
        byte[] whole = Files.readAllBytes(file);
        Set<Integer> places = new HashSet<>(List.of(whole.length - 1, 100));
        for (int i = 0; i < 50; i++) {
            places.add(random.nextInt(whole.length));
        }
        for (int place : places) {
            byte[] damaged = whole.clone();
            damaged[place] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            assertThatThrownBy(() -> FeatureIndex.open(file).index().close())
                    .as("byte %d, %s", place, RandomSeed.replay())
                    .isInstanceOf(FormatException.class);
        }
    }

    @Test
    void anIndexThatHoldsNothingAnswersAndMapsNothing(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("features.snapshot");
        try (FeatureIndex index = new FeatureIndex()) {
            assertThat(index.lookup(source.picture(10), 256, null, 1, 10)).isEmpty();
            assertThat(index.documentFrequency(source.picture(2), 256, id -> id != 0))
                    .containsExactly(0, 0);
            assertThat(index.remove(3)).isFalse();
            assertThat(index.state()).isEqualTo(FeatureIndexState.EMPTY);
            index.save(file, 0, MARK);
        }
        try (FeatureIndex index = FeatureIndex.open(file).index()) {
            assertThat(index.state()).isEqualTo(FeatureIndexState.EMPTY);
        }
    }

    @Test
    void refusesWhatItCannotHold() {
        try (FeatureIndex index = new FeatureIndex()) {
            BankedPicture picture = new BankedPicture(5, source.picture(1));
            assertThatThrownBy(() -> index.add(1, List.of())).hasMessage("pictures: none (expected: at least one)");
            assertThatThrownBy(() -> index.add(1, List.of(picture, picture)))
                    .hasMessage("pictures[1].ms: 5 (expected: more than that of the one before, 5)");
            assertThatThrownBy(() -> index.add(-1, List.of(picture))).hasMessageContaining("content id: -1");
            assertThatThrownBy(() -> index.lookup(source.picture(1), 257, null, 1, 1))
                    .hasMessage("max distance: 257 (expected: 0 to 256)");
            assertThat(index.size()).isZero();
        }
    }
}
