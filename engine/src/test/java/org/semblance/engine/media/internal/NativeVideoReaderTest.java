package org.semblance.engine.media.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DeadlinePassedException;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.FrameSampling.EveryFrame;
import org.semblance.engine.media.FrameSampling.KeyFrames;
import org.semblance.engine.media.FrameSampling.TimeStep;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoFrame;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.VideoSummary;
import org.semblance.engine.media.VideoSummary.Ending;
import org.semblance.engine.media.internal.video.NativeVideoReader;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.Luma;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.hashdb.hash.Hash256;

class NativeVideoReaderTest {
    private static final int WIDTH = 160;
    private static final int HEIGHT = 120;
    private static final Footage FOOTAGE = new Footage(5, WIDTH, HEIGHT);

    @TempDir
    static Path folder;

    /** 12 s at 25 frames a second with a key frame every 2 s. */
    private static Path clip;

    private final PdqHasher pdq = new PdqHasher();

    private record Shown(int number, double seconds, Hash256 hash) {}

    @BeforeAll
    static void writeClip() {
        clip = folder.resolve("clip.mp4");
        FOOTAGE.write(clip, Footage.Encoding.MPEG4.withKeyFrameGap(50), 25, 0, 300);
    }

    private final List<Shown> shown = new ArrayList<>();

    private VideoSummary read(MediaSource source, FrameSampling sampling, VideoLimits limits, Deadline deadline)
            throws MediaException {
        shown.clear();
        return new NativeVideoReader(limits, DecodePath.FAST)
                .read(source, sampling, deadline, frame -> shown.add(hashed(frame)));
    }

    private VideoSummary read(MediaSource source, FrameSampling sampling) throws MediaException {
        return read(source, sampling, VideoLimits.DEFAULT, Deadline.NONE);
    }

    private Shown hashed(VideoFrame frame) {
        return new Shown(frame.number(), frame.seconds(), pdq.hash(frame.luma()).hash());
    }

    private List<Shown> readAll(MediaSource source) throws MediaException {
        read(source, new EveryFrame());
        return List.copyOf(shown);
    }

    private static MediaSource memory(byte[] bytes) {
        return MediaSource.of(ByteBuffer.wrap(bytes));
    }

    @ParameterizedTest
    @CsvSource({
        "mp4, libopenh264, 0, MP4",
        "mov, mpeg4, 2, MP4",
        "matroska, libvpx, 0, MKV",
        "webm, libvpx-vp9, 0, MKV",
        "mpegts, libopenh264, 0, MPEG",
        "mpeg, mpeg2video, 2, MPEG",
        "avi, mpeg4, 0, AVI",
        "avi, mjpeg, 0, AVI",
        "flv, flv, 0, FLV",
        "flv, libopenh264, 0, FLV",
        "gif, gif, 0, GIF",
        "asf, wmv2, 0, ASF",
        "asf, msmpeg4v2, 0, ASF",
        "avi, ffv1, 0, AVI",
        "avi, huffyuv, 0, AVI",
        "avi, rawvideo, 0, AVI",
        "nut, ffv1, 0, VIDEO",
        "ogg, libvpx, 0, OGG",
        "mxf, mpeg2video, 0, MXF",
        "vob, mpeg2video, 2, MPEG",
        "ivf, libvpx-vp9, 0, VIDEO"
    })
    void showsEveryFrameOfEveryContainerAlikeFromMemoryAndFile(
            String format, String codec, int bFrames, String detected) throws Exception {
        Path file = folder.resolve(format + "-" + codec);
        Footage.Encoding encoding = new Footage.Encoding(format, codec, 25, bFrames, false);
        FOOTAGE.write(file, encoding, 25, 0, 60);

        VideoSummary summary = read(MediaSource.of(file), new EveryFrame());
        List<Shown> fromFile = List.copyOf(shown);
        List<Shown> fromMemory = readAll(memory(Files.readAllBytes(file)));
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length + 7).position(7);
        direct.put(bytes).position(7);

