package org.semblance.bench.robustness;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Hash256;

/**
 * A picture that is banked.
 *
 * @param name of the file in the corpus, or kind and number of what was made
 * @param file as it is banked
 * @param pdq null if it is too flat for one
 * @param features how many the server finds in it, or {@link #UNKNOWN}
 */
record Picture(
        String name,
        Kind kind,
        Path file,
        int width,
        int height,
        @Nullable Hash256 pdq,
        int features) {
    static final int UNKNOWN = -1;

    /** The distance at which a match ends. */
    private static final int MATCH_DISTANCE = 31;

    boolean looksLike(Picture other) {
        return pdq != null && other.pdq != null && pdq.distance(other.pdq) <= MATCH_DISTANCE;
    }
}
