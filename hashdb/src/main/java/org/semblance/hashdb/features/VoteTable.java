package org.semblance.hashdb.features;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.index.OffHeap;

/**
 * One of the {@value #TABLES} tables: features by 32 bits of their descriptor.
 *
 * <p>The key of a feature are those 32 bits, the lowest first, so that the buckets of shorter keys are ranges of the
 * buckets of longer ones. An entry is the feature's number and its sketch, 16 bits that are in no key of this table.
 *
 * <p>Most entries lie in {@link Merged} form, bucket after bucket; what came since lies in {@link RecentEntries} and is
 * merged, bucket by bucket, into another such form a little with each addition. Tables are merged one at a time, so that
 * what is held twice is one of them. Entries of removed pictures are dropped then.
 *
 * <p>One writer; readers take the {@link #version} and keep to it.
 */
final class VoteTable {
    static final int TABLES = 8;

    private final int number;
    private final FeatureStore store;
    private final Tuning tuning;
    private final Deferred deferred;
    private volatile Version version;
    private @Nullable Merge merge;
    private boolean swept;
    private volatile long merges;

    /**
     * When tables do what; tests ask for all of it on small sets.
     *
     * @param recent entries that a table gathers at least before they are merged
     * @param hub how many entries a bucket may have; larger ones are skipped
     * @param minBits of a key that tell the bucket at least
     * @param mergedAFeature entries that are merged with each feature that is added or removed
     */
    record Tuning(int recent, int hub, int minBits, int mergedAFeature) {
        static final Tuning STANDARD = new Tuning(1 << 16, 4096, 14, 256);

        /** How many bits of the keys tell the bucket in a set of so many features: 2.5 to 5 a bucket. */
        int bucketBits(long features) {
            return Math.max(minBits, Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(1, features * 2 / 5)));
        }

        /** How many entries a table gathers before they are merged. */
        int recent(long features) {
            return (int) Math.max(recent, features / 32);
        }

