package org.semblance.engine.media.internal.video;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoFrame;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.VideoSummary;
import org.semblance.engine.media.VideoSummary.Ending;
import org.semblance.engine.pdq.InterleavedLuma;

/**
 * The frames of an animated WebP, by OpenCV: FFmpeg 8.1 has no demuxer for them. OpenCV decodes from the first frame to the
 * last one wanted in one call, which cannot be interrupted, and keeps all that are wanted. So they are asked for in batches
 * of bounded memory, and the pixels of all frames are bounded, since a frame of a few bytes may cover the whole canvas.
 *
 * <p>Alpha is dropped, as of still pictures.
 */
final class WebpAnimation {
    /** Pixels of the frames that are decoded at once, 4 bytes each. */
    private static final long BATCH_PIXELS = 1L << 26;

    /** Pixels of all frames: some 2 seconds of decoding, for the last batch once more. */
    private static final long MAX_PIXELS = 1L << 29;

    /** What browsers show a frame for that claims to be shown for less than a hundredth of a second. */
    private static final int DEFAULT_MS = 100;

    private static final int LEAST_MS = 10;
    private static final int CHUNK_HEADER = 8;
    private static final int FIRST_CHUNK = 12;

    private final VideoLimits limits;
    private final VideoInput.Clock clock;
    private final FrameSampling sampling;
    private final VideoFrame.Visitor visitor;
    private int shown;
    private double shownSeconds = Double.NEGATIVE_INFINITY;
    private int decoded;
    private double seconds;

    WebpAnimation(VideoLimits limits, VideoInput.Clock clock, FrameSampling sampling, VideoFrame.Visitor visitor) {
        this.limits = limits;
        this.clock = clock;
        this.sampling = sampling;
        this.visitor = visitor;
    }

    /** What the container tells before anything is decoded. */
    private record Header(int width, int height, int frames, double seconds, boolean complete) {
        double frameRate() {
            return seconds > 0 ? frames / seconds : 1000.0 / DEFAULT_MS;
        }

        long pixels() {
            return (long) width * height;
        }
    }

