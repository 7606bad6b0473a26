package org.semblance.bench.harness;

import java.util.Arrays;
import java.util.List;

/** Times that one thread takes, in nanoseconds. */
public final class Times {
    private long[] nanos = new long[1_024];
    private int size;

    /** The times of several runs, joined. */
    public static Times all(List<Times> parts) {
        Times all = new Times();
        all.nanos = parts.stream()
                .flatMapToLong(part -> Arrays.stream(part.nanos, 0, part.size))
                .toArray();
        all.size = all.nanos.length;
        return all;
    }

    public void add(long taken) {
        if (size == nanos.length) {
            nanos = Arrays.copyOf(nanos, Math.max(16, 2 * size));
        }
        nanos[size++] = taken;
    }

    public void addSince(long startNanos) {
        add(System.nanoTime() - startNanos);
    }

    public int size() {
        return size;
    }

    /** Milliseconds that this share of them took at most, such as 0.99; 1 is for the longest. 0 if there are none. */
    public double percentile(double share) {
        Arrays.sort(nanos, 0, size);
        return percentile(nanos, size, share);
    }

    /** The same of sorted nanoseconds. */
    public static double percentile(long[] sorted, double share) {
        return percentile(sorted, sorted.length, share);
    }

    private static double percentile(long[] sorted, int size, double share) {
        return size == 0 ? 0 : sorted[(int) Math.ceil(share * size) - 1] / 1e6;
    }

    /** The upper one of the middle two if their number is even. */
    public static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
