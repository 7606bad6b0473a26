package org.semblance.engine.video;

import java.util.Arrays;
import org.semblance.engine.pdq.Luma;

/**
 * Finds the constant borders of a video: those rows and columns at its edges that have one and the same shade in all
 * pictures seen. A picture alone may be dark at the edges by chance; over many, what is behind bars never moves, and
 * everything else does.
 *
 * <p>A logo or a caption that lies on a bar is not behind it. So a line goes on being border while most of it has the
 * border's shade in every picture; what the other two borders cover of it does not count, since they are plain anyway.
 * First the borders are found that are plain throughout, because only from them can be told what of a line is covered.
 *
 * <p>Kept are, for each row and each column, the least and the largest luma, and the least number of plain pixels in a
 * picture. Adding a picture can only make borders narrower.
 */
final class BorderDetector {
    /** Luma by which a border may vary: it has been through a lossy codec. */
    private static final float TOLERANCE = 12;

    /** The share of a line that must be plain: captions leave more than half of it. */
    private static final double PLAIN_SHARE = 0.6;

    /** Every so many pixels of a line are enough to tell its plain share. */
    private static final int STEP = 4;

    /** A border narrower than this share of the side is none: PDQ forgives it, and edges are often not clean. */
    private static final double LEAST_SHARE = 0.01;

    /** Of either side, this share must remain as picture. A video that is flat has no borders. */
    private static final double LEAST_INNER_SHARE = 0.25;

    private int width;
    private int height;
    private boolean sizeChanged;
    private float[] line = {};
    private Lines rows = new Lines(0, 0, 0, 0);
    private Lines columns = new Lines(0, 0, 0, 0);

    /** All rows, or all columns, from the first edge to the other. */
    private static final class Lines {
        /** Pixels of a line that are looked at, one in {@link #STEP}. */
        final int across;

        /** Shades of the two edges. */
        final float near;

        final float far;
        final float[] min;
        final float[] max;

        /** Of each line in one picture, pixels of the near edge's shade and of the far one's; and the fewest in any. */
        final int[] nearPlain;

        final int[] farPlain;
        final int[] leastNear;
        final int[] leastFar;

        /** @param across pixels of a line */
        Lines(int count, int across, float near, float far) {
            this.across = (across + STEP - 1) / STEP;
            this.near = near;
            this.far = far;
            min = filled(count, Float.POSITIVE_INFINITY);
            max = filled(count, Float.NEGATIVE_INFINITY);
            nearPlain = new int[count];
            farPlain = new int[count];
            leastNear = new int[count];
            leastFar = new int[count];
            Arrays.fill(leastNear, this.across);
            Arrays.fill(leastFar, this.across);
        }

        private static float[] filled(int length, float value) {
            float[] array = new float[length];
            Arrays.fill(array, value);
            return array;
        }

        int count() {
            return min.length;
        }

        void endPicture() {
            for (int i = 0; i < count(); i++) {
                leastNear[i] = Math.min(leastNear[i], nearPlain[i]);
                leastFar[i] = Math.min(leastFar[i], farPlain[i]);
            }
            Arrays.fill(nearPlain, 0);
            Arrays.fill(farPlain, 0);
        }

        Band plain() {
            return new Band(run(0, 1), run(count() - 1, -1));
        }

        /** How many lines from that one on, together, have one shade. */
        private int run(int from, int step) {
            float least = Float.POSITIVE_INFINITY;
            float largest = Float.NEGATIVE_INFINITY;
            int lines = 0;
            for (int i = from; i >= 0 && i < count(); i += step) {
                least = Math.min(least, min[i]);
                largest = Math.max(largest, max[i]);
                if (largest - least > TOLERANCE) {
                    break;
                }
                lines++;
            }
            return lines;
        }

