package org.semblance.hashdb.matchlog;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Hash256;

/**
 * A verdict that names contents.
 *
 * @param atMs when it was given, milliseconds since 1970
 * @param verdict as the answer has it
 * @param route the pattern of the route that answered
 * @param key the name of the caller's key, or null if there was none
 * @param reference the caller's own id of the upload, or null
 * @param contentType of the upload, or null where only hashes came
 * @param listVersion the {@code seq} of the database that the lookup saw
 * @param hash the upload's PDQ hash, or null
 * @param hits the contents, at least one
 */
public record LoggedVerdict(
        UUID id,
        long atMs,
        String verdict,
        String route,
        @Nullable String key,
        @Nullable String reference,
        @Nullable String contentType,
        long listVersion,
        @Nullable Hash256 hash,
        List<LoggedHit> hits) {}
