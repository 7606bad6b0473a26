package org.semblance.engine.media.internal.image;

import java.lang.foreign.MemorySegment;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avformat.AVStreamGroup;
import org.bytedeco.ffmpeg.avformat.AVStreamGroupTileGrid;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.DecodedImage;
import org.semblance.engine.media.ImageHeader;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.internal.FfmpegError;
import org.semblance.engine.media.internal.codec.Av1Library;
import org.semblance.engine.media.internal.codec.FrameDecoder;

/**
 * FFmpeg's decoders for pictures in HEIF files.
 *
 * <p>Phones cut a HEIC picture into tiles of 512x512 pixels, and to the demuxer each tile is a stream of its own: whoever
 * decodes "the video stream" hashes one tile as if it were the picture. The tiles belong to a stream group, which says
 * where each lies; they are decoded one after another onto one canvas.
 *
 * <p>Which picture: the primary item, as a viewer shows it; thumbnails, depth maps and alpha planes are left aside. The
 * rotation that a HEIF item may carry is ignored, as EXIF orientation is for every other format, so that a photo has the
 * same hash as the JPEG a phone makes of it when it sends it (which carries the rotation as EXIF).
 */
final class HeifImages {
    private static final String DEMUXER = "mov";
    private static final String DEMUXER_NAMES = "mov,mp4,m4a,3gp,3g2,mj2";
    private static final String DECODER_NAMES = "hevc," + FrameDecoder.FFMPEG_AV1;

    private final MediaLimits limits;
    private final DecodePath path;

    HeifImages(MediaLimits limits, DecodePath path) {
        this.limits = limits;
        this.path = path;
    }

    DecodedImage decode(BytePointer bytes, ImageHeader header, Deadline deadline) throws MediaException {
        try (MemoryInput input = new MemoryInput(bytes)) {
            AVFormatContext file = open(input, header.format());
            try {
                AVStreamGroup grid = primaryGrid(file);
                return grid == null
                        ? single(file, header.format(), primaryStream(file, header.format()))
                        : tiled(file, header.format(), grid, deadline);
            } finally {
                avformat.avformat_close_input(file);
            }
        }
    }

    private static AVFormatContext open(MemoryInput input, MediaFormat format) throws MediaException {
        AVFormatContext file = avformat.avformat_alloc_context();
        file.pb(input.context());
        file.flags(file.flags() | AVFormatContext.AVFMT_FLAG_CUSTOM_IO);
        AVDictionary options = new AVDictionary(null);
        avutil.av_dict_set(options, "format_whitelist", DEMUXER_NAMES, 0);
        avutil.av_dict_set(options, "codec_whitelist", DECODER_NAMES, 0);
        avutil.av_dict_set(options, "protocol_whitelist", "", 0);
        int error = avformat.avformat_open_input(file, (String) null, avformat.av_find_input_format(DEMUXER), options);
        avutil.av_dict_free(options);
        if (error < 0) { // Which has freed the context.
            throw MediaException.corrupt(format, "its boxes cannot be read (" + FfmpegError.text(error) + ")");
        }
        return file;
    }

    /** The tile grid of the primary item, or null if that is not tiled. */
    private static @Nullable AVStreamGroup primaryGrid(AVFormatContext file) {
        AVStreamGroup first = null;
        for (int i = 0; i < file.nb_stream_groups(); i++) {
            AVStreamGroup group = file.stream_groups(i);
            if (group.type() != avformat.AV_STREAM_GROUP_PARAMS_TILE_GRID) {
                continue;
            }
            if ((group.disposition() & avformat.AV_DISPOSITION_DEFAULT) != 0) {
                return group;
            }
            first = first == null ? group : first;
        }
        for (int i = 0; i < file.nb_streams(); i++) {
            if (isPrimary(file.streams(i))) {
                return null;
            }
        }
        return first;
    }

    private static boolean isPrimary(AVStream stream) {
        return (stream.disposition() & avformat.AV_DISPOSITION_DEFAULT) != 0
                && (stream.disposition() & avformat.AV_DISPOSITION_DEPENDENT) == 0;
    }

    private static AVStream primaryStream(AVFormatContext file, MediaFormat format) throws MediaException {
        AVStream first = null;
        for (int i = 0; i < file.nb_streams(); i++) {
            AVStream stream = file.streams(i);
            if (stream.codecpar().codec_type() != avutil.AVMEDIA_TYPE_VIDEO) {
                continue;
            }
            if (isPrimary(stream)) {
                return stream;
            }
            first = first == null ? stream : first;
        }
        if (first == null) {
            throw MediaException.corrupt(format, "no picture in it");
        }
        return first;
    }

    private DecodedImage single(AVFormatContext file, MediaFormat format, AVStream stream) throws MediaException {
        AVPacket packet = avcodec.av_packet_alloc();
        AVFrame frame = avutil.av_frame_alloc();
        try {
            while (avformat.av_read_frame(file, packet) >= 0) {
                if (packet.stream_index() == stream.index()) {
                    try (FrameDecoder decoder = decoder(stream, packet, format)) {
                        decodePicture(decoder, packet, frame, format);
                        return FrameCanvas.of(frame, isFullRange(frame, stream), isGreyLuma(frame), format);
                    }
                }
                avcodec.av_packet_unref(packet);
            }
            throw MediaException.corrupt(format, "the bytes of its picture are missing");
        } finally {
            avutil.av_frame_free(frame);
            avcodec.av_packet_free(packet);
        }
    }

