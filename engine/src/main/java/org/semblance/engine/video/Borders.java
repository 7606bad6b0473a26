package org.semblance.engine.video;

/**
 * Columns and rows at the edges of a picture that show nothing: letterbox, pillarbox, a frame around it.
 *
 * @param left columns
 * @param top rows
 * @param right columns
 * @param bottom rows
 */
public record Borders(int left, int top, int right, int bottom) {
    public static final Borders NONE = new Borders(0, 0, 0, 0);

    public Borders {
        if (Math.min(Math.min(left, top), Math.min(right, bottom)) < 0) {
            throw new IllegalArgumentException(
                    "borders: " + left + ", " + top + ", " + right + ", " + bottom + " (expected: none below 0)");
        }
    }

    /** Whether no side differs by more than that many columns or rows. */
    boolean isNear(Borders other, int columns, int rows) {
        return Math.abs(left - other.left) <= columns
                && Math.abs(right - other.right) <= columns
                && Math.abs(top - other.top) <= rows
                && Math.abs(bottom - other.bottom) <= rows;
    }

    /** Whether no side of the other is wider by more than that many columns or rows. */
    boolean contains(Borders other, int columns, int rows) {
        return left >= other.left - columns
                && right >= other.right - columns
                && top >= other.top - rows
                && bottom >= other.bottom - rows;
    }

    /** As wide on opposite sides as on the narrower of them. */
    Borders even() {
        int sides = Math.min(left, right);
        int ends = Math.min(top, bottom);
        return new Borders(sides, ends, sides, ends);
    }

    int sum() {
        return left + top + right + bottom;
    }
}
