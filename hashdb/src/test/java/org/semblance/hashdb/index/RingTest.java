package org.semblance.hashdb.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.semblance.hashdb.hash.Hash256;

class RingTest {
    private final RandomHashes hashes = RandomHashes.fromRunSeed();

    static Stream<Ring> rings() {
        return Stream.of(Ring.SIXTEEN, Ring.TWELVE, new Ring(3, Integer.BYTES, 8, 8, 14, 17, 15, 18));
    }

    @ParameterizedTest
    @MethodSource("rings")
    void chunksAreAllBitsOfTheHash(Ring ring) {
        Hash256 hash = hashes.uniform();
        StringBuilder bits = new StringBuilder();
        for (int chunk = ring.chunks() - 1; chunk >= 0; chunk--) {
            int value = ring.value(hash.word(ring.word(chunk)), chunk);
            String digits = Integer.toBinaryString(value);
            bits.append("0".repeat(ring.width(chunk) - digits.length())).append(digits);
        }
        assertThat(bits.toString().equals(binary(hash))).as(hashes.replay()).isTrue();
    }

    private static String binary(Hash256 hash) {
        StringBuilder bits = new StringBuilder();
        for (int word = 3; word >= 0; word--) {
            String digits = Long.toBinaryString(hash.word(word));
            bits.append("0".repeat(Long.SIZE - digits.length())).append(digits);
        }
        return bits.toString();
    }

    @ParameterizedTest
    @MethodSource("rings")
    void patternsAreAllThatFlipUpToThreeBits(Ring ring) {
        for (int chunk = 0; chunk < ring.chunks(); chunk++) {
            int width = ring.width(chunk);
            Set<Integer> distinct = new HashSet<>();
            int before = 0;
            for (int pattern : ring.patterns(chunk)) {
                assertThat(pattern).isBetween(0, (1 << width) - 1);
                assertThat(Integer.bitCount(pattern)).isBetween(before, 3);
                before = Integer.bitCount(pattern);
                distinct.add(pattern);
            }
            int all = 1 + width + width * (width - 1) / 2 + width * (width - 1) * (width - 2) / 6;
            assertThat(distinct).hasSize(all);
            assertThat(ring.patterns(chunk)).hasSize(all);
        }
    }

    /** 65,536 buckets: room for 4, 12 or 28 sketches where nearly all have at most so many. */
    @ParameterizedTest
    @CsvSource({
        "0, 16",
        "1, 16",
        "80000, 16",
        "90000, 32",
        "380000, 32",
        "450000, 64",
        "1000000, 64",
        "1300000, 8",
        "10000000, 8"
    })
    void cellsHaveRoomForTheSketchesOfShortBuckets(int hashes, int bytes) {
        assertThat(Ring.SIXTEEN.cellBytes(5, hashes)).isEqualTo(bytes);
        assertThat(Ring.TWELVE.cellBytes(5, hashes)).isEqualTo(8);
    }

    /** By the pairs at every distance that a plan covers: the chunk that is to report them does find them. */
    @ParameterizedTest
    @MethodSource("rings")
    void theStartOfEachPairWithinTheDistanceFindsIt(Ring ring) {
        for (int d = 0; d <= ring.maxDistance(); d++) {
            UnitPlan plan = ring.plan(d);
            for (int chunk = 0; chunk < ring.chunks(); chunk++) {
                assertThat(plan.patterns(chunk)).isBetween(0, ring.patterns(chunk).length);
            }
            for (int i = 0; i < 200; i++) {
                int bits = i % 2 == 0 ? d : hashes.random.nextInt(d + 1);
                Hash256 differing = i % 3 == 0 ? hashes.atCrowded(Hash256.ZERO, bits) : hashes.at(Hash256.ZERO, bits);
                int start = plan.start(differing.w3(), differing.w2(), differing.w1(), differing.w0());
                int next = ring.next(start);
                int here = Integer.bitCount(ring.value(differing.word(ring.word(start)), start));
                int there = Integer.bitCount(ring.value(differing.word(ring.word(next)), next));
                assertThat(Ring.patternsUpTo(ring.width(start), here))
                        .as("%s within %d, %s", differing, d, hashes.replay())
                        .isLessThanOrEqualTo(plan.patterns(start));
                assertThat(here + there)
                        .as("%s within %d, %s", differing, d, hashes.replay())
                        .isLessThanOrEqualTo(plan.limit(start));
            }
        }
    }
}
