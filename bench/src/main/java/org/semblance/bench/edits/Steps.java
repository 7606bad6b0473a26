package org.semblance.bench.edits;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.geom.AffineTransform;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.function.BinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.semblance.bench.edits.Edit.Helper;
import org.semblance.bench.edits.Edit.Step;

/** The steps that edits are made of. Shares are of the picture as the step finds it. */
final class Steps {
    private Steps() {}

    // What changes the colours alone.

    static Step same() {
        return (in, helper) -> in;
    }

    /** @param curve from 0 to 1, to 0 to 1 */
    static Step tones(DoubleUnaryOperator curve) {
        int[] table = new int[256];
        for (int i = 0; i < 256; i++) {
            table[i] = Math.clamp(Math.round(255 * curve.applyAsDouble(i / 255.0)), 0, 255);
        }
        return (in, helper) -> {
            BufferedImage out = Pixels.copy(in.picture());
            int[] pixels = Pixels.of(out);
            for (int i = 0; i < pixels.length; i++) {
                int rgb = pixels[i];
                pixels[i] = table[rgb >> 16 & 0xFF] << 16 | table[rgb >> 8 & 0xFF] << 8 | table[rgb & 0xFF];
            }
            return in.then(out);
        };
    }

    static Step gamma(double exponent) {
        return tones(tone -> Math.pow(tone, exponent));
    }

    static Step sepia() {
        return (in, helper) -> {
            BufferedImage out = Pixels.copy(in.picture());
            int[] pixels = Pixels.of(out);
            for (int i = 0; i < pixels.length; i++) {
                int r = pixels[i] >> 16 & 0xFF;
                int g = pixels[i] >> 8 & 0xFF;
                int b = pixels[i] & 0xFF;
                pixels[i] = level(0.393 * r + 0.769 * g + 0.189 * b) << 16
                        | level(0.349 * r + 0.686 * g + 0.168 * b) << 8
                        | level(0.272 * r + 0.534 * g + 0.131 * b);
            }
            return in.then(out);
        };
    }

    static Step noise(double sigma) {
        return (in, helper) -> {
            BufferedImage out = Pixels.copy(in.picture());
            int[] pixels = Pixels.of(out);
            for (int i = 0; i < pixels.length; i++) {
                int noisy = 0;
                for (int shift = 16; shift >= 0; shift -= 8) {
                    double tone = (pixels[i] >> shift & 0xFF)
                            + sigma * helper.random().nextGaussian();
                    noisy |= level(tone) << shift;
                }
                pixels[i] = noisy;
            }
            return in.then(out);
        };
    }

    static Step blur(double sigma) {
        return (in, helper) -> in.then(Pixels.blurred(in.picture(), sigma));
    }

    private static int level(double tone) {
        return Math.clamp(Math.round(tone), 0, 255);
    }

    // What is put over the picture.

    /** One line over the picture's lower edge. */
    static Step text(double height) {
        return over((in, helper, g) -> Lettering.edged(
                g,
                Words.sentence(helper.random(), 4),
                new Rectangle2D.Double(
                        0.05 * in.width(), (0.95 - height) * in.height(), 0.9 * in.width(), height * in.height())));
    }

    /** In one of the corners. */
    static Step logo(double width) {
        return over((in, helper, g) -> {
            double size = width * in.width();
            double margin = 0.2 * size;
            double x = helper.random().nextBoolean() ? margin : in.width() - size - margin;
            double y = helper.random().nextBoolean() ? margin : in.height() - size - margin;
            Emblem.uploaderLogo(g, x, y, size);
        });
    }

    /** Anywhere. */
    static Step sticker(double share) {
        return over((in, helper, g) -> {
            double width = share * in.width();
            double height = share * in.height();
            Emblem.sticker(
                    g, helper.between(0, in.width() - width), helper.between(0, in.height() - height), width, height);
        });
    }

    @FunctionalInterface
    private interface Drawing {
        void draw(EditedPicture on, Helper helper, Graphics2D g);
    }

    private static Step over(Drawing drawing) {
        return (in, helper) -> {
            BufferedImage out = Pixels.copy(in.picture());
            Graphics2D g = Pixels.graphics(out);
            drawing.draw(in, helper, g);
            g.dispose();
            return in.then(out);
        };
    }

    // What changes the frame.

    /** Takes that share of the width and of the height away, as much on each side. */
    static Step cropCentre(double share) {
        return crop(share, (room, random) -> room / 2);
    }

    /** Takes that share of the width and of the height away, so that one of the corners stays. */
    static Step cropCorner(double share) {
        return crop(share, (room, random) -> random < 0.5 ? 0 : room);
    }

