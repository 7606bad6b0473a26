package org.semblance.engine.video;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;
import org.semblance.hashdb.hash.Hash256;

/** Of pictures of 400x300. */
class SeenBordersTest {
    private static final Borders LETTERBOX = new Borders(0, 40, 0, 40);
    private static final Borders PILLARBOX = new Borders(60, 0, 60, 0);

    private final SeenBorders seen = new SeenBorders(400, 300);

    private static Hash256 picture(int number) {
        Random random = new Random(number);
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    @Test
    void evenBarsAreBelievedAtOnce() {
        seen.add(LETTERBOX, picture(1));

        assertThat(seen.crops(Optional.of(LETTERBOX))).containsExactly(LETTERBOX);
        assertThat(seen.crops(Optional.of(new Borders(0, 42, 0, 38)))).containsExactly(LETTERBOX);
        assertThat(seen.crops(Optional.of(new Borders(0, 40, 0, 20)))).isEmpty();
    }

    @Test
    void unevenOnesAreBelievedWhenAnotherPictureHasThem() {
        Borders low = new Borders(0, 0, 0, 50);
        seen.add(low, picture(1));
        seen.add(low, picture(1).flip(3, 77, 200));
        assertThat(seen.crops(Optional.of(low))).isEmpty();

        seen.add(low, picture(2));
        assertThat(seen.crops(Optional.of(low))).containsExactly(low);
    }

    @Test
    void pictureThatIsDarkBesideABarIsCroppedByTheBars() {
        Borders dark = new Borders(0, 70, 0, 40);
        seen.add(dark, picture(0));
        assertThat(seen.crops(Optional.of(dark))).isEmpty();

        seen.add(new Borders(0, 40, 0, 90), picture(1));
        assertThat(seen.crops(Optional.of(dark))).containsExactly(LETTERBOX);
    }

    @Test
    void aDarkSceneIsCroppedByItsOwnBordersAndByThoseSeenMost() {
        Borders dark = new Borders(0, 70, 0, 40);
        for (int second = 0; second < 8; second++) {
            seen.add(dark, picture(second));
        }
        for (int second = 8; second < 12; second++) {
            seen.add(LETTERBOX, picture(second));
        }

        assertThat(seen.crops(Optional.of(dark))).containsExactlyInAnyOrder(dark, LETTERBOX);
        assertThat(seen.crops(Optional.of(LETTERBOX))).containsExactly(LETTERBOX);
        assertThat(seen.crops(Optional.empty())).containsExactly(LETTERBOX);
    }

    @Test
    void eachClipHasItsOwn() {
        seen.add(LETTERBOX, picture(0));
        seen.add(PILLARBOX, picture(1));
        seen.add(LETTERBOX, picture(2));

        assertThat(seen.crops(Optional.of(LETTERBOX))).containsExactly(LETTERBOX);
        assertThat(seen.crops(Optional.of(PILLARBOX))).containsExactly(PILLARBOX);
        assertThat(seen.crops(Optional.of(Borders.NONE))).isEmpty();
    }

    @Test
    void darknessThatMovesGivesFewCropsAndForgetsNoBars() {
        Random random = RandomSeed.random();
        seen.add(LETTERBOX, picture(0));
        Set<Borders> crops = new HashSet<>();
        for (int second = 1; second <= 1000; second++) {
            // Wider at the bottom and the right, by more than what counts as the same.
            Borders dark = new Borders(0, 0, 20 + random.nextInt(200), 20 + random.nextInt(150));
            seen.add(dark, picture(second));
            List<Borders> of = seen.crops(Optional.of(dark));
            assertThat(of).as(RandomSeed.replay()).hasSizeLessThanOrEqualTo(2);
            crops.addAll(of);
        }

        assertThat(crops).as(RandomSeed.replay()).hasSizeLessThan(100);
        assertThat(seen.crops(Optional.of(LETTERBOX))).as(RandomSeed.replay()).containsExactly(LETTERBOX);
    }
}
