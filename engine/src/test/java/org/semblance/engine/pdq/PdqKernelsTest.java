package org.semblance.engine.pdq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.pdq.PdqKernels.Pixels;

/** The library's forms against Java's, bit for bit. */
class PdqKernelsTest {
    private static final int[] EDGES = {1, 2, 5, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 255, 257, 2_000};

    private final Random random = RandomSeed.random();
    private final List<NativePdq> forms = NativePdq.available();

    @Test
    void thisMachineHasWhatItIsTestedFor() {
        assertThat(PdqKernels.available()).endsWith(JavaPdq.INSTANCE);
        assertThat(NativePdq.failure().isEmpty()).isEqualTo(!forms.isEmpty());
    }

    private int side() {
        return random.nextInt(4) == 0 ? EDGES[random.nextInt(EDGES.length)] : 1 + random.nextInt(2_000);
    }

    @Test
    void readsRowsAlike() {
        for (int round = 0; round < 600; round++) {
            Pixels kind = Pixels.values()[random.nextInt(Pixels.values().length)];
            int width = side();
            int lead = random.nextInt(70);
            // Ends with the last pixel, so that a byte read beyond it may be one of nobody's.
            byte[] bytes = new byte[lead + kind.bytes * width];
            random.nextBytes(bytes);
            float[] expected = new float[width + 2];
            JavaPdq.INSTANCE.luma(kind, MemorySegment.ofArray(bytes), lead, width, expected, 1);
            for (NativePdq form : forms) {
                float[] actual = new float[width + 2];
                form.luma(kind, MemorySegment.ofArray(bytes), lead, width, actual, 1);
                assertThat(actual)
                        .as("%s, %s, width %d, %s", form, kind, width, RandomSeed.replay())
                        .containsExactly(expected);
            }
        }
    }

    @Test
    void smoothsAlike() {
        for (int round = 0; round < 60; round++) {
            int width = side();
            int height = round % 10 == 0 ? side() : 1 + random.nextInt(300);
            Luma luma = luma(width, height);
            for (NativePdq form : forms) {
                String what = form + ", " + width + "x" + height + ", " + RandomSeed.replay();
                assertThat(smoothed(form.tent(), luma)).as(what).containsExactly(smoothed(new TentFilter(), luma));
                assertThat(smoothed(form.sampler(), luma)).as(what).containsExactly(smoothed(new TentSampler(), luma));
            }
        }
    }

    /** The scratch of one picture must not be seen in the next. */
    @Test
    void hashesAlikeOneAfterTheOther() {
        for (boolean fast : new boolean[] {false, true}) {
            PdqHasher java = new PdqHasher(JavaPdq.INSTANCE, fast);
            List<PdqHasher> others =
                    forms.stream().map(form -> new PdqHasher(form, fast)).toList();
            int width = 0;
            int height = 0;
            for (int round = 0; round < 60; round++) {
                // Often of the size of the one before, whose scratch is kept then.
                boolean again = round % 3 == 0 && round > 0;
                width = again ? width : 5 + random.nextInt(500);
                height = again ? height : 5 + random.nextInt(500);
                Luma luma = luma(width, height);
                for (PdqHasher other : others) {
                    String what = "fast " + fast + ", " + luma.width() + "x" + luma.height() + RandomSeed.replay();
                    assertThat(other.hash(luma)).as(what).isEqualTo(java.hash(luma));
                    assertThat(other.hashDihedral(luma)).as(what).isEqualTo(java.hashDihedral(luma));
                }
            }
        }
    }

    @Test
    void transformsAlike() {
        for (int round = 0; round < 500; round++) {
            float[] picture = new float[64 * 64];
            int mask = random.nextBoolean() ? 0xFF : 0x80;
            for (int i = 0; i < picture.length; i++) {
                picture[i] = (random.nextInt(256) & mask) + (mask == 0x80 ? 0 : random.nextFloat());
            }
            float[] expected = new float[256];
            JavaPdq.INSTANCE.cosines(picture, expected);
            for (NativePdq form : forms) {
                float[] actual = new float[256];
                form.cosines(picture, actual);
                assertThat(actual).as("%s, %s", form, RandomSeed.replay()).containsExactly(expected);
                assertThat(form.aboveMedian(expected)).isEqualTo(JavaPdq.INSTANCE.aboveMedian(expected));
                assertThat(form.gradients(picture)).isEqualTo(JavaPdq.INSTANCE.gradients(picture));
            }
        }
    }

    @Test
    void findsTheMedianOfAnyValues() {
        for (int round = 0; round < 2_000; round++) {
            float[] values = new float[256];
            int range = 1 + random.nextInt(300);
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextInt(3) == 0 ? 0f * -random.nextInt(2) : random.nextInt(range) - range / 2f;
            }
            for (NativePdq form : forms) {
                assertThat(form.aboveMedian(values))
                        .as("%s, %s", form, RandomSeed.replay())
                        .isEqualTo(JavaPdq.INSTANCE.aboveMedian(values));
            }
        }
    }

    @Test
    void refusesAPictureWhoseMemoryIsFreed() {
        for (PdqKernels form : PdqKernels.available()) {
            MemorySegment pixels;
            try (Arena arena = Arena.ofConfined()) {
                pixels = arena.allocate(64);
            }
            assertThatIllegalStateException()
                    .isThrownBy(() -> form.luma(Pixels.GREY, pixels, 0, 64, new float[64], 0))
                    .withMessage("Already closed");
        }
    }

    private static float[] smoothed(Smoothing smoothing, Luma luma) {
        float[] small = new float[Smoothing.SIDE * Smoothing.SIDE];
        smoothing.downsample(luma, small);
        return small;
    }

    private Luma luma(int width, int height) {
        byte[] bytes = new byte[width * height];
        random.nextBytes(bytes);
        int mask = new int[] {0xFF, 0x80, 0x03, 0}[random.nextInt(4)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (bytes[i] & mask);
        }
        return new GreyLuma(bytes, width, height);
    }
}
