package org.semblance.engine.features;

import java.util.Arrays;

/** The area of the smallest convex shape that holds some points. */
final class Hull {
    private Hull() {}

    /**
     * Andrew's monotone chain (1979).
     *
     * @param xs coordinates, of which so many count
     * @param ys the other coordinate of each point
     */
    static double area(double[] xs, double[] ys, int count) {
        Integer[] order = new Integer[count];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> xs[a] != xs[b] ? Double.compare(xs[a], xs[b]) : Double.compare(ys[a], ys[b]));
        int[] hull = new int[2 * count + 1];
        int size = 0;
        for (int side = 0; side < 2; side++) {
            int least = size + 1;
            for (int i = 0; i < count; i++) {
                int point = order[side == 0 ? i : count - 1 - i];
                while (size > least && turn(xs, ys, hull[size - 2], hull[size - 1], point) <= 0) {
                    size--;
                }
                hull[size++] = point;
            }
            // The last point of a side is the first of the other.
            size--;
        }
        double twice = 0;
        for (int i = 0; i < size; i++) {
            int a = hull[i];
            int b = hull[(i + 1) % size];
            twice += xs[a] * ys[b] - xs[b] * ys[a];
        }
        return Math.abs(twice) / 2;
    }

    private static double turn(double[] xs, double[] ys, int a, int b, int c) {
        return (xs[b] - xs[a]) * (ys[c] - ys[a]) - (ys[b] - ys[a]) * (xs[c] - xs[a]);
    }
}
