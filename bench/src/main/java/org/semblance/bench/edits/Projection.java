package org.semblance.bench.edits;

import java.awt.geom.AffineTransform;
import java.awt.geom.Point2D;

/**
 * A 3x3 matrix that maps points of one picture to points of another. A point is in pixels from the upper left corner of the
 * upper left pixel, so that the corners of a picture are at 0 and at its width and height.
 */
public final class Projection {
    static final Projection IDENTITY = new Projection(1, 0, 0, 0, 1, 0, 0, 0, 1);

    private final double[] m;

    /** @param rowByRow nine numbers */
    public Projection(double... rowByRow) {
        if (rowByRow.length != 9) {
            throw new IllegalArgumentException(rowByRow.length + " numbers (expected: 9)");
        }
        m = rowByRow.clone();
    }

    static Projection translation(double x, double y) {
        return new Projection(1, 0, x, 0, 1, y, 0, 0, 1);
    }

    public static Projection scaling(double x, double y) {
        return new Projection(x, 0, 0, 0, y, 0, 0, 0, 1);
    }

    static Projection of(AffineTransform t) {
        return new Projection(
                t.getScaleX(),
                t.getShearX(),
                t.getTranslateX(),
                t.getShearY(),
                t.getScaleY(),
                t.getTranslateY(),
                0,
                0,
                1);
    }

    /**
     * The one that maps the corners of a picture to four points. Heckbert 1989, "Fundamentals of texture mapping and image
     * warping", section 2.2.3.
     *
     * @param corners upper left, upper right, lower right, lower left
     */
    static Projection toCorners(int width, int height, Point2D[] corners) {
        double x0 = corners[0].getX();
        double y0 = corners[0].getY();
        double dx1 = corners[1].getX() - corners[2].getX();
        double dy1 = corners[1].getY() - corners[2].getY();
        double dx2 = corners[3].getX() - corners[2].getX();
        double dy2 = corners[3].getY() - corners[2].getY();
        double sx = x0 - corners[1].getX() + corners[2].getX() - corners[3].getX();
        double sy = y0 - corners[1].getY() + corners[2].getY() - corners[3].getY();
        double area = dx1 * dy2 - dx2 * dy1;
        double g = (sx * dy2 - dx2 * sy) / area;
        double h = (dx1 * sy - sx * dy1) / area;
        Projection ofUnitSquare = new Projection(
                corners[1].getX() - x0 + g * corners[1].getX(),
                corners[3].getX() - x0 + h * corners[3].getX(),
                x0,
                corners[1].getY() - y0 + g * corners[1].getY(),
                corners[3].getY() - y0 + h * corners[3].getY(),
                y0,
                g,
                h,
                1);
        return ofUnitSquare.after(scaling(1.0 / width, 1.0 / height));
    }

    /** The first one, then this. */
    public Projection after(Projection first) {
        double[] product = new double[9];
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 3; column++) {
                for (int k = 0; k < 3; k++) {
                    product[3 * row + column] += m[3 * row + k] * first.m[3 * k + column];
                }
            }
        }
        return new Projection(product);
    }

    Projection inverse() {
        return new Projection(
                m[4] * m[8] - m[5] * m[7],
                m[2] * m[7] - m[1] * m[8],
                m[1] * m[5] - m[2] * m[4],
                m[5] * m[6] - m[3] * m[8],
                m[0] * m[8] - m[2] * m[6],
                m[2] * m[3] - m[0] * m[5],
                m[3] * m[7] - m[4] * m[6],
                m[1] * m[6] - m[0] * m[7],
                m[0] * m[4] - m[1] * m[3]);
    }

    public Point2D.Double map(double x, double y) {
        double w = m[6] * x + m[7] * y + m[8];
        return new Point2D.Double((m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w);
    }

    /** The largest distance between where this and another one map the corners of a picture of that size, in pixels. */
    public double cornerError(Projection other, int width, int height) {
        double worst = 0;
        for (int corner = 0; corner < 4; corner++) {
            double x = corner % 2 * (double) width;
            double y = corner / 2 * (double) height;
            worst = Math.max(worst, map(x, y).distance(other.map(x, y)));
        }
        return worst;
    }
}
