package org.semblance.engine.features;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The maps that take points nearest to others, by the sum of the squared distances. */
final class MapFit {
    /** {@link PlaneMap.Slope#distortion}; a picture twice as wide has 2.5. */
    private static final double MAX_DISTORTION = 3;

    /** How much better a map with more freedom must fit, for each degree of freedom, in variances of what is left. */
    private static final double SIGNIFICANT = 8;

    /** Variance in square pixels below which what is left is the rounding of the places. */
    private static final double ROUNDING = 0.2;

    /** A picture seen from so far aside that one of its points is that much nearer than another is no re-upload. */
    private static final double LEAST_DEPTH = 0.3;

    private static final int FREEDOM = 8;

    private double[] x = new double[64];
    private double[] y = new double[64];
    private double[] toX = new double[64];
    private double[] toY = new double[64];
    private int count;

    /** Adds a pair of points. */
    void add(double fromX, double fromY, double otherX, double otherY) {
        if (count == x.length) {
            x = Arrays.copyOf(x, 2 * count);
            y = Arrays.copyOf(y, 2 * count);
            toX = Arrays.copyOf(toX, 2 * count);
            toY = Arrays.copyOf(toY, 2 * count);
        }
        x[count] = fromX;
        y[count] = fromY;
        toX[count] = otherX;
        toY[count++] = otherY;
    }

    /**
     * An affine map; of points that lie on a line, or nearly, one that only turns, scales and shifts. Null if there is none
     * that leaves a picture recognisable: which does not mirror, and stretches and shears only so far.
     */
    @Nullable
    PlaneMap affineMap() {
        PlaneMap affine = affine();
        return recognisable(affine == null ? similarity() : affine);
    }

    /** The map of the least freedom that the points do not speak against: similar, affine, or seen from aside; or null. */
    @Nullable
    PlaneMap simplestMap() {
        PlaneMap similar = recognisable(similarity());
        PlaneMap affine = recognisable(affine());
        PlaneMap best = isBetter(affine, similar, 2 * count - 6) ? affine : similar;
        PlaneMap projective = recognisable(projective());
        return isBetter(projective, best, 2 * count - FREEDOM) ? projective : best;
    }

    /** Whether the one with more freedom fits so much better that chance does not explain it. */
    private boolean isBetter(@Nullable PlaneMap free, @Nullable PlaneMap simple, int left) {
        if (free == null || simple == null) {
            return simple == null;
        }
        double error = error(free);
        return left > 0 && error(simple) - error > 2 * SIGNIFICANT * Math.max(error / left, ROUNDING);
    }

