package org.semblance.hashdb.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.semblance.hashdb.RandomSeed;

/** The oracle is {@link BigInteger}: the same 256 bits as one number. */
class Hash256Test {
    private static final int ROUNDS = 2_000;
    private static final String ONE_BIT_EACH_END = "8" + "0".repeat(62) + "1";

    private final SplittableRandom random = RandomSeed.random();

    private static BigInteger number(Hash256 hash) {
        return new BigInteger(1, hash.toBytes());
    }

    @Test
    void printsWhatItParses() {
        for (int i = 0; i < ROUNDS; i++) {
            Hash256 hash = RandomSeed.hash(random);
            String hex = hash.toHex();
            assertThat(hex).as(RandomSeed.replay()).hasSize(64).isEqualTo(String.format("%064x", number(hash)));
            assertThat(hash.toString()).isEqualTo(hex);
            assertThat(Hash256.parse(hex)).as(RandomSeed.replay()).isEqualTo(hash);
            assertThat(Hash256.parse(hex.toUpperCase(Locale.ROOT)))
                    .as(RandomSeed.replay())
                    .isEqualTo(hash);
        }
    }

    @Test
    void firstDigitHoldsBit255AndLastDigitBit0() {
        Hash256 hash = Hash256.parse(ONE_BIT_EACH_END);
        assertThat(hash.bit(255)).isTrue();
        assertThat(hash.bit(0)).isTrue();
        assertThat(hash.bitCount()).isEqualTo(2);
        assertThat(hash.word(3)).isEqualTo(Long.MIN_VALUE);
        assertThat(hash.word(0)).isEqualTo(1);
        assertThat(hash.toBytes()[0]).isEqualTo((byte) 0x80);
        assertThat(hash.toBytes()[31]).isEqualTo((byte) 1);
    }

    @Test
    void bitsAreThoseOfTheNumber() {
        for (int i = 0; i < ROUNDS; i++) {
            Hash256 hash = RandomSeed.hash(random);
            int k = random.nextInt(Hash256.BITS);
            assertThat(hash.bit(k))
                    .as("bit %s, %s", k, RandomSeed.replay())
                    .isEqualTo(number(hash).testBit(k));
            assertThat(hash.word(k / 64) >>> k % 64 & 1).isEqualTo(hash.bit(k) ? 1 : 0);
        }
    }

    @Test
    void distanceCountsTheBitsThatDiffer() {
        for (int i = 0; i < ROUNDS; i++) {
            Hash256 a = RandomSeed.hash(random);
            Hash256 b = RandomSeed.hash(random);
            int expected = number(a).xor(number(b)).bitCount();
            assertThat(a.distance(b)).as(RandomSeed.replay()).isEqualTo(expected);
            assertThat(b.distance(a)).as(RandomSeed.replay()).isEqualTo(expected);
            assertThat(a.distance(a)).isZero();
            assertThat(a.bitCount()).isEqualTo(number(a).bitCount());
        }
        assertThat(Hash256.ZERO.distance(Hash256.parse("f".repeat(64)))).isEqualTo(256);
    }

    @Test
    void flippingChangesExactlyTheGivenBits() {
        for (int distance = 0; distance <= Hash256.BITS; distance++) {
            Hash256 hash = RandomSeed.hash(random);
            assertThat(hash.distance(RandomSeed.at(hash, distance, random)))
                    .as(RandomSeed.replay())
                    .isEqualTo(distance);
        }
        Hash256 hash = RandomSeed.hash(random);
        for (int k = 0; k < Hash256.BITS; k++) {
            assertThat(number(hash.flip(k)))
                    .as("bit %s, %s", k, RandomSeed.replay())
                    .isEqualTo(number(hash).flipBit(k));
        }
        assertThat(hash.flip(7, 7)).isEqualTo(hash);
    }

    @Test
    void bytesGoThereAndBack() {
        for (int i = 0; i < ROUNDS; i++) {
            Hash256 hash = RandomSeed.hash(random);
            assertThat(Hash256.fromBytes(hash.toBytes()))
                    .as(RandomSeed.replay())
                    .isEqualTo(hash);
        }
        Hash256 first = RandomSeed.hash(random);
        Hash256 second = RandomSeed.hash(random);
        ByteBuffer both = ByteBuffer.allocate(64)
                .put(first.toBytes())
                .put(second.toBytes())
                .flip();
        assertThat(Hash256.read(both)).isEqualTo(first);
        assertThat(both.position()).isEqualTo(Hash256.BYTES);
        assertThat(Hash256.read(both)).isEqualTo(second);
        assertThatThrownBy(() -> Hash256.read(both)).isInstanceOf(BufferUnderflowException.class);
    }

    @Test
    void readsBitOrderWhateverTheBufferSays() {
        Hash256 hash = RandomSeed.hash(random);
        ByteBuffer little = ByteBuffer.wrap(hash.toBytes()).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        assertThat(Hash256.read(little)).as(RandomSeed.replay()).isEqualTo(hash);
    }

    @Test
    void saysWhatIsWrongWithAText() {
        assertThatThrownBy(() -> Hash256.parse("abc"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("hash: 3 characters (expected: 64 hex digits)");
        assertThatThrownBy(() -> Hash256.parse("0".repeat(65)))
                .hasMessage("hash: 65 characters (expected: 64 hex digits)");
        assertThatThrownBy(() -> Hash256.parse("0".repeat(10) + "g" + "0".repeat(53)))
                .hasMessage("hash: 'g' at position 10 (expected: 64 hex digits)");
        assertThatThrownBy(() -> Hash256.parse("0".repeat(63) + " "))
                .hasMessage("hash: U+0020 at position 63 (expected: 64 hex digits)");
        // A full-width digit is a digit to Character.digit, but not here.
        assertThatThrownBy(() -> Hash256.parse("\uFF11" + "0".repeat(63)))
                .hasMessage("hash: U+FF11 at position 0 (expected: 64 hex digits)");
    }

    @Test
    void refusesOtherLengthsAndPositions() {
        assertThatThrownBy(() -> Hash256.fromBytes(new byte[31]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("hash: 31 bytes (expected: 32)");
        assertThatThrownBy(() -> Hash256.ZERO.word(4))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("word: 4 (expected: 0 to 3)");
        for (int k : new int[] {-1, 256}) {
            assertThatThrownBy(() -> Hash256.ZERO.bit(k))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("bit: " + k + " (expected: 0 to 255)");
            assertThatThrownBy(() -> Hash256.ZERO.flip(k))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("bit: " + k + " (expected: 0 to 255)");
        }
    }
}
