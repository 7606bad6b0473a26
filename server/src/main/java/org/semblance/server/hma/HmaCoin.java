package org.semblance.server.hma;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The seeded coin of Hasher-Matcher-Actioner: {@code random.Random(seed).random()} of CPython.
 *
 * <p>A bank with a ratio below 1 takes part in a lookup if the coin is at most the ratio. With a seed the coin must be
 * the same here and there, or a client that compares the two sees other banks. CPython (Lib/random.py, version 2
 * seeding; Modules/_randommodule.c) reads a string seed as the big-endian number of its UTF-8 bytes followed by their
 * SHA-512, cuts that into 32-bit words from the lowest on, seeds the Mersenne Twister MT19937 with them by
 * {@code init_by_array} (Matsumoto and Nishimura 1998, mt19937ar.c of 2002), and makes a 53-bit fraction of the first
 * two outputs. Only the first two words of the first generation are needed, so the state is not kept.
 */
final class HmaCoin {
    /** Words of the generator's state. */
    private static final int N = 624;

    /** Distance of the words that one step combines. */
    private static final int M = 397;

    private static final int MATRIX_A = 0x9908b0df;
    private static final int UPPER_MASK = 0x80000000;
    private static final int LOWER_MASK = 0x7fffffff;

    private HmaCoin() {}

    /** The coin of that seed, from 0 to below 1. */
    static double toss(String seed) {
        int[] state = seeded(words(seed));
        int high = output(state, 0) >>> 5;
        int low = output(state, 1) >>> 6;
        return (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0;
    }

    private static int[] words(String seed) {
        byte[] text = seed.getBytes(StandardCharsets.UTF_8);
        byte[] digest;
        try {
            digest = MessageDigest.getInstance("SHA-512").digest(text);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-512", e);
        }
        byte[] all = Arrays.copyOf(text, text.length + digest.length);
        System.arraycopy(digest, 0, all, text.length, digest.length);
        BigInteger number = new BigInteger(1, all);
        int[] words = new int[Math.max(1, (number.bitLength() + 31) / 32)];
        for (int i = 0; i < words.length; i++) {
            words[i] = number.shiftRight(32 * i).intValue();
        }
        return words;
    }

    /** {@code init_by_array}. */
    private static int[] seeded(int[] key) {
        int[] state = new int[N];
        state[0] = 19_650_218;
        for (int i = 1; i < N; i++) {
            state[i] = 1_812_433_253 * mixed(state, i) + i;
        }
        int i = 1;
        int j = 0;
        for (int k = Math.max(N, key.length); k > 0; k--) {
            state[i] = (state[i] ^ (mixed(state, i) * 1_664_525)) + key[j] + j;
            if (++i == N) {
                state[0] = state[N - 1];
                i = 1;
            }
            if (++j == key.length) {
                j = 0;
            }
        }
        for (int k = N - 1; k > 0; k--) {
            state[i] = (state[i] ^ (mixed(state, i) * 1_566_083_941)) - i;
            if (++i == N) {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        state[0] = UPPER_MASK;
        return state;
    }

    private static int mixed(int[] state, int i) {
        return state[i - 1] ^ (state[i - 1] >>> 30);
    }

    /** The tempered output {@code i} of the first generation; right for the first few, whose inputs are all seeded. */
    private static int output(int[] state, int i) {
        int joined = (state[i] & UPPER_MASK) | (state[i + 1] & LOWER_MASK);
        int y = state[i + M] ^ (joined >>> 1) ^ ((joined & 1) == 0 ? 0 : MATRIX_A);
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }
}
