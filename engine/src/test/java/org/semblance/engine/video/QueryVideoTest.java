package org.semblance.engine.video;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.VideoSummary;
import org.semblance.engine.video.VideoHashes.Inner;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

class QueryVideoTest {
    private static final int SECONDS = 40;
    private static final Borders BARS = new Borders(0, 48, 0, 48);
    private static final VideoSummary SUMMARY = new VideoSummary(
            MediaFormat.MP4, "h264", 640, 480, 25, SECONDS, SECONDS, 1000, 40, 0, VideoSummary.Ending.COMPLETE);

    private final Random random = RandomSeed.random();

    private Hash256 hash() {
        return new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    @Test
    void innerPicturesAreOfTheSameMomentAndVpdqKnowsNone() {
        Hash256 whole = hash();
        Hash256 inside = hash();
        Hash256 further = hash();
        List<FrameHash> frames = List.of(
                new FrameHash(0, 0, new HashAndQuality(hash(), 90)),
                new FrameHash(1, 1, new HashAndQuality(whole, 90)));
        List<Inner> inner = List.of(
                new Inner(1, BARS, new HashAndQuality(inside, 50)),
                new Inner(1, new Borders(0, 60, 0, 60), new HashAndQuality(further, 90)));
        VideoHashes video = new VideoHashes(SUMMARY, frames, inner);

        List<QueryVideo.Moment> moments =
                QueryVideo.of(video, VideoPolicy.ALIGNED).moments();
        assertThat(moments).hasSize(2);
        assertThat(moments.get(0).hashes()).hasSize(1);
        assertThat(moments.get(1).hashes()).containsExactly(whole, inside, further);
        assertThat(moments).allMatch(QueryVideo.Moment::isClear);
        assertThat(QueryVideo.of(video, VideoPolicy.Vpdq.REFERENCE)
                        .moments()
                        .get(1)
                        .hashes())
                .containsExactly(whole);
    }

    /** A letterboxed upload with a shot that is too flat, while the same shot of the known video just is not. */
    @Test
    void aFlatPictureBetweenBarsDoesNotEndASpan() {
        List<FrameSpan> known = new ArrayList<>();
        List<FrameHash> frames = new ArrayList<>();
        List<Inner> inner = new ArrayList<>();
        for (int second = 0; second < SECONDS; second++) {
            Hash256 shown = hash();
            known.add(new FrameSpan(shown, 51, 1000 * second, 1000 * (second + 1)));
            frames.add(new FrameHash(25 * second, second, new HashAndQuality(hash(), 100)));
            int quality = second >= 12 && second < 24 ? HashAndQuality.MIN_QUALITY - 1 : 90;
            inner.add(new Inner(second, BARS, new HashAndQuality(shown, quality)));
        }
        VideoComparison comparison = new VideoComparison(
                QueryVideo.of(new VideoHashes(SUMMARY, frames, inner), VideoPolicy.ALIGNED), VideoPolicy.ALIGNED);
        comparison.add(7, new KnownVideo(1000 * SECONDS, known), 31);

        List<VideoMatch> matches = comparison.matches(new int[SECONDS]);

        assertThat(matches).as(RandomSeed.replay()).hasSize(1);
        assertThat(matches.getFirst().spans()).as(RandomSeed.replay()).hasSize(1);
        assertThat(matches.getFirst().bankMatchPercent())
                .as(RandomSeed.replay())
                .isGreaterThan(95);
    }
}
