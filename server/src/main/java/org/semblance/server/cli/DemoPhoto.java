package org.semblance.server.cli;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** A landscape to try the server with when no photo is at hand, and the copy that someone might upload. */
final class DemoPhoto {
    private static final int WIDTH = 1280;
    private static final int HEIGHT = 960;

    private DemoPhoto() {}

    /** Mountains before an evening sky, as a JPEG file. */
    static byte[] draw(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setPaint(new GradientPaint(0, 0, new Color(40, 60, 120), 0, HEIGHT, new Color(250, 190, 120)));
        g.fillRect(0, 0, WIDTH, HEIGHT);
        g.setColor(new Color(255, 240, 200));
        g.fillOval(random.nextInt(100, WIDTH - 300), random.nextInt(80, 300), 170, 170);
        for (int ridge = 0; ridge < 5; ridge++) {
            Path2D outline = new Path2D.Double();
            outline.moveTo(0, HEIGHT);
            double y = HEIGHT * (0.35 + 0.13 * ridge);
            for (int x = 0; x <= WIDTH; x += 16) {
                y += random.nextDouble(-26, 26);
                outline.lineTo(x, y);
            }
            outline.lineTo(WIDTH, HEIGHT);
            outline.closePath();
            int shade = 110 - 22 * ridge;
            g.setColor(new Color(shade, shade + 12, shade + 30));
            g.fill(outline);
            scatterTrees(g, random, outline, shade);
        }
        g.dispose();
        return jpeg(image, 0.92f);
    }

    /** Dark and light spots all over a ridge: without detail a picture has no PDQ hash to speak of. */
    private static void scatterTrees(Graphics2D g, RandomGenerator random, Path2D ridge, int shade) {
        for (int tree = 0; tree < 260; tree++) {
            int x = random.nextInt(WIDTH);
            int y = random.nextInt(HEIGHT);
            int size = random.nextInt(8, 70);
            int light = Math.clamp(shade + random.nextInt(-60, 90), 0, 255);
            if (ridge.contains(x, y)) {
                g.setColor(new Color(light, Math.min(255, light + 10), light));
                g.fillOval(x - size / 2, y - size / 2, size, size);
            }
        }
    }

    /** The picture at half its size and at JPEG quality 40, or nothing if the JDK cannot read its format. */
    static Optional<byte[]> copyOf(byte[] photo) throws IOException {
        BufferedImage original = ImageIO.read(new ByteArrayInputStream(photo));
        if (original == null) {
            return Optional.empty();
        }
        int width = Math.max(1, original.getWidth() / 2);
        int height = Math.max(1, original.getHeight() / 2);
        BufferedImage half = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = half.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        g.drawImage(original, 0, 0, width, height, null);
        g.dispose();
        return Optional.of(jpeg(half, 0.4f));
    }

    private static byte[] jpeg(BufferedImage image, float quality) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(quality);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), param);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
