package org.semblance.engine.media.internal.video;

import java.util.ArrayDeque;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.VideoSummary.Ending;
import org.semblance.engine.media.internal.FfmpegError;
import org.semblance.engine.media.internal.codec.FrameDecoder;

/**
 * One pass over the video stream of a file.
 *
 * <p>Key frames are taken out of the packets before the decoder sees any other, which is many times faster than to let the
 * decoder drop them. The packets since the last key frame are kept meanwhile, no more than the largest gap has, and if the
 * next key frame is too late the decoder gets them all; of these it skips what no other frame refers to. A file may lie
 * about which packets are key frames. The decoder finds out, and the pass ends so that another one trusts nothing.
 */
final class VideoStream implements AutoCloseable {
    /** Bytes of packets kept while a key frame is awaited, or read ahead; beyond them decoding begins. */
    private static final long MAX_PENDING_BYTES = 32L << 20;

    /** Of a packet beside its data, more or less: a file of a few megabytes may hold millions that are empty. */
    private static final int PACKET_BYTES = 512;

    /** If the container tells no frame rate. */
    private static final double DEFAULT_FRAME_RATE = 25;

    /** What may be missing at the end of a file before it counts as cut off: a share of it, and seconds. */
    private static final double MISSING_SHARE = 0.05;

    private static final double MISSING_SECONDS = 2;

    /** From {@code errno.h}. */
    private static final int OUT_OF_MEMORY = -12;

    /** A decoder that fails at the end of a stream may fail at each of the frames it holds, but not for ever. */
    private static final int MAX_DRAIN_ERRORS = 64;

    private final MediaFormat format;
    private final String demuxerName;
    private final VideoInput input;
    private final VideoLimits limits;
    private final VideoInput.Clock clock;
    private final AVFrame frame = avutil.av_frame_alloc();
    /** Packets that were read before their turn. */
    private final ArrayDeque<AVPacket> ahead = new ArrayDeque<>();

    /** What reading ahead ended with; what follows the packets in it. */
    private int aheadError;

    private final ArrayDeque<AVPacket> pending = new ArrayDeque<>();
    private long pendingBytes;
    private @Nullable AVFormatContext demuxer;
    private @Nullable FrameDecoder decoder;
    private int index;
    private String codec = "";
    private double frameRate = DEFAULT_FRAME_RATE;
    private double timeBase = 1;
    private double declaredSeconds;
    private int packets;
    private int damagedPackets;
    /** Whether a key frame came of the last packet that was called one. */
    private boolean keyFrameCame = true;

    private double keySeconds = Double.NEGATIVE_INFINITY;
    /** When the first packet is shown, by the file's clock. */
    private double startSeconds = Double.NaN;

    /** Whether all packets go to the decoder until the next key frame. */
    private boolean decodesAll;

    private int drainErrors;
    private @Nullable Ending ending;

    VideoStream(MediaFormat format, String demuxerName, VideoInput input, VideoLimits limits, VideoInput.Clock clock) {
        this.format = format;
        this.demuxerName = demuxerName;
        this.input = input;
        this.limits = limits;
        this.clock = clock;
    }

    MediaFormat format() {
        return format;
    }

    /** FFmpeg's name of it. */
    String codec() {
        return codec;
    }

    int width() {
        return decoder == null ? 0 : decoder.width();
    }

    int height() {
        return decoder == null ? 0 : decoder.height();
    }

    /** Frames a second, above 0. */
    double frameRate() {
        return frameRate;
    }

    double declaredSeconds() {
        return declaredSeconds;
    }

    int packets() {
        return packets;
    }

    int damagedPackets() {
        return damagedPackets;
    }

    Ending ending() {
        return ending == null ? Ending.COMPLETE : ending;
    }

    /** A time of the file's clock, or NaN if there is none. */
    double seconds(long timestamp) {
        return timestamp == avutil.AV_NOPTS_VALUE ? Double.NaN : timestamp * timeBase;
    }

