package org.semblance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.semblance.engine.features.FeatureExtractor;
import org.semblance.engine.features.Profile;
import org.semblance.engine.pdq.Luma;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.engine.video.FrameHash;
import org.semblance.hashdb.hash.HashAndQuality;

/** Which frames of a video local features are taken of. */
class FramePicturesTest {
    private static final int WIDTH = 128;
    private static final int HEIGHT = 96;

    private final FeatureExtractor extractor = new FeatureExtractor();
    private final PdqHasher pdq = new PdqHasher();

    /** Rectangles of all shades, moved to the right. */
    private record Scene(long seed, int shift) implements Luma {
        @Override
        public int width() {
            return WIDTH;
        }

        @Override
        public int height() {
            return HEIGHT;
        }

        @Override
        public void row(int y, float[] target, int offset) {
            Random random = new Random(seed);
            for (int x = 0; x < WIDTH; x++) {
                target[offset + x] = 20;
            }
            for (int i = 0; i < 60; i++) {
                int left = random.nextInt(2 * WIDTH) - WIDTH + shift;
                int top = random.nextInt(HEIGHT);
                int right = left + 4 + random.nextInt(40);
                int bottom = top + 4 + random.nextInt(30);
                int shade = random.nextInt(256);
                for (int x = Math.max(0, left); y >= top && y < bottom && x < Math.min(WIDTH, right); x++) {
                    target[offset + x] = shade;
                }
            }
        }
    }

    private record Flat() implements Luma {
        @Override
        public int width() {
            return WIDTH;
        }

        @Override
        public int height() {
            return HEIGHT;
        }

        @Override
        public void row(int y, float[] target, int offset) {
            for (int x = 0; x < WIDTH; x++) {
                target[offset + x] = 16;
            }
        }
    }

    private FramePictures watched(@Nullable Profile profile, int frames, double rate, IntFunction<Luma> pictures) {
        FramePictures watcher = new FramePictures(extractor, profile);
        for (int n = 0; n < frames; n++) {
            Luma picture = pictures.apply(n);
            watcher.hashed(new FrameHash(n, n / rate, pdq.hash(picture)), picture);
        }
        return watcher;
    }

    private static List<Double> seconds(FramePictures watched) {
        return watched.taken().stream().map(picture -> picture.ms() / 1000.0).toList();
    }

    @Test
    void aBankedSceneThatStandsStillIsTakenOnce() {
        FramePictures watched = watched(Profile.BANKED, 100, 10, n -> new Scene(1, 0));

        assertThat(seconds(watched)).containsExactly(0.0);
        SeenPicture picture = watched.taken().getFirst();
        assertThat(picture.features().count()).isBetween(50, Profile.BANKED_FRAME.count());
        assertThat(picture.reduced()).as("it is not needed any more").isNull();
    }

    @Test
    void eachBankedShotIsTakenAndMoreOfWhatMoves() {
        FramePictures shots = watched(Profile.BANKED, 100, 10, n -> new Scene(n / 30, 0));
        assertThat(seconds(shots)).containsExactly(0.0, 3.0, 6.0, 9.0);

        FramePictures moving = watched(Profile.BANKED, 100, 10, n -> new Scene(2, n / 3));
        List<Double> taken = seconds(moving);
        for (int i = 1; i < taken.size(); i++) {
            assertThat(taken.get(i) - taken.get(i - 1)).as("%s", taken).isBetween(0.49, 2.51);
        }
        assertThat(taken.getLast()).as("%s", taken).isGreaterThan(7);
    }

    @Test
    void framesWithoutCornersAreNotTaken() {
        assertThat(seconds(watched(Profile.BANKED, 50, 10, n -> n < 20 ? new Flat() : new Scene(3, 0))))
                .containsExactly(2.0);
        assertThat(seconds(watched(Profile.UPLOADED, 50, 10, n -> new Flat()))).isEmpty();
    }

    @Test
    void aVideoThatIsTooFlatForAnyHashIsNotBankedByFeatures() {
        Luma scene = new Scene(4, 0);
        FrameHash flat = new FrameHash(0, 0, new HashAndQuality(pdq.hash(scene).hash(), 30));
        FramePictures banked = new FramePictures(extractor, Profile.BANKED);
        FramePictures uploaded = new FramePictures(extractor, Profile.UPLOADED);
        banked.hashed(flat, scene);
        uploaded.hashed(flat, scene);

        assertThat(banked.taken()).isEmpty();
        assertThat(uploaded.taken()).hasSize(1);
    }

    @Test
    void framesOfAnUploadAreSpreadOverAllOfIt() {
        FramePictures brief = watched(Profile.UPLOADED, 40, 4, n -> new Scene(5, 0));
        assertThat(seconds(brief)).hasSize(20).startsWith(0.0, 0.5, 1.0);
        assertThat(brief.taken()).allMatch(picture -> picture.reduced() != null);

        List<Double> taken = seconds(watched(Profile.UPLOADED, 1_000, 1, n -> new Scene(n, 0)));
        assertThat(taken).hasSizeBetween(30, 60);
        for (int i = 1; i < taken.size(); i++) {
            assertThat(taken.get(i) - taken.get(i - 1)).as("%s", taken).isBetween(16.0, 33.0);
        }
        assertThat(taken.getLast()).isGreaterThan(960);
    }

    @Test
    void noneAreTakenUnlessTheyAreWanted() {
        assertThat(watched(null, 10, 1, n -> new Scene(n, 0)).taken()).isEmpty();
    }
}
