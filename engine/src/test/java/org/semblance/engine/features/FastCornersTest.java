package org.semblance.engine.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_features2d;
import org.bytedeco.opencv.opencv_core.KeyPoint;
import org.bytedeco.opencv.opencv_core.KeyPointVector;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;

class FastCornersTest {
    private record Corner(int x, int y, int score) {}

    @Test
    void findsTheCornersOfOpencv() {
        Random random = RandomSeed.random();
        for (int round = 0; round < 12; round++) {
            ReducedPicture picture = round % 2 == 0
                    ? TestPictures.reduced(TestPictures.scene(random.nextLong(), 480, 333), Profile.UPLOADED)
                    : TestPictures.noise(random, 60 + random.nextInt(400), 60 + random.nextInt(400));
            int threshold = 5 + random.nextInt(40);
            Pyramid pyramid = new Pyramid();
            pyramid.build(picture);
            int level = random.nextInt(pyramid.levels());
            List<Corner> found = new ArrayList<>();
            new FastCorners().detect(pyramid, level, threshold, (x, y, score) -> found.add(new Corner(x, y, score)));
            assertThat(found)
                    .as("threshold %d, level %d, %s", threshold, level, RandomSeed.replay())
                    .containsExactlyElementsOf(opencv(pyramid, level, threshold));
        }
    }

    private static List<Corner> opencv(Pyramid pyramid, int level, int threshold) {
        int width = pyramid.width(level);
        int height = pyramid.height(level);
        List<Corner> corners = new ArrayList<>();
        try (Mat mat = new Mat(height, width, opencv_core.CV_8UC1);
                KeyPointVector points = new KeyPointVector()) {
            mat.data().put(pyramid.copy(pyramid.plain(), level));
            opencv_features2d.FAST(mat, points, threshold, true);
            for (long i = 0; i < points.size(); i++) {
                KeyPoint point = points.get(i);
                int x = (int) point.pt().x();
                int y = (int) point.pt().y();
                if (x >= Pyramid.MARGIN
                        && y >= Pyramid.MARGIN
                        && x < width - Pyramid.MARGIN
                        && y < height - Pyramid.MARGIN) {
                    corners.add(new Corner(x, y, (int) point.response()));
                }
            }
        }
        return corners;
    }
}