    /** @param place of the room that is left and a random number, the beginning of what stays */
    private static Step crop(double share, BinaryOperator<Double> place) {
        return (in, helper) -> {
            int width = (int) Math.round((1 - share) * in.width());
            int height = (int) Math.round((1 - share) * in.height());
            double roomX = in.width() - width;
            double roomY = in.height() - height;
            int x = (int) Math.round(place.apply(roomX, helper.random().nextDouble()));
            int y = (int) Math.round(place.apply(roomY, helper.random().nextDouble()));
            return in.then(Pixels.part(in.picture(), x, y, width, height), Projection.translation(-x, -y));
        };
    }

    /** On all four sides, as wide as that share of the side's length. */
    static Step border(double share, Color colour) {
        return frame(share, share, share, (width, height, in) -> plain(width, height, colour));
    }

    /** The same, filled with the picture itself, enlarged and out of focus. */
    static Step blurredBorder(double share) {
        return frame(share, share, share, (width, height, in) -> blurredCover(in, width, height));
    }

    static Step letterbox(double share) {
        return frame(0, share, share, (width, height, in) -> plain(width, height, Color.BLACK));
    }

    /** A white bar with a text on top. */
    static Step caption(double share) {
        Step bar = frame(0, share, 0, (width, height, in) -> plain(width, height, Color.WHITE));
        return (in, helper) -> {
            EditedPicture out = bar.apply(in, helper);
            Graphics2D g = Pixels.graphics(out.picture());
            double height = out.height() - in.height();
            Rectangle2D box =
                    new Rectangle2D.Double(0.04 * out.width(), 0.15 * height, 0.92 * out.width(), 0.7 * height);
            Lettering.fitted(g, Words.sentence(helper.random(), 6), box, Color.BLACK);
            g.dispose();
            return out;
        };
    }

    @FunctionalInterface
    private interface Ground {
        BufferedImage of(int width, int height, BufferedImage picture);
    }

    private static Step frame(double sides, double above, double below, Ground ground) {
        return (in, helper) -> {
            int x = (int) Math.round(sides * in.width());
            int top = (int) Math.round(above * in.height());
            int bottom = (int) Math.round(below * in.height());
            BufferedImage out = ground.of(in.width() + 2 * x, in.height() + top + bottom, in.picture());
            return paste(in, out, new Rectangle(x, top, in.width(), in.height()));
        };
    }

    private static BufferedImage plain(int width, int height, Color colour) {
        BufferedImage out = Pixels.blank(width, height);
        Graphics2D g = out.createGraphics();
        g.setColor(colour);
        g.fillRect(0, 0, width, height);
        g.dispose();
        return out;
    }

    private static BufferedImage blurredCover(BufferedImage picture, int width, int height) {
        BufferedImage small = Pixels.cover(picture, Math.max(8, width / 8), Math.max(8, height / 8));
        return Pixels.scaled(Pixels.blurred(small, 2.5), width, height);
    }

    // What moves its pixels.

    static Step scale(double x, double y) {
        return (in, helper) -> {
            int width = (int) Math.max(1, Math.round(x * in.width()));
            int height = (int) Math.max(1, Math.round(y * in.height()));
            return in.then(
                    Pixels.scaled(in.picture(), width, height),
                    Projection.scaling((double) width / in.width(), (double) height / in.height()));
        };
    }

    static Step mirror() {
        return (in, helper) -> {
            AffineTransform flip = new AffineTransform(-1, 0, 0, 1, in.width(), 0);
            return drawn(in, flip, in.width(), in.height());
        };
    }

    /** Counter-clockwise. */
    static Step quarterTurn() {
        return (in, helper) -> drawn(in, new AffineTransform(0, -1, 1, 0, 0, in.width()), in.height(), in.width());
    }

    /** To either side, and cropped to as much of its shape as shows nothing but picture. */
    static Step rotateAndCrop(double degrees) {
        return (in, helper) -> {
            double turn = Math.toRadians(degrees);
            double w = in.width();
            double h = in.height();
            double wider = Math.cos(turn) + Math.sin(turn) * Math.max(w / h, h / w);
            int width = (int) (w / wider);
            int height = (int) (h / wider);
            return drawn(in, rotation(in, helper.sign() * turn, width, height), width, height);
        };
    }

    /** To either side, whole, on black. */
    static Step rotateOnBlack(double degrees) {
        return (in, helper) -> {
            double turn = Math.toRadians(degrees);
            int width = (int) Math.ceil(in.width() * Math.cos(turn) + in.height() * Math.sin(turn));
            int height = (int) Math.ceil(in.width() * Math.sin(turn) + in.height() * Math.cos(turn));
            return drawn(in, rotation(in, helper.sign() * turn, width, height), width, height);
        };
    }

