package org.semblance.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacv.FFmpegFrameRecorder;
import org.bytedeco.javacv.FrameRecorder;
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

/**
 * Video to hashes on one thread, against FFmpeg alone decoding the same file in the same run. The figures to look at are
 * the ratios to that.
 *
 * <pre>
 * mvn -q -pl bench -am package -DskipTests
 * java (the root pom's jvm.flags) -cp (bench's class path) org.semblance.bench.VideoBenchmark make FOLDER
 * java ... org.semblance.bench.VideoBenchmark speed FILE...
 * java ... org.semblance.bench.VideoBenchmark memory MEGABYTES
 * </pre>
 *
 * <p>{@code make} writes 40 s of moving pictures from a seed, in H.264 with a key frame every 2 s, at 720p and 1080p.
 * {@code memory} makes a transport stream of that many megabytes and hashes it by key frames.
 */
public final class VideoBenchmark {
    private static final long SEED = 20_170_425;
    private static final int FRAME_RATE = 30;
    private static final int SECONDS = 40;
    private static final int ROUNDS = 3;
    private static final PrintStream OUT = System.out;

    private VideoBenchmark() {}

    public static void main(String[] args) throws IOException, MediaException {
        String mode = args.length == 0 ? "speed" : args[0];
        switch (mode) {
            case "speed" -> speed(Arrays.asList(args).subList(Math.min(1, args.length), args.length));
            case "make" -> make(Path.of(args[1]));
            case "memory" -> memory(args.length > 1 ? Integer.parseInt(args[1]) : 2048);
            default -> throw new IllegalArgumentException("mode: '" + mode + "' (expected: speed, make or memory)");
        }
    }

    private interface Work {
        /** Returns the seconds of video. */
        double run() throws IOException, MediaException;
    }

    private static void speed(List<String> files) throws IOException, MediaException {
        VideoHasher hasher =
                new VideoHasher(new NativeVideoReader(VideoLimits.DEFAULT, DecodePath.FAST), PdqHasher.fast());
        for (Path video : files.stream().map(Path::of).toList()) {
            OUT.printf(Locale.ROOT, "%n%s (%d bytes)%n", video.getFileName(), Files.size(video));
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
            double bare = median(times[0]);
            for (int i = 0; i < works.length; i++) {
                double time = median(times[i]);
                OUT.printf(
                        Locale.ROOT,
                        "%-20s %7.3f s  %7.1f video seconds a second  %6.3f of bare decode%n",
                        names[i],
                        time,
                        seconds / time,
                        time / bare);
            }
        }
    }

    private static void make(Path folder) {
        for (int height : new int[] {720, 1080}) {
            write(folder.resolve("made-" + height + "p.mp4"), "mp4", height * 16 / 9, height, SECONDS);
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
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

    private static void memory(int megabytes) throws IOException, MediaException {
        Path part = Files.createTempFile("semblance-part", ".ts");
        Path file = Files.createTempFile("semblance-long", ".ts");
        try {
            write(part, "mpegts", 640, 360, 20);
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
            long before = residentKilobytes();
            long start = System.nanoTime();
            VideoHashes hashes = hasher.hash(MediaSource.of(file), FrameSampling.KeyFrames.DEFAULT, Deadline.NONE);
            OUT.printf(
                    Locale.ROOT,
                    "%d MB, %.0f video seconds, %d frames hashed in %.1f s (%s); resident memory %d MB before, at"
                            + " most %d MB more since%n",
                    Files.size(file) / 1_000_000,
                    hashes.summary().seconds(),
                    hashes.frames().size(),
                    (System.nanoTime() - start) / 1e9,
                    hashes.summary().ending(),
                    before / 1000,
                    (residentKilobytes() - before) / 1000);
        } finally {
            Files.delete(part);
            Files.delete(file);
        }
    }

    /** The peak, as Linux tells. */
    private static long residentKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    /** Scenes of 3 s: waves, boxes that drift, and grain. */
    static void write(Path file, String format, int width, int height, int seconds) {
        int w = width / 2;
        int h = height / 2;
        try (FFmpegFrameRecorder recorder = new FFmpegFrameRecorder(file.toFile(), width, height)) {
            recorder.setFormat(format);
            recorder.setVideoCodecName("libopenh264");
            recorder.setFrameRate(FRAME_RATE);
            recorder.setGopSize(2 * FRAME_RATE);
            recorder.setVideoBitrate((int) (width * height * FRAME_RATE * 0.09));
            recorder.start();
            Random grain = new Random(SEED);
            ByteBuffer picture = ByteBuffer.allocateDirect(w * h);
            for (int n = 0; n < seconds * FRAME_RATE; n++) {
                Random scene = new Random(SEED + n / (3 * FRAME_RATE));
                double t = n % (3 * FRAME_RATE) / (double) FRAME_RATE;
                draw(picture, w, h, t, scene, grain);
                recorder.recordImage(w, h, 8, 1, w, avutil.AV_PIX_FMT_GRAY8, picture.rewind());
            }
        } catch (FrameRecorder.Exception e) {
            throw new IllegalStateException(file.toString(), e);
        }
    }

    private static void draw(ByteBuffer picture, int w, int h, double t, Random scene, Random grain) {
        float[] across = new float[w];
        float[] down = new float[h];
        double fx = 0.01 + 0.05 * scene.nextDouble();
        double fy = 0.01 + 0.05 * scene.nextDouble();
        double pace = 3 * scene.nextDouble();
        for (int x = 0; x < w; x++) {
            across[x] = (float) (40 * Math.sin(fx * x + pace * t) + 20 * Math.sin(7 * fx * x - t));
        }
        for (int y = 0; y < h; y++) {
            down[y] = (float) (40 * Math.cos(fy * y + t));
        }
        int[] boxes = new int[5 * 12];
        for (int i = 0; i < boxes.length; i += 5) {
            boxes[i] = (int) (w * scene.nextDouble() + 60 * t * (scene.nextDouble() - 0.5));
            boxes[i + 1] = (int) (h * scene.nextDouble() + 60 * t * (scene.nextDouble() - 0.5));
            boxes[i + 2] = boxes[i] + w / 8;
            boxes[i + 3] = boxes[i + 1] + h / 8;
            boxes[i + 4] = scene.nextInt(120) - 60;
        }
        byte[] row = new byte[w];
        for (int y = 0; y < h; y++) {
            float[] line = new float[w];
            for (int i = 0; i < boxes.length; i += 5) {
                if (y >= boxes[i + 1] && y < boxes[i + 3]) {
                    for (int x = Math.max(0, boxes[i]); x < Math.min(w, boxes[i + 2]); x++) {
                        line[x] += boxes[i + 4];
                    }
                }
            }
            int noise = grain.nextInt();
            for (int x = 0; x < w; x++) {
                noise = noise * 1_664_525 + 1_013_904_223;
                row[x] = (byte) Math.clamp((int) (128 + across[x] + down[y] + line[x]) + (noise >> 29), 16, 235);
            }
            picture.put(y * w, row);
        }
    }
}
