package org.semblance.engine.media.internal.video;

import java.util.Map;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avformat.AVProbeData;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoFrame;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.VideoReader;
import org.semblance.engine.media.VideoSummary;
import org.semblance.engine.media.VideoSummary.Ending;
import org.semblance.engine.media.internal.Natives;
import org.semblance.engine.media.internal.codec.Av1Library;

/**
 * FFmpeg's demuxers and decoders, in this process, on the caller's thread; for animated WebP, OpenCV's.
 *
 * <p>The demuxer is chosen by our own look at the first bytes; where these tell no more than that it is some video, FFmpeg's
 * probing chooses among {@link FfmpegLists}, so that none of its playlists and scripts is reached. The decoder comes from a
 * list as well, and no protocol may be opened.
 */
public final class NativeVideoReader implements VideoReader {
    private static final Map<MediaFormat, String> DEMUXERS = Map.of(
            MediaFormat.MP4, "mov",
            MediaFormat.MKV, "matroska",
            MediaFormat.AVI, "avi",
            MediaFormat.FLV, "flv",
            MediaFormat.ASF, "asf",
            MediaFormat.OGG, "ogg",
            MediaFormat.MXF, "mxf",
            MediaFormat.RM, "rm",
            MediaFormat.GIF, "gif",
            MediaFormat.PNG, "apng");

    /** As many bytes are enough for FFmpeg to tell streams apart that have little more than a start code. */
    private static final int PROBE_BYTES = 1 << 18;

    /**
     * The largest block that FFmpeg may ask for, in this process: a table of 2^31 samples, which a header of a few bytes
     * can claim, is refused; a plane of the largest picture is far below.
     */
    private static final long MAX_BLOCK_BYTES = 1L << 29;

    private final VideoLimits limits;
    private final DecodePath path;

    /** @throws IllegalStateException if the native libraries cannot be loaded */
    public NativeVideoReader(VideoLimits limits, DecodePath path) {
        Natives.load();
        Av1Library.load();
        avutil.av_max_alloc(MAX_BLOCK_BYTES);
        this.limits = limits;
        this.path = path;
    }

    @Override
    @SuppressWarnings("try") // The scope is there to be closed.
    public VideoSummary read(
            MediaSource source,
            FrameSampling sampling,
            Deadline framesUntil,
            Deadline deadline,
            VideoFrame.Visitor visitor)
            throws MediaException {
        deadline.check("decode");
        Deadline own = Deadline.after(limits.maxTime());
        FrameSelection selection = new FrameSelection(sampling, limits, visitor);
        VideoInput.Clock clock = () -> (selection.shown() > 0 ? framesUntil : deadline).passed() || own.passed();
        if (source.format() == MediaFormat.WEBP) {
            VideoSummary summary = new WebpAnimation(limits, clock, sampling, visitor).read(source);
            if (summary.framesShown() == 0) {
                deadline.check("first frame");
                throw tooSlow(source.format());
            }
            return summary;
        }
        // Frames of animated images are drawn over one another.
        boolean trustKeyFrames = source.format().isVideo();
        while (true) {
            // Frees what a decode leaves to the garbage collector, which does not see how large it is.
            try (PointerScope scope = new PointerScope();
                    VideoInput input = new VideoInput(source, clock);
                    VideoStream stream =
                            new VideoStream(source.format(), demuxer(source, input), input, limits, clock)) {
                open(stream, deadline, own);
                try (FrameLumas lumas = new FrameLumas(path)) {
                    if (stream.decode(selection, lumas, trustKeyFrames)) {
                        input.checkReadable();
                        return summary(stream, selection, deadline);
                    }
                }
                trustKeyFrames = false;
                selection.restart();
            }
        }
    }

    /** Opening reads as well, and what fails because time is up is no fault of the file. */
    private void open(VideoStream stream, Deadline deadline, Deadline own) throws MediaException {
        try {
            stream.open();
        } catch (MediaException e) {
            deadline.check("first frame");
            throw own.passed() ? tooSlow(stream.format()) : e;
        }
    }

    private MediaException tooSlow(MediaFormat format) {
        return MediaException.tooLarge(format, "no frame within " + limits.maxTime() + " of work");
    }

    private static String demuxer(MediaSource source, VideoInput input) throws MediaException {
        String name = DEMUXERS.get(source.format());
        if (name == null && source.format().isVideo()) {
            name = probed(input.head(PROBE_BYTES));
        }
        if (name == null) {
            throw MediaException.unsupported(source.format(), "not a video of a format we know");
        }
        return name;
    }

    /** FFmpeg's choice for a file that begins so, if it is one of ours; otherwise null. */
    private static @Nullable String probed(byte[] head) {
        int padding = avformat.AVPROBE_PADDING_SIZE;
        try (BytePointer bytes = new BytePointer(head.length + (long) padding);
                BytePointer name = new BytePointer("");
                AVProbeData probe = new AVProbeData()) {
            bytes.put(head, 0, head.length);
            bytes.position(head.length).put(new byte[padding], 0, padding).position(0);
            probe.buf(bytes).buf_size(head.length).filename(name).mime_type(null);
            AVInputFormat found = avformat.av_probe_input_format3(probe, 1, new int[1]);
            String names = found == null ? "" : found.name().getString();
            return FfmpegLists.mayDemux(names) ? names.split(",", 2)[0] : null;
        }
    }

    private VideoSummary summary(VideoStream stream, FrameSelection selection, Deadline deadline)
            throws MediaException {
        if (selection.shown() == 0) {
            deadline.check("first frame");
            throw stream.ending() == Ending.OUT_OF_TIME
                    ? tooSlow(stream.format())
                    : MediaException.corrupt(
                            stream.format(),
                            "no frame decodes (" + stream.packets() + " packets, " + stream.damagedPackets()
                                    + " of them damaged)");
        }
        return new VideoSummary(
                stream.format(),
                stream.codec(),
                stream.width(),
                stream.height(),
                stream.frameRate(),
                stream.declaredSeconds(),
                selection.end(),
                selection.decoded(),
                selection.shown(),
                stream.damagedPackets(),
                stream.ending());
    }
}
