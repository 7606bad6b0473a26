package org.semblance.engine.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.Luma;

/** The library's forms against Java's, bit for bit. */
class FeatureKernelsTest {
    private final Random random = RandomSeed.random();
    private final List<NativeFeatures> forms = NativeFeatures.available();

    @Test
    void thisMachineHasWhatItIsTestedFor() {
        assertThat(FeatureKernels.available()).endsWith(JavaFeatures.INSTANCE);
        assertThat(NativeFeatures.failure().isEmpty()).isEqualTo(!forms.isEmpty());
    }

    @Test
    void reducesAlike() {
        for (int round = 0; round < 80; round++) {
            int width = 1 + random.nextInt(random.nextBoolean() ? 2_000 : 70);
            int height = 1 + random.nextInt(random.nextBoolean() ? 700 : 70);
            byte[] bytes = new byte[width * height];
            random.nextBytes(bytes);
            Luma luma = new GreyLuma(bytes, width, height);
            int side = 1 + random.nextInt(500);
            ReducedPicture expected = ReducedPicture.of(luma, side, JavaFeatures.INSTANCE);
            for (NativeFeatures form : forms) {
                assertThat(ReducedPicture.of(luma, side, form))
                        .as("%s, %dx%d to %d, %s", form, width, height, side, RandomSeed.replay())
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void makesLevelsAndBlursAlike() {
        for (int round = 0; round < 40; round++) {
            ReducedPicture picture = TestPictures.noise(random, 1 + random.nextInt(511), 1 + random.nextInt(511));
            Pyramid expected = new Pyramid(JavaFeatures.INSTANCE);
            expected.build(picture);
            expected.blur();
            for (NativeFeatures form : forms) {
                Pyramid actual = new Pyramid(form);
                actual.build(picture);
                actual.blur();
                String what = form + ", " + picture + ", " + RandomSeed.replay();
                assertThat(actual.plain()).as(what).isEqualTo(expected.plain());
                assertThat(actual.blurred()).as(what).isEqualTo(expected.blurred());
            }
        }
    }

    /** One extractor a form, so that the scratch of a picture would be seen in the next. */
    @Test
    void takesTheSameFeatures() {
        FeatureExtractor java = new FeatureExtractor(Pattern.trained(), JavaFeatures.INSTANCE);
        List<FeatureExtractor> others = forms.stream()
                .map(form -> new FeatureExtractor(Pattern.trained(), form))
                .toList();
        for (int round = 0; round < 60; round++) {
            Profile profile = Profile.values()[random.nextInt(Profile.values().length)];
            ReducedPicture picture = round % 3 == 0
                    ? TestPictures.reduced(TestPictures.scene(random.nextLong(), 480, 333), profile)
                    : TestPictures.noise(random, 1 + random.nextInt(511), 1 + random.nextInt(511));
            byte[] expected = java.extract(picture, profile).toBytes();
            for (int i = 0; i < others.size(); i++) {
                assertThat(others.get(i).extract(picture, profile).toBytes())
                        .as("%s, %s, %s, %s", forms.get(i), profile, picture, RandomSeed.replay())
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void spreadsAnyCornersAlike() {
        int[] levels = {0, 400, 300, 0, 333, 250, 0, 278, 208, 0, 60, 41};
        for (int round = 0; round < 300; round++) {
            int[] corners = new int[random.nextInt(3_000)];
            int scores = 1 + random.nextInt(254);
            for (int i = 0; i < corners.length; i++) {
                int level = random.nextInt(4);
                corners[i] = Corner.of(
                        random.nextInt(levels[3 * level + 1]),
                        random.nextInt(levels[3 * level + 2]),
                        level,
                        1 + random.nextInt(scores));
            }
            double[] turns = random.nextBoolean()
                    ? new double[] {1, 1, 1, 1}
                    : new double[] {random.nextDouble(), 1.5, 0.5, random.nextDouble()};
            int most = random.nextInt(700);
            int[] expected = JavaFeatures.INSTANCE.spread(corners, corners.length, levels, turns, most);
            for (NativeFeatures form : forms) {
                assertThat(form.spread(corners, corners.length, levels, turns, most))
                        .as("%s, %s", form, RandomSeed.replay())
                        .containsExactly(expected);
            }
        }
    }
}
