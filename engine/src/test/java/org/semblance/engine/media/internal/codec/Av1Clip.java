package org.semblance.engine.media.internal.codec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.semblance.engine.media.internal.Footage;
import org.semblance.engine.media.internal.Natives;

/**
 * Packets of AV1 by libaom's encoder, 25 a second.
 *
 * @param units a temporal unit each
 * @param keys whether each is a key frame
 */
public record Av1Clip(Encoding encoding, List<byte[]> units, List<Boolean> keys) {
    /**
     * What to encode.
     *
     * @param format of the samples, by FFmpeg's number
     * @param colorspace by FFmpeg's number
     * @param keyFrameGap frames from one key frame to the next
     * @param options of libaom's encoder
     */
    public record Encoding(
            int width,
            int height,
            int format,
            int colorspace,
            boolean fullRange,
            int frames,
            int keyFrameGap,
            Map<String, String> options) {
        public static Encoding of(int width, int height, int format, int frames) {
            return new Encoding(width, height, format, avutil.AVCOL_SPC_BT709, false, frames, 8, Map.of());
        }

        public Encoding withColour(int colorspace, boolean fullRange) {
            return new Encoding(width, height, format, colorspace, fullRange, frames, keyFrameGap, options);
        }

        public Encoding with(String option, String value) {
            return new Encoding(
                    width, height, format, colorspace, fullRange, frames, keyFrameGap, Map.of(option, value));
        }
    }

    static {
        Natives.load();
    }

    /** Encodes footage of that seed with noise in it; colour planes show other footage. */
    public static Av1Clip of(long seed, Encoding encoding) {
        AVCodec codec = avcodec.avcodec_find_encoder_by_name(FrameDecoder.FFMPEG_AV1);
        AVCodecContext context = avcodec.avcodec_alloc_context3(codec);
        AVPacket packet = avcodec.av_packet_alloc();
        AVFrame frame = avutil.av_frame_alloc();
        AVDictionary options = new AVDictionary(null);
        try {
            context.width(encoding.width).height(encoding.height).pix_fmt(encoding.format);
            context.time_base(avutil.av_make_q(1, 25)).framerate(avutil.av_make_q(25, 1));
            context.colorspace(encoding.colorspace);
            context.color_range(encoding.fullRange ? avutil.AVCOL_RANGE_JPEG : avutil.AVCOL_RANGE_MPEG);
            context.gop_size(encoding.keyFrameGap).thread_count(1).bit_rate(300_000);
            avutil.av_dict_set(options, "cpu-used", "8", 0);
            avutil.av_dict_set(options, "lag-in-frames", "4", 0);
            encoding.options.forEach((name, value) -> avutil.av_dict_set(options, name, value, 0));
            check(avcodec.avcodec_open2(context, codec, options));
            frame.width(encoding.width).height(encoding.height).format(encoding.format);
            check(avutil.av_frame_get_buffer(frame, 0));
            Av1Clip clip = new Av1Clip(encoding, new ArrayList<>(), new ArrayList<>());
            for (int n = 0; n < encoding.frames; n++) {
                check(avutil.av_frame_make_writable(frame));
                draw(seed, n, encoding, frame);
                frame.pts(n);
                check(avcodec.avcodec_send_frame(context, frame));
                clip.take(context, packet);
            }
            check(avcodec.avcodec_send_frame(context, null));
            clip.take(context, packet);
            return clip;
        } finally {
            avutil.av_dict_free(options);
            avutil.av_frame_free(frame);
            avcodec.av_packet_free(packet);
            avcodec.avcodec_free_context(context);
        }
    }

    private void take(AVCodecContext context, AVPacket packet) {
        while (avcodec.avcodec_receive_packet(context, packet) >= 0) {
            byte[] unit = new byte[packet.size()];
            packet.data().get(unit);
            units.add(unit);
            keys.add((packet.flags() & avcodec.AV_PKT_FLAG_KEY) != 0);
            avcodec.av_packet_unref(packet);
        }
    }

