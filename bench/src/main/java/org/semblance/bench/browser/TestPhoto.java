package org.semblance.bench.browser;

import java.awt.AlphaComposite;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Random;

/** Pictures with structure of all sizes, made from a seed. */
final class TestPhoto {
    private TestPhoto() {}

    /** Clouds of five sizes under half-transparent shapes: enough structure for a PDQ quality of 100. */
    static BufferedImage draw(long seed, int width, int height) {
        Random random = new Random(seed);
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = picture.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        float share = 1;
        for (int cells = 4; cells <= 64; cells *= 2) {
            BufferedImage octave = new BufferedImage(cells, cells * 3 / 4, BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < octave.getHeight(); y++) {
                for (int x = 0; x < cells; x++) {
                    octave.setRGB(x, y, random.nextInt(1 << 24));
                }
            }
            g.setComposite(AlphaComposite.getInstance(AlphaComposite.SRC_OVER, share));
            g.drawImage(octave, 0, 0, width, height, null);
            share *= 0.45f;
        }
        g.setComposite(AlphaComposite.getInstance(AlphaComposite.SRC_OVER, 0.6f));
        for (int i = 0; i < 16; i++) {
            g.setColor(new Color(random.nextInt(1 << 24)));
            int w = 8 + random.nextInt(width / 4);
            int h = 8 + random.nextInt(height / 4);
            int x = random.nextInt(width) - w / 2;
            int y = random.nextInt(height) - h / 2;
            if (random.nextBoolean()) {
                g.fillOval(x, y, w, h);
            } else {
                g.fillRect(x, y, w, h);
            }
        }
        g.dispose();
        return picture;
    }
}
