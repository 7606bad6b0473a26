package org.semblance.hashdb.features;

import java.util.Arrays;
import org.semblance.hashdb.features.VoteTable.Merged;
import org.semblance.hashdb.offheap.OffHeap;

/** Writes the entries of a table group by group: the buckets whose keys begin with the same bits. */
final class BucketWriter {
    private final Merged to;
    /** How many bits more than the group tell the bucket. */
    private final int moreBits;

    /** Where the buckets of the group begin. */
    private final int[] starts;

    private int written;

    private int gathered;
    private int[] features = new int[256];
    private int[] buckets = new int[256];
    private short[] sketches = new short[256];

    BucketWriter(Merged to, int groupBits) {
        this.to = to;
        moreBits = to.bits() - groupBits;
        starts = new int[(1 << moreBits) + 1];
    }

    /** Takes an entry of the next group; of the bucket's number only the bits after those of the group count. */
    void put(int feature, int bucket, short sketch) {
        if (gathered == features.length) {
            features = Arrays.copyOf(features, 2 * gathered);
            buckets = Arrays.copyOf(buckets, 2 * gathered);
            sketches = Arrays.copyOf(sketches, 2 * gathered);
        }
        features[gathered] = feature;
        buckets[gathered] = bucket & (1 << moreBits) - 1;
        sketches[gathered++] = sketch;
    }

    /** Writes the entries of the group, each group after the one before. Returns how many there were. */
    int write(int group) {
        Arrays.fill(starts, 0);
        for (int i = 0; i < gathered; i++) {
            starts[buckets[i] + 1]++;
        }
        long startsAt = to.starts() + ((long) group << moreBits) * Integer.BYTES;
        int next = written;
        for (int bucket = 0; bucket < 1 << moreBits; bucket++) {
            next += starts[bucket];
            starts[bucket] = next;
            OffHeap.putInt(startsAt + (long) bucket * Integer.BYTES, next);
        }
        for (int i = 0; i < gathered; i++) {
            long at = starts[buckets[i]]++;
            OffHeap.putInt(to.features() + at * Integer.BYTES, features[i]);
            OffHeap.putShort(to.sketches() + at * Short.BYTES, sketches[i]);
        }
        int count = gathered;
        written += count;
        gathered = 0;
        return count;
    }

    /** Says that all groups were written. */
    void end() {
        OffHeap.putInt(to.starts() + ((long) Integer.BYTES << to.bits()), written);
    }
}
