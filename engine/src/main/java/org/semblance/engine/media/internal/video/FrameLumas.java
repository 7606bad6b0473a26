package org.semblance.engine.media.internal.video;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.ffmpeg.avutil.AVComponentDescriptor;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.pdq.InterleavedLuma;
import org.semblance.engine.pdq.Luma;

/**
 * Decoded frames as luma: the luma plane itself on the fast path, where there is one; otherwise RGB by swscale with the
 * reference's settings (area averaging, BT.601 whatever the file says, range told by the pixel format alone).
 *
 * <p>Owns the memory that frames are converted into, so a luma is good until the next one is asked for.
 */
final class FrameLumas implements AutoCloseable {
    /** swscale writes whole vectors, a little past the end of a row. */
    private static final int ROW_PADDING = 64;

    private static final int NO_PLANE = avutil.AV_PIX_FMT_FLAG_RGB
            | avutil.AV_PIX_FMT_FLAG_PAL
            | avutil.AV_PIX_FMT_FLAG_BITSTREAM
            | avutil.AV_PIX_FMT_FLAG_HWACCEL
            | avutil.AV_PIX_FMT_FLAG_FLOAT
            | avutil.AV_PIX_FMT_FLAG_BE
            | avutil.AV_PIX_FMT_FLAG_BAYER;

    private final DecodePath path;
    private final Map<Integer, Optional<Plane>> planes = new HashMap<>();
    private @Nullable SwsContext scaler;
    private @Nullable BytePointer pixels;

    /** Which plane of a pixel format is luma, and its layout. */
    private record Plane(int index, PlaneLuma.Layout layout) {}

    FrameLumas(DecodePath path) {
        this.path = path;
    }

    /** @param arena closes when the frame's memory is no longer good */
    Luma luma(AVFrame frame, Arena arena) {
        int width = frame.width();
        int height = frame.height();
        if (path == DecodePath.FAST) {
            Plane plane =
                    planes.computeIfAbsent(frame.format(), FrameLumas::plane).orElse(null);
            // Rows from the bottom up are left to swscale.
            if (plane != null && frame.linesize(plane.index) > 0) {
                long stride = frame.linesize(plane.index);
                PlaneLuma.Layout layout = plane.layout;
                long bytes = stride * (height - 1)
                        + layout.offset()
                        + (long) layout.step() * (width - 1)
                        + layout.bytesPerSample();
                MemorySegment segment = MemorySegment.ofAddress(
                                frame.data(plane.index).address())
                        .reinterpret(bytes, arena, null);
                return new PlaneLuma(segment, width, height, stride, layout);
            }
        }
        return rgb(frame, width, height, arena);
    }

    private static Optional<Plane> plane(int format) {
        AVPixFmtDescriptor descriptor = avutil.av_pix_fmt_desc_get(format);
        if (descriptor == null || (descriptor.flags() & NO_PLANE) != 0 || descriptor.nb_components() < 1) {
            return Optional.empty();
        }
        AVComponentDescriptor luma = descriptor.comp(0);
        String name = descriptor.name().getString();
        // What swscale, and so the reference, takes for full range.
        boolean fullRange = name.startsWith("yuvj") || descriptor.nb_components() < 3;
        if (luma.depth() < 8) {
            return Optional.empty();
        }
        return Optional.of(new Plane(
                luma.plane(), new PlaneLuma.Layout(luma.step(), luma.offset(), luma.shift(), luma.depth(), fullRange)));
    }

    private Luma rgb(AVFrame frame, int width, int height, Arena arena) {
        scaler = swscale.sws_getCachedContext(
                scaler,
                width,
                height,
                frame.format(),
                width,
                height,
                avutil.AV_PIX_FMT_RGB24,
                swscale.SWS_AREA,
                null,
                null,
                (DoublePointer) null);
        if (scaler == null) {
            throw new IllegalStateException(
                    "swscale refuses pixel format " + frame.format() + " of " + width + "x" + height);
        }
        int stride = Math.addExact(Math.multiplyExact(width, 3), ROW_PADDING) & -ROW_PADDING;
        long bytes = (long) stride * height + ROW_PADDING;
        if (pixels == null || pixels.capacity() < bytes) {
            free(pixels);
            pixels = new BytePointer(bytes);
        }
        try (PointerPointer<BytePointer> targets = new PointerPointer<>(pixels, null, null, null);
                IntPointer strides = new IntPointer(stride, 0, 0, 0)) {
            swscale.sws_scale(scaler, frame.data(), frame.linesize(), 0, height, targets, strides);
        }
        MemorySegment segment = MemorySegment.ofAddress(pixels.address()).reinterpret(bytes, arena, null);
        return InterleavedLuma.rgb(segment, width, height, stride);
    }

    private static void free(@Nullable BytePointer memory) {
        if (memory != null) {
            memory.close();
        }
    }

    @Override
    public void close() {
        free(pixels);
        if (scaler != null) {
            swscale.sws_freeContext(scaler);
        }
    }
}
