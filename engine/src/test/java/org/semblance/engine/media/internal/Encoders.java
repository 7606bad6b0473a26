package org.semblance.engine.media.internal;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;
import org.bytedeco.opencv.opencv_core.Size;
import org.semblance.engine.media.Picture;

/** OpenCV's encoders, for the tests of its decoders and ours. */
public final class Encoders {
    /** WebP takes any quality above 100 for lossless. */
    private static final int LOSSLESS = 101;

    private Encoders() {}

    public static byte[] jpeg(Picture picture, int quality) {
        return encode(picture, ".jpg", opencv_imgcodecs.IMWRITE_JPEG_QUALITY, quality);
    }

    public static byte[] progressiveJpeg(Picture picture, int quality) {
        return encode(
                picture,
                ".jpg",
                opencv_imgcodecs.IMWRITE_JPEG_QUALITY,
                quality,
                opencv_imgcodecs.IMWRITE_JPEG_PROGRESSIVE,
                1);
    }

    public static byte[] webp(Picture picture, int quality) {
        return encode(picture, ".webp", opencv_imgcodecs.IMWRITE_WEBP_QUALITY, quality);
    }

    public static byte[] losslessWebp(Picture picture) {
        return webp(picture, LOSSLESS);
    }

    /**
     * @param suffix of a file name, which chooses the encoder
     * @param parameters pairs of key and value as {@code imencode} takes them
     */
    public static byte[] encode(Picture picture, String suffix, int... parameters) {
        Natives.load();
        try (PointerScope scope = new PointerScope()) {
            BytePointer file = new BytePointer();
            IntPointer pairs = parameters.length == 0 ? new IntPointer() : new IntPointer(parameters);
            if (!opencv_imgcodecs.imencode(suffix, mat(picture), file, pairs)) {
                throw new IllegalStateException("OpenCV has no encoder for " + suffix);
            }
            byte[] bytes = new byte[Math.toIntExact(file.limit())];
            file.get(bytes);
            return bytes;
        }
    }

    /** The pictures one after another, each for a tenth of a second; WebP without loss. */
    public static byte[] animation(List<Picture> frames, String suffix) {
        Natives.load();
        try (PointerScope scope = new PointerScope()) {
            opencv_imgcodecs.Animation animation = new opencv_imgcodecs.Animation();
            Mat[] mats = frames.stream().map(Encoders::mat).toArray(Mat[]::new);
            animation.frames(new MatVector(mats));
            int[] durations = new int[mats.length];
            Arrays.fill(durations, 100);
            animation.durations(new IntPointer(durations));
            BytePointer file = new BytePointer();
            IntPointer pairs = new IntPointer(opencv_imgcodecs.IMWRITE_WEBP_QUALITY, LOSSLESS);
            if (!opencv_imgcodecs.imencodeanimation(new BytePointer(suffix), animation, file, pairs)) {
                throw new IllegalStateException("OpenCV has no encoder of animations for " + suffix);
            }
            byte[] bytes = new byte[Math.toIntExact(file.limit())];
            file.get(bytes);
            return bytes;
        }
    }

    /** The picture at another size, each pixel the mean of those it covers or a cubic of those around it. */
    public static Picture resized(Picture picture, int width, int height) {
        Natives.load();
        try (PointerScope scope = new PointerScope()) {
            Mat small = new Mat();
            int method = width < picture.width() ? opencv_imgproc.INTER_AREA : opencv_imgproc.INTER_CUBIC;
            opencv_imgproc.resize(mat(picture), small, new Size(width, height), 0, 0, method);
            byte[] samples = new byte[width * height * picture.channels()];
            small.data().get(samples);
            return new Picture(width, height, picture.channels(), swapped(samples, picture.channels()));
        }
    }

    private static Mat mat(Picture picture) {
        int type = picture.channels() == 1 ? opencv_core.CV_8UC1 : opencv_core.CV_8UC3;
        Mat mat = new Mat(picture.height(), picture.width(), type);
        mat.data().put(swapped(picture.samples(), picture.channels()));
        return mat;
    }

    /** Red and blue exchanged. */
    private static byte[] swapped(byte[] samples, int channels) {
        byte[] swapped = samples.clone();
        for (int i = 0; channels == 3 && i < samples.length; i += 3) {
            swapped[i] = samples[i + 2];
            swapped[i + 2] = samples[i];
        }
        return swapped;
    }
}
