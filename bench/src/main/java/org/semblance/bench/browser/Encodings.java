package org.semblance.bench.browser;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacv.FFmpegFrameRecorder;
import org.bytedeco.javacv.Frame;
import org.bytedeco.javacv.Java2DFrameConverter;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;

/** One picture in the formats that browsers show. */
final class Encodings {
    /** WebP takes any quality above 100 for lossless. */
    private static final int LOSSLESS = 101;

    private static final int BMP_HEADERS = 54;
    private static final int FRAME_MS = 60_000;

    private final BufferedImage picture;

    Encodings(BufferedImage picture) {
        this.picture = picture;
    }

    byte[] jpeg(boolean progressive) {
        return opencv(
                ".jpg",
                opencv_imgcodecs.IMWRITE_JPEG_QUALITY,
                90,
                opencv_imgcodecs.IMWRITE_JPEG_PROGRESSIVE,
                progressive ? 1 : 0);
    }

    byte[] png() {
        return opencv(".png");
    }

    byte[] palettePng() throws IOException {
        return imageio(palette(), "png", false);
    }

    byte[] interlacedPng() throws IOException {
        return imageio(picture, "png", true);
    }

    byte[] gif(boolean interlaced) throws IOException {
        return imageio(palette(), "gif", interlaced);
    }

    byte[] webp() {
        return opencv(".webp", opencv_imgcodecs.IMWRITE_WEBP_QUALITY, 85);
    }

    byte[] losslessWebp() {
        return opencv(".webp", opencv_imgcodecs.IMWRITE_WEBP_QUALITY, LOSSLESS);
    }

    /**
     * Two frames, the second turned upside down; each is shown for long enough that a browser is seen with the first.
     *
     * @param suffix of a file name, which chooses the encoder
     */
    byte[] animated(String suffix) {
        try (PointerScope scope = new PointerScope()) {
            Mat first = mat();
            Mat second = new Mat();
            opencv_core.flip(first, second, 0);
            opencv_imgcodecs.Animation animation = new opencv_imgcodecs.Animation();
            animation.frames(new MatVector(first, second));
            animation.durations(new IntPointer(FRAME_MS, FRAME_MS));
            BytePointer to = new BytePointer();
            if (!opencv_imgcodecs.imencodeanimation(new BytePointer(suffix), animation, to, new IntPointer())) {
                throw new IllegalStateException("OpenCV has no encoder of animations for " + suffix);
            }
            return bytes(to);
        }
    }

    byte[] bmp24() {
        return opencv(".bmp");
    }

    byte[] bmp8() throws IOException {
        return imageio(palette(), "bmp", false);
    }

    /** Five bits a channel, without masks, as the first BMPs of 16 bits have it. */
    byte[] bmp16() {
        int width = picture.getWidth();
        int height = picture.getHeight();
        int rowBytes = (2 * width + 3) & ~3;
        ByteBuffer b = bmpHeaders(width, height, 16, rowBytes * height);
        for (int y = height - 1; y >= 0; y--) {
            for (int x = 0; x < width; x++) {
                int rgb = picture.getRGB(x, y);
                b.putShort((short) ((rgb >> 9 & 0x7C00) | (rgb >> 6 & 0x3E0) | (rgb >> 3 & 0x1F)));
            }
            b.position(b.position() + rowBytes - 2 * width);
        }
        return b.array();
    }

    private static ByteBuffer bmpHeaders(int width, int height, int bits, int dataBytes) {
        return ByteBuffer.allocate(BMP_HEADERS + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 'B')
                .put((byte) 'M')
                .putInt(BMP_HEADERS + dataBytes)
                .putInt(0)
                .putInt(BMP_HEADERS)
                .putInt(40)
                .putInt(width)
                .putInt(height)
                .putShort((short) 1)
                .putShort((short) bits)
                .putInt(0)
                .putInt(dataBytes)
                .putLong(0)
                .putLong(0);
    }

    byte[] avif() throws IOException {
        Path file = Files.createTempFile("semblance", ".avif");
        try (Java2DFrameConverter converter = new Java2DFrameConverter();
                FFmpegFrameRecorder recorder =
                        new FFmpegFrameRecorder(file.toFile(), picture.getWidth(), picture.getHeight())) {
            avutil.av_log_set_level(avutil.AV_LOG_QUIET);
            recorder.setFormat("avif");
            recorder.setVideoCodec(avcodec.AV_CODEC_ID_AV1);
            recorder.setVideoCodecName("libaom-av1");
            recorder.setVideoOption("still-picture", "1");
            recorder.setVideoOption("crf", "23");
            recorder.setVideoOption("cpu-used", "8");
            recorder.setPixelFormat(avutil.AV_PIX_FMT_YUV420P);
            recorder.setFrameRate(1);
            BufferedImage bgr =
                    new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_3BYTE_BGR);
            draw(bgr);
            Frame frame = converter.getFrame(bgr, 1.0);
            recorder.start();
            recorder.record(frame, avutil.AV_PIX_FMT_BGR24);
            recorder.stop();
            return Files.readAllBytes(file);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private void draw(BufferedImage target) {
        Graphics2D g = target.createGraphics();
        g.drawImage(picture, 0, 0, null);
        g.dispose();
    }

    /** Six levels a channel. */
    private BufferedImage palette() {
        int levels = 6;
        byte[][] colours = new byte[3][levels * levels * levels];
        for (int i = 0; i < colours[0].length; i++) {
            colours[0][i] = (byte) (i / (levels * levels) * 51);
            colours[1][i] = (byte) (i / levels % levels * 51);
            colours[2][i] = (byte) (i % levels * 51);
        }
        IndexColorModel model = new IndexColorModel(8, colours[0].length, colours[0], colours[1], colours[2]);
        BufferedImage indexed =
                new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_BYTE_INDEXED, model);
        draw(indexed);
        return indexed;
    }

    private byte[] opencv(String suffix, int... parameters) {
        try (PointerScope scope = new PointerScope()) {
            Mat mat = mat();
            BytePointer to = new BytePointer();
            IntPointer pairs = parameters.length == 0 ? new IntPointer() : new IntPointer(parameters);
            if (!opencv_imgcodecs.imencode(suffix, mat, to, pairs)) {
                throw new IllegalStateException("OpenCV has no encoder for " + suffix);
            }
            return bytes(to);
        }
    }

    private Mat mat() {
        Mat mat = new Mat(picture.getHeight(), picture.getWidth(), opencv_core.CV_8UC3);
        byte[] bgr = new byte[3 * picture.getWidth() * picture.getHeight()];
        for (int i = 0; i < bgr.length / 3; i++) {
            int rgb = picture.getRGB(i % picture.getWidth(), i / picture.getWidth());
            bgr[3 * i] = (byte) rgb;
            bgr[3 * i + 1] = (byte) (rgb >> 8);
            bgr[3 * i + 2] = (byte) (rgb >> 16);
        }
        mat.data().put(bgr);
        return mat;
    }

    private static byte[] bytes(BytePointer file) {
        byte[] bytes = new byte[Math.toIntExact(file.limit())];
        file.get(bytes);
        return bytes;
    }

    private static byte[] imageio(BufferedImage image, String format, boolean progressive) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            if (param.canWriteProgressive()) {
                param.setProgressiveMode(progressive ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED);
            }
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), param);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
