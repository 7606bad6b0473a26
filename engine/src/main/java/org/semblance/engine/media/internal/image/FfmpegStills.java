package org.semblance.engine.media.internal.image;

import java.util.Map;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.internal.FfmpegError;

/**
 * FFmpeg's decoders for still pictures: of formats that OpenCV does not read, and as a second opinion on damaged files of
 * those that it does. Each file is one packet for the decoder that its first bytes name; no demuxer is involved.
 */
final class FfmpegStills {
    private static final Map<MediaFormat, String> DECODERS = Map.ofEntries(
            Map.entry(MediaFormat.JPEG, "mjpeg"),
            Map.entry(MediaFormat.JPEG_LS, "jpegls"),
            Map.entry(MediaFormat.WEBP, "webp"),
            Map.entry(MediaFormat.TIFF, "tiff"),
            Map.entry(MediaFormat.JP2, "jpeg2000"),
            Map.entry(MediaFormat.PSD, "psd"),
            Map.entry(MediaFormat.TGA, "targa"),
            Map.entry(MediaFormat.PBM, "pbm"),
            Map.entry(MediaFormat.PGM, "pgm"),
            Map.entry(MediaFormat.PPM, "ppm"),
            Map.entry(MediaFormat.PAM, "pam"),
            Map.entry(MediaFormat.PFM, "pfm"),
            Map.entry(MediaFormat.QOI, "qoi"),
            Map.entry(MediaFormat.DDS, "dds"),
            Map.entry(MediaFormat.SGI, "sgi"),
            Map.entry(MediaFormat.SUN, "sunrast"),
            Map.entry(MediaFormat.PCX, "pcx"),
            Map.entry(MediaFormat.XBM, "xbm"),
            Map.entry(MediaFormat.XPM, "xpm"),
            Map.entry(MediaFormat.XWD, "xwd"),
            Map.entry(MediaFormat.PICT, "qdraw"),
            Map.entry(MediaFormat.DPX, "dpx"),
            Map.entry(MediaFormat.EXR, "exr"),
            Map.entry(MediaFormat.HDR, "hdr"));

    private final MediaLimits limits;

    FfmpegStills(MediaLimits limits) {
        this.limits = limits;
    }

    /** Whether there is a decoder for that format. */
    static boolean reads(MediaFormat format) {
        return DECODERS.containsKey(format);
    }

    /** @param format one that {@link #reads} */
    DecodedImage decode(BytePointer bytes, MediaFormat format) throws MediaException {
        AVCodec codec = avcodec.avcodec_find_decoder_by_name(DECODERS.get(format));
        if (codec == null) {
            throw MediaException.unsupported(format, "FFmpeg was built without its decoder");
        }
        AVCodecContext context = avcodec.avcodec_alloc_context3(codec);
        AVPacket packet = avcodec.av_packet_alloc();
        AVFrame frame = avutil.av_frame_alloc();
        try {
            context.thread_count(1);
            context.max_pixels(limits.maxPixels());
            context.flags(context.flags() | avcodec.AV_CODEC_FLAG_OUTPUT_CORRUPT);
            context.flags2(context.flags2() | avcodec.AV_CODEC_FLAG2_SHOW_ALL);
            int error = avcodec.av_new_packet(packet, Math.toIntExact(bytes.capacity()));
            if (error >= 0) {
                BytePointer.memcpy(packet.data(), bytes, bytes.capacity());
                error = decodeOne(context, codec, packet, frame);
            }
            check(error, format);
            limits.checkPixels(format, frame.width(), frame.height());
            DecodedImage image = FrameCanvas.of(frame, isFullRange(frame), isGrey(frame), format);
            return OpencvImages.reads(format)
                    ? image.noted(format.wireName() + ": read by the second decoder, for the first refused it")
                    : image;
        } finally {
            avutil.av_frame_free(frame);
            avcodec.av_packet_free(packet);
            avcodec.avcodec_free_context(context);
        }
    }

    /** Opens the codec and decodes the one frame of the packet. Returns an error of FFmpeg, or 0 or more. */
    private static int decodeOne(AVCodecContext context, AVCodec codec, AVPacket packet, AVFrame frame) {
        int error = avcodec.avcodec_open2(context, codec, (AVDictionary) null);
        if (error >= 0) {
            error = avcodec.avcodec_send_packet(context, packet);
        }
        if (error >= 0) {
            error = avcodec.avcodec_send_packet(context, null);
        }
        return error < 0 ? error : avcodec.avcodec_receive_frame(context, frame);
    }

    static void check(int error, MediaFormat format) throws MediaException {
        if (error < 0) {
            throw MediaException.corrupt(format, "its pixels do not decode (" + FfmpegError.text(error) + ")");
        }
    }

    /** Where the picture does not tell, luma is as in studio video: so WebP has it (RFC 6386, section 9.2). */
    private static boolean isFullRange(AVFrame frame) {
        String name = avutil.av_get_pix_fmt_name(frame.format()).getString();
        return frame.color_range() == avutil.AVCOL_RANGE_JPEG || name.startsWith("yuvj");
    }

    private static boolean isGrey(AVFrame frame) {
        AVPixFmtDescriptor descriptor = avutil.av_pix_fmt_desc_get(frame.format());
        return descriptor.nb_components() < 3 && (descriptor.flags() & avutil.AV_PIX_FMT_FLAG_PAL) == 0;
    }
}
