package org.semblance.engine.media;

/** The filters that the rows of a PNG have: W3C PNG, third edition, section 9. */
public final class PngFilter {
    private PngFilter() {}

    /**
     * Takes the filter off a row.
     *
     * @param filter the number of the filter type
     * @param row filtered bytes from {@code from} on, which become samples
     * @param before the row above as samples, or zeros above the first row; as long as {@code row}
     * @param from where the first pixel begins in both rows
     * @param step bytes from a sample to the same sample of the next pixel, at least 1
     * @return false if there is no such filter; the row is as it was then
     */
    public static boolean undo(int filter, byte[] row, byte[] before, int from, int step) {
        switch (filter) {
            case 0 -> {}
            case 1 -> addLeft(row, from, step);
            case 2 -> addAbove(row, before, from);
            case 3 -> addMean(row, before, from, step);
            case 4 -> addPaeth(row, before, from, step);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void addLeft(byte[] row, int from, int step) {
        for (int i = from + step; i < row.length; i++) {
            row[i] += row[i - step];
        }
    }

    private static void addAbove(byte[] row, byte[] before, int from) {
        for (int i = from; i < row.length; i++) {
            row[i] += before[i];
        }
    }

    private static void addMean(byte[] row, byte[] before, int from, int step) {
        int second = Math.min(row.length, from + step);
        for (int i = from; i < second; i++) {
            row[i] += (byte) ((before[i] & 0xFF) >> 1);
        }
        for (int i = second; i < row.length; i++) {
            row[i] += (byte) ((row[i - step] & 0xFF) + (before[i] & 0xFF) >> 1);
        }
    }

    private static void addPaeth(byte[] row, byte[] before, int from, int step) {
        int second = Math.min(row.length, from + step);
        for (int i = from; i < second; i++) {
            row[i] += before[i];
        }
        for (int i = second; i < row.length; i++) {
            row[i] += (byte) paeth(row[i - step] & 0xFF, before[i] & 0xFF, before[i - step] & 0xFF);
        }
    }

    /** Section 9.4, without branches, which no processor could foretell. */
    private static int paeth(int left, int above, int corner) {
        int fromLeft = Math.abs(above - corner);
        int fromAbove = Math.abs(left - corner);
        int fromCorner = Math.abs(left - corner + above - corner);
        // Each is all ones or none.
        int isNotLeft = Math.min(fromAbove, fromCorner) - fromLeft >> 31;
        int isCorner = fromCorner - fromAbove >> 31;
        int other = above ^ (above ^ corner) & isCorner;
        return left ^ (left ^ other) & isNotLeft;
    }
}
