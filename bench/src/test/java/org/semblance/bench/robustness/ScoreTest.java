package org.semblance.bench.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScoreTest {
    private static final Picture PHOTO = picture("photo", Kind.PHOTO, 150);
    private static final Picture FLAT = picture("flat", Kind.PHOTO, 3);
    private static final Picture CARD = picture("card", Kind.TEXT_CARD, 200);

    @Test
    void countsWhatIsFoundByWhichSignalAndWhatIsOnlyLikely() {
        Score score = new Score(List.of(
                outcome(PHOTO, hit(PHOTO, "pdq", false)),
                outcome(PHOTO, hit(PHOTO, "orb", false)),
                outcome(PHOTO, hit(PHOTO, "orb", true)),
                outcome(FLAT)));

        assertThat(score.percentByPdq()).isEqualTo(25);
        assertThat(score.percentFound()).isEqualTo(50);
        assertThat(score.onlyLikely()).isEqualTo(1);
        assertThat(score.pictures()).isEqualTo(2);
        assertThat(score.withFeatures(100, Integer.MAX_VALUE).count()).isEqualTo(3);
        assertThat(score.withFeatures(0, 100).percentFound()).isZero();
        assertThat(score.withFeatures(4, 100).percentFound()).isNaN();
    }

    @Test
    void countsOtherContentsByStrengthAndKind() {
        Score score = new Score(List.of(
                outcome(PHOTO, hit(PHOTO, "pdq", false), hit(CARD, "orb", true)),
                outcome(CARD, hit(PHOTO, "orb", false), hit(FLAT, "orb", false))));

        assertThat(score.others(false)).isEqualTo(2);
        assertThat(score.others(true)).isEqualTo(1);
        assertThat(score.others(false, Kind.PHOTO)).isEqualTo(2);
        assertThat(score.others(true, Kind.TEXT_CARD)).isEqualTo(1);
        assertThat(score.percentFound()).isEqualTo(50);
    }

    @Test
    void takesMatrixErrorsOfTheOriginalAlone() {
        Score score = new Score(List.of(
                new Outcome(
                        PHOTO,
                        "mirror",
                        "match",
                        List.of(
                                new Outcome.Hit(PHOTO, "orb", false, 0.03, ""),
                                new Outcome.Hit(CARD, "orb", false, Double.NaN, ""))),
                new Outcome(CARD, "mirror", "match", List.of(new Outcome.Hit(CARD, "orb", false, 0.01, "")))));

        assertThat(score.matrixErrors()).containsExactly(0.01, 0.03);
    }

    private static Picture picture(String name, Kind kind, int features) {
        return new Picture(name, kind, Path.of(name), 100, 100, null, features);
    }

    private static Outcome outcome(Picture original, Outcome.Hit... hits) {
        return new Outcome(original, "mirror", hits.length == 0 ? "no_match" : "match", List.of(hits));
    }

    private static Outcome.Hit hit(Picture content, String signalType, boolean isLikely) {
        return new Outcome.Hit(content, signalType, isLikely, Double.NaN, "");
    }
}