    private double error(PlaneMap map) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            double dx = map.x(x[i], y[i]) - toX[i];
            double dy = map.y(x[i], y[i]) - toY[i];
            sum += dx * dx + dy * dy;
        }
        return sum;
    }

    private @Nullable PlaneMap recognisable(@Nullable PlaneMap map) {
        if (map == null) {
            return null;
        }
        double nearest = Double.MAX_VALUE;
        double farthest = 0;
        for (int i = 0; i < count; i++) {
            PlaneMap.Slope slope = map.at(x[i], y[i]);
            if (!(slope.determinant() > 0) || slope.distortion() > MAX_DISTORTION) {
                return null;
            }
            nearest = Math.min(nearest, map.depth(x[i], y[i]));
            farthest = Math.max(farthest, map.depth(x[i], y[i]));
        }
        return nearest > LEAST_DEPTH * farthest ? map : null;
    }

    private static double mean(double[] values, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += values[i];
        }
        return sum / count;
    }

    private @Nullable PlaneMap affine() {
        double meanX = mean(x, count);
        double meanY = mean(y, count);
        double meanToX = mean(toX, count);
        double meanToY = mean(toY, count);
        double xx = 0;
        double xy = 0;
        double yy = 0;
        double xToX = 0;
        double yToX = 0;
        double xToY = 0;
        double yToY = 0;
        for (int i = 0; i < count; i++) {
            double dx = x[i] - meanX;
            double dy = y[i] - meanY;
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
            xToX += dx * (toX[i] - meanToX);
            yToX += dy * (toX[i] - meanToX);
            xToY += dx * (toY[i] - meanToY);
            yToY += dy * (toY[i] - meanToY);
        }
        double determinant = xx * yy - xy * xy;
        double sum = xx + yy;
        // The thinner axis of the points' ellipse is at least a fifth of the longer one.
        if (!(determinant > sum * sum / 27)) {
            return null;
        }
        double a = (xToX * yy - yToX * xy) / determinant;
        double b = (yToX * xx - xToX * xy) / determinant;
        double c = (xToY * yy - yToY * xy) / determinant;
        double d = (yToY * xx - xToY * xy) / determinant;
        return PlaneMap.affine(a, b, meanToX - a * meanX - b * meanY, c, d, meanToY - c * meanX - d * meanY);
    }

    private @Nullable PlaneMap similarity() {
        double meanX = mean(x, count);
        double meanY = mean(y, count);
        double meanToX = mean(toX, count);
        double meanToY = mean(toY, count);
        double variance = 0;
        double cos = 0;
        double sin = 0;
        for (int i = 0; i < count; i++) {
            double dx = x[i] - meanX;
            double dy = y[i] - meanY;
            double dx2 = toX[i] - meanToX;
            double dy2 = toY[i] - meanToY;
            variance += dx * dx + dy * dy;
            cos += dx * dx2 + dy * dy2;
            sin += dx * dy2 - dy * dx2;
        }
        if (!(variance > 1)) {
            return null;
        }
        double a = cos / variance;
        double b = sin / variance;
        return PlaneMap.affine(a, -b, meanToX - a * meanX + b * meanY, b, a, meanToY - b * meanX - a * meanY);
    }

    /** By equations that are linear in the eight numbers: each error is weighted by its depth, which is near 1. */
    private @Nullable PlaneMap projective() {
        if (count < FREEDOM) {
            return null;
        }
        // Centred and scaled, so that all numbers are of one size.
        double meanX = mean(x, count);
        double meanY = mean(y, count);
        double meanToX = mean(toX, count);
        double meanToY = mean(toY, count);
        double unit = 100;
        double[][] normal = new double[FREEDOM][FREEDOM + 1];
        for (int i = 0; i < count; i++) {
            double u = (x[i] - meanX) / unit;
            double v = (y[i] - meanY) / unit;
            double s = (toX[i] - meanToX) / unit;
            double t = (toY[i] - meanToY) / unit;
            add(normal, new double[] {u, v, 1, 0, 0, 0, -s * u, -s * v}, s);
            add(normal, new double[] {0, 0, 0, u, v, 1, -t * u, -t * v}, t);
        }
        double[] m = solved(normal);
        if (m == null) {
            return null;
        }
        PlaneMap centred = PlaneMap.projective(m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]);
        return PlaneMap.translation(meanToX, meanToY)
                .after(PlaneMap.scaling(unit, unit))
                .after(centred)
                .after(PlaneMap.scaling(1 / unit, 1 / unit))
                .after(PlaneMap.translation(-meanX, -meanY));
    }

    private static void add(double[][] normal, double[] row, double value) {
        for (int i = 0; i < FREEDOM; i++) {
            for (int k = 0; k < FREEDOM; k++) {
                normal[i][k] += row[i] * row[k];
            }
            normal[i][FREEDOM] += row[i] * value;
        }
    }

    /** Gaussian elimination; null if the equations leave something open. */
    private static double @Nullable [] solved(double[][] equations) {
        for (int column = 0; column < FREEDOM; column++) {
            int pivot = column;
            for (int row = column + 1; row < FREEDOM; row++) {
                if (Math.abs(equations[row][column]) > Math.abs(equations[pivot][column])) {
                    pivot = row;
                }
            }
            double[] top = equations[pivot];
            equations[pivot] = equations[column];
            equations[column] = top;
            if (!(Math.abs(top[column]) > 1e-6)) {
                return null;
            }
            for (int row = 0; row < FREEDOM; row++) {
                double factor = row == column ? 0 : equations[row][column] / top[column];
                for (int k = column; factor != 0 && k <= FREEDOM; k++) {
                    equations[row][k] -= factor * top[k];
                }
            }
        }
        double[] solution = new double[FREEDOM];
        Arrays.setAll(solution, i -> equations[i][FREEDOM] / equations[i][i]);
        return solution;
    }
}