        assertThat(summary.format()).hasToString(detected);
        assertThat(summary.ending()).isEqualTo(Ending.COMPLETE);
        assertThat(summary.framesDecoded()).isEqualTo(60).isEqualTo(summary.framesShown());
        assertThat(summary.frameRate()).isEqualTo(25, within(0.01));
        assertThat(summary.width()).isEqualTo(WIDTH);
        assertThat(summary.height()).isEqualTo(HEIGHT);
        assertThat(summary.damagedPackets()).isZero();
        assertThat(fromMemory).isEqualTo(fromFile);
        assertThat(readAll(MediaSource.of(direct))).isEqualTo(fromFile);
        assertThat(direct.position()).isEqualTo(7);
        for (int n = 0; n < 60; n++) {
            Shown frame = fromFile.get(n);
            assertThat(frame.number).isEqualTo(n);
            assertThat(frame.seconds).isEqualTo(n / 25.0, within(0.011));
            Hash256 drawn =
                    pdq.hash(new GreyLuma(FOOTAGE.at(n / 25.0), WIDTH, HEIGHT)).hash();
            // The palette of the GIF has 256 colours for all pictures. Chance is 128.
            assertThat(frame.hash.distance(drawn))
                    .as("frame %d", n)
                    .isLessThanOrEqualTo(format.equals("gif") ? 48 : 31);
        }
    }

    @ParameterizedTest
    @CsvSource({"29.97, 1, 29", "25, 1, 25", "25, 0.5, 12", "25, 0, 1", "12.5, 1, 12", "0.5, 1, 1"})
    void showsTheFramesOfATimeStepThatTheReferenceHashes(double frameRate, double seconds, int stride)
            throws Exception {
        Path file = folder.resolve("step-" + frameRate + ".mp4");
        FOOTAGE.write(file, Footage.Encoding.MP4, frameRate, 0, 70);
        List<Shown> all = readAll(MediaSource.of(file));

        read(MediaSource.of(file), new TimeStep(seconds));

        List<Shown> expected = all.stream().filter(f -> f.number % stride == 0).toList();
        assertThat(shown).isEqualTo(expected).hasSize(69 / stride + 1);
    }

    @Test
    void showsKeyFramesAloneWhereTheyAreCloseEnough() throws Exception {
        List<Shown> all = readAll(MediaSource.of(clip));

        VideoSummary summary = read(MediaSource.of(clip), KeyFrames.DEFAULT);

        assertThat(shown).isSubsetOf(all);
        assertThat(shown.stream().map(Shown::number)).containsExactly(0, 50, 100, 150, 200, 250);
        assertThat(summary.framesDecoded()).isEqualTo(6);
        assertThat(summary.ending()).isEqualTo(Ending.COMPLETE);
    }

    @Test
    void decodesBetweenKeyFramesThatAreTooFarApart() throws Exception {
        Path file = folder.resolve("sparse.mp4");
        FOOTAGE.write(file, Footage.Encoding.MPEG4.withKeyFrameGap(240), 25, 0, 400);
        List<Shown> all = readAll(MediaSource.of(file));

        read(MediaSource.of(file), new KeyFrames(0.25, 1.5, 1));

        assertThat(shown).isSubsetOf(all).hasSizeBetween(11, 14);
        assertThat(shown.stream().map(Shown::number)).contains(0, 240);
        assertGaps(1.5 + 0.001, all.getLast().seconds);
    }

    @Test
    void decodesBetweenKeyFramesWithFramesThatNothingRefersTo() throws Exception {
        Path file = folder.resolve("bframes.mov");
        FOOTAGE.write(file, new Footage.Encoding("mov", "mpeg4", 200, 2, false), 25, 0, 300);
        List<Shown> all = readAll(MediaSource.of(file));

        VideoSummary summary = read(MediaSource.of(file), new KeyFrames(0.25, 1.5, 1));

        assertThat(shown).isSubsetOf(all);
        assertThat(summary.framesDecoded()).isLessThan(200);
        assertGaps(1.5 + 3 / 25.0, all.getLast().seconds);
    }

    private void assertGaps(double largest, double end) {
        List<Double> times = new ArrayList<>(shown.stream().map(Shown::seconds).toList());
        times.add(end);
        for (int i = 1; i < times.size(); i++) {
            assertThat(times.get(i) - times.get(i - 1))
                    .as("gap after %s", times.get(i - 1))
                    .isBetween(0.0, largest);
        }
    }

    /** Encoders put one at a cut, and a shot may have no other. */
    @Test
    void showsAKeyFrameThoughOneThatIsNoneWasShownJustBefore() throws Exception {
        Path file = folder.resolve("just-before.mp4");
        FOOTAGE.write(file, Footage.Encoding.MPEG4.withKeyFrameGap(65), 25, 0, 200);

        read(MediaSource.of(file), new KeyFrames(0.25, 2.5, 1));

        assertThat(shown.stream().map(Shown::number)).containsExactly(0, 62, 65, 127, 130, 192, 195);
    }

    @Test
    void showsMoreOfAShortVideoWhateverItsHeaderClaims() throws Exception {
        Path file = folder.resolve("short.mkv");
        FOOTAGE.write(file, new Footage.Encoding("matroska", "mpeg4", 240, 0, false), 25, 0, 75);
        byte[] bytes = Files.readAllBytes(file);
        List<Shown> all = readAll(memory(bytes));

        VideoSummary honest = read(memory(bytes), KeyFrames.DEFAULT);
        List<Shown> fromHonest = List.copyOf(shown);
        // Matroska's Duration, of eight bytes, in milliseconds.
        ByteBuffer.wrap(bytes).putDouble(indexOf(bytes, "\u0044\u0089\u0088") + 3, 3_600_000);
        VideoSummary lying = read(memory(bytes), KeyFrames.DEFAULT);

        assertThat(shown).isEqualTo(fromHonest).isSubsetOf(all).hasSizeBetween(5, 6);
        assertGaps(0.6 + 0.001, all.getLast().seconds);
        assertThat(honest.declaredSeconds()).isEqualTo(3, within(0.1));
        assertThat(lying.declaredSeconds()).isGreaterThan(1000);
    }

    @Test
    void thinsAVideoOfKeyFramesAlone() throws Exception {
        Path file = folder.resolve("intra.avi");
        FOOTAGE.write(file, new Footage.Encoding("avi", "mjpeg", 1, 0, false), 25, 0, 100);

        VideoSummary summary = read(MediaSource.of(file), new KeyFrames(0.5, 2, 1));

        assertThat(shown.stream().map(Shown::number)).containsExactly(0, 13, 26, 39, 52, 65, 78, 91);
        assertThat(summary.framesDecoded()).isEqualTo(8);
    }

    @Test
    void isNotFooledByAFileThatCallsEveryFrameAKeyFrame() throws Exception {
        Path file = folder.resolve("lies.mp4");
        FOOTAGE.write(file, Footage.Encoding.MPEG4.withKeyFrameGap(1000), 25, 0, 300);
        List<Shown> all = readAll(MediaSource.of(file));
        byte[] bytes = Files.readAllBytes(file);
        // A track without this table says that all its samples are key frames.
        rename(bytes, "stss", "free");

        read(memory(bytes), new KeyFrames(0.25, 1.5, 1));

        assertThat(shown).isSubsetOf(all);
        assertGaps(1.5 + 0.001, all.getLast().seconds);
    }

    private static void rename(byte[] bytes, String from, String to) {
        System.arraycopy(to.getBytes(StandardCharsets.ISO_8859_1), 0, bytes, indexOf(bytes, from), to.length());
    }

    private static int indexOf(byte[] bytes, String name) {
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(name);
        assertThat(at).as(name).isPositive();
        return at;
    }

    @Test
    void numbersFramesAndKeepsTimeWhenTheClockLeaps() throws Exception {
        Path one = folder.resolve("leap.ts");
        FOOTAGE.write(one, new Footage.Encoding("mpegts", "libopenh264", 25, 0, false), 25, 0, 50);
        byte[] first = Files.readAllBytes(one);
        byte[] spliced = new byte[2 * first.length]; // The second half starts at time 0 again.
        System.arraycopy(first, 0, spliced, 0, first.length);
        System.arraycopy(first, 0, spliced, first.length, first.length);

        List<Shown> frames = readAll(memory(spliced));

        assertThat(frames).hasSizeBetween(98, 100);
        for (int n = 0; n < frames.size(); n++) {
            assertThat(frames.get(n).number).isEqualTo(n);
            assertThat(frames.get(n).seconds).isEqualTo(n / 25.0, within(0.2));
        }
    }

    @Test
    void refusesToReadALumaOnceTheVisitIsOver() throws Exception {
        for (DecodePath path : DecodePath.values()) {
            List<Luma> lumas = new ArrayList<>();
            new NativeVideoReader(VideoLimits.DEFAULT, path)
                    .read(MediaSource.of(clip), new TimeStep(4), Deadline.NONE, f -> lumas.add(f.luma()));

            assertThat(lumas).hasSize(3);
            assertThatThrownBy(() -> lumas.getFirst().row(0, new float[WIDTH], 0))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void stopsWhenTheVisitorHasSeenEnough() throws Exception {
        VideoSummary summary = new NativeVideoReader(VideoLimits.DEFAULT, DecodePath.FAST)
                .read(MediaSource.of(clip), new EveryFrame(), Deadline.NONE, f -> f.number() < 9);

        assertThat(summary.framesShown()).isEqualTo(10);
        assertThat(summary.ending()).isEqualTo(Ending.STOPPED);
        assertThat(summary.isPartial()).isTrue();
    }

    @Test
    void endsAtTheLimitsOfFramesAndSecondsAndKeepsWhatWasSeen() throws Exception {
        VideoLimits d = VideoLimits.DEFAULT;
        VideoLimits frames = new VideoLimits(d.maxPixels(), d.maxStreams(), d.maxSeconds(), 30, d.maxTime());
        VideoLimits seconds = new VideoLimits(d.maxPixels(), d.maxStreams(), 2, d.maxFrames(), d.maxTime());

        assertThat(read(MediaSource.of(clip), new EveryFrame(), frames, Deadline.NONE)
                        .ending())
                .isEqualTo(Ending.TOO_LONG);
        assertThat(shown).hasSize(30);
        assertThat(read(MediaSource.of(clip), new EveryFrame(), seconds, Deadline.NONE)
                        .ending())
                .isEqualTo(Ending.TOO_LONG);
        assertThat(shown).hasSize(50);
    }

    /** Who is in a hurry from the start still gets a frame, for without one there is no answer. */
    @Test
    void showsAFrameThoughNoMoreAreWanted() throws Exception {
        Deadline hurried = Deadline.after(Duration.ofMinutes(1)).hurriedBy(() -> true);
        List<Integer> numbers = new ArrayList<>();

        VideoSummary summary = new NativeVideoReader(VideoLimits.DEFAULT, DecodePath.FAST)
                .read(
                        MediaSource.of(clip),
                        new EveryFrame(),
                        hurried.share(0.8),
                        hurried,
                        f -> numbers.add(f.number()));

        assertThat(numbers).hasSizeBetween(1, 40).startsWith(0);
        assertThat(summary.ending()).isEqualTo(Ending.OUT_OF_TIME);
    }

    @Test
    void keepsWhatWasSeenWhenTimeRunsOut() throws Exception {
        List<Integer> numbers = new ArrayList<>();
        Deadline deadline = Deadline.after(Duration.ofMillis(1500));

        VideoSummary summary = new NativeVideoReader(VideoLimits.DEFAULT, DecodePath.FAST)
                .read(MediaSource.of(clip), new EveryFrame(), deadline, f -> {
                    numbers.add(f.number());
                    while (f.number() == 20 && !deadline.passed()) {
                        Thread.onSpinWait();
                    }
                    return true;
                });

        assertThat(summary.ending()).isEqualTo(Ending.OUT_OF_TIME);
        assertThat(numbers).hasSizeLessThanOrEqualTo(21).hasSize(summary.framesShown());
    }

    @Test
    void saysWhenTimeRanOutBeforeTheFirstFrame() {
        Deadline passed = Deadline.after(Duration.ZERO);
        VideoLimits d = VideoLimits.DEFAULT;
        VideoLimits noTime =
                new VideoLimits(d.maxPixels(), d.maxStreams(), d.maxSeconds(), d.maxFrames(), Duration.ofNanos(1));

        assertThatThrownBy(() -> read(MediaSource.of(clip), new EveryFrame(), d, passed))
                .isInstanceOf(DeadlinePassedException.class);
        assertThatThrownBy(() -> read(MediaSource.of(clip), new EveryFrame(), noTime, Deadline.NONE))
                .isInstanceOfSatisfying(
                        MediaException.class, e -> assertThat(e.kind()).isEqualTo(MediaException.Kind.TOO_LARGE));
    }

    @Test
    void refusesMorePixelsOrStreamsThanAllowed() throws IOException {
        Path file = folder.resolve("audio.mp4");
        FOOTAGE.write(file, Footage.Encoding.MP4.withAudio(), 25, 0, 10);
        VideoLimits d = VideoLimits.DEFAULT;
        VideoLimits small =
                new VideoLimits(WIDTH * HEIGHT - 1, d.maxStreams(), d.maxSeconds(), d.maxFrames(), d.maxTime());
        VideoLimits single = new VideoLimits(d.maxPixels(), 1, d.maxSeconds(), d.maxFrames(), d.maxTime());
        MediaSource source = MediaSource.of(file);

        assertRefused(source, small, MediaException.Kind.TOO_LARGE, "160x120 pixels");
        assertRefused(source, single, MediaException.Kind.TOO_LARGE, "more than 1 streams");
    }

    @Test
    void refusesWhatIsNoVideoWeKnow() throws IOException {
        Path audio = folder.resolve("audio-only.mp4");
        Footage.writeAudio(audio, "mp4", 1);
        Map<String, MediaSource> sources = List.of(
                        "ffconcat version 1.0\nfile clip.mp4\n", "#EXTM3U\n#EXTINF:1,\nclip.ts\n", "", "not a video")
                .stream()
                .collect(Collectors.toMap(Function.identity(), t -> memory(t.getBytes(StandardCharsets.US_ASCII))));

        sources.forEach((text, source) ->
                assertRefused(source, VideoLimits.DEFAULT, MediaException.Kind.UNSUPPORTED, "not a video"));
        assertRefused(MediaSource.of(audio), VideoLimits.DEFAULT, MediaException.Kind.UNSUPPORTED, "no video in it");
    }

    @Test
    void saysThatAFileIsGoneAsAnErrorOfTheMachine() throws Exception {
        Path file = Files.copy(clip, folder.resolve("gone.mp4"));
        MediaSource source = MediaSource.of(file);
        Files.delete(file);

        assertThatThrownBy(() -> read(source, new EveryFrame())).isInstanceOf(java.io.UncheckedIOException.class);
    }

    private void assertRefused(MediaSource source, VideoLimits limits, MediaException.Kind kind, String reason) {
        assertThatThrownBy(() -> read(source, new EveryFrame(), limits, Deadline.NONE))
                .isInstanceOfSatisfying(MediaException.class, e -> {
                    assertThat(e.kind()).isEqualTo(kind);
                    assertThat(e.reason()).contains(reason);
                });
    }
}