    /** About the middle, which becomes the middle of a picture of that size. */
    private static AffineTransform rotation(EditedPicture in, double turn, int width, int height) {
        AffineTransform rotation = AffineTransform.getTranslateInstance(width / 2.0, height / 2.0);
        rotation.rotate(turn);
        rotation.translate(-in.width() / 2.0, -in.height() / 2.0);
        return rotation;
    }

    private static EditedPicture drawn(EditedPicture in, AffineTransform transform, int width, int height) {
        BufferedImage out = Pixels.blank(width, height);
        Graphics2D g = Pixels.graphics(out);
        g.drawImage(in.picture(), transform, null);
        g.dispose();
        return in.then(out, Projection.of(transform));
    }

    /** Each corner goes anywhere within that share of the sides; what is uncovered is black. */
    static Step perspective(double share) {
        return (in, helper) -> {
            Point2D[] corners = new Point2D[4];
            for (int i = 0; i < 4; i++) {
                double x = i == 1 || i == 2 ? 1 : 0;
                double y = i >= 2 ? 1 : 0;
                corners[i] = new Point2D.Double(
                        in.width() * (x + helper.between(-share, share)),
                        in.height() * (y + helper.between(-share, share)));
            }
            Projection there = Projection.toCorners(in.width(), in.height(), corners);
            return in.then(warped(in.picture(), there.inverse()), there);
        };
    }

    private static BufferedImage warped(BufferedImage picture, Projection back) {
        int width = picture.getWidth();
        int height = picture.getHeight();
        int[] from = Pixels.of(picture);
        BufferedImage out = Pixels.blank(width, height);
        int[] to = Pixels.of(out);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                Point2D.Double at = back.map(x + 0.5, y + 0.5);
                if (at.x >= 0 && at.y >= 0 && at.x < width && at.y < height) {
                    to[y * width + x] = between(from, width, height, at.x - 0.5, at.y - 0.5);
                }
            }
        }
        return out;
    }

    /** Bilinear. */
    private static int between(int[] pixels, int width, int height, double x, double y) {
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        double right = x - left;
        double low = y - top;
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            double tone = 0;
            for (int corner = 0; corner < 4; corner++) {
                int px = Math.clamp(left + corner % 2, 0, width - 1);
                int py = Math.clamp(top + corner / 2, 0, height - 1);
                double weight = (corner % 2 == 0 ? 1 - right : right) * (corner / 2 == 0 ? 1 - low : low);
                tone += weight * (pixels[py * width + px] >> shift & 0xFF);
            }
            rgb |= level(tone) << shift;
        }
        return rgb;
    }

    // What puts the picture into another one.

    /** Anywhere on another photo of the same size; so large is it there. */
    static Step pasteInto(double share) {
        return (in, helper) -> {
            BufferedImage out = Pixels.cover(helper.others().get(), in.width(), in.height());
            int width = (int) Math.round(share * in.width());
            int height = (int) Math.round(share * in.height());
            int x = (int) helper.between(0, in.width() - width + 1);
            int y = (int) helper.between(0, in.height() - height + 1);
            return paste(in, out, new Rectangle(x, y, width, height));
        };
    }

    /** One of two by two pictures. */
    static Step collage() {
        return (in, helper) -> {
            BufferedImage out = plain(in.width(), in.height(), Color.WHITE);
            int gap = Math.max(1, in.width() / 150);
            int width = (in.width() - gap) / 2;
            int height = (in.height() - gap) / 2;
            int own = helper.random().nextInt(4);
            EditedPicture done = in;
            for (int cell = 0; cell < 4; cell++) {
                Rectangle place = new Rectangle(cell % 2 * (width + gap), cell / 2 * (height + gap), width, height);
                if (cell == own) {
                    done = paste(in, out, place);
                } else {
                    Graphics2D g = out.createGraphics();
                    g.drawImage(Pixels.cover(helper.others().get(), width, height), place.x, place.y, null);
                    g.dispose();
                }
            }
            return done;
        };
    }

    /** A phone's screen that shows it. */
    static Step screenshot() {
        return (in, helper) -> {
            Feed.Shown shown = Feed.of(in.picture(), helper.others().get(), helper.random());
            return in.then(shown.screen(), placed(in, shown.place()));
        };
    }

    private static EditedPicture paste(EditedPicture in, BufferedImage out, Rectangle place) {
        Graphics2D g = out.createGraphics();
        g.drawImage(Pixels.scaled(in.picture(), place.width, place.height), place.x, place.y, null);
        g.dispose();
        return in.then(out, placed(in, place));
    }

    private static Projection placed(EditedPicture in, Rectangle place) {
        return Projection.translation(place.x, place.y)
                .after(Projection.scaling((double) place.width / in.width(), (double) place.height / in.height()));
    }
}
