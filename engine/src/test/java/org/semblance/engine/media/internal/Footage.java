package org.semblance.engine.media.internal;

import java.nio.ByteBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacv.FFmpegFrameRecorder;
import org.bytedeco.javacv.FrameRecorder;

/**
 * Made-up moving pictures: scenes of 2 to 5 seconds, each with waves and hard-edged boxes that drift. The seed alone
 * decides, so that two clips cut from the same footage show the same.
 */
public final class Footage {
    private static final int WAVES = 6;
    private static final int BOXES = 8;

    /** Encoding a tone takes longer than the pictures of such small footage, if there is more of it than need be. */
    private static final int SAMPLE_RATE = 8_000;

    static {
        Natives.load(); // Which makes FFmpeg silent, encoders too.
    }

    private final long seed;
    private final int width;
    private final int height;

    /** Grey pictures at a time in seconds, row by row. */
    @FunctionalInterface
    public interface Pictures {
        byte[] at(double seconds);
    }

    /**
     * How a clip is written.
     *
     * @param format FFmpeg's name of the container
     * @param codec FFmpeg's name of the encoder
     * @param keyFrameGap frames from one key frame to the next
     * @param bFrames frames in a row that no other refers to
     * @param audio whether a tone goes with it
     */
    public record Encoding(String format, String codec, int keyFrameGap, int bFrames, boolean audio) {
        public static final Encoding MP4 = new Encoding("mp4", "libopenh264", 60, 0, false);

        /** Key frames are where they are asked for, and nowhere else. */
        public static final Encoding MPEG4 = new Encoding("mp4", "mpeg4", 60, 0, false);

        public Encoding withKeyFrameGap(int frames) {
            return new Encoding(format, codec, frames, bFrames, audio);
        }

        public Encoding withAudio() {
            return new Encoding(format, codec, keyFrameGap, bFrames, true);
        }
    }

    public Footage(long seed, int width, int height) {
        this.seed = seed;
        this.width = width;
        this.height = height;
    }

    public byte[] at(double seconds) {
        int scene = 0;
        double start = 0;
        while (true) {
            Random random = new Random(seed * 1_000_003 + scene * 7_919L);
            double length = 2 + 3 * random.nextDouble();
            if (seconds < start + length) {
                return draw(random, seconds - start);
            }
            start += length;
            scene++;
        }
    }

    private byte[] draw(Random random, double t) {
        float[] grey = new float[width * height];
        for (int wave = 0; wave < WAVES; wave++) {
            double fx = (random.nextDouble() - 0.5) * 40 / width;
            double fy = (random.nextDouble() - 0.5) * 40 / height;
            double phase = random.nextDouble() * 6.28 + t * (random.nextDouble() - 0.5) * 3;
            float amplitude = 12 + 18 * random.nextFloat();
            float[] sx = new float[width];
            float[] cx = new float[width];
            for (int x = 0; x < width; x++) {
                sx[x] = (float) Math.sin(fx * x + phase) * amplitude;
                cx[x] = (float) Math.cos(fx * x + phase) * amplitude;
            }
            for (int y = 0; y < height; y++) {
                float s = (float) Math.sin(fy * y);
                float c = (float) Math.cos(fy * y);
                for (int x = 0, i = y * width; x < width; x++, i++) {
                    grey[i] += sx[x] * c + cx[x] * s;
                }
            }
        }
        for (int box = 0; box < BOXES; box++) {
            double w = width * (0.08 + 0.25 * random.nextDouble());
            double h = height * (0.08 + 0.25 * random.nextDouble());
            double left = width * random.nextDouble() + t * width * (random.nextDouble() - 0.5) * 0.2 - w / 2;
            double top = height * random.nextDouble() + t * height * (random.nextDouble() - 0.5) * 0.2 - h / 2;
            float level = (random.nextFloat() - 0.5f) * 160;
            for (int y = (int) Math.max(0, top); y < Math.min(height, top + h); y++) {
                for (int x = (int) Math.max(0, left); x < Math.min(width, left + w); x++) {
                    grey[y * width + x] += level;
                }
            }
        }
        byte[] picture = new byte[grey.length];
        for (int i = 0; i < grey.length; i++) {
            picture[i] = (byte) Math.clamp((int) (128 + grey[i]), 8, 247);
        }
        return picture;
    }

    /** Writes frames of this footage from a time on, at its own size. */
    public void write(Path file, Encoding encoding, double frameRate, double from, int frames) {
        write(file, encoding, width, height, frameRate, frames, width, height, t -> at(from + t));
    }

    /** Writes pictures of one size as frames of another. */
    public static void write(
            Path file,
            Encoding encoding,
            int width,
            int height,
            double frameRate,
            int frames,
            int pictureWidth,
            int pictureHeight,
            Pictures pictures) {
        try (FFmpegFrameRecorder recorder =
                new FFmpegFrameRecorder(file.toFile(), width, height, encoding.audio ? 1 : 0)) {
            recorder.setFormat(encoding.format);
            recorder.setVideoCodecName(encoding.codec);
            recorder.setFrameRate(frameRate);
            recorder.setGopSize(encoding.keyFrameGap);
            recorder.setMaxBFrames(encoding.bFrames);
            recorder.setVideoBitrate(Math.max(400_000, (int) (width * height * frameRate * 0.15)));
            recorder.setVideoOption("threads", "1");
            if (encoding.codec.equals("mpeg4")) {
                recorder.setVideoOption("sc_threshold", "1000000000"); // No key frames at cuts.
            } else if (encoding.codec.equals("gif")) {
                recorder.setPixelFormat(avutil.AV_PIX_FMT_RGB8);
            } else if (encoding.codec.startsWith("libvpx")) {
                recorder.setVideoOption("deadline", "realtime");
                recorder.setVideoOption("cpu-used", "8");
            }
            if (encoding.audio) {
                recorder.setAudioCodecName("aac");
                recorder.setSampleRate(SAMPLE_RATE);
            }
            recorder.start();
            int samples = (int) (SAMPLE_RATE / frameRate);
            for (int n = 0; n < frames; n++) {
                byte[] picture = pictures.at(n / frameRate);
                ByteBuffer direct = ByteBuffer.allocateDirect(picture.length);
                direct.put(picture).flip();
                recorder.recordImage(pictureWidth, pictureHeight, 8, 1, pictureWidth, avutil.AV_PIX_FMT_GRAY8, direct);
                if (encoding.audio) {
                    recorder.recordSamples(SAMPLE_RATE, 1, tone(samples, n));
                }
            }
        } catch (FrameRecorder.Exception e) {
            throw new IllegalStateException(file + " as " + encoding, e);
        }
    }

    /** Writes a file that has a tone and no picture. */
    public static void writeAudio(Path file, String format, double seconds) {
        try (FFmpegFrameRecorder recorder = new FFmpegFrameRecorder(file.toFile(), 1)) {
            recorder.setFormat(format);
            recorder.setAudioCodecName("aac");
            recorder.setSampleRate(SAMPLE_RATE);
            recorder.start();
            recorder.recordSamples(SAMPLE_RATE, 1, tone((int) (SAMPLE_RATE * seconds), 0));
        } catch (FrameRecorder.Exception e) {
            throw new IllegalStateException(file + " as " + format, e);
        }
    }

    private static ShortBuffer tone(int samples, int n) {
        ShortBuffer tone = ShortBuffer.allocate(samples);
        for (int i = 0; i < samples; i++) {
            tone.put((short) (8000 * Math.sin((n * samples + i) * 0.06)));
        }
        return tone.flip();
    }
}
