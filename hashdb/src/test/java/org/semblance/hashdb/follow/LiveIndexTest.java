package org.semblance.hashdb.follow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.semblance.hashdb.RandomSeed;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.HashIndex;
import org.semblance.hashdb.index.PigeonringIndex;

/** Random changes while the index is free, held and settling, against a set. */
class LiveIndexTest {
    private record Pair(Hash256 hash, long contentId) {}

    private final SplittableRandom random = RandomSeed.random();
    private final Set<Pair> model = new HashSet<>();
    private final List<Hash256> hashes = new ArrayList<>();

    private static Set<Pair> found(List<Hash256> hashes, Lookup lookup) {
        Set<Pair> found = new HashSet<>();
        for (Hash256 hash : hashes) {
            lookup.run(hash, (query, distance, contentId) -> found.add(new Pair(hash, contentId)));
        }
        return found;
    }

    private interface Lookup {
        void run(Hash256 hash, HashIndex.HitSink sink);
    }

    @Test
    void holdsWhatWasAddedAndNotRemoved() {
        for (int i = 0; i < 30; i++) {
            hashes.add(RandomSeed.hash(random));
        }
        try (LiveIndex index = new LiveIndex(new PigeonringIndex())) {
            Set<Pair> stale = new HashSet<>();
            for (int step = 0; step < 20_000; step++) {
                switch (random.nextInt(12)) {
                    case 0 -> index.hold();
                    case 1 -> index.settle(random.nextInt(8));
                    default -> {
                        Pair pair = new Pair(hashes.get(random.nextInt(hashes.size())), random.nextInt(10));
                        boolean live = random.nextBoolean();
                        boolean changes = live ? model.add(pair) : model.remove(pair);
                        assertThat(index.change(pair.contentId, live, pair.hash))
                                .as("step %s, %s", step, RandomSeed.replay())
                                .isEqualTo(changes);
                        if (index.isHeld()) {
                            stale.add(pair);
                        }
                    }
                }
                assertThat(index.size()).isEqualTo(model.size());
                if (step % 50 == 0) {
                    // Held, it may report what was removed, and nothing else.
                    Set<Pair> found = found(hashes, (hash, sink) -> index.lookup(hash, 0, sink));
                    assertThat(found).as(RandomSeed.replay()).containsAll(model);
                    found.removeAll(stale);
                    assertThat(model).as(RandomSeed.replay()).containsAll(found);
                    while (index.isHeld()) {
                        index.settle(5);
                    }
                    stale.clear();
                    assertThat(found(hashes, (hash, sink) -> index.settled().lookup(hash, 0, sink)))
                            .as(RandomSeed.replay())
                            .isEqualTo(model);
                }
            }
        }
    }
}
