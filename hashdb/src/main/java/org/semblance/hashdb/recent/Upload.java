package org.semblance.hashdb.recent;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * An upload to be remembered.
 *
 * @param hashes those that were looked up: one of a still picture, of a video those of its different frames, of which no more
 *     than {@link RecentUploads#MAX_HASHES} are kept, evenly chosen
 * @param key the name of the key that sent it, or null if none was needed
 * @param reference the caller's own id for it, at most 256 characters, or null
 */
public record Upload(
        List<HashAndQuality> hashes,
        @Nullable String key,
        @Nullable String reference) {
    public Upload {
        hashes = List.copyOf(hashes);
    }
}
