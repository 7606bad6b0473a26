package org.semblance.bench.edits;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.font.TextLayout;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;

/** Text on pictures. */
public final class Lettering {
    private Lettering() {}

    public static Font font(int style, double size) {
        return new Font(Font.SANS_SERIF, style, 1).deriveFont(style, (float) size);
    }

    /** Into lines of no more than that width. */
    static List<String> wrapped(Graphics2D g, String text, double width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            boolean isFull = !line.isEmpty() && g.getFontMetrics().stringWidth(line + " " + word) > width;
            if (isFull) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    /** Draws a paragraph below that y. Returns the y below it. */
    public static double paragraph(Graphics2D g, String text, double x, double y, double width) {
        double at = y;
        for (String line : wrapped(g, text, width)) {
            g.drawString(line, (float) x, (float) (at + g.getFontMetrics().getAscent()));
            at += 1.15 * g.getFontMetrics().getHeight();
        }
        return at;
    }

    /** One line in the middle of a box, as large as fits. */
    public static void fitted(Graphics2D g, String text, Rectangle2D box, Color inside) {
        fill(g, outline(g, text, box), inside);
    }

    /** The same with a dark edge, to be read on any picture. */
    public static void edged(Graphics2D g, String text, Rectangle2D box) {
        Shape outline = outline(g, text, box);
        g.setColor(Color.BLACK);
        g.setStroke(new BasicStroke((float) (0.12 * box.getHeight()), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        g.draw(outline);
        fill(g, outline, Color.WHITE);
    }

    private static void fill(Graphics2D g, Shape shape, Color colour) {
        g.setColor(colour);
        g.fill(shape);
    }

    private static Shape outline(Graphics2D g, String text, Rectangle2D box) {
        TextLayout layout = new TextLayout(text, font(Font.BOLD, 100), g.getFontRenderContext());
        Rectangle2D bounds = layout.getBounds();
        double scale = 0.92 * Math.min(box.getWidth() / bounds.getWidth(), box.getHeight() / bounds.getHeight());
        AffineTransform place = AffineTransform.getTranslateInstance(box.getCenterX(), box.getCenterY());
        place.scale(scale, scale);
        place.translate(-bounds.getCenterX(), -bounds.getCenterY());
        return layout.getOutline(place);
    }
}