        /**
         * Those plain throughout, and those that follow and are mostly plain.
         *
         * @param others how many pixels of each line the other two borders cover
         */
        Band mostlyPlain(Band plain, Band others) {
            int covered = others.sum() / STEP;
            Band most = new Band(
                    Math.max(plain.near, run(leastNear, 0, 1, covered)),
                    Math.max(plain.far, run(leastFar, count() - 1, -1, covered)));
            return most.leavesPicture(count()) ? most : plain;
        }

        private int run(int[] least, int from, int step, int covered) {
            int lines = 0;
            for (int i = from; i >= 0 && i < count(); i += step) {
                if (least[i] - covered < PLAIN_SHARE * (across - covered)) {
                    break;
                }
                lines++;
            }
            return lines;
        }
    }

    /** How many lines are border at the first edge, and at the other. */
    private record Band(int near, int far) {
        int sum() {
            return near + far;
        }

        boolean leavesPicture(int count) {
            return count - sum() >= LEAST_INNER_SHARE * count;
        }

        Band wideEnough(int count) {
            return new Band(near < LEAST_SHARE * count ? 0 : near, far < LEAST_SHARE * count ? 0 : far);
        }
    }

    void add(Luma luma) {
        if (line.length == 0) {
            begin(luma);
        }
        sizeChanged |= luma.width() != width || luma.height() != height;
        if (sizeChanged) {
            return;
        }
        for (int y = 0; y < height; y++) {
            luma.row(y, line, 0);
            float min = rows.min[y];
            float max = rows.max[y];
            for (int x = 0; x < width; x++) {
                float value = line[x];
                min = Math.min(min, value);
                max = Math.max(max, value);
                columns.min[x] = Math.min(columns.min[x], value);
                columns.max[x] = Math.max(columns.max[x], value);
            }
            rows.min[y] = min;
            rows.max[y] = max;
            for (int x = 0; x < width; x += STEP) {
                rows.nearPlain[y] += plain(line[x], rows.near);
                rows.farPlain[y] += plain(line[x], rows.far);
            }
            if (y % STEP == 0) {
                for (int x = 0; x < width; x++) {
                    columns.nearPlain[x] += plain(line[x], columns.near);
                    columns.farPlain[x] += plain(line[x], columns.far);
                }
            }
        }
        rows.endPicture();
        columns.endPicture();
    }

    private static int plain(float value, float shade) {
        return Math.abs(value - shade) <= TOLERANCE / 2 ? 1 : 0;
    }

    /** The shades of the borders, if there are any, are those of the edges of the first picture. */
    private void begin(Luma luma) {
        width = luma.width();
        height = luma.height();
        line = new float[width];
        float[] left = new float[height];
        float[] right = new float[height];
        for (int y = 0; y < height; y++) {
            luma.row(y, line, 0);
            left[y] = line[0];
            right[y] = line[width - 1];
        }
        float bottom = median(line);
        luma.row(0, line, 0);
        rows = new Lines(height, width, median(line), bottom);
        columns = new Lines(width, height, median(left), median(right));
    }

    private static float median(float[] values) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** The borders of what was seen; none if its size changed on the way. */
    Borders borders() {
        if (line.length == 0 || sizeChanged) {
            return Borders.NONE;
        }
        Band ofRows = rows.plain();
        Band ofColumns = columns.plain();
        if (!ofRows.leavesPicture(height) || !ofColumns.leavesPicture(width)) {
            return Borders.NONE;
        }
        // Bars of 9:16 within 16:9 cover two thirds of each row: the larger ones first, and the others without them.
        if ((long) ofRows.sum() * width >= (long) ofColumns.sum() * height) {
            ofRows = rows.mostlyPlain(ofRows, ofColumns);
            ofColumns = columns.mostlyPlain(ofColumns, ofRows);
        } else {
            ofColumns = columns.mostlyPlain(ofColumns, ofRows);
            ofRows = rows.mostlyPlain(ofRows, ofColumns);
        }
        ofRows = ofRows.wideEnough(height);
        ofColumns = ofColumns.wideEnough(width);
        return new Borders(ofColumns.near, ofRows.near, ofColumns.far, ofRows.far);
    }
}
