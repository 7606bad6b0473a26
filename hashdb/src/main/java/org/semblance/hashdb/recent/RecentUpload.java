package org.semblance.hashdb.recent;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Hash256;

/**
 * One hash of a recent upload.
 *
 * @param id of the upload, never used again for another one of the same ring; of a video, the same for all its hashes
 * @param hash this one of its hashes
 * @param quality of that hash, 0..100
 * @param hashes how many hashes are kept of the upload: 1 of a still picture
 * @param at when it was looked up
 * @param key the name of the key that sent it, or null if none was needed
 * @param reference the caller's own id for it, or null
 */
public record RecentUpload(
        long id,
        Hash256 hash,
        int quality,
        int hashes,
        Instant at,
        @Nullable String key,
        @Nullable String reference) {}
