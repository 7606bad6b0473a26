package org.semblance.bench.edits;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Pictures of type {@link BufferedImage#TYPE_INT_RGB}, which all of this package works on. */
public final class Pixels {
    private Pixels() {}

    public static BufferedImage blank(int width, int height) {
        return new BufferedImage(Math.max(1, width), Math.max(1, height), BufferedImage.TYPE_INT_RGB);
    }

    /** The pixels of a {@link #blank} picture themselves, row by row. */
    public static int[] of(BufferedImage picture) {
        return ((DataBufferInt) picture.getRaster().getDataBuffer()).getData();
    }

    public static Graphics2D graphics(BufferedImage picture) {
        Graphics2D g = picture.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        return g;
    }

    public static BufferedImage copy(BufferedImage picture) {
        BufferedImage copy = blank(picture.getWidth(), picture.getHeight());
        Graphics2D g = copy.createGraphics();
        g.drawImage(picture, 0, 0, null);
        g.dispose();
        return copy;
    }

    public static BufferedImage part(BufferedImage picture, int x, int y, int width, int height) {
        return copy(picture.getSubimage(x, y, width, height));
    }

    /** In halves as long as the picture is more than twice as large, so that no detail turns into a pattern. */
    public static BufferedImage scaled(BufferedImage picture, int width, int height) {
        BufferedImage from = picture;
        while (true) {
            boolean isLast = from.getWidth() <= 2 * width && from.getHeight() <= 2 * height;
            int w = isLast ? width : Math.max(width, (from.getWidth() + 1) / 2);
            int h = isLast ? height : Math.max(height, (from.getHeight() + 1) / 2);
            BufferedImage to = blank(w, h);
            Graphics2D g = graphics(to);
            g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            g.drawImage(from, 0, 0, w, h, null);
            g.dispose();
            if (isLast) {
                return to;
            }
            from = to;
        }
    }

    /** The middle of a picture, as much of it as has that shape, at that size. */
    public static BufferedImage cover(BufferedImage picture, int width, int height) {
        double scale = Math.max((double) width / picture.getWidth(), (double) height / picture.getHeight());
        int w = Math.clamp(Math.round(width / scale), 1, picture.getWidth());
        int h = Math.clamp(Math.round(height / scale), 1, picture.getHeight());
        BufferedImage part = picture.getSubimage((picture.getWidth() - w) / 2, (picture.getHeight() - h) / 2, w, h);
        return scaled(part, width, height);
    }

    /** A Gaussian; at the edges the outermost pixels go on. */
    static BufferedImage blurred(BufferedImage picture, double sigma) {
        int reach = (int) Math.ceil(3 * sigma);
        float[] kernel = new float[2 * reach + 1];
        double sum = 0;
        for (int i = -reach; i <= reach; i++) {
            sum += Math.exp(-i * i / (2 * sigma * sigma));
        }
        for (int i = -reach; i <= reach; i++) {
            kernel[i + reach] = (float) (Math.exp(-i * i / (2 * sigma * sigma)) / sum);
        }
        int w = picture.getWidth();
        int h = picture.getHeight();
        BufferedImage across = blank(w, h);
        BufferedImage both = blank(w, h);
        convolve(of(copy(picture)), of(across), w, h, 1, w, kernel);
        convolve(of(across), of(both), h, w, w, 1, kernel);
        return both;
    }

    /** Along lines of a length, whose pixels lie a step apart and whose beginnings lie a stride apart. */
    private static void convolve(int[] from, int[] to, int length, int lines, int step, int stride, float[] kernel) {
        int reach = kernel.length / 2;
        for (int line = 0; line < lines; line++) {
            for (int at = 0; at < length; at++) {
                float red = 0.5f;
                float green = 0.5f;
                float blue = 0.5f;
                for (int k = -reach; k <= reach; k++) {
                    int rgb = from[line * stride + Math.clamp(at + k, 0, length - 1) * step];
                    float weight = kernel[k + reach];
                    red += weight * (rgb >> 16 & 0xFF);
                    green += weight * (rgb >> 8 & 0xFF);
                    blue += weight * (rgb & 0xFF);
                }
                to[line * stride + at * step] = (int) red << 16 | (int) green << 8 | (int) blue;
            }
        }
    }

    /** @param quality 1 to 100 */
    public static byte[] jpeg(BufferedImage picture, int quality) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(quality / 100f);
            writer.setOutput(out);
            writer.write(null, new IIOImage(picture, null, null), param);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Memory does not fail.
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /** @throws IOException if it is no picture that Java reads */
    public static BufferedImage read(Path file) throws IOException {
        return read(Files.readAllBytes(file));
    }

    /** @throws IOException if they are no picture that Java reads */
    public static BufferedImage read(byte[] file) throws IOException {
        BufferedImage picture;
        try {
            picture = ImageIO.read(new ByteArrayInputStream(file));
        } catch (RuntimeException e) { // Its readers let damaged files break their arithmetic.
            throw new IOException("damaged: " + e.getMessage(), e);
        }
        if (picture == null) {
            throw new IOException("not a picture that Java reads");
        }
        return picture.getType() == BufferedImage.TYPE_INT_RGB ? picture : copy(picture);
    }
}
