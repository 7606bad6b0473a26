package org.semblance.engine.media.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.CRC32;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.media.Av1Decoder;
import org.semblance.engine.media.internal.Natives;
import org.semblance.engine.media.internal.codec.Av1Clip.Encoding;

/** libdav1d beside libaom, which is the oracle. Skipped where the host has no libdav1d. */
class Dav1dDecoderTest {
    private static final long MANY = 1 << 24;

    private final long seed = RandomSeed.random().nextInt();

    @BeforeAll
    static void libdav1dIsThere() {
        Natives.load();
        Av1Decoder loaded = Av1Library.load();
        assumeThat(loaded.isDav1d()).as(loaded.toString()).isTrue();
    }

    /** What there is to know of a frame. */
    private record Seen(
            int width, int height, int format, int range, int matrix, boolean key, long shown, long samples) {
        static Seen of(AVFrame frame) {
            return new Seen(
                    frame.width(),
                    frame.height(),
                    frame.format(),
                    frame.color_range(),
                    frame.colorspace(),
                    (frame.flags() & AVFrame.AV_FRAME_FLAG_KEY) != 0,
                    frame.best_effort_timestamp(),
                    samples(frame));
        }

        private static long samples(AVFrame frame) {
            AVPixFmtDescriptor descriptor = avutil.av_pix_fmt_desc_get(frame.format());
            CRC32 sum = new CRC32();
            for (int plane = 0; plane < descriptor.nb_components(); plane++) {
                int width = plane == 0 ? frame.width() : -(-frame.width() >> descriptor.log2_chroma_w());
                int height = plane == 0 ? frame.height() : -(-frame.height() >> descriptor.log2_chroma_h());
                byte[] row = new byte[width * descriptor.comp(0).step()];
                for (int y = 0; y < height; y++) {
                    frame.data(plane).position((long) y * frame.linesize(plane)).get(row);
                    sum.update(row);
                }
            }
            return sum.getValue();
        }
    }

    private static List<Seen> byDav1d(List<byte[]> units, long maxPixels) {
        try (FrameDecoder decoder = new Dav1dDecoder(Objects.requireNonNull(Av1Library.dav1d()), maxPixels, 0, 0)) {
            return decode(decoder, units);
        }
    }

    private static List<Seen> byLibaom(List<byte[]> units) {
        AVCodec codec = Objects.requireNonNull(FrameDecoder.find(avcodec.AV_CODEC_ID_AV1));
        AVCodecParameters parameters = avcodec.avcodec_parameters_alloc();
        try (FfmpegDecoder decoder = new FfmpegDecoder(codec, MANY)) {
            parameters.codec_type(avutil.AVMEDIA_TYPE_VIDEO).codec_id(avcodec.AV_CODEC_ID_AV1);
            assertThat(decoder.start(codec, parameters, avutil.av_make_q(1, 25)))
                    .isZero();
            return decode(decoder, units);
        } finally {
            avcodec.avcodec_parameters_free(parameters);
        }
    }

    /** Restarts in the middle, as is done when key frames alone are read. */
    private static List<Seen> decode(FrameDecoder decoder, List<byte[]> units) {
        List<Seen> seen = new ArrayList<>();
        AVPacket packet = avcodec.av_packet_alloc();
        AVFrame frame = avutil.av_frame_alloc();
        try {
            for (int n = 0; n < units.size(); n++) {
                byte[] unit = units.get(n);
                avcodec.av_new_packet(packet, unit.length);
                packet.data().put(unit);
                packet.pts(n).dts(n);
                decoder.send(packet);
                avcodec.av_packet_unref(packet);
                receive(decoder, frame, seen);
                if (n == units.size() / 2) {
                    decoder.send(null);
                    receive(decoder, frame, seen);
                    assertThat(decoder.receive(frame)).isEqualTo(avutil.AVERROR_EOF);
                    decoder.restart();
                }
            }
            decoder.send(null);
            receive(decoder, frame, seen);
            return seen;
        } finally {
            avutil.av_frame_free(frame);
            avcodec.av_packet_free(packet);
        }
    }

    private static void receive(FrameDecoder decoder, AVFrame frame, List<Seen> to) {
        while (decoder.receive(frame) >= 0) {
            to.add(Seen.of(frame));
        }
    }

