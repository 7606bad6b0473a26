package org.semblance.hashdb.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of contents that are not withdrawn, by the way in which they are known. A content may count in several.
 *
 * @param pictures with a PDQ hash
 * @param files with an MD5 and no PDQ hash: what is known by its bytes alone, and videos
 * @param videos with frames
 */
public record ContentCounts(Count pictures, Count files, Count videos) {
    /**
     * Contents of one kind.
     *
     * @param newest when the newest was banked, or null if there is none
     */
    public record Count(long contents, @Nullable Instant newest) {}
}
