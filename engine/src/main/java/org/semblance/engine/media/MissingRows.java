package org.semblance.engine.media;

import org.semblance.engine.pdq.Luma;

/**
 * Ways to read a picture of which rows are missing. What a decoder fills in is of one colour, and a row of one colour does
 * not count in PDQ, which has no bit for a frequency of 0 across the picture. So a decoder's picture has the hash of what
 * a viewer shows, whatever the colour there; and these come nearer to what the whole picture was.
 */
public final class MissingRows {
    private static final float FAR = 128;

    private MissingRows() {}

    /** The picture with its missing rows faded in from the last that is known, which continues what is there smoothly. */
    public static Luma faded(DecodedImage image) {
        return new Faded(image.luma(), image.from(), image.until());
    }

    /** The known rows alone: the whole picture, if it was the height in the header that was wrong. */
    public static Luma cropped(DecodedImage image) {
        return new Cropped(image.luma(), image.from(), image.until());
    }

    private record Faded(Luma luma, int from, int until) implements Luma {
        @Override
        public int width() {
            return luma.width();
        }

        @Override
        public int height() {
            return luma.height();
        }

        @Override
        public void row(int y, float[] target, int offset) {
            luma.row(Math.clamp(y, from, until - 1), target, offset);
            float share = y < from ? (from - y) / (float) from : (y - until + 1) / (float) (height() - until);
            if (y < from || y >= until) {
                for (int x = offset; x < offset + width(); x++) {
                    target[x] += share * (FAR - target[x]);
                }
            }
        }
    }

    private record Cropped(Luma luma, int from, int until) implements Luma {
        @Override
        public int width() {
            return luma.width();
        }

        @Override
        public int height() {
            return until - from;
        }

        @Override
        public void row(int y, float[] target, int offset) {
            luma.row(from + y, target, offset);
        }
    }
}
