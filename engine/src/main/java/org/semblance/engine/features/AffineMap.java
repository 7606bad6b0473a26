package org.semblance.engine.features;

/**
 * A map of the plane: {@code x' = xx * x + xy * y + x0} and {@code y' = yx * x + yy * y + y0}.
 *
 * @param xx of x for x
 * @param xy of y for x
 * @param x0 added to x
 * @param yx of x for y
 * @param yy of y for y
 * @param y0 added to y
 */
public record AffineMap(double xx, double xy, double x0, double yx, double yy, double y0) {
    /** Turns by that angle, scales, and then takes one point to the other. */
    static AffineMap similarity(double scale, double angle, double fromX, double fromY, double toX, double toY) {
        double cos = scale * StrictMath.cos(angle);
        double sin = scale * StrictMath.sin(angle);
        return new AffineMap(cos, -sin, toX - cos * fromX + sin * fromY, sin, cos, toY - sin * fromX - cos * fromY);
    }

    public double x(double x, double y) {
        return xx * x + xy * y + x0;
    }

    public double y(double x, double y) {
        return yx * x + yy * y + y0;
    }

    /** By how much areas grow; negative if the map mirrors. */
    public double determinant() {
        return xx * yy - xy * yx;
    }

    /** By how much lengths grow, on the mean. */
    double scale() {
        return Math.sqrt(Math.abs(determinant()));
    }

    /** 2 for a map that keeps angles, more the more it stretches one way or shears. */
    double distortion() {
        return (xx * xx + xy * xy + yx * yx + yy * yy) / Math.abs(determinant());
    }

    /** The map back. */
    AffineMap inverse() {
        double d = determinant();
        return new AffineMap(yy / d, -xy / d, (xy * y0 - yy * x0) / d, -yx / d, xx / d, (yx * x0 - xx * y0) / d);
    }

    /** This map, followed by mirroring left and right in a picture of that width. */
    AffineMap mirrored(int width) {
        return new AffineMap(-xx, -xy, width - 1 - x0, yx, yy, y0);
    }

    /**
     * The same map between pictures of other sizes: pixels are squares whose centres have whole coordinates here, while the
     * result maps fractions of width and height.
     */
    AffineMap inFractions(int fromWidth, int fromHeight, int toWidth, int toHeight) {
        // A fraction f is the pixel coordinate f * size - 0.5.
        double shiftX = x(-0.5, -0.5) + 0.5;
        double shiftY = y(-0.5, -0.5) + 0.5;
        return new AffineMap(
                xx * fromWidth / toWidth,
                xy * fromHeight / toWidth,
                shiftX / toWidth,
                yx * fromWidth / toHeight,
                yy * fromHeight / toHeight,
                shiftY / toHeight);
    }
}
