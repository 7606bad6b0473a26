package org.semblance.engine.media.internal.codec;

import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.jspecify.annotations.Nullable;

/** A decoder of FFmpeg's, on one thread. */
final class FfmpegDecoder implements FrameDecoder {
    private final AVCodecContext context;

    FfmpegDecoder(AVCodec codec, long maxPixels) {
        context = avcodec.avcodec_alloc_context3(codec);
        context.thread_count(1);
        context.max_pixels(maxPixels);
    }

    int start(AVCodec codec, AVCodecParameters parameters, @Nullable AVRational timeBase) {
        int error = avcodec.avcodec_parameters_to_context(context, parameters);
        if (error < 0) {
            return error;
        }
        if (timeBase != null) {
            context.pkt_timebase(timeBase);
        }
        return avcodec.avcodec_open2(context, codec, (AVDictionary) null);
    }

    @Override
    public int send(@Nullable AVPacket packet) {
        return avcodec.avcodec_send_packet(context, packet);
    }

    @Override
    public int receive(AVFrame frame) {
        return avcodec.avcodec_receive_frame(context, frame);
    }

    @Override
    public void restart() {
        avcodec.avcodec_flush_buffers(context);
    }

    @Override
    public void skipUnreferenced(boolean skip) {
        context.skip_frame(skip ? avcodec.AVDISCARD_NONREF : avcodec.AVDISCARD_DEFAULT);
    }

    @Override
    public int width() {
        return context.width();
    }

    @Override
    public int height() {
        return context.height();
    }

    @Override
    public void close() {
        avcodec.avcodec_free_context(context);
    }
}
