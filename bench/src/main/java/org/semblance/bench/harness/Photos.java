package org.semblance.bench.harness;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;

/** Made-up photos, as JPEG, with structure of all sizes and a photo's grain. */
public final class Photos {
    /** The seed of the photos in runs that take no seed. */
    public static final long SEED = 20_170_425;

    private static final int QUALITY = 85;
    private static final double NOISE = 0.15;

    /** The width of most photos. */
    public static final int WIDTH = 1_152;

    /** The height of most photos. */
    public static final int HEIGHT = 896;

    private Photos() {}

    /** Soft shapes, of the usual size. */
    public static byte[] shapes(long seed) throws IOException {
        return shapes(seed, WIDTH, HEIGHT);
    }

    /** Soft shapes. */
    public static byte[] shapes(long seed, int width, int height) throws IOException {
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        for (int i = 0; i < 400; i++) {
            double size = width * (0.5 - 0.45 * i / 400) * (0.3 + random.nextDouble());
            graphics.setColor(new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256), 140));
            graphics.fill(new Ellipse2D.Double(
                    random.nextDouble() * width - size / 2, random.nextDouble() * height - size / 2, size, size / 2));
        }
        graphics.dispose();
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int rgb = image.getRGB(x, y);
                int grain = random.nextInt(13) - 6;
                int grey = 0;
                for (int shift = 16; shift >= 0; shift -= 8) {
                    grey |= Math.clamp(((rgb >> shift) & 0xff) + grain, 0, 255) << shift;
                }
                image.setRGB(x, y, grey);
            }
        }
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(image, "jpeg", jpeg);
        return jpeg.toByteArray();
    }

    /** Clouds of all sizes under strokes; always the same one of a size. */
    public static ByteBuffer clouds(int width, int height) {
        Random random = new Random(SEED);
        try (PointerScope scope = new PointerScope()) {
            Mat picture = new Mat(height, width, opencv_core.CV_8UC3, Scalar.all(0));
            double share = 0.5;
            for (int cells = 4; cells <= 256; cells *= 2) {
                Mat octave = new Mat();
                opencv_imgproc.resize(
                        noise(random, cells, cells * 3 / 4),
                        octave,
                        new Size(width, height),
                        0,
                        0,
                        opencv_imgproc.INTER_CUBIC);
                opencv_core.addWeighted(picture, 1, octave, share, 0, picture);
                share /= 2;
            }
            for (int i = 0; i < 40; i++) {
                opencv_imgproc.ellipse(
                        picture,
                        new Point(random.nextInt(width), random.nextInt(height)),
                        new Size(1 + random.nextInt(width / 8), 1 + random.nextInt(height / 8)),
                        random.nextInt(360),
                        0,
                        360,
                        new Scalar(random.nextInt(256), random.nextInt(256), random.nextInt(256), 0),
                        1 + random.nextInt(width / 100),
                        opencv_imgproc.LINE_AA,
                        0);
            }
            opencv_core.addWeighted(picture, 1, noise(random, width, height), NOISE, -128 * NOISE, picture);
            BytePointer file = new BytePointer();
            if (!opencv_imgcodecs.imencode(
                    ".jpg", picture, file, new IntPointer(opencv_imgcodecs.IMWRITE_JPEG_QUALITY, QUALITY))) {
                throw new IllegalStateException("OpenCV did not encode a JPEG of " + width + "x" + height);
            }
            byte[] bytes = new byte[Math.toIntExact(file.limit())];
            file.get(bytes);
            return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        }
    }

    private static Mat noise(Random random, int width, int height) {
        byte[] bytes = new byte[width * height * 3];
        random.nextBytes(bytes);
        Mat noise = new Mat(height, width, opencv_core.CV_8UC3);
        noise.data().put(bytes);
        return noise;
    }
}
