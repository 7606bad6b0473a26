package org.semblance.engine.pdq;

import java.util.Locale;

/**
 * The eight ways to turn and mirror a rectangle, named as the reference's tools name them.
 *
 * <p>A turned or mirrored picture has the same cosine coefficients, some with the other sign and all perhaps
 * transposed: mirroring a line negates its odd-symmetric cosines, which are those of odd frequency. Row {@code i} of
 * PDQ's matrix is frequency {@code i + 1}, so the even rows (or columns) change sign.
 */
public enum Transform {
    ORIG(false, false, false),
    /** Counter-clockwise by 90 degrees. */
    ROT90(true, false, true),
    ROT180(false, true, true),
    /** Counter-clockwise by 270 degrees. */
    ROT270(true, true, false),
    /** Top to bottom. */
    FLIPX(false, true, false),
    /** Left to right. */
    FLIPY(false, false, true),
    /** About the main diagonal. */
    FLIPP(true, false, false),
    /** About the other diagonal. */
    FLIPM(true, true, true);

    private final boolean transposes;
    private final boolean negatesEvenRows;
    private final boolean negatesEvenColumns;

    Transform(boolean transposes, boolean negatesEvenRows, boolean negatesEvenColumns) {
        this.transposes = transposes;
        this.negatesEvenRows = negatesEvenRows;
        this.negatesEvenColumns = negatesEvenColumns;
    }

    /** The name in answers: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Writes the coefficients of the picture so transformed; both are square of the given side, row after row. */
    void apply(float[] coefficients, float[] transformed, int side) {
        for (int i = 0; i < side; i++) {
            for (int j = 0; j < side; j++) {
                boolean negates = (negatesEvenRows && i % 2 == 0) ^ (negatesEvenColumns && j % 2 == 0);
                float value = coefficients[i * side + j];
                transformed[transposes ? j * side + i : i * side + j] = negates ? -value : value;
            }
        }
    }
}
