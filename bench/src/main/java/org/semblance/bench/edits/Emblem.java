package org.semblance.bench.edits;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;

/** Signs that many pictures share: a group's flag and logo, an uploader's logo, a sticker. They are always the same. */
public final class Emblem {
    private Emblem() {}

    /** Three bands and a star. */
    public static void flag(Graphics2D g, double x, double y, double width) {
        double height = 0.6 * width;
        Color[] bands = {new Color(20, 90, 50), new Color(240, 240, 235), new Color(25, 25, 30)};
        for (int i = 0; i < 3; i++) {
            g.setColor(bands[i]);
            g.fill(new Rectangle2D.Double(x, y + i * height / 3, width, height / 3 + 1));
        }
        g.setColor(new Color(190, 30, 40));
        g.fill(star(x + width / 2, y + height / 2, 0.3 * height, 5));
    }

    /** A ring with a star and rays. */
    public static void groupLogo(Graphics2D g, double x, double y, double size) {
        g.setColor(new Color(15, 25, 60));
        g.fill(new Ellipse2D.Double(x, y, size, size));
        g.setColor(new Color(235, 200, 90));
        g.setStroke(new BasicStroke((float) (0.05 * size)));
        g.draw(new Ellipse2D.Double(x + 0.1 * size, y + 0.1 * size, 0.8 * size, 0.8 * size));
        g.fill(star(x + size / 2, y + size / 2, 0.3 * size, 8));
        g.setColor(new Color(15, 25, 60));
        g.fill(new Rectangle2D.Double(x + 0.42 * size, y + 0.42 * size, 0.16 * size, 0.16 * size));
    }

    /** A box with a triangle and bars. */
    static void uploaderLogo(Graphics2D g, double x, double y, double size) {
        g.setColor(new Color(215, 40, 60));
        g.fill(new Rectangle2D.Double(x, y, size, size));
        g.setColor(Color.WHITE);
        Path2D triangle = new Path2D.Double();
        triangle.moveTo(x + 0.2 * size, y + 0.15 * size);
        triangle.lineTo(x + 0.75 * size, y + 0.4 * size);
        triangle.lineTo(x + 0.2 * size, y + 0.65 * size);
        triangle.closePath();
        g.fill(triangle);
        for (int i = 0; i < 5; i++) {
            double height = size * (0.05 + 0.03 * (i * 7 % 4));
            g.fill(new Rectangle2D.Double(x + size * (0.15 + 0.15 * i), y + 0.9 * size - height, 0.09 * size, height));
        }
    }

    /** A yellow face. */
    static void sticker(Graphics2D g, double x, double y, double width, double height) {
        g.setColor(new Color(255, 205, 60));
        g.fill(new Ellipse2D.Double(x, y, width, height));
        g.setColor(new Color(70, 45, 10));
        g.fill(new Ellipse2D.Double(x + 0.27 * width, y + 0.28 * height, 0.11 * width, 0.18 * height));
        g.fill(new Ellipse2D.Double(x + 0.62 * width, y + 0.28 * height, 0.11 * width, 0.18 * height));
        Path2D mouth = new Path2D.Double();
        mouth.moveTo(x + 0.22 * width, y + 0.58 * height);
        mouth.quadTo(x + 0.5 * width, y + 1.05 * height, x + 0.78 * width, y + 0.58 * height);
        mouth.closePath();
        g.fill(mouth);
    }

    private static Path2D star(double x, double y, double radius, int points) {
        Path2D star = new Path2D.Double();
        for (int i = 0; i < 2 * points; i++) {
            double r = i % 2 == 0 ? radius : 0.45 * radius;
            double turn = Math.PI * i / points;
            if (i == 0) {
                star.moveTo(x, y - r);
            } else {
                star.lineTo(x + r * Math.sin(turn), y - r * Math.cos(turn));
            }
        }
        star.closePath();
        return star;
    }
}
