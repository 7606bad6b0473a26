package org.semblance.engine.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.media.internal.Footage;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.Luma;
import org.semblance.engine.pdq.PdqHasher;

class ThumbnailTest {
    @Test
    void isTheMeanOfBlocksAndLeavesOutTheBorders() {
        Random random = RandomSeed.random();
        int width = 642; // Blocks of 3x3.
        int height = 100;
        byte[] shades = new byte[width * height];
        random.nextBytes(shades);
        Thumbnail thumbnail = new Thumbnail(new GreyLuma(shades, width, height));

        Luma inside = thumbnail.inside(new Borders(6, 30, 0, 31));

        assertThat(inside.width()).isEqualTo(212);
        assertThat(inside.height()).isEqualTo(13);
        float[] row = new float[212];
        for (int y = 0; y < inside.height(); y++) {
            inside.row(y, row, 0);
            for (int x = 0; x < inside.width(); x++) {
                double sum = 0;
                int pixels = 0;
                for (int at = 3 * (y + 10); at < 3 * (y + 11); at++) {
                    for (int column = 3 * (x + 2); column < Math.min(width, 3 * (x + 3)); column++) {
                        sum += shades[at * width + column] & 0xFF;
                        pixels++;
                    }
                }
                assertThat((double) row[x]).as(RandomSeed.replay()).isEqualTo(sum / pixels, within(0.51));
            }
        }
        assertThat(thumbnail.bytes()).isEqualTo(214 * 34);
    }

    /** The footage is soft, so that many of its bits turn easily; a row more or less turns up to 12. */
    @Test
    void hasNearlyTheHashOfThePicture() {
        int width = 854;
        int height = 480;
        Footage footage = new Footage(21, width, height);
        PdqHasher pdq = new PdqHasher();
        Borders borders = new Borders(86, 48, 87, 49);
        for (int second = 0; second < 20; second++) {
            Luma luma = new GreyLuma(footage.at(second), width, height);
            int distance = pdq.hash(new CroppedLuma(luma, borders))
                    .hash()
                    .distance(pdq.hash(new Thumbnail(luma).inside(borders)).hash());
            assertThat(distance).as("second %d", second).isLessThanOrEqualTo(22);
        }
    }
}
