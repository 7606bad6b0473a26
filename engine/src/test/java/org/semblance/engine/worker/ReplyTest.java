package org.semblance.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.ContentType;
import org.semblance.engine.HashReport;
import org.semblance.engine.HashRequest;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.Reading;
import org.semblance.engine.SeenPicture;
import org.semblance.engine.features.Profile;
import org.semblance.engine.judge.Verdict;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoSummary;
import org.semblance.engine.pdq.Transform;
import org.semblance.engine.video.Borders;
import org.semblance.engine.video.FrameHash;
import org.semblance.engine.video.VideoHashes;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;
import org.semblance.hashdb.hash.Signal;

class ReplyTest {
    private static final HashRequest IMAGE = request(MediaFormat.GIF);
    private static final HashRequest VIDEO = request(MediaFormat.MP4);
    private final Random random = RandomSeed.random();

    private static HashRequest request(MediaFormat format) {
        return new HashRequest(
                new MediaSource.InMemory(ByteBuffer.allocate(10), format),
                List.of(),
                HashRequest.ONCE_A_SECOND,
                HashRequest.Variants.NONE,
                Profile.UPLOADED,
                Deadline.NONE,
                Deadline.NONE,
                System.nanoTime());
    }

    private HashAndQuality hash() {
        return new HashAndQuality(
                new Hash256(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()),
                random.nextInt(101));
    }

    private VideoHashes video(MediaFormat format) {
        VideoSummary summary =
                new VideoSummary(format, "h264", 320, 180, 29.97, 12.5, 12.4, 370, 12, 1, VideoSummary.Ending.CUT_OFF);
        List<FrameHash> frames = List.of(new FrameHash(0, 0, hash()), new FrameHash(29, 0.9676, hash()));
        return new VideoHashes(summary, frames, List.of(new VideoHashes.Inner(1, new Borders(0, 20, 1, 20), hash())));
    }

    private HashReport ofImage() {
        return new HashReport(
                null,
                "gif: peculiar",
                ContentType.IMAGE,
                "gif",
                List.of(Signal.pdq(hash())),
                Map.of(Transform.ROT90, hash().hash(), Transform.FLIPX, hash().hash()),
                video(MediaFormat.GIF),
                List.of(
                        new Reading(Transform.ORIG, false, hash().hash()),
                        new Reading(Transform.FLIPY, true, hash().hash())),
                List.of(new SeenPicture(
                        0,
                        new Features(2, 1, new long[] {1, 2, 3, 4}, new int[] {Features.place(3, 1, 2, 90, true)}),
                        null)),
                0.75,
                0,
                0);
    }

    private HashReport ofVideo() {
        return new HashReport(null, "", ContentType.VIDEO, "mp4", List.of(), Map.of(), video(MediaFormat.MP4), 0, 0);
    }

    @Test
    void isReadAsItWasWritten() throws Exception {
        for (HashReport report : List.of(
                ofImage(),
                HashReport.failed(IMAGE, Verdict.CORRUPT, "gif: broken", 0),
                HashReport.failed(IMAGE, Verdict.TOO_LARGE, "gif: large", 0))) {
            assertThat(withoutTimes(Reply.read(Reply.write(new Reply.Hashed(report)), IMAGE)))
                    .isEqualTo(report);
        }
        HashReport video = ofVideo();
        assertThat(withoutTimes(Reply.read(Reply.write(new Reply.Hashed(video)), VIDEO)))
                .isEqualTo(video);
        for (Reply other : List.of(
                new Reply.OutOfTime("hash"),
                new Reply.OutOfMemory(),
                new Reply.Unreadable("a disk"),
                new Reply.Failed("a bug"))) {
            assertThat(Reply.read(Reply.write(other), IMAGE)).isEqualTo(other);
        }
    }

    private static HashReport withoutTimes(Reply reply) {
        return Reports.withoutTimes(((Reply.Hashed) reply).report());
    }

    /** Whoever has taken a worker over may send anything. */
    @Test
    void isRefusedOrMakesSenseWhateverTheBytes() {
        byte[] image = Reply.write(new Reply.Hashed(ofImage()));
        byte[] video = Reply.write(new Reply.Hashed(ofVideo()));
        for (int round = 0; round < 20_000; round++) {
            byte[] good = random.nextBoolean() ? image : video;
            byte[] bad = Arrays.copyOf(good, random.nextInt(4) == 0 ? random.nextInt(good.length + 9) : good.length);
            for (int flips = random.nextInt(4); flips >= 0 && bad.length > 0; flips--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            HashRequest request = random.nextBoolean() ? IMAGE : VIDEO;
            try {
                if (Reply.read(bad, request) instanceof Reply.Hashed hashed) {
                    HashReport report = hashed.report();
                    assertThat(report.format())
                            .isEqualTo(request.source().format().wireName());
                    assertThat(report.reason()).matches("[ -~]*");
                    assertThat(report.decodeUs()).isNotNegative();
                    assertThat(report.hashUs()).isNotNegative();
                }
            } catch (IOException e) {
                assertThat(e).as("%s, round %s", RandomSeed.replay(), round).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void saysWhatIsWrongWithOne() {
        byte[] image = Reply.write(new Reply.Hashed(ofImage()));
        assertThatThrownBy(() -> Reply.read(image, VIDEO)).hasMessageContaining("no hashes of its kind");
        assertThatThrownBy(() -> Reply.read(Arrays.copyOf(image, image.length + 1), IMAGE))
                .hasMessage("1 bytes behind the reply");
        assertThatThrownBy(() -> Reply.read(new byte[] {9}, IMAGE)).hasMessage("a reply of an unknown kind");
        assertThatThrownBy(() -> Reply.read(new byte[0], IMAGE)).isInstanceOf(IOException.class);
    }
}
