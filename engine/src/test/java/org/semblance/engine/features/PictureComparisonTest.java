package org.semblance.engine.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.geom.AffineTransform;
import java.awt.geom.Point2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.features.Placement.Strength;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.features.PictureVotes;

class PictureComparisonTest {
    private static final int DISTANCE = 34;
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;
    private final FeatureExtractor extractor = new FeatureExtractor();
    private final long seed = RandomSeed.random().nextLong();

    /** What speaks for each banked picture that is plausible in the upload. */
    private List<Placement> placements(BufferedImage upload, Placement.Sight sight, List<BufferedImage> banked) {
        List<Placement> placements = new ArrayList<>();
        try (FeatureIndex index = new FeatureIndex()) {
            for (int i = 0; i < banked.size(); i++) {
                index.add(i + 1, List.of(new BankedPicture(0, banked(banked.get(i)))));
            }
            ReducedPicture reduced = TestPictures.reduced(upload, Profile.UPLOADED);
            Features features = extractor.extract(reduced, Profile.UPLOADED);
            PictureComparison comparison =
                    new PictureComparison(sight == Placement.Sight.PIXELS ? reduced : null, features);
            for (PictureVotes votes : index.lookup(features, DISTANCE, null, 3, 50)) {
                Placement placement = comparison.place(votes);
                if (placement != null && placement.isPlausible()) {
                    placements.add(placement);
                }
            }
        }
        return placements;
    }

    private Features banked(BufferedImage picture) {
        return extractor.extract(TestPictures.reduced(picture, Profile.BANKED), Profile.BANKED);
    }

    private void isFoundWhereItLies(AffineTransform transform, int width, int height) {
        BufferedImage picture = TestPictures.scene(seed, WIDTH, HEIGHT);
        BufferedImage upload = TestPictures.drawn(picture, transform, width, height);
        for (Placement.Sight sight : Placement.Sight.values()) {
            List<Placement> placements =
                    placements(upload, sight, List.of(picture, TestPictures.scene(~seed, WIDTH, HEIGHT)));
            assertThat(placements).as("%s, %s", sight, RandomSeed.replay()).hasSize(1);
            Placement placement = placements.getFirst();
            assertThat(placement.share())
                    .as("%s, %s", sight, RandomSeed.replay())
                    .isGreaterThan(sight == Placement.Sight.PIXELS ? 0.8 : 0.35);
            int[] none = new int[placement.visible().length()];
            assertThat(placement.strength(none))
                    .as("%s, %s", sight, RandomSeed.replay())
                    .isEqualTo(Strength.MATCH);
            liesWhereItShould(placement, transform, width, height);
        }
    }

    private static void liesWhereItShould(Placement placement, AffineTransform transform, int width, int height) {
        assertThat(placement.isMirrored()).isEqualTo(transform.getDeterminant() < 0);
        for (int corner = 0; corner < 4; corner++) {
            int x = corner % 2;
            int y = corner / 2;
            Point2D truth = transform.transform(new Point2D.Double(x * WIDTH, y * HEIGHT), null);
            double dx = placement.map().x(x, y) * width - truth.getX();
            double dy = placement.map().y(x, y) * height - truth.getY();
            assertThat(Math.hypot(dx, dy))
                    .as("corner %d, %s", corner, RandomSeed.replay())
                    .isLessThan(0.02 * Math.hypot(width, height));
        }
    }

    @Test
    void findsACrop() {
        isFoundWhereItLies(AffineTransform.getTranslateInstance(-100, -60), 500, 400);
    }

    @Test
    void findsASmallerCopyInAnotherPicture() {
        AffineTransform transform = AffineTransform.getTranslateInstance(200, 120);
        transform.scale(0.5, 0.5);
        isFoundWhereItLies(transform, WIDTH, HEIGHT);
    }

    @Test
    void findsATurnedAndMirroredCopy() {
        AffineTransform transform = AffineTransform.getTranslateInstance(WIDTH, 0);
        transform.scale(-1, 1);
        transform.rotate(Math.toRadians(12), WIDTH / 2.0, HEIGHT / 2.0);
        isFoundWhereItLies(transform, WIDTH, HEIGHT);
    }

    @Test
    void findsASqueezedCopy() {
        isFoundWhereItLies(AffineTransform.getScaleInstance(0.75, 1), WIDTH * 3 / 4, HEIGHT);
    }

    @Test
    void aSharedLogoIsNoMatch() {
        BufferedImage logo = TestPictures.scene(1, 150, 110);
        AffineTransform corner = AffineTransform.getTranslateInstance(20, 20);
        BufferedImage one = TestPictures.scene(seed, WIDTH, HEIGHT);
        BufferedImage other = TestPictures.scene(~seed, WIDTH, HEIGHT);
        one.createGraphics().drawImage(logo, corner, null);
        other.createGraphics().drawImage(logo, corner, null);
        for (Placement.Sight sight : Placement.Sight.values()) {
            assertThat(placements(other, sight, List.of(one)))
                    .as(RandomSeed.replay())
                    .isEmpty();
            assertThat(placements(one, sight, List.of(one)))
                    .as(RandomSeed.replay())
                    .hasSize(1);
        }
    }

    @Test
    void otherPicturesAreNoMatch() {
        List<BufferedImage> others = new ArrayList<>();
        for (int i = 1; i <= 30; i++) {
            others.add(TestPictures.scene(seed + i, WIDTH, HEIGHT));
        }
        for (Placement.Sight sight : Placement.Sight.values()) {
            assertThat(placements(TestPictures.scene(seed, WIDTH, HEIGHT), sight, others))
                    .as(RandomSeed.replay())
                    .isEmpty();
        }
    }

    @Test
    void regionsAreWhatBothHave() {
        PlaneMap leftHalfDoubled = PlaneMap.affine(2, 0, 0, 0, 1, 0);
        Region whole = Region.ofWhole(leftHalfDoubled).inPicture();
        assertThat(whole.corners())
                .containsExactlyInAnyOrder(
                        new Region.Corner(0, 0),
                        new Region.Corner(1, 0),
                        new Region.Corner(1, 1),
                        new Region.Corner(0, 1));
        assertThat(whole.mapped(leftHalfDoubled.inverse()).corners())
                .containsExactlyInAnyOrder(
                        new Region.Corner(0, 0),
                        new Region.Corner(0.5, 0),
                        new Region.Corner(0.5, 1),
                        new Region.Corner(0, 1));
        assertThat(Region.ofWhole(PlaneMap.affine(1, 0, 3, 0, 1, 0)).inPicture().corners())
                .isEmpty();
    }
}
