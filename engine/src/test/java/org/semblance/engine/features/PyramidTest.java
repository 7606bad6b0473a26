package org.semblance.engine.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.pdq.Luma;

class PyramidTest {
    private static final int[] WEIGHTS = {1, 2, 3, 4, 3, 2, 1};
    private final Random random = RandomSeed.random();

    @Test
    void blursByTheWeights() {
        for (int round = 0; round < 10; round++) {
            ReducedPicture picture = TestPictures.noise(random, 41 + random.nextInt(470), 41 + random.nextInt(470));
            Pyramid pyramid = new Pyramid(FeatureKernels.best());
            pyramid.build(picture);
            pyramid.blur();
            for (int k = 0; k < 500; k++) {
                int level = random.nextInt(pyramid.levels());
                int x = 3 + random.nextInt(pyramid.width(level) - 6);
                int y = 3 + random.nextInt(pyramid.height(level) - 6);
                int sum = 128;
                for (int dy = -3; dy <= 3; dy++) {
                    for (int dx = -3; dx <= 3; dx++) {
                        int pixel = pyramid.plain()[pyramid.at(level, x + dx, y + dy)] & 0xff;
                        sum += WEIGHTS[dx + 3] * WEIGHTS[dy + 3] * pixel;
                    }
                }
                assertThat(pyramid.blurred()[pyramid.at(level, x, y)] & 0xff)
                        .as("%d %d of level %d of %s, %s", x, y, level, picture, RandomSeed.replay())
                        .isEqualTo(sum >> 8);
            }
        }
    }

    @Test
    void eachLevelIsTheOneBeforeAtFiveSixths() {
        // A slope stays a slope, whatever it is reduced to.
        int side = 480;
        byte[] pixels = new byte[side * side];
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                pixels[y * side + x] = (byte) ((x + y) / 4);
            }
        }
        Pyramid pyramid = new Pyramid(FeatureKernels.best());
        pyramid.build(new ReducedPicture(side, side, pixels));
        assertThat(pyramid.levels()).isEqualTo(Pyramid.LEVELS);
        for (int level = 0; level < pyramid.levels(); level++) {
            double scale = Pyramid.scale(level);
            assertThat(pyramid.width(level)).isEqualTo((int) Math.round(side / scale));
            for (int k = 0; k < 200; k++) {
                int x = random.nextInt(pyramid.width(level));
                int y = random.nextInt(pyramid.height(level));
                double expected = ((x + 0.5) * scale + (y + 0.5) * scale - 1) / 4;
                assertThat((double) (pyramid.plain()[pyramid.at(level, x, y)] & 0xff))
                        .as("%d %d of level %d, %s", x, y, level, RandomSeed.replay())
                        .isBetween(expected - 3, expected + 3);
            }
        }
    }

    @Test
    void reducesByTheMeanOfAreas() {
        int width = 700 + random.nextInt(500);
        int height = 600 + random.nextInt(100);
        float[][] rows = new float[height][width];
        for (float[] row : rows) {
            for (int x = 0; x < width; x++) {
                row[x] = random.nextInt(256);
            }
        }
        ReducedPicture reduced = ReducedPicture.of(luma(rows), 480);
        assertThat(reduced.width()).isEqualTo(480);
        assertThat(reduced.height()).isEqualTo((int) Math.round(480.0 * height / width));
        for (int k = 0; k < 300; k++) {
            int x = random.nextInt(reduced.width());
            int y = random.nextInt(reduced.height());
            double mean = mean(rows, x, y, reduced);
            assertThat((double) (reduced.pixels()[y * reduced.width() + x] & 0xff))
                    .as("%d %d of %dx%d, %s", x, y, width, height, RandomSeed.replay())
                    .isBetween(mean - 0.51, mean + 0.51);
        }
    }

    /** By ever so many points of the area. */
    private static double mean(float[][] rows, int x, int y, ReducedPicture reduced) {
        double stepX = (double) rows[0].length / reduced.width();
        double stepY = (double) rows.length / reduced.height();
        double sum = 0;
        for (int row = (int) (y * stepY); row < Math.min(rows.length, (y + 1) * stepY); row++) {
            for (int column = (int) (x * stepX); column < Math.min(rows[0].length, (x + 1) * stepX); column++) {
                double high = Math.min((y + 1) * stepY, row + 1) - Math.max(y * stepY, row);
                double wide = Math.min((x + 1) * stepX, column + 1) - Math.max(x * stepX, column);
                sum += rows[row][column] * high * wide;
            }
        }
        return sum / stepX / stepY;
    }

    @Test
    void enlargesNoMoreThanTwice() {
        ReducedPicture reduced = ReducedPicture.of(luma(new float[20][30]), 480);
        assertThat(reduced.width()).isEqualTo(60);
        assertThat(reduced.height()).isEqualTo(40);
        assertThat(ReducedPicture.of(luma(new float[1][1]), 480).width()).isEqualTo(2);
        assertThat(ReducedPicture.of(luma(new float[1][9_000]), 480).height()).isEqualTo(1);
    }

    private static Luma luma(float[][] rows) {
        return new Luma() {
            @Override
            public int width() {
                return rows[0].length;
            }

            @Override
            public int height() {
                return rows.length;
            }

            @Override
            public void row(int y, float[] target, int offset) {
                System.arraycopy(rows[y], 0, target, offset, rows[y].length);
            }
        };
    }
}
