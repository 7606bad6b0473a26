package org.semblance.engine.video;

import java.util.Arrays;
import java.util.Optional;
import org.semblance.engine.pdq.Luma;

/**
 * Finds the borders of one picture: the rows and columns at its edges that have one shade.
 *
 * <p>A logo or a caption that lies on a bar is not behind it. So a line goes on being border while most of it has the
 * border's shade; what the other two borders cover of it does not count, since they are plain anyway. First the borders
 * are found that are plain throughout, because only from them can be told what of a line is covered.
 *
 * <p>A picture may be dark at its edges by chance. Whether borders are worth a crop is for {@link SeenBorders} to say, which
 * knows those of the other pictures.
 *
 * <p>Holds scratch memory: for one thread at a time.
 */
public final class BorderDetector {
    /** Luma by which a border may vary: it has been through a lossy codec. */
    private static final float TOLERANCE = 12;

    /** The share of a line that must be plain: captions leave more than half of it. */
    private static final double PLAIN_SHARE = 0.6;

    /** Every so many pixels of a line are enough to tell whether it is plain. */
    private static final int STEP = 4;

    /** Rows that are read at first, which settles most pictures. */
    private static final int GLANCES = 16;

    /** A border narrower than this share of the side is none: PDQ forgives it, and edges are often not clean. */
    private static final double LEAST_SHARE = 0.01;

    /** Of either side, this share must remain as picture. */
    private static final double LEAST_INNER_SHARE = 0.25;

    private float[] line = {};
    private float[] left = {};
    private float[] right = {};
    private Lines rows = new Lines(0, 0);
    private Lines columns = new Lines(0, 0);

    /** All rows of a picture, or all columns, from the first edge to the other. */
    private static final class Lines {
        /** Pixels of a line that are looked at, one in {@link #STEP}. */
        final int across;

        /** Shades of the two edges. */
        float near;

        float far;
        final float[] min;
        final float[] max;

        /** Of each line, pixels of the near edge's shade and of the far one's. */
        final int[] nearPlain;

        final int[] farPlain;

        /** @param across pixels of a line */
        Lines(int count, int across) {
            this.across = samples(across);
            min = new float[count];
            max = new float[count];
            nearPlain = new int[count];
            farPlain = new int[count];
        }

        int count() {
            return min.length;
        }

        void begin() {
            Arrays.fill(min, Float.POSITIVE_INFINITY);
            Arrays.fill(max, Float.NEGATIVE_INFINITY);
            Arrays.fill(nearPlain, 0);
            Arrays.fill(farPlain, 0);
        }

        Band plain() {
            return new Band(plain(0, 1), plain(count() - 1, -1));
        }

        /** How many lines from that one on, together, have one shade. */
        private int plain(int from, int step) {
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
         * Lines plain throughout, and those that follow and are mostly plain; a sky may be mostly plain as well, and is
         * seldom plain throughout even at its edge.
         *
         * @param others how many pixels of each line the other two borders cover
         */
        Band mostlyPlain(Band plain, Band others) {
            int covered = others.sum() / STEP;
            Band most = new Band(
                    plain.near == 0 ? 0 : Math.max(plain.near, mostlyPlain(nearPlain, 0, 1, covered)),
                    plain.far == 0 ? 0 : Math.max(plain.far, mostlyPlain(farPlain, count() - 1, -1, covered)));
            return most.leavesPicture(count()) ? most : plain;
        }

        private int mostlyPlain(int[] plain, int from, int step, int covered) {
            int lines = 0;
            for (int i = from; i >= 0 && i < count(); i += step) {
                if (plain[i] - covered < PLAIN_SHARE * (across - covered)) {
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

    /** The borders, {@link Borders#NONE} if there are none; empty if the picture is so flat that it could hide any. */
    public Optional<Borders> borders(Luma luma) {
        int width = luma.width();
        int height = luma.height();
        if (rows.count() != height || columns.count() != width) {
            line = new float[width];
            left = new float[samples(height)];
            right = new float[samples(height)];
            rows = new Lines(height, width);
            columns = new Lines(width, height);
        }
        if (!hasPlainEdge(luma)) {
            return Optional.of(Borders.NONE);
        }
        takeShades(luma);
        look(luma);
        Band ofRows = rows.plain();
        Band ofColumns = columns.plain();
        if (!ofRows.leavesPicture(height) || !ofColumns.leavesPicture(width)) {
            return Optional.empty();
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
        return Optional.of(new Borders(ofColumns.near, ofRows.near, ofColumns.far, ofRows.far));
    }

    /** Whether one of the four edges is plain: without that there is no border. */
    private boolean hasPlainEdge(Luma luma) {
        int height = luma.height();
        readSides(luma, Math.max(STEP, height / GLANCES / STEP * STEP));
        luma.row(0, line, 0);
        boolean top = isPlain(line);
        luma.row(height - 1, line, 0);
        if (!top && !isPlain(line) && !isPlain(left) && !isPlain(right)) {
            return false; // What is not plain at a glance is not plain throughout.
        }
        readSides(luma, STEP);
        luma.row(0, line, 0);
        if (isPlain(line) || isPlain(left) || isPlain(right)) {
            return true;
        }
        luma.row(height - 1, line, 0);
        return isPlain(line);
    }

    /** Reads the pixels at the left and right edge of one row in so many, and takes each for those up to the next. */
    private void readSides(Luma luma, int step) {
        for (int y = 0; y < luma.height(); y += step) {
            luma.row(y, line, 0);
            int until = y + step < luma.height() ? (y + step) / STEP : left.length;
            Arrays.fill(left, y / STEP, until, line[0]);
            Arrays.fill(right, y / STEP, until, line[line.length - 1]);
        }
    }

    /** The edges at the sides have been read. */
    private void takeShades(Luma luma) {
        columns.near = median(left);
        columns.far = median(right);
        luma.row(0, line, 0);
        rows.near = median(line);
        luma.row(luma.height() - 1, line, 0);
        rows.far = median(line);
    }

    private void look(Luma luma) {
        rows.begin();
        columns.begin();
        for (int y = 0; y < rows.count(); y++) {
            luma.row(y, line, 0);
            float min = Float.POSITIVE_INFINITY;
            float max = Float.NEGATIVE_INFINITY;
            int nearPlain = 0;
            int farPlain = 0;
            for (int x = 0; x < line.length; x += STEP) {
                float value = line[x];
                min = Math.min(min, value);
                max = Math.max(max, value);
                nearPlain += plain(value, rows.near);
                farPlain += plain(value, rows.far);
            }
            rows.min[y] = min;
            rows.max[y] = max;
            rows.nearPlain[y] = nearPlain;
            rows.farPlain[y] = farPlain;
            if (y % STEP == 0) {
                for (int x = 0; x < line.length; x++) {
                    float value = line[x];
                    columns.min[x] = Math.min(columns.min[x], value);
                    columns.max[x] = Math.max(columns.max[x], value);
                    columns.nearPlain[x] += plain(value, columns.near);
                    columns.farPlain[x] += plain(value, columns.far);
                }
            }
        }
    }

    private static int samples(int pixels) {
        return (pixels + STEP - 1) / STEP;
    }

    private static int plain(float value, float shade) {
        return Math.abs(value - shade) <= TOLERANCE / 2 ? 1 : 0;
    }

    private static boolean isPlain(float[] values) {
        float min = values[0];
        float max = values[0];
        for (int i = 0; i < values.length && max - min <= TOLERANCE; i++) {
            min = Math.min(min, values[i]);
            max = Math.max(max, values[i]);
        }
        return max - min <= TOLERANCE;
    }

    private static float median(float[] values) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
