package org.semblance.bench.video;

import static org.semblance.bench.harness.Report.print;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.PointerPointer;
import org.semblance.bench.harness.Memory;
import org.semblance.bench.harness.Times;
import org.semblance.engine.media.Deadline;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.FrameSampling;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaSource;
import org.semblance.engine.media.VideoLimits;
import org.semblance.engine.media.internal.video.NativeVideoReader;
import org.semblance.engine.pdq.PdqHasher;
import org.semblance.engine.video.VideoHasher;
import org.semblance.engine.video.VideoHashes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Video to hashes on one thread, against FFmpeg alone decoding the same file in the same run. The figures to look at are
 * the ratios to that.
 */
public final class VideoBenchmark {
    private static final int SECONDS = 40;
    private static final int ROUNDS = 3;

    private VideoBenchmark() {}

    private interface Work {
        /** Returns the seconds of video. */
        double run() throws IOException, MediaException;
    }

    @Command(
            name = "video-speed",
            description = "Hashes videos on one thread, against FFmpeg's bare decode of the same files.")
    static void speed(@Parameters(arity = "1..*", description = "Such as 'video-make' makes.") List<Path> files)
            throws IOException, MediaException {
        VideoHasher hasher =
                new VideoHasher(new NativeVideoReader(VideoLimits.DEFAULT, DecodePath.FAST), PdqHasher.fast());
        for (Path video : files) {
            print("%n%s (%d bytes)", video.getFileName(), Files.size(video));
            MediaSource source = MediaSource.of(video);
            String[] names = {"bare decode", "a hash a second", "key frames", "every frame hashed"};
            Work[] works = {
                () -> bareDecode(video),
                () -> hash(hasher, source, new FrameSampling.TimeStep(1)),
                () -> hash(hasher, source, FrameSampling.KeyFrames.DEFAULT),
                () -> hash(hasher, source, new FrameSampling.EveryFrame())
            };
            double[][] times = new double[works.length][ROUNDS];
            double seconds = 0;
            for (int round = -1; round < ROUNDS; round++) { // The first is to warm up.
                for (int i = 0; i < works.length; i++) {
                    long start = System.nanoTime();
                    seconds = works[i].run();
                    times[i][Math.max(0, round)] = (System.nanoTime() - start) / 1e9;
                }
            }
            double bare = Times.median(times[0]);
            for (int i = 0; i < works.length; i++) {
                double time = Times.median(times[i]);
                print(
                        "%-20s %7.3f s  %7.1f video seconds a second  %6.3f of bare decode",
                        names[i], time, seconds / time, time / bare);
            }
        }
    }

    @Command(name = "video-make", description = "Writes 40 s of moving pictures in H.264, at 720p and at 1080p.")
    static void make(@Parameters(description = "Where they go.") Path folder) {
        for (int height : new int[] {720, 1080}) {
            MadeVideo.write(folder.resolve("made-" + height + "p.mp4"), "mp4", height * 16 / 9, height, SECONDS);
        }
    }

    private static double hash(VideoHasher hasher, MediaSource source, FrameSampling sampling) throws MediaException {
        VideoHashes hashes = hasher.hash(source, sampling, Deadline.NONE);
        return hashes.summary().seconds();
    }

    /** FFmpeg's own file reading and decoder, one thread, every frame thrown away. */
    private static double bareDecode(Path file) {
        AVFormatContext demuxer = new AVFormatContext(null);
        AVPacket packet = avcodec.av_packet_alloc();
        AVFrame frame = avutil.av_frame_alloc();
        check(avformat.avformat_open_input(demuxer, file.toString(), null, null));
        check(avformat.avformat_find_stream_info(demuxer, (PointerPointer<?>) null));
        int index = check(
                avformat.av_find_best_stream(demuxer, avutil.AVMEDIA_TYPE_VIDEO, -1, -1, (PointerPointer<?>) null, 0));
        AVCodecContext decoder = avcodec.avcodec_alloc_context3(null);
        check(avcodec.avcodec_parameters_to_context(
                decoder, demuxer.streams(index).codecpar()));
        decoder.thread_count(1);
        check(avcodec.avcodec_open2(decoder, avcodec.avcodec_find_decoder(decoder.codec_id()), (AVDictionary) null));
        int frames = 0;
        boolean more = true;
        while (more) {
            more = avformat.av_read_frame(demuxer, packet) >= 0;
            if (!more || packet.stream_index() == index) {
                int ignored = avcodec.avcodec_send_packet(decoder, more ? packet : null);
                assert ignored <= 0;
                while (avcodec.avcodec_receive_frame(decoder, frame) >= 0) {
                    frames++;
                }
            }
            avcodec.av_packet_unref(packet);
        }
        double rate = (double) demuxer.streams(index).avg_frame_rate().num()
                / demuxer.streams(index).avg_frame_rate().den();
        avutil.av_frame_free(frame);
        avcodec.av_packet_free(packet);
        avcodec.avcodec_free_context(decoder);
        avformat.avformat_close_input(demuxer);
        return frames / rate;
    }

    private static int check(int result) {
        if (result < 0) {
            throw new IllegalStateException("FFmpeg: error " + result);
        }
        return result;
    }

    @Command(
            name = "video-memory",
            description = "Makes a transport stream, hashes it by key frames, and tells the memory that this takes.")
    static void memory(
            @Parameters(arity = "0..1", defaultValue = "2048", description = "Its size (default: ${DEFAULT-VALUE}).")
                    int megabytes)
            throws IOException, MediaException {
        Path part = Files.createTempFile("semblance-part", ".ts");
        Path file = Files.createTempFile("semblance-long", ".ts");
        try {
            MadeVideo.write(part, "mpegts", 640, 360, 20);
            byte[] bytes = Files.readAllBytes(part);
            try (OutputStream out = Files.newOutputStream(file)) {
                for (long written = 0; written < megabytes * 1_000_000L; written += bytes.length) {
                    out.write(bytes);
                }
            }
            VideoHasher hasher =
                    new VideoHasher(new NativeVideoReader(VideoLimits.DEFAULT, DecodePath.FAST), PdqHasher.fast());
            hash(hasher, MediaSource.of(part), FrameSampling.KeyFrames.DEFAULT);
            Files.writeString(Path.of("/proc/self/clear_refs"), "5"); // Linux: the peak starts anew from here.
            long before = Memory.peakKb();
            long start = System.nanoTime();
            VideoHashes hashes = hasher.hash(MediaSource.of(file), FrameSampling.KeyFrames.DEFAULT, Deadline.NONE);
            print(
                    "%d MB, %.0f video seconds, %d frames hashed in %.1f s (%s); resident memory %d MB before, at"
                            + " most %d MB more since",
                    Files.size(file) / 1_000_000,
                    hashes.summary().seconds(),
                    hashes.frames().size(),
                    (System.nanoTime() - start) / 1e9,
                    hashes.summary().ending(),
                    before / 1000,
                    (Memory.peakKb() - before) / 1000);
        } finally {
            Files.delete(part);
            Files.delete(file);
        }
    }
}
