package org.semblance.hashdb.catalog;

import java.time.Duration;

/**
 * A caller's own name for a request: when the same request comes again under it, its change is not made again, and what it
 * came to the first time is told. It is remembered in the transaction of the change.
 *
 * @param key unique among all callers
 * @param part from 0, the number of the change in a request that makes several
 * @param requestSha256 64 hex digits, of all that is asked
 */
public record RequestKey(String key, int part, String requestSha256) {
    /** How long a key is remembered. */
    public static final Duration REMEMBERED = Duration.ofHours(24);

    /** The key of another change of the same request. */
    public RequestKey part(int number) {
        return new RequestKey(key, number, requestSha256);
    }
}
