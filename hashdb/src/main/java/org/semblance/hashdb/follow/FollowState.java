package org.semblance.hashdb.follow;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a database follows what other nodes change; see {@link Tail}.
 *
 * @param shared whether other nodes may change the catalog at all
 * @param unready why this node must not be asked, in words; null if it may
 * @param reachable whether the catalog answered when it was last asked
 * @param behind changes in the catalog that lookups do not see yet, as far as is known
 * @param lag for how long lookups may have been behind: zero if the last look found nothing new
 */
public record FollowState(boolean shared, @Nullable String unready, boolean reachable, long behind, Duration lag) {
    /** Of a catalog that nobody else changes. */
    public static final FollowState ALONE = new FollowState(false, null, true, 0, Duration.ZERO);
}
