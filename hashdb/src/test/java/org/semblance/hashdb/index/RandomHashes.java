package org.semblance.hashdb.index;

import java.util.Random;
import org.semblance.hashdb.hash.Hash256;

/** Hashes from a seed that is new in each run unless {@code -Dsemblance.seed} names it. */
final class RandomHashes {
    final long seed;
    final Random random;

    private RandomHashes(long seed) {
        this.seed = seed;
        random = new Random(seed);
    }

    static RandomHashes fromRunSeed() {
        String given = System.getProperty("semblance.seed", "");
        return new RandomHashes(given.isBlank() ? new Random().nextLong() : Long.parseLong(given));
    }

    static RandomHashes of(long seed) {
        return new RandomHashes(seed);
    }

    /** What a failure message must carry. */
    String replay() {
        return "replay with -Dsemblance.seed=" + seed;
    }

    Hash256 uniform() {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    /** Exactly 128 bits set, as in the PDQ hash of any picture. */
    Hash256 halfSet() {
        Hash256 hash = uniform();
        while (hash.bitCount() != 128) {
            int k = random.nextInt(Hash256.BITS);
            if (hash.bit(k) == hash.bitCount() > 128) {
                hash = hash.flip(k);
            }
        }
        return hash;
    }

    /** At exactly that distance, the bits anywhere. */
    Hash256 at(Hash256 hash, int distance) {
        return flipWithin(hash, distance, 0, Hash256.BITS);
    }

    /** At exactly that distance, the bits within a run of neighbours, which may wrap from bit 255 to bit 0. */
    Hash256 atCrowded(Hash256 hash, int distance) {
        int width = Math.min(Hash256.BITS, distance + random.nextInt(distance + 2));
        return flipWithin(hash, distance, random.nextInt(Hash256.BITS), width);
    }

    private Hash256 flipWithin(Hash256 hash, int distance, int start, int width) {
        int[] bits = new int[width];
        for (int i = 0; i < width; i++) {
            bits[i] = (start + i) % Hash256.BITS;
        }
        int[] flipped = new int[distance];
        for (int i = 0; i < distance; i++) {
            int pick = i + random.nextInt(width - i);
            flipped[i] = bits[pick];
            bits[pick] = bits[i];
        }
        return hash.flip(flipped);
    }

    /** Of the kinds real sets hold: unrelated, near a seed, flat, and sharing most of their bits. */
    Hash256 any(Hash256... seeds) {
        Hash256 seedHash = seeds[random.nextInt(seeds.length)];
        return switch (random.nextInt(6)) {
            case 0 -> uniform();
            case 1 -> halfSet();
            case 2 -> at(seedHash, random.nextInt(48));
            case 3 -> atCrowded(seedHash, random.nextInt(40));
            case 4 -> at(Hash256.ZERO, random.nextInt(6));
            default -> new Hash256(seedHash.w3(), seedHash.w2(), random.nextLong(), seedHash.w0());
        };
    }
}
