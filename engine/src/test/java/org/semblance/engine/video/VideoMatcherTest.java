package org.semblance.engine.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.semblance.engine.video.VideoMatch.Span;
import org.semblance.engine.video.VideoMatcher.Agreement;
import org.semblance.engine.video.VideoMatcher.Agreement.Answer;
import org.semblance.engine.video.VideoMatcher.Hit;
import org.semblance.engine.video.VideoMatcher.Known;
import org.semblance.engine.video.VideoMatcher.Policy;

/** On hits that are made up from a known alignment. */
class VideoMatcherTest {
    private static final long SEED = seed();
    private static final double PICTURE_SECONDS = 0.4;

    private final VideoMatcher matcher = new VideoMatcher(Policy.DEFAULT);

    private static long seed() {
        String given = System.getProperty("semblance.seed", "");
        return given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
    }

    /** An upload sampled every {@code step} seconds. */
    private static double[] times(double seconds, double step) {
        double[] times = new double[(int) Math.ceil(seconds / step)];
        for (int i = 0; i < times.length; i++) {
            times[i] = i * step;
        }
        return times;
    }

    /** The upload shows the known video's {@code bankFrom..} from {@code at} on, for {@code seconds} of its own. */
    private static void splice(
            List<Hit> hits, double[] times, long id, double at, double seconds, double bankFrom, double speed) {
        for (int i = 0; i < times.length; i++) {
            if (times[i] >= at && times[i] < at + seconds) {
                double bank = bankFrom + (times[i] - at) * speed;
                double picture = Math.floor(bank / PICTURE_SECONDS) * PICTURE_SECONDS;
                hits.add(new Hit(i, id, picture, picture + PICTURE_SECONDS));
            }
        }
    }

    private List<VideoMatch> match(double[] times, double seconds, List<Hit> hits, LongFunction<Known> known) {
        return matcher.match(times, seconds, new int[times.length], hits, known);
    }

    private static Known known(double seconds) {
        return known(seconds, 0);
    }

    private static Known known(double seconds, long group) {
        return known(seconds, (query, second) -> Answer.DIFFERENT, group);
    }

    private static Known known(double seconds, Agreement agreement, long group) {
        int pictures = (int) (seconds / PICTURE_SECONDS);
        return new Known(seconds, pictures, second -> (int) (second / PICTURE_SECONDS), agreement, group);
    }

    @Test
    void findsAWholeClipInALongUploadAtAnySpeedWithTheSeconds() {
        Random random = new Random(SEED);
        int exact = 0;
        for (int round = 0; round < 200; round++) {
            double length = 20 + 40 * random.nextDouble();
            double speed = 0.92 + 0.16 * random.nextDouble();
            double at = 30 + 200 * random.nextDouble();
            double step = 0.5 + 1.5 * random.nextDouble();
            double[] times = times(400, step);
            List<Hit> hits = new ArrayList<>();
            splice(hits, times, 7, at, length / speed, 0, speed);
            int phase = random.nextInt(3);
            hits.removeIf(h -> h.query() % 3 == phase); // Frames under a logo.
            for (int i = 0; i < 6; i++) { // Frames that happen to be alike.
                double bank = length * random.nextDouble();
                hits.add(new Hit(random.nextInt(times.length), 7, bank, bank + 0.2));
            }

            List<VideoMatch> matches = match(times, 400, hits, id -> known(length));

            String seed = "-Dsemblance.seed=" + SEED + " round " + round + ": " + matches;
            assertThat(matches).as(seed).hasSize(1);
            assertThat(matches.getFirst().isMatch()).as(seed).isTrue();
            Span span = matches.getFirst().spans().stream()
                    .max(Comparator.comparingDouble(Span::bankSeconds))
                    .orElseThrow();
            if (Math.abs(span.queryFrom() - at) <= 1.5
                    && Math.abs(span.queryUntil() - at - length / speed) <= 1.5
                    && span.bankFrom() <= 1.5
                    && span.bankUntil() >= length - 1.5
                    && Math.abs(span.speed() - speed) <= 1.5 / length) {
                exact++;
            }
        }
        // Chance hits pull a line aside about once in 10,000 times.
        assertThat(exact).as("-Dsemblance.seed=" + SEED).isGreaterThanOrEqualTo(196);
    }

