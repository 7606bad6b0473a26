package org.semblance.bench.edits;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Point2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EditsTest {
    private static final long SEED = 20_261_129;
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;
    private static final double RADIUS = 12;

    /** Less of a mark than that is seen if something hides it, or it is cut off. */
    private static final double LEAST_SEEN = 0.8;

    private static final Point2D[] MARKS = {
        new Point2D.Double(250, 190),
        new Point2D.Double(390, 200),
        new Point2D.Double(260, 290),
        new Point2D.Double(380, 280),
        new Point2D.Double(320, 240)
    };

    static Stream<Edit> edits() {
        return Edits.ALL.stream();
    }

    @Test
    void thereAre49OfDifferentNames() {
        assertThat(Edits.ALL.stream().map(Edit::name).distinct()).hasSize(49);
    }

    /** The mark is where the pictures with and without it differ after the same edit. */
    @ParameterizedTest
    @MethodSource("edits")
    void theMatrixTellsWhereAMarkGoes(Edit edit) throws IOException {
        BufferedImage unmarked = ground(SEED);
        Edit.Copy copy = edit.apply(unmarked, helper());
        BufferedImage without = Pixels.read(copy.jpeg());
        assertThat(without.getWidth()).isEqualTo(copy.width());
        assertThat(without.getHeight()).isEqualTo(copy.height());
        int seen = 0;
        for (Point2D mark : MARKS) {
            Edit.Copy marked = edit.apply(marked(unmarked, mark), helper());
            Found found = Found.of(without, Pixels.read(marked.jpeg()));
            Point2D expected = copy.fromOriginal().map(mark.getX(), mark.getY());
            double area = Math.PI * RADIUS * RADIUS * growth(copy.fromOriginal(), mark);
            if (found.pixels >= LEAST_SEEN * area) {
                seen++;
                assertThat(found.centre.distance(expected))
                        .as("%s: seed %d, mark %s, found %s, told %s", edit.name(), SEED, mark, found.centre, expected)
                        .isLessThan(1.5);
            }
        }
        assertThat(seen).as("%s: marks that are seen", edit.name()).isGreaterThanOrEqualTo(2);
    }

    @ParameterizedTest
    @MethodSource("edits")
    void theSameSeedGivesTheSameBytes(Edit edit) {
        BufferedImage picture = ground(SEED);
        byte[] first = edit.apply(picture, helper()).jpeg();

        assertThat(edit.apply(picture, helper()).jpeg()).isEqualTo(first);
    }

    private static double growth(Projection projection, Point2D at) {
        Point2D p = projection.map(at.getX(), at.getY());
        Point2D right = projection.map(at.getX() + 1, at.getY());
        Point2D below = projection.map(at.getX(), at.getY() + 1);
        return Math.abs((right.getX() - p.getX()) * (below.getY() - p.getY())
                - (right.getY() - p.getY()) * (below.getX() - p.getX()));
    }

    /** @param centre of the pixels that differ by more than half of the largest difference */
    private record Found(int pixels, Point2D centre) {
        static Found of(BufferedImage a, BufferedImage b) {
            int[] left = Pixels.of(a);
            int[] right = Pixels.of(b);
            int largest = 0;
            for (int i = 0; i < left.length; i++) {
                largest = Math.max(largest, difference(left[i], right[i]));
            }
            int pixels = 0;
            double x = 0;
            double y = 0;
            for (int i = 0; i < left.length; i++) {
                if (2 * difference(left[i], right[i]) > largest) {
                    pixels++;
                    x += i % a.getWidth() + 0.5;
                    y += i / a.getWidth() + 0.5;
                }
            }
            return new Found(pixels, new Point2D.Double(x / pixels, y / pixels));
        }

        private static int difference(int a, int b) {
            int sum = 0;
            for (int shift = 16; shift >= 0; shift -= 8) {
                sum += Math.abs((a >> shift & 0xFF) - (b >> shift & 0xFF));
            }
            return sum;
        }
    }

    private static Edit.Helper helper() {
        Supplier<BufferedImage> others = () -> ground(SEED + 1);
        return new Edit.Helper(new Random(SEED), others);
    }

    /** Soft and dark, so that a white mark stands out from it everywhere alike. */
    private static BufferedImage ground(long seed) {
        BufferedImage ground = Pixels.blank(WIDTH, HEIGHT);
        Graphics2D g = Pixels.graphics(ground);
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            g.setColor(new Color(30 + random.nextInt(25), 30 + random.nextInt(25), 30 + random.nextInt(25)));
            g.fill(new Ellipse2D.Double(random.nextInt(WIDTH) - 60, random.nextInt(HEIGHT) - 60, 160, 160));
        }
        g.dispose();
        return ground;
    }

    private static BufferedImage marked(BufferedImage picture, Point2D at) {
        BufferedImage marked = Pixels.copy(picture);
        Graphics2D g = Pixels.graphics(marked);
        g.setColor(Color.WHITE);
        g.fill(new Ellipse2D.Double(at.getX() - RADIUS, at.getY() - RADIUS, 2 * RADIUS, 2 * RADIUS));
        g.dispose();
        return marked;
    }
}
