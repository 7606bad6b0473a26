package org.semblance.bench.video;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacv.FFmpegFrameRecorder;
import org.bytedeco.javacv.FrameRecorder;

/** Moving pictures from a seed, in H.264 with a key frame every 2 s. */
public final class MadeVideo {
    private static final long SEED = 20_170_425;
    private static final int FRAME_RATE = 30;

    private MadeVideo() {}

    /** The file of an MP4 of that size. */
    public static byte[] mp4(int width, int height, int seconds) throws IOException {
        Path file = Files.createTempFile("semblance-made", ".mp4");
        try {
            write(file, "mp4", width, height, seconds);
            return Files.readAllBytes(file);
        } finally {
            Files.delete(file);
        }
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