    @Test
    void framesThatOnlyAgreeProlongASpanAndBeginNone() {
        double[] times = times(200, 1);
        Agreement agreement =
                (query, second) -> times[query] >= 50 && times[query] < 90 ? Answer.ALIKE : Answer.DIFFERENT;
        List<Hit> hits = new ArrayList<>();
        splice(hits, times, 7, 70, 6, 20, 1);

        VideoMatch match =
                match(times, 200, hits, id -> known(40, agreement, 0)).getFirst();
        VideoMatch alone = match(times, 200, hits, id -> known(40)).getFirst();

        assertThat(match.spans()).hasSize(1);
        assertThat(match.spans().getFirst().queryFrom()).isEqualTo(50, within(1.0));
        assertThat(match.spans().getFirst().queryUntil()).isEqualTo(90, within(1.0));
        assertThat(match.bankMatchPercent()).isEqualTo(100, within(1.0));
        assertThat(alone.bankMatchPercent()).isEqualTo(15, within(3.0));
        assertThat(match(times, 200, List.of(), id -> known(40, agreement, 0))).isEmpty();
        // Agreement is no picture found, so it cannot make a match of one.
        hits.subList(1, hits.size()).clear();
        assertThat(match(times, 200, hits, id -> known(40, agreement, 0))
                        .getFirst()
                        .isMatch())
                .isFalse();
    }

    @Test
    void framesTooFlatToBeLookedUpDoNotCutASpan() {
        double[] all = times(100, 1);
        double[] times = Arrays.stream(all).filter(t -> t <= 40 || t > 52).toArray();
        List<Hit> hits = new ArrayList<>();
        splice(hits, times, 7, 30, 40, 0, 1);

        VideoMatch match = match(times, 100, hits, id -> known(40)).getFirst();
        List<Hit> moved = hits.stream()
                .map(h -> new Hit((int) times[h.query()], 7, h.from(), h.until()))
                .toList();
        VideoMatch cut = match(all, 100, moved, id -> known(40)).getFirst();

        assertThat(match.spans()).hasSize(1);
        assertThat(match.bankMatchPercent()).isEqualTo(100, within(2.0));
        assertThat(cut.spans()).as("with frames that disagree between").hasSize(2);
        Agreement nothing = (query, second) -> Answer.UNKNOWN;
        assertThat(match(all, 100, moved, id -> known(40, nothing, 0))
                        .getFirst()
                        .spans())
                .as("with frames that nothing is known of between")
                .hasSize(1);
    }

    @Test
    void findsAPartOfALongKnownVideo() {
        double[] times = times(120, 1);
        List<Hit> hits = new ArrayList<>();
        splice(hits, times, 7, 40, 30, 300, 1);

        VideoMatch match = match(times, 120, hits, id -> known(600)).getFirst();

        assertThat(match.isMatch()).isTrue();
        assertThat(match.spans()).hasSize(1);
        assertThat(match.spans().getFirst().bankFrom()).isEqualTo(300, within(1.0));
        assertThat(match.spans().getFirst().bankUntil()).isEqualTo(330, within(1.0));
        assertThat(match.bankMatchPercent()).isEqualTo(5, within(0.4));
        assertThat(match.queryMatchPercent()).isEqualTo(25, within(2.0));
    }

