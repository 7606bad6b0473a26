package org.semblance.engine.media.internal.codec;

import java.io.IOException;
import java.util.Base64;
import java.util.zip.CRC32;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.semblance.engine.media.internal.FfmpegError;

/**
 * Decodes one small picture whose samples are known. A library that was built in another way than its version says, or is
 * damaged, is found out by it; and what the library does at its first picture is done before rights are given up.
 */
final class Av1SelfTest {
    /** A gradient of 66x50 pixels, 4:2:0, full range, BT.709, by libaom. */
    private static final byte[] UNIT =
            Base64.getDecoder().decode("EgAKCRgZYOLZAgIBhDIZFkAEEAACyAAAiXg+juyyZt/9MkU3mLiiYA==");

    private static final int WIDTH = 66;
    private static final int HEIGHT = 50;

    /** CRC-32 of its luma, row by row, as libaom decodes it. */
    private static final long LUMA = 0x1FE14804L;

    private Av1SelfTest() {}

    /** @throws IOException if the library does not give that picture */
    static void run(Dav1d library) throws IOException {
        AVPacket packet = avcodec.av_packet_alloc();
        AVFrame frame = avutil.av_frame_alloc();
        try (Dav1dDecoder decoder = new Dav1dDecoder(library, WIDTH * HEIGHT, 0, 0)) {
            avcodec.av_new_packet(packet, UNIT.length);
            packet.data().put(UNIT, 0, UNIT.length);
            int error = Math.min(decoder.send(packet), decoder.receive(frame));
            if (error < 0) {
                throw new IOException(
                        library.version() + " does not decode a picture of ours (" + FfmpegError.text(error) + ")");
            }
            boolean isRight = frame.width() == WIDTH
                    && frame.height() == HEIGHT
                    && frame.format() == avutil.AV_PIX_FMT_YUV420P
                    && frame.color_range() == avutil.AVCOL_RANGE_JPEG
                    && frame.colorspace() == avutil.AVCOL_SPC_BT709
                    && (frame.flags() & AVFrame.AV_FRAME_FLAG_KEY) != 0
                    && frame.linesize(0) >= WIDTH
                    && luma(frame) == LUMA;
            if (!isRight) {
                throw new IOException(library.version() + " decodes a picture of ours to another one");
            }
        } finally {
            avutil.av_frame_free(frame);
            avcodec.av_packet_free(packet);
        }
    }

    private static long luma(AVFrame frame) {
        CRC32 sum = new CRC32();
        byte[] row = new byte[WIDTH];
        for (int y = 0; y < HEIGHT; y++) {
            frame.data(0).position((long) y * frame.linesize(0)).get(row);
            sum.update(row);
        }
        return sum.getValue();
    }
}
