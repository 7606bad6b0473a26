package org.semblance.engine.media.internal.codec;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.internal.codec.Dav1d.Function;

/**
 * Decodes AV1 by libdav1d, on the thread of the caller, to the same samples as libaom, which does it by the same standard.
 *
 * <p>A packet is a temporal unit, of which a viewer shows one picture. Of several, such as those of layers, the last counts,
 * as with libaom. No picture is held back, so the frame of a packet is there as soon as the packet was sent.
 */
final class Dav1dDecoder implements FrameDecoder {
    // From errno.h.
    private static final int OUT_OF_MEMORY = -12;
    private static final int INVALID = -22;

    private static final int KEY_FRAME = 0;

    private static final int MATRIX_IDENTITY = 0;
    private static final int MONOCHROME = 0;
    private static final int FULL_COLOUR = 3;

    /** By layout (monochrome, 4:2:0, 4:2:2, 4:4:4) and depth (8, 10, 12 bits). */
    private static final int[][] FORMATS = {
        {avutil.AV_PIX_FMT_GRAY8, avutil.AV_PIX_FMT_GRAY10LE, avutil.AV_PIX_FMT_GRAY12LE},
        {avutil.AV_PIX_FMT_YUV420P, avutil.AV_PIX_FMT_YUV420P10LE, avutil.AV_PIX_FMT_YUV420P12LE},
        {avutil.AV_PIX_FMT_YUV422P, avutil.AV_PIX_FMT_YUV422P10LE, avutil.AV_PIX_FMT_YUV422P12LE},
        {avutil.AV_PIX_FMT_YUV444P, avutil.AV_PIX_FMT_YUV444P10LE, avutil.AV_PIX_FMT_YUV444P12LE}
    };

    /** Of samples that are green, blue and red, in the order of FFmpeg's planes. */
    private static final int[] RGB_FORMATS = {
        avutil.AV_PIX_FMT_GBRP, avutil.AV_PIX_FMT_GBRP10LE, avutil.AV_PIX_FMT_GBRP12LE
    };

    private static final int PLANES = 3;

    /** A packet with more errors than this has no more pictures for us. */
    private static final int MAX_ERRORS = 8;

    private final Dav1d library;
    private final Arena arena = Arena.ofConfined();

    /** Holds the address of the library's own state. */
    private final MemorySegment context = arena.allocate(ValueLayout.ADDRESS);

    private final MemorySegment data = arena.allocate(Dav1d.DATA_BYTES, Long.BYTES);

    /** The picture of the last packet, if it has one, and room for the one that may follow it. */
    private MemorySegment picture = arena.allocate(Dav1d.PICTURE_BYTES, Long.BYTES);

    private MemorySegment next = arena.allocate(Dav1d.PICTURE_BYTES, Long.BYTES);
    private boolean held;
    private boolean given;
    private boolean ended;
    private long timestamp = avutil.AV_NOPTS_VALUE;
    private int width;
    private int height;

    /**
     * @param maxPixels of a frame
     * @param width of a frame, as the container tells
     */
    Dav1dDecoder(Dav1d library, long maxPixels, int width, int height) {
        this.library = library;
        this.width = width;
        this.height = height;
        MemorySegment settings = arena.allocate(Dav1d.SETTINGS_BYTES, Long.BYTES);
        library.call(Function.DEFAULT_SETTINGS, settings);
        settings.set(ValueLayout.JAVA_INT, Dav1d.SETTINGS_THREADS, 1);
        settings.set(ValueLayout.JAVA_INT, Dav1d.SETTINGS_FRAME_DELAY, 1);
        // To the one picture that counts it is applied below: a unit may hold a million others.
        settings.set(ValueLayout.JAVA_INT, Dav1d.SETTINGS_APPLY_GRAIN, 0);
        settings.set(ValueLayout.JAVA_INT, Dav1d.SETTINGS_OPERATING_POINT, 0);
        settings.set(ValueLayout.JAVA_INT, Dav1d.SETTINGS_ALL_LAYERS, 0);
        // Unsigned there, and 0 is no limit.
        settings.set(ValueLayout.JAVA_INT, Dav1d.SETTINGS_SIZE_LIMIT, (int) Math.clamp(maxPixels, 1, 0xFFFFFFFFL));
        settings.set(ValueLayout.JAVA_LONG, Dav1d.SETTINGS_LOG_CALLBACK, 0);
        int error = library.call(Function.OPEN, context, settings);
        if (error < 0) {
            arena.close();
            throw new OutOfMemoryError("libdav1d does not start, for want of memory (" + error + ")");
        }
    }