    /**
     * Assembles a tiled picture. Every tile must lie within the canvas, and together they may not decode more pixels than
     * it has, so the work is bounded by the size that was checked.
     */
    private DecodedImage tiled(AVFormatContext file, MediaFormat format, AVStreamGroup group, Deadline deadline)
            throws MediaException {
        AVStreamGroupTileGrid grid = group.params_tile_grid();
        limits.checkPixels(format, grid.coded_width(), grid.coded_height());
        if (grid.width() <= 0
                || grid.height() <= 0
                || grid.horizontal_offset() < 0
                || grid.vertical_offset() < 0
                || grid.width() > grid.coded_width() - grid.horizontal_offset()
                || grid.height() > grid.coded_height() - grid.vertical_offset()) {
            throw MediaException.corrupt(
                    format,
                    "its grid shows " + grid.width() + "x" + grid.height() + " pixels of " + grid.coded_width() + "x"
                            + grid.coded_height());
        }
        AVPacket packet = avcodec.av_packet_alloc();
        AVFrame frame = avutil.av_frame_alloc();
        FrameCanvas canvas = null;
        try {
            long pixelsLeft = (long) grid.coded_width() * grid.coded_height();
            int tilesLeft = grid.nb_tiles();
            while (tilesLeft > 0 && avformat.av_read_frame(file, packet) >= 0) {
                for (int tile = 0; tile < grid.nb_tiles(); tile++) {
                    AVStream stream = group.streams(grid.offsets_idx(tile));
                    if (stream.index() != packet.stream_index()) {
                        continue;
                    }
                    deadline.check("tile " + tile + " of " + grid.nb_tiles());
                    try (FrameDecoder decoder = decoder(stream, packet, format)) {
                        decodePicture(decoder, packet, frame, format);
                        pixelsLeft -= (long) frame.width() * frame.height();
                        if (pixelsLeft < 0) {
                            throw MediaException.corrupt(format, "its tiles have more pixels than its grid");
                        }
                        if (canvas == null) {
                            canvas = new FrameCanvas(grid.coded_width(), grid.coded_height(), isGreyLuma(frame));
                        }
                        canvas.place(
                                frame,
                                isFullRange(frame, stream),
                                grid.offsets_horizontal(tile),
                                grid.offsets_vertical(tile),
                                format);
                    }
                    tilesLeft--;
                }
                avcodec.av_packet_unref(packet);
            }
            if (tilesLeft > 0 || canvas == null) {
                throw MediaException.corrupt(format, tilesLeft + " of " + grid.nb_tiles() + " tiles are missing");
            }
            DecodedImage image =
                    canvas.image(grid.horizontal_offset(), grid.vertical_offset(), grid.width(), grid.height());
            canvas = null;
            return image;
        } finally {
            if (canvas != null) {
                canvas.close();
            }
            avutil.av_frame_free(frame);
            avcodec.av_packet_free(packet);
        }
    }

    /** Opens what decodes the picture that a packet holds. */
    private FrameDecoder decoder(AVStream stream, AVPacket packet, MediaFormat format) throws MediaException {
        int id = stream.codecpar().codec_id();
        AVCodec codec = id == avcodec.AV_CODEC_ID_HEVC || id == avcodec.AV_CODEC_ID_AV1 ? FrameDecoder.find(id) : null;
        if (codec == null) {
            throw MediaException.unsupported(
                    format,
                    "its picture is of codec " + avcodec.avcodec_get_name(id).getString() + " (expected: hevc or av1)");
        }
        if (id == avcodec.AV_CODEC_ID_AV1 && !Av1Library.load().isDav1d()) {
            checkAv1Size(packet, format);
        }
        return FrameDecoder.open(codec, stream.codecpar(), null, limits.maxPixels(), format);
    }

    /** Decodes that picture. It may lie in memory of the decoder. */
    private void decodePicture(FrameDecoder decoder, AVPacket packet, AVFrame frame, MediaFormat format)
            throws MediaException {
        int error = decoder.send(packet);
        int end = decoder.send(null);
        // A decoder may tell of an error and have a picture: what a viewer shows counts.
        int received = end < 0 ? end : decoder.receive(frame);
        if (received < 0) {
            if (error == FrameDecoder.OUT_OF_RANGE) {
                checkAv1Size(packet, format);
            }
            FfmpegStills.check(error < 0 ? error : received, format);
        }
        limits.checkPixels(format, frame.width(), frame.height());
    }

    /** libdav1d has a limit of its own, and refuses by it what this calls too large. */
    private void checkAv1Size(AVPacket packet, MediaFormat format) throws MediaException {
        Av1Sequence sequence = packet.size() == 0
                ? null
                : Av1Sequence.find(MemorySegment.ofAddress(packet.data().address())
                        .reinterpret(packet.size())
                        .asByteBuffer());
        if (sequence == null) {
            throw MediaException.corrupt(format, "its picture has no AV1 sequence header");
        }
        limits.checkPixels(format, sequence.maxWidth(), sequence.maxHeight());
    }

    /**
     * Whether the frame becomes one channel: if it is stored so, and on the fast path always, where the luma plane stands
     * for the weighted sum that it once was.
     */
    private boolean isGreyLuma(AVFrame frame) {
        AVPixFmtDescriptor descriptor = avutil.av_pix_fmt_desc_get(frame.format());
        return path == DecodePath.FAST || descriptor.nb_components() < 3;
    }

    /** Where neither the picture nor the file tells, MIAF (ISO/IEC 23000-22, 7.3.6.4) says full range. */
    private static boolean isFullRange(AVFrame frame, AVStream stream) {
        int range = frame.color_range() != avutil.AVCOL_RANGE_UNSPECIFIED
                ? frame.color_range()
                : stream.codecpar().color_range();
        return range != avutil.AVCOL_RANGE_MPEG;
    }
}