    @Test
    void reportsEachPieceOfAClipThatWasCutUp() {
        double[] times = times(200, 1);
        List<Hit> hits = new ArrayList<>();
        splice(hits, times, 7, 100, 15, 0, 1);
        splice(hits, times, 7, 20, 15, 25, 1);

        VideoMatch match = match(times, 200, hits, id -> known(40)).getFirst();

        assertThat(match.spans()).hasSize(2).extracting(Span::queryFrom).isSorted();
        assertThat(match.spans().getFirst().bankFrom()).isEqualTo(25, within(1.0));
        assertThat(match.spans().getLast().bankFrom()).isEqualTo(0, within(1.0));
        assertThat(match.bankMatchPercent()).isEqualTo(75, within(6.0));
    }

    @Test
    void doesNotMatchFramesWithoutOrder() {
        Random random = new Random(SEED);
        double[] times = times(300, 2);
        List<Hit> hits = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            double bank = 600 * random.nextDouble();
            hits.add(new Hit(random.nextInt(times.length), 7, bank, bank + 0.2));
        }

        assertThat(match(times, 300, hits, id -> known(600)))
                .as("-Dsemblance.seed=" + SEED)
                .noneMatch(m -> m.weightedSeconds() > 60)
                .noneMatch(m -> m.bankMatchPercent() > 10);
    }

    @Test
    void doesNotMatchATitleCard() {
        double[] times = times(100, 1);
        List<Hit> hits = new ArrayList<>();
        for (int i = 20; i < 28; i++) { // One picture, 8 seconds long.
            hits.add(new Hit(i, 7, 0, 8));
        }

        Known video =
                new Known(60, 53, second -> Math.max(0, (int) second - 7), (query, second) -> Answer.DIFFERENT, 0);
        VideoMatch match = match(times, 100, hits, id -> video).getFirst();

        assertThat(match.isMatch()).isFalse();
        assertThat(match.pictures()).isEqualTo(1);
    }

    @Test
    void givesLittleWeightToWhatManyVideosShareUnlessTheyAreCopies() {
        double[] times = times(100, 1);
        List<Hit> hits = new ArrayList<>();
        for (long id = 0; id < 40; id++) { // The opening of a channel, 12 seconds with many pictures.
            splice(hits, times, id, 30, 12, 0, 1);
        }

        List<VideoMatch> series = match(times, 100, hits, id -> known(300, id));
        List<VideoMatch> copies = match(times, 100, hits, id -> known(300, 99));

        assertThat(series).hasSize(40).noneMatch(VideoMatch::isMatch);
        assertThat(copies).hasSize(40).allMatch(VideoMatch::isMatch);
    }

    @Test
    void matchesAShortVideoThatIsThereAsAWhole() {
        double[] times = times(60, 0.5);
        List<Hit> hits = new ArrayList<>();
        splice(hits, times, 7, 30, 2, 0, 1);

        VideoMatch match = match(times, 60, hits, id -> known(2)).getFirst();

        assertThat(match.isMatch()).isTrue();
        assertThat(match.bankMatchPercent()).isGreaterThan(80);
    }

    @Test
    void putsMatchesFirstAndLeavesOutContentsWithoutHits() {
        double[] times = times(100, 1);
        List<Hit> hits = new ArrayList<>();
        splice(hits, times, 1, 10, 3, 0, 1);
        splice(hits, times, 2, 40, 20, 0, 1);
        splice(hits, times, 3, 70, 25, 0, 1);

        assertThat(match(times, 100, hits, id -> known(30)))
                .extracting(VideoMatch::contentId)
                .containsExactly(3L, 2L, 1L);
        assertThat(match(times, 100, List.of(), id -> known(30))).isEmpty();
        assertThat(match(new double[0], 0, List.of(), id -> known(30))).isEmpty();
    }

    @Test
    void refusesAHitOfAFrameThatIsNotThere() {
        assertThatThrownBy(() -> match(new double[3], 3, List.of(new Hit(3, 1, 0, 1)), id -> known(30)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("query: 3 (expected: 0 to 2)");
    }
}
