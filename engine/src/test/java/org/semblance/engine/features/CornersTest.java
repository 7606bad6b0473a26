package org.semblance.engine.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;

class CornersTest {
    private static final int[][] CIRCLE = {
        {0, 3}, {1, 3}, {2, 2}, {3, 1}, {3, 0}, {3, -1}, {2, -2}, {1, -3},
        {0, -3}, {-1, -3}, {-2, -2}, {-3, -1}, {-3, 0}, {-3, 1}, {-2, 2}, {-1, 3}
    };

    @Test
    void findsWhatTheDefinitionSays() {
        Random random = RandomSeed.random();
        for (int round = 0; round < 12; round++) {
            ReducedPicture picture = round % 2 == 0
                    ? TestPictures.reduced(TestPictures.scene(random.nextLong(), 480, 333), Profile.UPLOADED)
                    : TestPictures.noise(random, 60 + random.nextInt(200), 60 + random.nextInt(200));
            int threshold = 5 + random.nextInt(40);
            Pyramid pyramid = new Pyramid(FeatureKernels.best());
            pyramid.build(picture);
            List<Integer> defined = new ArrayList<>();
            for (int level = 0; level < pyramid.levels(); level++) {
                define(pyramid, level, threshold, defined);
            }
            for (FeatureKernels form : FeatureKernels.available()) {
                int[] found = new int[Corner.most(pyramid.sizes(), pyramid.levels())];
                int count = form.corners(pyramid.plain(), pyramid.sizes(), pyramid.levels(), threshold, found);
                assertThat(Arrays.copyOf(found, count))
                        .as("%s, threshold %d, %s", form, threshold, RandomSeed.replay())
                        .containsExactly(
                                defined.stream().mapToInt(corner -> corner).toArray());
            }
        }
    }

    private static void define(Pyramid pyramid, int level, int threshold, List<Integer> corners) {
        int width = pyramid.width(level);
        int height = pyramid.height(level);
        int[][] scores = new int[height][width];
        for (int y = 3; y < height - 3; y++) {
            for (int x = 3; x < width - 3; x++) {
                scores[y][x] = score(pyramid, level, x, y, threshold);
            }
        }
        for (int y = Pyramid.MARGIN; y < height - Pyramid.MARGIN; y++) {
            for (int x = Pyramid.MARGIN; x < width - Pyramid.MARGIN; x++) {
                if (scores[y][x] > 0 && isHighest(scores, x, y)) {
                    corners.add(Corner.of(x, y, level, scores[y][x]));
                }
            }
        }
    }

    private static boolean isHighest(int[][] scores, int x, int y) {
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                if ((dx != 0 || dy != 0) && scores[y + dy][x + dx] >= scores[y][x]) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The highest threshold at which the pixel is a corner; 0 if it is none at the given one. */
    private static int score(Pyramid pyramid, int level, int x, int y, int threshold) {
        if (!isCorner(pyramid, level, x, y, threshold)) {
            return 0;
        }
        int score = threshold;
        while (isCorner(pyramid, level, x, y, score + 1)) {
            score++;
        }
        return score;
    }

    private static boolean isCorner(Pyramid pyramid, int level, int x, int y, int threshold) {
        int centre = pixel(pyramid, level, x, y);
        for (int sign = -1; sign <= 1; sign += 2) {
            int inARow = 0;
            for (int i = 0; i < 16 + 8 && inARow < 9; i++) {
                int[] at = CIRCLE[i % 16];
                boolean differs = sign * (pixel(pyramid, level, x + at[0], y + at[1]) - centre) > threshold;
                inARow = differs ? inARow + 1 : 0;
            }
            if (inARow == 9) {
                return true;
            }
        }
        return false;
    }

    private static int pixel(Pyramid pyramid, int level, int x, int y) {
        return pyramid.plain()[pyramid.at(level, x, y)] & 0xff;
    }
}