    void open() throws MediaException {
        AVFormatContext file = openDemuxer();
        demuxer = file;
        checkStreams(file);
        int error = findStreams(file);
        checkStreams(file);
        AVStream stream = error < 0 ? null : videoStream(file);
        if (stream == null) {
            throw error < 0
                    ? MediaException.corrupt(format, "its streams cannot be read (" + FfmpegError.text(error) + ")")
                    : MediaException.unsupported(
                            format, "no video in it (" + file.nb_streams() + " streams of other kinds)");
        }
        for (int i = 0; i < file.nb_streams(); i++) {
            if (i != stream.index()) {
                file.streams(i).discard(avcodec.AVDISCARD_ALL);
            }
        }
        index = stream.index();
        timeBase = ratio(stream.time_base());
        double average = ratio(stream.avg_frame_rate());
        double real = ratio(stream.r_frame_rate());
        frameRate = average > 0 ? average : real > 0 ? real : DEFAULT_FRAME_RATE;
        declaredSeconds = declaredSeconds(file, stream);
        decoder = openDecoder(stream);
    }

    private AVFormatContext openDemuxer() throws MediaException {
        AVFormatContext file = avformat.avformat_alloc_context();
        input.attach(file);
        file.max_streams(limits.maxStreams() + 1);
        AVDictionary options = new AVDictionary(null);
        avutil.av_dict_set(options, "format_whitelist", FfmpegLists.DEMUXER_NAMES, 0);
        avutil.av_dict_set(options, "codec_whitelist", FfmpegLists.DECODER_NAMES, 0);
        avutil.av_dict_set(options, "protocol_whitelist", "", 0);
        int error =
                avformat.avformat_open_input(file, (String) null, avformat.av_find_input_format(demuxerName), options);
        avutil.av_dict_free(options);
        if (error == OUT_OF_MEMORY) {
            throw MediaException.tooLarge(
                    format,
                    "more than " + limits.maxStreams() + " streams, or a table of more frames than memory holds");
        } else if (error < 0) { // Which has freed the context.
            throw MediaException.corrupt(format, "its header cannot be read (" + FfmpegError.text(error) + ")");
        }
        return file;
    }

    private void checkStreams(AVFormatContext file) throws MediaException {
        if (file.nb_streams() > limits.maxStreams()) {
            throw MediaException.tooLarge(format, "more than " + limits.maxStreams() + " streams");
        }
        for (int i = 0; i < file.nb_streams(); i++) {
            long width = file.streams(i).codecpar().width();
            long height = file.streams(i).codecpar().height();
            if (width * height > limits.maxPixels()) {
                throw MediaException.tooLarge(
                        format, width + "x" + height + " pixels (limit: " + limits.maxPixels() + ")");
            }
        }
    }

    /** Reads the first packets, and decodes where the container does not tell enough, within the limits as well. */
    private int findStreams(AVFormatContext file) {
        int count = file.nb_streams();
        try (PointerPointer<AVDictionary> options = new PointerPointer<>(Math.max(1, count));
                BytePointer pixelsKey = new BytePointer("max_pixels");
                BytePointer pixels = new BytePointer(Long.toString(limits.maxPixels()));
                BytePointer threadsKey = new BytePointer("threads");
                BytePointer one = new BytePointer("1")) {
            for (int i = 0; i < count; i++) {
                options.put(i, null);
            }
            for (int i = 0; i < count; i++) {
                avutil.av_dict_set(options.position(i), pixelsKey, pixels, 0);
                avutil.av_dict_set(options.position(i), threadsKey, one, 0);
            }
            int error = avformat.avformat_find_stream_info(file, options.position(0));
            for (int i = 0; i < count; i++) {
                avutil.av_dict_free(options.position(i));
            }
            options.position(0);
            return error;
        }
    }

    /** The first video stream, as the reference takes; a cover picture only if there is no other. */
    private static @Nullable AVStream videoStream(AVFormatContext file) {
        AVStream cover = null;
        for (int i = 0; i < file.nb_streams(); i++) {
            AVStream stream = file.streams(i);
            if (stream.codecpar().codec_type() != avutil.AVMEDIA_TYPE_VIDEO) {
                continue;
            }
            if ((stream.disposition() & avformat.AV_DISPOSITION_ATTACHED_PIC) == 0) {
                return stream;
            }
            cover = cover == null ? stream : cover;
        }
        return cover;
    }

    private static double ratio(AVRational rational) {
        return rational.den() == 0 ? 0 : (double) rational.num() / rational.den();
    }