    private void assertEqual(Encoding encoding, int format) {
        Av1Clip clip = Av1Clip.of(seed, encoding);
        List<Seen> frames = byDav1d(clip.units(), MANY);
        assertThat(frames).as(RandomSeed.replay()).isEqualTo(byLibaom(clip.units()));
        assertThat(frames).hasSize(encoding.frames()).allMatch(frame -> frame.format == format);
        assertThat(frames).extracting(Seen::samples).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource({
        "yuv420p, 160, 120",
        "yuv420p, 97, 61",
        "yuv420p10le, 160, 120",
        "yuv420p12le, 98, 66",
        "yuv422p, 98, 66",
        "yuv444p, 161, 77",
        "yuv444p10le, 96, 64",
        "gray, 96, 64",
        "gray10le, 97, 61",
        "gbrp, 97, 61",
        "gbrp10le, 96, 64",
    })
    void samplesAreThoseOfLibaom(String name, int width, int height) {
        int format = avutil.av_get_pix_fmt(name);
        Encoding encoding = Encoding.of(width, height, format, 20);
        assertEqual(name.startsWith("gbr") ? encoding.withColour(avutil.AVCOL_SPC_RGB, true) : encoding, format);
    }

    @Test
    void rangeAndMatrixAreThoseOfLibaom() {
        for (int matrix :
                new int[] {avutil.AVCOL_SPC_BT470BG, avutil.AVCOL_SPC_BT2020_NCL, avutil.AVCOL_SPC_UNSPECIFIED}) {
            for (boolean full : new boolean[] {true, false}) {
                assertEqual(
                        Encoding.of(64, 48, avutil.AV_PIX_FMT_YUV420P, 2).withColour(matrix, full),
                        avutil.AV_PIX_FMT_YUV420P);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"yuv420p, 160, 120", "yuv420p, 97, 61", "yuv420p10le, 98, 66", "yuv444p, 96, 64", "gray, 96, 64"})
    void filmGrainIsThatOfLibaom(String name, int width, int height) {
        int format = avutil.av_get_pix_fmt(name);
        Encoding plain = Encoding.of(width, height, format, 12);
        Encoding grainy = plain.with("aom-params", "film-grain-test=2");
        assertEqual(grainy, format);
        assertThat(byDav1d(Av1Clip.of(seed, grainy).units(), MANY))
                .isNotEqualTo(byDav1d(Av1Clip.of(seed, plain).units(), MANY));
    }

    @Test
    void aFrameBeyondTheLimitIsAnError() {
        List<byte[]> units = Av1Clip.of(seed, Encoding.of(160, 120, avutil.AV_PIX_FMT_YUV420P, 1))
                .units();
        assertThat(byDav1d(units, 160 * 120)).hasSize(1);
        assertThat(byDav1d(units, 160 * 120 - 1)).isEmpty();
        AVPacket packet = avcodec.av_packet_alloc();
        try (Dav1dDecoder decoder = new Dav1dDecoder(Objects.requireNonNull(Av1Library.dav1d()), 160 * 120 - 1, 0, 0)) {
            avcodec.av_new_packet(packet, units.getFirst().length);
            packet.data().put(units.getFirst());
            assertThat(decoder.send(packet)).isEqualTo(FrameDecoder.OUT_OF_RANGE);
        } finally {
            avcodec.av_packet_free(packet);
        }
    }

    /** Each of these frames is shown, and no viewer shows more than the last. */
    @Test
    void ofSeveralPicturesInAPacketTheLastCounts() {
        List<byte[]> units = Av1Clip.of(seed, Encoding.of(96, 64, avutil.AV_PIX_FMT_YUV420P, 12))
                .units();
        List<byte[]> pairs = new ArrayList<>();
        for (int n = 0; n + 1 < units.size(); n += 2) {
            ByteArrayOutputStream pair = new ByteArrayOutputStream();
            pair.writeBytes(units.get(n));
            pair.writeBytes(units.get(n + 1));
            pairs.add(pair.toByteArray());
        }
        assertThat(byDav1d(pairs, MANY)).as(RandomSeed.replay()).hasSize(6).isEqualTo(byLibaom(pairs));
    }

    @Test
    void ofLayersTheHighestCounts() {
        Encoding encoding = Encoding.of(96, 64, avutil.AV_PIX_FMT_YUV420P, 1);
        Av1Clip lower = Av1Clip.of(seed, encoding);
        Av1Clip upper = Av1Clip.of(seed + 1L, encoding);
        byte[] both = Av1Layers.unit(lower, upper);
        byte[] one = Av1Layers.unit(lower);
        List<Seen> frames = byDav1d(List.of(both, one, both, both), MANY);
        assertThat(frames).as(RandomSeed.replay()).isEqualTo(byLibaom(List.of(both, one, both, both)));
        long low = byDav1d(lower.units(), MANY).getFirst().samples;
        long high = byDav1d(upper.units(), MANY).getFirst().samples;
        assertThat(frames).extracting(Seen::samples).containsExactly(high, low, high, high);
    }

    @Test
    void damagedUnitsGiveFramesOrErrorsAndNothingElse() {
        Random random = new Random(seed);
        List<byte[]> whole = Av1Clip.of(seed, Encoding.of(96, 64, avutil.AV_PIX_FMT_YUV420P, 12))
                .units();
        for (int round = 0; round < 300; round++) {
            List<byte[]> units = new ArrayList<>();
            for (byte[] unit : whole) {
                units.add(random.nextInt(3) == 0 ? damaged(unit, random) : unit);
            }
            assertThat(byDav1d(units, MANY)).as(RandomSeed.replay()).hasSizeLessThanOrEqualTo(units.size());
        }
    }

    private static byte[] damaged(byte[] unit, Random random) {
        byte[] damaged = random.nextInt(4) == 0 ? Arrays.copyOf(unit, random.nextInt(unit.length + 1)) : unit.clone();
        for (int n = random.nextInt(6); n > 0 && damaged.length > 0; n--) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        return damaged;
    }
}
