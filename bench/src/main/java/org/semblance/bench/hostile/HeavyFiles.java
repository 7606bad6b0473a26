package org.semblance.bench.hostile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;
import org.semblance.bench.harness.Photos;
import org.semblance.bench.video.MadeVideo;

/** Files that take a server much longer than photos do. */
enum HeavyFiles {
    /** The {@link HostileFiles}, each of the {@link Bombs} once. */
    HOSTILE {
        @Override
        List<byte[]> files() throws IOException {
            HostileFiles hostile = new HostileFiles(Photos.SEED, BOMB_EVERY);
            List<byte[]> files = new ArrayList<>();
            for (int i = 0; i < Bombs.all().size() * BOMB_EVERY; i++) {
                files.add(hostile.get(i).bytes());
            }
            return files;
        }
    },

    /** A picture of 40 megapixels, in a file that a server keeps in memory. */
    PNG {
        @Override
        List<byte[]> files() throws IOException {
            return List.of(enlarged(Photos.shapes(Photos.SEED, 576, 448), 7_200, 5_600));
        }
    },

    /** The bombs of many frames. */
    ANIMATED {
        @Override
        List<byte[]> files() {
            return Bombs.all().entrySet().stream()
                    .filter(bomb -> bomb.getKey().matches(".* (frames|pictures) .*|.* frames"))
                    .map(Map.Entry::getValue)
                    .toList();
        }
    },

    /** Forty seconds of 720p. */
    VIDEO {
        @Override
        List<byte[]> files() throws IOException {
            return List.of(MadeVideo.mp4(1_280, 720, 40));
        }
    };

    private static final int BOMB_EVERY = 100;

    /** To be sent one after the other, again and again. */
    abstract List<byte[]> files() throws IOException;

    /** A PNG of the same picture in larger dots, whose file is small. */
    private static byte[] enlarged(byte[] jpeg, int width, int height) {
        try (PointerScope scope = new PointerScope()) {
            Mat file = new Mat(1, jpeg.length, opencv_core.CV_8UC1, new BytePointer(ByteBuffer.wrap(jpeg)));
            Mat picture = opencv_imgcodecs.imdecode(file, opencv_imgcodecs.IMREAD_COLOR);
            Mat large = new Mat();
            opencv_imgproc.resize(picture, large, new Size(width, height), 0, 0, opencv_imgproc.INTER_NEAREST);
            BytePointer to = new BytePointer();
            if (!opencv_imgcodecs.imencode(".png", large, to)) {
                throw new IllegalStateException("OpenCV has no encoder for PNG");
            }
            byte[] bytes = new byte[Math.toIntExact(to.limit())];
            to.get(bytes);
            return bytes;
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
