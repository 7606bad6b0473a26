package org.semblance.hashdb.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.semblance.hashdb.RandomSeed;
import org.semblance.hashdb.offheap.IntStack;
import org.semblance.hashdb.offheap.OffHeap;
import org.semblance.hashdb.offheap.Readers;

class VoteTableTest {
    private static final VoteTable.Tuning TUNING = new VoteTable.Tuning(1000, 4096, 8, 50);

    private final SplittableRandom random = RandomSeed.random();
    private final RandomFeatures source = new RandomFeatures(random, 50, 30);

    /** Features that lie in merged buckets and in chains of what came after. */
    private VoteTable filled(FeatureStore store) {
        Deferred deferred = new Deferred(new Readers());
        VoteTable table = new VoteTable(3, store, TUNING, deferred);
        for (int picture = 0; picture < 20; picture++) {
            int number = store.add(picture, new BankedPicture(0, source.picture(40)));
            for (int i = 0; i < 40; i++) {
                table.add(store.firstFeature(number) + i);
            }
            if (picture == 10) {
                table.mergeAll();
            }
        }
        return table;
    }

    @Test
    void isSoundThroughMergesAndFills() {
        try (FeatureStore store = new FeatureStore()) {
            VoteTable table = filled(store);
            assertThat(table.isSound()).as(RandomSeed.replay()).isTrue();
            store.remove(5, new IntStack());
            assertThat(table.isSound()).as(RandomSeed.replay()).isTrue();
            table.beginMerge();
            while (table.isMerging()) {
                table.mergeSome(10);
                assertThat(table.isSound()).as(RandomSeed.replay()).isTrue();
            }
            assertThat(table.version().merged().size()).isEqualTo(19 * 40);
            table.publish(table.filled());
            assertThat(table.isSound()).as(RandomSeed.replay()).isTrue();
            assertThat(table.version().merged().size()).isEqualTo(19 * 40);
            table.close();
        }
    }

    @Test
    void aFlippedBitOfAnEntryIsNoticed() {
        try (FeatureStore store = new FeatureStore()) {
            VoteTable table = filled(store);
            VoteTable.Merged merged = table.version().merged();
            RecentEntries recent = table.version().recent();
            for (int i = 0; i < 100; i++) {
                long at = switch (random.nextInt(3)) {
                    // Bits of features that there are: others would lie outside the memory.
                    case 0 -> merged.features() + 4L * random.nextInt(merged.size());
                    case 1 -> merged.sketches() + 2L * random.nextInt(merged.size());
                    default -> recent.entries + 12L * random.nextInt(recent.size()) + 8;
                };
                short before = OffHeap.getShort(at);
                OffHeap.putShort(at, (short) (before ^ 1 << random.nextInt(8)));
                assertThat(table.isSound()).as(RandomSeed.replay()).isFalse();
                OffHeap.putShort(at, before);
                assertThat(table.isSound()).as(RandomSeed.replay()).isTrue();
            }
            table.close();
        }
    }
}
