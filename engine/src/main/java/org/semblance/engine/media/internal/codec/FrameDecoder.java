package org.semblance.engine.media.internal.codec;

import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.internal.FfmpegError;

/**
 * The decoder of one stream. Numbers that it returns are FFmpeg's: an error is below 0.
 *
 * <p>What decodes AV1 is chosen here and nowhere else.
 */
public interface FrameDecoder extends AutoCloseable {
    /** No frame before another packet: {@code EAGAIN} of {@code errno.h}. */
    int AGAIN = -11;

    /** A frame has more pixels than it may, as libdav1d says it: {@code ERANGE}. */
    int OUT_OF_RANGE = -34;

    /** FFmpeg's only decoder of AV1 in software. */
    String FFMPEG_AV1 = "libaom-av1";

    /** FFmpeg's decoder of a codec, by its id; null if it has none. */
    static @Nullable AVCodec find(int codecId) {
        return codecId == avcodec.AV_CODEC_ID_AV1
                ? avcodec.avcodec_find_decoder_by_name(FFMPEG_AV1)
                : avcodec.avcodec_find_decoder(codecId);
    }

    /**
     * Opens the decoder of a stream: libdav1d for AV1 if this process has it, otherwise FFmpeg's.
     *
     * @param ffmpeg FFmpeg's decoder of the stream, as {@link #find} gives it
     * @param timeBase of the packets, or null if nobody asks when a frame is shown
     * @param maxPixels of a frame, width times height; a larger one is an error
     * @param format for the words of an exception
     * @throws MediaException if the decoder refuses to start
     */
    static FrameDecoder open(
            AVCodec ffmpeg,
            AVCodecParameters parameters,
            @Nullable AVRational timeBase,
            long maxPixels,
            MediaFormat format)
            throws MediaException {
        Dav1d dav1d = parameters.codec_id() == avcodec.AV_CODEC_ID_AV1 ? Av1Library.dav1d() : null;
        if (dav1d != null) {
            return new Dav1dDecoder(dav1d, maxPixels, parameters.width(), parameters.height());
        }
        FfmpegDecoder decoder = new FfmpegDecoder(ffmpeg, maxPixels);
        int error = decoder.start(ffmpeg, parameters, timeBase);
        if (error < 0) {
            decoder.close();
            throw MediaException.corrupt(format, "its decoder refuses to start (" + FfmpegError.text(error) + ")");
        }
        return decoder;
    }

    /**
     * Takes the next packet, after which frames of the one before are no longer good; or with null the end of the stream,
     * after which {@link #receive} gives what is left. After an error there may be frames all the same.
     */
    int send(@Nullable AVPacket packet);

    /**
     * Gives the next frame, whose samples may lie in memory of the decoder: they are good until the next call of another
     * method.
     *
     * @return {@link #AGAIN} if it needs another packet, {@link avutil#AVERROR_EOF} at the end
     */
    int receive(AVFrame frame);

    /** Begins anew behind the end of the stream, as before a key frame. */
    void restart();

    /** Whether frames to which no other refers may be left out from now on, by decoders that can. */
    void skipUnreferenced(boolean skip);

    /** Columns of a frame, as far as known by now. */
    int width();

    /** Rows of a frame, as far as known by now. */
    int height();

    @Override
    void close();
}
