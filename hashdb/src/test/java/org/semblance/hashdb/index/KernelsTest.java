package org.semblance.hashdb.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.kernel.Kernels;
import org.semblance.hashdb.index.kernel.ScalarKernels;
import org.semblance.hashdb.index.kernel.VectorKernels;
import org.semblance.hashdb.offheap.OffHeap;

class KernelsTest {
    private final RandomHashes hashes = RandomHashes.fromRunSeed();

    @Test
    void choosesTheFastestFormOfThisMachine() {
        assertThat(Kernels.best().name())
                .isEqualTo(Kernels.available().getFirst().name());
    }

    @Test
    void scanGivesTheSameWithAndWithoutVectors() {
        Kernels vector = new VectorKernels();
        Kernels scalar = new ScalarKernels();
        int[] found = new int[Kernels.BLOCK];
        int[] expected = new int[Kernels.BLOCK];
        try (OffHeap memory = OffHeap.allocate(32 * Kernels.BLOCK)) {
            long lower = memory.address();
            long upper = lower + 16 * Kernels.BLOCK;
            Hash256 query = hashes.uniform();
            for (int i = 0; i < Kernels.BLOCK; i++) {
                Hash256 hash = hashes.at(query, hashes.random.nextInt(257));
                OffHeap.putLong(lower + 16L * i, hash.w0());
                OffHeap.putLong(lower + 16L * i + 8, hash.w1());
                OffHeap.putLong(upper + 16L * i, hash.w2());
                OffHeap.putLong(upper + 16L * i + 8, hash.w3());
            }
            for (int d = 0; d <= 256; d++) {
                if (d < 128) {
                    int count = scalar.scanHalf(lower, query.w0(), query.w1(), d, expected);
                    assertThat(Arrays.copyOf(found, vector.scanHalf(lower, query.w0(), query.w1(), d, found)))
                            .as("half within %d, %s", d, hashes.replay())
                            .containsExactly(Arrays.copyOf(expected, count));
                }
                int count = scalar.scanWhole(lower, upper, query.w0(), query.w1(), query.w2(), query.w3(), d, expected);
                int near = vector.scanWhole(lower, upper, query.w0(), query.w1(), query.w2(), query.w3(), d, found);
                assertThat(Arrays.copyOf(found, near))
                        .as("whole within %d, %s", d, hashes.replay())
                        .containsExactly(Arrays.copyOf(expected, count));
            }
        }
    }

    /** The lanes of buckets that survive, as the two forms pack them: probe and lane. */
    @ParameterizedTest
    @CsvSource({
        "OF_TWO_BYTES, 8", "OF_TWO_BYTES, 40", "OF_TWO_BYTES, 200",
        "OF_FOUR_BYTES, 8", "OF_FOUR_BYTES, 40", "OF_FOUR_BYTES, 200"
    })
    void sketchesSurviveTheSameWithAndWithoutVectors(Sketches kind, int largest) {
        int sketchBytes = kind == Sketches.OF_FOUR_BYTES ? 4 : 2;
        int sketchMask = sketchBytes == 2 ? 0xFFFF : 0x3FFFFF;
        try (OffHeap memory = OffHeap.allocate(1 << 16)) {
            for (long at = 0; at < 1 << 16; at += sketchBytes) {
                // Few bits, so that many lanes are near.
                int sketch = (int) (hashes.uniform().w0() & hashes.uniform().w1()) & sketchMask;
                if (sketchBytes == 2) {
                    OffHeap.putShort(memory.address() + at, (short) sketch);
                } else {
                    OffHeap.putInt(memory.address() + at, sketch);
                }
            }
            int count = 200;
            long[] bases = new long[count];
            int[] lanes = new int[count];
            long[] probes = new long[count];
            for (int p = 0; p < count; p++) {
                // Where tables put buckets: few lanes share a line, many begin one or half of one.
                int size = 1 + hashes.random.nextInt(p % 2 == 0 ? 8 : largest);
                int align = size <= 8 ? 16 : size <= 16 || sketchBytes == 4 ? 32 : 64;
                bases[p] = memory.address() + 4096 + (long) align * hashes.random.nextInt(32);
                if (p % 3 == 0) {
                    // Behind the word in a cell of the directory.
                    bases[p] += Directory.WORD_BYTES;
                }
                lanes[p] = size;
                probes[p] = (long) hashes.random.nextInt(16) << 22
                        | hashes.random.nextInt(1 << 22) & sketchMask
                        | (long) hashes.random.nextInt() << 32;
            }
            List<String> expected = new ArrayList<>();
            for (int p = 10; p < count; p++) {
                for (int lane = 0; lane < lanes[p]; lane++) {
                    long at = bases[p] + (long) sketchBytes * lane;
                    int sketch = (sketchBytes == 2 ? OffHeap.getShort(at) : OffHeap.getInt(at)) & sketchMask;
                    int limit = (int) probes[p] >>> 22 & 15;
                    if (Integer.bitCount(sketch ^ (int) probes[p] & sketchMask) <= limit) {
                        expected.add(p + "@" + lane);
                    }
                }
            }
            assertThat(survivors(new ScalarKernels(), kind, bases, lanes, probes))
                    .as(hashes.replay())
                    .isEqualTo(expected);
            assertThat(survivors(new VectorKernels(), kind, bases, lanes, probes))
                    .as(hashes.replay())
                    .isEqualTo(expected);
        }
    }

