package org.semblance.engine.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
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
import org.semblance.engine.media.internal.video.NativeVideoReader;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.engine.video.VideoHashes.Inner;
import org.semblance.engine.video.VideoHashes.Kept;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

class VideoHasherTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final Footage FOOTAGE = new Footage(11, WIDTH, HEIGHT);

    @TempDir
    static Path folder;

    private final VideoHasher hasher =
            new VideoHasher(new NativeVideoReader(VideoLimits.DEFAULT, DecodePath.FAST), PdqHasher.fast());

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

    /** The inner pictures of those borders, give or take 1 %. */
    private static List<Inner> inside(VideoHashes hashes, Borders borders) {
        return hashes.inner().stream()
                .filter(i -> i.borders().isNear(borders, 3, 3))
                .toList();
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
        assertThat(hashes.inner()).isEmpty();
    }

    @Test
    void findsBarsAndHashesThePictureBetweenThemInEveryFrame() throws Exception {
        Path plain = write("plain.mp4", Footage.Encoding.MP4, 100, FOOTAGE::at);
        Path barred = write("barred.mp4", Footage.Encoding.MP4, 100, t -> barred(FOOTAGE.at(t), 20, 30, 28, 34));

        VideoHashes expected = hash(plain, new EveryFrame());
        VideoHashes hashes = hash(barred, new EveryFrame());

        assertThat(expected.inner()).isEmpty();
        List<Inner> inside = inside(hashes, new Borders(20, 30, 28, 34));
        assertThat(inside).as("%s", hashes.inner()).hasSize(100);
        assertThat(hashes.inner().size()).isLessThanOrEqualTo(200);
        int whole = 0;
        int inner = 0;
        for (int n = 0; n < 100; n++) {
            assertThat(inside.get(n).frame()).isEqualTo(n);
            Hash256 hash = expected.frames().get(n).pdq().hash();
            whole += hash.distance(hashes.frames().get(n).pdq().hash()) <= 31 ? 1 : 0;
            inner += hash.distance(inside.get(n).pdq().hash()) <= 31 ? 1 : 0;
        }
        assertThat(whole).isZero();
        assertThat(inner).isGreaterThanOrEqualTo(95);
    }

    @Test
    void hashesThePictureBetweenBarsFromTheStartThoughAVideoOpensDark() throws Exception {
        Path file = write("dark.mp4", Footage.Encoding.MP4, 150, t -> {
            // Black, then a strip in the middle alone, then all of the picture.
            byte[] picture = t < 1 ? flat(16) : FOOTAGE.at(t);
            return barred(picture, 0, t < 2.5 ? 90 : 30, 0, t < 2.5 ? 90 : 30);
        });

        VideoHashes hashes = hash(file, new EveryFrame());

        List<Inner> inside = inside(hashes, new Borders(0, 30, 0, 30));
        assertThat(inside).as("%s", hashes.inner()).hasSize(150);
        assertThat(hashes.inner()).extracting(Inner::frame).isSorted();
        assertThat(hashes.inner().size()).isLessThanOrEqualTo(300);
        assertThat(hashes.summary().framesShown()).isEqualTo(150);
    }

    @Test
    void hashesThePictureBetweenBarsOnlyWhileThereAreSome() throws Exception {
        Path file = write("part.mp4", Footage.Encoding.MP4, 150, t -> {
            byte[] picture = FOOTAGE.at(t);
            return t >= 2 && t < 4 ? barred(picture, 0, 30, 0, 30) : t >= 5 ? barred(picture, 60, 0, 60, 0) : picture;
        });
        Path plain = write("whole.mp4", Footage.Encoding.MP4, 150, FOOTAGE::at);

        VideoHashes hashes = hash(file, new EveryFrame());

        assertThat(inside(hashes, new Borders(0, 30, 0, 30)))
                .extracting(Inner::frame)
                .containsExactlyElementsOf(IntStream.range(50, 100).boxed().toList());
        assertThat(inside(hashes, new Borders(60, 0, 60, 0)))
                .extracting(Inner::frame)
                .containsExactlyElementsOf(IntStream.range(125, 150).boxed().toList());
        // What is banked of the bars lasts no longer than they do, and is what was between them.
        VideoHashes whole = hash(plain, new EveryFrame());
        KnownFrames known = new KnownFrames(hashes.known().orElseThrow());
        for (double second : new double[] {2.5, 3.5, 5.5}) {
            Hash256 shown =
                    whole.frames().get((int) Math.round(second * 25)).pdq().hash();
            assertThat(known.hashes(second, second)).as("%s s", second).anyMatch(h -> h.distance(shown) <= 31);
        }
        for (double second : new double[] {1.5, 4.5}) {
            assertThat(known.hashes(second, second)).as("%s s", second).hasSize(1);
        }
    }

    @Test
    void keepsNoMoreCopiesThanFitAndStillHashesEveryFrame() throws Exception {
        Footage wide = new Footage(15, 256, 256);
        Path file = folder.resolve("long.mp4");
        Footage.write(file, Footage.Encoding.MP4, 256, 256, 25, 300, 256, 256, t -> {
            byte[] picture = wide.at(t);
            Arrays.fill(picture, 0, 40 * 256, (byte) 16);
            Arrays.fill(picture, 216 * 256, 256 * 256, (byte) 16);
            return picture;
        });

        VideoHashes hashes = hash(file, new EveryFrame());

        assertThat(inside(hashes, new Borders(0, 40, 0, 40)))
                .extracting(Inner::frame)
                .containsExactlyElementsOf(IntStream.range(0, 300).boxed().toList());
    }

    @Test
    void aVideoThatIsBlackHasNoInnerPicture() throws Exception {
        Path black = write("black.mp4", Footage.Encoding.MP4, 30, t -> flat(16));

        VideoHashes hashes = hash(black, new EveryFrame());

        assertThat(hashes.inner()).isEmpty();
        assertThat(hashes.frames()).allMatch(f -> f.pdq().quality() == 0);
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
