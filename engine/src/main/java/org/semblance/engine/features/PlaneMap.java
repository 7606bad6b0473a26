package org.semblance.engine.features;

import java.util.Arrays;

/**
 * A map of the plane that keeps straight lines straight, as seeing a picture from another place does: a 3x3 matrix, by which
 * {@code x' = (m0 x + m1 y + m2) / (m6 x + m7 y + m8)} and {@code y' = (m3 x + m4 y + m5) / (m6 x + m7 y + m8)}. Immutable.
 */
public final class PlaneMap {
    private static final int SIDE = 3;

    /** Row by row; the last number is 1. */
    private final double[] m;

    /** What the map does near a point: how x' and y' change with x and with y. */
    record Slope(double xx, double xy, double yx, double yy) {
        /** By how much areas grow; negative if the map mirrors. */
        double determinant() {
            return xx * yy - xy * yx;
        }

        /** By how much lengths grow, on the mean. */
        double scale() {
            return Math.sqrt(Math.abs(determinant()));
        }

        /** 2 where angles are kept, more the more the map stretches one way or shears. */
        double distortion() {
            return (xx * xx + xy * xy + yx * yx + yy * yy) / Math.abs(determinant());
        }
    }

    private PlaneMap(double... m) {
        double last = m[8];
        this.m = last == 1 ? m : Arrays.stream(m).map(value -> value / last).toArray();
    }

    /** {@code x' = xx x + xy y + x0}, {@code y' = yx x + yy y + y0}. */
    static PlaneMap affine(double xx, double xy, double x0, double yx, double yy, double y0) {
        return new PlaneMap(xx, xy, x0, yx, yy, y0, 0, 0, 1);
    }

    /** The affine one divided by {@code wx x + wy y + 1}. */
    static PlaneMap projective(double xx, double xy, double x0, double yx, double yy, double y0, double wx, double wy) {
        return new PlaneMap(xx, xy, x0, yx, yy, y0, wx, wy, 1);
    }

    /** Turns by that angle, scales, and then takes one point to the other. */
    static PlaneMap similarity(double scale, double angle, double fromX, double fromY, double toX, double toY) {
        double cos = scale * StrictMath.cos(angle);
        double sin = scale * StrictMath.sin(angle);
        return affine(cos, -sin, toX - cos * fromX + sin * fromY, sin, cos, toY - sin * fromX - cos * fromY);
    }

    static PlaneMap scaling(double x, double y) {
        return affine(x, 0, 0, 0, y, 0);
    }

    static PlaneMap translation(double x, double y) {
        return affine(1, 0, x, 0, 1, y);
    }

    /** The nine numbers, row by row. */
    public double[] matrix() {
        return m.clone();
    }

    /** Where the point goes, along the x axis. */
    public double x(double x, double y) {
        return (m[0] * x + m[1] * y + m[2]) / depth(x, y);
    }

    /** Where the point goes, along the y axis. */
    public double y(double x, double y) {
        return (m[3] * x + m[4] * y + m[5]) / depth(x, y);
    }

    /** How far away the point is, 1 for the origin; 0 or less for what is not to be seen. */
    double depth(double x, double y) {
        return m[6] * x + m[7] * y + m[8];
    }

    Slope at(double x, double y) {
        double depth = depth(x, y);
        double toX = x(x, y);
        double toY = y(x, y);
        return new Slope(
                (m[0] - toX * m[6]) / depth,
                (m[1] - toX * m[7]) / depth,
                (m[3] - toY * m[6]) / depth,
                (m[4] - toY * m[7]) / depth);
    }

    /** The first one, then this. */
    PlaneMap after(PlaneMap first) {
        double[] product = new double[SIDE * SIDE];
        for (int row = 0; row < SIDE; row++) {
            for (int column = 0; column < SIDE; column++) {
                for (int k = 0; k < SIDE; k++) {
                    product[SIDE * row + column] += m[SIDE * row + k] * first.m[SIDE * k + column];
                }
            }
        }
        return new PlaneMap(product);
    }

    /** The map back. */
    PlaneMap inverse() {
        return new PlaneMap(
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

    /** This map, followed by mirroring left and right in a picture of that width. */
    PlaneMap mirrored(int width) {
        return affine(-1, 0, width - 1, 0, 1, 0).after(this);
    }

    /**
     * This map as a map of fractions of width and height. Pixels are squares whose centres have whole coordinates in this map.
     */
    PlaneMap inFractions(int fromWidth, int fromHeight, int toWidth, int toHeight) {
        return scaling(1.0 / toWidth, 1.0 / toHeight)
                .after(translation(0.5, 0.5))
                .after(this)
                .after(translation(-0.5, -0.5))
                .after(scaling(fromWidth, fromHeight));
    }

    @Override
    public String toString() {
        return Arrays.toString(m);
    }
}
