package org.semblance.engine.pdq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LumaTest {
    private static final float SENTINEL = -1;

    @Test
    void greyIsTheSampleItself() {
        byte[] samples = new byte[256];
        for (int i = 0; i < 256; i++) {
            samples[i] = (byte) i;
        }
        float[] row = new float[256];
        new GreyLuma(samples, 256, 1).row(0, row, 0);
        for (int i = 0; i < 256; i++) {
            assertThat(row[i]).isEqualTo((float) i);
        }
    }

    @Test
    void studioVideoHasItsRangeExpandedAndClipped() {
        Random random = RandomSeed.random();
        for (int width = 1; width <= 70; width++) {
            int stride = width + random.nextInt(5);
            byte[] samples = new byte[stride + width];
            random.nextBytes(samples);
            Luma luma = GreyLuma.studio(MemorySegment.ofArray(samples), width, 2, stride);
            float[] row = new float[width + 2];
            row[0] = row[width + 1] = SENTINEL;
            luma.row(1, row, 1);
            for (int x = 0; x < width; x++) {
                float expanded = ((samples[stride + x] & 0xFF) - 16) * (255f / 219);
                assertThat(row[1 + x])
                        .as("column %d of %d, %s", x, width, RandomSeed.replay())
                        .isEqualTo(Math.clamp(expanded, 0f, 255f));
            }
            assertThat(row[0]).isEqualTo(SENTINEL);
            assertThat(row[width + 1]).isEqualTo(SENTINEL);
        }
    }

    @Test
    void colourIsRoundedAfterEachOperation() {
        byte[] pixels = new byte[3 * 256];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (i / 3);
        }
        float[] row = new float[256];
        InterleavedLuma.rgb(MemorySegment.ofArray(pixels), 256, 1, pixels.length)
                .row(0, row, 0);
        // The three-term sum of equal channels is not always the channel: one of the reference's marks.
        assertThat(row[15]).isEqualTo(15.000001f);
        assertThat(IntStream.range(0, 256).filter(i -> row[i] != i)).hasSize(35);
    }

    @Test
    void readsEveryShapeAsTheFormulaSays() {
        Random random = RandomSeed.random();
        for (int round = 0; round < 400; round++) {
            int width = 1 + random.nextInt(200);
            int height = 1 + random.nextInt(4);
            int channels = random.nextBoolean() ? 1 : 3;
            boolean blueFirst = random.nextBoolean();
            int stride = channels * width + random.nextInt(3) * random.nextInt(20);
            int lead = random.nextInt(5);
            // Ends with the last pixel, so that reading one byte too many is an error.
            byte[] bytes = new byte[lead + stride * (height - 1) + channels * width];
            random.nextBytes(bytes);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment heap = MemorySegment.ofArray(bytes);
                MemorySegment whole = random.nextBoolean()
                        ? heap
                        : arena.allocate(bytes.length).copyFrom(heap);
                MemorySegment pixels = whole.asSlice(lead);
                Luma luma = channels == 1
                        ? new GreyLuma(pixels, width, height, stride)
                        : blueFirst
                                ? InterleavedLuma.bgr(pixels, width, height, stride)
                                : InterleavedLuma.rgb(pixels, width, height, stride);
                for (int y = 0; y < height; y++) {
                    float[] expected = new float[width + 2];
                    expected[0] = expected[width + 1] = SENTINEL;
                    for (int x = 0; x < width; x++) {
                        int at = lead + y * stride + channels * x;
                        expected[1 + x] = channels == 1
                                ? bytes[at] & 0xFF
                                : luma(bytes[at + (blueFirst ? 2 : 0)], bytes[at + 1], bytes[at + (blueFirst ? 0 : 2)]);
                    }
                    float[] actual = new float[width + 2];
                    actual[0] = actual[width + 1] = SENTINEL;
                    luma.row(y, actual, 1);
                    assertThat(actual)
                            .as("row %d of %dx%d, %d channels, %s", y, width, height, channels, RandomSeed.replay())
                            .containsExactly(expected);
                }
            }
        }
    }

    private static float luma(byte red, byte green, byte blue) {
        float y = 0.299f * (red & 0xFF);
        y = y + 0.587f * (green & 0xFF);
        return y + 0.114f * (blue & 0xFF);
    }

    @Test
    void refusesNumbersThatDoNotFitTheBytes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GreyLuma(new byte[4], 0, 4))
                .withMessage("width: 0 (expected: at least 1)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GreyLuma(new byte[4], 4, -1))
                .withMessage("height: -1 (expected: at least 1)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InterleavedLuma.rgb(MemorySegment.ofArray(new byte[24]), 4, 2, 11))
                .withMessage("stride: 11 (expected: at least 12)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InterleavedLuma.bgr(MemorySegment.ofArray(new byte[24]), 4, 2, 13))
                .withMessage("pixels: 24 bytes (expected: 2 rows of 12 bytes, 13 from one to the next)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GreyLuma(MemorySegment.ofArray(new byte[24]), 4, 3, Long.MAX_VALUE))
                .withMessageContaining("pixels: 24 bytes");
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> new GreyLuma(new byte[4], 2, 2).row(2, new float[2], 0));
    }
}