    private static double declaredSeconds(AVFormatContext file, AVStream stream) {
        if (stream.duration() != avutil.AV_NOPTS_VALUE && stream.duration() > 0) {
            return stream.duration() * ratio(stream.time_base());
        }
        boolean isGuess = file.duration_estimation_method() == avformat.AVFMT_DURATION_FROM_BITRATE;
        return isGuess || file.duration() <= 0 ? 0 : file.duration() / (double) avutil.AV_TIME_BASE;
    }

    private FrameDecoder openDecoder(AVStream stream) throws MediaException {
        int id = stream.codecpar().codec_id();
        AVCodec found = FrameDecoder.find(id);
        codec = avcodec.avcodec_get_name(id).getString();
        if (found == null || !FfmpegLists.mayDecode(found.name().getString())) {
            throw MediaException.unsupported(
                    format, "its video is of codec " + codec + ", for which there is no decoder");
        }
        return FrameDecoder.open(found, stream.codecpar(), stream.time_base(), limits.maxPixels(), format);
    }

    /**
     * Reads the stream to its end, or to where it must stop; {@link #ending} tells which.
     *
     * @param trustKeyFrames whether what the file says of key frames is believed
     * @return false if it was not true
     */
    boolean decode(FrameSelection selection, FrameLumas lumas, boolean trustKeyFrames) throws MediaException {
        FrameSampling.KeyFrames keys = selection.sampling() instanceof FrameSampling.KeyFrames k ? k : null;
        if (keys != null && !trustKeyFrames) {
            skipUnreferenced(true);
        }
        AVPacket packet = avcodec.av_packet_alloc();
        try {
            if (keys != null) {
                selection.expectSeconds(readAhead(packet, keys.shortSeconds()));
            }
            boolean truthful = true;
            while (ending == null && truthful) {
                if (clock.isOver()) {
                    ending = Ending.OUT_OF_TIME;
                    break;
                }
                int error = next(packet);
                if (error < 0) {
                    truthful = end(error, selection, lumas);
                    break;
                }
                if (packet.stream_index() == index) {
                    packets++;
                    if (keys != null && trustKeyFrames) {
                        truthful = takeSparsely(packet, keys, selection, lumas);
                    } else {
                        send(packet, selection, lumas);
                    }
                }
                avcodec.av_packet_unref(packet);
            }
            return truthful;
        } finally {
            avcodec.av_packet_free(packet);
        }
    }

    /**
     * Reads the packets of so many seconds, for {@link #next} to give them. How long a short video is can so be told from
     * what is in it; a file may claim anything.
     *
     * @return how long the video seems to be, in seconds, if that is less; otherwise at least so many
     */
    private double readAhead(AVPacket packet, double seconds) {
        double last = 0;
        long bytes = 0;
        int count = 0;
        while (last < seconds) {
            if (bytes > MAX_PENDING_BYTES || clock.isOver()) {
                return Math.max(last, declaredSeconds);
            }
            aheadError = avformat.av_read_frame(demuxer, packet);
            if (aheadError < 0) {
                break;
            }
            if (packet.stream_index() == index) {
                double at = packetSeconds(packet, count++);
                startSeconds = Double.isNaN(startSeconds) ? at : startSeconds;
                last = Math.max(last, at - startSeconds);
                bytes += packet.size() + PACKET_BYTES;
                ahead.add(moved(packet));
            } else {
                avcodec.av_packet_unref(packet);
            }
        }
        return last;
    }

    /** The next packet, or an error of FFmpeg's, below 0. */
    private int next(AVPacket packet) {
        if (!ahead.isEmpty()) {
            AVPacket read = ahead.removeFirst();
            avcodec.av_packet_move_ref(packet, read);
            avcodec.av_packet_free(read);
            return 0;
        }
        return aheadError < 0 ? aheadError : avformat.av_read_frame(demuxer, packet);
    }

    /** The demuxer gives no more packets: takes what the decoder still holds. */
    private boolean end(int error, FrameSelection selection, FrameLumas lumas) throws MediaException {
        if (clock.isOver()) {
            ending = Ending.OUT_OF_TIME;
            return true;
        }
        clearPending();
        send(null, selection, lumas);
        if (ending == null) {
            double missing = declaredSeconds - Math.max(selection.end(), packets / frameRate);
            boolean isShort = missing > MISSING_SECONDS && missing > MISSING_SHARE * declaredSeconds;
            ending = error == avutil.AVERROR_EOF && !isShort ? Ending.COMPLETE : Ending.CUT_OFF;
        }
        return keyFrameCame;
    }

