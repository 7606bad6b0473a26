package org.semblance.engine.video;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.pdq.GreyLuma;

/** On pictures of 320x180. */
class BorderDetectorTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 180;
    private static final int BLACK = 16;
    private static final int NOISE = 3;

    private final Random random = RandomSeed.random();
    private final BorderDetector detector = new BorderDetector();

    /** Draws over a picture. */
    @FunctionalInterface
    private interface Drawing {
        void on(byte[] picture);
    }

    private Optional<Borders> found(Borders borders, Drawing drawing) {
        return found(borders, BLACK, drawing);
    }

    private Optional<Borders> found(Borders borders, int shade, Drawing drawing) {
        byte[] picture = new byte[WIDTH * HEIGHT];
        int level = 60 + random.nextInt(100);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                boolean inside = x >= borders.left()
                        && x < WIDTH - borders.right()
                        && y >= borders.top()
                        && y < HEIGHT - borders.bottom();
                int scene = level + (x * 7 / WIDTH * 13 + y * 5 / HEIGHT * 29) % 60;
                picture[y * WIDTH + x] = (byte) ((inside ? scene : shade) + random.nextInt(NOISE));
            }
        }
        drawing.on(picture);
        return detector.borders(new GreyLuma(picture, WIDTH, HEIGHT));
    }

    private static void box(byte[] picture, int left, int top, int right, int bottom, int shade) {
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                picture[y * WIDTH + x] = (byte) shade;
            }
        }
    }

    /** Strokes that cover three in seven of the columns from 40 to 280. */
    private static void caption(byte[] picture, int top, int bottom) {
        for (int x = 40; x < 280; x += 7) {
            box(picture, x, top, x + 3, bottom, 230);
        }
    }

    @Test
    void findsBarsOnAnySideAndOfAnyShade() {
        Borders bars = new Borders(31, 0, 40, 17);

        assertThat(found(bars, picture -> {})).as(RandomSeed.replay()).contains(bars);
        assertThat(found(bars, 250, picture -> {})).as(RandomSeed.replay()).contains(bars);
        assertThat(found(Borders.NONE, picture -> {})).as(RandomSeed.replay()).contains(Borders.NONE);
    }

    @Test
    void looksAtEachPictureAlone() {
        assertThat(found(new Borders(0, 40, 0, 40), picture -> {})).contains(new Borders(0, 40, 0, 40));
        assertThat(found(Borders.NONE, picture -> {})).contains(Borders.NONE);
        assertThat(found(new Borders(0, 20, 0, 20), picture -> {})).contains(new Borders(0, 20, 0, 20));
    }

    @Test
    void aLogoAndACaptionOnBarsArePartOfThem() {
        Borders bars = new Borders(0, 24, 0, 27);
        Optional<Borders> found = found(bars, picture -> {
            box(picture, 250, 3, 270, 23, 200);
            caption(picture, HEIGHT - 20, HEIGHT - 8);
        });

        assertThat(found).as(RandomSeed.replay()).contains(bars);
    }

    @Test
    void aLogoOnOneOfTheWideBarsOfAPortraitVideoIsPartOfIt() {
        Borders bars = new Borders(110, 0, 110, 0);
        Borders found = found(bars, picture -> {
                    box(picture, 10, 10, 60, 40, 200);
                    box(picture, 110, 0, 210, 30, 15); // A dark sky: nothing to see, but between the bars.
                })
                .orElseThrow();

        String seed = RandomSeed.replay() + ": " + found;
        assertThat(found.left()).as(seed).isEqualTo(110);
        assertThat(found.right()).as(seed).isEqualTo(110);
        assertThat(found.bottom()).as(seed).isZero();
    }

    @Test
    void aDarkCornerIsNoBorder() {
        Optional<Borders> found = found(Borders.NONE, picture -> box(picture, 0, 0, WIDTH / 2, HEIGHT / 2, BLACK));

        assertThat(found).as(RandomSeed.replay()).contains(Borders.NONE);
    }

    @Test
    void aFlatPictureMayHaveAny() {
        assertThat(found(Borders.NONE, picture -> box(picture, 0, 0, WIDTH, HEIGHT, 90)))
                .isEmpty();
    }
}
