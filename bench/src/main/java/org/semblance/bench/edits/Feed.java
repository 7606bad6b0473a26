package org.semblance.bench.edits;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.geom.Arc2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The screen of a phone that shows posts in one app: the status line, the app's head and foot are always the same, names, texts
 * and numbers never.
 */
public final class Feed {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 1_440;
    private static final int HEAD = 132;
    private static final int FOOT = 96;
    private static final int MARGIN = 24;

    /** Taller photos are shown smaller, so that the words below them are seen. */
    private static final int TALLEST = 900;

    private static final Color INK = new Color(30, 32, 36);
    private static final Color PALE = new Color(120, 124, 130);
    private static final Color RULE = new Color(225, 228, 232);

    private final BufferedImage screen = Pixels.blank(WIDTH, HEIGHT);
    private final Graphics2D g = Pixels.graphics(screen);
    private final Random random;

    private Feed(Random random) {
        this.random = random;
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, WIDTH, HEIGHT);
    }

    /** @param place of the photo on the screen */
    public record Shown(BufferedImage screen, Rectangle place) {}

    /**
     * A post with that photo.
     *
     * @param next the photo of the post below, of which a part is seen; null for a post of text
     */
    public static Shown of(BufferedImage photo, @Nullable BufferedImage next, Random random) {
        Feed feed = new Feed(random);
        double scale = Math.min((double) WIDTH / photo.getWidth(), (double) TALLEST / photo.getHeight());
        int width = (int) Math.round(scale * photo.getWidth());
        int height = (int) Math.round(scale * photo.getHeight());
        int top = feed.author(HEAD);
        Rectangle place = new Rectangle((WIDTH - width) / 2, top, width, height);
        feed.g.drawImage(Pixels.scaled(photo, width, height), place.x, place.y, null);
        int below = feed.reactions(top + height);
        if (next == null) {
            feed.texts(below);
        } else if (below < HEIGHT - FOOT) {
            int nextTop = feed.author(below);
            int nextHeight = WIDTH * next.getHeight() / next.getWidth();
            feed.g.drawImage(Pixels.scaled(next, WIDTH, nextHeight), 0, nextTop, null);
        }
        return new Shown(feed.framed(), place);
    }

    /** Posts of text alone. */
    public static BufferedImage ofText(Random random) {
        Feed feed = new Feed(random);
        feed.texts(HEAD);
        return feed.framed();
    }

    private void texts(int top) {
        int y = top;
        while (y < HEIGHT - FOOT) {
            y = author(y);
            g.setColor(INK);
            g.setFont(Lettering.font(Font.PLAIN, 28));
            String text = Words.sentence(random, 8 + random.nextInt(30));
            y = reactions((int) Lettering.paragraph(g, text, MARGIN, y + 8, WIDTH - 2 * MARGIN) + 12);
        }
    }

    private int author(int top) {
        g.setColor(Color.getHSBColor(random.nextFloat(), 0.5f, 0.8f));
        g.fill(new Ellipse2D.Double(MARGIN, top + 16, 64, 64));
        g.setColor(Color.WHITE);
        g.setFont(Lettering.font(Font.BOLD, 32));
        String name = Words.sentence(random, 2);
        g.drawString(name.substring(0, 1), MARGIN + 21, top + 60);
        g.setColor(INK);
        g.setFont(Lettering.font(Font.BOLD, 26));
        g.drawString(name, 108, top + 44);
        g.setColor(PALE);
        g.setFont(Lettering.font(Font.PLAIN, 22));
        g.drawString("@" + Words.word(random) + " · " + (1 + random.nextInt(23)) + " h", 108, top + 74);
        for (int i = 0; i < 3; i++) {
            g.fill(new Ellipse2D.Double(WIDTH - MARGIN - 8 - 14 * i, top + 44, 7, 7));
        }
        return top + 96;
    }

    private int reactions(int top) {
        g.setColor(INK);
        g.setStroke(new BasicStroke(4));
        double y = top + 20;
        Path2D heart = new Path2D.Double();
        heart.moveTo(44, y + 40);
        heart.curveTo(4, y + 16, 24, y - 12, 44, y + 10);
        heart.curveTo(64, y - 12, 84, y + 16, 44, y + 40);
        g.draw(heart);
        g.draw(new RoundRectangle2D.Double(104, y + 2, 42, 32, 14, 14));
        g.draw(new Line2D.Double(114, y + 34, 110, y + 44));
        g.draw(new Line2D.Double(184, y + 36, 224, y + 4));
        g.draw(new Line2D.Double(224, y + 4, 206, y + 44));
        g.setFont(Lettering.font(Font.BOLD, 24));
        g.drawString((2 + random.nextInt(900)) + " likes", MARGIN, top + 96);
        g.setFont(Lettering.font(Font.PLAIN, 24));
        double end = Lettering.paragraph(
                g, Words.sentence(random, 5 + random.nextInt(10)), MARGIN, top + 104, WIDTH - 2 * MARGIN);
        g.setColor(RULE);
        g.setStroke(new BasicStroke(2));
        g.draw(new Line2D.Double(0, end + 14, WIDTH, end + 14));
        return (int) end + 16;
    }

    /** With the phone's and the app's own parts, over whatever reaches there. */
    private BufferedImage framed() {
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, WIDTH, HEAD);
        g.fillRect(0, HEIGHT - FOOT, WIDTH, FOOT);
        g.setColor(INK);
        g.setFont(Lettering.font(Font.BOLD, 24));
        g.drawString(Words.time(random), MARGIN, 36);
        g.setStroke(new BasicStroke(3));
        for (int i = 0; i < 4; i++) {
            g.fillRect(560 + 10 * i, 34 - 5 * i, 7, 6 + 5 * i);
        }
        for (int i = 1; i <= 3; i++) {
            g.draw(new Arc2D.Double(622 - 6.0 * i, 36 - 6.0 * i, 12.0 * i, 12.0 * i, 45, 90, Arc2D.OPEN));
        }
        g.draw(new RoundRectangle2D.Double(656, 18, 38, 18, 6, 6));
        g.fillRect(660, 22, 10 + random.nextInt(20), 10);
        g.setFont(new Font(Font.SERIF, Font.BOLD | Font.ITALIC, 44));
        g.drawString("Picturebook", MARGIN, 104);
        g.draw(new Ellipse2D.Double(586, 72, 34, 34));
        g.draw(new Line2D.Double(614, 102, 626, 114));
        g.draw(new RoundRectangle2D.Double(652, 74, 42, 32, 12, 12));
        g.setColor(RULE);
        g.draw(new Line2D.Double(0, HEAD, WIDTH, HEAD));
        g.draw(new Line2D.Double(0, HEIGHT - FOOT, WIDTH, HEIGHT - FOOT));
        g.setColor(INK);
        double y = HEIGHT - FOOT + 26;
        Path2D house = new Path2D.Double();
        house.moveTo(52, y + 40);
        house.lineTo(52, y + 18);
        house.lineTo(72, y);
        house.lineTo(92, y + 18);
        house.lineTo(92, y + 40);
        house.closePath();
        g.fill(house);
        g.draw(new Ellipse2D.Double(196, y, 32, 32));
        g.draw(new RoundRectangle2D.Double(340, y, 40, 40, 12, 12));
        g.draw(new Line2D.Double(360, y + 10, 360, y + 30));
        g.draw(new Line2D.Double(350, y + 20, 370, y + 20));
        g.draw(new RoundRectangle2D.Double(486, y + 2, 42, 34, 8, 8));
        g.draw(new Ellipse2D.Double(632, y, 36, 36));
        g.dispose();
        return screen;
    }
}
