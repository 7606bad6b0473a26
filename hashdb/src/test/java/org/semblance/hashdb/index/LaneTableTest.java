package org.semblance.hashdb.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.offheap.Extents;
import org.semblance.hashdb.offheap.OffHeap;
import org.semblance.hashdb.offheap.Readers;

class LaneTableTest {
    private static final int CHUNK = 3;
    /** The values of the chunk that hashes have: few, so that buckets grow and shrink beyond any cell. */
    private static final int BUCKETS = 6;

    private final RandomHashes hashes = RandomHashes.fromRunSeed();
    private final Readers readers = new Readers();
    private final SlotStore store = new SlotStore(readers);
    private final LaneTable table = new LaneTable(Ring.SIXTEEN, CHUNK, store, readers, 1 << 12);
    /** Bucket and sketch of each slot in the table. */
    private final Map<Integer, Lane> entered = new HashMap<>();

    private long lastContent;

    private record Lane(int bucket, int sketch, int slot) {}

    @AfterEach
    void close() {
        table.close();
        store.close();
    }

    /** A lookup that has begun: what it holds, and what is in the buckets at that moment. */
    private record Lookup(int ticket, long cells, int cellShift, long[] words, long bases, Map<Integer, Lane> lanes) {}

    @Test
    void lookupsSeeBucketsAsTheyWereWhenTheyBeganAndChangesAtOnce() {
        int copied = 0;
        int reshaped = 0;
        int cellShift = table.directory().cellShift();
        List<Lookup> running = new ArrayList<>();
        List<Integer> padding = new ArrayList<>();
        // A walk that has seldom met cells goes on.
        for (int step = 0; step < 15_000 || (copied <= 1_000 && step < 60_000); step++) {
            // More in the table in the first half of each thousand, and less in the second.
            if (entered.isEmpty() || hashes.random.nextInt(10) < (step % 1000 < 500 ? 7 : 3)) {
                enter();
            } else {
                takeOut();
            }
            while (table.needsMaintenance() && hashes.random.nextInt(400) != 0) {
                table.maintainSome();
            }
            if (step % 4_000 == 2_020) {
                // Hashes that the store has and the table has not: it is for a larger set now, and then again not.
                pad(padding);
            }
            running.add(begin());
            while (!running.isEmpty() && hashes.random.nextInt(4) != 0) {
                copied += end(running.remove(hashes.random.nextInt(running.size())));
            }
            if (running.size() > 6 || step % 500 == 0) {
                for (Lookup lookup : running) {
                    copied += end(lookup);
                }
                running.clear();
            }
            reshaped += table.directory().cellShift() == cellShift ? 0 : 1;
            cellShift = table.directory().cellShift();
        }
        for (Lookup lookup : running) {
            end(lookup);
        }
        assertThat(copied).as("buckets read from cells, %s", hashes.replay()).isGreaterThan(1_000);
        assertThat(reshaped).as("directories, %s", hashes.replay()).isGreaterThan(2);
        assertThat(table.moves())
                .as("moves to fresh memory, %s", hashes.replay())
                .isPositive();
    }

    private void enter() {
        long random = hashes.random.nextLong();
        int bucket = hashes.random.nextInt(BUCKETS);
        int slot = store.insert(random, 0, hashes.random.nextLong(), (long) bucket << 48, lastContent++);
        table.add(slot);
        int sketch = (int) store.word(slot, 1) & 0xFFFF;
        entered.put(slot, new Lane(bucket, sketch, slot));
    }

    private void takeOut() {
        int slot = entered.keySet().stream()
                .skip(hashes.random.nextInt(entered.size()))
                .findFirst()
                .orElseThrow();
        entered.remove(slot);
        table.remove(slot);
        free(slot);
    }

    private void free(int slot) {
        store.detach(slot, contentOf(slot));
        store.retire(slot);
    }

    private long contentOf(int slot) {
        long[] content = {-1};
        store.report(
                slot,
                store.word(slot, 3),
                store.word(slot, 2),
                store.word(slot, 1),
                store.word(slot, 0),
                0,
                0,
                (q, d, id) -> content[0] = id);
        return content[0];
    }

    private void pad(List<Integer> padding) {
        if (padding.isEmpty()) {
            for (int i = 0; i < 120_000; i++) {
                padding.add(store.insert(1, i, 0, 0, lastContent++));
            }
        } else {
            padding.forEach(this::free);
            padding.clear();
        }
    }

    private Lookup begin() {
        int ticket = readers.enter();
        Directory directory = table.directory();
        long[] words = new long[BUCKETS];
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            words[bucket] = directory.word(bucket);
        }
        return new Lookup(ticket, directory.cells(), directory.cellShift(), words, table.bases(), Map.copyOf(entered));
    }

    /** Reads the buckets by the words that were taken; how many of them from cells. */
    private int end(Lookup lookup) {
        List<Lane> read = new ArrayList<>();
        int copied = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            long word = lookup.words[bucket];
            long base = Extents.address(lookup.bases, Directory.base(word));
            boolean isCopied = Directory.isCopied(word);
            long cell = lookup.cells + ((long) bucket << lookup.cellShift);
            long sketches = isCopied ? cell + Directory.WORD_BYTES : base;
            copied += isCopied ? 1 : 0;
            for (int lane = 0; lane < Directory.lanes(word); lane++) {
                int sketch = OffHeap.getShort(sketches + 2L * lane) & 0xFFFF;
                read.add(new Lane(bucket, sketch, OffHeap.getInt(LaneTable.slotAt(base, lane))));
            }
        }
        assertThat(read).as(hashes.replay()).containsExactlyInAnyOrderElementsOf(lookup.lanes.values());
        readers.exit(lookup.ticket);
        return copied;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 4_096, SlotsByBucket.AT_ONCE})
    void slotsComeByBucketHoweverManyAreOrderedAtOnce(int atOnce) {
        TreeSet<Integer> expected = new TreeSet<>();
        for (int i = 0; i < 5_000; i++) {
            expected.add(store.insert(hashes.random.nextLong(), hashes.random.nextLong(), i, 0, i));
        }
        for (int slot = 0; slot < 5_000; slot += 3) {
            free(slot);
            expected.remove(slot);
        }
        List<Lane> handedOver = new ArrayList<>();
        new SlotsByBucket(store, Ring.TWELVE, 7)
                .forEach(atOnce, (bucket, sketch, slot) -> handedOver.add(new Lane(bucket, sketch, slot)));
        int previousGroup = 0;
        for (int i = 0; i < handedOver.size(); i++) {
            Lane lane = handedOver.get(i);
            assertThat(expected.remove(lane.slot))
                    .as("slot %d, %s", lane.slot, hashes.replay())
                    .isTrue();
            assertThat(lane.bucket).isEqualTo(Ring.TWELVE.value(store.word(lane.slot, 2), 7));
            assertThat(lane.sketch).isEqualTo(Ring.TWELVE.value(store.word(lane.slot, 2), 8));
            if (atOnce >= 5_000) {
                assertThat(lane.bucket >>> 12).isGreaterThanOrEqualTo(previousGroup);
                previousGroup = lane.bucket >>> 12;
            }
        }
        assertThat(expected).as("slots that were left out, %s", hashes.replay()).isEmpty();
    }
}
