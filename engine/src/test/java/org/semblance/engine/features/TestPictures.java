package org.semblance.engine.features;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.util.Random;

/** Pictures with corners of all sizes, which follow from a number, and what edits make of them. */
final class TestPictures {
    private static final int SHAPES = 220;

    private TestPictures() {}

    static BufferedImage scene(long seed, int width, int height) {
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = picture.createGraphics();
        Random random = new Random(seed);
        for (int i = 0; i < SHAPES; i++) {
            pen.setColor(new Color(random.nextInt(1 << 24)));
            int size = 6 + (int) (width / 4.0 * Math.pow(random.nextDouble(), 3));
            int x = random.nextInt(width) - size / 2;
            int y = random.nextInt(height) - size / 2;
            AffineTransform upright = pen.getTransform();
            pen.rotate(random.nextDouble() * Math.PI, x, y);
            if (random.nextBoolean()) {
                pen.fillRect(x, y, size, size / 2 + 3);
            } else {
                pen.fillPolygon(new int[] {x, x + size, x + size / 3}, new int[] {y, y + size / 4, y + size}, 3);
            }
            pen.setTransform(upright);
        }
        pen.dispose();
        return picture;
    }

    /** The picture where the transform puts it, on black. */
    static BufferedImage drawn(BufferedImage picture, AffineTransform transform, int width, int height) {
        BufferedImage drawn = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = drawn.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        pen.drawImage(picture, transform, null);
        pen.dispose();
        return drawn;
    }

    static ReducedPicture reduced(BufferedImage picture, Profile profile) {
        return ReducedPicture.of(Photos.luma(picture), profile.longSide());
    }

    /** Bytes at random, smooth enough to have no more corners than a photo. */
    static ReducedPicture noise(Random random, int width, int height) {
        byte[] pixels = new byte[width * height];
        random.nextBytes(pixels);
        return new ReducedPicture(width, height, pixels);
    }
}
