package org.semblance.engine.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;
import org.semblance.hashdb.features.Features;

class FeatureExtractorTest {
    private final FeatureExtractor extractor = new FeatureExtractor();

    /** What is stored must be the same on every machine, or banked features would find nothing there. */
    @Test
    void takesTheSameFeaturesOnEveryMachine() throws NoSuchAlgorithmException {
        for (FeatureKernels form : FeatureKernels.available()) {
            takesTheSameFeatures(form);
        }
    }

    private static void takesTheSameFeatures(FeatureKernels form) throws NoSuchAlgorithmException {
        FeatureExtractor extractor = new FeatureExtractor(Pattern.trained(), form);
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        for (int seed = 0; seed < 20; seed++) {
            ReducedPicture picture = blocks(seed, 330 + 7 * seed, 400 - 5 * seed);
            for (Profile profile : List.of(Profile.BANKED, Profile.UPLOADED)) {
                sha.update(extractor.extract(picture, profile).toBytes());
            }
        }
        assertThat(HexFormat.of().formatHex(sha.digest()))
                .as(form.toString())
                .isEqualTo("94eb15f2035ef0af2b3744089cd171e17b0de79252c0f91ccfc9b4581f8e858a");
    }

    /** By whole numbers alone: Java2D draws differently from release to release. */
    private static ReducedPicture blocks(int seed, int width, int height) {
        byte[] pixels = new byte[width * height];
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            int size = 4 + random.nextInt(60);
            int left = random.nextInt(width - size);
            int top = random.nextInt(height - size);
            int slope = random.nextInt(4);
            byte shade = (byte) random.nextInt(256);
            for (int y = 0; y < size; y++) {
                for (int x = 0; x + y * slope / 3 < size; x++) {
                    pixels[(top + y) * width + left + x] = shade;
                }
            }
        }
        return new ReducedPicture(width, height, pixels);
    }

    @Test
    void aMirroredPictureHasTheSameDescriptorsWithTheOtherHandedness() {
        ReducedPicture picture = blocks(1, 400, 300);
        byte[] mirrored = new byte[400 * 300];
        for (int i = 0; i < mirrored.length; i++) {
            mirrored[i] = picture.pixels()[i / 400 * 400 + 399 - i % 400];
        }
        Features plain = extractor.extract(picture, Profile.BANKED);
        Features other = extractor.extract(new ReducedPicture(400, 300, mirrored), Profile.BANKED);
        int same = 0;
        for (int i = 0; i < plain.count(); i++) {
            for (int k = 0; k < other.count(); k++) {
                if (plain.distance(i, other, k) == 0 && plain.isSwapped(i) != other.isSwapped(k)) {
                    same++;
                    break;
                }
            }
        }
        assertThat(plain.count()).isEqualTo(200);
        // On the first level all; on the others pixels are not mirrored exactly.
        assertThat(same).isGreaterThan(60);
    }

    @Test
    void aTurnedPatchTurnsItsAngle() {
        Random random = RandomSeed.random();
        int side = 2 * Pyramid.MARGIN + 1;
        for (int round = 0; round < 50; round++) {
            byte[] pixels = new byte[Pyramid.STRIDE * side];
            byte[] turned = new byte[Pyramid.STRIDE * side];
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    byte shade = (byte) random.nextInt(256);
                    pixels[y * Pyramid.STRIDE + x] = shade;
                    // The x axis to the y axis.
                    turned[x * Pyramid.STRIDE + side - 1 - y] = shade;
                }
            }
            int centre = Pyramid.MARGIN * Pyramid.STRIDE + Pyramid.MARGIN;
            for (FeatureKernels form : FeatureKernels.available()) {
                assertThat(PatchAngle.of(form, turned, centre)[0])
                        .as("%s, %s", form, RandomSeed.replay())
                        .isEqualTo((PatchAngle.of(form, pixels, centre)[0] + Features.ANGLES / 4) % Features.ANGLES);
            }
        }
    }

    @Test
    void picturesWithoutCornersHaveNoFeatures() {
        assertThat(extractor
                        .extract(new ReducedPicture(480, 300, new byte[480 * 300]), Profile.UPLOADED)
                        .count())
                .isZero();
        for (int side : new int[] {1, 2, 37, 38, 39, 40}) {
            ReducedPicture small = TestPictures.noise(RandomSeed.random(), side, side);
            assertThat(extractor.extract(small, Profile.UPLOADED).count()).isBetween(0, 40);
        }
        assertThat(extractor
                        .extract(TestPictures.noise(RandomSeed.random(), 511, 511), Profile.UPLOADED)
                        .count())
                .isEqualTo(500);
    }
}