    /**
     * These packets in a container.
     *
     * @param muxer FFmpeg's name of it
     */
    public byte[] in(String muxer) throws IOException {
        Path file = Files.createTempFile("semblance-av1", "." + muxer);
        AVFormatContext container = new AVFormatContext(null);
        AVPacket packet = avcodec.av_packet_alloc();
        try {
            check(avformat.avformat_alloc_output_context2(container, null, muxer, file.toString()));
            AVStream stream = avformat.avformat_new_stream(container, null);
            AVCodecParameters parameters = stream.codecpar();
            parameters.codec_type(avutil.AVMEDIA_TYPE_VIDEO).codec_id(avcodec.AV_CODEC_ID_AV1);
            parameters.width(encoding.width).height(encoding.height).format(encoding.format);
            parameters.color_space(encoding.colorspace);
            parameters.color_range(encoding.fullRange ? avutil.AVCOL_RANGE_JPEG : avutil.AVCOL_RANGE_MPEG);
            byte[] header = sequenceHeader();
            BytePointer extra = new BytePointer(avutil.av_mallocz(header.length + 64L)).capacity(header.length);
            extra.put(header);
            parameters.extradata(extra).extradata_size(header.length);
            stream.time_base(avutil.av_make_q(1, 25)).avg_frame_rate(avutil.av_make_q(25, 1));
            AVIOContext output = new AVIOContext(null);
            check(avformat.avio_open(output, file.toString(), avformat.AVIO_FLAG_WRITE));
            container.pb(output);
            check(avformat.avformat_write_header(container, (AVDictionary) null));
            for (int n = 0; n < units.size(); n++) {
                check(avcodec.av_new_packet(packet, units.get(n).length));
                packet.data().put(units.get(n));
                packet.flags(keys.get(n) ? avcodec.AV_PKT_FLAG_KEY : 0)
                        .duration(1)
                        .pts(n)
                        .dts(n);
                avcodec.av_packet_rescale_ts(packet, avutil.av_make_q(1, 25), stream.time_base());
                check(avformat.av_write_frame(container, packet));
                avcodec.av_packet_unref(packet);
            }
            check(avformat.av_write_trailer(container));
            avformat.avio_closep(output);
            return Files.readAllBytes(file);
        } finally {
            avcodec.av_packet_free(packet);
            avformat.avformat_free_context(container);
            Files.delete(file);
        }
    }

    /** That of the first packet, behind a delimiter of two bytes; shorter than 128 bytes. */
    byte[] sequenceHeader() {
        byte[] first = units.getFirst();
        return Arrays.copyOfRange(first, 2, 4 + first[3]);
    }

    private static void draw(long seed, int n, Encoding encoding, AVFrame frame) {
        AVPixFmtDescriptor descriptor = avutil.av_pix_fmt_desc_get(encoding.format);
        int bytes = descriptor.comp(0).depth() > 8 ? 2 : 1;
        Random random = new Random(seed * 31 + n);
        for (int plane = 0; plane < descriptor.nb_components(); plane++) {
            boolean chroma = plane > 0;
            int width = chroma ? -(-encoding.width >> descriptor.log2_chroma_w()) : encoding.width;
            int height = chroma ? -(-encoding.height >> descriptor.log2_chroma_h()) : encoding.height;
            byte[] picture = new Footage(seed + plane, width, height).at(n / 5.0);
            BytePointer samples = frame.data(plane);
            byte[] row = new byte[width * bytes];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int value = Math.clamp((picture[y * width + x] & 0xFF) + random.nextInt(7) - 3L, 0, 255);
                    if (bytes == 1) {
                        row[x] = (byte) value;
                    } else {
                        int deep = (value << descriptor.comp(0).depth() - 8) + random.nextInt(4);
                        row[2 * x] = (byte) deep;
                        row[2 * x + 1] = (byte) (deep >> 8);
                    }
                }
                samples.position((long) y * frame.linesize(plane)).put(row);
            }
        }
    }

    private static void check(int error) {
        if (error < 0) {
            throw new IllegalStateException("libaom's encoder: " + error);
        }
    }
}
