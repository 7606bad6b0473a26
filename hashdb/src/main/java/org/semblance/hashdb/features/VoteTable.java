package org.semblance.hashdb.features;

import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.offheap.OffHeap;

/**
 * One of the {@value #TABLES} tables: features by 32 bits of their descriptor.
 *
 * <p>The key of a feature is those 32 bits, the lowest first, so that a bucket by fewer bits is a range of buckets by more. An
 * entry is the feature's number and its sketch, 16 bits that are in no key of this table.
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
    private int sweepsAsked;
    private int sweepsDone;
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
        static final Tuning STANDARD = new Tuning(1 << 14, 4096, 14, 1024);

        /** How many bits of the keys tell the bucket in a set of so many features: 2.5 to 5 a bucket. */
        int bucketBits(long features) {
            return Math.max(minBits, Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(1, features * 2 / 5)));
        }

        /** How many entries a table gathers before they are merged: each of them costs every lookup a little. */
        int recent(long features) {
            return (int) Math.max(recent, features / 64);
        }

        /** How many bits of the keys tell the chain of such entries: there are as many chains as entries. */
        int chainBits(long features) {
            return Math.max(minBits, Integer.SIZE - Integer.numberOfLeadingZeros(recent(features) - 1));
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

    void beginMerge() {
        merge = new Merge();
    }

    /** Asks for a merge that begins after this, so that all that was removed until now is gone when it has ended. */
    void askForSweep() {
        sweepsAsked++;
    }

    /** Whether such a merge has still to end. */
    boolean isSweepDue() {
        return sweepsDone < sweepsAsked;
    }

    /** Merges about so many entries; returns how many are left of the budget when it is done. */
    long mergeSome(long budget) {
        Merge current = merge;
        return current == null ? budget : current.some(budget);
    }

    void mergeAll() {
        if (merge == null) {
            beginMerge();
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
        return new Version(new TableFill(number, store, bits).fill(), newRecent(bits, 0));
    }

    /** Whether each feature is in here once, where it belongs, and no other. */
    boolean isSound() {
        Version now = version;
        Check check = new Check();
        store.forEachFeature((feature, descriptor) -> check.sum += mixed(feature));
        int at = 0;
        for (int bucket = 0; bucket < 1 << now.merged.bits; bucket++) {
            for (int end = now.merged.start(bucket + 1); at < end; at++) {
                int feature = OffHeap.getInt(now.merged.features + (long) at * Integer.BYTES);
                if (!store.isDead(feature)) {
                    long descriptor = store.descriptorAddress(feature);
                    check.sum -= mixed(feature);
                    check.wrong |= bucket
                                    != key(FeatureStore.bits(descriptor, number)) >>> Integer.SIZE - now.merged.bits
                            || sketch(descriptor) != OffHeap.getShort(now.merged.sketches + (long) at * Short.BYTES);
                }
            }
        }
        now.recent.under(0, 0, now.recent.size(), (feature, key, sketch) -> {
            if (!store.isDead(feature)) {
                long descriptor = store.descriptorAddress(feature);
                check.sum -= mixed(feature);
                check.wrong |= (key(FeatureStore.bits(descriptor, number)) ^ key) >>> Short.SIZE != 0
                        || sketch(descriptor) != sketch;
            }
        });
        return check.sum == 0 && !check.wrong;
    }

    private static final class Check {
        private long sum;
        private boolean wrong;
    }

    private static long mixed(int feature) {
        long mixed = (feature + 1L) * 0x9E3779B97F4A7C15L;
        return mixed ^ mixed >>> 32;
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
        private final int sweeps = sweepsAsked;
        private final Version from = version;
        private final int upTo = from.recent.size();
        private final Merged to;
        /** Entries are taken in groups of buckets: those whose keys begin with the same bits. */
        private final int groupBits;

        private int group;
        private final BucketWriter out;

        Merge() {
            int bits = tuning.bucketBits(store.features());
            to = Merged.allocate(bits, (long) from.merged.size() + upTo);
            groupBits = Math.min(from.recent.headBits, Math.min(bits, from.merged.bits));
            out = new BucketWriter(to, groupBits);
        }

        long some(long budget) {
            long left = budget;
            while (left > 0 && group < 1 << groupBits) {
                gather();
                left -= 1 + out.write(group);
                group++;
            }
            if (group < 1 << groupBits) {
                return 0;
            }
            out.end();
            RecentEntries recent = newRecent(to.bits, from.recent.size() - upTo);
            for (int number = upTo + 1; number <= from.recent.size(); number++) {
                addTo(recent, RecentEntries.feature(from.recent.entries, number));
            }
            merge = null;
            sweepsDone = sweeps;
            merges++;
            publish(to, recent);
            return left;
        }

        private void gather() {
            int wider = from.merged.bits - groupBits;
            int shift = from.merged.bits - to.bits;
            int at = from.merged.start(group << wider);
            for (int bucket = group << wider; bucket < group + 1 << wider; bucket++) {
                int end = from.merged.start(bucket + 1);
                for (; at < end; at++) {
                    int feature = OffHeap.getInt(from.merged.features + (long) at * Integer.BYTES);
                    if (!store.isDead(feature)) {
                        short sketch = OffHeap.getShort(from.merged.sketches + (long) at * Short.BYTES);
                        out.put(feature, shift >= 0 ? bucket >>> shift : bucketOf(feature), sketch);
                    }
                }
            }
            from.recent.under(group, groupBits, upTo, (feature, key, sketch) -> {
                if (!store.isDead(feature)) {
                    out.put(feature, key >>> (Integer.SIZE - to.bits), sketch);
                }
            });
        }

        private int bucketOf(int feature) {
            return key(FeatureStore.bits(store.descriptorAddress(feature), number)) >>> (Integer.SIZE - to.bits);
        }
    }
}
