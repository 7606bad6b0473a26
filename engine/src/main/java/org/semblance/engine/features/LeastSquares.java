package org.semblance.engine.features;

import org.jspecify.annotations.Nullable;

/** The affine map that takes points nearest to others, by the sum of the squared distances. */
final class LeastSquares {
    /** {@link AffineMap#distortion}; a picture twice as wide has 2.5. */
    private static final double MAX_DISTORTION = 3;

    private double weight;
    private double fromX;
    private double fromY;
    private double toX;
    private double toY;
    private double xx;
    private double xy;
    private double yy;
    private double xToX;
    private double yToX;
    private double xToY;
    private double yToY;

    /** Adds a pair of points. */
    void add(double x, double y, double x2, double y2) {
        weight++;
        fromX += x;
        fromY += y;
        toX += x2;
        toY += y2;
        xx += x * x;
        xy += x * y;
        yy += y * y;
        xToX += x * x2;
        yToX += y * x2;
        xToY += x * y2;
        yToY += y * y2;
    }

    /**
     * The map; of points that lie on a line, or nearly, that among those that only turn, scale and shift. Null if there is
     * none that leaves a picture recognisable: which does not mirror, and stretches and shears only so far.
     */
    @Nullable
    AffineMap map() {
        AffineMap affine = affine();
        AffineMap map = affine == null ? similarity() : affine;
        return map != null && map.determinant() > 0 && map.distortion() <= MAX_DISTORTION ? map : null;
    }

    private @Nullable AffineMap affine() {
        double varianceX = xx - fromX * fromX / weight;
        double varianceY = yy - fromY * fromY / weight;
        double covariance = xy - fromX * fromY / weight;
        double determinant = varianceX * varianceY - covariance * covariance;
        double sum = varianceX + varianceY;
        // The thinner axis of the points' ellipse is at least a fifth of the longer one.
        if (!(determinant > sum * sum / 27)) {
            return null;
        }
        double xX = xToX - fromX * toX / weight;
        double yX = yToX - fromY * toX / weight;
        double xY = xToY - fromX * toY / weight;
        double yY = yToY - fromY * toY / weight;
        double a = (xX * varianceY - yX * covariance) / determinant;
        double b = (yX * varianceX - xX * covariance) / determinant;
        double c = (xY * varianceY - yY * covariance) / determinant;
        double d = (yY * varianceX - xY * covariance) / determinant;
        return new AffineMap(
                a, b, (toX - a * fromX - b * fromY) / weight, c, d, (toY - c * fromX - d * fromY) / weight);
    }

    private @Nullable AffineMap similarity() {
        double variance = xx - fromX * fromX / weight + yy - fromY * fromY / weight;
        if (!(variance > 1)) {
            return null;
        }
        double cos = (xToX - fromX * toX / weight + yToY - fromY * toY / weight) / variance;
        double sin = (xToY - fromX * toY / weight - yToX + fromY * toX / weight) / variance;
        return new AffineMap(
                cos,
                -sin,
                (toX - cos * fromX + sin * fromY) / weight,
                sin,
                cos,
                (toY - sin * fromX - cos * fromY) / weight);
    }
}
