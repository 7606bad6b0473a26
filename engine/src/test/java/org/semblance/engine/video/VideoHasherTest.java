package org.semblance.engine.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.FrameSampling.EveryFrame;
import org.semblance.engine.media.FrameSampling.KeyFrames;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.internal.Footage;
import org.semblance.engine.media.internal.NativeVideoReader;
import org.semblance.engine.video.VideoHashes.Kept;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

class VideoHasherTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final Footage FOOTAGE = new Footage(11, WIDTH, HEIGHT);

    @TempDir
    static Path folder;

    private final VideoHasher hasher = new VideoHasher(new NativeVideoReader(VideoLimits.DEFAULT, DecodePath.FAST));

    private VideoHashes hash(Path file, FrameSampling sampling) throws Exception {
        return hasher.hash(MediaSource.of(file), sampling, Deadline.NONE);
    }

    private static Path write(String name, Footage.Encoding encoding, int frames, Footage.Pictures pictures) {
        Path file = folder.resolve(name);
        Footage.write(file, encoding, WIDTH, HEIGHT, 25, frames, WIDTH, HEIGHT, pictures);
        return file;
    }

    /** Shrinks a picture into black bars. */
    private static byte[] barred(byte[] picture, int left, int top, int right, int bottom) {
        byte[] barred = new byte[picture.length];
        Arrays.fill(barred, (byte) 16);
        int innerWidth = WIDTH - left - right;
        int innerHeight = HEIGHT - top - bottom;
        for (int y = 0; y < innerHeight; y++) {
            for (int x = 0; x < innerWidth; x++) {
                barred[(y + top) * WIDTH + x + left] =
                        picture[y * HEIGHT / innerHeight * WIDTH + x * WIDTH / innerWidth];
            }
        }
        return barred;
    }

    private static byte[] flat(int shade) {
        byte[] picture = new byte[WIDTH * HEIGHT];
        Arrays.fill(picture, (byte) shade);
        return picture;
    }

    @Test
    void givesVpdqItsOwnTimesAndFrameNumbers() throws Exception {
        Path file = folder.resolve("times.mp4");
        FOOTAGE.write(file, Footage.Encoding.MP4, 29.97, 0, 90);

        VideoHashes hashes = hash(file, new FrameSampling.TimeStep(1));

        assertThat(hashes.frames()).extracting(FrameHash::number).containsExactly(0, 29, 58, 87);
        assertThat(hashes.vpdqFrames().get(1).seconds()).isEqualTo(29f / 29.97f, within(1e-4));
        assertThat(hashes.borders()).isEqualTo(Borders.NONE);
        assertThat(hashes.inner()).isEmpty();
    }

    @Test
    void findsBarsAndHashesThePictureBetweenThemInEveryFrame() throws Exception {
        Path plain = write("plain.mp4", Footage.Encoding.MP4, 100, FOOTAGE::at);
        Path barred = write("barred.mp4", Footage.Encoding.MP4, 100, t -> barred(FOOTAGE.at(t), 20, 30, 28, 34));

        VideoHashes expected = hash(plain, new EveryFrame());
        VideoHashes hashes = hash(barred, new EveryFrame());

        assertThat(hashes.borders().isNear(new Borders(20, 30, 28, 34), 3, 3))
                .as("%s", hashes.borders())
                .isTrue();
        assertThat(expected.borders()).isEqualTo(Borders.NONE);
        assertThat(hashes.inner()).hasSize(100);
        int whole = 0;
        int inner = 0;
        for (int n = 0; n < 100; n++) {
            assertThat(hashes.inner().get(n).number()).isEqualTo(n);
            Hash256 hash = expected.frames().get(n).pdq().hash();
            whole += hash.distance(hashes.frames().get(n).pdq().hash()) <= 31 ? 1 : 0;
            inner += hash.distance(hashes.inner().get(n).pdq().hash()) <= 31 ? 1 : 0;
        }
        assertThat(whole).isZero();
        assertThat(inner).isGreaterThanOrEqualTo(95);
    }

    @Test
    void hashesThePictureBetweenBarsAnewWhereAVideoOpensDark() throws Exception {
        Path file = write("dark.mp4", Footage.Encoding.MP4, 150, t -> {
            // Black, then a strip in the middle alone, then all of the picture.
            byte[] picture = t < 1 ? flat(16) : FOOTAGE.at(t);
            return barred(picture, 0, t < 2.5 ? 90 : 30, 0, t < 2.5 ? 90 : 30);
        });

        VideoHashes hashes = hash(file, new EveryFrame());

        assertThat(hashes.borders().isNear(new Borders(0, 30, 0, 30), 0, 2))
                .as("%s", hashes.borders())
                .isTrue();
        assertThat(hashes.inner()).hasSize(150);
        assertThat(hashes.inner()).extracting(FrameHash::number).isSorted();
        assertThat(hashes.summary().framesShown()).isEqualTo(150);
    }

    @Test
    void seesNoBordersInAVideoThatIsDarkAtItsEdgesForAWhile() throws Exception {
        Path file = write(
                "iris.mp4",
                Footage.Encoding.MP4,
                100,
                t -> t < 2 ? barred(FOOTAGE.at(t), 60, 60, 60, 60) : FOOTAGE.at(t));
        Path black = write("black.mp4", Footage.Encoding.MP4, 30, t -> flat(16));

        assertThat(hash(file, new EveryFrame()).borders()).isEqualTo(Borders.NONE);
        assertThat(hash(file, new EveryFrame()).inner()).isEmpty();
        assertThat(hash(black, new EveryFrame()).borders()).isEqualTo(Borders.NONE);
        assertThat(hash(black, new EveryFrame()).frames()).allMatch(f -> f.pdq().quality() == 0);
    }

    @Test
    void prunesWhatRepeatsAndWhatSaysNothing() {
        Hash256 a = new Hash256(0x123456789abcdefL, 77, -5, 99);
        Hash256 near = a.flip(3, 70, 200);
        Hash256 further = near.flip(4, 71);
        List<FrameHash> frames = List.of(
                frame(0, a, 90),
                frame(1, near, 90),
                frame(2, further, 90),
                frame(3, further, 90),
                frame(4, a, 10),
                frame(5, further, 90),
                frame(6, a, 90));

        List<Kept> kept = VideoHashes.prune(frames, 7, 4, 50);

        assertThat(kept)
                .containsExactly(
                        new Kept(frames.get(0), 2),
                        new Kept(frames.get(2), 4),
                        new Kept(frames.get(5), 6),
                        new Kept(frames.get(6), 7));
        assertThat(VideoHashes.prune(List.of(), 7, 4, 50)).isEmpty();
        assertThat(VideoHashes.prune(frames, 7, 0, 0)).hasSize(6);
    }

    private static FrameHash frame(int second, Hash256 hash, int quality) {
        return new FrameHash(second, second, new HashAndQuality(hash, quality));
    }

    /** All of it at once: a banked clip, found in an upload that was re-encoded, letterboxed and made faster. */
    @Test
    void findsABankedClipInALongerUploadWithTheSeconds() throws Exception {
        Path clip = write("clip.mp4", Footage.Encoding.MP4, 500, t -> FOOTAGE.at(100 + t));
        Footage other = new Footage(12, WIDTH, HEIGHT);
        Footage.Encoding encoding = new Footage.Encoding("matroska", "mpeg4", 250, 2, true);
        double speed = 1.05;
        double length = 20 / speed;
        Path upload = write("upload.mkv", encoding, 25 * 46, t -> {
            byte[] picture = t >= 22 && t < 22 + length ? FOOTAGE.at(100 + (t - 22) * speed) : other.at(t);
            return barred(picture, 0, 24, 0, 24);
        });

        VideoHashes banked = hash(clip, new EveryFrame());
        VideoComparison comparison = new VideoComparison(
                QueryVideo.of(hash(upload, KeyFrames.DEFAULT), VideoPolicy.ALIGNED), VideoPolicy.ALIGNED);
        comparison.add(7, banked.known().orElseThrow(), 31);
        List<VideoMatch> matches = comparison.matches(new int[100]);

        assertThat(matches).hasSize(1);
        VideoMatch match = matches.getFirst();
        assertThat(match.isMatch()).as("%s", match).isTrue();
        assertThat(match.spans()).as("%s", match).hasSize(1);
        VideoMatch.Span span = match.spans().getFirst();
        assertThat(span.queryFrom()).as("%s", match).isEqualTo(22, within(1.5));
        assertThat(span.queryUntil()).as("%s", match).isEqualTo(22 + length, within(1.5));
        assertThat(span.bankFrom()).as("%s", match).isEqualTo(0, within(1.5));
        assertThat(span.bankUntil()).as("%s", match).isEqualTo(20, within(1.5));
    }
}