        int chainBits(long features) {
            return Math.max(minBits, Integer.SIZE - 1 - Integer.numberOfLeadingZeros(recent(features) / 4));
        }
    }

    /** Entries by bucket: where each bucket begins, then the features, then the sketches. */
    record Merged(OffHeap block, int bits, long starts, long features, long sketches) {
        static Merged allocate(int bits, long entries) {
            long starts = Integer.BYTES * ((1L << bits) + 1);
            long features = starts + Integer.BYTES;
            OffHeap block = OffHeap.allocate(features + entries * (Integer.BYTES + Short.BYTES));
            return new Merged(
                    block,
                    bits,
                    block.address(),
                    block.address() + features,
                    block.address() + features + entries * Integer.BYTES);
        }

        int start(int bucket) {
            return OffHeap.getInt(starts + (long) bucket * Integer.BYTES);
        }

        int size() {
            return start(1 << bits);
        }

        long bytes() {
            return features - starts + (long) size() * (Integer.BYTES + Short.BYTES);
        }
    }

    record Version(Merged merged, RecentEntries recent) {}

    VoteTable(int number, FeatureStore store, Tuning tuning, Deferred deferred) {
        this.number = number;
        this.store = store;
        this.tuning = tuning;
        this.deferred = deferred;
        int bits = tuning.bucketBits(0);
        version = new Version(Merged.allocate(bits, 0), newRecent(bits, 0));
    }

    private RecentEntries newRecent(int bits, int waiting) {
        long features = store.features();
        int chainBits = Math.min(bits, tuning.chainBits(features));
        return new RecentEntries(chainBits, bits, tuning.hub(), 2 * Math.max(waiting, tuning.recent(features)));
    }

    /** The key of a descriptor in a table. */
    static int key(int bits) {
        return Integer.reverse(bits);
    }

    /** Which 32 bits of a descriptor have the sketch, in their low half. */
    static int sketchBits(int table) {
        return table + 1 & 3 | table & 4;
    }

    Version version() {
        return version;
    }

    int recentSize() {
        return version.recent.size();
    }

    boolean isMerging() {
        return merge != null;
    }

    /** How often this table was merged. */
    long merges() {
        return merges;
    }

    long bytes() {
        Version now = version;
        return now.merged.bytes() + now.recent.bytes();
    }

    void add(int feature) {
        if (version.recent.isFull()) {
            mergeAll();
        }
        addTo(version.recent, feature);
    }

    private void addTo(RecentEntries recent, int feature) {
        long at = store.descriptorAddress(feature);
        recent.add(feature, key(FeatureStore.bits(at, number)), sketch(at));
    }

    private short sketch(long descriptor) {
        return (short) FeatureStore.bits(descriptor, sketchBits(number));
    }

    /** @param sweeps whether all that was removed until now is to be gone, for {@link #swept} */
    void beginMerge(boolean sweeps) {
        merge = new Merge(sweeps);
    }

    /** Whether the merge that ended last was one that sweeps. */
    boolean swept() {
        return swept;
    }

    /** Merges about so many entries; returns how many are left of the budget when it is done. */
    long mergeSome(long budget) {
        Merge current = merge;
        return current == null ? budget : current.some(budget);
    }

    void mergeAll() {
        if (merge == null) {
            beginMerge(false);
        }
        mergeSome(Long.MAX_VALUE);
    }

    void publish(Version next) {
        publish(next.merged, next.recent);
    }

    private void publish(Merged merged, RecentEntries recent) {
        Version old = version;
        version = new Version(merged, recent);
        deferred.later(() -> {
            old.merged.block.close();
            old.recent.free();
        });
    }

    /** This table with all features of the store, to be published. */
    Version filled() {
        int bits = tuning.bucketBits(store.features());
        Merged all = Merged.allocate(bits, store.features());
        int shift = Integer.SIZE - bits;
        int pictures = store.pictureLimit();
        for (int picture = 0; picture < pictures; picture++) {
            if (store.contentId(picture) != FeatureStore.REMOVED) {
                int first = store.firstFeature(picture);
                for (int feature = first; feature < first + store.count(picture); feature++) {
                    long start = startOf(all, store.descriptorAddress(feature), shift);
                    OffHeap.putInt(start, OffHeap.getInt(start) + 1);
                }
            }
        }
        int end = 0;
        for (int bucket = 0; bucket <= 1 << bits; bucket++) {
            long start = all.starts + (long) bucket * Integer.BYTES;
            end += OffHeap.getInt(start);
            OffHeap.putInt(start, end);
        }
        // From the last to the first, so that each start ends where its bucket begins.
        for (int picture = pictures - 1; picture >= 0; picture--) {
            if (store.contentId(picture) != FeatureStore.REMOVED) {
                int first = store.firstFeature(picture);
                for (int feature = first + store.count(picture) - 1; feature >= first; feature--) {
                    long descriptor = store.descriptorAddress(feature);
                    long start = startOf(all, descriptor, shift);
                    int at = OffHeap.getInt(start) - 1;
                    OffHeap.putInt(start, at);
                    OffHeap.putInt(all.features + (long) at * Integer.BYTES, feature);
                    OffHeap.putShort(all.sketches + (long) at * Short.BYTES, sketch(descriptor));
                }
            }
        }
        return new Version(all, newRecent(bits, 0));
    }

    private long startOf(Merged merged, long descriptor, int shift) {
        return merged.starts + (long) (key(FeatureStore.bits(descriptor, number)) >>> shift) * Integer.BYTES;
    }

    /** Frees everything; no lookup may be running. */
    void close() {
        Merge current = merge;
        if (current != null) {
            current.to.block.close();
        }
        version.merged.block.close();
        version.recent.free();
    }

    /** A merge that is under way: all entries of the version that it began with, from the first bucket on. */
    private final class Merge {
        private final boolean sweeps;
        private final Version from = version;
        private final int upTo = from.recent.size();
        private final Merged to;
        /** Entries are taken in groups of buckets: those whose keys begin with the same bits. */
        private final int groupBits;

        private int group;
        private int written;

        private int gathered;
        private int[] features = new int[256];
        private int[] buckets = new int[256];
        private short[] sketches = new short[256];
        private final int[] starts;

        Merge(boolean sweeps) {
            this.sweeps = sweeps;
            int bits = tuning.bucketBits(store.features());
            to = Merged.allocate(bits, (long) from.merged.size() + upTo);
            groupBits = Math.min(from.recent.headBits, Math.min(bits, from.merged.bits));
            starts = new int[(1 << (bits - groupBits)) + 1];
        }

        long some(long budget) {
            long left = budget;
            while (left > 0 && group < 1 << groupBits) {
                gather();
                write();
                left -= 1 + gathered;
                group++;
            }
            if (group < 1 << groupBits) {
                return 0;
            }
            OffHeap.putInt(to.starts + ((long) Integer.BYTES << to.bits), written);
            RecentEntries recent = newRecent(to.bits, from.recent.size() - upTo);
            for (int number = upTo + 1; number <= from.recent.size(); number++) {
                addTo(recent, RecentEntries.feature(from.recent.entries, number));
            }
            merge = null;
            swept = sweeps;
            merges++;
            publish(to, recent);
            return left;
        }

        private void gather() {
            gathered = 0;
            int wider = from.merged.bits - groupBits;
            int shift = from.merged.bits - to.bits;
            int at = from.merged.start(group << wider);
            for (int bucket = group << wider; bucket < group + 1 << wider; bucket++) {
                int end = from.merged.start(bucket + 1);
                for (; at < end; at++) {
                    int feature = OffHeap.getInt(from.merged.features + (long) at * Integer.BYTES);
                    if (!store.isDead(feature)) {
                        short sketch = OffHeap.getShort(from.merged.sketches + (long) at * Short.BYTES);
                        put(feature, shift >= 0 ? bucket >>> shift : bucketOf(feature), sketch);
                    }
                }
            }
            from.recent.under(group, groupBits, upTo, (feature, key, sketch) -> {
                if (!store.isDead(feature)) {
                    put(feature, key >>> (Integer.SIZE - to.bits), sketch);
                }
            });
        }

        private int bucketOf(int feature) {
            return key(FeatureStore.bits(store.descriptorAddress(feature), number)) >>> (Integer.SIZE - to.bits);
        }

        private void put(int feature, int bucket, short sketch) {
            if (gathered == features.length) {
                features = Arrays.copyOf(features, 2 * gathered);
                buckets = Arrays.copyOf(buckets, 2 * gathered);
                sketches = Arrays.copyOf(sketches, 2 * gathered);
            }
            features[gathered] = feature;
            buckets[gathered] = bucket - (group << (to.bits - groupBits));
            sketches[gathered++] = sketch;
        }

        private void write() {
            Arrays.fill(starts, 0);
            for (int i = 0; i < gathered; i++) {
                starts[buckets[i] + 1]++;
            }
            long startsAt = to.starts + ((long) group << (to.bits - groupBits)) * Integer.BYTES;
            for (int bucket = 0, next = written; bucket + 1 < starts.length; bucket++) {
                next += starts[bucket];
                starts[bucket] = next;
                OffHeap.putInt(startsAt + (long) bucket * Integer.BYTES, next);
            }
            for (int i = 0; i < gathered; i++) {
                int at = starts[buckets[i]]++;
                OffHeap.putInt(to.features + (long) at * Integer.BYTES, features[i]);
                OffHeap.putShort(to.sketches + (long) at * Short.BYTES, sketches[i]);
            }
            written += gathered;
        }
    }
}
