package org.semblance.server.selfbench;

import java.util.Random;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.HashIndex;

/**
 * Stored hashes and queries for benchmarks, from a seed. Every hash has exactly 128 bits set, as the PDQ hash of any
 * picture has.
 */
public final class HashSets {
    /** How the stored hashes lie. */
    public enum Shape {
        /** Unrelated to each other. */
        UNIFORM,
        /** 60 of 100 lie within 20 bits of one of size/20 seeds, as frames of videos and edited copies do. */
        CLUSTERED
    }

    public static final long SEED = 20_170_425;

    private HashSets() {}

    /** The stored hashes, four longs each: w3, w2, w1, w0. */
    public static long[] stored(Shape shape, int size) {
        Random random = new Random(SEED);
        long[] words = new long[4 * size];
        int seeds = Math.max(1, size / 20);
        for (int i = 0; i < size; i++) {
            halfSet(random, words, 4 * i);
            if (shape == Shape.CLUSTERED && i >= seeds && random.nextInt(100) < 60) {
                System.arraycopy(words, 4 * random.nextInt(seeds), words, 4 * i, 4);
                move(random, words, 4 * i, random.nextInt(21));
            }
        }
        return words;
    }

    /** Queries that lie up to 31 bits from a stored hash (hit) or are unrelated to all (miss), in words as above. */
    public static long[] queries(long[] stored, int count, boolean hit) {
        Random random = new Random(SEED + 1);
        long[] words = new long[4 * count];
        for (int i = 0; i < count; i++) {
            if (hit) {
                System.arraycopy(stored, 4 * random.nextInt(stored.length / 4), words, 4 * i, 4);
                move(random, words, 4 * i, random.nextInt(32));
            } else {
                halfSet(random, words, 4 * i);
            }
        }
        return words;
    }

    /** Puts the hashes into the index; the content id is the position. */
    public static void load(HashIndex index, long[] stored) {
        index.addAll(sink -> {
            for (int i = 0; i < stored.length; i += 4) {
                sink.pair(stored[i], stored[i + 1], stored[i + 2], stored[i + 3], i / 4);
            }
        });
    }

    public static Hash256 hash(long[] words, int i) {
        return new Hash256(words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3]);
    }

    private static void halfSet(Random random, long[] words, int at) {
        int bits = 0;
        for (int i = at; i < at + 4; i++) {
            words[i] = random.nextLong();
            bits += Long.bitCount(words[i]);
        }
        while (bits != 128) {
            int k = random.nextInt(256);
            long bit = 1L << k;
            boolean set = (words[at + (k >>> 6)] & bit) != 0;
            if (set == bits > 128) {
                words[at + (k >>> 6)] ^= bit;
                bits += set ? -1 : 1;
            }
        }
    }

    /** Flips as many bits, half of them set and half not (an odd one is dropped), so that 128 stay set. */
    private static void move(Random random, long[] words, int at, int distance) {
        int[] left = {distance / 2, distance / 2};
        long[] touched = new long[4];
        while (left[0] + left[1] > 0) {
            int k = random.nextInt(256);
            long bit = 1L << k;
            int set = (words[at + (k >>> 6)] & bit) != 0 ? 1 : 0;
            if (left[set] > 0 && (touched[k >>> 6] & bit) == 0) {
                left[set]--;
                touched[k >>> 6] |= bit;
                words[at + (k >>> 6)] ^= bit;
            }
        }
    }
}