    /**
     * Decodes a packet if it is a key frame, or if the last one is too long ago; otherwise puts it aside.
     *
     * @return false if the last packet that was called a key frame held none
     */
    private boolean takeSparsely(
            AVPacket packet, FrameSampling.KeyFrames keys, FrameSelection selection, FrameLumas lumas)
            throws MediaException {
        double at = packetSeconds(packet, packets - 1);
        if ((packet.flags() & avcodec.AV_PKT_FLAG_KEY) != 0) {
            clearPending();
            if (at - keySeconds >= 0 && at - keySeconds < keys.minGap()) {
                keep(packet); // The packet may be needed to decode from here on, but not for itself.
                return true;
            }
            if (!decodesAll && packets > 1) {
                send(null, selection, lumas);
                open(decoder).restart();
                if (!keyFrameCame) {
                    return false;
                }
            }
            decodesAll = false;
            skipUnreferenced(false);
            keySeconds = at;
            keyFrameCame = false;
            send(packet, selection, lumas);
        } else if (decodesAll) {
            send(packet, selection, lumas);
        } else {
            keep(packet);
            // A clock that runs backwards by more than frames are reordered is as good a reason not to wait.
            double maxGap = keys.maxGap(at - startSeconds, selection.expectedSeconds());
            if (packets == 1 || Math.abs(at - keySeconds) > maxGap || pendingBytes > MAX_PENDING_BYTES) {
                decodesAll = true;
                skipUnreferenced(true);
                while (!pending.isEmpty() && ending == null) {
                    AVPacket kept = pending.removeFirst();
                    send(kept, selection, lumas);
                    avcodec.av_packet_free(kept);
                }
                clearPending();
            }
        }
        return true;
    }

    /** When a packet is shown; without a clock, as many frames after the start as packets came before it. */
    private double packetSeconds(AVPacket packet, int before) {
        double shown = seconds(packet.pts());
        double at = Double.isNaN(shown) ? seconds(packet.dts()) : shown;
        return Double.isNaN(at) ? before / frameRate : at;
    }

    private void keep(AVPacket packet) {
        pendingBytes += packet.size() + PACKET_BYTES;
        pending.add(moved(packet));
    }

    private static AVPacket moved(AVPacket packet) {
        AVPacket kept = avcodec.av_packet_alloc();
        avcodec.av_packet_move_ref(kept, packet);
        return kept;
    }

    private void clearPending() {
        free(pending);
        pendingBytes = 0;
    }

    private static void free(ArrayDeque<AVPacket> packets) {
        packets.forEach(avcodec::av_packet_free);
        packets.clear();
    }

    private void skipUnreferenced(boolean skip) {
        if (decoder != null) {
            decoder.skipUnreferenced(skip);
        }
    }

    private static FrameDecoder open(@Nullable FrameDecoder decoder) {
        if (decoder == null) {
            throw new IllegalStateException("a stream that was not opened");
        }
        return decoder;
    }

    /** Decodes a packet, or with null what is left, and passes the frames on. */
    private void send(@Nullable AVPacket packet, FrameSelection selection, FrameLumas lumas) throws MediaException {
        FrameDecoder open = open(decoder);
        if (open.send(packet) < 0 && packet != null) {
            damagedPackets++;
        }
        while (ending == null) {
            int error = open.receive(frame);
            if (error == FrameDecoder.AGAIN || error == avutil.AVERROR_EOF) {
                return;
            } else if (error < 0) {
                damagedPackets++;
                if (packet != null || ++drainErrors > MAX_DRAIN_ERRORS) {
                    return;
                }
                continue;
            }
            keyFrameCame |= (frame.flags() & AVFrame.AV_FRAME_FLAG_KEY) != 0;
            ending = selection.accept(frame, this, lumas);
            avutil.av_frame_unref(frame);
        }
    }

    @Override
    public void close() {
        clearPending();
        free(ahead);
        avutil.av_frame_free(frame);
        if (decoder != null) {
            decoder.close();
        }
        if (demuxer != null) {
            avformat.avformat_close_input(demuxer);
        }
    }
}
