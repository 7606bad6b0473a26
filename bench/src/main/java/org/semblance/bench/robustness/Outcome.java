package org.semblance.bench.robustness;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What the server said of one upload.
 *
 * @param edit its name; {@link #UNEDITED} for an original that was sent while it was not enabled itself
 * @param hits without those on other files of the same picture
 */
record Outcome(Picture original, String edit, String verdict, List<Hit> hits) {
    static final String UNEDITED = "unedited";

    private static final Set<String> HASHES = Set.of("pdq", "md5", "sha256");

    /**
     * @param matrixError the largest distance of the mapped corners of the original from the truth, as a share of the upload's
     *     diagonal; NaN without a matrix, and for another picture
     */
    record Hit(Picture content, String signalType, boolean isLikely, double matrixError, String counts) {}

    boolean isFoundByPdq() {
        return has(hit -> isOwn(hit) && !hit.isLikely && HASHES.contains(hit.signalType));
    }

    boolean isFound() {
        return has(hit -> isOwn(hit) && !hit.isLikely);
    }

    boolean isOnlyLikely() {
        return !isFound() && has(this::isOwn);
    }

    /** Hits on other pictures. */
    List<Hit> others(boolean isLikely) {
        return hits.stream()
                .filter(hit -> !isOwn(hit) && hit.isLikely == isLikely)
                .toList();
    }

    /** Of the hits on the original that have a matrix. */
    double[] matrixErrors() {
        return hits.stream()
                .filter(this::isOwn)
                .mapToDouble(Hit::matrixError)
                .filter(error -> !Double.isNaN(error))
                .toArray();
    }

    private boolean isOwn(Hit hit) {
        return hit.content.name().equals(original.name());
    }

    private boolean has(Predicate<Hit> kind) {
        return hits.stream().anyMatch(kind);
    }
}
