package org.semblance.hashdb.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.hashdb.hash.Hash256;

class KernelsTest {
    private final RandomHashes hashes = RandomHashes.fromRunSeed();

    @Test
    void choosesVectorsWhereTheModuleIsThere() {
        assertThat(Kernels.best()).isInstanceOf(VectorKernels.class);
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

    /** The lanes of buckets that survive, as the two forms pack them: probe and address of the slot number. */
    @ParameterizedTest
    @ValueSource(ints = {8, 40, 200})
    void sketchesSurviveTheSameWithAndWithoutVectors(int largest) {
        try (OffHeap memory = OffHeap.allocate(1 << 16)) {
            for (long at = 0; at < 1 << 16; at += 8) {
                // Few bits, so that many lanes are near.
                OffHeap.putLong(
                        memory.address() + at,
                        hashes.uniform().w0() & hashes.uniform().w1());
            }
            int count = 200;
            long[] bases = new long[count];
            int[] lanes = new int[count];
            long[] probes = new long[count];
            for (int p = 0; p < count; p++) {
                // Where tables put buckets: few lanes share a line, many begin one.
                int size = 1 + hashes.random.nextInt(p % 2 == 0 ? 8 : largest);
                int align = size <= 8 ? 16 : size <= 16 ? 32 : 64;
                bases[p] = memory.address() + 4096 + (long) align * hashes.random.nextInt(32);
                lanes[p] = size;
                probes[p] = (long) hashes.random.nextInt(17) << 16 | hashes.random.nextInt(1 << 16);
            }
            List<String> expected = new ArrayList<>();
            for (int p = 10; p < count; p++) {
                for (int lane = 0; lane < lanes[p]; lane++) {
                    int sketch = OffHeap.getShort(bases[p] + 2L * lane) & 0xFFFF;
                    if (Integer.bitCount(sketch ^ ((int) probes[p] & 0xFFFF)) <= probes[p] >>> 16) {
                        expected.add(p + "@" + (bases[p] - 4L * (lane + 1)));
                    }
                }
            }
            assertThat(survivors(new ScalarKernels(), bases, lanes, probes)).isEqualTo(expected);
            assertThat(survivors(new VectorKernels(), bases, lanes, probes)).isEqualTo(expected);
        }
    }

    private List<String> survivors(Kernels kernels, long[] bases, int[] lanes, long[] probes) {
        int steps = 1;
        for (int p = 10; p < lanes.length; p++) {
            steps += lanes[p] / kernels.lanesAStep() + 2;
        }
        long[] pairs = new long[2 * steps];
        int count = kernels.testSketches(bases, lanes, probes, 10, lanes.length, pairs);
        List<String> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long mask = pairs[2 * i + 1];
            long top = pairs[2 * i] << 16 >>> 16;
            assertThat(mask).as("a step without survivors, %s", hashes.replay()).isNotZero();
            for (int lane = 0; lane < 64; lane++) {
                if ((mask >>> lane & 1) != 0) {
                    found.add((pairs[2 * i] >>> 48) + "@" + (top - 4L * lane));
                }
            }
        }
        return found;
    }
}
