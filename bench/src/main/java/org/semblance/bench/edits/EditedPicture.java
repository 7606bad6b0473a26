package org.semblance.bench.edits;

import java.awt.image.BufferedImage;

/**
 * A picture in the course of its edits.
 *
 * @param fromOriginal maps the original's pixels to those of this picture
 */
record EditedPicture(BufferedImage picture, Projection fromOriginal) {
    static EditedPicture unedited(BufferedImage original) {
        return new EditedPicture(original, Projection.IDENTITY);
    }

    /** @param step maps the pixels of this picture to those of the next */
    EditedPicture then(BufferedImage next, Projection step) {
        return new EditedPicture(next, step.after(fromOriginal));
    }

    /** The same place, other colours. */
    EditedPicture then(BufferedImage next) {
        return new EditedPicture(next, fromOriginal);
    }

    int width() {
        return picture.getWidth();
    }

    int height() {
        return picture.getHeight();
    }

    double diagonal() {
        return Math.hypot(width(), height());
    }
}