    /** In cells of 16, 32 and 64 bytes, some of which have no copy, and some of those no lanes. */
    @Test
    void cellsGiveTheSameWithAndWithoutVectors() {
        int count = 300;
        long[] cells = new long[count];
        long[] words = new long[count];
        long[] probes = new long[count];
        try (OffHeap memory = OffHeap.allocate(1 << 14)) {
            for (int at = 0; at < 1 << 14; at += Short.BYTES) {
                // Few bits, so that many lanes are near.
                Hash256 random = hashes.uniform();
                OffHeap.putShort(memory.address() + at, (short) (random.w0() & random.w1() & random.w2()));
            }
            List<String> survivors = new ArrayList<>();
            List<Integer> others = new ArrayList<>();
            for (int p = 0; p < count; p++) {
                int cellBytes = 16 << p % 3;
                cells[p] = memory.address() + (long) cellBytes * hashes.random.nextInt((1 << 14) / cellBytes);
                boolean copied = hashes.random.nextInt(4) != 0;
                int lanes = hashes.random.nextInt(copied ? 1 : 0, copied ? cellBytes / 2 - 3 : 100);
                words[p] = hashes.random.nextLong() << 32 | (copied ? 1L << 31 : 0) | lanes;
                probes[p] = (long) hashes.random.nextInt() << 26 | (long) hashes.random.nextInt(16) << 22 | p % 7;
                if (!copied && lanes > 0) {
                    others.add(p);
                }
                for (int lane = 0; copied && lane < lanes; lane++) {
                    int sketch = OffHeap.getShort(cells[p] + Directory.WORD_BYTES + 2L * lane) & 0xFFFF;
                    if (Integer.bitCount(sketch ^ (int) probes[p] & 0xFFFF) <= ((int) probes[p] >>> 22 & 15)) {
                        survivors.add(p + "@" + lane);
                    }
                }
            }
            for (Kernels kernels : new Kernels[] {new ScalarKernels(), new VectorKernels()}) {
                long[] pairs = new long[2 * count + 2];
                int[] left = new int[count + 1];
                long found = kernels.testCells(cells, words, probes, count, pairs, left);
                assertThat(lanes(pairs, (int) (found >>> 32)))
                        .as(hashes.replay())
                        .isEqualTo(survivors);
                assertThat(Arrays.copyOf(left, (int) found))
                        .as(hashes.replay())
                        .containsExactly(others.stream().mapToInt(p -> p).toArray());
            }
        }
    }

    private enum Sketches {
        OF_TWO_BYTES,
        OF_FOUR_BYTES
    }

    private List<String> survivors(Kernels kernels, Sketches kind, long[] bases, int[] lanes, long[] probes) {
        int sketchBytes = kind == Sketches.OF_FOUR_BYTES ? 4 : 2;
        int steps = 1;
        for (int p = 10; p < lanes.length; p++) {
            steps += lanes[p] / kernels.lanesAStep(sketchBytes) + 2;
        }
        long[] pairs = new long[2 * steps];
        int count = switch (kind) {
            case OF_TWO_BYTES -> kernels.testSketches(bases, lanes, probes, 10, lanes.length, pairs);
            case OF_FOUR_BYTES -> kernels.testWideSketches(bases, lanes, probes, 10, lanes.length, pairs);
        };
        return lanes(pairs, count);
    }

    private List<String> lanes(long[] pairs, int count) {
        List<String> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long mask = pairs[2 * i + 1];
            assertThat(mask).as("a step without survivors, %s", hashes.replay()).isNotZero();
            for (int lane = 0; lane < 64; lane++) {
                if ((mask >>> lane & 1) != 0) {
                    found.add((pairs[2 * i] >>> 32) + "@" + ((int) pairs[2 * i] + lane));
                }
            }
        }
        return found;
    }
}
