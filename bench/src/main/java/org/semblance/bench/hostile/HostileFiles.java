package org.semblance.bench.hostile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.video.MadeVideo;

/**
 * What an attacker might upload: a JPEG, PNG, WebP, GIF or MP4 that was damaged by a {@link Mutator}, and every so often one of
 * the {@link Bombs}. The seed and a file's number decide what it is, so that each can be had again alone.
 */
final class HostileFiles {
    /** So that the files of neighbouring numbers are damaged in different ways. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private final long seed;
    private final int bombEvery;
    private final List<byte[]> sound = new ArrayList<>();
    private final List<Map.Entry<String, byte[]>> bombs =
            List.copyOf(Bombs.all().entrySet());

    /** @param bombEvery one of so many files is a bomb */
    HostileFiles(long seed, int bombEvery) throws IOException {
        this.seed = seed;
        this.bombEvery = bombEvery;
        ByteBuffer jpeg = Photos.clouds(320, 240);
        for (String suffix : List.of(".jpg", ".png", ".webp", ".gif", ".bmp", ".tiff", ".ppm")) {
            sound.add(encoded(jpeg, suffix));
        }
        sound.add(MadeVideo.mp4(320, 180, 3));
    }

    private static byte[] encoded(ByteBuffer jpeg, String suffix) {
        try (PointerScope scope = new PointerScope()) {
            Mat file = new Mat(1, jpeg.remaining(), opencv_core.CV_8UC1, new BytePointer(jpeg));
            BytePointer to = new BytePointer();
            Mat picture = opencv_imgcodecs.imdecode(file, opencv_imgcodecs.IMREAD_COLOR);
            if (!opencv_imgcodecs.imencode(suffix, picture, to)) {
                throw new IllegalStateException("OpenCV has no encoder for " + suffix);
            }
            byte[] bytes = new byte[Math.toIntExact(to.limit())];
            to.get(bytes);
            return bytes;
        }
    }

    /**
     * One of them.
     *
     * @param bomb what it is if it is a bomb, else empty
     */
    record HostileFile(String bomb, byte[] bytes) {}

    /** An undamaged file, for a number from 0 on. */
    HostileFile sound(int number) {
        return new HostileFile("", sound.get(number % sound.size()));
    }

    /** The file of that number, from 0 on. */
    HostileFile get(int number) {
        if (number % bombEvery == bombEvery - 1) {
            Map.Entry<String, byte[]> bomb = bombs.get(number / bombEvery % bombs.size());
            return new HostileFile(bomb.getKey(), bomb.getValue());
        }
        byte[] file = sound.get(number % sound.size());
        return new HostileFile("", new Mutator(seed + number * SPREAD).mutate(file));
    }
}
