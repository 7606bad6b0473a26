package org.semblance.bench.robustness;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.Locale;
import java.util.Random;
import org.semblance.bench.edits.Emblem;
import org.semblance.bench.edits.Feed;
import org.semblance.bench.edits.Lettering;
import org.semblance.bench.edits.Pixels;
import org.semblance.bench.edits.Words;

/**
 * Makes pictures as those who spread propaganda make them. What the cards of a kind share is the same in all of them; what a card
 * has of its own follows from its random numbers.
 */
final class Cards {
    private Cards() {}

    /** @param photo that it holds; of no account for a kind that holds none */
    static BufferedImage draw(Kind kind, BufferedImage photo, Random random) {
        return switch (kind) {
            case PHOTO -> photo;
            case PHOTO_CARD -> photoCard(photo, random);
            case TEXT_CARD -> textCard(random);
            case MEME -> meme(photo, random);
            case SCREENSHOT -> Feed.of(photo, null, random).screen();
            case TEXT_SCREENSHOT -> Feed.ofText(random);
        };
    }

    /** A photo with the group's flag, logo, and a title over its lower third. */
    private static BufferedImage photoCard(BufferedImage photo, Random random) {
        BufferedImage card = Pixels.cover(photo, 960, 720);
        Graphics2D g = Pixels.graphics(card);
        Emblem.flag(g, 30, 30, 150);
        Emblem.groupLogo(g, 810, 26, 120);
        g.setColor(new Color(10, 15, 35, 200));
        g.fillRect(0, 510, 960, 170);
        g.setColor(new Color(190, 30, 40));
        g.fillRect(0, 510, 24, 170);
        g.setColor(new Color(235, 200, 90));
        g.fillRect(0, 674, 960, 6);
        g.setColor(Color.WHITE);
        g.setFont(Lettering.font(Font.BOLD, 44));
        g.drawString(Words.sentence(random, 3).toUpperCase(Locale.ROOT), 54, 572);
        g.setFont(Lettering.font(Font.PLAIN, 28));
        Lettering.paragraph(g, Words.sentence(random, 11), 54, 588, 860);
        g.dispose();
        return card;
    }

    /** A statement: a border, two logos and a heading that all have, and a text. */
    private static BufferedImage textCard(Random random) {
        BufferedImage card = Pixels.blank(860, 1_080);
        Graphics2D g = Pixels.graphics(card);
        g.setPaint(new GradientPaint(0, 0, new Color(246, 240, 222), 0, 1_080, new Color(226, 214, 184)));
        g.fillRect(0, 0, 860, 1_080);
        g.setColor(new Color(110, 80, 30));
        g.setStroke(new BasicStroke(6));
        g.draw(new Rectangle2D.Double(24, 24, 812, 1_032));
        g.setStroke(new BasicStroke(2));
        g.draw(new Rectangle2D.Double(38, 38, 784, 1_004));
        for (int i = 0; i < 40; i++) {
            g.fillOval(44 + i * 19 + i / 2, 28, 5, 5);
            g.fillOval(44 + i * 19 + i / 2, 1_046, 5, 5);
        }
        Emblem.groupLogo(g, 64, 64, 110);
        Emblem.flag(g, 652, 76, 144);
        g.setColor(new Color(60, 20, 20));
        g.setFont(new Font(Font.SERIF, Font.BOLD, 40));
        g.drawString("PROCLAMATION", 236, 132);
        g.fillRect(64, 196, 732, 5);
        g.setColor(new Color(30, 25, 20));
        g.setFont(new Font(Font.SERIF, Font.PLAIN, 34));
        double y = 230;
        for (int paragraph = 0; paragraph < 3; paragraph++) {
            y = Lettering.paragraph(g, Words.sentence(random, 10 + random.nextInt(10)) + ".", 70, y, 720) + 24;
        }
        g.setFont(new Font(Font.SERIF, Font.ITALIC, 26));
        g.drawString(
                Words.sentence(random, 2) + ", " + (1 + random.nextInt(28)) + "." + (1 + random.nextInt(12)),
                70,
                1_010);
        g.dispose();
        return card;
    }

    private static BufferedImage meme(BufferedImage photo, Random random) {
        BufferedImage meme = Pixels.copy(photo);
        Graphics2D g = Pixels.graphics(meme);
        double width = meme.getWidth();
        double band = 0.13 * meme.getHeight();
        String top = Words.sentence(random, 3).toUpperCase(Locale.ROOT);
        String bottom = Words.sentence(random, 3).toUpperCase(Locale.ROOT);
        Lettering.edged(g, top, new Rectangle2D.Double(0.03 * width, 0.02 * meme.getHeight(), 0.94 * width, band));
        Lettering.edged(
                g, bottom, new Rectangle2D.Double(0.03 * width, meme.getHeight() * 0.98 - band, 0.94 * width, band));
        g.dispose();
        return meme;
    }
}