    @Override
    public int send(@Nullable AVPacket packet) {
        if (packet == null) {
            ended = true;
            return 0;
        }
        forget();
        if (packet.size() <= 0) {
            return INVALID;
        }
        timestamp = packet.pts() != avutil.AV_NOPTS_VALUE ? packet.pts() : packet.dts();
        data.fill((byte) 0);
        long target = library.call(Function.DATA_CREATE, data.address(), packet.size(), 0);
        if (target == 0) {
            return OUT_OF_MEMORY;
        }
        MemorySegment.ofAddress(target)
                .reinterpret(packet.size())
                .copyFrom(MemorySegment.ofAddress(packet.data().address()).reinterpret(packet.size()));
        int error = library.call(Function.SEND_DATA, contextValue(), data);
        if (error < 0) {
            library.call(Function.DATA_UNREF, data);
        }
        int later = takePictures();
        if (held) {
            applyGrain();
        }
        return Math.min(error, later);
    }

    private MemorySegment contextValue() {
        return context.get(ValueLayout.ADDRESS, 0);
    }

    /** Decodes all that was sent. Returns an error if there was one, or 0. */
    private int takePictures() {
        int first = 0;
        for (int errors = 0; errors < MAX_ERRORS; ) {
            next.fill((byte) 0);
            int error = library.call(Function.GET_PICTURE, contextValue(), next);
            if (error == 0) {
                take();
            } else if (error == AGAIN) {
                break;
            } else {
                errors++;
                first = first == 0 ? error : first;
            }
        }
        return first;
    }

    /** Puts what is in {@link #next} in the place of the picture before. */
    private void take() {
        if (held) {
            library.call(Function.PICTURE_UNREF, picture);
        }
        MemorySegment free = picture;
        picture = next;
        next = free;
        held = true;
    }

    private void applyGrain() {
        next.fill((byte) 0);
        if ((int) library.call(Function.APPLY_GRAIN, contextValue().address(), next.address(), picture.address())
                == 0) {
            take();
        }
    }

    private void forget() {
        if (held) {
            library.call(Function.PICTURE_UNREF, picture);
        }
        held = false;
        given = false;
    }

    @Override
    public int receive(AVFrame frame) {
        avutil.av_frame_unref(frame);
        if (!held || given) {
            return ended ? avutil.AVERROR_EOF : AGAIN;
        }
        given = true;
        int layout = picture.get(ValueLayout.JAVA_INT, Dav1d.PICTURE_LAYOUT);
        int depth = picture.get(ValueLayout.JAVA_INT, Dav1d.PICTURE_DEPTH) / 2 - 4;
        MemorySegment sequence = picture.get(ValueLayout.ADDRESS, Dav1d.PICTURE_SEQUENCE);
        int matrix = sequence.reinterpret(Dav1d.SEQUENCE_MATRIX + Integer.BYTES)
                .get(ValueLayout.JAVA_INT, Dav1d.SEQUENCE_MATRIX);
        width = picture.get(ValueLayout.JAVA_INT, Dav1d.PICTURE_WIDTH);
        height = picture.get(ValueLayout.JAVA_INT, Dav1d.PICTURE_HEIGHT);
        frame.width(width);
        frame.height(height);
        frame.format(layout == FULL_COLOUR && matrix == MATRIX_IDENTITY ? RGB_FORMATS[depth] : FORMATS[layout][depth]);
        frame.colorspace(matrix);
        frame.color_range(library.isFullRange(sequence) ? avutil.AVCOL_RANGE_JPEG : avutil.AVCOL_RANGE_MPEG);
        frame.pts(timestamp);
        frame.best_effort_timestamp(timestamp);
        int type = picture.get(ValueLayout.ADDRESS, Dav1d.PICTURE_HEADER)
                .reinterpret(Dav1d.HEADER_FRAME_TYPE + Integer.BYTES)
                .get(ValueLayout.JAVA_INT, Dav1d.HEADER_FRAME_TYPE);
        if (type == KEY_FRAME) {
            frame.flags(frame.flags() | AVFrame.AV_FRAME_FLAG_KEY);
        }
        for (int plane = 0; plane < (layout == MONOCHROME ? 1 : PLANES); plane++) {
            MemorySegment samples = picture.get(ValueLayout.ADDRESS, Dav1d.PICTURE_PLANES + 8L * plane);
            // Only its address counts.
            frame.data(plane, new BytePointer(samples.reinterpret(1).asByteBuffer()));
            long stride = picture.get(ValueLayout.JAVA_LONG, Dav1d.PICTURE_STRIDES + (plane == 0 ? 0L : 8L));
            frame.linesize(plane, (int) stride);
        }
        return 0;
    }

    /** Nothing is held back, and the frames to which others refer are kept, as libaom keeps them. */
    @Override
    public void restart() {
        forget();
        ended = false;
    }

    /** Leaves none out, for libaom does not either. */
    @Override
    public void skipUnreferenced(boolean skip) {}

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public void close() {
        forget();
        library.call(Function.CLOSE, context);
        arena.close();
    }
}
