package org.semblance.engine.media.internal.image;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.internal.FfmpegError;
import org.semblance.engine.pdq.GreyLuma;
import org.semblance.engine.pdq.InterleavedLuma;
import org.semblance.engine.pdq.Luma;

/** Native memory that FFmpeg's pictures are converted into, as grey or RGB bytes of full range. */
@SuppressWarnings("MustBeClosedChecker") // The picture made of it closes it, or whoever makes none.
final class FrameCanvas implements AutoCloseable {
    /** swscale writes whole vectors, a little past the end of a row. */
    private static final int ROW_PADDING = 64;

    private static final int FIXED_POINT_ONE = 1 << 16;

    private final Arena memory = Arena.ofConfined();
    private final int width;
    private final int height;
    private final boolean grey;
    private final int channels;
    private final int stride;
    private final MemorySegment pixels;

    FrameCanvas(int width, int height, boolean grey) {
        this.width = width;
        this.height = height;
        this.grey = grey;
        this.channels = grey ? 1 : 3;
        this.stride = stride(width, channels);
        this.pixels = memory.allocate((long) stride * height + ROW_PADDING, ROW_PADDING);
    }

    /**
     * One frame as a picture.
     *
     * @param fullRange whether its luma uses all values, should it have luma
     * @param grey whether the picture has one channel
     */
    static DecodedImage of(AVFrame frame, boolean fullRange, boolean grey, MediaFormat format) throws MediaException {
        FrameCanvas canvas = new FrameCanvas(frame.width(), frame.height(), grey);
        try {
            convert(frame, fullRange, canvas.pixels, canvas.stride, grey, format);
            return canvas.image(0, 0, frame.width(), frame.height());
        } catch (Throwable e) {
            canvas.close();
            throw e;
        }
    }

    private static int stride(int width, int channels) {
        return Math.addExact(Math.multiplyExact(width, channels), ROW_PADDING) & -ROW_PADDING;
    }

    /** Converts a tile aside and copies its rows, so that what swscale writes past a row harms no neighbour. */
    void place(AVFrame tile, boolean fullRange, int x, int y, MediaFormat format) throws MediaException {
        if (x < 0 || y < 0 || x > width - tile.width() || y > height - tile.height()) {
            throw MediaException.corrupt(
                    format,
                    "a tile of " + tile.width() + "x" + tile.height() + " at " + x + "," + y + " outside its grid of "
                            + width + "x" + height);
        }
        try (Arena aside = Arena.ofConfined()) {
            int tileStride = stride(tile.width(), channels);
            MemorySegment rows = aside.allocate((long) tileStride * tile.height() + ROW_PADDING, ROW_PADDING);
            convert(tile, fullRange, rows, tileStride, grey, format);
            for (int row = 0; row < tile.height(); row++) {
                MemorySegment.copy(
                        rows,
                        (long) row * tileStride,
                        pixels,
                        (long) (y + row) * stride + (long) x * channels,
                        (long) tile.width() * channels);
            }
        }
    }

    /** A part of the canvas as a picture, which owns the memory from here on. */
    DecodedImage image(int x, int y, int w, int h) {
        MemorySegment part = pixels.asSlice((long) y * stride + (long) x * channels);
        Luma luma = grey ? new GreyLuma(part, w, h, stride) : InterleavedLuma.rgb(part, w, h, stride);
        return new DecodedImage(luma, "", memory);
    }

    private static void convert(
            AVFrame frame, boolean fullRange, MemorySegment target, int stride, boolean grey, MediaFormat format)
            throws MediaException {
        LumaTable table = grey ? LumaTable.of(frame, fullRange, format) : null;
        if (table == null) {
            scale(frame, fullRange, target, stride, grey, format);
        } else {
            table.write(frame, target, stride);
        }
    }

    /** The first row that swscale makes of a frame as wide as this. */
    byte[] scaled(AVFrame frame, boolean fullRange, MediaFormat format) throws MediaException {
        scale(frame, fullRange, pixels, stride, grey, format);
        return pixels.asSlice(0, (long) width * channels).toArray(ValueLayout.JAVA_BYTE);
    }

    private static void scale(
            AVFrame frame, boolean fullRange, MemorySegment target, int stride, boolean grey, MediaFormat format)
            throws MediaException {
        SwsContext scaler = swscale.sws_alloc_context();
        try {
            scaler.src_w(frame.width()).src_h(frame.height()).src_format(frame.format());
            scaler.dst_w(frame.width()).dst_h(frame.height());
            scaler.dst_format(grey ? avutil.AV_PIX_FMT_GRAY8 : avutil.AV_PIX_FMT_RGB24);
            scaler.flags(swscale.SWS_BILINEAR
                    | swscale.SWS_ACCURATE_RND
                    | swscale.SWS_FULL_CHR_H_INT
                    | swscale.SWS_BITEXACT);
            scaler.dither(swscale.SWS_DITHER_NONE);
            scaler.threads(1);
            IntPointer matrix = swscale.sws_getCoefficients(frame.colorspace());
            int error = swscale.sws_init_context(scaler, null, null);
            if (error >= 0) {
                // Fails for a pair of formats that needs no matrix, which is as good.
                int ignored = swscale.sws_setColorspaceDetails(
                        scaler,
                        matrix,
                        fullRange ? 1 : 0,
                        swscale.sws_getCoefficients(swscale.SWS_CS_DEFAULT),
                        1,
                        0,
                        FIXED_POINT_ONE,
                        FIXED_POINT_ONE);
                assert ignored <= 0;
                error = swscale.sws_scale(
                        scaler,
                        frame.data(),
                        frame.linesize(),
                        0,
                        frame.height(),
                        new PointerPointer<>(new BytePointer[] {bytes(target)}),
                        new IntPointer(stride, 0, 0, 0));
            }
            if (error < 0) {
                throw MediaException.unsupported(
                        format,
                        "pixels of kind " + frame.format() + ", " + frame.width() + "x" + frame.height()
                                + ", cannot be converted (" + FfmpegError.text(error) + ")");
            }
        } finally {
            swscale.sws_free_context(scaler);
        }
    }

    private static BytePointer bytes(MemorySegment segment) {
        return new BytePointer(segment.asByteBuffer());
    }

    @Override
    public void close() {
        memory.close();
    }
}