    /** @throws MediaException if no frame decodes, or they are larger than the limit */
    VideoSummary read(MediaSource source) throws MediaException {
        switch (source) {
            case MediaSource.InMemory memory -> {
                return read(memory.content());
            }
            case MediaSource.InFile file -> {
                try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ);
                        Arena arena = Arena.ofConfined()) {
                    return read(channel.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena)
                            .asByteBuffer());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            case MediaSource.Opened opened -> {
                try {
                    return read(opened.content());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private VideoSummary read(ByteBuffer content) throws MediaException {
        Header header = header(content.slice().order(ByteOrder.LITTLE_ENDIAN));
        if (header.frames == 0 || header.pixels() > limits.maxPixels()) {
            throw header.frames == 0
                    ? MediaException.corrupt(MediaFormat.WEBP, "no frame in it")
                    : MediaException.tooLarge(
                            MediaFormat.WEBP,
                            header.width + "x" + header.height + " pixels (limit: " + limits.maxPixels() + ")");
        }
        Ending ending = header.complete ? Ending.COMPLETE : Ending.CUT_OFF;
        int frames = (int) Math.min(Math.min(header.frames, limits.maxFrames()), MAX_PIXELS / header.pixels());
        if (frames < header.frames) {
            ending = Ending.TOO_LONG;
        }
        int batch = Math.clamp(BATCH_PIXELS / header.pixels(), 1, Integer.MAX_VALUE);
        byte[] bytes = new byte[content.remaining()];
        content.get(content.position(), bytes);
        try (BytePointer file = new BytePointer(bytes)) {
            for (int from = 0; from < frames; from += batch) {
                if (clock.isOver()) {
                    ending = Ending.OUT_OF_TIME;
                    break;
                }
                int wanted = Math.min(batch, frames - from);
                int before = decoded;
                if (!show(file, from, wanted, header.frameRate())) {
                    ending = Ending.STOPPED;
                    break;
                }
                if (decoded - before < wanted) {
                    ending = Ending.CUT_OFF;
                    break;
                }
            }
        }
        if (shown == 0 && ending != Ending.OUT_OF_TIME) {
            throw MediaException.corrupt(MediaFormat.WEBP, "no frame decodes");
        }
        return new VideoSummary(
                MediaFormat.WEBP,
                "webp",
                header.width,
                header.height,
                header.frameRate(),
                header.seconds,
                seconds,
                decoded,
                shown,
                0,
                ending);
    }

    /** RFC 9649, section 2.7: chunk by chunk, without looking into frames. */
    private static Header header(ByteBuffer b) throws MediaException {
        if (b.limit() < FIRST_CHUNK + CHUNK_HEADER + 10 || b.get(15) != 'X') {
            throw MediaException.corrupt(MediaFormat.WEBP, "no VP8X chunk at offset 12");
        }
        int width = (b.getInt(24) & 0xFFFFFF) + 1;
        int height = (b.getInt(27) & 0xFFFFFF) + 1;
        int frames = 0;
        long millis = 0;
        long at = FIRST_CHUNK;
        while (at + CHUNK_HEADER <= b.limit()) {
            int type = b.getInt((int) at);
            long size = b.getInt((int) at + 4) & 0xFFFFFFFFL;
            if (type == ('A' | 'N' << 8 | 'M' << 16 | 'F' << 24) && at + CHUNK_HEADER + 16 <= b.limit()) {
                frames++;
                millis += shownFor(b.getInt((int) at + CHUNK_HEADER + 12) & 0xFFFFFF);
            }
            at += CHUNK_HEADER + size + (size & 1);
        }
        return new Header(width, height, frames, millis / 1000.0, at <= b.limit() + 1L);
    }

    private static int shownFor(int millis) {
        return millis <= LEAST_MS ? DEFAULT_MS : millis;
    }

    /** Returns whether to go on. */
    private boolean show(BytePointer file, int from, int count, double frameRate) {
        try (PointerScope scope = new PointerScope()) {
            Mat buffer = new Mat(1, Math.toIntExact(file.capacity()), opencv_core.CV_8UC1, file);
            opencv_imgcodecs.Animation animation = new opencv_imgcodecs.Animation();
            if (!opencv_imgcodecs.imdecodeanimation(buffer, animation, from, count)) {
                return true;
            }
            long got = Math.min(count, animation.frames().size());
            for (int i = 0; i < got; i++) {
                int number = decoded++;
                double at = seconds;
                seconds += shownFor(animation.durations().get(i)) / 1000.0;
                if (at >= limits.maxSeconds()) {
                    return false;
                }
                if (isChosen(number, at, frameRate)) {
                    shown++;
                    shownSeconds = at;
                    if (!visit(animation.frames().get(i), number, at)) {
                        return false;
                    }
                }
            }
            return true;
        } catch (RuntimeException e) {
            if (e.getClass() == RuntimeException.class) {
                return true; // What JavaCPP makes of a C++ exception: the frames so far are what there is.
            }
            throw e;
        }
    }

    private boolean isChosen(int number, double at, double frameRate) {
        return switch (sampling) {
            case FrameSampling.EveryFrame every -> true;
            case FrameSampling.TimeStep step -> number % step.stride(frameRate) == 0;
            case FrameSampling.KeyFrames keys -> at - shownSeconds >= keys.minGap();
        };
    }

    private boolean visit(Mat frame, int number, double at) {
        Mat pixels = frame;
        if (frame.channels() == 4) {
            pixels = new Mat();
            opencv_imgproc.cvtColor(frame, pixels, opencv_imgproc.COLOR_BGRA2BGR);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = MemorySegment.ofAddress(pixels.data().address())
                    .reinterpret(pixels.step1() * pixels.rows(), arena, null);
            return visitor.visit(new VideoFrame(
                    number, at, InterleavedLuma.bgr(segment, pixels.cols(), pixels.rows(), pixels.step1())));
        }
    }
}
